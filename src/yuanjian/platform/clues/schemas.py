"""Shapes of clues and models. `class` is a reserved word, so those fields have an alias."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from ninja import Field, Schema

from yuanjian.platform.common.schemas import ActivityRow, Named, OutletRef


class MediumOutletRef(OutletRef):
    """An outlet with its medium."""

    medium: str


class FactorRef(Schema):
    """A factor by code."""

    code: str
    name: str
    name_en: str


class ModelRef(Schema):
    """A model by code."""

    code: str
    title: str
    title_en: str


class ClueHead(Schema):
    """What list and detail share; `suggested` is “check” for falsification below level 1."""

    id: int
    number: str
    level: int
    state: str
    state_text: str
    class_: str = Field(alias="class")
    class_text: str
    class_text_en: str
    title: str
    title_en: str
    enterprise: Named
    outlet: MediumOutletRef
    region_name: str
    factors: list[FactorRef]
    models: list[ModelRef]
    first_at: datetime
    last_at: datetime
    open: bool
    claimed_by: Named | None
    suggested: Literal["remind", "warn", "order", "check"]


class ClueRow(ClueHead):
    """A line of the clue pool; `findings` is their number."""

    findings: int


class ClueCounts(Schema):
    """Numbers beside the filters: per level within the chosen states, per state within the chosen levels."""

    level: dict[str, int]
    state: dict[str, int]


class Clues(Schema):
    """A page of clues."""

    items: list[ClueRow]
    total: int
    counts: ClueCounts


class Precision(Schema):
    """How often a model was right: `value` is right / (right + wrong), null where nothing was judged."""

    right: int
    wrong: int
    unsure: int
    value: float | None


class VersionPrecision(Precision):
    """The precision of one version."""

    version: int


class WholePrecision(Precision):
    """The precision over all versions, and of each."""

    versions: list[VersionPrecision]


class Window(Schema):
    """A span of time to show."""

    start: datetime
    end: datetime


class Action(Schema):
    """What the signed-in user may do; if not, why not."""

    action: str
    text: str
    allowed: bool
    unmet: list[str]
    unmet_en: list[str]


class Decided(Schema):
    """Who put a model into its status here, when and why."""

    by: str
    at: datetime
    reason: str


class ModelRow(Schema):
    """A line of the models page; `recommended` is the status in the catalogue, `run` how often it runs."""

    code: str
    title: str
    title_en: str
    class_: str = Field(alias="class")
    class_text: str
    class_text_en: str
    status: str
    status_text: str
    status_text_en: str
    recommended: str
    decided: Decided | None
    run: str
    run_text: str
    kernel: str
    version: int
    hash: str
    certainty: str
    inputs: list[str]
    inputs_en: list[str]
    levels: dict[str, str]
    levels_en: dict[str, str]
    precision: WholePrecision
    last_run_at: datetime | None
    last_count: int | None
    hits_30d: int
    coverage: float | None
    runtime_ms: int | None


class Models(Schema):
    """All models."""

    items: list[ModelRow]
    total: int


class RunRow(Schema):
    """One run of a model."""

    version: int
    at: datetime
    start: datetime
    end: datetime
    seconds: float
    series: int
    covered: float
    findings: int
    suppressed: int


class TrainedRow(Schema):
    """What a model has learned: an artefact, when and of what, and who put it in force."""

    hash: str
    state: Literal["in_force", "draft", "outdated"]
    state_text: str
    state_text_en: str
    model_version: int
    industry: str
    start: datetime
    end: datetime
    outlets: int
    seed: int
    libraries: dict[str, str]
    metrics: dict[str, float]
    by: str | None
    at: datetime | None
    reason: str


class ModelDetail(ModelRow):
    """Everything about a model."""

    description: str
    description_en: str
    params: dict[str, Any]
    where: str
    own: bool
    may_decide: bool
    basis: list[str]
    basis_en: list[str]
    excludes: list[str]
    false_positives: list[str]
    false_positives_en: list[str]
    check_on_site: list[str]
    check_on_site_en: list[str]
    evidence: list[str]
    clues: list[ClueRow]
    timeline: list[ActivityRow]
    runs: list[RunRow]
    trained: list[TrainedRow] | None


class VerdictIn(Schema):
    """Was the model right?"""

    model_code: str = Field(max_length=12)
    right: Literal["yes", "no", "unsure"]
    reason: str = Field("", max_length=2000)


class VerdictsIn(Schema):
    """What became clear, said later."""

    verdicts: list[VerdictIn] = Field(min_length=1)


class DecideIn(Schema):
    """A decision; which fields are needed depends on the action and is told when refused."""

    action: Literal["claim", "invalid", "remind", "warn", "order", "merge"]
    reason: str | None = Field(None, max_length=500)
    note: str | None = Field(None, max_length=2000)
    text: str | None = Field(None, max_length=4000)
    into: int | None = None
    assignee_id: int | None = None
    due_days: int | None = Field(None, ge=1, le=90)
    verdicts: list[VerdictIn] = []
