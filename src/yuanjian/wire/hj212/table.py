"""The tables beside this package: small CSV files whose first lines say where the facts come from."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from importlib.resources import files


def rows(name: str) -> Iterator[dict[str, str]]:
    """The rows of a table in ``tables/``."""
    return parse((files(__package__) / "tables" / name).read_text(encoding="utf-8"))


def parse(text: str) -> Iterator[dict[str, str]]:
    """The rows of CSV text; lines that begin with ``#`` are comments."""
    return csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
