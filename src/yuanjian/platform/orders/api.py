"""Work orders for regulators; the report of a rectification for the enterprise."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router

from yuanjian.platform.clues.models import Clue
from yuanjian.platform.common.api import PageIn, Signed, fast
from yuanjian.platform.common.lookup import visible
from yuanjian.platform.common.schemas import RowId
from yuanjian.platform.orders import selectors, services
from yuanjian.platform.orders.models import Rectification, WorkOrder
from yuanjian.platform.orders.schemas import (
    FinishIn,
    NoteIn,
    Officer,
    OrderDetail,
    Orders,
    ReassignIn,
    RectificationReviewIn,
    RectificationRow,
    Rectifications,
    ReportIn,
    StartIn,
)

router = Router(tags=["orders"])


@router.get("/orders", response=Orders, auth=Signed("orders.view"))
def list_orders(
    request: HttpRequest, page: Query[PageIn], state: str = "", mine: bool = False, overdue: bool = False
) -> Any:
    """Orders, overdue first; `state` takes several values with commas, `mine`: those assigned to me."""
    orders = WorkOrder.objects.visible_to(request.user)
    orders = orders.filter(assignee=request.user) if mine else orders
    counts = selectors.counts(orders)
    states = {word for word in state.split(",") if word}
    orders = orders.filter(state__in=states) if states else orders
    orders = orders.filter(selectors.late()) if overdue else orders
    if overdue and states:
        total = orders.count()
    else:
        chosen = states or set(selectors.OrderState.values)
        total = counts["overdue"] if overdue else sum(counts.get(word, 0) for word in chosen)
    items = selectors.rows(selectors.overdue_first(orders)[page.window])
    return fast({"items": items, "total": total, "counts": counts})


def _detail(request: HttpRequest, order_id: int) -> Any:
    return fast(selectors.detail(visible(WorkOrder, request.user, order_id), request.user))


@router.get("/orders/{int:id}", response=OrderDetail, auth=Signed("orders.view"))
def get_order(request: HttpRequest, id: int) -> Any:  # noqa: A002
    """One order with instructions, claim, inspection, rectifications."""
    return _detail(request, id)


@router.post("/orders/{int:id}/accept", response=OrderDetail, auth=Signed("orders.work"))
def accept(request: HttpRequest, id: int) -> Any:  # noqa: A002
    """Take the order."""
    services.accept(request.user, id)
    return _detail(request, id)


@router.post("/orders/{int:id}/start", response=OrderDetail, auth=Signed("orders.work"))
def start(request: HttpRequest, id: int, body: StartIn) -> Any:  # noqa: A002
    """Be on site."""
    services.start(request.user, id, **body.model_dump())
    return _detail(request, id)


@router.post("/orders/{int:id}/reassign", response=OrderDetail, auth=Signed("orders.reassign"))
def reassign(request: HttpRequest, id: int, body: ReassignIn) -> Any:  # noqa: A002
    """Dispatch a draft, or give the order to another officer."""
    services.reassign(request.user, id, **body.model_dump())
    return _detail(request, id)


@router.post("/orders/{int:id}/finish", response=OrderDetail, auth=Signed("orders.work"))
def finish(request: HttpRequest, id: int, body: FinishIn) -> Any:  # noqa: A002
    """Submit the result."""
    given = body.model_dump(exclude={"rectification"})
    if body.rectification is not None:
        given |= body.rectification.model_dump()
    services.finish(request.user, id, **given)
    return _detail(request, id)


@router.post("/orders/{int:id}/close", response=OrderDetail, auth=Signed("orders.close"))
def close(request: HttpRequest, id: int, body: NoteIn) -> Any:  # noqa: A002
    """Close the order, and its clue with it."""
    services.close(request.user, id, note=body.note)
    return _detail(request, id)


@router.get("/officers", response=list[Officer], auth=Signed("orders.view"))
def list_officers(request: HttpRequest, clue: RowId | None = None, order: RowId | None = None) -> Any:
    """Who could be sent, the least busy first; with a clue or an order those in charge of its region."""
    region = visible(Clue, request.user, clue).region_code if clue else ""
    region = visible(WorkOrder, request.user, order).region_code if order else region
    return fast(selectors.officers(request.user, region))


@router.get("/rectifications", response=Rectifications, auth=Signed("notices.view"))
def list_rectifications(request: HttpRequest, page: Query[PageIn], state: str = "") -> Any:
    """Rectifications in scope, the earliest due first."""
    rows = Rectification.objects.visible_to(request.user)
    rows = rows.filter(state__in=[word for word in state.split(",") if word]) if state else rows
    items = selectors.rectification_rows(rows.order_by("due_at", "id")[page.window], request.user)
    return fast({"items": items, "total": rows.count()})


def _rectification(request: HttpRequest, pk: int) -> Any:
    rows = Rectification.objects.visible_to(request.user).filter(pk=pk)
    return fast(selectors.rectification_rows(rows, request.user)[0])


@router.post(
    "/rectifications/{int:id}/report", response=RectificationRow, auth=Signed("rectifications.report")
)
def report(request: HttpRequest, id: int, body: ReportIn) -> Any:  # noqa: A002
    """The enterprise reports."""
    services.report(request.user, id, **body.model_dump())
    return _rectification(request, id)


@router.post(
    "/rectifications/{int:id}/review", response=RectificationRow, auth=Signed("rectifications.review")
)
def review(request: HttpRequest, id: int, body: RectificationReviewIn) -> Any:  # noqa: A002
    """Accept the report, or return it."""
    services.review(request.user, id, **body.model_dump())
    return _rectification(request, id)
