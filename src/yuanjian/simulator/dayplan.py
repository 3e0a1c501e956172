"""What is planned for one day, laid on the slots of the day before the physics runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from yuanjian.simulator.fleet import METERS, POLLUTANTS, PRODUCTION, TREATMENT
from yuanjian.simulator.injection import Violation
from yuanjian.simulator.noise import Floats
from yuanjian.simulator.routine import DOOR_KINDS, Period
from yuanjian.simulator.slots import PER_DAY, PER_HOUR, first_slot

if TYPE_CHECKING:
    from yuanjian.simulator.world import World

FLAGS = ("N", "F", "M", "C", "D")
"""Data marks by number: normal, stopped, maintenance, calibration, fault (HJ 212-2017 section 6.3.2.3)."""
STEADY_LOAD = 0.82
BEFORE = 8 * PER_HOUR
"""Slots before a falsification during which the concentration already stands at its level."""
DRIFT = 2 * PER_DAY
ADJUSTED = (0.7, 1.1)
"""Range of the factor on readings for two days after an instrument was serviced; no honest plant exceeds
by it.
"""
TURN_DOWN = 0.5
"""Load while a furnace is turned down; it then burns half as dirty, too."""
LEVELS_BEFORE = {"drop": {3: 0.75, 2: 0.8, 1: 0.945}, "door_change": {3: 0.6, 2: 0.65, 1: 0.945}}
SAMPLING_HOURS = tuple(range(0, 24, 2))
"""Beijing hours at which the automatic water samplers start."""


class Door(NamedTuple):
    """Somebody opens (state 1) or closes (0) the station of an outlet, seconds after the day began."""

    outlet: int
    second: int
    state: int
    person: int


@dataclass
class DayPlan:
    """Modifiers of one Beijing day: [N outlets, 144 slots], with P pollutants or machines in between.

    ``ratio`` NaN, or the concentration over limit the plant really has; ``boost`` factor on what comes in;
    ``machine`` 1 running, 0 switched off; ``steady`` NaN or a load held; ``throttle`` factor on the flow.
    """

    number: int
    running: npt.NDArray[np.bool_]
    ramp: Floats
    steady: Floats
    throttle: Floats
    boost: Floats
    ratio: Floats
    machine: Floats
    flag: npt.NDArray[np.uint8]
    lost: npt.NDArray[np.bool_]
    meter_lost: npt.NDArray[np.bool_]
    doors: list[Door]
    periods: list[Period]
    violations: list[Violation]

    def clip(self, start: int, end: int) -> slice:
        """Slots [start, end) as far as they lie in this day."""
        first = first_slot(self.number)
        return slice(min(max(start - first, 0), PER_DAY), min(max(end - first, 0), PER_DAY))


def lay(world: World, number: int) -> DayPlan:
    """Lay routine and violations of one day out."""
    n, t = len(world.outlets), PER_DAY
    first = first_slot(number)
    plan = DayPlan(
        number, np.ones((n, t), bool), np.ones((n, t)), np.full((n, t), np.nan), np.ones((n, t)),
        np.ones((n, POLLUTANTS, t)), np.full((n, POLLUTANTS, t), np.nan), np.ones((n, TREATMENT, t)),
        np.zeros((n, t), np.uint8), np.zeros((n, t), bool), np.zeros((n, METERS, t), bool), [],
        world.periods(first - DRIFT, first + t),
        [v for v in world.violations if v.start - BEFORE < first + t and v.end + BEFORE > first],
    )  # fmt: skip
    for period in plan.periods:
        _routine(plan, period, world.outlets[period.outlet].kind.medium == "gas")
        if period.kind in DOOR_KINDS:
            _visit(plan, period.outlet, period.start * 600 + 180, 1500, period.start % 7)
    for violation in plan.violations:
        _violation(plan, violation)
    plan.doors.sort(key=lambda door: (door.second, door.outlet))
    return plan


def _routine(plan: DayPlan, period: Period, gas: bool) -> None:
    where = (period.outlet, plan.clip(period.start, period.end))
    if period.kind == "stopped":
        plan.running[where], plan.flag[where] = False, FLAGS.index("F")
    elif period.kind in ("starting", "stopping"):
        _ramp(plan, period, 1.8 if gas else 0.3)
    elif period.kind == "turn_down":
        plan.ramp[where] = TURN_DOWN
        plan.boost[period.outlet, :, where[1]] = 0.5
    elif period.kind in ("gap", "comm_loss"):
        plan.lost[where] = True
    elif period.kind == "meter_gap":
        plan.meter_lost[period.outlet, :, where[1]] = True
    else:
        flags = {"calibration": "C", "standard_check": "C", "maintenance": "M", "fault": "D", "visit": "N"}
        plan.flag[where] = FLAGS.index(flags[period.kind])
        if period.kind == "maintenance":
            _adjust(plan, period)


def _adjust(plan: DayPlan, period: Period) -> None:
    """After service the instrument reads a little differently for two days: honest, yet after a door."""
    shift = np.random.default_rng([period.start, period.outlet]).uniform(*ADJUSTED)
    plan.boost[period.outlet, :, plan.clip(period.end, period.end + DRIFT)] = shift


def _ramp(plan: DayPlan, period: Period, worse: float) -> None:
    """Load from 0.25 to 1 or back; a cold plant works badly: up to ``worse`` times more passes."""
    part = plan.clip(period.start, period.end)
    done = (np.arange(part.start, part.stop) + first_slot(plan.number) - period.start + 0.5) / (
        period.end - period.start
    )
    if period.kind == "stopping":
        done = 1 - done
    plan.ramp[period.outlet, part] = 0.25 + 0.75 * done
    plan.boost[period.outlet, :, part] = 1 + worse * (1 - done)


def _visit(plan: DayPlan, outlet: int, opened: int, stay: int, person: int) -> None:
    midnight = first_slot(plan.number) * 600
    for second, state in ((opened - midnight, 1), (opened + stay - midnight, 0)):
        if 0 <= second < 86400:
            plan.doors.append(Door(outlet, second, state, person))


def _violation(plan: DayPlan, violation: Violation) -> None:
    if violation.kind.steady:
        part = plan.clip(violation.start - BEFORE, violation.end + 3 * PER_HOUR)
        plan.steady[violation.outlet, part] = STEADY_LOAD
    act = _ACTS.get(violation.kind.name)
    if act is not None:
        act(plan, violation)


def _exceed_hours(plan: DayPlan, violation: Violation) -> None:
    part = plan.clip(violation.start, violation.end)
    hours = (np.arange(part.start, part.stop) + first_slot(plan.number) - violation.start) // PER_HOUR
    wave = np.random.default_rng(violation.seed).uniform(0.97, 1.03, 1 + violation.length // PER_HOUR)
    plan.ratio[violation.outlet, violation.place, part] = violation.strength * wave[hours]


def _exceed_days(plan: DayPlan, violation: Violation) -> None:
    if plan.number in violation.days:
        strength = violation.strength
        if violation.kind.name == "many_days":
            strength = np.random.default_rng([violation.seed, plan.number]).uniform(1.12, 1.4)
        plan.ratio[violation.outlet, violation.place] = strength


def _near_limit(plan: DayPlan, violation: Violation) -> None:
    """The true concentration keeps to 0.62–0.88 of the limit, or tops what will be reported (see
    `tamper`).
    """
    part = plan.clip(violation.start, violation.end)
    ratios, capped = near_limit_hours(violation)
    hours = (np.arange(part.start, part.stop) + first_slot(plan.number) - violation.start) // PER_HOUR
    true = np.where(capped, ratios * (1.06 if violation.level < 3 else 1.0), ratios)
    plan.ratio[violation.outlet, violation.place, part] = true[hours]


def near_limit_hours(violation: Violation) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Per hour of a near_limit violation: reported ratio, and whether it is one of the hours below the
    limit.
    """
    rng = np.random.default_rng(violation.seed)
    count = violation.length // PER_HOUR
    each_day = np.arange(24) < round(24 * violation.strength)
    capped = np.concatenate([rng.permutation(each_day) for _ in range(-(-count // 24))])[:count]
    capped[-12:] = False
    low, high = (0.905, 0.945) if violation.level == 3 else (0.955, 0.992)
    ratios = np.where(capped, rng.uniform(low, high, count), rng.uniform(0.66, 0.88, count))
    ratios[-12:] = np.linspace(0.82, 0.6, 12)
    return ratios, capped


def _falsify_after(plan: DayPlan, violation: Violation) -> None:
    """The plant runs at a level for hours, then somebody touches the instrument; doors where the kind says
    so.
    """
    level = LEVELS_BEFORE[violation.kind.name][violation.level]
    for opening in violation.openings or (violation.start,):
        part = plan.clip(opening - BEFORE, opening + violation.length)
        plan.ratio[violation.outlet, violation.place, part] = level
        if violation.openings or violation.level == 1:
            _visit(plan, violation.outlet, opening * 600 - 180, 600, 7 + violation.seed % 3)


def _switch_off(plan: DayPlan, violation: Violation) -> None:
    """The whole treatment train stands: models look at the chain, not at one machine."""
    plan.machine[violation.outlet, :, plan.clip(violation.start, violation.end)] = 0.0


def _lose(plan: DayPlan, violation: Violation) -> None:
    plan.lost[violation.outlet, plan.clip(violation.start, violation.end)] = True


def _lose_meter(plan: DayPlan, violation: Violation) -> None:
    part = plan.clip(violation.start, violation.end)
    plan.meter_lost[violation.outlet, PRODUCTION + violation.place, part] = True


def _throttle(plan: DayPlan, violation: Violation) -> None:
    """Less water while the sampler draws: ten minutes before and after every start."""
    if plan.number in violation.days:
        plan.throttle[violation.outlet, list(_sampling_slots())] = violation.strength


def _sampling_slots() -> Iterator[int]:
    for hour in SAMPLING_HOURS:
        yield (hour * PER_HOUR - 1) % PER_DAY
        yield hour * PER_HOUR


_ACTS: dict[str, Callable[[DayPlan, Violation], None]] = {
    "hourly_exceedance": _exceed_hours,
    "daily_exceedance": _exceed_days,
    "many_days": _exceed_days,
    "near_limit": _near_limit,
    "drop": _falsify_after,
    "door_change": _falsify_after,
    "treatment_off": _switch_off,
    "missing": _lose,
    "meter_offline": _lose_meter,
    "sampler_flow": _throttle,
}
"""What a violation does to the plant; what it does to the report is `tamper`'s."""
