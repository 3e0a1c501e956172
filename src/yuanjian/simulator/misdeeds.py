"""Violations that show in paperwork or process parameters only, beside those of `injection`.

They are planned after the others, with draws of their own: a province with them is the same in all the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from yuanjian.simulator.injection import LEAD, Injection, Kind, Violation, reserved
from yuanjian.simulator.signals import sensors
from yuanjian.simulator.slots import PER_DAY, PER_HOUR, day_number, first_slot, start_of
from yuanjian.simulator.truth import Truth

if TYPE_CHECKING:
    from yuanjian.simulator.world import Outlet

WHOLE = (0.0, 0.0)
"""Hours of a violation that lasts as long as the province is watched."""

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        # hours without the calibration that is due every week; strength unused
        Kind("qc_overdue", ("M120",), "gas", {3: (190, 198, 0, 0), 2: (240, 300, 0, 0), 1: (360, 480, 0, 0)}),
        # strength: error in percent
        Kind("check_ignored", ("M121",), "gas", {3: (1, 1, 3, 4), 2: (1, 1, 12, 16), 1: (96, 96, 12, 18)}),
        # strength: share by which the slope falls; four-way comparison calls any lowering work for officers
        Kind(
            "parameter_changed",
            ("M240",),
            "gas",
            {3: (72, 120, 0.12, 0.15), 2: (72, 120, 0.22, 0.28), 1: (120, 200, 0.24, 0.3)},
        ),
        # strength: automatic over manual; hours: one to three reports, four days apart
        Kind(
            "manual_far",
            ("M238",),
            "",
            {3: (12, 12, 0.5, 0.6), 2: (108, 108, 0.5, 0.6), 1: (204, 204, 0.4, 0.6)},
        ),
        # strength: share of the year's amount that is used
        Kind(
            "permit_exceeded",
            ("M111",),
            "",
            {2: (*WHOLE, 0.955, 0.985), 1: (*WHOLE, 1.1, 1.6)},
        ),
        # strength: what the sensor shows
        Kind(
            "furnace_cold",
            ("M105",),
            "furnace_temperature",
            {3: (1 / 3, 1 / 3, 815, 830), 2: (0.5, 0.5, 800, 825), 1: (2, 6, 720, 800)},
        ),
        # Too cold for its catalyst: no model of the catalogue asks for it where no oxidiser burns.
        Kind("scr_cold", (), "scr_temperature", {2: (5, 8, 245, 265), 1: (13, 24, 220, 250)}),
        Kind("ammonia_off", ("M318",), "ammonia_flow", {3: (2, 2, 0, 0), 2: (6, 8, 0, 0), 1: (14, 24, 0, 0)}),
        Kind(
            "bypass_open",
            ("M320",),
            "bypass_valve",
            {3: (1 / 6, 1 / 6, 40, 60), 2: (0.5, 0.8, 60, 90), 1: (2, 5, 80, 100)},
        ),
        # strength: production implied by the electricity over the permitted capacity
        Kind(
            "over_capacity",
            ("M324",),
            "",
            {3: (*WHOLE, 1.08, 1.12), 2: (*WHOLE, 1.18, 1.26), 1: (*WHOLE, 1.35, 1.6)},
        ),
    )
}
"""``medium`` gas, water, "" (both) or the role of the sensor a plant needs."""
ALSO = {"ammonia_off": "scr_temperature"}
"""A second sensor without which a violation does not show."""
OF_ENTERPRISE = frozenset({"permit_exceeded", "over_capacity"})
"""Kinds about all of an enterprise: planned at its first outlet only."""


def plan(outlets: Sequence[Outlet], wish: Injection, before: Sequence[Violation]) -> list[Violation]:
    """Violations for one wish: kinds and levels in turn, each at an outlet of its own where enough exist."""
    rng = np.random.default_rng([wish.seed, 4])
    turn = [(kind, level) for level in (2, 1, 3) for kind in KINDS.values() if level in kind.sizes]
    order = [int(index) for index in rng.permutation(len(outlets))]
    busy = reserved(before)
    found: list[Violation] = []
    for number in range(round(len(outlets) * wish.paper)):
        kind, level = turn[number % len(turn)]
        violation = _place(rng, outlets, order, kind, level, wish, busy)
        if violation is not None:
            found.append(violation)
            order.remove(violation.outlet)
    return found


def _place(
    rng: np.random.Generator, outlets: Sequence[Outlet], order: Sequence[int], kind: Kind, level: int,
    wish: Injection, busy: Mapping[int, Sequence[tuple[int, int]]],
) -> Violation | None:  # fmt: skip
    """The first outlet in order that can do it and does nothing else."""
    low, high, weak, strong = kind.sizes[level]
    first, days = first_slot(day_number(wish.start)), wish.days
    length = max(1, round(float(rng.uniform(low, high)) * PER_HOUR))
    room = days * PER_DAY - length - 2 * LEAD
    if room < PER_HOUR:
        return None
    start = first + LEAD + int(rng.integers(room // PER_HOUR)) * PER_HOUR
    end = start + length
    if (low, high) == WHOLE:
        start, end = first, first + days * PER_DAY
    strength, seed = float(rng.uniform(weak, strong)), int(rng.integers(1 << 31))
    for index in order:
        if index not in busy and _can(outlets[index], kind, outlets):
            outlet = outlets[index]
            truth = Truth(
                kind.name, outlet.enterprise.credit_code, outlet.code, outlet.mn, _factor(outlet, kind),
                start_of(start), start_of(end), _findable(kind, wish), level,
            )  # fmt: skip
            return Violation(kind, index, 0, level, start, end, strength, seed, truth, length=end - start)
    return None


def _findable(kind: Kind, wish: Injection) -> tuple[str, ...]:
    """Who is expected to find it: what is judged by the month, nobody before a month is over."""
    begins = [wish.start + timedelta(days=day) for day in range(wish.days + 1)]
    whole = sum(day.day == 1 for day in begins) >= 2
    return kind.models if whole or kind.name != "over_capacity" else ()


def _can(outlet: Outlet, kind: Kind, outlets: Sequence[Outlet]) -> bool:
    roles = {sensor.role for sensor in sensors(outlet)}
    if kind.name in OF_ENTERPRISE:
        alone = sum(other.enterprise.serial == outlet.enterprise.serial for other in outlets) == 1
        return alone and not outlet.kind.intermittent
    shows = ALSO.get(kind.name, kind.medium) in {"", outlet.kind.medium, *roles}
    return shows and kind.medium in {"", outlet.kind.medium, *roles} and not outlet.kind.intermittent


def _factor(outlet: Outlet, kind: Kind) -> str | None:
    sensed = next((sensor.code for sensor in sensors(outlet) if sensor.role == kind.medium), None)
    return sensed or (None if kind.name == "over_capacity" else outlet.kind.pollutants[0].code)
