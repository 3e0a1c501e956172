"""Flue gas that does not fit the operation: too much air, a temperature of another plant."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from yuanjian.screening.kernels import trailing_count
from yuanjian.screening.methods.tv import mondays, rows_by_outlet, running
from yuanjian.screening.methods.windows import episodes
from yuanjian.screening.task import OXYGEN, Hit, Task

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
AIR = 19.0
AROUND = 6


def diluted(task: Task) -> list[Hit]:
    """Hours at load with more oxygen than the plant has at that load.

    Trained every Monday on the running hours of ``train_days`` by class of load (``load_edges``): above their
    P90 and more than ``min_rise`` points above their median. Measures: ``hours`` of the last 24, ``fall``
    greatest share a pollutant lost against the 6 running hours before.
    """
    usable = running(task)
    loads = np.stack([item.load for item in task.production])
    edges = [*task.params["load_edges"], np.inf]
    hits: list[Hit] = []
    for rows in rows_by_outlet(task).values():
        if OXYGEN not in rows:
            continue
        s = rows[OXYGEN]
        high = np.zeros(task.grid.size, np.bool_)
        for train, week in mondays(task, int(task.params["train_days"])):
            for low, up in pairwise(edges):
                fit = usable[s] & (loads[s] > low) & (loads[s] <= up)
                high[week] |= fit[week] & (task.values[s, week] > _bound(task, s, train, fit))
        hours = trailing_count(high[None], 24)[0]
        others = [row for factor, row in rows.items() if factor != OXYGEN]
        for _, first, last in zip(*episodes(high[None]), strict=True):
            fall = _fall(task, others, usable, int(first), int(last))
            measures = {"hours": float(hours[first:last].max()), "fall": fall}
            shown = f"{task.values[s, first:last].mean():.1f}"
            span = task.time(first), task.time(last)
            hits.append(Hit(task.subjects[s], (s, *others), *span, measures, {"oxygen": (shown, shown)}))
    return hits


def _bound(task: Task, s: int, train: slice, fit: Bools) -> float:
    """Above this the oxygen is high; infinite without enough hours."""
    sample = task.values[s, train][fit[train]]
    if sample.size < task.params["min_hours"]:
        return float("inf")
    return float(max(np.quantile(sample, 0.9), np.median(sample) + task.params["min_rise"]))


def _fall(task: Task, rows: Sequence[int], usable: Bools, first: int, last: int) -> float:
    """Greatest share a pollutant lost in the first hours of an episode; 0 if none is known to have."""
    falls = [0.0]
    for row in rows:
        known = np.flatnonzero(usable[row, :first])[-AROUND:]
        now = np.arange(first, min(last, first + AROUND))
        now = now[usable[row, now]]
        before = task.values[row, known].mean() if known.size == AROUND else 0.0
        if now.size and before > 0:
            falls.append(float(1.0 - task.values[row, now].mean() / before))
    return max(falls)


def odd_temperature(task: Task) -> list[Hit]:
    """Running hours with a flue gas far outside the temperatures the plant has.

    Trained every Monday on the running hours of ``train_days``: more than ``margin`` °C outside their P1–P99.
    Measures: ``hours`` in a row, ``air`` of them with more than 19 % oxygen.
    """
    usable = running(task)
    odd = np.zeros(task.shape, np.bool_)
    for train, week in mondays(task, int(task.params["train_days"])):
        for s in range(len(task.subjects)):
            sample = task.values[s, train][usable[s, train]]
            if sample.size >= task.params["min_hours"]:
                low, high = np.quantile(sample, [0.01, 0.99])
                off = np.maximum(low - task.values[s, week], task.values[s, week] - high)
                odd[s, week] = usable[s, week] & (off > task.params["margin"])
    hits = []
    for s, first, last in zip(*episodes(odd), strict=True):
        air = (task.oxygen[s, first:last] > AIR).sum()
        shown = f"{task.values[s, first:last].mean():.0f}"
        span = task.time(first), task.time(last)
        measures = {"hours": float(last - first), "air": float(air)}
        hits.append(Hit(task.subjects[s], (int(s),), *span, measures, {"value": (shown, shown)}))
    return hits
