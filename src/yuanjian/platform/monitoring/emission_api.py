"""Endpoint of the amounts an outlet emitted."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from yuanjian.clock import utcnow
from yuanjian.platform.common.api import Signed, fast
from yuanjian.platform.common.errors import not_found
from yuanjian.platform.common.schemas import Instant, OutletRef
from yuanjian.platform.monitoring.emissions import Every, amounts
from yuanjian.platform.registry.models import Outlet

router = Router(tags=["monitoring"])


class Amounts(Schema):
    """kg by origin, numbers of cells (hours of gas, days of water), capture rate of the quarter, equivalents.

    ``unknown`` cells were due and have neither a value nor a substitute; ``equivalents`` of the environmental
    tax are null for what is not taxed.
    """

    kg: float
    measured_kg: float
    substituted_kg: float
    measured: int
    substituted: int
    unknown: int
    capture: float
    equivalents: float | None


class PeriodAmounts(Amounts):
    """Amounts of one Beijing day, month or year."""

    period: str


class FactorAmounts(Amounts):
    """Amounts of one factor."""

    factor: str
    name: str
    name_en: str
    periods: list[PeriodAmounts]


class Emissions(Schema):
    """What an outlet emitted over whole Beijing days."""

    outlet: OutletRef
    start: datetime
    end: datetime
    every: str
    cell: str
    items: list[FactorAmounts]
    definition: str
    definition_en: str


@router.get("/outlets/{int:id}/emissions", response=Emissions, auth=Signed("monitoring.view"))
def get_emissions(
    request: HttpRequest,
    id: int,  # noqa: A002
    start: Instant | None = None,
    end: Instant | None = None,
    every: Every = "month",
) -> Any:
    """Emitted amounts with substituted hours, by factor and period; default: the last 30 days."""
    outlet = Outlet.objects.visible_to(request.user).filter(pk=id).first()
    if outlet is None:
        raise not_found("排放口不存在或无权查看", "No such outlet, or not visible to you")
    until = end or utcnow()
    return fast(amounts(outlet, start or until - timedelta(days=30), until, every))
