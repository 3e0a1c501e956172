"""Flue gas that does not fit the operation: too much air, a temperature of another plant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from yuanjian.screening.kernels import trailing_count
from yuanjian.screening.kernels.moments import held_run
from yuanjian.screening.methods.tv import load, load_classes, mondays, rows_by_outlet, running
from yuanjian.screening.methods.windows import episodes
from yuanjian.screening.task import OXYGEN, Hit, Task

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Hours = npt.NDArray[np.int64]
AIR = 19.0
AROUND = 6


def diluted(task: Task) -> list[Hit]:
    """Hours at load with more oxygen than the plant has at that load.

    Trained every Monday on the running hours of ``train_days`` by class of load (``load_edges``, shares of
    the P95 of the same hours): above their P90 and more than ``min_rise`` points above their median.
    Measures: ``hours`` of the last 24, ``fall`` greatest share a pollutant lost against the 6 running hours
    before.
    """
    usable = running(task)
    hits: list[Hit] = []
    for rows in rows_by_outlet(task).values():
        if OXYGEN not in rows:
            continue
        s = rows[OXYGEN]
        high = np.zeros(task.grid.size, np.bool_)
        for learned, new in _by_load(task, s, usable[s]):
            bound = max(np.quantile(learned, 0.9), np.median(learned) + task.params["min_rise"])
            high[new] = task.values[s, new] > bound
        hours = trailing_count(high[None], 24)[0]
        others = [row for factor, row in rows.items() if factor != OXYGEN]
        for _, first, last in zip(*episodes(high[None]), strict=True):
            fall = _fall(task, others, usable, int(first), int(last))
            measures = {"hours": float(hours[first:last].max()), "fall": fall}
            shown = f"{task.values[s, first:last].mean():.1f}"
            span = task.time(first), task.time(last)
            hits.append(Hit(task.subjects[s], (s, *others), *span, measures, {"oxygen": (shown, shown)}))
    return hits


def _by_load(task: Task, s: int, usable: Bools) -> Iterator[tuple[Floats, Hours]]:
    """Week by week and for each class of load: the values learned from, and the hours to be judged by them.

    Only classes with ``min_hours`` of them.
    """
    kw = load(task)[s]
    for train, week in mondays(task, int(task.params["train_days"])):
        classes = load_classes(kw, usable, train, task.params["load_edges"])
        for each in range(len(task.params["load_edges"])):
            learned = task.values[s, train][classes[train] == each]
            if learned.size >= task.params["min_hours"]:
                yield learned, np.flatnonzero(classes[week] == each) + week.start


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
    """Running hours with a flue gas far outside the temperatures the plant has at that load.

    Trained every Monday on the running hours of ``train_days`` by class of load, as `diluted`: more than
    ``margin`` °C outside their P1–P99. Up to ``pause`` hours that cannot be judged do not end a run.
    Measures: ``hours`` in a row, ``air`` of them with more than 19 % oxygen.
    """
    usable = running(task)
    odd = np.zeros(task.shape, np.bool_)
    for s in range(len(task.subjects)):
        for learned, new in _by_load(task, s, usable[s]):
            low, high = np.quantile(learned, [0.01, 0.99])
            off = np.maximum(low - task.values[s, new], task.values[s, new] - high)
            odd[s, new] = off > task.params["margin"]
    hits = []
    for s, first, last, hours in zip(*held_run(odd, usable, task.params["pause"]), strict=True):
        air = (odd[s, first:last] & (task.oxygen[s, first:last] > AIR)).sum()
        shown = f"{task.values[s, first:last][odd[s, first:last]].mean():.0f}"
        span = task.time(first), task.time(last)
        measures = {"hours": float(hours), "air": float(air)}
        hits.append(Hit(task.subjects[s], (int(s),), *span, measures, {"value": (shown, shown)}))
    return hits
