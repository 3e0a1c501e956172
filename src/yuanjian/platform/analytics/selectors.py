"""Counts over everything in scope. Each page takes a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, Q
from django.db.models.functions import TruncDate

from yuanjian.clock import BEIJING, beijing_day, utcnow
from yuanjian.platform.clues.models import ACTIVE, Clue, ClueState, Finding
from yuanjian.platform.monitoring import links, taken_in
from yuanjian.platform.orders import selectors as orders
from yuanjian.platform.orders.models import OrderState, WorkOrder
from yuanjian.platform.portal.models import OUTSTANDING, Notice
from yuanjian.platform.registry.geography import name_of
from yuanjian.platform.registry.models import DataLogger, Enterprise, Outlet

PERIOD_DAYS = 30


def overview(user: Any) -> dict[str, Any]:
    """The first page of the desk."""
    now = utcnow()
    since = now - timedelta(days=PERIOD_DAYS)
    return {
        "counts": _counts(user),
        "funnel": _funnel(user, since),
        "period_days": PERIOD_DAYS,
        "known_until": taken_in.late(now),
        "regions": _regions(user),
        "trend": _trend(user, since),
    }


def _levels(found: Any) -> dict[str, int]:
    return {"1": 0, "2": 0, "3": 0} | {str(level): count for level, count in found}


def _counts(user: Any) -> dict[str, Any]:
    open_clues = Clue.objects.visible_to(user).filter(state__in=ACTIVE).order_by()
    running = orders.counts(WorkOrder.objects.visible_to(user))
    closed: int = running["closed"]
    return {
        "enterprises": Enterprise.objects.visible_to(user).count(),
        "outlets": Outlet.objects.visible_to(user).count(),
        "loggers": DataLogger.objects.visible_to(user).count(),
        "online": links.summary(user)["online"],
        "clues_open": _levels(open_clues.values_list("level").annotate(n=Count("id"))),
        "orders_open": sum(running[state] for state in OrderState.values) - closed,
        "orders_overdue": running["overdue"],
        "notices_open": Notice.objects.visible_to(user).filter(state__in=OUTSTANDING).count(),
    }


def _funnel(user: Any, since: datetime) -> dict[str, int]:
    """What the period's findings became: clues, orders, and clues that were closed."""
    recent = Q(created_at__gte=since)
    clues = Clue.objects.visible_to(user).filter(recent)
    numbers = clues.aggregate(all=Count("id"), closed=Count("id", filter=Q(state=ClueState.CLOSED)))
    return {
        "findings": Finding.objects.visible_to(user).filter(recent, trial=False).count(),
        "clues": numbers["all"],
        "orders": WorkOrder.objects.visible_to(user).filter(recent).count(),
        "closed": numbers["closed"],
    }


def _trend(user: Any, since: datetime) -> list[dict[str, Any]]:
    """Clues per Beijing day they began and level, days without any included.

    The day of the act, not of the screening: a full run over a month would pile all of it on one day.
    """
    day = TruncDate("first_at", tzinfo=BEIJING)
    clues = Clue.objects.visible_to(user).filter(first_at__gte=since).order_by()
    found: dict[Any, dict[str, int]] = defaultdict(lambda: _levels([]))
    for on, level, count in clues.annotate(day=day).values_list("day", "level").annotate(n=Count("id")):
        found[on][str(level)] = count
    first = beijing_day(since)
    days = [first + timedelta(days=n) for n in range(PERIOD_DAYS + 1)]
    return [{"day": on.isoformat(), **found[on]} for on in days]


def _regions(user: Any) -> list[dict[str, Any]]:
    """The counties in which there is anything, with enterprises and active clues."""
    rows = Enterprise.objects.visible_to(user).order_by().values_list("region_code").annotate(n=Count("id"))
    enterprises = dict(rows)
    clues: dict[str, dict[str, int]] = {}
    active = Clue.objects.visible_to(user).filter(state__in=ACTIVE).order_by()
    for code, level, count in active.values_list("region_code", "level").annotate(n=Count("id")):
        clues.setdefault(code, _levels([]))[str(level)] = count
    return [_region(code, enterprises, clues) for code in sorted({*enterprises, *clues})]


def _region(code: str, enterprises: dict[str, int], clues: dict[str, dict[str, int]]) -> dict[str, Any]:
    levels = clues.get(code, _levels([]))
    worst = min((int(level) for level, count in levels.items() if count), default=None)
    return {
        "code": code,
        "name": name_of(code),
        "enterprises": enterprises.get(code, 0),
        "worst_level": worst,
        "clues": levels,
    }


def map_points(user: Any) -> list[dict[str, Any]]:
    """Every enterprise in scope that has a place, with its worst active level; three queries."""
    worst = dict(
        Clue.objects.visible_to(user)
        .filter(state__in=ACTIVE)
        .order_by()
        .values_list("enterprise_id")
        .annotate(worst=Min("level"))
    )
    found = list(
        Enterprise.objects.visible_to(user)
        .filter(lon__isnull=False, lat__isnull=False)
        .annotate(outlet_count=Count("outlets"))
        .order_by("id")
        .values("id", "name", "lon", "lat", "region_code", "outlet_count")
    )
    online = links.online_by_enterprise([row["id"] for row in found])
    return [
        {key: row[key] for key in ("id", "name", "lon", "lat", "region_code")}
        | {
            "worst_level": worst.get(row["id"]),
            "online": online.get(row["id"]),
            "outlets": row["outlet_count"],
        }
        for row in found
    ]
