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
        for t in range(values.shape[1]):
            if not valid[s, t]:
                continue
            found = 0
            u = t
            while u >= 0 and u > t - span and found < count:
                if valid[s, u]:
                    window[found] = values[s, u]
                    found += 1
                u -= 1
            if found < count:
                continue
            total = 0.0
            for value in window:
                total += value
            centre = total / count
            squares = 0.0
            for value in window:
                squares += (value - centre) ** 2
            mean[s, t] = centre
            spread[s, t] = math.sqrt(squares / count)
            extent[s, t] = window.max() - window.min()
    return mean, spread, extent


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
    return np.array(series[1:]), np.array(starts[1:]), np.array(ends[1:]), np.array(counts[1:])


@kernel
def trailing_spread(values: Floats, valid: Bools, centre: Floats, window: int) -> Floats:
    """Median of the distance from ``centre`` (``[S, T]``) of the valid among the ``window`` samples before.

    The sample itself is left out. NaN where the centre is or where no sample is valid.
    """
    result = np.full(values.shape, np.nan)
    ranked = np.empty(window)
    for s in range(values.shape[0]):
        for t in range(1, values.shape[1]):
            if np.isnan(centre[s, t]):
                continue
            count = 0
            for u in range(max(0, t - window), t):
                if valid[s, u]:
                    ranked[count] = abs(values[s, u] - centre[s, t])
                    count += 1
            if count > 0:
                known = np.sort(ranked[:count])
                result[s, t] = (known[(count - 1) // 2] + known[count // 2]) / 2.0
    return result
