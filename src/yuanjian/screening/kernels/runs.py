"""Runs of samples: above a bound, without change, without data."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from yuanjian.series.jit import kernel

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Runs = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]


@kernel
def exceed_run(values: Floats, valid: Bools, bound: float, min_length: int) -> Runs:
    """Runs of at least ``min_length`` consecutive valid samples above ``bound``.

    ``values``, ``valid``: ``[S, T]``. Returns ``(series, start, end)`` indices, ``end`` exclusive, ordered by
    series and start. An invalid sample ends a run.
    """
    series, starts, ends = [0], [0], [0]
    for s in range(values.shape[0]):
        length = 0
        for t in range(values.shape[1] + 1):
            if t < values.shape[1] and valid[s, t] and values[s, t] > bound:
                length += 1
                continue
            if length >= min_length:
                series.append(s)
                starts.append(t - length)
                ends.append(t)
            length = 0
    return np.array(series[1:]), np.array(starts[1:]), np.array(ends[1:])


@kernel
def constant_run(values: Floats, valid: Bools, tolerance: Floats, min_length: int) -> Runs:
    """Runs of at least ``min_length`` valid samples that stay within ``tolerance`` of the run's first value.

    ``tolerance``: ``[S]``, half the resolution the series is sent with. Returns as `exceed_run`.
    """
    series, starts, ends = [0], [0], [0]
    for s in range(values.shape[0]):
        length = 0
        first = 0.0
        for t in range(values.shape[1] + 1):
            usable = t < values.shape[1] and valid[s, t]
            if usable and length > 0 and abs(values[s, t] - first) <= tolerance[s]:
                length += 1
                continue
            if length >= min_length:
                series.append(s)
                starts.append(t - length)
                ends.append(t)
            length = 0
            if usable:
                length = 1
                first = values[s, t]
    return np.array(series[1:]), np.array(starts[1:]), np.array(ends[1:])


@kernel
def gap_age(present: Bools) -> npt.NDArray[np.int64]:
    """How many samples in a row are absent, ``[S, T]``: 0 where present, -1 before the first one present."""
    age = np.empty(present.shape, np.int64)
    for s in range(present.shape[0]):
        current = -1
        for t in range(present.shape[1]):
            if present[s, t]:
                current = 0
            elif current >= 0:
                current += 1
            age[s, t] = current
    return age
