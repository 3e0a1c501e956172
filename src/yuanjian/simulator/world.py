"""The virtual province: its enterprises, outlets and loggers, and what is planned to happen to them."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from yuanjian.clock import BEIJING
from yuanjian.simulator import identity, injection, misdeeds, routine
from yuanjian.simulator.fleet import PRODUCTION, Fleet
from yuanjian.simulator.noise import Floats
from yuanjian.simulator.plants import KINDS, Machine, PlantKind
from yuanjian.simulator.profiles import County, counties
from yuanjian.simulator.routine import Mark, Period
from yuanjian.simulator.truth import Truth

PASSWORD = "123456"
"""What every virtual logger sends as PW; the standards' own example value, not a secret."""

COARSE = 0.1
"""Share of outlets whose logger sends one digit less: equal values in a row mean nothing there."""


@dataclass(frozen=True, slots=True)
class Enterprise:
    """An invented enterprise; lon and lat lie inside its county (degrees, CGCS2000)."""

    serial: int
    credit_code: str
    name: str
    short_name: str
    kind: PlantKind
    county: County
    lon: float
    lat: float


@dataclass(frozen=True)
class Outlet:
    """One outlet with its plant.

    ``mn`` sends emissions, ``meter_mn`` electricity and doors (the same logger except for those of 2005);
    ``ratio`` usual concentration over limit per pollutant; ``size`` of the plant against its kind;
    ``delay_s`` seconds after the end of a period at which the logger sends; ``coarse``: one digit less.
    """

    index: int
    enterprise: Enterprise
    code: str
    kind: PlantKind
    standard: str
    mn: str
    meter_mn: str
    ratio: tuple[float, ...]
    size: float
    delay_s: int
    sampler: bool
    coarse: bool

    @property
    def name(self) -> str:
        """Name of the outlet; its code is told beside it everywhere."""
        return self.kind.outlet_name

    @property
    def key(self) -> str:
        """Enterprise credit code and outlet code: how findings and truths name an outlet."""
        return f"{self.enterprise.credit_code}/{self.code}"

    @cached_property
    def machines(self) -> tuple[tuple[str, str, Machine], ...]:
        """Metered facilities as (production|treatment, meter number, machine at this plant's size)."""
        pairs = (("production", self.kind.production), ("treatment", self.kind.treatment))
        return tuple(
            (
                role,
                f"{number:02d}",
                Machine(machine.name, round(machine.rated_kw * self.size, 1), machine.does),
            )
            for role, machines in pairs
            for number, machine in enumerate(machines, 1)
        )

    @cached_property
    def places(self) -> list[int]:
        """Where its meters stand in the arrays of the fleet, in the order of ``machines``."""
        first = {"production": 0, "treatment": PRODUCTION}
        return [first[role] + int(number) - 1 for role, number, _ in self.machines]

    @cached_property
    def amperes(self) -> Floats:
        """Ampere per kW of each machine: three-phase, power factor 0.85, 10 kV above 500 kW, else 380 V."""
        rated = np.array([machine.rated_kw for _, _, machine in self.machines])
        volts: Floats = np.where(rated > 500, 10_000.0, 380.0)
        return 1000 / (3**0.5 * 0.85) / volts

    @property
    def meter_standard(self) -> str:
        """Version the electricity logger speaks: there is no electricity in 2005."""
        return "2017" if self.standard == "2005" else self.standard


