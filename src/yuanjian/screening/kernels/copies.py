"""Series that repeat themselves or each other."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from yuanjian.screening.kernels.jit import kernel

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]


@kernel
def likest_day(
    days: Floats, valid: Bools, tolerance: Floats, lags: int, min_pairs: int
) -> tuple[Floats, Floats, Counts]:
    """How like each day is to the likest of the ``lags`` days before: (correlation, equal share, lag).

    ``days``, ``valid``: ``[S, D, H]``; ``tolerance`` ``[S]`` within which two values are equal. Results
    ``[S, D]``; 0 where no earlier day shares ``min_pairs`` valid hours. The lag is that of the largest equal
    share, or of the largest correlation where no value is equal.
    """
    shape = days.shape[:2]
    best, equal = np.zeros(shape), np.zeros(shape)
    lag = np.zeros(shape, np.int64)
    for s in range(shape[0]):
        for d in range(shape[1]):
            for back in range(1, min(lags, d) + 1):
                n = same = 0
                sx = sy = sxx = syy = sxy = 0.0
                for h in range(days.shape[2]):
                    if not valid[s, d, h] or not valid[s, d - back, h]:
                        continue
                    x, y = days[s, d, h], days[s, d - back, h]
                    n += 1
                    same += abs(x - y) <= tolerance[s]
                    sx += x
                    sy += y
                    sxx += x * x
                    syy += y * y
                    sxy += x * y
                if n < min_pairs:
                    continue
                product = (n * sxx - sx * sx) * (n * syy - sy * sy)
                rho = (n * sxy - sx * sy) / math.sqrt(product) if product > 1e-9 else 0.0
                share = same / n
                if share > equal[s, d] or (equal[s, d] == 0.0 and rho > best[s, d]):
                    lag[s, d] = back
                equal[s, d] = max(equal[s, d], share)
                best[s, d] = max(best[s, d], rho)
    return best, equal, lag


def repeated_pieces(steps: Counts, valid: Bools, length: int, apart: int, reach: int) -> Counts:
    """Pieces of one series that occurred before, ``[N, 3]``: start, end (exclusive), lag; ordered by start.

    ``steps``: ``[T]`` values in steps of the resolution. A piece is at least ``length`` valid samples, at
    least four of them different, equal to samples more than ``apart`` and at most ``reach`` earlier.
    """
    if steps.size < length:
        return np.empty((0, 3), np.int64)
    windows = np.lib.stride_tricks.sliding_window_view(steps, length)
    whole = np.lib.stride_tricks.sliding_window_view(valid, length).all(axis=1)
    distinct = (np.diff(np.sort(windows, axis=1), axis=1) != 0).sum(axis=1) + 1
    at = np.flatnonzero(whole & (distinct >= min(4, length)))
    order = at[np.lexsort((at, *windows[at].T))]
    same = (windows[order[1:]] == windows[order[:-1]]).all(axis=1)
    lag = order[1:] - order[:-1]
    keep = same & (lag > apart) & (lag <= reach)
    later, lag = order[1:][keep], lag[keep]
    by_time = np.argsort(later)
    later, lag = later[by_time], lag[by_time]
    breaks = np.flatnonzero((np.diff(later) != 1) | (np.diff(lag) != 0)) + 1
    parts = [part for part in np.split(np.arange(later.size), breaks) if part.size]
    pieces = [(later[part[0]], later[part[-1]] + length, lag[part[0]]) for part in parts]
    return np.array(pieces, np.int64).reshape(-1, 3)
