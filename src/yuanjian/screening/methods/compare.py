"""Values above or below a number somebody chose: hours, daily means, electric power."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import numpy.typing as npt

from yuanjian.screening.methods.exceedance import day_means
from yuanjian.screening.methods.windows import episodes, recent
from yuanjian.screening.scene import DAY, HOUR
from yuanjian.screening.task import Hit, Task

Floats = npt.NDArray[np.float64]
SLACK = 1e-6
"""Share by which a value must pass the number: one equal to it, stored as float32, does not."""
SIDES = {"above": ("高于", "above"), "below": ("低于", "below")}


@dataclass(frozen=True, eq=False)
class Series:
    """What is compared: values [S, T] with NaN where nothing may be said, and the length of a period."""

    values: Floats
    step: timedelta


def compare_run(task: Task) -> list[Hit]:
    """Consecutive periods in which a value lies above or below (``side``) the number ``bound``.

    ``of``: ``hour`` the hour values, ``converted`` those at reference oxygen as sent, ``day`` the daily means
    of valid hours (water: weighted by flow), ``power`` the active power of meters in kW. Measures: ``run``
    length in hours (of ``day``: in days), ``beyond`` farthest distance from the number, ``events`` such runs
    begun in ``window_days``.
    """
    series, bound = _series(task), float(task.params["bound"])
    sign = -1.0 if task.params["side"] == "below" else 1.0
    distance = np.where(np.isfinite(series.values), sign * (series.values - bound), -1.0)
    rows, starts, ends = episodes(distance > SLACK * max(1.0, abs(bound)))
    unit = max(series.step, HOUR)
    window = round(task.params["window_days"] * DAY / series.step)
    hits = []
    for s, first, last, count in zip(rows, starts, ends, recent(rows, starts, window), strict=True):
        measures = {
            "run": float((last - first) * (series.step / unit)),
            "beyond": float(distance[s, first:last].max()),
            "events": float(count),
        }
        subject, start = task.subjects[s], task.grid.start
        words = {
            "side": SIDES[task.params["side"]],
            "bound": (f"{bound:g}",) * 2,
            "meter": (subject.name,) * 2,
        }
        span = start + int(first) * series.step, start + int(last) * series.step
        hits.append(Hit(subject, (int(s),), *span, measures, words))
    return hits


def _series(task: Task) -> Series:
    of = task.params["of"]
    if of == "power":
        power = task.scene.power(task.step)
        kw = np.stack([power.kw[power.cube.row(subject.key)] for subject in task.subjects])
        return Series(np.where(task.allowed, kw, np.nan), task.step)
    judged = task.reference if of == "converted" else task.values
    if of == "day":
        return Series(day_means(task, judged), DAY)
    return Series(np.where(task.valid, judged, np.nan), HOUR)
