"""An outlet as arrays over hours: what its logger, meters and door say. Patterns change copies of it."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from yuanjian.series import FlagCode

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]
SLOTS = 6
"""Samples of a meter in an hour."""
OXYGEN = "a19001"
FLOW = {"gas": "a00000", "water": "w00000"}


@dataclass
class Series:
    """Hour values [T], NaN with flag 0 where none came; ``fine`` the means its minutes have, if others.

    ``reference`` is the value at reference oxygen as sent; ``beats`` spans of hours whose minutes swing
    with a period (minutes) by a share of the level.
    """

    values: Floats
    flags: Bytes
    decimals: int
    reference: Floats | None = None
    fine: Floats | None = None
    beats: list[tuple[int, int, float, float]] = field(default_factory=list)

    def part(self, hours: slice) -> Series:
        """Copies of some hours."""
        reference, fine = (None if a is None else a[hours].copy() for a in (self.reference, self.fine))
        values, flags = self.values[hours].copy(), self.flags[hours].copy()
        return Series(values, flags, self.decimals, reference, fine, list(self.beats))

    def put(self, hours: slice | npt.NDArray[np.bool_], values: npt.ArrayLike) -> None:
        """Other values, at the resolution of the series."""
        self.values[hours] = np.round(np.asarray(values, np.float64), self.decimals)

    def lose(self, hours: slice | npt.NDArray[np.intp]) -> None:
        """Nothing comes."""
        self.values[hours] = np.nan
        self.flags[hours] = FlagCode.MISSING
        if self.reference is not None:
            self.reference[hours] = np.nan

    def valid(self, hours: slice) -> npt.NDArray[np.bool_]:
        """Hours with a normal value."""
        return np.asarray((self.flags[hours] == FlagCode.N) & np.isfinite(self.values[hours]))


@dataclass
class Meter:
    """A machine's electricity: kW and A by ten minutes, [6 T]; NaN where none came.

    ``machine`` what it does, a name of `screening.signals.MACHINES`.
    """

    role: Literal["production", "treatment", "total"]
    rated: float
    kw: Floats
    amperes: Floats
    machine: str = ""
    in_permit: bool = True

    def part(self, hours: slice) -> Meter:
        """Copies of some hours."""
        slots = slice(hours.start * SLOTS, hours.stop * SLOTS)
        return replace(self, kw=self.kw[slots].copy(), amperes=self.amperes[slots].copy())


@dataclass
class Gauge:
    """A process parameter: its role in `screening.signals`, hour values, what design or permit ask for.

    ``detail`` hours of which minutes are sent.
    """

    role: str
    own: Series
    design: float | None = None
    detail: list[tuple[int, int]] = field(default_factory=list)

    def part(self, hours: slice) -> Gauge:
        """Copies of some hours."""
        spans = [(max(a, hours.start), min(b, hours.stop)) for a, b in self.detail]
        detail = [(a - hours.start, b - hours.start) for a, b in spans if a < b]
        return replace(self, own=self.own.part(hours), detail=detail)


@dataclass(frozen=True)
class Mark:
    """A mark of the enterprise over hours [first, last), parts of hours allowed."""

    kind: str
    first: float
    last: float
    factor: str | None = None
    accepted: bool = True


@dataclass(frozen=True)
class Event:
    """Something the door or the logger told at an hour (parts allowed)."""

    hour: float
    kind: str
    code: str
    text: str


@dataclass(frozen=True)
class Version:
    """A later version of an hour's value, received at another hour."""

    factor: str
    hour: int
    value: float
    reference: float | None
    received: float


