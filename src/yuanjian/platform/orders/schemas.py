"""Shapes of work orders, inspections and rectifications."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from ninja import Field, Schema

from yuanjian.platform.clues.schemas import Action, ClueRow, ModelRef, VerdictIn, Window
from yuanjian.platform.common.schemas import ActivityRow, Named, OutletRef
from yuanjian.platform.evidence.schemas import FileRow
from yuanjian.platform.inspections.schemas import InspectionOut


class OrderRow(Schema):
    """A line of the list of orders."""

    id: int
    number: str
    title: str
    title_en: str
    level: int
    state: str
    state_text: str
    enterprise: Named
    outlet: OutletRef | None
    region_name: str
    assignee: Named | None
    due_at: datetime
    overdue: bool
    created_at: datetime
    clue_id: int | None


class Orders(Schema):
    """A page of orders; `counts` per state, and the overdue."""

    items: list[OrderRow]
    total: int
    counts: dict[str, int]


class Instruction(Schema):
    """What to check, and the claim that asks for it."""

    n: int
    text: str
    why: str


class RectificationRow(Schema):
    """What the enterprise has to put right."""

    id: int
    order_id: int
    order_number: str
    enterprise: Named
    requirement: str
    due_at: datetime
    overdue: bool
    state: str
    state_text: str
    report: str
    reported_at: datetime | None
    files: list[FileRow]
    reviewed_by: str | None
    review_note: str
    actions: list[Action]


class Rectifications(Schema):
    """A page of rectifications."""

    items: list[RectificationRow]
    total: int


class OrderDetail(OrderRow):
    """Everything about an order."""

    instructions: list[Instruction]
    clue: ClueRow | None
    claim: str | None
    claim_en: str | None
    models: list[ModelRef]
    window: Window | None
    inspection: InspectionOut | None
    rectifications: list[RectificationRow]
    timeline: list[ActivityRow]
    actions: list[Action]


class Officer(Schema):
    """Somebody who could be sent."""

    id: int
    name: str
    region_code: str
    region_name: str
    open_orders: int


class StartIn(Schema):
    """Where the officer is; the position may be missing."""

    lon: float | None = Field(None, ge=-180, le=180)
    lat: float | None = Field(None, ge=-90, le=90)


class ReassignIn(Schema):
    """Another officer, and why."""

    assignee_id: int
    reason: str = Field("", max_length=500)


class RequirementIn(Schema):
    """What has to be put right, and until when."""

    requirement: str = Field(max_length=2000)
    due_days: int = Field(15, ge=1, le=180)


class FinishIn(Schema):
    """The result of an inspection; what is missing is told when refused."""

    conclusion: Literal["problem", "no_problem", ""] = ""
    summary: str = Field("", max_length=8000)
    verdicts: list[VerdictIn] = []
    next: Literal["close", "rectify"] = "close"
    rectification: RequirementIn | None = None


class NoteIn(Schema):
    """A note, if there is one."""

    note: str = Field("", max_length=2000)


class ReportIn(Schema):
    """What the enterprise put right, with proof."""

    text: str = Field("", max_length=4000)
    file_ids: list[int] = Field([], max_length=20)


class RectificationReviewIn(Schema):
    """Accept the report, or return it with a note."""

    accept: bool
    note: str = Field("", max_length=2000)
