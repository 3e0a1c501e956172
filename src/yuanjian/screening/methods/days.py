"""Hours as days."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

Cell = TypeVar("Cell", bound=np.generic)
HOURS = 24


def whole_days(hours: npt.NDArray[Cell]) -> npt.NDArray[Cell]:
    """The hours of the complete days, [S, 24 · D]."""
    return hours[:, : hours.shape[1] // HOURS * HOURS]


def any_in_day(hours: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Did it happen in the day, the last possibly unfinished one included? [S, D]"""
    missing = -hours.shape[1] % HOURS
    padded = np.pad(hours, ((0, 0), (0, missing)))
    return np.asarray(padded.reshape(hours.shape[0], -1, HOURS).any(axis=2))


def count_in_day(hours: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Number of hours of each complete day, [S, D]."""
    # Eight hours a byte, and the bits of a byte in one step, are five times as fast as a sum of 24.
    thirds = np.bitwise_count(np.packbits(whole_days(hours), axis=1))
    return np.asarray(thirds[:, 0::3] + thirds[:, 1::3] + thirds[:, 2::3], np.int64)


def first_of_day(hours: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.floating[Any]]:
    """The first hour of each complete day, [S, D]."""
    return whole_days(hours)[:, ::HOURS]
