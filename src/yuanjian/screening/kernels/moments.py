"""How much a series moves: spread over its last valid samples, and how long a state is held."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from yuanjian.series.jit import kernel

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Held = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]


@kernel
def rolling_moments(values: Floats, valid: Bools, count: int, span: int) -> tuple[Floats, Floats, Floats]:
    """(mean, standard deviation, range) of the last ``count`` valid samples, ``[S, T]`` each.

    Told at valid samples only, and only where those samples lie within the last ``span``; else NaN.
    Population deviation, in two passes over the window itself: nothing before it matters.
    """
    mean = np.full(values.shape, np.nan)
    spread = np.full(values.shape, np.nan)
    extent = np.full(values.shape, np.nan)
    window = np.empty(count)
    for s in range(values.shape[0]):
        together = 0
        for t in range(values.shape[1]):
            together = together + 1 if valid[s, t] else 0
            if together >= count:
                mean[s, t], spread[s, t], extent[s, t] = _moments(values[s, t - count + 1 : t + 1])
            elif together > 0 and _gathered(values[s], valid[s], t, span, window):
                mean[s, t], spread[s, t], extent[s, t] = _moments(window)
    return mean, spread, extent


@kernel
def _gathered(values: Floats, valid: Bools, last: int, span: int, window: Floats) -> bool:
    """Fill the window with the valid samples up to ``last``, in order of time; False if there are too few."""
    missing = window.size
    t = last
    while t >= 0 and t > last - span and missing > 0:
        if valid[t]:
            missing -= 1
            window[missing] = values[t]
        t -= 1
    return missing == 0


@kernel
def _moments(window: Floats) -> tuple[float, float, float]:
    """(mean, standard deviation, range); sums in four strands, which the processor follows side by side."""
    sums, whole = np.zeros(4), window.size // 4 * 4
    low = high = window[0]
    for k in range(0, whole, 4):
        for strand in range(4):
            sums[strand] += window[k + strand]
    for k in range(whole, window.size):
        sums[0] += window[k]
    centre = ((sums[0] + sums[1]) + (sums[2] + sums[3])) / window.size
    sums[:] = 0.0
    for k in range(0, whole, 4):
        for strand in range(4):
            sums[strand] += (window[k + strand] - centre) ** 2
    for k in range(whole, window.size):
        sums[0] += (window[k] - centre) ** 2
    for value in window:
        low, high = min(low, value), max(high, value)
    return centre, math.sqrt(((sums[0] + sums[1]) + (sums[2] + sums[3])) / window.size), high - low


@kernel
def held_run(good: Bools, usable: Bools, pause: int) -> Held:
    """Runs of good samples in which unusable ones neither count nor break, fewer than ``pause`` in a row.

    A usable sample that is not good ends a run. Returns ``(series, start, end, count)``: ``end`` exclusive,
    after the last good sample, ``count`` good samples.
    """
    series, starts, ends, counts = [0], [0], [0], [0]
    for s in range(good.shape[0]):
        count = first = last = 0
        for t in range(good.shape[1] + 1):
            over = t == good.shape[1] or (usable[s, t] and not good[s, t]) or t - last > pause
            if count > 0 and over:
                series.append(s)
                starts.append(first)
                ends.append(last + 1)
                counts.append(count)
                count = 0
            if t < good.shape[1] and usable[s, t] and good[s, t]:
                first = t if count == 0 else first
                last = t
                count += 1
    return (
        np.array(series[1:], np.int64),
        np.array(starts[1:], np.int64),
        np.array(ends[1:], np.int64),
        np.array(counts[1:], np.int64),
    )
