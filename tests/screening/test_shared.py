"""What models share is computed once, and nobody writes into it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import numpy as np
import pytest
from province import START, province

from yuanjian.screening import catalogue, engine
from yuanjian.screening.shared import Shared, lazy
from yuanjian.screening.thresholds import CataloguePolicy, Confirmation

MODELS = catalogue.load()
POLICY = CataloguePolicy(MODELS.models, {model.code: Confirmation("测试", "测试") for model in MODELS})


def test_a_result_is_made_once_for_a_list_and_again_for_another() -> None:
    shared, made = Shared(), []
    one, other = ("a",), ("a", "b")

    def ask(subjects: Sequence[str], what: Hashable) -> int:
        return shared.once(subjects, what, lambda: made.append(what) or len(made))

    assert [ask(one, "x"), ask(one, "x"), ask(one, "y"), ask(other, "x"), ask(one, "x")] == [1, 1, 2, 3, 4]


def arrays(value: Any) -> Iterator[np.ndarray]:
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, tuple):
        for part in value:
            yield from arrays(part)
    elif hasattr(value, "__dict__"):
        for part in vars(value).values():
            yield from arrays(part)


class Watched(Shared):
    """Remembers what the arrays held when they were made."""

    seen: list[tuple[Hashable, np.ndarray, bytes]]

    def once(self, subjects: Sequence[object], what: Hashable, make: Callable[[], Any]) -> Any:
        fresh = subjects is not self._subjects or what not in self._known
        result = super().once(subjects, what, make)
        if fresh:
            self.seen += [(what, array, array.tobytes()) for array in arrays(result)]
        return result


def test_no_model_writes_into_what_others_read(monkeypatch: pytest.MonkeyPatch) -> None:
    Watched.seen = []
    monkeypatch.setattr("yuanjian.screening.scene.Shared", Watched)
    readings, registry, end = province(5)
    engine.run(MODELS, readings, registry, POLICY, start=START, end=end, now=end)
    assert len(Watched.seen) > 100
    assert [what for what, array, before in Watched.seen if array.tobytes() != before] == []


def test_threads_prepare_scenes_of_their_own_at_the_same_time() -> None:
    """With a lock for all objects neither would meet the other."""
    meeting = Barrier(2, timeout=10)

    class Slow:
        @lazy
        def arrays(self) -> int:
            return meeting.wait()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(lambda slow: slow.arrays, [Slow(), Slow()])) == [0, 1]
