"""Sudden changes of level."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from yuanjian.series.jit import kernel

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
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
