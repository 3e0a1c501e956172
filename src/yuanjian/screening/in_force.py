"""The limits in force for the subjects of a task, on its grid, and the values they judge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from yuanjian.screening.limits import changes, strictest
from yuanjian.screening.shared import lazy
from yuanjian.series.aggregate import convert

if TYPE_CHECKING:
    from yuanjian.screening.exclusions import Bools
    from yuanjian.screening.task import Subject, Task

TOO_MUCH_AIR = 20.0
"""At this oxygen content (vol-%) a value is not converted: the plant stands or draws false air [D]."""
Floats = npt.NDArray[np.float64]
Steps = tuple[tuple[int, float, float], ...]
"""From which period on, which limit, at which oxygen content; NaN for none."""


@dataclass(frozen=True, eq=False)
class Limits:
    """Upper limits (NaN: none), the values they judge, and their oxygen base in vol-% (NaN: none); [S, T]."""

    high: Floats
    judged: Floats
    base: Floats

    @lazy
    def converted(self) -> Bools:
        """Where values at reference oxygen are judged."""
        return np.isfinite(self.base)

    @lazy
    def highest(self) -> Floats:
        """The greatest ratio of each row, −∞ where there is none, [S]."""
        return np.asarray(np.fmax.reduce(self.ratio, axis=1, initial=-np.inf))

    def part(self, task: Task) -> Limits:
        """Those of the rows of a task that is part of this one's."""
        found = Limits(task.part(self.high), task.part(self.judged), task.part(self.base))
        found.__dict__["ratio"] = task.part(self.ratio)
        return found

    @classmethod
    def of(cls, task: Task, steps: Sequence[Steps]) -> Limits:
        """Day by day the limit in force (`limits.strictest`); converted values where it has an oxygen base.

        A reference value that was not sent is computed from the oxygen beside it. GB 13271 and others [A].
        """
        high, base = _in_force(task, steps)
        if not np.isfinite(base).any():
            return cls(high, task.values, base)
        converted = np.isfinite(base)
        oxygen = np.where(task.oxygen < TOO_MUCH_AIR, task.oxygen, np.nan)
        computed = convert(task.values, oxygen, np.where(converted, base, 0.0))
        sent = np.where(np.isfinite(task.reference), task.reference, computed)
        return cls(high, np.where(converted, sent, task.values), base)

    @lazy
    def ratio(self) -> Floats:
        """Judged value over limit."""
        high = self.high[:, :1] if not self.high.strides[1] else self.high
        return np.asarray(self.judged / np.where(high > 0, high, np.nan))

    def words(self, row: int, index: int) -> dict[str, tuple[str, str]]:
        """What was judged and against what, for a claim."""
        converted = np.isfinite(self.base[row, index])
        kind = ("折算浓度", " at reference O2") if converted else ("浓度", "")
        shown = f"{self.high[row, index]:g}"
        return {"kind": kind, "limit": (shown, shown)}


def _in_force(task: Task, steps: Sequence[Steps]) -> tuple[Floats, Floats]:
    """Upper limits and oxygen bases day by day, [S, T]; views of one column where none of them changes."""
    first = np.array([found[0][1:] for found in steps], np.float64).reshape(-1, 2)
    if all(len(found) == 1 for found in steps):
        return np.broadcast_to(first[:, :1], task.shape), np.broadcast_to(first[:, 1:], task.shape)
    high, base = (np.repeat(first[:, [at]], task.grid.size, axis=1) for at in (0, 1))
    for row, found in enumerate(steps):
        for at, over, oxygen in found[1:]:
            high[row, at:] = over
            base[row, at:] = oxygen
    return high, base


def steps_of(subject: Subject, averaging: Sequence[str], days: tuple[date, date], per_day: int) -> Steps:
    """The limits of one subject in order of time, between two days."""
    own = [limit for limit in subject.outlet.limits if limit.factor == subject.factor]
    found = []
    for day in changes(own, *days):
        limit = strictest(own, subject.factor, averaging, day)
        high, base = (limit.high, limit.o2_reference) if limit else (None, None)
        at = (day - days[0]).days * per_day
        found.append((at, np.nan if high is None else high, np.nan if base is None else base))
    return tuple(found)
