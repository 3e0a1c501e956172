"""Values above their limit: hours, days, and days of the last thirty."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from yuanjian.screening.in_force import Limits
from yuanjian.screening.kernels import exceed_run, trailing_count
from yuanjian.screening.methods.days import any_in_day, count_in_day, first_of_day, whole_days
from yuanjian.screening.methods.windows import episodes
from yuanjian.screening.scene import DAY
from yuanjian.screening.task import Hit, Subject, Task
from yuanjian.series.aggregate import day_gas, day_water

ABOVE = 1.0 + 1e-6
"""Just over the limit: a value equal to it, stored as float32, does not exceed it."""
Floats = npt.NDArray[np.float64]


def exceed_hours(task: Task) -> list[Hit]:
    """Consecutive hours above the hour limit.

    Measures: ``run`` hours, ``ratio`` greatest value / limit, ``n24`` exceeding hours in 24 h, ``days7``
    days with an exceeding hour in 7 days.
    """
    limits = task.limits(("hour",))
    valid = task.valid & np.isfinite(limits.ratio)
    ratio = np.where(valid, limits.ratio, 0.0)
    above = ratio > ABOVE
    in_day = trailing_count(above, 24)
    in_week = trailing_count(any_in_day(above), 7)
    hits = []
    for s, first, last in zip(*exceed_run(ratio, valid, ABOVE, 1), strict=True):
        peak = first + int(np.argmax(ratio[s, first:last]))
        measures = {
            "run": float(last - first),
            "ratio": float(ratio[s, peak]),
            "n24": float(in_day[s, first:last].max()),
            "days7": float(in_week[s, first // 24 : (last - 1) // 24 + 1].max()),
            "peak": float(limits.judged[s, peak]),
        }
        span = task.time(first), task.time(last)
        hits.append(Hit(task.subjects[s], (s,), *span, measures, limits.words(s, peak)))
    return hits


def exceed_days(task: Task) -> list[Hit]:
    """Consecutive days whose flow-weighted mean is near or above the day limit.

    Measures: ``near_days`` days in a row above 90 % of the limit, ``over7`` days above the limit in 7 days,
    ``ratio`` greatest mean / limit, ``class1`` 1 if a class-1 pollutant is above its limit.
    """
    limits = task.limits(("day",))
    ratio, means = _day_ratio(task, limits)
    valid = np.isfinite(ratio)
    ratio = np.where(valid, ratio, 0.0)
    over7 = trailing_count(ratio > ABOVE, 7)
    hits = []
    for s, first, last in zip(*exceed_run(ratio, valid, task.params["near"], 1), strict=True):
        peak = first + int(np.argmax(ratio[s, first:last]))
        top = float(ratio[s, peak])
        subject = task.subjects[s]
        measures = {
            "near_days": float(last - first),
            "over7": float(over7[s, first:last].max()),
            "ratio": top,
            "class1": float(top > ABOVE and subject.factor in task.params["class1"]),
            "peak": float(means[s, peak]),
        }
        span = task.grid.start + first * DAY, task.grid.start + last * DAY
        hits.append(Hit(subject, (s,), *span, measures, limits.words(s, peak * 24)))
    return hits


def rolling_days(task: Task) -> list[Hit]:
    """Days on which any factor's daily mean is above its limit, counted over the last 30 days, per outlet.

    Measures: ``days`` in 30 days, ``outlets`` of the same enterprise that have at least ``orange`` days.
    """
    ratio, _ = _day_ratio(task, task.limits(("day", "hour")))
    outlets: dict[int, list[int]] = {}
    for row, subject in enumerate(task.subjects):
        outlets.setdefault(subject.outlet.outlet, []).append(row)
    groups = list(outlets.values())
    above = np.stack([(ratio[rows] > ABOVE).any(axis=0) for rows in groups])
    days = trailing_count(above, int(task.params["window_days"]))
    enterprises = [task.subjects[rows[0]].outlet.enterprise for rows in groups]
    orange = (days >= task.params["orange"]).astype(np.int64)
    together = _together(np.array(enterprises), orange)
    hits = []
    for s, first, last in zip(*episodes(above), strict=True):
        measures = {
            "days": float(days[s, first:last].max()),
            "outlets": float((together * orange)[s, first:last].max()),
            "run": float(last - first),
        }
        outlet = task.subjects[groups[s][0]].outlet
        span = task.grid.start + first * DAY, task.grid.start + last * DAY
        hits.append(Hit(Subject(outlet, outlet.point), tuple(groups[s]), *span, measures))
    return hits


def _together(enterprises: npt.NDArray[np.int64], orange: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """For each outlet and day: how many outlets of its enterprise are orange, [O, D]."""
    known, of_outlet = np.unique(enterprises, return_inverse=True)
    counts = np.zeros((len(known), orange.shape[1]), np.int64)
    np.add.at(counts, of_outlet, orange)
    return counts[of_outlet]


def _day_ratio(task: Task, limits: Limits) -> tuple[Floats, Floats]:
    """Daily means over their limit and the means, [S, D]; NaN for days that are not valid."""
    means = day_means(task, limits.judged)
    high = first_of_day(limits.high)
    return means / np.where(high > 0, high, np.nan), means


def day_means(task: Task, hours: Floats) -> Floats:
    """Daily means of hour values [S, T], [S, D]; NaN for days that are not valid.

    Water: flow-weighted (HJ 356-2019 [C]); of the hours due, those left out by marks are no longer due.
    Without a flow meter every hour weighs the same. Gas: at least 20 valid hours.
    """
    judged = whole_days(hours).astype(np.float32)
    valid = whole_days(task.valid)
    water = np.array([subject.outlet.medium == "water" for subject in task.subjects], np.bool_)
    means = np.empty((len(judged), judged.shape[1] // 24))
    means[~water] = day_gas(judged[~water], valid[~water])
    if water.any():
        flow = task.flow[water]
        flow = np.where(np.isfinite(flow).any(axis=1, keepdims=True), flow, 1.0)
        due = count_in_day(task.allowed[water])
        means[water] = day_water(judged[water], whole_days(flow).astype(np.float32), valid[water], due)
    return means
