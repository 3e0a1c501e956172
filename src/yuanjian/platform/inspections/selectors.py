"""Reads of inspections."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from yuanjian.clock import to_beijing, utcnow
from yuanjian.platform.evidence.selectors import file_rows
from yuanjian.platform.inspections.models import Inspection


def visits_this_year(enterprise: Any) -> int:
    """How often officers were at an enterprise since Beijing's New Year (the yearly cap is counted so)."""
    year = to_beijing(utcnow()).year
    return Inspection.objects.filter(enterprise=enterprise, kind="field", started_at__year=year).count()


def of_order(order_id: int) -> dict[str, Any] | None:
    """The newest visit of an order as the API shows it."""
    visit = Inspection.objects.filter(order_id=order_id).select_related("officer").order_by("-pk").first()
    if visit is None:
        return None
    return {
        "officer": {"id": visit.officer_id, "name": str(visit.officer)},
        "revision": visit.revision,
        "answers": visit.answers,
        "conclusion": visit.conclusion or None,
        "summary": visit.summary,
        "started_at": visit.started_at,
        "finished_at": visit.finished_at,
        "lon": visit.lon,
        "lat": visit.lat,
        "files": file_rows(visit.files.select_related("author")),
    }


def concluded(order_id: int) -> bool:
    """Whether a visit of the order ended with a conclusion."""
    return (
        Inspection.objects.filter(order_id=order_id, finished_at__isnull=False)
        .exclude(conclusion="")
        .exists()
    )


def finished(enterprises: Sequence[int], start: datetime, end: datetime) -> list[dict[str, Any]]:
    """Visits on site that ended, of some enterprises, that touch ``[start, end)``."""
    rows = Inspection.objects.filter(
        kind="field", enterprise__in=enterprises, started_at__lt=end, finished_at__gte=start
    )
    return list(rows.values("id", "enterprise_id", "started_at", "finished_at", "order__title"))


def visited() -> set[int]:
    """Enterprises at which officers finished a visit."""
    rows = Inspection.objects.filter(kind="field", finished_at__isnull=False)
    return set(rows.order_by().values_list("enterprise_id", flat=True).distinct())
