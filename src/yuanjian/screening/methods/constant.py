"""Values that do not change."""

from __future__ import annotations

import math

import numpy as np

from yuanjian.screening.kernels import constant_run, trailing_count
from yuanjian.screening.task import Hit, Task

NEARLY_HALF = 0.49
BASELINE_HOURS = 168
BASELINE_MIN = 24


def constant_hours(task: Task) -> list[Hit]:
    """Consecutive hours with the same value at the resolution the series is sent with.

    A run counts only if chance does not explain it: with ``p`` the share of unchanged hours in the 7 days
    before, ``p ** (length - 1)`` must not exceed ``chance``. Without enough history the resolution must be
    at most ``fine`` of the value. Measures: ``hours``, ``repeats`` runs of at least ``repeat_hours`` in 30
    days.
    """
    valid = task.valid & (np.abs(task.values) > task.resolution[:, None] / 2)
    values = np.where(valid, task.values, 0.0)
    tolerance = task.resolution * NEARLY_HALF
    same = np.zeros(task.shape, np.bool_)
    same[:, 1:] = valid[:, 1:] & valid[:, :-1] & (np.abs(np.diff(values, axis=1)) <= tolerance[:, None])
    pairs = np.zeros(task.shape, np.bool_)
    pairs[:, 1:] = valid[:, 1:] & valid[:, :-1]
    unchanged, counted = trailing_count(same, BASELINE_HOURS), trailing_count(pairs, BASELINE_HOURS)
    hits: list[Hit] = []
    earlier: list[tuple[int, int]] = []
    for s, first, last in zip(*constant_run(values, valid, tolerance, 2), strict=True):
        value = float(values[s, first])
        p = _chance(
            unchanged[s, first], counted[s, first], task.resolution[s] / abs(value), task.params["fine"]
        )
        length = int(last - first)
        if p ** (length - 1) > task.params["chance"]:
            continue
        if length >= task.params["repeat_hours"]:
            earlier.append((int(s), int(first)))
        window = first - 24 * task.params["repeat_days"]
        repeats = sum(1 for row, start in earlier if row == s and start > window)
        shown = f"{value:.{max(0, round(-math.log10(task.resolution[s])))}f}"
        measures = {"hours": float(length), "repeats": float(repeats)}
        words = {"value": (shown, shown)}
        span = task.time(first), task.time(last)
        hits.append(Hit(task.subjects[s], (int(s),), *span, measures, words))
    return hits


def _chance(unchanged: int, counted: int, relative_resolution: float, fine: float) -> float:
    """Probability that an hour repeats the one before, from history; 1 if nothing can be said."""
    if counted >= BASELINE_MIN:
        return max(0.01, unchanged / counted)
    return 0.01 if relative_resolution <= fine else 1.0
