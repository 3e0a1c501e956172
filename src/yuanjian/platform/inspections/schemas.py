"""Shapes of the inspection form."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from ninja import Field, Schema

from yuanjian.platform.common.schemas import Named
from yuanjian.platform.evidence.schemas import FileRow


class Answer(Schema):
    """The answer to instruction `n`; `not_checked` needs a note."""

    n: int
    result: Literal["ok", "problem", "not_checked"]
    note: str = Field("", max_length=2000)
    file_ids: list[int] = Field([], max_length=20)


class InspectionIn(Schema):
    """The form as far as it is filled in; `revision` is that of the form it was made from."""

    answers: list[Answer] = Field(max_length=100)
    revision: int | None = Field(None, ge=0)
    summary: str = Field("", max_length=8000)
    lon: float | None = Field(None, ge=-180, le=180)
    lat: float | None = Field(None, ge=-90, le=90)
    file_ids: list[int] = Field([], max_length=50)


class InspectionOut(Schema):
    """What the officer found."""

    officer: Named
    revision: int
    answers: list[Answer]
    conclusion: str | None
    summary: str
    started_at: datetime
    finished_at: datetime | None
    lon: float | None
    lat: float | None
    files: list[FileRow]
