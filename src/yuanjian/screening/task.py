"""What a method works on: one model, its subjects as rows, and their masks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from yuanjian.clock import beijing_day
from yuanjian.screening import durations
from yuanjian.screening.exclusions import COVERT, Bools, Untested, among, marks_on, mask, stands_alone
from yuanjian.screening.learnt.artefact import Artefact
from yuanjian.screening.limits import behind, changes, strictest
from yuanjian.screening.model import Model
from yuanjian.screening.operation import Production
from yuanjian.screening.ports import Limit, OutletContext
from yuanjian.screening.scene import DAY, MARGIN, Scene, midnight
from yuanjian.screening.shared import shared
from yuanjian.series import MarkPeriod, SeriesKey
from yuanjian.series.aggregate import convert
from yuanjian.series.cube import Grid
from yuanjian.series.validity import VALID_FLAGS

FLOW = {"water": "w00000", "gas": "a00000"}
OXYGEN = "a19001"
TOO_MUCH_AIR = 20.0
"""At this oxygen content (vol-%) a value is not converted: the plant stands or draws false air [D]."""
Floats = npt.NDArray[np.float64]
Words = tuple[str, str]
"""The same in Chinese and English."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a finding is about: an outlet, and within it a factor or a meter (``name``)."""

    outlet: OutletContext
    point: int
    factor: str | None = None
    name: str = ""

    @property
    def key(self) -> SeriesKey:
        """Its series, or the point alone."""
        return SeriesKey(self.point, self.factor or "")


@dataclass(frozen=True, slots=True)
class Hit:
    """One episode: ``rows`` of the task it rests on, its measures, and words for the claim."""

    subject: Subject
    rows: tuple[int, ...]
    start: datetime
    end: datetime
    measures: dict[str, float]
    words: dict[str, Words] = field(default_factory=dict)
    inputs: bytes = b""
    """Fine data it rests on that are not in the scene's cubes."""


