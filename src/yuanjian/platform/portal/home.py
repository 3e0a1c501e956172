"""The enterprise's own page: its outlets, what it has to answer, what it has to put right."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from yuanjian.clock import beijing_day, utcnow
from yuanjian.platform.monitoring import latest
from yuanjian.platform.orders.models import Rectification
from yuanjian.platform.orders.selectors import rectification_rows
from yuanjian.platform.portal import selectors
from yuanjian.platform.portal.models import Notice
from yuanjian.platform.registry.geography import name_of
from yuanjian.platform.registry.selectors import binding, factor_name, factor_name_en, outlets_of

SHOWN = 20


def home(user: Any) -> dict[str, Any]:
    """Everything of the signed-in enterprise on one page."""
    enterprise = user.enterprise
    newest: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in latest.rows(user, enterprise=enterprise.pk):
        newest[row["outlet_id"]].append(row)
    notices = Notice.objects.visible_to(user).order_by("-sent_at", "-id")[:SHOWN]
    duties = Rectification.objects.visible_to(user).order_by("due_at", "id")
    return {
        "enterprise": {
            **{
                name: getattr(enterprise, name)
                for name in ("id", "name", "short_name", "permit_no", "address")
            },
            "region_name": name_of(enterprise.region_code),
        },
        "outlets": [_outlet(outlet, newest[outlet.pk]) for outlet in outlets_of(enterprise)],
        "notices": selectors.rows(notices, user),
        "rectifications": rectification_rows(duties.exclude(state="accepted"), user),
    }


def _outlet(outlet: Any, newest: list[dict[str, Any]]) -> dict[str, Any]:
    today = beijing_day(utcnow())
    plain = ("factor", "averaging", "low", "high", "unit", "basis")
    return {
        **{name: getattr(outlet, name) for name in ("id", "code", "name", "medium")},
        "latest": newest,
        "limits": [
            {"factor_name": factor_name(limit.factor), "factor_name_en": factor_name_en(limit.factor)}
            | {name: getattr(limit, name) for name in plain}
            for limit in binding(outlet.limits.all(), today)
        ],
    }
