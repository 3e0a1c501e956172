"""Every injected violation really meets the conditions of its level (and not of the next one up).

The conditions are written out again here, plainly, from the thresholds of the twelve models.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest

from yuanjian.simulator import World
from yuanjian.simulator.dayplan import SAMPLING_HOURS
from yuanjian.simulator.fleet import PRODUCTION
from yuanjian.simulator.hours import daily, summarise
from yuanjian.simulator.injection import KINDS, Violation
from yuanjian.simulator.physics import Day, day
from yuanjian.simulator.slots import PER_DAY, PER_HOUR, day_number

Floats = npt.NDArray[np.float64]
FIRST = day_number(date(2026, 10, 1))
DAYS = 34


class Record:
    """All hours and slots of one world, outlet by outlet."""

    def __init__(self, world: World) -> None:
        self.world = world
        days: list[Day] = [day(world, FIRST + d - 1) for d in range(DAYS)]
        hours = [summarise(world.fleet, now) for now in days]
        join = np.concatenate
        limit = world.fleet.limit[:, :, None]
        self.value: Floats = join([h.average for h in hours], axis=2)
        self.ratio: Floats = join([h.reference for h in hours], axis=2) / limit
        self.low: Floats = join([h.low for h in hours], axis=2)
        self.high: Floats = join([h.high for h in hours], axis=2)
        self.due = join([h.due for h in hours], axis=1)
        self.flag = join([h.flag for h in hours], axis=1)
        self.day_ratio = np.stack([daily(world.fleet, h).average for h in hours], axis=2) / limit
        self.flow: Floats = join([now.flow for now in days], axis=1)
        self.load: Floats = join([now.load for now in days], axis=1)
        self.power: Floats = join([now.power for now in days], axis=2) / world.fleet.rated[:, :, None]
        self.meter_lost = join([now.plan.meter_lost for now in days], axis=2)
        self.doors = [
            (door.outlet, (FIRST + at - 1) * 86400 + door.second)
            for at, now in enumerate(days) for door in now.plan.doors if door.state
        ]  # fmt: skip

    @staticmethod
    def hour(slot: int) -> int:
        """Index of the hour a slot lies in."""
        return (slot + 48) // PER_HOUR - (FIRST - 1) * 24

    @staticmethod
    def slot(slot: int) -> int:
        """Index of a slot."""
        return slot + 48 - (FIRST - 1) * PER_DAY


@pytest.fixture(scope="module")
def record(wild_world: World) -> Record:
    return Record(wild_world)


def _hourly(record: Record, v: Violation) -> int:
    ratio = record.ratio[v.outlet, v.place, record.hour(v.start) : record.hour(v.end)]
    assert np.all(ratio > 1.02)
    around = record.ratio[v.outlet, v.place, record.hour(v.start) - 8 : record.hour(v.start)]
    assert np.all(around < 1)
    if len(ratio) >= 6 or ratio.max() >= 2:
        return 1
    return 2 if len(ratio) >= 2 or ratio.max() > 1.5 else 3


def _days_of(record: Record, v: Violation) -> Floats:
    return np.array([record.day_ratio[v.outlet, v.place, d - FIRST + 1] for d in v.days])


def _daily(record: Record, v: Violation) -> int:
    ratio = _days_of(record, v)
    if np.all((ratio > 0.9) & (ratio <= 1)):
        return 3
    assert np.all(ratio > 1)
    return 1 if len(ratio) >= 2 or ratio.max() > 1.5 else 2


def _many_days(record: Record, v: Violation) -> int:
    count = int((_days_of(record, v) > 1).sum())
    assert count == len(v.days)
    assert (v.days[-1] - v.days[0]) < 30
    return 1 if count >= 10 else 2 if count >= 3 else 3


def _missing(record: Record, v: Violation) -> int:
    gap = int((~record.due[v.outlet, record.hour(v.start) : record.hour(v.end)]).sum())
    assert gap == record.hour(v.end) - record.hour(v.start)
    assert record.due[v.outlet, record.hour(v.start) - 1]
    assert record.due[v.outlet, record.hour(v.end)]
    return 1 if gap > 24 else 2 if gap >= 4 else 3


def _constant(record: Record, v: Violation) -> int:
    values = record.value[v.outlet, v.place, record.hour(v.start) : record.hour(v.end)].round(2)
    low = record.low[v.outlet, v.place, record.hour(v.start) : record.hour(v.end)].round(2)
    assert set(values) == set(low)
    assert len(set(values)) == 1
    run = len(values)
    gas = record.world.fleet.gas[v.outlet]
    return 1 if run >= 24 else 2 if run >= (6 if gas else 8) else 3 if run >= (2 if gas else 4) else 9


def _zero(record: Record, v: Violation) -> int:
    part = slice(record.hour(v.start), record.hour(v.end))
    typical = np.nanmedian(record.value[v.outlet, v.place])
    assert np.all(record.value[v.outlet, v.place, part] <= 0.01 * typical)
    slots = slice(record.slot(v.start), record.slot(v.end))
    assert np.all(record.power[v.outlet, 0, slots] > 0.5 * np.nanmedian(record.power[v.outlet, 0]))
    run = part.stop - part.start
    return 1 if run > 12 else 2 if run >= 3 else 3


def _fall(record: Record, v: Violation, start: int) -> tuple[float, float]:
    """(ratio before, relative fall) at the hour that begins with a slot; load steady within a tenth."""
    hour = record.hour(start)
    before = float(np.median(record.ratio[v.outlet, v.place, hour - 6 : hour]))
    now = float(record.ratio[v.outlet, v.place, hour])
    slots = slice(record.slot(start) - 36, record.slot(start) + 6)
    load = record.power[v.outlet, 0, slots]
    assert np.ptp(load) < 0.1 * load.mean()
    return before, 1 - now / before


def _door_at(record: Record, outlet: int, slot: int) -> bool:
    at = slot * 600 + 8 * 3600
    return any(o == outlet and abs(s - at) <= 900 for o, s in record.doors)


def _drop(record: Record, v: Violation) -> int:
    before, fall = _fall(record, v, v.start)
    if fall > 0.6 and before > 0.9 and _door_at(record, v.outlet, v.start):
        return 1
    return 2 if fall > 0.7 else 3 if fall > 0.5 else 9


def _door_change(record: Record, v: Violation) -> int:
    falls = [_fall(record, v, opening) for opening in v.openings]
    assert all(_door_at(record, v.outlet, opening) for opening in v.openings)
    if any(fall > 0.5 and before > 0.9 for before, fall in falls):
        return 1
    twice = sum(fall > 0.4 for _, fall in falls) >= 2
    return 2 if twice else 3 if min(fall for _, fall in falls) > 0.2 else 9


def _near_limit(record: Record, v: Violation) -> int:
    part = slice(record.hour(v.start), record.hour(v.end))
    best = 9
    for end in range(part.start + 168, part.stop + 1):
        week = record.ratio[v.outlet, v.place, end - 168 : end]
        share = ((week >= 0.9) & (week <= 1)).mean()
        jump = ((week > 0.95) & (week <= 1)).sum() / max(1, ((week > 1) & (week <= 1.05)).sum())
        assert week.max() <= 1
        load = record.load[v.outlet, record.slot(v.start) : record.slot(v.end)]
        varies = np.percentile(load, 95) / np.percentile(load, 5) - 1 > 0.15
        level = (
            1
            if share > 0.6 and jump > 50 and varies
            else 2
            if share > 0.4 or jump > 20
            else 3
            if share > 0.2
            else 9
        )
        best = min(best, level)
    return best


def _treatment_off(record: Record, v: Violation) -> int:
    slots = slice(record.slot(v.start), record.slot(v.end))
    assert np.all(record.power[v.outlet, 0, slots] > 0.1)
    assert np.all(record.power[v.outlet, PRODUCTION:, slots] < 0.1)
    minutes = 10 * (v.end - v.start)
    return 1 if minutes > 120 else 2 if minutes > 30 else 3


def _meter_offline(record: Record, v: Violation) -> int:
    slots = slice(record.slot(v.start), record.slot(v.end))
    lost = record.meter_lost[v.outlet]
    assert np.all(lost[PRODUCTION + v.place, slots])
    assert not np.any(lost[0, slots])
    assert np.all(record.power[v.outlet, 0, slots] > 0.1)
    hours = (v.end - v.start) / 6
    return 1 if hours > 48 else 2 if hours >= 12 else 3


def _sampler_flow(record: Record, v: Violation) -> int:
    near = {(h * 6 + shift) % PER_DAY for h in SAMPLING_HOURS for shift in (-1, 0)}
    shares = []
    for number in v.days:
        flow = record.flow[v.outlet, (number - FIRST + 1) * PER_DAY :][:PER_DAY]
        inside = np.isin(np.arange(PER_DAY), list(near))
        shares.append(flow[inside].mean() / flow[~inside].mean())
    if len(shares) >= 3 and max(shares) < 0.4:
        return 1
    return 2 if len(shares) >= 3 and max(shares) < 0.6 else 3 if max(shares) < 0.8 else 9


ORACLES: dict[str, Callable[[Record, Violation], int]] = {
    "hourly_exceedance": _hourly, "daily_exceedance": _daily, "many_days": _many_days, "missing": _missing,
    "constant": _constant, "zero": _zero, "drop": _drop, "door_change": _door_change,
    "near_limit": _near_limit,
    "treatment_off": _treatment_off, "meter_offline": _meter_offline, "sampler_flow": _sampler_flow,
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_injected_at_its_level(record: Record, kind: str) -> None:
    planned = [v for v in record.world.violations if v.kind.name == kind]
    assert {v.level for v in planned} == {1, 2, 3}
    judged = {(v.start, v.level): ORACLES[kind](record, v) for v in planned}
    assert judged == {key: key[1] for key in judged}


def test_nothing_else_happens_during_a_violation(record: Record) -> None:
    """Marks would excuse it, so routine keeps away from injected periods."""
    for v in record.world.violations:
        assert np.all(record.flag[v.outlet, record.hour(v.start) : record.hour(v.end)] == 0)


def test_truth_tells_where_and_when(wild_world: World) -> None:
    truths = wild_world.truths
    assert [t.start for t in truths] == sorted(t.start for t in truths)
    outlets = {o.key: o for o in wild_world.outlets}
    for truth, violation in zip(
        sorted(truths, key=id),
        sorted((v for v in wild_world.violations), key=lambda v: id(v.truth)),
        strict=True,
    ):
        outlet = outlets[f"{truth.enterprise}/{truth.outlet}"]
        assert outlet.index == violation.outlet
        assert truth.mn == outlet.mn
        assert truth.start < truth.end <= truth.start + timedelta(days=31)
        assert truth.models == KINDS[truth.kind].models


def test_one_violation_per_outlet_and_time() -> None:
    world = World.build(seed=3, outlets=20)
    world.inject(1, rate=2.0)
    world.inject(2, rate=1.0)
    spans: dict[int, list[tuple[int, int]]] = {}
    for v in world.violations:
        spans.setdefault(v.outlet, []).append((v.start, v.end))
    for taken in spans.values():
        ordered = sorted(taken)
        assert all(a[1] <= b[0] for a, b in pairwise(ordered))
    assert len(world.violations) > 20


def test_a_window_too_short_for_a_kind_leaves_it_out() -> None:
    world = World.build(seed=3, outlets=60)
    kinds = {truth.kind for truth in world.inject(1, days=2, rate=1.0)}
    assert "near_limit" not in kinds
    assert "hourly_exceedance" in kinds


def test_level_two_and_above_prevail(wild_world: World) -> None:
    levels = [truth.level for truth in wild_world.truths]
    assert levels.count(2) >= levels.count(3)
    assert min(levels.count(level) for level in (1, 2, 3)) >= 10


@pytest.mark.parametrize(("first", "expected"), [(date(2026, 10, 23), ()), (date(2026, 10, 1), ("M324",))])
def test_what_is_judged_by_the_month_is_expected_once_a_month_is_over(
    first: date, expected: tuple[str, ...]
) -> None:
    world = World.build(seed=4, outlets=40, start=first)
    truths = world.inject(4, start=first, days=31, rate=0, paper=0.9)
    assert {truth.models for truth in truths if truth.kind == "over_capacity"} == {expected}
