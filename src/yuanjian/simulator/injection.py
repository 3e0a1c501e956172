"""Planning violations: which outlet does what, when, how much — before anything happens to the data.

Sizes follow the thresholds of the twelve models (level 3 reminder, 2 warning, 1 work order), clear of the
borders, so that a truth of level 2 meets the conditions of level 2 and not those of level 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from yuanjian.simulator.slots import PER_DAY, PER_HOUR, day_number, first_slot, start_of
from yuanjian.simulator.truth import Truth

if TYPE_CHECKING:
    from yuanjian.simulator.world import Outlet

LEAD = 12 * PER_HOUR
"""Slots before a violation in which the plant already behaves for it (steady load, near the limit)."""


@dataclass(frozen=True, slots=True)
class Injection:
    """One wish: violations at a share ``rate`` of the outlets over ``days`` Beijing days from ``start``.

    ``paper``: share of the outlets with one that shows in paperwork or process parameters only (`misdeeds`).
    """

    seed: int
    start: date
    days: int
    rate: float
    paper: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "start": self.start.isoformat()}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of violation: models that find it, which outlets can do it, and its size at each level.

    ``sizes`` level → (hours from, hours to, strength from, to); what strength means is the kind's own.
    ``medium`` gas, water, "" (both) or sampler; ``whole_days`` starts at midnight; ``steady`` load.
    """

    name: str
    models: tuple[str, ...]
    medium: str
    sizes: Mapping[int, tuple[float, float, float, float]]
    whole_days: bool = False
    steady: bool = False
    factor: str = ""


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        # strength: concentration over limit
        Kind(
            "hourly_exceedance",
            ("M101",),
            "gas",
            {3: (1, 1, 1.12, 1.3), 2: (2, 4, 1.15, 1.4), 1: (7, 12, 1.2, 1.7)},
        ),
        Kind(
            "daily_exceedance",
            ("M102",),
            "water",
            {3: (48, 48, 0.94, 0.96), 2: (24, 24, 1.15, 1.35), 1: (48, 72, 1.2, 1.7)},
            whole_days=True,
        ),
        # hours: span; strength: days above the limit in the span
        Kind(
            "many_days",
            ("M103",),
            "water",
            {3: (48, 48, 2, 2), 2: (240, 240, 4, 6), 1: (480, 480, 11, 12)},
            whole_days=True,
        ),
        # strength unused
        Kind("missing", ("M117",), "", {3: (2, 3, 0, 0), 2: (5, 11, 0, 0), 1: (27, 50, 0, 0)}),
        Kind("constant", ("M205",), "", {3: (4, 5, 0, 0), 2: (10, 18, 0, 0), 1: (28, 40, 0, 0)}),
        # strength: value left, share of the limit
        Kind(
            "zero",
            ("M216",),
            "gas",
            {3: (1, 2, 0, 0.001), 2: (4, 10, 0, 0.001), 1: (14, 24, 0, 0.001)},
            steady=True,
        ),
        # strength: share that vanishes
        Kind(
            "drop",
            ("M215",),
            "gas",
            {3: (6, 20, 0.57, 0.62), 2: (6, 24, 0.77, 0.85), 1: (6, 24, 0.68, 0.8)},
            steady=True,
        ),
        # strength: share of hours just below the limit
        Kind(
            "near_limit",
            ("M217",),
            "gas",
            {3: (192, 216, 0.28, 0.32), 2: (192, 216, 0.5, 0.56), 1: (192, 216, 0.75, 0.85)},
        ),
        # strength unused
        Kind(
            "treatment_off",
            ("M301",),
            "",
            {3: (0.5, 0.5, 0, 0), 2: (0.8, 1.6, 0, 0), 1: (2.6, 8, 0, 0)},
            steady=True,
            factor="power",
        ),
        Kind(
            "meter_offline",
            ("M312",),
            "",
            {3: (4, 10, 0, 0), 2: (15, 40, 0, 0), 1: (52, 90, 0, 0)},
            factor="power",
        ),
        # strength: share that vanishes; level 2 opens the door twice
        Kind(
            "door_change",
            ("M415",),
            "gas",
            {3: (3, 6, 0.26, 0.34), 2: (3, 6, 0.5, 0.6), 1: (3, 8, 0.62, 0.7)},
            steady=True,
        ),
        # hours: days; strength: flow at sampling over flow otherwise
        Kind(
            "sampler_flow",
            ("M235",),
            "sampler",
            {3: (48, 48, 0.66, 0.74), 2: (120, 120, 0.46, 0.54), 1: (120, 144, 0.24, 0.33)},
            whole_days=True,
            factor="flow",
        ),
    )
}
SETTLING_DAYS = 8
"""Days at the beginning of a province without violations that show only against a baseline of a week."""
BASELINE = frozenset({"zero", "drop", "treatment_off", "meter_offline", "door_change"})
DOOR_AGAIN = 3 * PER_DAY
"""Slots between the two openings of a door_change of level 2."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A planned violation over slots [start, end).

    ``place`` index of the pollutant or treatment machine concerned; ``strength`` see `KINDS`; ``days``
    Beijing day numbers for kinds that act on single days; ``openings`` first slots of the tampering that
    follows a door.
    """

    kind: Kind
    outlet: int
    place: int
    level: int
    start: int
    end: int
    strength: float
    seed: int
    truth: Truth
    days: tuple[int, ...] = ()
    openings: tuple[int, ...] = field(default=())
    length: int = 0


