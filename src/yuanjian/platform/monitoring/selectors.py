"""Reads of marks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from yuanjian.platform.accounts.models import User
from yuanjian.platform.monitoring.models import Mark, MarkKind, MarkState
from yuanjian.series import MarkPeriod

UNREVIEWED = timedelta(days=3)
"""How much of a mark counts that nobody has reviewed. Manual marks of a day are due by noon of the next
(污染物排放自动监测设备标记规则, MEE announcement 2022 no. 21 [C]); that leaves a weekend to review them.
"""


def marks_in_force(points: Sequence[int], start: datetime, end: datetime) -> list[MarkPeriod]:
    """Marks that touch [start, end) and count: accepted ones, and the first days of unreviewed ones."""
    rows = Mark.objects.filter(point_id__in=points, start__lt=end, end__gt=start)
    rows = rows.filter(Q(state=MarkState.ACCEPTED) | Q(state=MarkState.PENDING, start__gt=start - UNREVIEWED))
    columns = ("point_id", "factor", "kind", "start", "end", "state")
    return [_period(*row) for row in rows.order_by("point_id", "start", "id").values_list(*columns)]


def _period(
    point: int, factor: str | None, kind: str, start: datetime, end: datetime, state: str
) -> MarkPeriod:
    accepted = state == MarkState.ACCEPTED
    counted = end if accepted else min(end, start + UNREVIEWED)
    return MarkPeriod(point, factor, kind, start, counted, accepted)


def marks(
    user: User, *, outlet: int | None = None, state: str = "", kind: str = "", q: str = ""
) -> QuerySet[Mark]:
    """Visible marks: those begun, newest first, then what is announced for later; `q`: of enterprises."""
    rows = (
        Mark.objects.visible_to(user)
        .select_related("author", "point__outlet__enterprise")
        .alias(later=Q(start__gt=Now()))
        .order_by("later", "-start", "-id")
    )
    wanted = {
        "point__outlet_id": outlet,
        "state": state or None,
        "kind": kind or None,
        "point__outlet__enterprise__name__icontains": q.strip() or None,
    }
    return rows.filter(**{name: value for name, value in wanted.items() if value is not None})


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
