"""Values that take the place of invalid ones in emission amounts; concentrations are never replaced.

Flue gas, HJ 75-2017 tables 5 and 6 as an open implementation has them [B], the text itself [C]:

| capture rate of the quarter | hours in a row | greatest amount of the … valid hours before |
|---|---|---|
| ≥ 90 % | ≤ 24 | 180 |
| ≥ 90 % | > 24 | 720 |
| 75–90 % | any | 2160 |
| < 75 % | | none: manual monitoring or a balance [C] |

Waste water: the mean of as many valid days before as the gap is long (HJ/T 356-2007, an open implementation
[B]). HJ 356-2019 is said to ask for the greatest of the 30 valid daily amounts before [C-]: off by default.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from yuanjian.series.cube import Bools
from yuanjian.series.rules.periods import Floats, Numbers, sums


class Origin(IntEnum):
    """Where an amount comes from."""

    NOT_DUE = 0
    MEASURED = 1
    MAX_SHORT = 2  # the greatest of the few hours before a short gap
    MAX_LONG = 3  # … of the more hours before a long one
    MAX_MOST = 4  # … of the many hours at a low capture rate
    MEAN = 5  # the mean of as many before as the gap is long
    NONE = 6  # due, but there is nothing to put in its place


@dataclass(frozen=True, slots=True)
class Table:
    """Numbers of the table above, in periods; ``reach``: how far back valid ones are looked for [D].

    With ``mean`` it is the mean of as many periods as the gap is long, whatever the capture rate.
    """

    high: float = 0.9
    low: float = 0.75
    short: int = 24
    few: int = 180
    more: int = 720
    most: int = 2160
    reach: int = 4320
    mean: bool = False

    def choose(self, capture: float, length: int) -> tuple[Origin, int]:
        """The origin and how many valid periods before a gap are looked at."""
        if self.mean:
            return Origin.MEAN, length
        if not capture >= self.low:
            return Origin.NONE, 0
        if capture < self.high:
            return Origin.MAX_MOST, self.most
        return (Origin.MAX_SHORT, self.few) if length <= self.short else (Origin.MAX_LONG, self.more)


HJ75 = Table()
HJT356 = Table(reach=90, mean=True)
"""Days of waste water by HJ/T 356-2007 [B]."""
HJ356 = Table(high=0.0, low=0.0, short=0, few=30, more=30, most=30, reach=90)
"""Days of waste water by HJ 356-2019, whatever the capture rate [C-]."""


@dataclass(frozen=True, eq=False)
class Filled:
    """Amounts with substituted ones, NaN where there is none, 0 where none was due; and their origin."""

    amount: Floats
    origin: npt.NDArray[np.uint8]


def capture_rate(valid: Bools, due: Bools, quarter: Numbers) -> Floats:
    """Valid hours over hours in which the source ran, by quarter, at each of its cells; [S, T].

    (hours − invalid − stopped) / (hours − stopped), HJ 75-2017 [C]; 1 where the source stood throughout. A
    quarter that the grid does not hold to its end is judged by what there is [D].
    """
    owed, good = sums(due, quarter), sums(valid & due, quarter)
    rate = np.where(owed > 0, good / np.maximum(owed, 1.0), 1.0)
    return np.asarray(rate[:, quarter])


def substitute(amounts: Floats, valid: Bools, due: Bools, capture: Floats, table: Table = HJ75) -> Filled:
    """Amounts [S, T] with a value in each gap: periods due without a valid amount, one after the other.

    A period that is not due (the source stands) ends a gap [D]. With fewer valid periods before than the
    table names, those there are count; with none within ``reach``, nothing is put in.
    """
    good = valid & due & np.isfinite(amounts)
    filled = np.where(good, amounts, np.where(due, np.nan, 0.0))
    origin = np.where(good, Origin.MEASURED, np.where(due, Origin.NONE, Origin.NOT_DUE)).astype(np.uint8)
    for row in np.flatnonzero((due & ~good).any(axis=1)):
        at = np.flatnonzero(good[row])
        for first, last in _runs(due[row] & ~good[row]):
            end = int(np.searchsorted(at, first))
            for part in _steady(capture[row], first, last):
                kind, count = table.choose(float(capture[row, part.start]), last - first)
                begin = max(end - count, int(np.searchsorted(at, part.start - table.reach)))
                if begin < end:
                    before = amounts[row, at[begin:end]]
                    filled[row, part] = before.mean() if table.mean else before.max()
                    origin[row, part] = kind
    return Filled(filled, origin)


def _steady(capture: Floats, first: int, last: int) -> list[slice]:
    """The parts of a gap with one capture rate each: those of its quarters."""
    cuts = first + 1 + np.flatnonzero(np.diff(capture[first:last]))
    return [slice(*ends) for ends in pairwise([first, *cuts.tolist(), last])]


def _runs(hit: Bools) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], hit, [False]]).astype(np.int8)))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]