@dataclass
class World:
    """A virtual province; build it with `World.build`."""

    seed: int
    start: date
    outlets: tuple[Outlet, ...]
    injections: list[injection.Injection] = field(default_factory=list)
    violations: list[injection.Violation] = field(default_factory=list)

    @classmethod
    def build(cls, seed: int = 1, outlets: int = 120, start: date = date(2026, 10, 1)) -> World:
        """A province of ``outlets`` outlets whose plans begin on Beijing day ``start``."""
        rng = np.random.default_rng([seed, 1])
        made: list[Outlet] = []
        serial = 0
        while len(made) < outlets:
            enterprise = _enterprise(rng, serial)
            for number in range(1, int(rng.choice([1, 2, 3], p=[0.72, 0.2, 0.08])) + 1):
                if len(made) < outlets:
                    made.append(_outlet(rng, len(made), enterprise, number))
            serial += 1
        return cls(seed, start, tuple(made))

    @property
    def enterprises(self) -> list[Enterprise]:
        """Every enterprise once, in order."""
        return list({outlet.enterprise.serial: outlet.enterprise for outlet in self.outlets}.values())

    @property
    def truths(self) -> list[Truth]:
        """What all injections so far have done, in order of time."""
        return sorted((violation.truth for violation in self.violations), key=lambda truth: truth.start)

    @cached_property
    def fleet(self) -> Fleet:
        """The plants as arrays."""
        return Fleet.of(self.outlets)

    def inject(
        self, seed: int, *, start: date | None = None, days: int = 30, rate: float = 0.4, paper: float = 0.0
    ) -> list[Truth]:
        """Plan violations at a share ``rate`` of the outlets, over ``days`` Beijing days from ``start``.

        ``paper``: share of outlets with one that shows in paperwork or process parameters only. Every kind
        occurs at every level as far as the number of outlets allows. Deterministic by ``seed``.
        """
        wish = injection.Injection(seed, start or self.start, days, rate, paper)
        found = injection.plan(self.outlets, wish, self.violations, self.start)
        found += misdeeds.plan(self.outlets, wish, [*self.violations, *found])
        self.injections.append(wish)
        self.violations.extend(found)
        self.__dict__.pop("_days", None)
        self.__dict__.pop("_chapters", None)
        return [violation.truth for violation in found]

    def periods(self, first: int, last: int) -> list[Period]:
        """Routine periods that touch slots [first, last), in order of start."""
        chapters = self.__dict__.setdefault("_chapters", {})
        wanted = range(routine.chapter_of(self.start, first), routine.chapter_of(self.start, last - 1) + 1)
        for number in wanted:
            if number not in chapters:
                busy = injection.reserved(self.violations)
                chapters[number] = routine.chapter(self.seed, self.start, number, self.outlets, busy)
        return [
            period
            for number in wanted
            for period in chapters[number]
            if period.start < last and period.end > first
        ]

    def marks(self, start: datetime, end: datetime) -> list[Mark]:
        """Marks the enterprises set honestly for periods that touch [start, end)."""
        return routine.marks(self.outlets, self, start, end)

    def as_dict(self) -> dict[str, Any]:
        """The parameters everything follows from."""
        return {
            "seed": self.seed,
            "outlets": len(self.outlets),
            "start": self.start.isoformat(),
            "injections": [wish.as_dict() for wish in self.injections],
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> World:
        """The same province again."""
        world = cls.build(data["seed"], data["outlets"], date.fromisoformat(data["start"]))
        for wish in data["injections"]:
            world.inject(**{**wish, "start": date.fromisoformat(wish["start"])})
        return world

    def save(self, path: Path, **extras: Any) -> None:
        """Write the parameters as JSON; ``extras`` are for the service (`service.main`)."""
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({**self.as_dict(), **extras}, indent=1)
        path.write_text(f"{text}\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> World:
        """Read what `save` wrote."""
        return cls.load_with_extras(path)[0]

    @classmethod
    def load_with_extras(cls, path: Path) -> tuple[World, dict[str, Any]]:
        """Read what `save` wrote: the world, and everything in the file."""
        data = json.loads(path.read_text(encoding="utf-8"))
        return cls.from_dict(data), data

    def midnight(self, day: int = 0) -> datetime:
        """Beijing midnight ``day`` days after the start, aware."""
        return datetime.combine(self.start, datetime.min.time(), BEIJING) + timedelta(days=day)


def _enterprise(rng: np.random.Generator, serial: int) -> Enterprise:
    shares = np.array([kind.share for kind in KINDS])
    # The first ones run through all kinds, so that even a small province has each.
    kind = KINDS[serial] if serial < len(KINDS) else KINDS[rng.choice(len(KINDS), p=shares / shares.sum())]
    county = counties()[int(rng.integers(len(counties())))]
    angle, away = rng.uniform(0, 2 * math.pi), 0.8 * county.radius * math.sqrt(rng.uniform())
    name, short = identity.enterprise_name(county.name, kind.name, serial)
    return Enterprise(
        serial, identity.credit_code(county.code, serial + 1), name, short, kind, county,
        round(county.lon + away * math.cos(angle), 5), round(county.lat + away * math.sin(angle), 5),
    )  # fmt: skip


def _outlet(rng: np.random.Generator, index: int, enterprise: Enterprise, number: int) -> Outlet:
    kind = enterprise.kind
    if number > 1 and kind.medium == "water" and kind.key != "sewage":
        kind = next(other for other in KINDS if other.key == "boiler")  # a works with its own steam
    standard = str(rng.choice(["2017", "2005", "2025"], p=[0.7, 0.15, 0.15]))
    county = enterprise.county.code
    mn = identity.logger_number(standard, county, index)
    ratio = tuple(round(float(value), 3) for value in rng.uniform(0.32, 0.58, len(kind.pollutants)))
    return Outlet(
        index, enterprise, f"{'DA' if kind.medium == 'gas' else 'DW'}{number:03d}", kind, standard, mn,
        identity.logger_number("2017", county, index, meter=True) if standard == "2005" else mn,
        ratio, round(float(rng.uniform(0.6, 1.4)), 2), int(rng.integers(1, 9)),
        kind.medium == "water" and not kind.intermittent and bool(rng.uniform() < 0.5),
        bool(rng.uniform() < COARSE),
    )  # fmt: skip
