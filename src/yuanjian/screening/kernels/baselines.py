"""What is normal for a series: order statistics of the time before."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from yuanjian.series.jit import kernel

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


def day_quantile(values: Floats, valid: Bools, per_day: int, days: int, q: float, min_count: int) -> Floats:
    """The ``q`` quantile of the ``days`` whole days before each day, ``[S, D]``; see `day_quantiles`."""
    return np.asarray(day_quantiles(values, valid, per_day, days, (q,), min_count)[0])


def day_quantiles(
    values: Floats, valid: Bools, per_day: int, days: int, qs: Sequence[float], min_count: int
) -> Floats:
    """Quantiles of the ``days`` whole days before each day, ``[Q, S, D]``; NaN below ``min_count``.

    ``values``, ``valid``: ``[S, T]`` starting at a day's first sample, ``per_day`` samples a day; the last
    day may be incomplete. The day itself is not part of its baseline, so this does not move during the day.
    Linear interpolation. Plain NumPy: its sort is vectorised, and Numba takes long to compile a quantile.
    """
    total = -(-values.shape[1] // per_day)
    result = np.full((len(qs), values.shape[0], total), np.nan)
    for day in range(1, total):
        window = slice(max(0, day - days) * per_day, day * per_day)
        usable = valid[:, window]
        rows = np.flatnonzero(usable.sum(axis=1) >= max(min_count, 1))
        ranked = np.sort(np.where(usable[rows], values[rows, window], np.inf), axis=1)
        each = np.arange(len(rows))
        for at, q in enumerate(qs):
            place = q * (usable[rows].sum(axis=1) - 1)
            low = np.floor(place).astype(np.int64)
            high = np.ceil(place).astype(np.int64)
            step = ranked[each, high] - ranked[each, low]
            result[at, rows, day] = ranked[each, low] + (place - low) * step
    return result


def quantile_before(
    values: Floats, valid: Bools, per_day: int, days: int, q: float, min_count: int, day: int
) -> float:
    """`day_quantile` of one series (``[T]``) and one day."""
    window = slice(max(0, day - days) * per_day, day * per_day)
    ranked = np.sort(values[window][valid[window]])
    if ranked.size < max(min_count, 1):
        return float("nan")
    place = q * (ranked.size - 1)
    low, high = ranked[int(np.floor(place))], ranked[int(np.ceil(place))]
    return float(low + (place - np.floor(place)) * (high - low))


@kernel
def trailing_median(values: Floats, valid: Bools, window: int, min_count: int) -> Floats:
    """Median of the valid among the ``window`` samples before each one, itself left out; NaN if too few.

    The window is kept sorted: each step puts one sample in its place and takes one out.
    """
    result = np.full(values.shape, np.nan)
    ranked = np.empty(window + 1)
    for s in range(values.shape[0]):
        count = 0
        for t in range(1, values.shape[1]):
            if valid[s, t - 1]:
                at = count
                while at > 0 and ranked[at - 1] > values[s, t - 1]:
                    ranked[at] = ranked[at - 1]
                    at -= 1
                ranked[at] = values[s, t - 1]
                count += 1
            old = t - 1 - window
            if old >= 0 and valid[s, old]:
                at = 0
                while at < count - 1 and ranked[at] != values[s, old]:
                    at += 1
                for follower in range(at + 1, count):
                    ranked[follower - 1] = ranked[follower]
                count -= 1
            if count >= max(min_count, 1):
                result[s, t] = (ranked[(count - 1) // 2] + ranked[count // 2]) / 2.0
    return result
