"""Shapes of the register."""

from __future__ import annotations

from datetime import date
from typing import Literal

from ninja import Field, Schema

from yuanjian.platform.clues.schemas import ClueRow
from yuanjian.platform.common.schemas import ActivityRow, Named
from yuanjian.platform.exchange.schemas import RecordRow
from yuanjian.platform.monitoring.schemas import LinkRow
from yuanjian.platform.orders.schemas import OrderRow
from yuanjian.platform.portal.schemas import NoticeRow


class RegionRow(Schema):
    """A division in scope."""

    code: str
    name: str
    level: str
    parent: str


class IndustryRow(Schema):
    """An industry of GB/T 4754-2017."""

    code: str
    name: str
    name_en: str


class FactorRow(Schema):
    """A factor of the code table."""

    code: str
    name: str
    name_en: str
    unit: str
    medium: str
    decimals: int


class EnterpriseRow(Schema):
    """A line of the list of enterprises; `online` is null where no logger is registered."""

    id: int
    name: str
    short_name: str
    credit_code: str | None
    industry: str
    industry_en: str
    region_code: str
    region_name: str
    management_class: str
    is_key: bool
    status: str
    outlets: int
    worst_level: int | None
    online: bool | None


class Enterprises(Schema):
    """A page of enterprises."""

    items: list[EnterpriseRow]
    total: int


class PointRow(Schema):
    """A monitoring point."""

    id: int
    st: str
    kind: str
    name: str


class LimitRow(Schema):
    """A limit with its dates and basis."""

    id: int
    factor: str
    factor_name: str
    factor_name_en: str
    averaging: str
    low: float | None
    high: float | None
    unit: str
    o2_reference: float | None
    basis: str
    valid_from: date
    valid_to: date | None
    origin: str
    standard_row: str
    certainty: str
    author_id: int | None
    author: str | None
    confirmed_by: str | None


class FacilityRow(Schema):
    """A facility with its meter."""

    id: int
    kind: str
    code: str
    name: str
    meter_no: str
    rated_kw: float | None
    machine: str
    machine_text: str
    machine_text_en: str
    in_permit: bool


class SignalRow(Schema):
    """A process parameter: what a series tells about the outlet."""

    id: int
    role: str
    role_text: str
    role_text_en: str
    unit: str
    point_id: int
    factor: str
    factor_name: str
    factor_name_en: str
    name: str
    design: float | None


class OutletRow(Schema):
    """An outlet with everything that belongs to it."""

    id: int
    code: str
    name: str
    medium: str
    kind: str
    points: list[PointRow]
    limits: list[LimitRow]
    facilities: list[FacilityRow]
    signals: list[SignalRow]


class EnterpriseDetail(EnterpriseRow):
    """一企一档."""

    address: str
    contact: str
    phone: str
    permit_no: str
    lon: float | None
    lat: float | None
    outlets: list[OutletRow]  # type: ignore[assignment]
    loggers: list[LinkRow]
    clues: list[ClueRow]
    orders: list[OrderRow]
    notices: list[NoticeRow]
    records: list[RecordRow]
    timeline: list[ActivityRow]
    visits_this_year: int


class AdoptIn(Schema):
    """Register an MN that has been sending unregistered."""

    mn: str = Field(min_length=7, max_length=24)
    standard: Literal["2005", "2017", "2025"] = "2017"
    enterprise_id: int
    outlet_id: int
    kind: Literal["gas", "water", "electricity", "door", "process"]


class FacilityIn(Schema):
    """What a facility is for; what is left out stays."""

    kind: Literal["production", "treatment", "total"] | None = None
    machine: str | None = None
    in_permit: bool | None = None


class SignalIn(Schema):
    """What a series (point, factor) tells about an outlet."""

    role: str = Field(max_length=32)
    point_id: int
    factor: str = Field(min_length=1, max_length=16)
    name: str = Field("", max_length=64)
    design: float | None = None


class RoleRow(Schema):
    """A role signals may have."""

    role: str
    title: str
    title_en: str
    unit: str


class LoggerOut(Schema):
    """A registered logger and its points."""

    mn: str
    enterprise: Named
    points: list[PointRow]
