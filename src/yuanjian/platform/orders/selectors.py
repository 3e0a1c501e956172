"""Reads of work orders and rectifications."""

from __future__ import annotations

from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    Count,
    Exists,
    ExpressionWrapper,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)

from yuanjian.clock import utcnow
from yuanjian.platform.accounts.models import Role, User
from yuanjian.platform.clues import selectors as clues
from yuanjian.platform.clues.models import Clue
from yuanjian.platform.common.activity import timeline
from yuanjian.platform.common.scope import within
from yuanjian.platform.evidence.selectors import file_rows
from yuanjian.platform.inspections.selectors import of_order
from yuanjian.platform.orders.models import OrderState, Rectification, RectificationState, WorkOrder
from yuanjian.platform.orders.states import ORDER, RECTIFICATION
from yuanjian.platform.registry.geography import name_of

# An order is late while somebody still has to go or report; a submitted one waits for us.
RUNNING = (OrderState.DRAFT, OrderState.DISPATCHED, OrderState.ACCEPTED, OrderState.ON_SITE)
OWED = (RectificationState.PENDING, RectificationState.RETURNED)
_COLUMNS = (
    "id",
    "number",
    "title",
    "level",
    "state",
    "region_code",
    "due_at",
    "created_at",
    "clue_id",
    "enterprise_id",
    "enterprise__name",
    "outlet_id",
    "outlet__code",
    "outlet__name",
    "assignee_id",
    "assignee__name",
)


def late(now: Any = None) -> Q:
    """The condition of an overdue order: the officer is late, or the enterprise with its rectification."""
    now = now or utcnow()
    owed = Rectification.objects.filter(order=OuterRef("pk"), due_at__lt=now, state__in=OWED)
    return Q(state__in=RUNNING, due_at__lt=now) | Q(Exists(owed), state=OrderState.RECTIFYING)


def overdue_first(orders: QuerySet[WorkOrder]) -> QuerySet[WorkOrder]:
    """Overdue ones first, then the running by due date, the closed last and newest first."""
    rank = Case(
        When(late(), then=Value(0)),
        When(state=OrderState.CLOSED, then=Value(2)),
        default=Value(1),
        output_field=IntegerField(),
    )
    closed_at = F("closed_at").desc(nulls_first=True)
    return orders.annotate(rank=rank).order_by("rank", closed_at, "due_at", "id")


def rows(orders: QuerySet[WorkOrder]) -> list[dict[str, Any]]:
    """`OrderRow`s in the order of the query set; two queries."""
    raw = list(
        orders.annotate(overdue=ExpressionWrapper(late(), BooleanField())).values(*_COLUMNS, "overdue")
    )
    english = clues.english_titles(row["clue_id"] for row in raw)
    return [_row(row) | {"title_en": english.get(row["clue_id"], row["title"])} for row in raw]


def _row(raw: dict[str, Any]) -> dict[str, Any]:
    same = ("id", "number", "title", "level", "state", "due_at", "created_at", "clue_id")
    outlet = {"id": raw["outlet_id"], "code": raw["outlet__code"], "name": raw["outlet__name"]}
    return {
        **{key: raw[key] for key in same},
        "state_text": OrderState(raw["state"]).label,
        "enterprise": {"id": raw["enterprise_id"], "name": raw["enterprise__name"]},
        "outlet": outlet if raw["outlet_id"] else None,
        "region_name": name_of(raw["region_code"]),
        "assignee": {"id": raw["assignee_id"], "name": raw["assignee__name"]} if raw["assignee_id"] else None,
        "overdue": raw["overdue"],
    }


def counts(orders: QuerySet[WorkOrder]) -> dict[str, int]:
    """How many orders per state, and how many are overdue; one query."""
    found = orders.order_by().values_list("state").annotate(n=Count("id"), late=Count("id", filter=late()))
    answer = dict.fromkeys([*OrderState.values, "overdue"], 0)
    for state, number, overdue in found:
        answer[state] = number
        answer["overdue"] += overdue
    return answer


def order_rows_of(user: Any, enterprise: Any, limit: int = 50) -> list[dict[str, Any]]:
    """`OrderRow`s of one enterprise, newest first; empty for an enterprise user."""
    orders = WorkOrder.objects.visible_to(user).filter(enterprise=enterprise)
    return rows(orders.order_by("-created_at", "-id")[:limit])


def detail(order: WorkOrder, user: Any) -> dict[str, Any]:
    """Everything about one order."""
    row = rows(WorkOrder.objects.filter(pk=order.pk))[0]
    clue = Clue.objects.filter(pk=order.clue_id).first() if order.clue_id else None
    findings = list(clue.findings.order_by("level", "start", "id")) if clue else []
    window = clues.window(clue) if clue else None
    return row | {
        "instructions": order.instructions,
        "clue": clues.rows(Clue.objects.filter(pk=clue.pk))[0] if clue else None,
        "claim": "\n".join(finding.claim for finding in findings) or None,
        "claim_en": "\n".join(finding.claim_en for finding in findings) or None,
        "models": [clues.model_title(code) for code in dict.fromkeys(f.model_id for f in findings)],
        "window": window,
        "inspection": of_order(order.pk),
        "rectifications": rectification_rows(order.rectifications.order_by("id"), user),
        "timeline": timeline(order),
        "actions": ORDER.actions(order, user),
    }


def rectification_rows(rectifications: QuerySet[Rectification], user: Any) -> list[dict[str, Any]]:
    """Rectifications with files and what `user` may do with them."""
    found = rectifications.select_related("order", "enterprise", "reviewed_by").prefetch_related(
        "files__author"
    )
    return [_rectification(row, user) for row in found]


def _rectification(row: Rectification, user: Any) -> dict[str, Any]:
    return {
        "id": row.pk,
        "order_id": row.order_id,
        "order_number": row.order.number,
        "enterprise": {"id": row.enterprise_id, "name": row.enterprise.name},
        "requirement": row.requirement,
        "due_at": row.due_at,
        "overdue": row.state in OWED and row.due_at < utcnow(),
        "state": row.state,
        "state_text": RectificationState(row.state).label,
        "report": row.report,
        "reported_at": row.reported_at,
        "files": file_rows(row.files.all()),
        "reviewed_by": str(row.reviewed_by) if row.reviewed_by else None,
        "review_note": row.review_note,
        "actions": RECTIFICATION.actions(row, user),
    }


def officers(user: Any, region: str = "") -> list[dict[str, Any]]:
    """Officers within the user's scope, the least busy first; only those in charge of the region if given."""
    open_orders = Count("orders", filter=~Q(orders__state=OrderState.CLOSED))
    found = User.objects.filter(role=Role.OFFICER, is_active=True).annotate(open_orders=open_orders)
    near = [
        o for o in found if within(o.region_code, user.region_code) or within(user.region_code, o.region_code)
    ]
    near = list(found) if user.role == Role.ADMIN else near
    near = [officer for officer in near if not region or within(region, officer.region_code)]
    return [
        {
            "id": officer.pk,
            "name": str(officer),
            "region_code": officer.region_code,
            "region_name": name_of(officer.region_code),
            "open_orders": officer.open_orders,
        }
        for officer in sorted(near, key=lambda o: (o.open_orders, o.pk))
    ]
