"""The small tables of this folder; sources and licences in README.md."""

from __future__ import annotations

import csv
import json
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np


class County(NamedTuple):
    """A county: code, name, its city, the point deepest inside and the distance to the border (degrees)."""

    code: str
    name: str
    parent: str
    lon: float
    lat: float
    radius: float


@cache
def tables() -> dict[str, Any]:
    """Everything `derive.py` wrote."""
    text = files(__name__).joinpath("profiles.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


@cache
def counties() -> tuple[County, ...]:
    """The counties of the virtual province."""
    text = files(__name__).joinpath("counties.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return tuple(
        County(
            row["code"],
            row["name"],
            row["parent"],
            float(row["lon"]),
            float(row["lat"]),
            float(row["radius"]),
        )
        for row in rows
    )


MUNICIPAL = np.array(
    [0.62, 0.55, 0.5, 0.47, 0.46, 0.5, 0.62, 0.8, 0.92, 0.95, 0.93, 0.92,
     0.93, 0.9, 0.86, 0.84, 0.85, 0.88, 0.95, 1.0, 0.98, 0.92, 0.82, 0.72]
)  # fmt: skip
"""Sewage inflow by hour, share of the peak; our own assumption (README.md)."""


def load_shape(name: str) -> np.ndarray:
    """Load by hour, share of full load: float [2, 24] for weekday and weekend.

    ``coal`` base load, ``steel`` two-shift works, ``sewage`` municipal inflow, ``flat`` continuous furnace.
    """
    if name == "sewage":
        return np.stack([MUNICIPAL, 0.95 * MUNICIPAL])
    if name == "flat":
        return np.full((2, 24), 0.88)
    table = tables()[name]
    return np.array([table["weekday"], table["weekend"]])


def residual(*path: str) -> tuple[float, np.ndarray, np.ndarray]:
    """(AR(1) coefficient per hour, grid of normal scores, log residual at each score)."""
    table = tables()
    for name in path:
        table = table[name]
    return float(table["ar1"]), np.array(tables()["z"]), np.array(table["quantiles"])
