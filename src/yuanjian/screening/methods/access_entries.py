"""Who enters the station: without an order or mark, for long, with one identification, by force."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import numpy as np

from yuanjian.clock import beijing_day, to_beijing
from yuanjian.screening.access import Access
from yuanjian.screening.doors import Opening
from yuanjian.screening.methods.records_common import MINUTE, Row, by_subject, gathered
from yuanjian.screening.methods.windows import recent
from yuanjian.screening.scene import DAY, HOUR
from yuanjian.screening.task import Hit, Task, Words
from yuanjian.series import FlagCode, MarkKind, MarkPeriod

WORK = (
    MarkKind.CALIBRATION
    | MarkKind.MAINTENANCE
    | MarkKind.FAULT
    | MarkKind.REPLACED
    | MarkKind.BLOWBACK
    | MarkKind.STANDARD_CHECK
)
"""Marks that say why somebody was in the station."""
CHECKS = MarkKind.CALIBRATION | MarkKind.STANDARD_CHECK
NIGHT = (22, 6)
_NAMES = re.compile(r"[^,，、;；\s]+")


def entries_without_record(task: Task) -> list[Hit]:
    """Visits with neither a maintenance order nor a mark of work within ``margin_minutes``.

    Orders come late: a visit is judged when ``grace_hours`` have passed, and an order that was issued later
    than that after it is none. Measures: ``events`` such visits in 30 days, ``same`` of them by the same
    person (0 if unnamed), ``fell`` 1 if a value fell by ``fall`` or more.
    """
    hits = []
    orders = by_subject(gathered(task, "maintenance_order", DAY))
    for s, subject in enumerate(task.subjects):
        visits = _unexplained(task, s, orders.get(s, []))
        for at, visit in enumerate(visits):
            month = [v for v in visits[: at + 1] if v.time > visit.time - 30 * DAY]
            same = [v for v in month if v.person == visit.person and v.person]
            measures = {
                "events": float(len(month)),
                "same": float(len(same)),
                "fell": float(_deepest_fall(task, s, visit.time) >= task.params["fall"]),
            }
            words = {"person": _shown(visit.person)}
            seen = repr(month).encode()
            hits.append(Hit(subject, (s,), visit.time, visit.time + HOUR, measures, words, seen))
    return hits


def _unexplained(task: Task, s: int, orders: Sequence[Row]) -> list[Opening]:
    """Visits old enough to be judged that no mark and no order accounts for, in order."""
    margin, grace = task.params["margin_minutes"] * MINUTE, task.params["grace_hours"] * HOUR
    marks = marks_of(task, s, WORK)
    return [
        visit
        for visit in task.scene.openings.get(task.subjects[s].outlet.outlet, ())
        if visit.time <= task.grid.end - grace
        and _free(task, s, visit.time)
        and not _near(marks, visit.time, margin)
        and not any(_covers(order, visit, margin, grace) for order in orders)
    ]


def _covers(order: Row, visit: Opening, margin: timedelta, grace: timedelta) -> bool:
    """Was it for this time, or did it name the person for this Beijing day, and was it issued in time?"""
    if order["issued_at"] is not None and order["issued_at"] > visit.time + grace:
        return False
    if order["start"] - margin <= visit.time <= order["end"] + margin:
        return True
    named = visit.person in _NAMES.findall(order["people"] or "")
    return named and beijing_day(order["start"]) <= beijing_day(visit.time) <= beijing_day(order["end"])


def long_stays(task: Task) -> list[Hit]:
    """Stays from an opening to the next closing of the same door, at most ``max_hours``.

    An opening without a closing says nothing. Measures: ``hours``, ``night`` hours of it between 22:00 and
    06:00, ``checked`` 1 if a calibration or standard check was marked within.
    """
    hits = []
    for s, subject in enumerate(task.subjects):
        marks = marks_of(task, s, CHECKS)
        stays = {(entry.time, left): entry for entry, left in _stays(task, s)}
        for (_, left), entry in stays.items():
            hours = (left - entry.time) / HOUR
            if hours < task.params["min_hours"] or not _free(task, s, entry.time, left):
                continue
            measures = {
                "hours": hours,
                "night": night_hours(entry.time, left),
                "checked": float(any(m.start < left and m.end > entry.time for m in marks)),
            }
            words = {"person": _shown(entry.person)}
            seen = repr((entry, left)).encode()
            hits.append(Hit(subject, (s,), entry.time, left, measures, words, seen))
    return hits


def _stays(task: Task, s: int) -> Iterator[tuple[Access, datetime]]:
    """(The opening, when the door was closed), by door."""
    longest = task.params["max_hours"] * HOUR
    inside: dict[str, list[Access]] = {}
    for item in _records(task, s):
        waiting = inside.setdefault(item.door, [])
        if item.kind == "open":
            waiting.append(item)
        elif item.kind == "close":
            recent_ones = [entry for entry in waiting if item.time - entry.time <= longest]
            if recent_ones and item.time > recent_ones[0].time:
                yield recent_ones[0], item.time
            waiting.clear()


def night_hours(start: datetime, end: datetime) -> float:
    """Hours of an interval between 22:00 and 06:00 Beijing time."""
    first = to_beijing(start).replace(hour=0, minute=0, second=0, microsecond=0) - DAY
    total = timedelta(0)
    while first < end:
        begin, finish = first + NIGHT[0] * HOUR, first + DAY + NIGHT[1] * HOUR
        total += max(min(end, finish) - max(start, begin), timedelta(0))
        first += DAY
    return total / HOUR


def single_factor(task: Task) -> list[Hit]:
    """Openings for which the door told of one way of identification only.

    Records of one door within ``same_minutes`` belong to one opening. Judged only at doors that told of two
    ways within the 30 days before: others may have no way to tell. A mechanical key without a mark of work
    is always told. Measures: ``openings`` in 30 days, ``key`` 1 for such a key.
    """
    found: list[tuple[int, Access, bool]] = []
    for s in range(len(task.subjects)):
        marks = marks_of(task, s, WORK)
        margin = timedelta(minutes=task.params["margin_minutes"])
        found += [
            (s, item, key)
            for item, key in _singles(task, s)
            if _free(task, s, item.time) and not (key and _near(marks, item.time, margin))
        ]
    series = np.array([item[0] for item in found], np.int64)
    times = np.array([(item[1].time - task.grid.start) // MINUTE for item in found], np.int64)
    hits = []
    for (s, item, key), count in zip(found, recent(series, times, 30 * 24 * 60), strict=True):
        measures = {"openings": float(count), "key": float(key)}
        method = "、".join(sorted(item.methods))
        words = {"person": _shown(item.person), "method": (method, method)}
        seen = repr(item).encode()
        hits.append(Hit(task.subjects[s], (s,), item.time, item.time + MINUTE, measures, words, seen))
    return hits


def _singles(task: Task, s: int) -> Iterator[tuple[Access, bool]]:
    """(Opening, by mechanical key?) with a single way of identification."""
    window = timedelta(minutes=task.params["same_minutes"])
    told = [item for item in _records(task, s) if item.kind == "open" and item.methods]
    last_double: dict[str, datetime] = {}
    for item in told:
        together = {
            method
            for other in told
            if other.door == item.door and abs(other.time - item.time) <= window
            for method in other.methods
        }
        if len(together) > 1:
            last_double[item.door] = item.time
        elif item.by_key or (item.door in last_double and item.time - last_double[item.door] <= 30 * DAY):
            yield item, item.by_key


def door_alarms(task: Task) -> list[Hit]:
    """Alarms of a door (forced, dismantled), and faults of the door device.

    A fault lasts until the next state that is none, at most ``max_days`` after it was last told. Measures:
    ``alarm`` 1 for an alarm, ``hours`` of a fault, ``changed`` 1 if a value changed around the alarm.
    """
    hits = []
    for s, subject in enumerate(task.subjects):
        for item in _records(task, s):
            if item.kind == "alarm" and _free(task, s, item.time):
                changed = largest_change(task, s, item.time) >= task.params["change"]
                measures = {"alarm": 1.0, "hours": 0.0, "changed": float(changed)}
                text = item.text or "—"
                words = {"what": (f"报警（{text}）", f"alarm ({text})")}
                seen = repr(item).encode()
                hits.append(Hit(subject, (s,), item.time, item.time + HOUR, measures, words, seen))
        for start, end in _faults(task, s):
            measures = {"alarm": 0.0, "hours": (end - start) / HOUR, "changed": 0.0}
            words = {"what": ("设备故障", "device fault")}
            seen = repr((start, end)).encode()
            hits.append(Hit(subject, (s,), start, end, measures, words, seen))
    return hits


def _faults(task: Task, s: int) -> Iterator[tuple[datetime, datetime]]:
    began: datetime | None = None
    until = task.grid.start
    longest = task.params["max_days"] * DAY
    for item in (*_records(task, s), Access(task.grid.end, "normal")):
        if item.kind not in ("fault", "normal"):
            continue
        if began is not None and (item.kind == "normal" or item.time > until):
            yield began, min(item.time, until)
            began = None
        if item.kind == "fault":
            began = item.time if began is None else began
            until = item.time + longest


def largest_change(task: Task, s: int, at: datetime) -> float:
    """Greatest relative change of a limited factor from the hour before to the hour after; 0 if unknown.

    0 also where the production's power changed by more than ``load_tolerance``.
    """
    return max(map(abs, _changes(task, s, at)), default=0.0)


def _deepest_fall(task: Task, s: int, at: datetime) -> float:
    """As `largest_change`, of falls alone."""
    return max((-change for change in _changes(task, s, at)), default=0.0)


def _changes(task: Task, s: int, at: datetime) -> Iterator[float]:
    hour = task.scene.grid.index(at)
    if not 1 <= hour < task.scene.grid.size - 1:
        return
    kw = task.production[s].kw
    if kw[hour - 1] > 0 and abs(kw[hour + 1] / kw[hour - 1] - 1.0) > task.params["load_tolerance"]:
        return
    outlet, cube = task.subjects[s].outlet, task.scene.hours
    limited = {limit.factor for limit in outlet.limits if limit.high is not None}
    for row in (cube.row((outlet.point, factor)) for factor in outlet.factors if factor in limited):
        before, after = float(cube.values[row, hour - 1]), float(cube.values[row, hour + 1])
        normal = cube.flags[row, [hour - 1, hour + 1]] == FlagCode.N
        if normal.all() and before >= task.params["min_steps"] * 10.0 ** -int(cube.decimals[row]):
            yield after / before - 1.0


def marks_of(task: Task, s: int, kinds: MarkKind) -> list[MarkPeriod]:
    """Marks of some kinds on the outlet of a subject."""
    point = task.subjects[s].outlet.point
    return [mark for mark in task.scene.marks if mark.point == point and mark.bit & kinds]


def _records(task: Task, s: int) -> Sequence[Access]:
    return task.scene.access.get(task.subjects[s].outlet.outlet, ())


def _near(marks: Sequence[MarkPeriod], at: datetime, margin: timedelta) -> bool:
    return any(mark.start - margin <= at <= mark.end + margin for mark in marks)


def _free(task: Task, s: int, first: datetime, last: datetime | None = None) -> bool:
    """Is no hour from ``first`` to ``last`` excluded, and is it on the grid?"""
    start, end = task.index(first), task.index(last or first)
    return start >= 0 and end < task.grid.size and bool(task.allowed[s, start : end + 1].all())


def _shown(person: str) -> Words:
    return person or "—", person or "—"
