"""A rank test for two samples."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from yuanjian.screening.kernels.jit import kernel


@kernel()
def rank_test(low: npt.NDArray[np.float64], high: npt.NDArray[np.float64]) -> float:
    """One-sided p that ``low`` is not smaller than ``high`` (Mann-Whitney, normal approximation with ties).

    Both samples one-dimensional without NaN. 1.0 when a sample is empty or all values are equal.
    Source: Mann, Whitney (1947), Ann. Math. Stat. 18(1); tie and continuity correction as usual.
    """
    n, m = low.size, high.size
    if n == 0 or m == 0:
        return 1.0
    u = 0.0
    for value in low:
        u += (high < value).sum() + 0.5 * (high == value).sum()
    everything = np.sort(np.concatenate((low, high)))
    ties = 0.0
    run = 1
    for i in range(1, n + m + 1):
        if i < n + m and everything[i] == everything[i - 1]:
            run += 1
        else:
            ties += float(run) ** 3 - run
            run = 1
    total = n + m
    variance = n * m / 12.0 * ((total + 1) - ties / (total * (total - 1)))
    if variance <= 0.0:
        return 1.0
    z = (u - n * m / 2.0 + 0.5) / math.sqrt(variance)
    return 0.5 * math.erfc(-z / math.sqrt(2.0))
