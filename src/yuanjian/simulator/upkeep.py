"""Quality control and settings of the instruments as the plants of the virtual province file them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from yuanjian.clock import to_beijing
from yuanjian.simulator.doors import PEOPLE
from yuanjian.simulator.injection import Violation
from yuanjian.simulator.slots import start_of

if TYPE_CHECKING:
    from yuanjian.simulator.routine import Period
    from yuanjian.simulator.world import Outlet, World

Row = dict[str, Any]
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
ORIGINS = ("permit", "platform", "logger", "analyser")
WEEK, MONTH_OF_CHECKS, SINCE_VERIFIED, HALF_YEAR = 7, 25, 40, 170
"""Days between calibrations and between comparisons, since the last verification, and between two of them."""
ORDERED = {
    "visit": "patrol", "maintenance": "maintenance", "calibration": "calibration", "standard_check": "check",
    "fault": "repair",
}  # fmt: skip
"""What routine at a plant somebody comes for, and the kind of order it has; who else comes has none."""
CHECKED = 1
"""Place of the pollutant whose checks go wrong at gas plants (SO2)."""


def row_of(outlet: Outlet, start: datetime, end: datetime | None = None, **columns: Any) -> Row:
    """The columns every row about an outlet has, and more."""
    row: Row = {"enterprise": outlet.enterprise.credit_code, "outlet": outlet.code, "start": iso(start)}
    return row | ({"end": iso(end)} if end else {}) | columns


def iso(instant: datetime) -> str:
    """An instant as text, on a Beijing clock."""
    return to_beijing(instant).isoformat()


def done(world: World, outlet: int, kind: str) -> list[Violation]:
    """Violations of a kind at an outlet."""
    return [v for v in world.violations if v.outlet == outlet and v.kind.name == kind]


def checks(world: World, outlet: Outlet, start: datetime, end: datetime) -> Iterator[Row]:
    """Calibrations every week (gas), standard checks every day and comparisons (water), verified before.

    A check is what it is however far the window reaches: each has a generator of its own.
    """
    rng = np.random.default_rng([world.seed, 6, outlet.index])
    gas = outlet.kind.medium == "gas"
    times = _times(rng, start, end, WEEK if gas else 1, 10 if gas else 8)
    kinds = ("zero", "span") if gas else ("standard",)
    for place, pollutant in enumerate(outlet.kind.pollutants):
        due = _postponed(world, outlet, times) if place == CHECKED else times
        for at in due:
            luck = _luck(world, outlet, place, at)
            for kind in kinds:
                yield _check(luck, outlet, pollutant.code, at, kind, 0.7 if gas else 2.5)
        yield from _seldom(world, outlet, place, (start, end))
    yield from _ignored(world, outlet)


def _luck(world: World, outlet: Outlet, place: int, at: datetime) -> np.random.Generator:
    return np.random.default_rng([world.seed, 6, outlet.index, place, int(at.timestamp()) // 60])


def _seldom(
    world: World, outlet: Outlet, place: int, window: tuple[datetime, datetime]
) -> Iterator[Row]:  # fmt: skip
    """Verifications of gas, twice a year; comparisons of water, every month."""
    gas, rng = outlet.kind.medium == "gas", np.random.default_rng([world.seed, 9, outlet.index, place])
    if gas:
        first = window[0] - SINCE_VERIFIED * DAY
        times = [first + n * HALF_YEAR * DAY for n in range((window[1] - first) // (HALF_YEAR * DAY) + 1)]
    else:
        times = _times(rng, *window, MONTH_OF_CHECKS, 14)
    for at in times:
        kind, spread = ("verification", 3.0) if gas else ("comparison", 4.0)
        yield _check(
            _luck(world, outlet, place, at), outlet, outlet.kind.pollutants[place].code, at, kind, spread
        )


def _times(rng: np.random.Generator, start: datetime, end: datetime, every: int, hour: int) -> list[datetime]:
    """Instants on some days, the first before the window; some minutes around an hour."""
    first = to_beijing(start).replace(hour=hour, minute=0) - int(rng.integers(1, every + 1)) * DAY
    days = range(0, (end - first) // DAY + 1, every)
    at = [first + day * DAY + timedelta(minutes=int(rng.integers(-12, 13))) for day in days]
    return [moment for moment in at if moment < end]


def _postponed(world: World, outlet: Outlet, times: Sequence[datetime]) -> list[datetime]:
    """Without those inside an overdue period; the last before and the first after stand at its ends."""
    for violation in done(world, outlet.index, "qc_overdue"):
        first, last = start_of(violation.start), start_of(violation.end)
        times = [at for at in times if not first < at < last] + [first, last]
    return sorted(times)


def _check(
    rng: np.random.Generator, outlet: Outlet, factor: str, at: datetime, kind: str, spread: float,
    error: float | None = None, passed: bool = True,
) -> Row:  # fmt: skip
    """One check that is off by a given error in percent, or by a little."""
    expected = {"zero": 0.0, "span": 80.0, "standard": 50.0}.get(kind, 40.0)
    off = float(np.clip(rng.normal(0, spread), -2.4 * spread, 2.4 * spread)) if error is None else error
    scale = 100.0 if kind == "zero" else expected  # a zero drift is told in percent of the range
    return row_of(
        outlet, at, factor=factor, kind=kind, expected=expected,
        measured=round(expected + scale * off / 100, 3), error=round(off, 3), passed=passed,
        raw_signal=round(0.31 + (expected + scale * off / 100) / 250 + float(rng.normal(0, 0.0008)), 5),
    )  # fmt: skip


def _ignored(world: World, outlet: Outlet) -> Iterator[Row]:
    """Checks that fail while nobody minds: one, or one at each end of a longer time."""
    for violation in done(world, outlet.index, "check_ignored"):
        factor, kind = outlet.kind.pollutants[CHECKED].code, "span" if violation.level < 3 else "zero"
        ends = {violation.start, violation.end} if violation.level == 1 else {violation.start}
        for slot in sorted(ends):
            yield _check(
                _luck(world, outlet, CHECKED, start_of(slot)),
                outlet,
                factor,
                start_of(slot),
                kind,
                0.0,
                violation.strength,
                passed=violation.level == 3,
            )


def order(world: World, outlet: Outlet, period: Period) -> Row:
    """The maintenance order for a routine period; of faults, and now and then, issued during the work."""
    rng = np.random.default_rng([world.seed, 10, outlet.index, period.start])
    start, end = start_of(period.start), start_of(period.end)
    during = period.kind == "fault" or rng.uniform() < 0.1
    issued = start + rng.uniform(0.2, 1.0) * (end - start) if during else start - rng.uniform(1, 40) * HOUR
    return row_of(
        outlet, start, max(end, start + HOUR), kind=ORDERED[period.kind], people=PEOPLE[period.start % 7],
        company="某运维公司", issued_at=iso(issued.replace(second=0, microsecond=0)),
    )  # fmt: skip


def parameters(world: World, outlet: Outlet, start: datetime) -> Iterator[Row]:
    """Range, slope and oxygen base as all four parties have them, and what was changed behind their backs."""
    kept = [(p.code, "range", 4 * p.limit) for p in outlet.kind.pollutants]
    kept += [(p.code, "slope", 1.0) for p in outlet.kind.pollutants]
    if outlet.kind.o2_reference is not None:
        kept.append(("a19001", "oxygen_base", outlet.kind.o2_reference))
    for factor, name, value in kept:
        for origin in ORIGINS:
            yield _setting(outlet, start - DAY, factor, name, origin, value, approved=True)
    for violation in done(world, outlet.index, "parameter_changed"):
        factor = outlet.kind.pollutants[violation.place].code
        for slot, slope in ((violation.start, 1 - violation.strength), (violation.end, 1.0)):
            for origin in ("logger", "analyser"):
                at = start_of(slot)
                yield _setting(outlet, at, factor, "slope", origin, round(slope, 3), approved=slope == 1.0)


def _setting(
    outlet: Outlet, at: datetime, factor: str, name: str, origin: str, value: float, *, approved: bool
) -> Row:
    return row_of(outlet, at, factor=factor, name=name, origin=origin, value=value, approved=approved)
