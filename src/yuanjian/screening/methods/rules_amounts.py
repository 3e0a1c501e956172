"""Emission amounts of models: with substituted hours, by factor, from as far back as the rules look."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from yuanjian.clock import from_beijing, to_beijing
from yuanjian.screening.methods.dq import trailing_sum
from yuanjian.screening.scene import DAY
from yuanjian.screening.task import FLOW, OXYGEN, Hit, Task
from yuanjian.screening.wording import factor_words
from yuanjian.series.rules import amounts, emissions, periods

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


def earlier(task: Task, begin: datetime, rows: Sequence[int]) -> Task:
    """Some rows of a task over a scene that begins at ``begin``, with no more than amounts need."""
    kept = {row.factor for row in task.subjects} | set(FLOW.values()) | {OXYGEN}
    trimmed = {
        subject.outlet.outlet: replace(
            subject.outlet,
            factors=tuple(code for code in subject.outlet.factors if code in kept),
            signals=(),
            chain=None,
            door_points=(),
        )
        for subject in (task.subjects[row] for row in rows)
    }
    scene = task.scene.deeper(list(trimmed.values()), begin)
    subjects = [task.subjects[row] for row in rows]
    moved = tuple(replace(subject, outlet=trimmed[subject.outlet.outlet]) for subject in subjects)
    return Task(task.model, scene, moved, scene.grid)


def weighed(task: Task) -> list[int]:
    """Rows of which amounts can be computed: a mass per volume at an outlet that measures its flow."""
    return [
        row
        for row, subject in enumerate(task.subjects)
        if FLOW[subject.outlet.medium] in subject.outlet.factors and _is_mass(subject.factor)
    ]


def _is_mass(code: str | None) -> bool:
    try:
        amounts.in_milligrams(factor_words(code)[1])
    except ValueError:
        return False
    return True


def emitted(task: Task, row: int) -> emissions.Emissions:
    """What one row emitted: hours of gas, days of water. The scene reaches back by `emissions.REACH`."""
    subject, hours = task.subjects[row], task.scene.hours
    medium = subject.outlet.medium
    at = hours.row((subject.outlet.point, FLOW[medium]))
    c = task.values[[row]] * amounts.in_milligrams(factor_words(subject.factor)[1])
    flags = task.flags[[row]], hours.flags[[at]]
    return emissions.of_outlet(medium, task.grid, c, hours.values[[at]], flags, task.marks[[row]])


@dataclass(frozen=True, eq=False)
class Permitted:
    """Rows of a deeper task that share a permitted amount: t by day (NaN: none), and what they emit, kg by
    day.

    ``rows`` are those of the model's task; ``since`` is the first day the model reports.
    """

    rows: tuple[int, ...]
    amount: Floats
    kg: Floats
    days: tuple[date, ...]
    since: int
    whole: bool

    def hit(self, task: Task, day: int, back: int, measures: dict[str, float]) -> Hit:
        """A hit of one day on the first of the rows; it rests on the last ``back`` days."""
        start = task.since + (day - self.since) * DAY
        amount, kg = f"{self.amount[day]:g}", f"{self.kg[day]:.1f}"
        scope = ("全厂", "the enterprise") if self.whole else ("本排放口", "the outlet")
        words = {"permit": (amount, amount), "kg": (kg, kg), "scope": scope}
        seen = self.kg[day + 1 - back : day + 1].tobytes()
        return Hit(task.subjects[self.rows[0]], self.rows[:1], start, start + DAY, measures, words, seen)


def permitted(task: Task, kind: str, begin: datetime) -> Iterator[Permitted]:
    """Every permitted amount of a kind with the rows it is about; kg counted from ``begin`` on."""
    rows = weighed(task)
    deep = earlier(task, begin - emissions.REACH, rows)
    days = _whole_days(deep)
    first = (begin - deep.grid.start) // DAY
    kg: dict[int, Floats] = {}
    for (_, _, outlet), (records, of) in _groups(deep, kind).items():
        for at in of:
            kg.setdefault(at, emitted(deep, at).days()[0])
        amount = np.full(len(days), np.nan)
        for record in records.sort("start").iter_rows(named=True):
            inside = [i for i, day in enumerate(days) if _within(day, record)]
            amount[inside] = record["amount"]
        yield Permitted(
            tuple(rows[at] for at in of),
            amount[first:],
            np.sum([kg[at] for at in of], axis=0)[first:],
            days[first:],
            (task.since - begin) // DAY,
            outlet is None,
        )


def _whole_days(task: Task) -> tuple[date, ...]:
    """The whole Beijing days of a task's grid."""
    return task.days[: task.grid.size // 24]


def _groups(task: Task, kind: str) -> dict[tuple[int, str, int | None], tuple[pl.DataFrame, list[int]]]:
    """Records of a permitted amount by enterprise, factor and outlet, with the rows they are about."""
    found: dict[tuple[int, str, int | None], tuple[pl.DataFrame, list[int]]] = {}
    for row, subject in enumerate(task.subjects):
        rows = task.scene.records("permit_amount", subject.outlet).filter(
            pl.col("kind") == kind, pl.col("factor") == subject.factor
        )
        for (outlet,), part in rows.partition_by("outlet", as_dict=True).items():
            key = (subject.outlet.enterprise, str(subject.factor), outlet)
            found.setdefault(key, (part, []))[1].append(row)
    return found


def _within(day: date, record: dict[str, Any]) -> bool:
    start = from_beijing(datetime(day.year, day.month, day.day))  # noqa: DTZ001 — a Beijing wall time
    return bool(record["start"] <= start and start + DAY <= record["end"])


def permit_pace(task: Task) -> list[Hit]:
    """How far the permitted amount of the year is used, against the part of the year that has passed.

    Measures: ``used`` share of the amount, ``pace`` that share over the passed share, ``forecast`` share used
    by the year's end at the mean of the last 30 days; pace and forecast from ``min_days`` days on.
    """
    begin = from_beijing(datetime(to_beijing(task.since).year, 1, 1))  # noqa: DTZ001 — a Beijing wall time
    hits = []
    for one in permitted(task, "year", begin):
        number = np.array([day.timetuple().tm_yday for day in one.days])
        length = np.array([date(day.year, 12, 31).timetuple().tm_yday for day in one.days])
        permit = 1000.0 * np.where(one.amount > 0, one.amount, np.nan)
        used = periods.since_begin(one.kg[None], number == 1)[0] / permit
        month = used - np.where(number > 30, np.roll(used, 30), 0.0)
        late = number >= task.params["min_days"]
        pace = np.where(late, used * length / number, 0.0)
        forecast = np.where(late, used + month / np.minimum(number, 30) * (length - number), 0.0)
        least = task.params["least"]
        odd = (used > least["used"]) | (pace > least["pace"]) | (forecast > least["forecast"])
        for day in np.flatnonzero(odd[one.since :]) + one.since:
            told = {"used": used, "pace": pace, "forecast": forecast}
            measures = {name: float(of[day]) for name, of in told.items()}
            hits.append(one.hit(task, int(day), int(number[day]), measures))
    return hits


def special_days(task: Task) -> list[Hit]:
    """Days wholly within an order for heavy pollution, against the amount permitted for such a day.

    Measures: ``ratio`` amount of the day over the permitted one, ``days`` of 30 above it.
    """
    hits = []
    for one in permitted(task, "day", task.since - 30 * DAY):
        orders = task.scene.registry.records(
            "order",
            [task.subjects[one.rows[0]].outlet.enterprise],
            task.since - 30 * DAY,
            task.grid.end,
        ).filter(pl.col("kind") == "emergency")
        told = list(orders.iter_rows(named=True))
        ordered = np.array([any(_within(day, order) for order in told) for day in one.days], np.bool_)
        ratio = np.where(ordered, one.kg / (1000.0 * np.where(one.amount > 0, one.amount, np.nan)), 0.0)
        over = trailing_sum((ratio > 1.0).astype(np.int64)[None], 30)[0]
        for day in np.flatnonzero(ratio[one.since :] > task.params["least"]) + one.since:
            measures = {"ratio": float(ratio[day]), "days": float(over[day])}
            hits.append(one.hit(task, int(day), 30, measures))
    return hits
