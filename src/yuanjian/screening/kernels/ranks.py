"""A rank test for two samples."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt


def rank_test(low: npt.NDArray[np.float64], high: npt.NDArray[np.float64]) -> float:
    """One-sided p that ``low`` is not smaller than ``high`` (Mann-Whitney, normal approximation with ties).

    Both samples one-dimensional without NaN. 1.0 when a sample is empty or all values are equal.
    Source: Mann, Whitney (1947), Ann. Math. Stat. 18(1); tie and continuity correction as usual.
    """
    n, m = low.size, high.size
    if n == 0 or m == 0:
        return 1.0
    above = (low[:, None] > high).sum() + 0.5 * (low[:, None] == high).sum()
    _, ties = np.unique(np.concatenate((low, high)), return_counts=True)
    total = n + m
    variance = n * m / 12.0 * ((total + 1) - float((ties**3 - ties).sum()) / (total * (total - 1)))
    if variance <= 0.0:
        return 1.0
    z = (above - n * m / 2.0 + 0.5) / math.sqrt(variance)
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


def rank_correlation(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> float:
    """Spearman's ρ of two samples without NaN, ties with their mean rank; NaN if one of them does not vary.

    Source: Spearman (1904), Am. J. Psychol. 15(1).
    """
    ranks = np.stack([_mean_ranks(one), _mean_ranks(other)])
    off = ranks - ranks.mean(axis=1, keepdims=True)
    spread = math.sqrt(float((off[0] ** 2).sum() * (off[1] ** 2).sum()))
    return float((off[0] * off[1]).sum() / spread) if spread > 0 else math.nan


def _mean_ranks(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts - 1) / 2.0)[places])
