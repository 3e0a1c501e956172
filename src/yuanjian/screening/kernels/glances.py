"""One glance at raw values: what sieves ask of a series before a method looks closely."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from yuanjian.series.jit import kernel

Floats = npt.NDArray[np.float64]
Raw = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]
Indices = npt.NDArray[np.int64]
Samples = npt.NDArray[np.float32] | npt.NDArray[np.float64]

LOST = 1e-10
"""Share of the greatest square that sums which slide over a year may have lost, with a wide margin."""


@kernel
def _near(one: float, other: float, step: float) -> bool:
    return bool(abs(np.float64(one) - np.float64(other)) < step)


@kernel
def stands_still(values: Raw, rows: Indices, step: Floats, least: int) -> Bools:
    """Rows in which ``least`` samples in a row each differ from the one before by less than ``step``, [rows].

    Looks at the last sample such a run would have and goes back: most samples are never looked at.
    """
    found = np.zeros(rows.size, np.bool_)
    for at in range(rows.size):
        s, end = rows[at], least - 1
        while end < values.shape[1] and not found[at]:
            t = end
            while t > end - least + 1 and _near(values[s, t], values[s, t - 1], step[at]):
                t -= 1
            found[at] = t == end - least + 1 and values[s, t] == values[s, t]
            end = t + least - 1 if t > end - least + 1 else end + 1
    return found


@kernel
def extremes(samples: Samples, first: int, last: int) -> tuple[float, float]:
    """Least and greatest number of some samples, infinite the wrong way where there is none.

    In two strands, without branches: the processor follows both side by side.
    """
    low, low_too, high, high_too = np.inf, np.inf, -np.inf, -np.inf
    for t in range(first, last - 1, 2):
        one, other = np.float64(samples[t]), np.float64(samples[t + 1])
        low = one if one < low else low
        low_too = other if other < low_too else low_too
        high = one if one > high else high
        high_too = other if other > high_too else high_too
    if (last - first) % 2 == 1:
        one = np.float64(samples[last - 1])
        low = one if one < low else low
        high = one if one > high else high
    return min(low, low_too), max(high, high_too)


@kernel
def deepest_fall(values: Raw, rows: Indices, window: int) -> Floats:
    """Greatest share a sample lies below the greatest of the ``window`` to twice as many before it, [S]."""
    result = np.zeros(rows.size)
    for at in range(rows.size):
        samples = values[rows[at]]
        left, now = 1.0, 0.0
        for first in range(0, samples.size, window):
            last = min(first + window, samples.size)
            low, high = extremes(samples, first, last)
            top, now = now, max(high, 0.0)
            if low >= left * max(top, now):
                continue
            for t in range(first, last):
                value = np.float64(samples[t])
                if top > 0.0 and value < left * top:
                    left = value / top
                top = value if value > top else top
        result[at] = 1.0 - left
    return result


@kernel
def steadiest_ratio(values: Floats, usable: Bools, pairs: Indices, count: int) -> Floats:
    """Least coefficient of variation of the ratio of pairs of rows, ``count`` samples usable in both, [P].

    At most a little too low: sums slide, so what they may have lost is taken off. 0 with an infinite ratio.
    """
    least = np.full(pairs.shape[0], np.inf)
    ring = np.empty(count)
    for p in range(pairs.shape[0]):
        one, other = pairs[p]
        n, total, squares, greatest, base = 0, 0.0, 0.0, 0.0, 0.0
        for t in range(values.shape[1]):
            if not (usable[one, t] and usable[other, t]):
                continue
            below = values[other, t]
            if below == 0.0:
                least[p] = 0.0
                break
            ratio = values[one, t] / below
            base = ratio if n == 0 else base
            off = ratio - base
            if n >= count:
                total -= ring[n % count]
                squares -= ring[n % count] ** 2
            ring[n % count] = off
            total += off
            squares += off * off
            greatest = max(greatest, off * off)
            n += 1
            mean = total / count
            if n >= count and base + mean > 0.0:
                variance = squares / count - mean * mean - LOST * greatest
                least[p] = min(least[p], math.sqrt(max(variance, 0.0)) / (base + mean))
    return least
