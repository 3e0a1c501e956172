"""What the data do when somebody opens the station door."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from yuanjian.clock import beijing_day
from yuanjian.screening.doors import Opening
from yuanjian.screening.in_force import Limits
from yuanjian.screening.methods.windows import recent
from yuanjian.screening.scene import HOUR
from yuanjian.screening.task import Hit, Task
from yuanjian.series import Cube, FlagCode

Floats = npt.NDArray[np.float64]
MINUTE = timedelta(minutes=1)
ENOUGH_MINUTES = 20


@dataclass(frozen=True, slots=True)
class Change:
    """A value before and after an opening, until when that was watched, and the values it rests on."""

    before: float
    after: float
    until: datetime
    seen: bytes

    @property
    def share(self) -> float:
        """Relative change."""
        return self.after / self.before - 1.0


def door_change(task: Task) -> list[Hit]:
    """Values that differ between the hour before and the hour after an opening.

    From minute data where there are at least 20 on both sides, else from the hour before and the hour after.
    Measures: ``change`` size of the relative change, ``fall`` 1 - after / before if lower, ``before`` level
    before / limit, ``steady`` 1 if the production's power is known and changed by at most 10 %, ``events``
    changes of at least ``large`` in 30 days.
    """
    limits = task.limits(("hour", "day"))
    found: list[tuple[int, Opening, Change, float]] = []
    moved = np.zeros(task.shape, np.bool_)
    cubes = _minutes(task)
    for s in range(len(task.subjects)):
        for opening in _openings(task, s):
            change = _change(task, limits, cubes, s, opening.time)
            if change is None or abs(change.share) < task.params["min_change"]:
                continue
            load = _load_change(task, s, opening.time)
            if abs(load) > task.params["load_tolerance"]:
                moved[s, task.index(opening.time)] = True
                continue
            found.append((s, opening, change, load))
    known = any(production.known for production in task.production)
    task.tested["load_change"] = moved if known else "unknown"
    large = np.array([abs(item[2].share) >= task.params["large"] for item in found], np.int64)
    series = np.array([item[0] for item in found], np.int64)
    hours = np.array([task.index(item[1].time) for item in found], np.int64)
    events = recent(series, hours, 24 * 30, large)
    return [_hit(task, limits, item, count) for item, count in zip(found, events, strict=True)]


def _hit(task: Task, limits: Limits, item: tuple[int, Opening, Change, float], count: int) -> Hit:
    s, opening, change, load = item
    hour = task.index(opening.time)
    high = limits.high[s, hour]
    measures = {
        "change": abs(change.share),
        "fall": max(0.0, -change.share),
        "before": change.before / high if high > 0 else 0.0,
        "steady": float(np.isfinite(load)),
        "events": float(count),
    }
    zh, en = ("升高", "rose") if change.share > 0 else ("下降", "fell")
    person = opening.person or "—"
    words = {
        **limits.words(s, hour),
        "direction": (zh, en),
        "person": (person, person),
        "from": (f"{change.before:.3g}",) * 2,
        "to": (f"{change.after:.3g}",) * 2,
    }
    return Hit(task.subjects[s], (s,), opening.time, change.until, measures, words, change.seen)


def _openings(task: Task, s: int) -> list[Opening]:
    """Openings whose hour before and after are on the grid and free of marks."""
    openings = task.scene.openings.get(task.subjects[s].outlet.outlet, ())
    usable = []
    for opening in openings:
        hour = task.index(opening.time)
        around = task.allowed[s, max(hour - 1, 0) : hour + 2]
        if opening.time >= task.since and 1 <= hour < task.grid.size - 1 and around.all():
            usable.append(opening)
    return usable


def _minutes(task: Task) -> dict[object, Cube]:
    """One cube of minute values per Beijing day with openings, of the outlets opened that day."""
    by_day: dict[object, list[tuple[int, datetime]]] = {}
    for s in range(len(task.subjects)):
        for opening in _openings(task, s):
            by_day.setdefault(beijing_day(opening.time), []).append((s, opening.time))
    cubes: dict[object, Cube] = {}
    for day, visits in by_day.items():
        keys = [task.subjects[s].key for s, _ in visits]
        times = [time for _, time in visits]
        cubes[day] = task.scene.fine(keys, MINUTE, min(times) - HOUR, max(times) + HOUR + MINUTE)
    return cubes


def _change(task: Task, limits: Limits, cubes: dict[object, Cube], s: int, opened: datetime) -> Change | None:
    hour = task.index(opened)
    converted = bool(limits.converted[s, hour])
    cube = cubes[beijing_day(opened)]
    row = cube.row(task.subjects[s].key)
    values = np.where(
        cube.flags[row] == FlagCode.N, (cube.reference if converted else cube.values)[row], np.nan
    )
    at = cube.index(opened)
    before, after = values[max(at - 60, 0) : at], values[at + 1 : at + 61]
    if min(np.isfinite(before).sum(), np.isfinite(after).sum()) >= ENOUGH_MINUTES:
        seen = np.concatenate((before, after)).tobytes()
        medians = float(np.nanmedian(before)), float(np.nanmedian(after))
        return _compare(task, s, Change(*medians, opened + HOUR, seen))
    judged = np.where(task.valid[s], limits.judged[s], np.nan)
    return _compare(
        task, s, Change(float(judged[hour - 1]), float(judged[hour + 1]), task.time(hour + 2), b"")
    )


def _compare(task: Task, s: int, change: Change) -> Change | None:
    """The change if the resolution of the series can show it; None where a side is missing."""
    shows = change.before >= task.params["min_steps"] * task.resolution[s]
    return change if shows and np.isfinite(change.after) else None


def _load_change(task: Task, s: int, opened: datetime) -> float:
    """Change of the production's power from the hour before to the hour after, a share; NaN if unknown."""
    kw = task.production[s].kw
    hour = task.index(opened)
    before, after = kw[hour - 1], kw[hour + 1]
    return float(after / before - 1.0) if before > 0 else float("nan")
