"""Distributions that are cut off, and pairs of values that hardly ever occur."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from yuanjian.screening.kernels import trailing_count
from yuanjian.screening.kernels.shapes import density_break, rare_pairs
from yuanjian.screening.methods.days import any_in_day
from yuanjian.screening.methods.tv import mondays, running, week_ends
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

    More and less: ``min_rise`` points above the median, below ``max_level`` of the median. Only hours with at
    least ``min_load`` of the normal load: below it more oxygen and less pollutant go together by themselves.
    Trained every Monday on the running hours of ``train_days``: rarer than the ``share`` quantile of their
    joint density. Measures: ``hours`` in a row, ``days`` of 7 with at least two such hours.
    """
    loads = np.stack([item.load for item in task.production])
    usable = running(task) & np.isfinite(task.oxygen) & (loads >= task.params["min_load"])
    odd = np.zeros(task.shape, np.bool_)
    for train, week in mondays(task, int(task.params["train_days"])):
        for s in range(len(task.subjects)):
            known = usable[s, train]
            if known.sum() < task.params["min_hours"]:
                continue
            x, y = task.oxygen[s, train][known], task.values[s, train][known]
            new = np.flatnonzero(usable[s, week]) + week.start
            more, less = task.oxygen[s, new], task.values[s, new]
            rare = rare_pairs(x, y, more, less, task.params["share"])
            up = more - np.median(x) > task.params["min_rise"]
            odd[s, new] = rare & up & (less < task.params["max_level"] * np.median(y))
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