@dataclass(frozen=True, eq=False)
class Task:
    """A model on a scene. Arrays are [S, T], one row per subject; values float64 with NaN for nothing."""

    model: Model
    scene: Scene
    subjects: tuple[Subject, ...]
    grid: Grid
    tested: dict[str, Bools | Untested] = field(default_factory=dict)
    """Exclusions a method tests by itself add their result here."""
    asked: set[tuple[str, ...]] = field(default_factory=set)
    """Averagings of the limits the method has looked at."""

    @cached_property
    def since(self) -> datetime:
        """From here on the model looks at anything that is costly to load."""
        return max(self.scene.start, midnight(self.scene.focus - self.model.lookback - MARGIN))

    @property
    def horizon(self) -> datetime:
        """The earliest the model has looked at: what begins within its memory from here needs more depth."""
        return self.since if "since" in self.__dict__ else self.scene.start

    @property
    def params(self) -> Any:
        """The model's parameters."""
        return self.model.params

    @property
    def shape(self) -> tuple[int, int]:
        """(S, T)."""
        return len(self.subjects), self.grid.size

    @property
    def covert(self) -> bool:
        """Is the model after somebody who hides?"""
        return self.model.class_ == COVERT

    @property
    def exclusions(self) -> tuple[str, ...]:
        """The exclusions the model names."""
        return self.model.excludes

    @shared()
    def has_values(self) -> bool:
        """Are the rows series of the hour cube?"""
        hours = self.scene.hours
        return self.grid.step == hours.step and all(s.key in self.scene.hour_keys for s in self.subjects)

    @property
    def step(self) -> timedelta:
        """Step of the electricity data."""
        return durations.parse(self.model.inputs.get("power_step", "10 min"))

    @shared()
    def rows(self) -> npt.NDArray[np.int64]:
        """Rows of the hour cube."""
        return self.scene.hour_rows([subject.key for subject in self.subjects])

    @shared()
    def values(self) -> Floats:
        """Hour values as measured."""
        return self.scene.hours.values[self.rows].astype(np.float64)

    @shared()
    def reference(self) -> Floats:
        """Hour values at reference oxygen as sent."""
        return self.scene.hours.reference[self.rows].astype(np.float64)

    @shared()
    def flags(self) -> npt.NDArray[np.uint8]:
        """Device flags; normal where the rows are no series of the hour cube."""
        return self.scene.hours.flags[self.rows] if self.has_values else np.ones(self.shape, np.uint8)

    @shared()
    def resolution(self) -> Floats:
        """Smallest difference the series can show, [S]."""
        return np.asarray(10.0 ** -self.scene.hours.decimals[self.rows].astype(np.float64))

    @shared()
    def marks(self) -> npt.NDArray[np.uint16]:
        """Marks on the subject and on its outlet."""
        return self._bits(self.scene.marks)

    @shared("covert")
    def excusing(self) -> npt.NDArray[np.uint16]:
        """Marks that take periods out of sight; of covert models, only those that stand by themselves."""
        if not self.covert:
            return self.marks
        return self._bits([mark for mark in self.scene.marks if stands_alone(mark)])

    def _bits(self, marks: Sequence[MarkPeriod]) -> npt.NDArray[np.uint16]:
        own = marks_on(marks, [subject.key for subject in self.subjects], self.grid)
        outlets = [SeriesKey(subject.outlet.point, "") for subject in self.subjects]
        return own | marks_on(marks, outlets, self.grid)

    @shared("step")
    def production(self) -> tuple[Production, ...]:
        """Production behind each subject, on the hour grid."""
        return tuple(self.scene.production(subject.outlet, self.step) for subject in self.subjects)

    @shared("step")
    def load(self) -> Floats:
        """Mean power of the production behind each subject in kW, on the hour grid."""
        return np.stack([item.kw for item in self.production])

    @shared()
    def flow(self) -> Floats:
        """Flow at the outlet of each subject, NaN where none is measured."""
        return self.companion({medium: (code,) for medium, code in FLOW.items()})

    @shared()
    def oxygen(self) -> Floats:
        """Oxygen content at the outlet of each subject in vol-%, NaN where none is measured."""
        return self.companion({"gas": (OXYGEN,), "water": ()})

    def signal(self, role: str) -> Floats:
        """The first signal of a role at the outlet of each subject, NaN where there is none; hour grid."""
        result = np.full((len(self.subjects), self.scene.grid.size), np.nan)
        for row, subject in enumerate(self.subjects):
            for signal in subject.outlet.signals_of(role)[:1]:
                at = self.scene.hours.row((signal.point, signal.factor))
                result[row] = self.scene.hours.values[at]
        return result

    def companion(self, codes: dict[str, tuple[str, ...]]) -> Floats:
        """Another factor of the same outlet, beside each subject; on the hour grid."""
        result = np.full((len(self.subjects), self.scene.grid.size), np.nan)
        for row, subject in enumerate(self.subjects):
            for code in codes[subject.outlet.medium]:
                if code in subject.outlet.factors:
                    at = self.scene.hours.row((subject.outlet.point, code))
                    result[row] = self.scene.hours.values[at]
        return result

    @cached_property
    def excluded(self) -> dict[str, Bools | Untested]:
        """Result of every exclusion the model names, before the method adds its own."""
        return {code: self._excluded_by(code) for code in self.exclusions}

    def _excluded_by(self, code: str) -> Bools | Untested:
        what = ("mask", code, self.grid.step, self.covert, self.step)
        return self.scene.shared.once(self.subjects, what, lambda: mask(code, self))

    @shared("exclusions", "covert", "step")
    def allowed(self) -> Bools:
        """Periods no exclusion takes out."""
        allowed = np.ones(self.shape, np.bool_)
        for result in self.excluded.values():
            if not isinstance(result, str):
                allowed &= ~result
        return allowed

    @shared("exclusions", "covert", "step")
    def valid(self) -> Bools:
        """Periods with a usable value that no exclusion takes out."""
        return self.allowed & self._usable

    @shared()
    def _usable(self) -> Bools:
        """Periods with a number and a flag that lets it count."""
        return np.isfinite(self.values) & among(self.flags, VALID_FLAGS)

    @shared()
    def days(self) -> tuple[date, ...]:
        """Beijing day of each started day of the grid."""
        count = -(-self.grid.size * self.grid.step // DAY)
        return tuple(beijing_day(self.grid.start + day * DAY) for day in range(count))

    def trained(self, row: int) -> Artefact:
        """What was trained for a subject of a model that needs it; the engine leaves out the others."""
        return cast("Artefact", self.scene.trained.of(self.model, self.subjects[row].outlet))

    def limits(self, averaging: Sequence[str]) -> Limits:
        """The limits of the subjects for one of the averagings, the first that has any, on the grid."""
        self.asked.add(tuple(averaging))
        what = ("limits", self.grid.step, *averaging)
        return self.scene.shared.once(self.subjects, what, lambda: Limits.of(self, averaging))

    def limits_behind(self, hit: Hit) -> list[Limit]:
        """The limits in force a hit rests on; none where the method looked at no limit."""
        rows = [self.subjects[row] for row in hit.rows] or [hit.subject]
        return behind(
            hit.subject.outlet, [row.factor for row in rows], sorted(self.asked), (hit.start, hit.end)
        )

    def time(self, index: int) -> datetime:
        """Start of a period (also of the one after the last)."""
        return self.grid.start + index * self.grid.step

    def index(self, instant: datetime) -> int:
        """The period an instant lies in, may be outside the grid."""
        return (instant - self.grid.start) // self.grid.step


@dataclass(frozen=True, eq=False)
class Limits:
    """Upper limits (NaN: none), the values they judge, and their oxygen base in vol-% (NaN: none); [S, T]."""

    high: Floats
    judged: Floats
    base: Floats

    @cached_property
    def converted(self) -> Bools:
        """Where values at reference oxygen are judged."""
        return np.isfinite(self.base)

    @classmethod
    def of(cls, task: Task, averaging: Sequence[str]) -> Limits:
        """Day by day the limit in force (`limits.strictest`); converted values where it has an oxygen base.

        A reference value that was not sent is computed from the oxygen beside it. GB 13271 and others [A].
        """
        high = np.full(task.shape, np.nan)
        base = np.full(task.shape, np.nan)
        per_day = round(DAY / task.grid.step)
        for row, subject in enumerate(task.subjects):
            limits = subject.outlet.limits
            for day in changes(limits, task.days[0], task.days[-1]):
                limit = strictest(limits, subject.factor, averaging, day)
                rest = slice((day - task.days[0]).days * per_day, None)
                high[row, rest] = np.nan if limit is None else limit.high
                base[row, rest] = np.nan if limit is None else limit.o2_reference
        converted = np.isfinite(base)
        if not converted.any():
            return cls(high, task.values, base)
        oxygen = np.where(task.oxygen < TOO_MUCH_AIR, task.oxygen, np.nan)
        computed = convert(task.values, oxygen, np.where(converted, base, 0.0))
        sent = np.where(np.isfinite(task.reference), task.reference, computed)
        return cls(high, np.where(converted, sent, task.values), base)

    @cached_property
    def ratio(self) -> Floats:
        """Judged value over limit."""
        return np.asarray(self.judged / np.where(self.high > 0, self.high, np.nan))

    def words(self, row: int, index: int) -> dict[str, Words]:
        """What was judged and against what, for a claim."""
        converted = np.isfinite(self.base[row, index])
        kind = ("折算浓度", " at reference O2") if converted else ("浓度", "")
        shown = f"{self.high[row, index]:g}"
        return {"kind": kind, "limit": (shown, shown)}
