"""What the engine needs from outside, as small typed ports and plain records.

The platform implements the ports over its database, a back-test over a folder of Parquet, the case
runner over a CSV: the same models and the same result with each of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, Protocol

import polars as pl

from yuanjian.series import Cube, MarkPeriod, SeriesKey

Medium = Literal["gas", "water"]
Level = Literal[1, 2, 3]
# Any of the alternatives is enough; within one alternative every measure must reach its number (>=).
Condition = tuple[Mapping[str, float], ...]


@dataclass(frozen=True, slots=True)
class Limit:
    """One emission limit of one factor at one outlet, valid from ``valid_from`` to ``valid_to`` inclusive.

    ``low``/``high`` in the factor's unit; ``o2_reference`` in percent, None where no oxygen base is fixed
    (then the measured value is judged); ``basis`` names the permit or standard. ``certainty`` of the number:
    ``A`` official text, ``B`` second hand, ``C``/``C-`` to be checked; ``confirmed_by`` who checked it.
    """

    factor: str
    averaging: Literal["hour", "day", "instant"]
    low: float | None
    high: float | None
    o2_reference: float | None
    valid_from: date
    valid_to: date | None
    basis: str
    origin: Literal["permit", "standard"] = "permit"
    certainty: str = "A"
    confirmed_by: str = ""

    @property
    def unconfirmed(self) -> bool:
        """Does the number still need somebody to compare it with the text of the standard?"""
        return self.certainty.startswith("C") and not self.confirmed_by


@dataclass(frozen=True, slots=True)
class PowerMeter:
    """An electricity meter of one facility: the series (point, factor) is its active power in kW."""

    facility_id: int
    name: str
    kind: Literal["production", "treatment", "total"]
    point: int
    factor: str
    rated_kw: float | None
    machine: str = ""
    """What it does, where a model must know: a name of `signals.MACHINES`."""
    in_permit: bool = True
    code: str = ""
    """Number of the facility in the permit."""


@dataclass(frozen=True, slots=True)
class Signal:
    """A process parameter of an outlet: what the series (point, factor) tells, a name of `signals.ROLES`.

    ``design`` is the value design or permit ask for, in the role's unit; None where nothing is known.
    """

    role: str
    point: int
    factor: str
    name: str = ""
    design: float | None = None


@dataclass(frozen=True, slots=True)
class Chain:
    """Which production a treatment belongs to (产-治-排); ``total`` are the site's main meters."""

    production: tuple[PowerMeter, ...]
    treatment: tuple[PowerMeter, ...]
    total: tuple[PowerMeter, ...] = ()

    @property
    def meters(self) -> tuple[PowerMeter, ...]:
        """All of them."""
        return (*self.production, *self.treatment, *self.total)


@dataclass(frozen=True, slots=True)
class OutletContext:
    """Everything the models may know about one outlet; ids are those of the registry.

    ``factors`` are the factors the logger owes; ``sampler_hours`` the Beijing hours at which the automatic
    sampler starts if it runs on a fixed schedule (empty: only start events tell).
    """

    outlet: int
    enterprise: int
    region: str
    industry: str
    medium: Medium
    code: str
    name: str
    point: int
    factors: tuple[str, ...]
    limits: tuple[Limit, ...] = ()
    chain: Chain | None = None
    door_points: tuple[int, ...] = ()
    sampler_starts: bool = False
    intermittent: bool = False
    sampler_hours: tuple[int, ...] = ()
    signals: tuple[Signal, ...] = ()
    records: frozenset[str] = frozenset()
    """Kinds of `records.KINDS` that somebody delivers for the outlet or its enterprise."""

    def signals_of(self, role: str) -> tuple[Signal, ...]:
        """The outlet's signals of a role."""
        return tuple(signal for signal in self.signals if signal.role == role)


@dataclass(frozen=True, slots=True)
class ResolvedLevels:
    """The thresholds in force for one model at one outlet on one day.

    ``values`` holds a condition per level that is switched on; an absent level is off. ``source`` says which
    rule won (``default``, ``industry``, ``region``, ``enterprise``), ``author`` and ``reason`` who and why.
    """

    values: Mapping[int, Condition]
    source: str
    author: str
    reason: str


@dataclass(frozen=True, slots=True)
class Suppression:
    """A person's decision not to hear a model about an outlet for a time."""

    reason: str
    author: str
    until: datetime | None


class Readings(Protocol):
    """Where readings come from; `yuanjian.series.SeriesStore` satisfies it."""

    def snapshot(self) -> Readings:
        """The readings as they are now, for one thread; they may see what comes later, but need not."""

    def holds(self, points: Sequence[int] | None, *, cadence: str, start: datetime, end: datetime) -> bool:
        """May there be readings of that cadence, ``[start, end)``? False is certain."""

    def cube(
        self,
        keys: Sequence[SeriesKey],
        *,
        cadence: str,
        start: datetime,
        end: datetime,
        step: timedelta | None = None,
    ) -> Cube:
        """Dense arrays of the current readings, one row per key, ``[start, end)``."""

    def readings(
        self,
        points: Sequence[int],
        factors: Sequence[str] | None = None,
        *,
        cadence: str,
        start: datetime,
        end: datetime,
        history: bool = False,
    ) -> pl.DataFrame:
        """Rows as they came, ``[start, end)``, with ``received`` and ``source``; by point, factor, time.

        With ``history`` every version of a row, the newest last.
        """

    def events(
        self,
        points: Sequence[int] | None = None,
        kinds: Sequence[str] | None = None,
        *,
        start: datetime,
        end: datetime,
    ) -> pl.DataFrame:
        """Events (door, state …) of the points, ``[start, end)``."""


class Registry(Protocol):
    """Outlets with their limits and links, and the marks the enterprises set."""

    def outlets(self) -> Sequence[OutletContext]:
        """All outlets to be screened."""

    def marks(self, points: Sequence[int], start: datetime, end: datetime) -> Sequence[MarkPeriod]:
        """Marks in force that touch ``[start, end)``."""

    def records(self, kind: str, enterprises: Sequence[int], start: datetime, end: datetime) -> pl.DataFrame:
        """Records of one kind that touch ``[start, end)``, with the columns of `records.schema`."""


class Policy(Protocol):
    """Thresholds and suppressions set by people."""

    def levels(self, model_code: str, outlet: OutletContext, on: date) -> ResolvedLevels:
        """Thresholds in force; see `yuanjian.screening.thresholds` for the defaults and the resolution."""

    def suppressed(self, model_code: str, outlet: OutletContext, at: datetime) -> Suppression | None:
        """The suppression in force at that instant, if any."""
