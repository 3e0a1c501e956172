"""Emission amounts of models: with substituted hours, by factor, from as far back as the rules look."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from yuanjian.clock import beijing_day, from_beijing, to_beijing
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
    return Task(task.model, scene, moved, scene.grid, asked=task.asked)


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
    subject = task.subjects[row]
    c = task.values[[row]] * amounts.in_milligrams(factor_words(subject.factor)[1])
    flow, flags = flow_of(task, row)
    both = task.flags[[row]], flags
    return emissions.of_outlet(subject.outlet.medium, task.grid, c, flow, both, task.marks[[row]])


def flow_of(task: Task, row: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.uint8]]:
    """Flow at the outlet of a row and its flags, [1, T]."""
    outlet, hours = task.subjects[row].outlet, task.scene.hours
    at = hours.row((outlet.point, FLOW[outlet.medium]))
    return hours.values[[at]], hours.flags[[at]]


@dataclass(frozen=True, eq=False)
class Permitted:
    """Rows that share a permitted amount: t of each day (NaN: none), and what they emit, kg of each day.

    ``rows`` are those of the model's task; ``since`` is the first day the model reports.
    """

    rows: tuple[int, ...]
    amount: Floats
    kg: Floats
    since: int
    whole: bool

    @property
    def allowed(self) -> Floats:
        """The amount in kg; NaN where there is none."""
        return 1000.0 * np.where(self.amount > 0, self.amount, np.nan)

    def hit(self, task: Task, day: int, back: int, measures: dict[str, float]) -> Hit:
        """A hit of one day on the first of the rows; it rests on the last ``back`` days."""
        start = task.since + (day - self.since) * DAY
        amount, kg = f"{self.amount[day]:g}", f"{self.kg[day]:.1f}"
        scope = ("全厂", "the enterprise") if self.whole else ("本排放口", "the outlet")
        words = {"permit": (amount, amount), "kg": (kg, kg), "scope": scope}
        seen = self.kg[day + 1 - back : day + 1].tobytes()
        return Hit(task.subjects[self.rows[0]], self.rows[:1], start, start + DAY, measures, words, seen)


def permitted(task: Task, kind: str, begin: datetime) -> Iterator[Permitted]:
    """Every permitted amount of a kind with the rows it is about; days from ``begin``, a midnight, on."""
    groups = _groups(task, kind, begin)
    needed = sorted({row for _, rows in groups for row in rows})
    if not needed:
        return
    deep = earlier(task, begin - emissions.REACH, needed)
    first = (begin - deep.grid.start) // DAY
    kg = {row: emitted(deep, at).days()[0, first:] for at, row in enumerate(needed)}
    for records, rows in groups:
        amount = np.full(kg[rows[0]].size, np.nan)
        for record in records:
            amount[_days(record, begin)] = record["amount"]
        whole = records[0]["outlet"] is None
        total = np.sum([kg[row] for row in rows], axis=0)
        yield Permitted(tuple(rows), amount, total, (task.since - begin) // DAY, whole)


def _groups(task: Task, kind: str, begin: datetime) -> list[tuple[list[dict[str, Any]], list[int]]]:
    """Records of a permitted amount by enterprise, outlet and factor, with the rows they are about."""
    rows: dict[tuple[int, int | None, str], list[int]] = {}
    for row in weighed(task):
        outlet, factor = task.subjects[row].outlet, str(task.subjects[row].factor)
        for place in (None, outlet.outlet):
            rows.setdefault((outlet.enterprise, place, factor), []).append(row)
    told = task.scene.registry.records(
        "permit_amount", sorted({key[0] for key in rows}), begin, task.grid.end
    ).filter(pl.col("kind") == kind)
    found: dict[tuple[int, int | None, str], list[dict[str, Any]]] = {}
    for record in told.sort("start", "id").iter_rows(named=True):
        key = record["enterprise"], record["outlet"], record["factor"]
        if key in rows:
            found.setdefault(key, []).append(record)
    return [(records, rows[key]) for key, records in found.items()]


def _days(record: dict[str, Any], begin: datetime) -> slice:
    """The days wholly within a record, counted from a midnight."""
    first, last = -((begin - record["start"]) // DAY), (record["end"] - begin) // DAY
    return slice(max(first, 0), max(last, 0))


def permit_pace(task: Task) -> list[Hit]:
    """How far the permitted amount of the year is used, against the part of the year that has passed.

    Measures: ``used`` share of the amount, ``pace`` that share over the passed share, ``forecast`` share used
    by the year's end at the mean of the last 30 days; pace and forecast from ``min_days`` days on.
    """
    begin = from_beijing(datetime(to_beijing(task.since).year, 1, 1))  # noqa: DTZ001 — a Beijing wall time
    hits = []
    for one in permitted(task, "year", begin):
        number, length = _calendar(beijing_day(begin), one.kg.size)
        sent = periods.since_begin(one.kg[None], number == 1)[0]
        month = (sent - np.where(number > 30, np.roll(sent, 30), 0.0)) / np.minimum(number, 30)
        late = number >= task.params["min_days"]
        told = {
            "used": sent / one.allowed,
            "pace": np.where(late, sent / one.allowed * length / number, 0.0),
            "forecast": np.where(late, (sent + month * (length - number)) / one.allowed, 0.0),
        }
        odd = np.any([told[name] > least for name, least in task.params["least"].items()], axis=0)
        for day in np.flatnonzero(odd[one.since :]) + one.since:
            measures = {name: float(of[day]) for name, of in told.items()}
            hits.append(one.hit(task, int(day), int(number[day]), measures))
    return hits


def _calendar(first: date, size: int) -> tuple[Floats, Floats]:
    """Number of each day in its year, and the length of that year in days."""
    days = np.datetime64(first, "D") + np.arange(size)
    years = days.astype("datetime64[Y]")
    ends = (years + 1).astype("datetime64[D]")
    starts = years.astype("datetime64[D]")
    return (days - starts).astype(np.float64) + 1, (ends - starts).astype(np.float64)


def special_days(task: Task) -> list[Hit]:
    """Days wholly within an order for heavy pollution, against the amount permitted for such a day.

    Measures: ``ratio`` amount of the day over the permitted one, ``days`` of 30 above it.
    """
    begin = task.since - 30 * DAY
    hits = []
    for one in permitted(task, "day", begin):
        firm = task.subjects[one.rows[0]].outlet.enterprise
        orders = task.scene.registry.records("order", [firm], begin, task.grid.end)
        ordered = np.zeros(one.kg.size, np.bool_)
        for order in orders.filter(pl.col("kind") == "emergency").iter_rows(named=True):
            ordered[_days(order, begin)] = True
        ratio = np.where(ordered, one.kg / one.allowed, 0.0)
        over = trailing_sum((ratio > 1.0).astype(np.int64)[None], 30)[0]
        for day in np.flatnonzero(ratio[one.since :] > task.params["least"]) + one.since:
            measures = {"ratio": float(ratio[day]), "days": float(over[day])}
            hits.append(one.hit(task, int(day), 30, measures))
    return hits
