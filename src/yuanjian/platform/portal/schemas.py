"""Shapes of notices and of the enterprise's page."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from ninja import Field, Schema

from yuanjian.platform.clues.schemas import Action, VerdictIn, Window
from yuanjian.platform.common.schemas import ActivityRow, Named, OutletRef
from yuanjian.platform.evidence.schemas import FileRow
from yuanjian.platform.orders.schemas import RectificationRow


class NoticeRow(Schema):
    """A line of the list of notices; `clue_id` is null for the enterprise."""

    id: int
    number: str
    level: int
    kind: Literal["reminder", "warning"]
    kind_text: str
    state: str
    state_text: str
    enterprise: Named
    outlet: OutletRef
    text: str
    sent_at: datetime
    read_at: datetime | None
    due_at: datetime
    overdue: bool
    clue_id: int | None


class Notices(Schema):
    """A page of notices; `counts` per state and overdue."""

    items: list[NoticeRow]
    total: int
    counts: dict[str, int]


class ReplyRow(Schema):
    """What the enterprise wrote."""

    id: int
    kind: Literal["answer", "objection"]
    text: str
    files: list[FileRow]
    author: str
    at: datetime


class NoticeDetail(NoticeRow):
    """Everything about a notice."""

    replies: list[ReplyRow]
    review_note: str
    window: Window
    timeline: list[ActivityRow]
    actions: list[Action]


class AnswerIn(Schema):
    """An answer or an objection."""

    kind: Literal["answer", "objection"] = "answer"
    text: str = Field(max_length=4000)
    file_ids: list[int] = Field([], max_length=20)


class NoticeReviewIn(Schema):
    """Accept the answer or not; verdicts may be given with it or later."""

    accept: bool
    note: str = Field("", max_length=2000)
    verdicts: list[VerdictIn] = []


class HomeEnterprise(Named):
    """The enterprise that is signed in."""

    short_name: str
    region_name: str
    permit_no: str
    address: str


class HomeOutlet(Schema):
    """An outlet with its newest values and the limits in force today."""

    id: int
    code: str
    name: str
    medium: str
    latest: list[dict[str, Any]]
    limits: list[dict[str, Any]]


class Home(Schema):
    """The enterprise's own page."""

    enterprise: HomeEnterprise
    outlets: list[HomeOutlet]
    notices: list[NoticeRow]
    rectifications: list[RectificationRow]
