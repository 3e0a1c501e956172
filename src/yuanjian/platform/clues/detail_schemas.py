"""The shape of one clue with everything around it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ninja import Field, Schema

from yuanjian.platform.clues.schemas import (
    Action,
    ClueHead,
    ClueRow,
    FactorRef,
    ModelRef,
    WholePrecision,
    Window,
)
from yuanjian.platform.common.schemas import ActivityRow
from yuanjian.platform.evidence.schemas import FileRow
from yuanjian.platform.orders.schemas import OrderRow
from yuanjian.platform.portal.schemas import NoticeRow


class FindingModel(ModelRef):
    """The model that speaks, as it was then."""

    version: int
    hash: str
    certainty: str
    status: str


class Both(Schema):
    """A text in both languages."""

    text: str
    text_en: str


class FindingOut(Schema):
    """One model's claim with everything needed to judge it."""

    id: int
    model: FindingModel
    class_: str = Field(alias="class")
    level: int
    start: datetime
    end: datetime
    open: bool
    withdrawn_at: datetime | None
    factor: FactorRef | None
    claim: str
    claim_en: str
    description: str
    description_en: str
    measures: dict[str, Any]
    crossed: dict[str, Any]
    next_level: dict[str, Any] | None
    counts_as: int
    thresholds: dict[str, str]
    thresholds_en: dict[str, str]
    threshold_source: str
    threshold_source_en: str
    exclusions: list[dict[str, Any]]
    episodes: list[tuple[datetime, datetime]]
    measured: list[Both]
    basis: list[str]
    basis_en: list[str]
    false_positives: list[str]
    false_positives_en: list[str]
    check_on_site: list[str]
    check_on_site_en: list[str]
    input_hash: str
    precision: WholePrecision


class VerdictOut(Schema):
    """What became clear about a model in this clue."""

    model_code: str
    right: str
    right_text: str
    reason: str
    by: str
    at: datetime


class History(Schema):
    """The other clues of the enterprise: how many, how many confirmed by a verdict, how many not valid."""

    clues: int
    confirmed: int
    rejected: int
    items: list[ClueRow]


class ReasonRow(Schema):
    """A reason to call a clue not valid."""

    code: str
    text: str
    text_en: str


class KindChance(Schema):
    """How likely one kind is."""

    kind: str
    text: str
    text_en: str
    p: float


class KindReason(Schema):
    """Something that speaks for the likeliest kind."""

    text: str
    text_en: str


class KindOut(Schema):
    """What M734 holds for the likeliest kind of a clue, and why; for reading, it decides nothing."""

    kind: str
    text: str
    text_en: str
    p: float
    strength: str
    strength_en: str
    chances: list[KindChance]
    because: list[KindReason]
    at: datetime
    artefact: str
    model_status: str


class ClueDetail(ClueHead):
    """Everything about a clue."""

    likely: KindOut | None

    findings: list[FindingOut]
    decision: str
    reason: str
    note: str
    merged_into: int | None
    window: Window
    timeline: list[ActivityRow]
    history: History
    similar: list[ClueRow]
    evidence: list[FileRow]
    notices: list[NoticeRow]
    orders: list[OrderRow]
    verdicts: list[VerdictOut]
    actions: list[Action]
    reasons: list[ReasonRow]
