"""Hours at start, stop and fault in which exceedance is judged otherwise, and how many of them are used up.

The table is `data/exemptions.csv` with the source and certainty of each row; rows marked C or C- must not
support a level-1 result by themselves.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Literal

import numpy as np

from yuanjian.series.cube import Bools, Grid
from yuanjian.series.marks import MarkKind, Marks
from yuanjian.series.rules import periods
from yuanjian.series.rules.periods import Numbers

Side = Literal["first", "last"]


@dataclass(frozen=True, slots=True)
class Window:
    """One row of the table; None where there is no such cap, no ``factors``: all."""

    industry: str
    marks: MarkKind
    factors: frozenset[str]
    event_hours: int | None
    side: Side
    period_hours: int | None
    months: tuple[int, ...]
    certainty: str
    source: str


@dataclass(frozen=True, eq=False)
class Ledger:
    """Per hour [S, T]: is it exempt, how many hours of the period are used up to it, how many are left.

    ``left`` is -1 where there is no cap, else never below 0.
    """

    exempt: Bools
    used: Numbers
    left: Numbers


@lru_cache
def windows() -> tuple[Window, ...]:
    """All rows."""
    text = (files("yuanjian.series.rules") / "data" / "exemptions.csv").read_text(encoding="utf-8")
    return tuple(_window(row) for row in csv.reader(text.splitlines()) if not row[0].startswith("#"))


def _window(row: Sequence[str]) -> Window:
    industry, states, factors, event, side, cap, period, certainty, source = row
    kinds = MarkKind(0)
    for name in states.split("+"):
        kinds |= MarkKind[name.upper()]
    return Window(
        industry,
        kinds,
        frozenset(factors.split("+")) - {""},
        int(event) if event else None,
        "last" if side == "last" else "first",
        int(cap) if cap else None,
        {"year": periods.YEARS, "quarter": periods.QUARTERS}[period],
        certainty,
        source,
    )


def ledger(marks: Marks, window: Window, grid: Grid) -> Ledger:
    """The window kept over the marks [S, T] of a grid of hours that holds the period from its beginning.

    A touched hour counts whole. An hour is exempt while its event is no longer than ``event_hours`` and the
    period has hours left; an hour beyond the event's own cap uses nothing up.
    """
    marked = (marks & np.uint16(window.marks)) != 0
    inside = (
        marked if window.event_hours is None else marked & (_age(marked, window.side) <= window.event_hours)
    )
    used = periods.since_begin(inside.astype(np.int64), periods.begins(grid, window.months))
    if window.period_hours is None:
        return Ledger(inside, used, np.full_like(used, -1))
    return Ledger(inside & (used <= window.period_hours), used, np.maximum(window.period_hours - used, 0))


def _age(marked: Bools, side: Side) -> Numbers:
    """Number of each hour in its event, counted from the first or back from the last; 0 outside."""
    if side == "last":
        return _age(marked[:, ::-1], "first")[:, ::-1]
    at = np.arange(1, marked.shape[1] + 1)
    before = np.maximum.accumulate(np.where(marked, 0, at), axis=1)
    return np.asarray(np.where(marked, at - before, 0))
