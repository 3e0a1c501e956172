"""What happens at honest plants and looks like trouble: stops, calibrations, visits, short gaps.

Planned in chapters of 30 days, each drawn alone, so a live province never runs out of plans.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from yuanjian.simulator.slots import PER_DAY, PER_HOUR, day_number, first_slot, slot_of, start_of

if TYPE_CHECKING:
    from yuanjian.simulator.world import Outlet, World

CHAPTER = 30 * PER_DAY
BUFFER = 6 * PER_HOUR
"""Slots kept free between two plans of one outlet."""


class Period(NamedTuple):
    """Something that happens at one outlet (index) during slots [start, end)."""

    outlet: int
    kind: str
    start: int
    end: int


class Habit(NamedTuple):
    """How often per chapter (mean), and how long: hours from, to; ``work`` only in working hours."""

    kind: str
    rate: float
    shortest: float
    longest: float
    work: bool = False
    medium: str = ""


HABITS = (
    Habit("stopped", 0.35, 12, 96),
    Habit("maintenance", 2, 1, 3, work=True),
    Habit("visit", 2, 0.5, 0.5, work=True),
    Habit("calibration", 4, 1, 1, work=True, medium="gas"),
    Habit("standard_check", 4, 1, 1, work=True, medium="water"),
    Habit("turn_down", 0.6, 5, 14, medium="gas"),
    Habit("fault", 0.15, 2, 6),
    Habit("comm_loss", 0.15, 4, 10),
    Habit("gap", 0.5, 1, 2),
    Habit("meter_gap", 1, 0.4, 1),
)
"""Invented rates. A stop brings a stopping hour before and three starting hours after it."""

MARKED = {
    "stopped": "停产检修，已备案",
    "stopping": "停机过程",
    "starting": "开机过程，工况未稳定",
    "calibration": "零点跨度校准",
    "standard_check": "标样核查",
    "maintenance": "运维单位例行维护",
    "fault": "分析仪故障，已报修",
    "comm_loss": "运营商网络故障",
}
"""Kinds the enterprise marks, with the note it writes; the rest happens without a mark."""
DOOR_KINDS = frozenset({"maintenance", "visit", "fault"})
"""Kinds that bring somebody into the station."""


class Mark(NamedTuple):
    """A mark an enterprise set: index of the outlet, kind of mark, aware instants, note."""

    outlet: int
    kind: str
    start: datetime
    end: datetime
    note: str


def chapter_of(start: date, slot: int) -> int:
    """The chapter a slot lies in; 0 begins at the start of the world."""
    return (slot - first_slot(day_number(start))) // CHAPTER


def chapter(
    seed: int,
    start: date,
    number: int,
    outlets: Sequence[Outlet],
    busy: Mapping[int, Sequence[tuple[int, int]]],
) -> list[Period]:
    """All routine periods of one chapter by start, none inside the ``busy`` slots of its outlet."""
    first = first_slot(day_number(start)) + number * CHAPTER
    found: list[Period] = []
    for outlet in outlets:
        rng = np.random.default_rng([seed, 2, number + 10_000, outlet.index])
        taken = busy.get(outlet.index, ())
        found += [
            period
            for period in _outlet_chapter(rng, first, outlet)
            if all(period.end <= a or period.start >= b for a, b in taken)
        ]
    return sorted(found, key=lambda period: (period.start, period.outlet))


def _outlet_chapter(rng: np.random.Generator, first: int, outlet: Outlet) -> Iterator[Period]:
    taken: list[tuple[int, int]] = []
    for habit in HABITS:
        if habit.medium not in ("", outlet.kind.medium):
            continue
        for _ in range(int(rng.poisson(habit.rate))):
            length = max(3, round(float(rng.uniform(habit.shortest, habit.longest)) * PER_HOUR))
            start = _free(rng, first, length, habit, taken)
            if start is not None:
                taken.append((start, start + length))
                yield from _periods(outlet.index, habit.kind, start, start + length)


def _free(
    rng: np.random.Generator, first: int, length: int, habit: Habit, taken: Sequence[tuple[int, int]]
) -> int | None:
    """A start on the hour with room around it, or nothing after some tries."""
    for _ in range(8):
        start = first + int(rng.integers(BUFFER, CHAPTER - length - BUFFER)) // PER_HOUR * PER_HOUR
        if habit.work:
            start = start - (start + 48) % PER_DAY + int(rng.integers(9, 16)) * PER_HOUR
        inside = first + BUFFER <= start and start + length + BUFFER <= first + CHAPTER
        if inside and all(start + length + BUFFER <= a or start - BUFFER >= b for a, b in taken):
            return start
    return None


def _periods(outlet: int, kind: str, start: int, end: int) -> Iterator[Period]:
    if kind != "stopped":
        yield Period(outlet, kind, start, end)
        return
    end -= (end - start) % PER_HOUR
    yield Period(outlet, "stopping", start, start + PER_HOUR)
    yield Period(outlet, "stopped", start + PER_HOUR, end - 3 * PER_HOUR)
    yield Period(outlet, "starting", end - 3 * PER_HOUR, end)


def marks(outlets: Sequence[Outlet], world: World, start: datetime, end: datetime) -> list[Mark]:
    """The marks set for routine periods that touch [start, end)."""
    periods = world.periods(slot_of(start), slot_of(end) + 1)
    return [
        Mark(period.outlet, period.kind, start_of(period.start), start_of(period.end), MARKED[period.kind])
        for period in periods
        if period.kind in MARKED
    ]
