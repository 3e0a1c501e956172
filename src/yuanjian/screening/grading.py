"""How bad findings are together: a statistical sign alone is a lead, never a work order.

Level 1 needs a broken rule, a physical contradiction or two independent models (design proposal [D];
models.csv gives the method of each model). A model says so with ``level1_needs: second_model``;
what has learned asks for rules beside it (``one_rule``, ``two_rules``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from yuanjian.screening.model import Model

TOGETHER = timedelta(hours=24)
"""Findings nearer than this tell of the same event, as clues merge them."""
COUNTS = 2
"""A second model counts if it reaches a warning by itself."""


class Graded(Protocol):
    """What grading looks at of a finding."""

    @property
    def model(self) -> str:
        """Code of its model."""

    @property
    def level(self) -> int:
        """Its level by its own thresholds."""

    @property
    def start(self) -> datetime:
        """When it begins."""

    @property
    def end(self) -> datetime:
        """When it ends."""


def level_of(finding: Graded, findings: Sequence[Graded], models: Mapping[str, Model]) -> int:
    """The level a finding gives its clue: 2 instead of 1 where its model needs a second one and none is near.

    A model nobody knows any more stands by its level. Independent is another method: the same measure under
    another code proves nothing new.
    """
    model = models.get(finding.model)
    if finding.level > 1 or model is None or not model.second_model:
        return finding.level
    beside = [models[other.model] for other in findings if _supports(model, finding, other, models)]
    rules = {_method(other) for other in beside if not other.second_model}
    return 1 if beside and len(rules) >= model.rules else 2


def worst(findings: Sequence[Graded], models: Mapping[str, Model]) -> int:
    """The level of a clue of these findings; raises `ValueError` without any."""
    return min(level_of(finding, findings, models) for finding in findings)


WRITTEN_OUT = frozenset({"condition_run", "condition_days"})
"""Kernels whose models say in ``params`` what they measure."""


OF_DELIVERY = frozenset({"gap_run", "transmission", "capture"})
"""Kernels that tell how much came: that hours are missing proves nothing about those that are there."""


def _method(model: Model) -> tuple[str, str]:
    """What a model measures, whatever its code and thresholds are."""
    return model.kernel, repr(model.params) if model.kernel in WRITTEN_OUT else ""


def _supports(model: Model, finding: Graded, other: Graded, models: Mapping[str, Model]) -> bool:
    second = models.get(other.model)
    if second is None or second.kernel in OF_DELIVERY or other.level > COUNTS:
        return False
    if _method(second) == _method(model):
        return False
    return other.start - TOGETHER <= finding.end and finding.start <= other.end + TOGETHER
