"""Rows of enterprises for the API: the register together with what other apps know of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from yuanjian.platform.accounts.models import User
from yuanjian.platform.clues import selectors as clues
from yuanjian.platform.common.activity import timeline
from yuanjian.platform.exchange import selectors as exchange
from yuanjian.platform.inspections import selectors as inspections
from yuanjian.platform.monitoring import links
from yuanjian.platform.orders import selectors as orders
from yuanjian.platform.portal import selectors as portal
from yuanjian.platform.registry import industries, selectors
from yuanjian.platform.registry.geography import name_of
from yuanjian.platform.registry.models import Enterprise, Facility, Limit, MonitoringPoint, Outlet, Signal
from yuanjian.screening.signals import MACHINES, ROLES


def rows(user: User, found: Sequence[Enterprise]) -> list[dict[str, Any]]:
    """Enterprises (annotated with `outlet_count`) as list rows; two queries for any number."""
    ids = [enterprise.pk for enterprise in found]
    worst = clues.worst_levels(ids) if clues.may_know(user) else {}
    online = links.online_by_enterprise(ids)
    return [_row(enterprise, worst, online) for enterprise in found]


def _row(enterprise: Any, worst: dict[int, int], online: dict[int, bool]) -> dict[str, Any]:
    plain = ("id", "name", "short_name", "credit_code", "industry", "region_code", "is_key", "status")
    return {
        **{field: getattr(enterprise, field) for field in plain},
        "industry_en": industries.name_of(enterprise.industry_code)[1] or enterprise.industry,
        "management_class": enterprise.management_class,
        "region_name": name_of(enterprise.region_code),
        "outlets": enterprise.outlet_count,
        "worst_level": worst.get(enterprise.pk),
        "online": online.get(enterprise.pk),
    }


def detail(user: User, enterprise: Enterprise) -> dict[str, Any]:
    """Everything about one enterprise that this user may see."""
    contact = ("address", "contact", "phone", "permit_no", "lon", "lat")
    return {
        **rows(user, [enterprise])[0],
        **{field: getattr(enterprise, field) for field in contact},
        "outlets": [_outlet(outlet) for outlet in selectors.outlets_of(enterprise)],
        "loggers": links.rows_of(enterprise),
        "clues": clues.clue_rows_of(user, enterprise),
        "orders": orders.order_rows_of(user, enterprise),
        "notices": portal.notice_rows_of(user, enterprise),
        "records": exchange.records_of(user, enterprise.pk),
        "timeline": timeline(enterprise),
        "visits_this_year": inspections.visits_this_year(enterprise),
    }


def _outlet(outlet: Outlet) -> dict[str, Any]:
    return {
        **{field: getattr(outlet, field) for field in ("id", "code", "name", "medium", "kind")},
        "points": [point_row(point) for point in outlet.points.all()],
        "limits": [limit_row(limit) for limit in outlet.limits.all()],
        "facilities": [facility_row(facility) for facility in outlet.facilities.all()],
        "signals": [signal_row(signal) for signal in outlet.signals.all()],
    }


def point_row(point: MonitoringPoint) -> dict[str, Any]:
    """A point as the API shows it."""
    return {"id": point.pk, "st": point.st, "kind": point.kind, "name": point.name}


def limit_row(limit: Limit) -> dict[str, Any]:
    """A limit as the API shows it."""
    plain = (
        "id",
        "factor",
        "averaging",
        "low",
        "high",
        "unit",
        "o2_reference",
        "basis",
        "origin",
        "certainty",
    )
    return {
        **{field: getattr(limit, field) for field in plain},
        "factor_name": selectors.factor_name(limit.factor),
        "factor_name_en": selectors.factor_name_en(limit.factor),
        "valid_from": limit.valid_from,
        "valid_to": limit.valid_to,
        "standard_row": limit.standard_row,
        "author_id": limit.author_id,
        "author": str(limit.author) if limit.author else None,
        "confirmed_by": str(limit.confirmed_by) if limit.confirmed_by else None,
    }


def facility_row(facility: Facility) -> dict[str, Any]:
    """A facility as the API shows it."""
    plain = ("id", "kind", "code", "name", "meter_no", "rated_kw", "machine", "in_permit")
    zh, en = MACHINES.get(facility.machine, ("", ""))
    return {
        **{field: getattr(facility, field) for field in plain},
        "machine_text": zh,
        "machine_text_en": en,
    }


def signal_row(signal: Signal) -> dict[str, Any]:
    """A process parameter as the API shows it."""
    role = ROLES[signal.role]
    return {
        **{field: getattr(signal, field) for field in ("id", "role", "point_id", "factor", "name", "design")},
        "role_text": role.zh,
        "role_text_en": role.en,
        "unit": role.unit,
        "factor_name": selectors.factor_name(signal.factor),
        "factor_name_en": selectors.factor_name_en(signal.factor),
    }
