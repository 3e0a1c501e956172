"""What a series usually is while another one is as it is now."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from yuanjian.series.jit import kernel

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@kernel
def usual_beside(
    values: Floats, other: Floats, valid: Bools, per_day: int, days: int, groups: int, min_count: int
) -> Floats:
    """What ``values`` were in the ``days`` whole days before each day, at about the same ``other``, [S, T].

    The valid samples of that time are ordered by ``other`` and cut into ``groups`` of equal size; between the
    medians of the groups the answer is linear, above the last of them it stays. The lowest group holds starts
    and stops and whatever else is rare: NaN below the median of the second, above the greatest ``other``
    seen, and with fewer than ``min_count`` samples. Any relation is followed. Grids begin with a whole day.
    """
    result = np.full(values.shape, np.nan)
    at_other, at_value = np.empty(groups), np.empty(groups)
    for s in range(values.shape[0]):
        for day in range(1, (values.shape[1] + per_day - 1) // per_day):
            first, last = max(0, day - days) * per_day, day * per_day
            known = np.flatnonzero(valid[s, first:last]) + first
            if known.size < max(min_count, groups):
                continue
            ordered = known[np.argsort(other[s, known])]
            for group in range(groups):
                part = ordered[group * known.size // groups : (group + 1) * known.size // groups]
                at_other[group] = np.median(other[s, part])
                at_value[group] = np.median(values[s, part])
            most = other[s, ordered[-1]]
            for t in range(last, min(last + per_day, values.shape[1])):
                if at_other[1] <= other[s, t] <= most:
                    result[s, t] = np.interp(other[s, t], at_other, at_value)
    return result
