"""One glance at raw values: what sieves ask of a series before a method looks closely."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from yuanjian.series.jit import kernel

Floats = npt.NDArray[np.float64]
Raw = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]


@kernel
def extremes(values: Raw) -> tuple[Floats, Floats]:
    """Least and greatest number of each series, [S] each; infinite the wrong way where it has none."""
    low, high = np.full(values.shape[0], np.inf), np.full(values.shape[0], -np.inf)
    for s in range(values.shape[0]):
        least, greatest = np.float32(np.inf), np.float32(-np.inf)
        for t in range(values.shape[1]):
            value = values[s, t]
            if value < least:
                least = value
            if value > greatest:
                greatest = value
        low[s], high[s] = least, greatest
    return low, high


@kernel
def highest(values: Floats) -> Floats:
    """Greatest number of each row, −∞ where it has none; [S]."""
    result = np.full(values.shape[0], -np.inf)
    for s in range(values.shape[0]):
        greatest = -np.inf
        for t in range(values.shape[1]):
            if values[s, t] > greatest:
                greatest = values[s, t]
        result[s] = greatest
    return result


@kernel
def longest_still(values: Raw, rows: Indices, step: Floats) -> Indices:
    """Most samples in a row that each differ from the one before by less than ``step`` of their row."""
    result = np.zeros(rows.size, np.int64)
    for at in range(rows.size):
        length = longest = 0
        before = np.nan
        for t in range(values.shape[1]):
            value = np.float64(values[rows[at], t])
            if abs(value - before) < step[at]:
                length += 1
            else:
                length = 1 if value == value else 0
            longest = max(longest, length)
            before = value
        result[at] = longest
    return result


@kernel
def deepest_fall(values: Raw, rows: Indices, window: int) -> Floats:
    """Greatest share a sample lies below the greatest of the ``window`` to twice as many before it, [S]."""
    result = np.zeros(rows.size)
    for at in range(rows.size):
        s = rows[at]
        deepest, block, now = 0.0, 0.0, 0.0
        for t in range(values.shape[1]):
            if t % window == 0:
                block, now = now, 0.0
            value = np.float64(values[s, t])
            top = max(block, now)
            if top > 0.0 and 1.0 - value / top > deepest:
                deepest = 1.0 - value / top
            if value > now:
                now = value
        result[at] = deepest
    return result


@kernel
def steepest_rise(values: Floats, window: int) -> Floats:
    """Most a number lies above the least of the ``window`` to twice as many before it, [S]; 0 or more."""
    result = np.zeros(values.shape[0])
    for s in range(values.shape[0]):
        steepest, block, now = 0.0, np.inf, np.inf
        for t in range(values.shape[1]):
            if t % window == 0:
                block, now = now, np.inf
            value = values[s, t]
            if value - min(block, now) > steepest:
                steepest = value - min(block, now)
            if value < now:
                now = value
        result[s] = steepest
    return result
