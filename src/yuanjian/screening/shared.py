"""What models compute of the same subjects is computed once.

Most of a run is the preparation of arrays: values as float64, masks, limits. Models of one scene mostly look
at a few lists of subjects; the engine asks those with the same list one after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from contextlib import nullcontext
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from yuanjian.screening.task import Task

T = TypeVar("T")


class lazy(cached_property[T]):  # noqa: N801 — used as the decorator it is
    """A cached property without a lock: a scene and its tasks belong to one thread.

    The lock of Python 3.11 is one for all objects, so threads would wait for the arrays of each other's.
    """

    def __init__(self, make: Callable[[Any], T]) -> None:
        super().__init__(make)
        self.lock = nullcontext()


class Shared:
    """Results for one list of subjects; another list ends them, so memory stays that of one list.

    What it hands out belongs to all models: nobody writes into it.
    """

    def __init__(self) -> None:
        self._subjects: Sequence[object] = ()
        self._known: dict[Hashable, Any] = {}

    def once(self, subjects: Sequence[object], what: Hashable, make: Callable[[], T]) -> T:
        """The result for that list (the same object), made if nobody has."""
        if subjects is not self._subjects:
            self._subjects, self._known = subjects, {}
        if what not in self._known:
            self._known[what] = make()
        result: T = self._known[what]
        return result


def shared(*on: str) -> Callable[[Callable[[Task], T]], lazy[T]]:
    """A cached property of a task, the same for all models with its subjects, grid and properties ``on``."""

    def wrap(make: Callable[[Task], T]) -> lazy[T]:
        @wraps(make)
        def get(task: Task) -> T:
            if task.whole:
                return task.part(cast("T", getattr(task.whole, make.__name__)))
            what = (make.__name__, task.grid.step, *(getattr(task, name) for name in on))
            return task.scene.shared.once(task.subjects, what, lambda: make(task))

        return lazy(get)

    return wrap
