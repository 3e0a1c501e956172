"""Shapes of what people adjust and try about models."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from ninja import Field, Schema

from yuanjian.platform.clues.schemas import FactorRef, Precision
from yuanjian.platform.common.schemas import Named, OutletRef

Condition = list[dict[str, float]] | None
Status = Literal["draft", "trial", "live", "retired"]
Level = Literal["1", "2", "3"]


class MeasureOut(Schema):
    """A number a threshold may be set for; `scale` turns it into what is shown (100: percent)."""

    name: str
    zh: str
    en: str
    unit: str
    decimals: int
    flag: bool
    scale: float


class Level1(Schema):
    """Whether level 1 is on: by the catalogue (`confirmed_by`) or by a named person."""

    on: bool
    confirmed_by: str | None
    by: Named | None
    at: datetime | None
    reason: str


class ThresholdRow(Schema):
    """Levels set for a scope; null switches a level off. `texts` say the same in words."""

    id: int
    model_code: str
    model_title: str
    model_title_en: str
    scope: Literal["industry", "region", "enterprise"]
    scope_text: str
    value: str
    value_text: str
    value_text_en: str
    levels: dict[Level, Condition]
    texts: dict[str, str]
    texts_en: dict[str, str]
    valid_from: date
    valid_to: date | None
    state: Literal["proposed", "in_force", "rejected"]
    state_text: str
    author: Named
    reason: str
    created_at: datetime
    decided_by: Named | None
    decided_at: datetime | None
    decided_reason: str
    may_approve: bool
    may_end: bool


class Thresholds(Schema):
    """Thresholds that concern the user's region, newest first."""

    items: list[ThresholdRow]
    total: int


class ModelThresholds(Thresholds):
    """The thresholds of a model, with what the catalogue says and what may be set."""

    defaults: dict[str, dict[str, list[dict[str, float]]]]
    measures: list[MeasureOut]
    level1: Level1


class Proposal(Schema):
    """Whom a threshold is for, and its levels."""

    scope: Literal["industry", "region", "enterprise"]
    value: str = Field(min_length=1, max_length=64)
    levels: dict[Level, Condition] = Field(min_length=1)


class ThresholdIn(Proposal):
    """A new threshold."""

    valid_from: date
    valid_to: date | None = None
    reason: str = Field(max_length=500)


class AdoptTrainedIn(Schema):
    """A trained artefact by its whole hash."""

    artefact: str = Field(min_length=64, max_length=64)
    reason: str = Field(max_length=500)


class DecideThresholdIn(Schema):
    """Approve or reject."""

    approve: bool
    reason: str = Field(max_length=500)


class EndIn(Schema):
    """Let something end."""

    reason: str = Field(max_length=500)
    last_day: date | None = None


class ReasonIn(Schema):
    """Why."""

    reason: str = Field(max_length=500)


class StatusIn(ReasonIn):
    """Another state of a model's life."""

    status: Status


class Level1In(ReasonIn):
    """Level 1 on or off."""

    on: bool


class SuppressionRow(Schema):
    """A model (null: all) kept quiet; `findings` are those it hid so far."""

    id: int
    model_code: str | None
    model_title: str | None
    enterprise: Named
    outlet: OutletRef | None
    start: datetime
    end: datetime
    active: bool
    author: Named
    reason: str
    created_at: datetime
    findings: int


class Suppressions(Schema):
    """Suppressions of the user's region, newest first."""

    items: list[SuppressionRow]
    total: int


class SuppressionIn(ReasonIn):
    """Keep a model quiet for a while."""

    enterprise_id: int
    outlet_id: int | None = None
    model_code: str | None = Field(None, max_length=12)
    start: datetime
    end: datetime


class UnheardRow(Schema):
    """A finding without a clue: of a model on trial, or suppressed."""

    id: int
    why: Literal["trial", "suppressed"]
    level: int
    enterprise: Named
    outlet: OutletRef
    factor: FactorRef | None
    start: datetime
    end: datetime
    open: bool
    claim: str
    claim_en: str


class Unheard(Schema):
    """A page of findings nobody has to deal with."""

    items: list[UnheardRow]
    total: int


class Delay(Schema):
    """Hours from the start of a violation to its finding, of the last 90 days."""

    findings: int
    median_h: float | None
    p90_h: float | None


class Month(Precision):
    """One month: findings by level that began in it, verdicts on clues that did."""

    month: str
    findings: dict[str, int]


class Evaluation(Schema):
    """How good a model is in use."""

    code: str
    precision: Precision
    false_alarm_rate: float | None
    coverage: float | None
    delay: Delay
    months: list[Month]


class BacktestIn(Schema):
    """What to try; without dates the last 30 days, without region the user's own."""

    start: datetime | None = None
    end: datetime | None = None
    region: str = Field("", pattern=r"^(\d{6})?$")
    level1: bool = False
    proposal: Proposal | None = None


class BacktestHit(Schema):
    """One finding of a back-test."""

    outlet_id: int
    outlet: str
    enterprise: str
    factor: str | None
    factor_name: str | None
    level: int
    start: datetime
    end: datetime
    claim: str
    claim_en: str


class BacktestTold(Schema):
    """Findings by level; `hits` are the worst of `hits_total`."""

    levels: dict[str, int]
    work_orders: int
    hits_total: int
    hits: list[BacktestHit]


class Overlap(Schema):
    """Stored findings found again, those not found again, and new ones."""

    both: int
    only_stored: int
    only_new: int


class BacktestResult(BacktestTold):
    """The answer; `proposed` is the same window under the proposed threshold."""

    code: str
    version: int
    hash: str
    start: datetime
    end: datetime
    region: str
    outlets: int
    covered: float
    seconds: float
    suppressed: int
    stored: dict[str, int]
    overlap: Overlap
    verdicts: dict[str, int]
    proposed: BacktestTold | None = None


class BacktestRow(Schema):
    """A back-test without its result; `preview` if it tries a threshold."""

    id: int
    model_code: str
    start: datetime
    end: datetime
    region: str
    region_name: str
    level1: bool
    preview: bool
    proposal: dict[str, Any] | None
    author: Named
    created_at: datetime
    state: Literal["queued", "running", "done", "failed"]
    state_text: str
    finished_at: datetime | None


class Backtests(Schema):
    """Back-tests of a model, newest first."""

    items: list[BacktestRow]
    total: int


class BacktestOut(BacktestRow):
    """A back-test; `result` once it is done, `error` if it failed."""

    result: BacktestResult | None
    error: dict[str, Any] | None
