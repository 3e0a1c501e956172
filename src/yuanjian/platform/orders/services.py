"""Every write to work orders and rectifications. Each is one transaction with its activity."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction

from yuanjian.clock import utcnow
from yuanjian.platform.accounts.models import Role, User
from yuanjian.platform.clues import services as clues
from yuanjian.platform.clues.selectors import entry
from yuanjian.platform.common.activity import record, register_actions
from yuanjian.platform.common.casework import next_number
from yuanjian.platform.common.errors import not_found
from yuanjian.platform.common.notify import publish
from yuanjian.platform.common.scope import within
from yuanjian.platform.evidence.selectors import attachable
from yuanjian.platform.evidence.services import attach
from yuanjian.platform.inspections import services as inspections
from yuanjian.platform.inspections.models import Inspection
from yuanjian.platform.orders.models import OrderState, Rectification, WorkOrder
from yuanjian.platform.orders.states import ORDER, RECTIFICATION

register_actions(
    {
        "orders.created": ("{actor}创建工单", "{actor} made the order"),
        "orders.dispatched": ("{actor}派发给{assignee}", "{actor} dispatched it to {assignee}"),
        "orders.reassigned": (
            "{actor}改派给{assignee}：{reason}",
            "{actor} reassigned it to {assignee}: {reason}",
        ),
        "orders.accepted": ("{actor}接收工单", "{actor} accepted the order"),
        "orders.started": ("{actor}开始现场检查", "{actor} started on site"),
        "orders.finished": (
            "{actor}提交检查结果：{conclusion}",
            "{actor} submitted the result: {conclusion}",
        ),
        "orders.rectify": ("要求整改：{requirement}", "To be put right: {requirement}"),
        "orders.rectified": ("整改通过，转入办结审核", "Rectification accepted, ready to close"),
        "orders.closed": ("{actor}办结工单", "{actor} closed the order"),
        "rectifications.asked": (
            "{actor}要求整改：{requirement}",
            "{actor} asks to put right: {requirement}",
        ),
        "rectifications.reported": ("{actor}提交整改报告", "{actor} reported"),
        "rectifications.accepted": ("{actor}审核通过", "{actor} accepted it"),
        "rectifications.returned": ("{actor}退回：{note}", "{actor} returned it: {note}"),
    }
)

DUE_DAYS = {1: 3, 2: 5, 3: 7}
RECTIFY_DAYS = 15


def officer_for(region_code: str, user_id: int) -> User | None:
    """The officer by id, if active and in charge of the region."""
    officer = User.objects.filter(pk=user_id, role=Role.OFFICER, is_active=True).first()
    return officer if officer is not None and within(region_code, officer.region_code) else None


def create_from_clue(clue: Any, user: Any, *, assignee: User | None, due_days: int | None) -> WorkOrder:
    """Make the order of a clue: a draft, or dispatched at once if an officer is named."""
    now = utcnow()
    order = WorkOrder.objects.create(
        number=next_number(WorkOrder, "GD", now),
        clue=clue,
        enterprise_id=clue.enterprise_id,
        outlet_id=clue.outlet_id,
        region_code=clue.region_code,
        level=clue.level,
        title=clue.title,
        instructions=instructions_for(clue),
        created_by=user,
        assignee=assignee,
        state=OrderState.DISPATCHED if assignee else OrderState.DRAFT,
        due_at=now + timedelta(days=due_days or DUE_DAYS[clue.level]),
    )
    action = "orders.dispatched" if assignee else "orders.created"
    record(user, action, order, clue=clue.number, assignee=str(assignee or ""))
    announce(order)
    return order


def instructions_for(clue: Any) -> list[dict[str, Any]]:
    """What to check on site, worst finding first, each with the claim that asks for it."""
    steps: dict[str, str] = {}
    for finding in clues.findings_of(clue):
        if model := entry(finding.model_id):
            why = f"{model.code} {model.title}：{finding.claim}"
            steps |= {text: why for text in model.check_on_site if text not in steps}
    return [{"n": n, "text": text, "why": why} for n, (text, why) in enumerate(steps.items(), 1)]


@transaction.atomic
def reassign(user: Any, order_id: int, *, assignee_id: int, reason: str = "") -> WorkOrder:
    """Dispatch a draft, or give an order to another officer with a reason."""
    order = hold(order_id, user)
    assignee = officer_for(order.region_code, assignee_id)
    action = "orders.dispatched" if order.state == OrderState.DRAFT else "orders.reassigned"
    ORDER.advance("reassign", order, user, assignee=assignee, reason=reason)
    order.assignee = assignee
    return _done(order, user, action, assignee=str(assignee), reason=reason)


@transaction.atomic
def accept(user: Any, order_id: int) -> WorkOrder:
    """The officer takes the order."""
    order = hold(order_id, user)
    ORDER.advance("accept", order, user)
    return _done(order, user, "orders.accepted")


@transaction.atomic
def start(user: Any, order_id: int, *, lon: float | None = None, lat: float | None = None) -> WorkOrder:
    """The officer is on site."""
    order = hold(order_id, user)
    ORDER.advance("start", order, user)
    inspections.begin(order, user, lon=lon, lat=lat)
    return _done(order, user, "orders.started", lon=lon, lat=lat)


@transaction.atomic
def save_inspection(user: Any, order_id: int, **form: Any) -> Inspection:
    """Store the inspection form as far as it is filled in."""
    order = hold(order_id, user)
    ORDER.require("inspect", order, user)
    return inspections.save(order, user, **form)


@transaction.atomic
def finish(
    user: Any,
    order_id: int,
    *,
    conclusion: str,
    summary: str,
    verdicts: Sequence[dict[str, Any]] = (),
    next: str = "close",  # noqa: A002 — the word of the API
    requirement: str = "",
    due_days: int | None = None,
) -> WorkOrder:
    """Submit the result: conclusion, whether each model was right, and what is to be put right."""
    order = hold(order_id, user)
    visit = inspections.current(order)
    models = clues.models_of(order.clue) if order.clue else {}
    given = {"conclusion": conclusion, "summary": summary, "verdicts": verdicts, "next": next}
    ORDER.advance("finish", order, user, visit=visit, models=models, requirement=requirement, **given)
    assert visit is not None  # the table asks for its answers
    inspections.finish(visit, user, conclusion=conclusion, summary=summary)
    if order.clue:
        clues.save_verdicts(order.clue, user, verdicts)
    order.finished_by = user
    _done(order, user, "orders.finished", conclusion=visit.get_conclusion_display(), next=next)
    if next == "rectify":
        _ask_to_rectify(order, user, requirement, due_days or RECTIFY_DAYS)
    return order


def _ask_to_rectify(order: WorkOrder, user: Any, requirement: str, due_days: int) -> None:
    row = Rectification.objects.create(
        order=order,
        enterprise_id=order.enterprise_id,
        region_code=order.region_code,
        requirement=requirement,
        due_at=utcnow() + timedelta(days=due_days),
    )
    record(user, "rectifications.asked", row, requirement=requirement)
    ORDER.advance("rectify", order, None)
    _done(order, user, "orders.rectify", requirement=requirement)


@transaction.atomic
def report(user: Any, rectification_id: int, *, text: str, file_ids: Sequence[int] = ()) -> Rectification:
    """The enterprise says what it put right, with proof."""
    row = hold_rectification(rectification_id, user)
    RECTIFICATION.advance("report", row, user, text=text)
    row.report, row.reported_at = text, utcnow()
    row.save()
    files = attachable(user, file_ids)
    new = [item for item in files if item not in row.files.all()]
    attach(user, new, region_code=row.region_code, enterprise=row.enterprise)
    row.files.add(*files)
    record(user, "rectifications.reported", row, files=len(file_ids))
    _announce_rectification(row)
    return row


@transaction.atomic
def review(user: Any, rectification_id: int, *, accept: bool, note: str = "") -> Rectification:
    """Accept the report (the order is then ready to close) or return it with a note."""
    row = hold_rectification(rectification_id, user)
    RECTIFICATION.advance("accept" if accept else "return", row, user, note=note)
    row.reviewed_by, row.review_note = user, note
    row.save()
    record(user, "rectifications.accepted" if accept else "rectifications.returned", row, note=note)
    if accept:
        order = hold(row.order_id)
        ORDER.advance("rectified", order, None)
        _done(order, user, "orders.rectified")
    _announce_rectification(row)
    return row


@transaction.atomic
def close(user: Any, order_id: int, *, note: str = "") -> WorkOrder:
    """Close the order after its review; its clue is closed with it."""
    order = hold(order_id, user)
    ORDER.advance("close", order, user)
    order.closed_at = utcnow()
    if order.clue_id:
        clues.follow(order.clue_id, "order_closed", user, number=order.number)
    return _done(order, user, "orders.closed", note=note)


def hold(order_id: int, user: Any = None) -> WorkOrder:
    """The order, locked until the end of the transaction; raises `NotFound` if not visible to `user`."""
    rows = WorkOrder.objects.visible_to(user) if user is not None else WorkOrder.objects.all()
    order = rows.select_for_update(of=("self",)).select_related("clue").filter(pk=order_id).first()
    if order is None:
        raise not_found()
    return order


def hold_rectification(rectification_id: int, user: Any) -> Rectification:
    """The rectification, locked; raises `NotFound` if not visible to `user`."""
    rows = Rectification.objects.visible_to(user).select_for_update(of=("self",))
    row = rows.select_related("order").filter(pk=rectification_id).first()
    if row is None:
        raise not_found()
    return row


def _done(order: WorkOrder, user: Any, action: str, **data: Any) -> WorkOrder:
    order.save()
    record(user, action, order, **data)
    announce(order)
    return order


def announce(order: WorkOrder) -> None:
    """Tell the desks; never the enterprise."""
    publish("order", region=order.region_code, enterprise=None, id=order.pk, state=order.state)


def _announce_rectification(row: Rectification) -> None:
    publish("order", region=row.region_code, enterprise=None, id=row.order_id, state=row.order.state)
