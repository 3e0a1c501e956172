"""What a method works on: one model, its subjects as rows, and their masks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt

from yuanjian.clock import beijing_day
from yuanjian.screening import durations
from yuanjian.screening.exclusions import (
    COVERT,
    Bools,
    Untested,
    is_nowhere,
    marks_on,
    mask,
    nowhere,
    stands_alone,
)
from yuanjian.screening.in_force import Limits, Steps, steps_of
from yuanjian.screening.kernels import as_double, in_steps, usable
from yuanjian.screening.learnt.artefact import Artefact
from yuanjian.screening.limits import behind
from yuanjian.screening.model import Model
from yuanjian.screening.operation import Production
from yuanjian.screening.peers import Gathered
from yuanjian.screening.ports import Limit, OutletContext
from yuanjian.screening.scene import DAY, MARGIN, Scene, midnight
from yuanjian.screening.shared import lazy, shared
from yuanjian.series import MarkPeriod, SeriesKey
from yuanjian.series.cube import Grid
from yuanjian.series.validity import VALID_FLAGS

FLOW = {"water": "w00000", "gas": "a00000"}
OXYGEN = "a19001"
VALID = np.isin(np.arange(256), VALID_FLAGS)
"""By code of a flag: may the value be used?"""
Floats = npt.NDArray[np.float64]
T = TypeVar("T")
Words = tuple[str, str]
"""The same in Chinese and English."""


@lru_cache(maxsize=16)
def days_of(grid: Grid) -> tuple[date, ...]:
    """Beijing day of each started day of a grid."""
    count = -(-grid.size * grid.step // DAY)
    return tuple(beijing_day(grid.start + day * DAY) for day in range(count))


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
    whole: Task | None = None
    """The task this is a part of, ..."""
    picked: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    """... and which of its rows these are."""

    def only(self, rows: npt.NDArray[np.int64]) -> Task:
        """The same task with some of its rows; arrays are taken from those of the whole."""
        subjects = tuple(self.subjects[row] for row in rows)
        return Task(self.model, self.scene, subjects, self.grid, whole=self, picked=rows)

    def part(self, of_whole: T) -> T:
        """The own rows of what the whole task has: arrays and tuples with one entry for each subject."""
        if isinstance(of_whole, tuple):
            return cast("T", tuple(of_whole[row] for row in self.picked))
        if not isinstance(of_whole, np.ndarray):
            return of_whole
        if of_whole.ndim == 1 or of_whole.strides[1]:
            return cast("T", of_whole[self.picked])
        if is_nowhere(of_whole):
            return cast("T", nowhere(self.shape))
        return cast("T", np.broadcast_to(of_whole[self.picked, :1], self.shape))

    @lazy
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
        return as_double(self.scene.hours.values, self.rows)

    @shared()
    def reference(self) -> Floats:
        """Hour values at reference oxygen as sent."""
        return as_double(self.scene.hours.reference, self.rows)

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

    @shared("covert")
    def marked(self) -> npt.NDArray[np.int64]:
        """The kinds of marks that take periods of each subject out of sight, as bits, [S]."""
        if not self.scene.marks:
            return np.zeros(len(self.subjects), np.int64)
        return np.asarray(np.bitwise_or.reduce(self.excusing, axis=1), np.int64)

    @shared()
    def seen(self) -> npt.NDArray[np.int64]:
        """The device flags of each subject as bits (`kernels.flags_seen`); none without hour values, [S]."""
        nothing = np.zeros(len(self.subjects), np.int64)
        return self.scene.flags_seen[self.rows] if self.has_values else nothing

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

    @lazy
    def excluded(self) -> dict[str, Bools | Untested]:
        """Result of every exclusion the model names, before the method adds its own."""
        return {code: self._excluded_by(code) for code in self.exclusions}

    def _excluded_by(self, code: str) -> Bools | Untested:
        if self.whole:
            return self.part(self.whole._excluded_by(code))
        what = ("mask", code, self.grid.step, self.covert, self.step)
        return self.scene.shared.once(self.subjects, what, lambda: mask(code, self))

    @shared("exclusions", "covert", "step")
    def allowed(self) -> Bools:
        """Periods no exclusion takes out."""
        excluded = np.zeros(self.shape, np.bool_)
        for result in self.excluded.values():
            if not isinstance(result, str) and not is_nowhere(result):
                excluded |= result
        return np.logical_not(excluded, out=excluded)

    @shared("exclusions", "covert", "step")
    def valid(self) -> Bools:
        """Periods with a usable value that no exclusion takes out."""
        return self.allowed & self._usable

    @shared("exclusions", "covert", "step")
    def in_steps(self) -> npt.NDArray[np.int64]:
        """Values in steps of their resolution; 0 where not valid."""
        return in_steps(self.values, self.valid, self.resolution)

    @shared()
    def _usable(self) -> Bools:
        """Periods with a number and a flag that lets it count."""
        return usable(self.scene.hours.values, self.scene.hours.flags, self.rows, VALID)

    @property
    def days(self) -> tuple[date, ...]:
        """Beijing day of each started day of the grid."""
        return days_of(self.grid)

    @property
    def peers(self) -> Gathered:
        """What the model has gathered of all outlets (`methods.GATHER`)."""
        if self.scene.peers is None:
            raise ValueError("a model that compares outlets runs in the engine")
        return self.scene.peers.of(self.model, self.scene)

    def trained(self, row: int) -> Artefact:
        """What was trained for a subject of a model that needs it; the engine leaves out the others."""
        return cast("Artefact", self.scene.trained.of(self.model, self.subjects[row].outlet))

    def limits(self, averaging: Sequence[str]) -> Limits:
        """The limits of the subjects for one of the averagings, the first that has any, on the grid."""
        self.asked.add(tuple(averaging))
        if self.whole:
            return self.whole.limits(averaging).part(self)
        once, step = self.scene.shared.once, self.grid.step
        days, per_day = (self.days[0], self.days[-1]), round(DAY / step)

        def found() -> tuple[Steps, ...]:
            return tuple(steps_of(subject, averaging, days, per_day) for subject in self.subjects)

        steps = once(self.subjects, ("in force", step, *averaging), found)
        # Hour and day limits are often the same.
        return once(self.subjects, ("limits", step, steps), lambda: Limits.of(self, steps))

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
