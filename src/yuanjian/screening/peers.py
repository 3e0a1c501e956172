"""What models that compare outlets know of all of them, gathered part by part.

A province does not fit into memory at once. Such a model first makes something small of every outlet — a mean
a week, the hours it was silent (`methods.GATHER`) — and then judges each part of the outlets beside all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from threading import RLock
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from yuanjian.screening.model import Model
    from yuanjian.screening.ports import OutletContext
    from yuanjian.screening.scene import Scene
    from yuanjian.screening.task import Subject

Outlets = tuple["OutletContext", ...]
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Gathered:
    """Subjects of all outlets, and arrays with a row for each of them."""

    subjects: tuple[Subject, ...]
    arrays: Mapping[str, npt.NDArray[Any]]
    _known: dict[str, Any] = field(default_factory=dict)
    _turn: RLock = field(default_factory=RLock)

    @classmethod
    def joined(cls, parts: Sequence[Gathered]) -> Gathered:
        """Several parts as one; at least one."""
        subjects = tuple(subject for part in parts for subject in part.subjects)
        names = parts[0].arrays
        return cls(subjects, {name: np.concatenate([part.arrays[name] for part in parts]) for name in names})

    def places(self, outlets: Iterable[OutletContext]) -> npt.NDArray[np.int64]:
        """The rows of some outlets, where every outlet has one."""
        subjects = self.subjects
        known = self.once("place of outlet", lambda: {s.outlet.outlet: at for at, s in enumerate(subjects)})
        return np.array([known[outlet.outlet] for outlet in outlets], np.int64)

    def rows(self, subjects: Iterable[Subject]) -> npt.NDArray[np.int64]:
        """The rows of some subjects."""
        known = self.once("row of series", lambda: {s.key: at for at, s in enumerate(self.subjects)})
        return np.array([known[subject.key] for subject in subjects], np.int64)

    def once(self, what: str, make: Callable[[], T]) -> T:
        """What follows from all outlets together, made for the first part that asks; the others wait for it.

        Made for each part, it would cost the square of the outlets.
        """
        with self._turn:
            if what not in self._known:
                self._known[what] = make()
            return cast("T", self._known[what])

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        """An array by its name."""
        return self.arrays[name]


class Peers:
    """All outlets in parts, and what was gathered of them; for any thread.

    ``parts``: outlets to load together, and the same in groups to look at together. ``gather``: what a model
    makes of a scene.
    """

    def __init__(
        self,
        parts: Sequence[tuple[Outlets, Sequence[Outlets]]],
        gather: Callable[[Model, Scene], Gathered],
    ) -> None:
        self._parts, self._gather = parts, gather
        self._known: dict[tuple[str, datetime], Gathered] = {}
        self._turn = RLock()

    def prepare(
        self, models: Sequence[Model], like: Scene, each: Callable[..., Iterable[list[list[Gathered]]]]
    ) -> None:
        """Gather for several models while every part is opened once; ``each`` maps over the parts."""

        def of_part(part: tuple[Outlets, Sequence[Outlets]]) -> list[list[Gathered]]:
            loaded = like.of(part[0])
            return [[self._gather(model, scene) for model in models] for scene in map(loaded.part, part[1])]

        if models and len(self._parts) > 1:
            of_groups = list(chain.from_iterable(each(of_part, self._parts)))
            for at, model in enumerate(models):
                self._known[model.code, like.start] = Gathered.joined([group[at] for group in of_groups])

    def of(self, model: Model, scene: Scene) -> Gathered:
        """What the model gathers of all outlets from the scene's start on; of the scene, if it holds all."""
        key = model.code, scene.start
        with self._turn:
            if key not in self._known:
                everybody = [outlets for outlets, _ in self._parts]
                whole = len(everybody) == 1 and len(scene.outlets) == len(everybody[0])
                scenes = [scene] if whole else (scene.of(outlets) for outlets in everybody)
                self._known[key] = Gathered.joined([self._gather(model, one) for one in scenes])
            return self._known[key]
