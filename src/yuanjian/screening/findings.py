"""What a run hands on: findings with everything a person needs to judge them, and one record per model."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal, TypedDict

ExclusionResult = Literal["excluded", "not_excluded", "unknown", "not_applicable"]


class Crossed(TypedDict):
    """The threshold that was crossed: which measure, its value and the sentence about it."""

    level: int
    measure: str
    value: float
    unit: str
    text: str
    text_en: str


class NextLevel(TypedDict):
    """What the next more severe level would have needed."""

    level: int
    text: str
    text_en: str


class Exclusion(TypedDict):
    """One exclusion that was tested: `excluded` means periods of the window were left out because of it."""

    code: str
    text: str
    text_en: str
    result: ExclusionResult
    detail: str
    detail_en: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One model's claim about one outlet (and factor): a connected run of episodes.

    Times are UTC; ``end`` is the end of the last hit period. ``key`` is stable: the same violation found by a
    later or a longer run has the same key, so a caller updates instead of adding.
    """

    model: str
    model_version: int
    model_hash: str
    class_: str
    outlet: int
    enterprise: int
    region: str
    point: int
    factor: str | None
    level: int
    start: datetime
    end: datetime
    open: bool
    episodes: list[tuple[datetime, datetime]]
    score: float
    measures: dict[str, float | str]
    claim: str
    claim_en: str
    crossed: Crossed
    next_level: NextLevel | None
    thresholds: dict[str, str]
    threshold_source: str
    exclusions: list[Exclusion]
    basis: list[str]
    input_hash: str
    key: str

    def as_dict(self) -> dict[str, Any]:
        """Plain values (datetimes stay datetimes), for a JSON encoder or a table row."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ModelRun:
    """How one model's run went: ``series`` it looked at, ``covered`` share it could judge (0–1)."""

    code: str
    version: int
    seconds: float
    series: int
    covered: float
    findings: int
    suppressed: int = 0


@dataclass(frozen=True, slots=True)
class RunReport:
    """All findings of a run that touch its window, ordered by model, outlet, factor and start.

    ``suppressed`` are apart: somebody decided not to hear them for a time, and they stay countable.
    """

    findings: list[Finding]
    runs: list[ModelRun] = field(default_factory=list)
    suppressed: list[Finding] = field(default_factory=list)
