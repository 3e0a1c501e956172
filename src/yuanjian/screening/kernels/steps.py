"""Sudden changes of level."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from yuanjian.screening.kernels.glances import extremes
from yuanjian.series.jit import kernel

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
MAD_TO_SIGMA = 1.4826
Drops = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float64]]


@kernel
def low_after_drop(
    values: Floats, valid: Bools, base: Floats, drop: float, onset: int, max_length: int
) -> Drops:
    """Drops below ``(1 - drop) * base`` and how long the series stays there.

    ``base``: ``[S, T]`` level before each sample. A drop counts where the sample is low, the one before was
    not, and some sample at most ``onset`` steps earlier was still within half the drop of the base. It lasts
    while valid samples stay low, at most ``max_length``. Returns ``(series, start, end, depth)``, the depth
    being the share of the base lost at the deepest point. Each drop stands by itself: memory is finite.
    """
    series, starts, ends, depths = [0], [0], [0], [0.0]
    for s in range(values.shape[0]):
        for t in range(1, values.shape[1]):
            before = base[s, t]
            low = (1.0 - drop) * before
            if not valid[s, t] or not before > 0.0 or values[s, t] > low:
                continue
            if valid[s, t - 1] and values[s, t - 1] <= low:
                continue
            sudden = False
            for u in range(max(0, t - onset), t):
                sudden = sudden or (valid[s, u] and values[s, u] >= (1.0 - drop / 2.0) * before)
            if not sudden:
                continue
            end = t
            deepest = values[s, t]
            while end < values.shape[1] and end - t < max_length and valid[s, end] and values[s, end] <= low:
                deepest = min(deepest, values[s, end])
                end += 1
            series.append(s)
            starts.append(t)
            ends.append(end)
            depths.append(1.0 - deepest / before)
    return (
        np.array(series[1:], np.int64),
        np.array(starts[1:], np.int64),
        np.array(ends[1:], np.int64),
        np.array(depths[1:]),
    )


@kernel
def lower_than_before(values: Floats, valid: Bools, share: float) -> Bools:
    """Where a sample, or the one after it, is at most ``1 - share`` of the one before it, ``[S, T]``.

    Samples that are not valid or not positive say nothing; the first and the last place are never told.
    """
    lower = np.zeros(values.shape, np.bool_)
    for s in range(values.shape[0]):
        for t in range(1, values.shape[1] - 1):
            if not valid[s, t - 1] or not values[s, t - 1] > 0.0:
                continue
            bound = (1.0 - share) * values[s, t - 1]
            for u in range(t, t + 2):
                lower[s, t] |= valid[s, u] and 0.0 < values[s, u] <= bound
    return lower


@kernel
def far_above(
    values: Floats, valid: Bools, window: int, min_count: int, bounds: tuple[float, float]
) -> Floats:
    """How far a sample lies above the median of the ``window`` samples before it, in robust deviations.

    ``[S, T]``, 0 unless it is valid, finite and at least ``bounds[0]`` above, and ``min_count`` of those
    before are valid and finite too; deviations are 1.4826 · MAD, at least ``bounds[1]``. The least sample
    near tells at a glance which ones need a look.
    """
    found = np.zeros(values.shape)
    ranked = np.empty(window)
    for s in range(values.shape[0]):
        now = np.inf
        for first in range(0, values.shape[1], max(window, 1)):
            last = min(first + max(window, 1), values.shape[1])
            block = now
            now, high = extremes(values[s], first, last)
            if high - min(block, now) < bounds[0]:
                continue
            for t in range(first, last):
                if valid[s, t] and values[s, t] - min(block, now) >= bounds[0]:
                    found[s, t] = _above(values[s], valid[s], t, ranked, min_count, bounds)
    return found


@kernel
def median_at_falls(values: Floats, valid: Bools, window: int, min_count: int, share: float) -> Floats:
    """Median of the valid of the ``window`` samples before, where a sample falls; else NaN, ``[S, T]``.

    It falls where it may be at most ``share`` of that median, since it is at most that share of the greatest
    sample near; the others need no median. NaN with fewer than ``min_count`` valid ones before.
    """
    result = np.full(values.shape, np.nan)
    ranked = np.empty(window)
    for s in range(values.shape[0]):
        now = -np.inf
        for first in range(0, values.shape[1], max(window, 1)):
            last = min(first + max(window, 1), values.shape[1])
            block = now
            low, now = extremes(values[s], first, last)
            if low > share * max(block, now):
                continue
            for t in range(first, last):
                if valid[s, t] and values[s, t] <= share * max(block, now):
                    count = _before(values[s], valid[s], t, ranked)
                    if count >= max(min_count, 1):
                        result[s, t] = _median(ranked[:count])
    return result


@kernel
def _before(values: Floats, valid: Bools, t: int, ranked: Floats) -> int:
    """Gather the valid, finite ones of the samples before, as many as there is room for; how many it were."""
    count = 0
    for u in range(max(0, t - ranked.size), t):
        if valid[u] and np.isfinite(values[u]):
            ranked[count] = values[u]
            count += 1
    return count


@kernel
def _above(
    values: Floats, valid: Bools, t: int, ranked: Floats, min_count: int, bounds: tuple[float, float]
) -> float:
    """`far_above` of one sample; ``ranked`` is room for the samples before it."""
    count = _before(values, valid, t, ranked)
    if count < max(min_count, 1) or not np.isfinite(values[t]):
        return 0.0
    centre = _median(ranked[:count])
    if values[t] - centre < bounds[0]:
        return 0.0
    ranked[:count] = np.abs(ranked[:count] - centre)
    return float((values[t] - centre) / max(MAD_TO_SIGMA * _median(ranked[:count]), bounds[1]))


@kernel
def _median(sample: Floats) -> float:
    """Median of a sample, which is left sorted; faster than a general sort for a few dozen samples."""
    for at in range(1, sample.size):
        value, place = sample[at], at
        while place > 0 and sample[place - 1] > value:
            sample[place] = sample[place - 1]
            place -= 1
        sample[place] = value
    return float((sample[(sample.size - 1) // 2] + sample[sample.size // 2]) / 2.0)