@dataclass(frozen=True)
class Paper:
    """A record about hours [first, last], ``received`` at another; ``whole``: about all of the enterprise.

    ``facts`` are the columns of its kind, times among them as hours.
    """

    kind: str
    first: float
    last: float
    received: float
    facts: Mapping[str, Any]
    whole: bool = False

    def later(self, hours: float) -> Paper:
        """The same so many hours later."""
        facts = {name: value + hours if name in TIMES else value for name, value in self.facts.items()}
        first, last, received = (at + hours for at in (self.first, self.last, self.received))
        return Paper(self.kind, first, last, received, facts, self.whole)


TIMES = frozenset({"reported_at", "repaired_at", "issued_at"})
"""Columns of papers that hold hours."""


@dataclass
class Plant:
    """One outlet over T hours from a Monday's midnight on.

    ``kind`` coal, gas, turbine, station, sewage, works, incinerator, hazardous or voc; ``limits`` by factor,
    gas by the hour, water by the day, at ``base`` vol-% oxygen (None: as measured); ``day_limits`` of gas
    beside them; ``gauges`` process parameters by code; ``edges`` hours at which minutes jump; ``detail``
    hours of which minutes are sent; ``live`` hours of which real-time data are sent, ``drift`` minutes their
    stamps lag behind; ``days`` day values sent other than the mean, by factor and day.
    """

    name: str
    kind: str
    medium: Literal["gas", "water"]
    series: dict[str, Series]
    meters: dict[str, Meter]
    limits: dict[str, float]
    base: float | None = None
    day_limits: dict[str, float] = field(default_factory=dict)
    gauges: dict[str, Gauge] = field(default_factory=dict)
    marks: list[Mark] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    versions: list[Version] = field(default_factory=list)
    edges: set[int] = field(default_factory=set)
    detail: list[tuple[int, int]] = field(default_factory=list)
    live: list[tuple[int, int]] = field(default_factory=list)
    drift: float = 0.0
    days: dict[tuple[str, int], float] = field(default_factory=dict)
    papers: list[Paper] = field(default_factory=list)
    sampler_hours: tuple[int, ...] = ()
    enterprise: str = ""
    synthetic: bool = False

    @property
    def hours(self) -> int:
        """T."""
        return next(iter(self.series.values())).values.size

    def part(self, hours: slice) -> Plant:
        """A copy of some hours, counted from its own beginning; what has been done to it is kept."""
        first = hours.start
        return replace(
            self,
            series={code: series.part(hours) for code, series in self.series.items()},
            meters={name: meter.part(hours) for name, meter in self.meters.items()},
            gauges={code: gauge.part(hours) for code, gauge in self.gauges.items()},
            limits=dict(self.limits),
            marks=[
                replace(m, first=m.first - first, last=m.last - first)
                for m in self.marks
                if m.first < hours.stop and m.last > first
            ],
            events=[replace(e, hour=e.hour - first) for e in self.events if first <= e.hour < hours.stop],
            versions=deepcopy(self.versions),
            edges={edge - first for edge in self.edges},
            detail=list(self.detail),
            live=list(self.live),
            days=dict(self.days),
            papers=[paper.later(-first) for paper in self.papers],
        )

    @property
    def pollutants(self) -> list[str]:
        """Factors with a limit."""
        return [code for code in self.series if code in self.limits]

    def marked(self, *kinds: str) -> npt.NDArray[np.bool_]:
        """Hours that a mark of these kinds on all factors touches. [T]"""
        found = np.zeros(self.hours, np.bool_)
        for mark in self.marks:
            if mark.kind in kinds and mark.factor is None:
                found[max(int(mark.first), 0) : int(np.ceil(mark.last))] = True
        return found

    def runs(self) -> npt.NDArray[np.bool_]:
        """Hours in which production draws power; everywhere without a meter. [T]"""
        own = [meter for meter in self.meters.values() if meter.role == "production"]
        if not own:
            return np.ones(self.hours, np.bool_)
        kw = np.sum([meter.kw for meter in own], axis=0).reshape(-1, SLOTS)
        return np.asarray(np.nanmin(kw, axis=1) > 0.2 * sum(meter.rated for meter in own))
