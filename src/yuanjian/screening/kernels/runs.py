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
    return np.array(series[1:], np.int64), np.array(starts[1:], np.int64), np.array(ends[1:], np.int64)


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
    return np.array(series[1:], np.int64), np.array(starts[1:], np.int64), np.array(ends[1:], np.int64)


@kernel
def runs_of(hit: Bools) -> Runs:
    """Runs of hits: ``(series, start, end)`` as `exceed_run` returns them."""
    series, starts, ends = [0], [0], [0]
    for s in range(hit.shape[0]):
        before = False
        for t in range(hit.shape[1]):
            if hit[s, t] == before:
                continue
            before = not before
            if before:
                series.append(s)
                starts.append(t)
            else:
                ends.append(t)
        if before:
            ends.append(hit.shape[1])
    return np.array(series[1:], np.int64), np.array(starts[1:], np.int64), np.array(ends[1:], np.int64)


@kernel
def gaps_up_to(absent: Bools, longest: int) -> Bools:
    """The first ``longest`` absent samples of each gap after data were seen, ``[S, T]``."""
    gap = np.zeros(absent.shape, np.bool_)
    for s in range(absent.shape[0]):
        age = longest
        for t in range(absent.shape[1]):
            if not absent[s, t]:
                age = 0
            elif age < longest:
                age += 1
                gap[s, t] = True
    return gap