def reserved(violations: Iterable[Violation]) -> dict[int, list[tuple[int, int]]]:
    """Slots per outlet in which nothing else may be planned."""
    busy: dict[int, list[tuple[int, int]]] = {}
    for violation in violations:
        span = (violation.start - LEAD, violation.end + LEAD)
        busy.setdefault(violation.outlet, []).append(span)
    return busy


def plan(
    outlets: Sequence[Outlet], wish: Injection, before: Sequence[Violation], born: date
) -> list[Violation]:
    """Violations for one wish: kinds and levels in turn, each at an outlet of its own where enough exist.

    ``born`` is the first day of the province.
    """
    rng = np.random.default_rng([wish.seed, 3])
    count = round(len(outlets) * wish.rate)
    turn = [(kind, level) for level in (2, 1, 3) for kind in KINDS.values()]
    order = [int(index) for index in rng.permutation(len(outlets))]
    busy = reserved(before)
    found: list[Violation] = []
    for number in range(count):
        kind, level = turn[number % len(turn)]
        violation = _place(rng, outlets, order, kind, level, _window(wish, kind, born), busy)
        if violation is not None:
            found.append(violation)
            busy.setdefault(violation.outlet, []).append((violation.start - LEAD, violation.end + LEAD))
            order.remove(violation.outlet)
            order.append(violation.outlet)
    return found


def _place(
    rng: np.random.Generator, outlets: Sequence[Outlet], order: Sequence[int], kind: Kind, level: int,
    window: tuple[int, int], busy: Mapping[int, Sequence[tuple[int, int]]],
) -> Violation | None:  # fmt: skip
    """The first outlet in order that can do it and has time for it."""
    low, high, _, _ = kind.sizes[level]
    length = max(3, round(float(rng.uniform(low, high)) * PER_HOUR))
    if length > 6:
        length -= length % (PER_DAY if kind.whole_days else PER_HOUR if kind.factor != "power" else 1)
    span = length + (DOOR_AGAIN if kind.name == "door_change" and level == 2 else 0)
    first, last = window
    for index in order:
        if not _can(outlets[index], kind):
            continue
        for _ in range(6):
            start = _start(rng, first, last - first - span - LEAD, kind)
            if start is None:
                return None
            taken = busy.get(index, ())
            if all(start + span + LEAD <= a or start - LEAD >= b for a, b in taken):
                return _violation(rng, outlets[index], kind, level, start, length, span)
    return None


def _window(wish: Injection, kind: Kind, born: date) -> tuple[int, int]:
    """First and last slot a kind may use; a province long enough has time to settle first."""
    first = day_number(wish.start)
    settled = day_number(born) + SETTLING_DAYS
    if kind.name in BASELINE and wish.days > 2 * SETTLING_DAYS:
        first = max(first, settled)
    return first_slot(first), first_slot(day_number(wish.start) + wish.days)


def _can(outlet: Outlet, kind: Kind) -> bool:
    if kind.medium == "sampler":
        return outlet.sampler
    if outlet.kind.intermittent and kind.name not in ("daily_exceedance", "many_days", "missing"):
        return False
    # Held at the limit whatever the load does: tells something only where the load does something.
    varies = outlet.kind.shape == "coal" and outlet.kind.swing == 1.0
    return kind.medium in ("", outlet.kind.medium) and (kind.name != "near_limit" or varies)


def _start(rng: np.random.Generator, first: int, room: int, kind: Kind) -> int | None:
    """A start on the hour (midnight for whole days; by day for doors), or None if the window is too short."""
    if kind.whole_days:
        days = room // PER_DAY
        return first + int(rng.integers(1, days + 1)) * PER_DAY if days >= 1 else None
    if room <= LEAD:
        return None
    start = first + int(rng.integers(LEAD, room)) // PER_HOUR * PER_HOUR
    if kind.name == "door_change":
        start = start - (start - first) % PER_DAY + int(rng.integers(9, 18)) * PER_HOUR
        start = max(start, first + LEAD)
    return start


def _violation(
    rng: np.random.Generator, outlet: Outlet, kind: Kind, level: int, start: int, length: int, span: int
) -> Violation:
    _, _, weak, strong = kind.sizes[level]
    strength = float(rng.uniform(weak, strong))
    place = int(rng.integers(3 if kind.factor == "power" else len(outlet.kind.pollutants)))
    day = (start + 48) // PER_DAY
    days = _days(rng, kind, day, span // PER_DAY, round(strength))
    end = first_slot(days[-1] + 1) if kind.name == "many_days" else start + span
    openings = tuple(sorted({start, start + span - length})) if kind.name == "door_change" else ()
    truth = Truth(
        kind.name, outlet.enterprise.credit_code, outlet.code, outlet.mn, _factor(outlet, kind, place),
        start_of(first_slot(days[0]) if days else start), start_of(end), kind.models, level,
    )  # fmt: skip
    seed = int(rng.integers(1 << 31))
    return Violation(
        kind, outlet.index, place, level, start, end, strength, seed, truth, days, openings, length
    )


def _days(rng: np.random.Generator, kind: Kind, first: int, span: int, count: int) -> tuple[int, ...]:
    """The Beijing days a whole-day violation acts on."""
    if not kind.whole_days:
        return ()
    if kind.name != "many_days":
        return tuple(range(first, first + span))
    others = rng.choice(np.arange(1, span), size=count - 1, replace=False)
    return (first, *sorted(first + int(day) for day in others))


def _factor(outlet: Outlet, kind: Kind, place: int) -> str | None:
    if kind.name == "missing":
        return None
    if kind.factor == "power":
        return f"d307{place + 1:02d}"
    if kind.factor == "flow":
        return "w00000"
    return outlet.kind.pollutants[place].code
