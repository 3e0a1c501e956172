"""Conditions over process parameters, written down in a model's parameters.

A quantity is a name or a list of a name and its arguments (``own``, ``[signal, slurry_ph]``,
``[spearman, own, load, 7]``); `proc_conditions.QUANTITIES` lists them. A term compares one with a number:
``{of: own, below: 0.3, against: usual}``. All terms of an alternative must hold; any alternative is enough.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from yuanjian.screening.kernels import day_quantile, trailing_median
from yuanjian.screening.scene import DAY
from yuanjian.screening.task import Task

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Spec = str | Sequence[Any]
Term = Mapping[str, Any]
RECENT = 24
"""Samples before each one that make what was there just now."""


@dataclass(frozen=True, eq=False)
class Sight:
    """Quantities [S, T] on the grid of a task, NaN where nothing is known; each is computed once.

    ``fine``: the series of the subjects are refined by minute values where the model hints at it.
    """

    task: Task
    quantities: Mapping[str, Callable[..., Floats]]
    fine: bool = True
    _seen: dict[str, Floats] = field(default_factory=dict)

    def of(self, spec: Spec) -> Floats:
        """A quantity by name and arguments."""
        key = repr(spec)
        if key not in self._seen:
            name, *arguments = (spec,) if isinstance(spec, str) else spec  # type: ignore[str-unpack]
            self._seen[key] = self.quantities[name](self, *arguments)
        return self._seen[key]

    @property
    def per_hour(self) -> int:
        """Periods of the grid in an hour."""
        return self.task.grid.size // self.task.scene.grid.size

    def on_grid(self, hours: Floats) -> Floats:
        """Hour values on the grid of the task."""
        return np.repeat(hours, self.per_hour, axis=1)

    def usual(self, values: Floats) -> Floats:
        """Median of the ``days`` before each day, at least ``min_days`` of them known and not excluded."""
        baseline = self.task.params["baseline"]
        per_day = round(DAY / self.task.grid.step)
        valid = np.isfinite(values) & self.task.allowed
        least = baseline["min_days"] * per_day
        days = day_quantile(values, valid, per_day, baseline["days"], 0.5, least)
        return np.repeat(days, per_day, axis=1)[:, : self.task.grid.size]

    def recent(self, values: Floats) -> Floats:
        """Median of the day before each period."""
        valid = np.isfinite(values) & self.task.allowed
        return trailing_median(values, valid, RECENT * self.per_hour, RECENT * self.per_hour // 2)

    def design(self, spec: Spec) -> Floats:
        """What design or permit ask of a signal: the subject's own, or the first of a role; [S, 1]."""
        found = np.full((len(self.task.subjects), 1), np.nan)
        for row, subject in enumerate(self.task.subjects):
            signals = subject.outlet.signals
            if isinstance(spec, str):
                of_it = [s for s in signals if (s.point, s.factor) == (subject.point, subject.factor)]
            else:
                of_it = [s for s in signals if s.role == spec[-1]]
            if of_it and of_it[0].design is not None:
                found[row] = of_it[0].design
        return found


def margin(sight: Sight, term: Term) -> Floats:
    """How far a term is fulfilled: positive where it holds, NaN where that is not known; [S, T].

    ``of`` (``minus`` another quantity) ``above`` or ``below`` a number. ``against`` names what it is divided
    by first: ``usual``, ``recent``, ``design`` (with ``default`` where none is known), several: the first
    that is known. ``by: difference`` subtracts instead. What is not known of an ``optional`` term holds.
    """
    values = sight.of(term["of"])
    if "minus" in term:
        values = values - sight.of(term["minus"])
    if "against" in term:
        values = _against(sight, term, values)
    beyond = values - term["above"] if "above" in term else term["below"] - values
    return np.where(np.isnan(beyond), np.inf, beyond) if term.get("optional") else np.asarray(beyond)


def _against(sight: Sight, term: Term, values: Floats) -> Floats:
    named = term["against"]
    base = np.full(values.shape, np.nan)
    for way in [named] if isinstance(named, str) else named:
        known = sight.design(term["of"]) if way == "design" else getattr(sight, way)(values)
        base = np.where(np.isfinite(base), base, known)
    base = np.where(np.isfinite(base), base, term.get("default", np.nan))
    if term.get("by") == "difference":
        return np.asarray(values - base)
    return np.asarray(values / np.where(base > 0, base, np.nan))


def any_of(sight: Sight, alternatives: Sequence[Sequence[Term]]) -> tuple[Bools, Bools]:
    """Where it is known whether one of the alternatives holds, and where one does; [S, T] each."""
    known = np.zeros(sight.task.shape, np.bool_)
    holds = np.zeros(sight.task.shape, np.bool_)
    for terms in alternatives:
        least = np.min([margin(sight, term) for term in terms], axis=0)
        known |= ~np.isnan(least)
        holds |= least > 0
    return known, holds
