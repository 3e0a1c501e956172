"""Device flags and numbers of many series: which may be used, and what there is at all."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from yuanjian.series.jit import kernel

Bools = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]
OTHERS = 15
"""Bit of all flags from 15 on."""
NO_NUMBER = 16
"""Bit of values that came and are no number."""


@kernel
def flags_seen(values: npt.NDArray[np.float32], flags: Bytes) -> npt.NDArray[np.int64]:
    """The flags that occur in each series as bits, and bit 16 where a value came that is no number; [S]."""
    seen = np.zeros(flags.shape[0], np.int64)
    for s in range(flags.shape[0]):
        bits = np.int64(0)
        for t in range(flags.shape[1]):
            flag = flags[s, t]
            bits |= np.int64(1) << min(flag, OTHERS)
            if flag != 0 and not np.isfinite(values[s, t]):
                bits |= np.int64(1) << NO_NUMBER
        seen[s] = bits
    return seen


@kernel
def usable(values: npt.NDArray[np.float32], flags: Bytes, rows: npt.NDArray[np.int64], good: Bools) -> Bools:
    """Where rows hold a number with a good flag (``good``: by code, 256 of them), ``[len(rows), T]``."""
    result = np.empty((rows.size, values.shape[1]), np.bool_)
    for at in range(rows.size):
        s = rows[at]
        for t in range(values.shape[1]):
            result[at, t] = good[flags[s, t]] and np.isfinite(values[s, t])
    return result


@kernel
def in_steps(values: Floats, valid: Bools, resolution: Floats) -> npt.NDArray[np.int64]:
    """Valid values in steps of the ``resolution`` (``[S]``) of their row, 0 where not valid; ``[S, T]``."""
    result = np.zeros(values.shape, np.int64)
    for s in range(values.shape[0]):
        for t in range(values.shape[1]):
            if valid[s, t]:
                result[s, t] = np.int64(np.rint(values[s, t] / resolution[s]))
    return result


@kernel
def as_double(values: npt.NDArray[np.float32], rows: npt.NDArray[np.int64]) -> Floats:
    """Some rows in double precision, ``[len(rows), T]``; in one pass, where NumPy copies twice."""
    result = np.empty((rows.size, values.shape[1]))
    for at in range(rows.size):
        s = rows[at]
        for t in range(values.shape[1]):
            result[at, t] = values[s, t]
    return result
