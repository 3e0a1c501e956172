"""Reads of marks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from yuanjian.platform.accounts.models import User
from yuanjian.platform.monitoring.models import Mark, MarkKind, MarkState
from yuanjian.series import MarkPeriod


def marks_in_force(points: Sequence[int], start: datetime, end: datetime) -> list[MarkPeriod]:
    """Marks that touch [start, end) and count: all but the returned ones."""
    rows = Mark.objects.filter(point_id__in=points, start__lt=end, end__gt=start)
    rows = rows.exclude(state=MarkState.RETURNED).order_by("point_id", "start", "id")
    return [MarkPeriod(*row) for row in rows.values_list("point_id", "factor", "kind", "start", "end")]


def marks(user: User, *, outlet: int | None = None) -> QuerySet[Mark]:
    """Visible marks, newest first."""
    rows = (
        Mark.objects.visible_to(user)
        .select_related("author", "point__outlet__enterprise")
        .order_by("-start", "-id")
    )
    return rows if outlet is None else rows.filter(point__outlet_id=outlet)


def mark_row(mark: Mark) -> dict[str, Any]:
    """A mark as the API shows it."""
    outlet = mark.point.outlet
    return {
        "id": mark.pk,
        "point_id": mark.point_id,
        "outlet_id": mark.point.outlet_id,
        "outlet": {"id": outlet.pk, "code": outlet.code, "name": outlet.name},
        "enterprise": {"id": outlet.enterprise.pk, "name": outlet.enterprise.name},
        "kind": mark.kind,
        "kind_text": MarkKind(mark.kind).label,
        "start": mark.start,
        "end": mark.end,
        "factor": mark.factor,
        "author": str(mark.author),
        "note": mark.note,
        "state": mark.state,
        "state_text": MarkState(mark.state).label,
    }
