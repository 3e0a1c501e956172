"""The shape of a distribution: a break in its density, its last digits, how rare a pair of values is."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.int64]
CELLS = 24


def density_break(values: Floats, at: float, width: float, bandwidth: float) -> tuple[float, float]:
    """(θ, z) of a break in the density of a sample at ``at``; positive if there is more below than above.

    Local-linear densities from both sides over bins of ``width`` with triangular weights; θ = ln f₋ − ln f₊,
    empty sides counting half an observation. z is the difference of the densities over its standard error
    (24/5 the boundary constant of the kernel), which unlike θ/se(θ) holds where one side is empty.
    Source: McCrary (2008), J. Econometrics 142(2), 698–714; the score form is ours [D].
    """
    bins = round(bandwidth / width)
    # Counted away from the break, so that a value exactly at it lies below.
    below = np.ceil((at - values) / width - 1e-6)
    above = np.ceil((values - at) / width - 1e-6)
    below[np.abs(values - at) < 1e-6] = 1.0
    sides = [_edge(side, values.size, bins, width) for side in (below, above)]
    low, high = sides
    least = 0.5 / (values.size * width)
    error = math.sqrt(4.8 / (values.size * bandwidth) * max(low + high, least))
    return math.log(max(low, least) / max(high, least)), (low - high) / error


def _edge(place: Floats, n: int, bins: int, width: float) -> float:
    """Density at the edge of one side, not negative; ``place`` 1 is the bin next to the edge."""
    heights = np.array([(place == k).sum() for k in range(1, bins + 1)]) / (n * width)
    x = (np.arange(bins) + 0.5) * width
    weights = 1.0 - x / (bins * width)
    centre = (weights * x).sum() / weights.sum()
    slope = (weights * (x - centre) * heights).sum() / (weights * (x - centre) ** 2).sum()
    return max(0.0, float((weights * heights).sum() / weights.sum() - slope * centre))


def digit_chi_square(steps: Counts) -> float:
    """χ² (9 degrees of freedom) of the last digits of a sample against equal shares."""
    counts = np.bincount(np.abs(steps) % 10, minlength=10)
    expected = steps.size / 10.0
    return float(((counts - expected) ** 2).sum() / expected)


def rare_pairs(x: Floats, y: Floats, new_x: Floats, new_y: Floats, share: float) -> Bools:
    """Which new pairs lie where the density of the training pairs is below that of their ``share`` quantile.

    The density is a grid of 24 by 24 cells over the P0.5–P99.5 of the training sample, smoothed with a
    Gaussian of one cell (a binned kernel estimate); beyond the grid its rim counts.
    """
    low = np.quantile(np.stack([x, y]), 0.005, axis=1)
    high = np.quantile(np.stack([x, y]), 0.995, axis=1)
    scale = np.where(high > low, high - low, 1.0) / (CELLS - 4)

    def cells(a: Floats, b: Floats) -> tuple[Counts, Counts]:
        pair = (np.stack([a, b]) - low[:, None]) / scale[:, None] + 2.0
        at = np.clip(np.floor(pair), 0, CELLS - 1).astype(np.int64)
        return at[0], at[1]

    counts = np.zeros((CELLS, CELLS))
    np.add.at(counts, cells(x, y), 1.0)
    weights = np.exp(-0.5 * (np.arange(CELLS)[:, None] - np.arange(CELLS)) ** 2)
    density = weights @ counts @ weights
    bound = np.quantile(density[cells(x, y)], share)
    return np.asarray(density[cells(new_x, new_y)] < bound)
