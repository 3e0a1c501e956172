"""Distributions that are cut off, and pairs of values that hardly ever occur."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from yuanjian.screening.kernels import trailing_count
from yuanjian.screening.kernels.shapes import density_break, rare_pairs
from yuanjian.screening.methods.days import any_in_day
from yuanjian.screening.methods.tv import load, load_classes, mondays, running, week_ends
from yuanjian.screening.methods.windows import episodes
from yuanjian.screening.scene import DAY
from yuanjian.screening.task import Hit, Task

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


def truncated(task: Task) -> list[Hit]:
    """Months, judged every Monday, whose hours break off at the limit: many below, few above.

    Needs ``min_hours`` valid hours and ``min_near`` of them in the bandwidth below the limit, and a
    resolution of a quarter of a bin or finer. Measures: ``z`` and ``theta`` of the break, ``months`` 2 if the
    month that ended four weeks earlier broke off clearly too.
    """
    limits = task.limits(("hour", "day"))
    ratio = np.where(task.valid, limits.ratio, np.nan)
    hits = []
    for window in week_ends(task, 30):
        fine = task.resolution <= task.params["bin"] / 4 * limits.high[:, window.stop - 1]
        for s in np.flatnonzero(fine).tolist():
            theta, z = _break(task, ratio[s, window])
            if z < task.params["min_z"]:
                continue
            earlier = slice(window.start - 28 * 24, window.stop - 28 * 24)
            old = _break(task, ratio[s, earlier]) if earlier.start >= 0 else (0.0, 0.0)
            again = _clear(theta, z) and _clear(*old)
            measures = {"z": z, "theta": theta, "months": 1.0 + again}
            end = task.time(window.stop)
            words = limits.words(s, window.stop - 1)
            hits.append(Hit(task.subjects[s], (s,), end - 7 * DAY, end, measures, words))
    return hits


def _clear(theta: float, z: float) -> bool:
    return z >= 4.0 and theta >= 1.5


def _break(task: Task, ratio: Floats) -> tuple[float, float]:
    known = ratio[np.isfinite(ratio)]
    width = task.params["bandwidth"]
    near = ((known > 1.0 - width) & (known <= 1.0)).sum()
    if known.size < task.params["min_hours"] or near < task.params["min_near"]:
        return 0.0, 0.0
    return density_break(known, 1.0, task.params["bin"], width)


def unlikely_pairs(task: Task) -> list[Hit]:
    """Hours with more oxygen and less pollutant than usual, in a combination that hardly ever occurs.

    Usual is the median of the hours of the same class of load (``load_edges``, shares of the P95 of the
    training hours): oxygen is taken as points above it, the pollutant as a share of it, since both change
    with the load. More and less: ``min_rise`` points, below ``max_level``. Trained every Monday on the
    running hours of ``train_days``: rarer than the ``share`` quantile of their joint density. Measures:
    ``hours`` in a row, ``days`` of 7 with at least two such hours.
    """
    usable = running(task) & np.isfinite(task.oxygen)
    odd = np.zeros(task.shape, np.bool_)
    for train, week in mondays(task, int(task.params["train_days"])):
        for s in range(len(task.subjects)):
            more, less = _against_usual(task, s, usable[s], train, week)
            known = np.isfinite(more[train]) & np.isfinite(less[train])
            if known.sum() < task.params["min_hours"]:
                continue
            new = np.flatnonzero(np.isfinite(more[week]) & np.isfinite(less[week])) + week.start
            rare = rare_pairs(
                more[train][known], less[train][known], more[new], less[new], task.params["share"]
            )
            up = more[new] > task.params["min_rise"]
            odd[s, new] = rare & up & (less[new] < task.params["max_level"])
    twice = trailing_count(odd, 24) >= 2
    days = trailing_count(any_in_day(odd & twice), 7)
    hits = []
    for s, first, last in zip(*episodes(odd), strict=True):
        measures = {
            "hours": float(last - first),
            "days": float(days[s, first // 24 : (last - 1) // 24 + 1].max()),
        }
        oxygen = f"{task.oxygen[s, first:last].mean():.1f}"
        span = task.time(first), task.time(last)
        hits.append(Hit(task.subjects[s], (int(s),), *span, measures, {"oxygen": (oxygen, oxygen)}))
    return hits


def _against_usual(task: Task, s: int, usable: Bools, train: slice, week: slice) -> tuple[Floats, Floats]:
    """Points of oxygen above the median of the class of load, and the value as a share of its median; [T].

    Of the training and the week; NaN elsewhere and where the class was hardly seen.
    """
    classes = load_classes(load(task)[s], usable, train, task.params["load_edges"])
    more, less = np.full((2, task.grid.size), np.nan)
    for each in range(len(task.params["load_edges"])):
        learned = np.flatnonzero(classes[train] == each) + train.start
        middle = np.median(task.values[s, learned]) if learned.size >= task.params["min_class"] else 0.0
        if middle > 0:
            both = np.concatenate([learned, np.flatnonzero(classes[week] == each) + week.start])
            more[both] = task.oxygen[s, both] - np.median(task.oxygen[s, learned])
            less[both] = task.values[s, both] / middle
    return more, less
