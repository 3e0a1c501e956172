"""What models that compare outlets know of all of them, gathered part by part.

A province does not fit into memory at once. Such a model first makes something small of every outlet — a mean
a week, the hours it was silent (`methods.GATHER`) — and then judges each part of the outlets beside all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import RLock
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from yuanjian.screening.model import Model
    from yuanjian.screening.ports import OutletContext
    from yuanjian.screening.scene import Scene
    from yuanjian.screening.task import Subject

Outlets = tuple["OutletContext", ...]


@dataclass(frozen=True, eq=False)
class Gathered:
    """Subjects of all outlets, and arrays with a row for each of them."""

    subjects: tuple[Subject, ...]
    arrays: Mapping[str, npt.NDArray[Any]]

    @classmethod
    def joined(cls, parts: Sequence[Gathered]) -> Gathered:
        """Several parts as one; at least one."""
        subjects = tuple(subject for part in parts for subject in part.subjects)
        names = parts[0].arrays
        return cls(subjects, {name: np.concatenate([part.arrays[name] for part in parts]) for name in names})

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        """An array by its name."""
        return self.arrays[name]


class Peers:
    """All outlets in parts, and what was gathered of them; for any thread.

    ``opened``: a scene of some outlets from an instant on; ``gather``: what a model makes of a scene.
    """

    def __init__(
        self,
        parts: Sequence[Outlets],
        opened: Callable[[Outlets, datetime], Scene],
        gather: Callable[[Model, Scene], Gathered],
    ) -> None:
        self._parts, self._opened, self._gather = parts, opened, gather
        self._known: dict[tuple[str, datetime], Gathered] = {}
        self._turn = RLock()

    def __len__(self) -> int:
        """Number of parts."""
        return len(self._parts)

    def prepare(
        self, models: Sequence[Model], start: datetime, each: Callable[..., Iterable[list[Gathered]]]
    ) -> None:
        """Gather for several models while every part is opened once; ``each`` maps over the parts."""
        if not models:
            return

        def of_part(part: Outlets) -> list[Gathered]:
            scene = self._opened(part, start)
            return [self._gather(model, scene) for model in models]

        for model, gathered in zip(models, zip(*each(of_part, self._parts), strict=True), strict=True):
            self._known[model.code, start] = Gathered.joined(gathered)

    def of(self, model: Model, scene: Scene) -> Gathered:
        """What the model gathers of all outlets from the scene's start on; of the scene, if it holds all."""
        key = model.code, scene.start
        with self._turn:
            if key not in self._known:
                whole = len(self._parts) == 1 and len(scene.outlets) == len(self._parts[0])
                scenes = [scene] if whole else (self._opened(part, scene.start) for part in self._parts)
                self._known[key] = Gathered.joined([self._gather(model, one) for one in scenes])
            return self._known[key]
