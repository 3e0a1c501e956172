"""Divisions and county boundaries, read once per process from `data/` (sources and licence: its README)."""

from __future__ import annotations

import csv
import gzip
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from yuanjian.platform.common.scope import significant_prefix, within

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class Division:
    """An administrative division; `lon`/`lat` the centre of its largest part, None where none is drawn."""

    code: str
    name: str
    level: str
    parent: str
    full_name: str
    lon: float | None
    lat: float | None


@lru_cache(maxsize=1)
def divisions() -> dict[str, Division]:
    """All divisions by code."""
    with gzip.open(DATA / "divisions.csv.gz", "rt", encoding="utf-8") as file:
        return {row["code"]: _division(row) for row in csv.DictReader(file)}


def _division(row: dict[str, str]) -> Division:
    lon, lat = (float(row[axis]) if row[axis] else None for axis in ("lon", "lat"))
    return Division(row["code"], row["name"], row["level"], row["parent"], row["full_name"], lon, lat)


def name_of(code: str) -> str:
    """The name of a division, or the code itself if it is unknown (an old one)."""
    division = divisions().get(code)
    return division.name if division else code


def inside(scope: str) -> Iterator[Division]:
    """The divisions within a scope, itself included, parents before children."""
    return (division for division in divisions().values() if within(division.code, scope))


@lru_cache(maxsize=1)
def _features() -> list[tuple[str, bytes]]:
    with gzip.open(DATA / "counties.tsv.gz") as file:
        pairs = (line.rstrip(b"\n").split(b"\t", 1) for line in file)
        return [(code.decode(), feature) for code, feature in pairs]


@lru_cache(maxsize=64)
def boundaries(region_code: str) -> tuple[bytes, str]:
    """GeoJSON of the counties of a region and its ETag.

    The boundary-line features (境界线) are part of every answer: a map may never leave them out.
    """
    prefix = significant_prefix(region_code)
    features = [body for code, body in _features() if code == "line" or code.startswith(prefix)]
    body = b'{"type":"FeatureCollection","features":[%b]}' % b",".join(features)
    return body, f'"{hashlib.sha256(body).hexdigest()[:32]}"'
