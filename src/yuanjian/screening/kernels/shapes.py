"""The shape of a distribution: a break in its density, its last digits, how rare a pair of values is."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from yuanjian.series.jit import kernel

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


@kernel
def digit_shape(
    steps: Counts, valid: Bools, least: int, digit_steps: int, odd: tuple[float, float]
) -> tuple[Floats, Floats]:
    """(samples for each different value, χ² with 9 degrees of freedom of the last digits), [S] each.

    ``steps``: ``[S, T]`` values in steps of the resolution; trailing zeros that 95 % of the values share are
    no digits. Where the spread P95 - P5 does not allow the question the answer is 1 or 0: half as many
    steps as there are samples, ``digit_steps`` for the digits. (0, 0) below ``least`` samples. Digits are
    those of values of at least ``digit_steps``, half of ``least`` of them, and twice P75 - P25 must be wide
    enough too: otherwise the shape of the distribution shows in the last digit (see `_uneven` for peaks).
    Where both answers are below the ``odd`` ones they may be told as (1, 0): that shows without sorting.
    """
    few, chi2 = np.zeros(steps.shape[0]), np.zeros(steps.shape[0])
    for s in range(steps.shape[0]):
        sample = steps[s][valid[s]]
        n = sample.size
        if n < least or n == 0:
            continue
        counts, zeros, zero = _digits(sample, digit_steps)
        while zero < n and zeros > 0.95 * n:
            sample = sample // 10
            counts, zeros, zero = _digits(sample, digit_steps)
        few[s] = 1.0
        if n < odd[0] * _at_least_different(sample) and _uneven(counts) < odd[1]:
            continue
        sample.sort()
        spread = _between(sample, 0.95) - _between(sample, 0.05)
        core = _between(sample, 0.75) - _between(sample, 0.25)
        few[s] = n / (1 + (sample[1:] != sample[:-1]).sum()) if 2 * spread >= n else 1.0
        if min(spread, 2.0 * core) >= digit_steps and 2.0 * counts.sum() >= least:
            chi2[s] = _uneven(counts)
    return few, chi2


@kernel
def _digits(sample: Counts, digit_steps: int) -> tuple[Floats, int, int]:
    """How often each last digit comes in values of at least ``digit_steps``, [10]; a last 0 and 0 in all."""
    counts = np.zeros(10)
    zeros = zero = 0
    for value in sample:
        size = abs(value)
        digit = size % 10
        counts[digit] += size >= digit_steps
        zeros += digit == 0
        zero += size == 0
    return counts, zeros, zero


@kernel
def _at_least_different(sample: Counts) -> int:
    """A number of different values the sample has at least: that of the remainders by 256."""
    seen = np.zeros(256, np.bool_)
    for value in sample:
        seen[value & 255] = True
    return int(seen.sum())


@kernel
def _uneven(counts: Floats) -> float:
    """χ² of ten digits against equal numbers, or against the five digits around each where that is less.

    A narrow peak of the distribution raises a few digits side by side; invented digits stand alone.
    """
    flat = smooth = 0.0
    for digit in range(10):
        around = 0.0
        for other in range(digit - 2, digit + 3):
            around += counts[other % 10] / 5.0
        flat += (counts[digit] - counts.mean()) ** 2 / max(counts.mean(), 0.1)
        if around > 0.0:
            smooth += (counts[digit] - around) ** 2 / around
    return min(flat, smooth)


@kernel
def _between(ranked: Counts, share: float) -> float:
    """A quantile of a sorted sample, linear between two of its values."""
    place = share * (ranked.size - 1)
    below = int(place)
    above = min(below + 1, ranked.size - 1)
    return float(ranked[below] + (place - below) * (ranked[above] - ranked[below]))


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
