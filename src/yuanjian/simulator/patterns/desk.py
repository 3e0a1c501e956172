"""Where an honest outlet's papers are written: typed, rounded and delivered as people do, some days late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from yuanjian.simulator.patterns.plants import SLOTS, Paper, Plant

Bools = npt.NDArray[np.bool_]
Doubles = npt.NDArray[np.float64]
DAY, WEEK = 24, 168
YEARS_BEFORE = 2
"""Years of ledgers an enterprise has kept when the series begin."""


@dataclass
class Desk:
    """The papers of one outlet, and the habits of who writes them, drawn once.

    ``firm``: the outlets of the enterprise, if this one also writes what is about all of them.
    """

    plant: Plant
    rng: np.random.Generator
    firm: Sequence[Plant] = ()
    papers: list[Paper] = field(default_factory=list)

    def put(
        self, kind: str, first: float, last: float | None = None, /, *,
        late: tuple[float, float] = (0.0, 72.0), known: bool = False, whole: bool = False, **facts: Any,
    ) -> None:  # fmt: skip
        """A record, delivered some hours (drawn) after its end, or ``known`` from its begin."""
        end = first if last is None else last
        received = first if known else end + float(self.rng.uniform(*late))
        self.papers.append(Paper(kind, first, end, received, facts, whole))

    @cached_property
    def decimals(self) -> int:
        """Digits after the point that people here write results of checks with."""
        return int(self.rng.choice([0, 1, 2], p=[0.2, 0.4, 0.4]))

    @cached_property
    def tells_error(self) -> bool:
        """Do checks name their error, or only what was measured?"""
        return bool(self.rng.uniform() < 0.7)

    @cached_property
    def tells_raw(self) -> bool:
        """Do checks name the raw signal?"""
        return bool(self.rng.uniform() < 0.6)

    @cached_property
    def stands(self) -> Bools:
        """Hours marked as stopped. [T]"""
        return self.plant.marked("stopped")

    def is_open(self, hour: float) -> bool:
        """Is the plant at work at an hour? Before the series it is."""
        return not (0 <= hour < self.plant.hours and self.stands[int(hour)])

    def after_stop(self, hour: float) -> float:
        """This hour, or some hours after the stop it lies in has ended."""
        if self.is_open(hour):
            return hour
        again = np.flatnonzero(~self.stands[int(hour) :])
        return int(hour) + float(again[0] if again.size else self.plant.hours) + self.rng.uniform(2.0, 20.0)

    def plain(self, code: str, first: int, last: int) -> bool:
        """Are all values of some hours normal, with the plant at work?"""
        if first < 1 or last > self.plant.hours:
            return False
        part = slice(first, last)
        return bool(self.plant.series[code].valid(part).all() and not self._busy[part].any())

    @cached_property
    def _busy(self) -> Bools:
        """Hours with a mark; asked for when all marks are made. [T]"""
        return self.plant.marked("stopped", "starting", "stopping", "maintenance", "calibration", "fault")


def energy(plants: Sequence[Plant], role: str) -> Doubles:
    """kWh of each day drawn by the machines of a role. [D]"""
    days = plants[0].hours // DAY
    kw = [meter.kw for plant in plants for meter in plant.meters.values() if meter.role == role]
    slots = np.nansum(kw, axis=0) if kw else np.zeros(days * DAY * SLOTS)
    whole = slots[: days * DAY * SLOTS].reshape(days, -1)
    return np.asarray(whole.sum(axis=1) / SLOTS, np.float64)
