"""What is normal for a series: order statistics of the time before."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import prange

from yuanjian.screening.kernels.jit import kernel

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@kernel(parallel=True)
def day_quantile(values: Floats, valid: Bools, per_day: int, days: int, q: float, min_count: int) -> Floats:
    """The ``q`` quantile of the ``days`` whole days before each day, ``[S, D]``; NaN below ``min_count``.

    ``values``, ``valid``: ``[S, T]`` starting at a day's first sample, ``per_day`` samples a day; the last
    day may be incomplete. The day itself is not part of its baseline, so this does not move during the day.
    """
    total = (values.shape[1] + per_day - 1) // per_day
    result = np.full((values.shape[0], total), np.nan)
    for s in prange(values.shape[0]):
        for d in range(total):
            first = max(0, d - days) * per_day
            last = d * per_day
            window = values[s, first:last][valid[s, first:last]]
            if window.size >= max(min_count, 1):
                result[s, d] = np.quantile(window, q)
    return result


@kernel(parallel=True)
def trailing_median(values: Floats, valid: Bools, window: int, min_count: int) -> Floats:
    """Median of the valid among the ``window`` samples before each one, itself left out; NaN if too few."""
    result = np.full(values.shape, np.nan)
    for s in prange(values.shape[0]):
        for t in range(1, values.shape[1]):
            first = max(0, t - window)
            before = values[s, first:t][valid[s, first:t]]
            if before.size >= max(min_count, 1):
                result[s, t] = np.median(before)
    return result
