"""What waits for the person who is signed in, the most urgent first."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import CharField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Cast

from yuanjian.clock import BEIJING, beijing_day, utcnow
from yuanjian.platform.accounts.models import Role
from yuanjian.platform.accounts.permissions import can
from yuanjian.platform.clues.models import Clue, ClueState
from yuanjian.platform.clues.selectors import english_titles
from yuanjian.platform.common.models import Activity
from yuanjian.platform.monitoring.models import Mark, MarkState
from yuanjian.platform.orders.models import OrderState, Rectification, RectificationState, WorkOrder
from yuanjian.platform.portal.models import TO_REVIEW, WAITING, Notice, NoticeState

SHOWN = 50
# How soon a clue should be judged.
JUDGE_WITHIN = {1: timedelta(hours=4), 2: timedelta(hours=24), 3: timedelta(hours=72)}


def todo(user: Any) -> list[dict[str, Any]]:
    """Items of every kind the role has to act on; at most six queries."""
    items = [*_clues(user), *_orders(user), *_notices(user), *_rectifications(user), *_marks(user)]
    shown = sorted(items, key=lambda item: (item["due_at"], item["level"], item["id"]))[:SHOWN]
    english = english_titles(item["clue"] for item in shown)
    return [{"title_en": english.get(item.pop("clue"), item["title"])} | item for item in shown]


def _clues(user: Any) -> list[dict[str, Any]]:
    if not can(user, "clues.decide"):
        return []
    told = Notice.objects.filter(clue=OuterRef("pk")).order_by("-sent_at").values("sent_at")[:1]
    rose = Activity.objects.filter(
        object_type=Clue._meta.label_lower, object_id=Cast(OuterRef("pk"), CharField()),
        action="clues.level_raised",
    ).order_by("-at")  # fmt: skip
    unjudged = Q(state__in=[ClueState.OPEN, ClueState.CLAIMED])
    worse = Q(state=ClueState.NOTICED, level=1, rose__gt=Subquery(told))  # than the enterprise was told
    clues = Clue.objects.visible_to(user).annotate(rose=Subquery(rose.values("at")[:1]))
    found = clues.filter(unjudged | worse).order_by("level", "created_at", "id")
    return [
        {
            "kind": "clue",
            "id": clue.pk,
            "clue": clue.pk,
            "title": clue.title,
            "due_at": (clue.rose or clue.created_at) + JUDGE_WITHIN[clue.level],
            "level": clue.level,
        }
        for clue in found[:SHOWN]
    ]


def _orders(user: Any) -> list[dict[str, Any]]:
    """Officers: what they were sent to do. Dispatchers: what to dispatch, to chase, to close."""
    orders = WorkOrder.objects.visible_to(user)
    if user.role == Role.OFFICER:
        orders = orders.filter(
            assignee=user, state__in=[OrderState.DISPATCHED, OrderState.ACCEPTED, OrderState.ON_SITE]
        )
    elif can(user, "orders.dispatch"):
        late = orders.exclude(state=OrderState.CLOSED).filter(due_at__lt=utcnow())
        orders = orders.filter(state__in=[OrderState.DRAFT, OrderState.SUBMITTED]) | late
    else:
        return []
    return _items("order", orders, "title", clue="clue_id")


def _notices(user: Any) -> list[dict[str, Any]]:
    if can(user, "notices.answer"):
        return _items("notice", Notice.objects.visible_to(user).filter(state__in=WAITING), "number")
    if not can(user, "notices.review"):
        return []
    unanswered = Q(state=NoticeState.OVERDUE, clue__state=ClueState.NOTICED)  # nobody has gone on from it
    return _items(
        "notice", Notice.objects.visible_to(user).filter(Q(state__in=TO_REVIEW) | unanswered), "number"
    )


def _rectifications(user: Any) -> list[dict[str, Any]]:
    rows = Rectification.objects.visible_to(user)
    if can(user, "rectifications.report"):
        rows = rows.filter(state__in=[RectificationState.PENDING, RectificationState.RETURNED])
    elif can(user, "rectifications.review"):
        rows = rows.filter(state=RectificationState.REPORTED).exclude(order__finished_by=user)
    else:
        return []
    return _items("rectification", rows, "requirement", level="order__level")


def _marks(user: Any) -> list[dict[str, Any]]:
    """What enterprises say of their data until somebody has looked at it: due at noon of the next day."""
    if not can(user, "marks.review"):
        return []
    waiting = Mark.objects.visible_to(user).filter(state=MarkState.PENDING).order_by("created_at", "id")
    return [_mark(mark) for mark in waiting.select_related("point__outlet__enterprise")[:SHOWN]]


def _mark(mark: Mark) -> dict[str, Any]:
    outlet = mark.point.outlet
    place = f"{outlet.enterprise.short_name or outlet.enterprise.name} {outlet.code}"
    day = beijing_day(mark.created_at) + timedelta(days=1)
    return {
        "kind": "mark",
        "id": mark.pk,
        "clue": None,
        "title": f"{place} 标记“{mark.get_kind_display()}”待审核",
        "title_en": f"{place}: review the mark “{mark.kind.replace('_', ' ')}”",
        "due_at": datetime.combine(day, time(12), BEIJING),
        "level": 3,
    }


def _items(
    kind: str, rows: QuerySet[Any], title: str, level: str = "level", clue: str | None = None
) -> list[dict[str, Any]]:
    """`clue` names the column of the clue whose title is shown."""
    found = rows.order_by("due_at", "id").values_list("id", title, "due_at", level, clue or "id")[:SHOWN]
    return [
        {"kind": kind, "id": pk, "clue": of if clue else None, "title": said, "due_at": due_at, "level": bad}
        for pk, said, due_at, bad, of in found
    ]
