"""Several pollutants that fall at the same moment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from yuanjian.clock import beijing_day
from yuanjian.screening.kernels import lower_than_before
from yuanjian.screening.methods.tv import change, load, rows_by_outlet
from yuanjian.screening.methods.windows import recent
from yuanjian.screening.task import OXYGEN, Hit, Subject, Task
from yuanjian.series import Cube, FlagCode, SeriesKey

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
MINUTE = timedelta(minutes=1)
MARGIN = 15 * MINUTE


@dataclass(frozen=True, slots=True)
class Fall:
    """Pollutants of an outlet (``rows``) fell together in an hour, by at least ``drop``.

    ``minutes``: the minute data that show it, empty where only hour values do.
    """

    rows: tuple[int, ...]
    hour: int
    drop: float
    minutes: bytes


def simultaneous_drop(task: Task) -> list[Hit]:
    """At least ``least`` pollutants that fall by ``drop`` at once while the oxygen rises or does not change.

    Hours in which their hour values fall by ``hint`` are looked up in the minute data: over ``minutes``
    minutes; without minute data the hour values themselves must fall by ``drop``. A load that changed leaves
    the hour out. Measures: ``drop`` of the least of them, ``events`` in 7 days, ``before`` highest ratio to a
    limit in the hour before, ``fast`` 1 if minute data show it.
    """
    limits = task.limits(("hour", "day"))
    moved = np.zeros(task.shape, np.bool_)
    candidates = list(_candidates(task, moved))
    minutes = _minutes(task, candidates)
    falls = [fall for rows, hour in candidates for fall in _judged(task, minutes, rows, hour)]
    task.tested["load_change"] = moved if any(item.known for item in task.production) else "unknown"
    series, hours = np.array([(fall.rows[0], fall.hour) for fall in falls], np.int64).reshape(-1, 2).T
    hits = []
    for fall, count in zip(falls, recent(series, hours, 7 * 24), strict=True):
        ratio = limits.ratio[list(fall.rows), fall.hour - 1]
        measures = {
            "drop": fall.drop,
            "events": float(count),
            "before": float(np.max(ratio, where=np.isfinite(ratio), initial=0.0)),
            "fast": float(bool(fall.minutes)),
        }
        outlet = task.subjects[fall.rows[0]].outlet
        span = task.time(fall.hour), task.time(fall.hour + 1)
        subject = Subject(outlet, outlet.point)
        hits.append(Hit(subject, fall.rows, *span, measures, inputs=fall.minutes))
    return hits


def _candidates(task: Task, moved: Bools) -> Iterator[tuple[tuple[int, ...], int]]:
    """Rows of an outlet and hours in which enough of them fall a little, at a steady load."""
    down = lower_than_before(task.values, task.valid, task.params["hint"])
    kw = load(task)
    first = max(task.index(task.since), 1)
    for found in rows_by_outlet(task).values():
        rows = list(found.values())
        enough = down[rows].sum(axis=0) >= task.params["least"]
        for hour in np.flatnonzero(enough[first:]) + first:
            by = change(kw[rows[0], hour - 1 : hour], kw[rows[0], hour + 1 : hour + 2])
            if abs(by) > task.params["load_tolerance"]:
                moved[rows, hour] = True
                continue
            yield tuple(rows), int(hour)


def _minutes(task: Task, candidates: Sequence[tuple[tuple[int, ...], int]]) -> dict[object, Cube]:
    """One cube of minute values per Beijing day with candidates who send them, oxygen included."""
    by_day: dict[object, list[tuple[tuple[int, ...], int]]] = {}
    for candidate in candidates:
        by_day.setdefault(beijing_day(task.time(candidate[1])), []).append(candidate)
    cubes: dict[object, Cube] = {}
    for day, of_day in by_day.items():
        if not task.scene.sends("minute", (task.subjects[row].point for rows, _ in of_day for row in rows)):
            continue
        keys = [key for rows, _ in of_day for key in _keys(task, rows)]
        hours = [hour for _, hour in of_day]
        cubes[day] = task.scene.fine(
            keys, MINUTE, task.time(min(hours)) - MARGIN, task.time(max(hours) + 1) + MARGIN
        )
    return cubes


def _keys(task: Task, rows: Sequence[int]) -> list[SeriesKey]:
    return [*(task.subjects[row].key for row in rows), SeriesKey(task.subjects[rows[0]].point, OXYGEN)]


def _judged(task: Task, minutes: dict[object, Cube], rows: tuple[int, ...], hour: int) -> Iterator[Fall]:
    """The fall of a candidate hour, by minutes where there are any, else by the hour values."""
    cube, steps = minutes.get(beijing_day(task.time(hour))), int(task.params["minutes"])
    fine = np.empty((1, 0)) if cube is None else _fine(task, cube, rows, hour)
    if np.isfinite(fine[:-1]).sum(axis=1).max(initial=0) >= 30:
        old, new = _running_means(fine, steps)
        inside = slice(15 - steps, 75 - steps)
        drop = _together(task, old[:, inside], new[:, inside])
        seen = fine.tobytes()
    else:
        coarse = np.vstack([task.values[list(rows)], task.oxygen[rows[0]]])
        drop = _together(task, coarse[:, hour - 1 : hour], coarse[:, hour : hour + 1])
        seen = b""
    if drop >= task.params["drop"]:
        yield Fall(rows, hour, drop, seen)


def _fine(task: Task, cube: Cube, rows: tuple[int, ...], hour: int) -> Floats:
    """Minute values about an hour, NaN where not normal; oxygen last."""
    at = [cube.row(key) for key in _keys(task, rows)]
    part = _span(cube, task.time(hour) - MARGIN, task.time(hour + 1) + MARGIN)
    return np.where(cube.flags[at, part] == FlagCode.N, cube.values[at, part], np.nan).astype(np.float64)


def _span(cube: Cube, start: datetime, end: datetime) -> slice:
    return slice((start - cube.start) // MINUTE, (end - cube.start) // MINUTE)


def _running_means(values: Floats, steps: int) -> tuple[Floats, Floats]:
    """Means over ``steps`` samples before, and after as many in between, for each place that has both."""
    windows = np.lib.stride_tricks.sliding_window_view(values, steps, axis=1).mean(axis=2)
    return windows[:, : -2 * steps], windows[:, 2 * steps :]


def _together(task: Task, old: Floats, new: Floats) -> float:
    """The ``least``-th greatest fall at the best moment the oxygen (last row) allows; 0 if there is none."""
    least = int(task.params["least"])
    falls = np.nan_to_num(1.0 - new[:-1] / np.where(old[:-1] > 0, old[:-1], np.nan))
    rise = new[-1] - old[-1]
    fits = (rise > task.params["rise"]) | (np.abs(rise) <= task.params["same"])
    common = np.sort(falls, axis=0)[-least]
    return float(np.max(common, where=fits, initial=0.0))
