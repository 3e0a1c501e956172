"""What the instruments say of the true concentration: calibration gas, faults — and falsification."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from yuanjian.simulator.dayplan import DayPlan, near_limit_hours
from yuanjian.simulator.fleet import POLLUTANTS, Fleet
from yuanjian.simulator.injection import Violation
from yuanjian.simulator.noise import Floats, draws
from yuanjian.simulator.slots import PER_DAY, PER_HOUR, first_slot

_CHANNEL = 60


def reported(
    seed: int, fleet: Fleet, plan: DayPlan, concentration: Floats, conversion: Floats, flow: Floats
) -> Floats:
    """The concentration as reported, [N,P,T], in the units measured."""
    values = concentration.copy()
    n = len(fleet)
    jitter = draws(seed, _CHANNEL, plan.number, n * POLLUTANTS, PER_DAY).reshape(values.shape)
    for period in plan.periods:
        part = plan.clip(period.start, period.end)
        shape = _INSTRUMENT.get(period.kind)
        if shape is not None:
            level, spread = shape
            limit = fleet.limit[period.outlet, :, None]
            values[period.outlet, :, part] = limit * (level + spread * np.abs(jitter[period.outlet, :, part]))
    _hold_between_batches(fleet, values, flow)
    for violation in plan.violations:
        falsify = _FALSIFY.get(violation.kind.name)
        if falsify is not None:
            falsify(fleet, plan, violation, values, conversion, jitter)
    return values


_INSTRUMENT = {
    "calibration": (1.9, 0.004),
    "standard_check": (0.8, 0.01),
    "maintenance": (0.02, 0.03),
    "fault": (0.31, 0.0),
}
"""What an instrument shows while people or faults have it: share of the limit, and noise on it."""


def _hold_between_batches(fleet: Fleet, values: Floats, flow: Floats) -> None:
    """Without discharge there is no new sample: the analyser repeats the first value of the day, then the
    last.
    """
    for row in np.flatnonzero(fleet.intermittent):
        wet = np.flatnonzero(flow[row] > 0)
        if len(wet):
            values[row, :, wet[-1] + 1 :] = values[row, :, wet[-1], None]
            values[row, :, : wet[0]] = values[row, :, wet[0], None]


def _constant(
    fleet: Fleet, plan: DayPlan, violation: Violation, values: Floats, conversion: Floats, jitter: Floats
) -> None:
    usual = fleet.inlet[violation.outlet, violation.place] * fleet.passing[violation.outlet, violation.place]
    frozen = usual * np.random.default_rng(violation.seed).uniform(0.75, 1.0)
    values[violation.outlet, violation.place, plan.clip(violation.start, violation.end)] = frozen


def _zero(
    fleet: Fleet, plan: DayPlan, violation: Violation, values: Floats, conversion: Floats, jitter: Floats
) -> None:
    where = (violation.outlet, violation.place, plan.clip(violation.start, violation.end))
    values[where] = fleet.limit[where[:2]] * violation.strength * np.abs(jitter[where]) * 0.3


def _scale_down(
    fleet: Fleet, plan: DayPlan, violation: Violation, values: Floats, conversion: Floats, jitter: Floats
) -> None:
    for opening in violation.openings or (violation.start,):
        part = plan.clip(opening, opening + violation.length)
        values[violation.outlet, violation.place, part] *= 1 - violation.strength


def _recalibrate(
    fleet: Fleet, plan: DayPlan, violation: Violation, values: Floats, conversion: Floats, jitter: Floats
) -> None:
    """A smaller slope; at level 1 the readings fall with it, else only the setting gives it away."""
    if violation.level == 1:
        _scale_down(fleet, plan, violation, values, conversion, jitter)


def _cap(
    fleet: Fleet, plan: DayPlan, violation: Violation, values: Floats, conversion: Floats, jitter: Floats
) -> None:
    """Hours that would lie above the limit read just below it."""
    part = plan.clip(violation.start, violation.end)
    ratios, capped = near_limit_hours(violation)
    hours = (np.arange(part.start, part.stop) + first_slot(plan.number) - violation.start) // PER_HOUR
    row, place = violation.outlet, violation.place
    shown = fleet.limit[row, place] * ratios[hours] / conversion[row, part]
    wobble = 1 + 0.002 * np.clip(jitter[row, place, part], -2, 2)
    values[row, place, part] = np.where(capped[hours], shown * wobble, values[row, place, part])


_FALSIFY: dict[str, Callable[[Fleet, DayPlan, Violation, Floats, Floats, Floats], None]] = {
    "constant": _constant,
    "zero": _zero,
    "drop": _scale_down,
    "door_change": _scale_down,
    "parameter_changed": _recalibrate,
    "near_limit": _cap,
}
