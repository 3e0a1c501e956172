"""Shapes of emission limits and of the standards they may come from."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from ninja import Field, Schema

from yuanjian.platform.registry.schemas import LimitRow

Number = Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False)]


class StandardRow(Schema):
    """A standard; `usable` of its `rows` can be applied to an outlet."""

    name: str
    status: str
    replaced_by: str
    region: str
    industries: list[str]
    industries_en: list[str]
    media: list[str]
    rows: int
    usable: int


class StandardLimit(Schema):
    """One limit of a standard; `high` and `low` in the unit of the factor, null where it cannot be applied.

    `reason` says why it cannot, null where it can.
    """

    id: str
    industry: str
    industry_en: str
    outlet: str
    condition: str
    condition_en: str
    pollutant: str
    limit: str
    unit: str
    medium: str
    factor: str | None
    factor_name: str
    factor_name_en: str
    low: float | None
    high: float | None
    factor_unit: str
    averaging: str
    averaging_text: str
    averaging_text_en: str
    o2: str
    certainty: str
    basis: str
    reason: str | None
    reason_text: str
    reason_text_en: str


class StandardDetail(StandardRow):
    """A standard with its limits."""

    limits: list[StandardLimit]


class PermitLimitIn(Schema):
    """A limit of the permit, in the unit of the factor."""

    factor: str = Field(min_length=1, max_length=16)
    averaging: Literal["hour", "day", "instant"]
    low: Number | None = None
    high: Number | None = None
    o2_reference: Annotated[float, Field(ge=0, lt=21)] | None = None
    basis: str = Field(min_length=1, max_length=200)
    valid_from: date
    valid_to: date | None = None


class StandardIn(Schema):
    """Rows of the table of standards to apply from a day on."""

    rows: list[str] = Field(min_length=1, max_length=200)
    valid_from: date
    valid_to: date | None = None


class RefusedRow(Schema):
    """A row that was not applied, and why."""

    row: str
    reason: str
    reason_text: str
    reason_text_en: str


class AppliedOut(Schema):
    """What became of the rows."""

    made: list[LimitRow]
    refused: list[RefusedRow]


class LimitEndIn(Schema):
    """The last day of a limit."""

    valid_to: date


class LimitConfirmIn(Schema):
    """Against what the number was compared."""

    reason: str = Field(min_length=1, max_length=500)
