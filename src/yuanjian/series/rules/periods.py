"""Months, quarters and years of the Beijing calendar as numbers along a grid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt

from yuanjian.series.cube import Bools, Grid

_Number = TypeVar("_Number", np.int64, np.float64)
Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]

MONTHS: Final = tuple(range(1, 13))
QUARTERS: Final = (1, 4, 7, 10)
YEARS: Final = (1,)
_BEIJING: Final = np.timedelta64(8, "h")


def begins(grid: Grid, months: Sequence[int]) -> Bools:
    """Cells with which a period begins; its first month is one of ``months`` (`MONTHS`, `QUARTERS`), [T]."""
    wall = grid.times() + _BEIJING
    month = wall.astype("datetime64[M]")
    return np.asarray((wall == month) & np.isin(month.astype(np.int64) % 12 + 1, months))


def numbered(begins_: Bools) -> Numbers:
    """Number of the period each cell lies in, from 0, [T]; the first may have begun before the grid."""
    number = np.cumsum(begins_)
    return np.asarray(number - number[0], np.int64)


def since_begin(amounts: npt.NDArray[_Number], begins_: Bools) -> npt.NDArray[_Number]:
    """Running sum [S, T] that starts anew where a period begins, [T]."""
    total = np.cumsum(amounts, axis=1)
    at = np.maximum.accumulate(np.where(begins_, np.arange(begins_.size), 0))
    before = np.concatenate([np.zeros((len(total), 1), total.dtype), total], axis=1)
    return np.asarray(total - before[:, at])


def sums(amounts: npt.ArrayLike, number: Numbers) -> Floats:
    """Sum of the cells [S, T] of each period, [S, P]; what is NaN adds nothing."""
    cells = np.nan_to_num(np.asarray(amounts, np.float64), nan=0.0)
    return np.asarray(np.add.reduceat(cells, _firsts(number), axis=1))


def _firsts(number: Numbers) -> Numbers:
    return np.flatnonzero(np.diff(number, prepend=-1))
