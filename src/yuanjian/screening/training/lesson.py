"""What training looks at, and what it hands over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from yuanjian.screening import subjects
from yuanjian.screening.model import Model
from yuanjian.screening.ports import Readings, Registry
from yuanjian.screening.scene import Scene, midnight
from yuanjian.screening.task import Task

Floats = npt.NDArray[np.float64]
LEARN = 2 / 3
"""Share of the days, the earlier ones, that is learned; the later ones tell what is usual."""


@dataclass(frozen=True)
class Learned:
    """Arrays of an artefact, the outlets they know, names of the features, and how good it is."""

    arrays: Mapping[str, npt.NDArray[Any]]
    outlets: list[int]
    features: list[str]
    metrics: Mapping[str, float]
    more: Mapping[str, Any] = field(default_factory=dict)


Trainer = Callable[[Task, int], Learned | None]
"""Learns from a task with a seed; None: too little to learn from."""


def lesson(
    model: Model, readings: Readings, registry: Registry, start: datetime, end: datetime, industry: str
) -> Task:
    """The model over the hours of the window, on all outlets of the industry that have what it needs."""
    needs = [need for need in model.inputs["needs"] if need != "trained"]
    untrained = replace(model, inputs={**model.inputs, "needs": needs})
    outlets = tuple(o for o in registry.outlets() if o.industry.startswith(industry))
    first, last = midnight(start.astimezone(UTC)), end.astimezone(UTC)
    scene = Scene(outlets, readings.snapshot(), registry, first, last, last, first)
    found = subjects.of_model(untrained, scene)
    return Task(untrained, scene, found, scene.grid)


def split(rows: int) -> int:
    """How many of the rows, in order of time, are learned."""
    return int(rows * LEARN)
