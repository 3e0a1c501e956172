"""Lasting changes of level."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from yuanjian.series.jit import kernel

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@kernel
def shift_gain(values: Floats, valid: Bools, before: int, after: int, least: int) -> tuple[Floats, Floats]:
    """How much a change of the mean at each sample explains, and its size; ``[S, T]`` each.

    The window is ``before`` samples before and ``after`` from the sample on, each side with at least its
    share ``least`` / ``after`` valid; gain is n · ln(one mean / two means) − ln n, the BIC difference of the
    models. NaN elsewhere. Source: Schwarz (1978); window search as in Truong et al. (2020), Signal Processing
    167.
    """
    gain = np.full(values.shape, np.nan)
    size = np.full(values.shape, np.nan)
    for s in range(values.shape[0]):
        for t in range(before, values.shape[1] - after + 1):
            n = np.zeros(2)
            total = np.zeros(2)
            squares = 0.0
            for u in range(t - before, t + after):
                if valid[s, u]:
                    side = 0 if u < t else 1
                    n[side] += 1
                    total[side] += values[s, u]
                    squares += values[s, u] ** 2
            if n[0] < least * before / after or n[1] < least:
                continue
            count = n[0] + n[1]
            two = squares - total[0] ** 2 / n[0] - total[1] ** 2 / n[1]
            one = squares - (total[0] + total[1]) ** 2 / count
            floor = 1e-4 * count
            gain[s, t] = count * math.log(max(one, floor) / max(two, floor)) - math.log(count)
            size[s, t] = total[1] / n[1] - total[0] / n[0]
    return gain, size
