"""Shapes of the model builder."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from ninja import Field, Schema

from yuanjian.platform.clues.builder_form import Form
from yuanjian.platform.clues.model_schemas import BacktestRow, MeasureOut
from yuanjian.platform.clues.schemas import Action
from yuanjian.platform.common.schemas import ActivityRow, Named


class Option(Schema):
    """A value with its words."""

    value: str
    zh: str
    en: str


class ParamOut(Schema):
    """A number or choice of a block; `unit` "factor" is that of the factors chosen."""

    name: str
    kind: Literal["choice", "number", "integer"]
    zh: str
    en: str
    default: float | str | None
    unit: str
    min: float
    max: float
    choices: list[Option]
    hint: str
    hint_en: str


class BlockOut(Schema):
    """A condition a model can be built of; `measures` are those a level may be set for."""

    name: str
    data: Literal["hour", "day", "power"]
    title: str
    title_en: str
    explain: str
    explain_en: str
    media: list[str]
    subject: list[Option]
    category: str
    params: list[ParamOut]
    measures: list[MeasureOut]
    levels: dict[str, dict[str, float]]
    clear_after: int
    excludes: list[Option]
    suggested: list[str]
    always: list[Option]
    basis: list[str]
    every_factor: bool


class BasisOut(Schema):
    """A legal basis with the days of acts it applies to; `now`: it applies to an act of today."""

    name: str
    text: str
    text_en: str
    since: date | None
    until: date | None
    now: bool


class BuilderOut(Schema):
    """What the form offers."""

    blocks: list[BlockOut]
    bases: list[BasisOut]
    categories: list[Option]
    region: str


class ProblemOut(Schema):
    """What is missing or wrong, and in which field (`levels.2`, `params.bound` …)."""

    field: str
    text: str
    text_en: str


class Reading(Schema):
    """A form read back: sentences, what is missing, the measures with their words, the content as YAML."""

    sentence: str
    sentence_en: str
    problems: list[ProblemOut]
    measures: list[MeasureOut]
    yaml: str


class OwnRow(Schema):
    """A version of a model built here."""

    id: int
    code: str
    version: int
    title: str
    state: Literal["draft", "review", "approved", "discarded"]
    state_text: str
    state_text_en: str
    complete: bool
    hash: str
    block: str
    block_title: str
    block_title_en: str
    region_code: str
    region_name: str
    author: Named
    editor: Named
    updated_at: datetime
    decided_by: Named | None
    decided_at: datetime | None
    decided_reason: str
    in_force: bool
    status: str
    status_text: str
    status_text_en: str


class OwnRows(Schema):
    """Versions of the user's region, newest first; `counts` by state."""

    items: list[OwnRow]
    total: int
    counts: dict[str, int]


class OwnOut(OwnRow):
    """One version with its form, read back, its previews and what happened to it."""

    form: dict[str, Any]
    reading: Reading
    actions: list[Action]
    previews: list[BacktestRow]
    previewed: int | None
    versions: list[OwnRow]
    timeline: list[ActivityRow]


class DraftReviewIn(Schema):
    """Approve or return."""

    approve: bool
    reason: str = Field(max_length=500)


class FormIn(Form):
    """The form as it is saved."""
