"""Values that do not change."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from yuanjian.screening.kernels import constant_run, trailing_count
from yuanjian.screening.methods.windows import recent
from yuanjian.screening.task import Hit, Task

Bools = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
NEARLY_HALF = 0.49
BASELINE_HOURS = 168
BASELINE_MIN = 24


def constant_hours(task: Task) -> list[Hit]:
    """Consecutive hours with the same value at the resolution the series is sent with.

    A run counts only if chance does not explain it: with ``p`` the share of unchanged hours in the 7 days
    before, ``p ** (length - 1)`` must not exceed ``chance``, and a series
    that repeats itself habitually (``p`` above ``habit``) is not judged. Without enough history the
    resolution must be at most ``fine`` of the value. Values of fewer than ``min_steps`` of the resolution are
    what the instrument shows of nothing. Measures: ``hours``, ``repeats`` runs of at least
    ``repeat_hours`` in 30 days.
    """
    valid = task.valid & (np.abs(task.values) > (task.params["min_steps"] - 0.5) * task.resolution[:, None])
    values = np.where(valid, task.values, 0.0)
    tolerance = task.resolution * NEARLY_HALF
    same = np.zeros(task.shape, np.bool_)
    same[:, 1:] = valid[:, 1:] & valid[:, :-1] & (np.abs(np.diff(values, axis=1)) <= tolerance[:, None])
    pairs = np.zeros(task.shape, np.bool_)
    pairs[:, 1:] = valid[:, 1:] & valid[:, :-1]
    unchanged, counted = trailing_count(same, BASELINE_HOURS), trailing_count(pairs, BASELINE_HOURS)
    series, starts, ends = constant_run(values, valid, tolerance, 2)
    value, length = values[series, starts], ends - starts
    fine = task.resolution[series] <= task.params["fine"] * np.abs(value)
    p = _chance(unchanged[series, starts], counted[series, starts], fine)
    keep = (p <= task.params["habit"]) & (p ** (length - 1) <= task.params["chance"])
    series, starts, ends, value, length = (a[keep] for a in (series, starts, ends, value, length))
    long = (length >= task.params["repeat_hours"]).astype(np.int64)
    repeats = recent(series, starts, 24 * task.params["repeat_days"], long)
    hits = []
    for s, first, last, level, count in zip(series, starts, ends, value, repeats, strict=True):
        shown = f"{level:.{max(0, round(-math.log10(task.resolution[s])))}f}"
        measures = {"hours": float(last - first), "repeats": float(count)}
        span = task.time(first), task.time(last)
        hits.append(Hit(task.subjects[s], (int(s),), *span, measures, {"value": (shown, shown)}))
    return hits


def _chance(unchanged: Counts, counted: Counts, fine: Bools) -> Floats:
    """Probability that an hour repeats the one before, from history; 1 where nothing can be said."""
    from_history = np.maximum(0.01, unchanged / np.maximum(counted, 1))
    return np.where(counted >= BASELINE_MIN, from_history, np.where(fine, 0.01, 1.0))
