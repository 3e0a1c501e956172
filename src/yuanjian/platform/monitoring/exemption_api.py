"""Endpoint of the exempt hours of an outlet."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from yuanjian.platform.common.api import Signed, fast
from yuanjian.platform.common.errors import not_found
from yuanjian.platform.common.schemas import OutletRef
from yuanjian.platform.monitoring import exemptions
from yuanjian.platform.registry.models import Outlet

router = Router(tags=["monitoring"])


class ExemptPeriod(Schema):
    """Hours used in [start, end) up to now, and left under the cap (null: there is none)."""

    start: datetime
    end: datetime
    used: int
    left: int | None


class ExemptFactor(Schema):
    """A pollutant a rule is about."""

    factor: str
    name: str
    name_en: str


class ExemptWindow(Schema):
    """What a rule exempts: ``event_hours`` at the first or last ``side`` of an event, ``allowed`` a period.

    Null: no such cap; no ``factors``: all. ``certainty`` of the rule: A official text to C- unchecked.
    """

    kinds: list[str]
    factors: list[ExemptFactor]
    event_hours: int | None
    side: str
    every: str
    allowed: int | None
    certainty: str
    source: str
    periods: list[ExemptPeriod]


class ExemptEntry(Schema):
    """A mark: whole hours it touches, those of them that are exempt, and why not all.

    ``reason``: ``returned``, ``factor`` (of one factor only), ``used_up`` (the cap of the period),
    ``unreviewed`` (only the first days count), ``too_long`` (beyond what counts of one event), or none.
    """

    id: int
    kind: str
    kind_text: str
    start: datetime
    end: datetime
    author: str
    by_enterprise: bool
    note: str
    state: str
    state_text: str
    hours: int
    counted: int
    reason: str


class Exemptions(Schema):
    """The exemption ledger of an outlet over a Beijing year; no windows: no rule exempts it."""

    outlet: OutletRef
    year: int
    until: datetime
    windows: list[ExemptWindow]
    entries: list[ExemptEntry]


@router.get("/outlets/{int:id}/exemptions", response=Exemptions, auth=Signed("marks.view"))
def get_exemptions(request: HttpRequest, id: int, year: int | None = None) -> Any:  # noqa: A002
    """Hours of start, stop and fault that are exempt: used, allowed, and each mark; default: this year."""
    outlet = Outlet.objects.visible_to(request.user).filter(pk=id).first()
    if outlet is None:
        raise not_found("排放口不存在或无权查看", "No such outlet, or not visible to you")
    return fast(exemptions.ledger(outlet, year))
