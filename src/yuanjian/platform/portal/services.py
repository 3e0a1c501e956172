"""Every write to notices. Each is one transaction with its activity."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from yuanjian.clock import to_beijing, utcnow
from yuanjian.platform.clues import services as clues
from yuanjian.platform.common.activity import record, register_actions
from yuanjian.platform.common.casework import next_number
from yuanjian.platform.common.errors import Refused, not_found
from yuanjian.platform.common.notify import publish
from yuanjian.platform.evidence.selectors import attachable
from yuanjian.platform.evidence.services import attach
from yuanjian.platform.portal.models import Notice, NoticeKind, NoticeState, Reply
from yuanjian.platform.portal.states import NOTICE

register_actions(
    {
        "notices.sent": ("{actor}发出{kind}", "{actor} sent a {kind_en}"),
        "notices.read": ("{actor}签收", "{actor} read it"),
        "notices.answered": ("{actor}答复", "{actor} answered"),
        "notices.objected": ("{actor}提出异议", "{actor} objected"),
        "notices.accepted": ("{actor}认可答复", "{actor} accepted the answer"),
        "notices.rejected": ("{actor}不认可答复：{note}", "{actor} rejected the answer: {note}"),
        "notices.overdue": ("逾期未答复", "Not answered in time"),
    }
)

PREFIX = {NoticeKind.REMINDER: "TX", NoticeKind.WARNING: "JG"}
LEVEL = {NoticeKind.REMINDER: 3, NoticeKind.WARNING: 2}
DUE_DAYS = {NoticeKind.REMINDER: 3, NoticeKind.WARNING: 2}


def send(clue: Any, user: Any, kind: str, *, text: str = "", due_days: int | None = None) -> Notice:
    """Remind or warn the enterprise of a clue; refused for a covert one. Call it inside a transaction."""
    if clue.covert:
        zh = "涉嫌弄虚作假的线索，核查前不得通知企业"
        raise Refused("notice.refused", zh, "a falsification clue is not announced", codes=["clue.covert"])
    now, kind = utcnow(), NoticeKind(kind)
    due_at = now + timedelta(days=due_days or DUE_DAYS[kind])
    notice = Notice.objects.create(
        number=next_number(Notice, PREFIX[kind], now),
        clue=clue,
        enterprise_id=clue.enterprise_id,
        outlet_id=clue.outlet_id,
        region_code=clue.region_code,
        level=LEVEL[kind],
        kind=kind,
        text=text.strip() or default_text(clue, kind, due_at),
        sent_by=user,
        sent_at=now,
        due_at=due_at,
    )
    record(user, "notices.sent", notice, kind=kind.label, kind_en=kind.value)
    announce(notice)
    return notice


def default_text(clue: Any, kind: NoticeKind, due_at: datetime) -> str:
    """What the models claim, in the words of the models, and what is expected until when."""
    claims = "\n".join(f"{n}. {finding.claim}" for n, finding in enumerate(clues.findings_of(clue), 1))
    return (
        f"贵单位{clue.outlet}的自动监测数据出现以下情况，现予{kind.label}：\n{claims}\n"
        f"请核实原因、采取措施，并于{to_beijing(due_at):%Y年%m月%d日 %H:%M}前通过本平台答复；"
        "如有异议，可提出并附证明材料。"
    )


@transaction.atomic
def read(user: Any, notice_id: int) -> Notice:
    """The enterprise opens a notice; opening it again changes nothing."""
    notice = _hold(notice_id, user)
    if notice.read_at is None and notice.state in {NoticeState.SENT, NoticeState.OVERDUE}:
        if notice.state == NoticeState.SENT:
            NOTICE.advance("read", notice, user)
        notice.read_at = utcnow()
        notice.save()
        record(user, "notices.read", notice)
        announce(notice)
    return notice


@transaction.atomic
def answer(user: Any, notice_id: int, *, kind: str, text: str, file_ids: Sequence[int] = ()) -> Notice:
    """The enterprise answers or objects, with files."""
    notice = _hold(notice_id, user)
    action = {"answer": "answer", "objection": "object"}[kind]
    NOTICE.advance(action, notice, user, text=text)
    notice.read_at = notice.read_at or utcnow()
    notice.save()
    reply = Reply.objects.create(notice=notice, kind=kind, text=text, author=user)
    files = attachable(user, file_ids)
    attach(user, files, region_code=notice.region_code, enterprise=notice.enterprise)
    reply.files.set(files)
    record(user, {"answer": "notices.answered", "object": "notices.objected"}[action], notice)
    announce(notice)
    return notice


@transaction.atomic
def review(
    user: Any, notice_id: int, *, accept: bool, note: str = "", verdicts: Sequence[dict[str, Any]] = ()
) -> Notice:
    """Accept an answer (the clue is closed) or reject it (the clue goes back to judging: ask again or order).

    A clue that went on to a work order meanwhile follows the order, not the notice.
    """
    notice = _hold(notice_id, user)
    NOTICE.advance("accept" if accept else "reject", notice, user, note=note)
    notice.reviewed_by, notice.review_note = user, note
    notice.save()
    record(user, "notices.accepted" if accept else "notices.rejected", notice, note=note)
    clue = clues.hold(notice.clue_id)
    clues.save_verdicts(clue, user, verdicts)
    if clue.state == "noticed":
        clues.follow(clue.pk, "answer_accepted" if accept else "answer_rejected", user)
    announce(notice)
    return notice


@transaction.atomic
def expire(now: datetime | None = None) -> int:
    """Mark the unanswered notices whose time is over; returns how many. A job calls it."""
    now = now or utcnow()
    late = Notice.objects.select_for_update(skip_locked=True).filter(
        state__in=[NoticeState.SENT, NoticeState.READ], due_at__lt=now
    )
    for notice in (rows := list(late.order_by("pk"))):
        NOTICE.advance("expire", notice, None)
        notice.save()
        record(None, "notices.overdue", notice)
        clues.notice_overdue(notice.clue_id, notice.number)
        announce(notice)
    return len(rows)


def announce(notice: Notice) -> None:
    """Tell the desks and the enterprise."""
    publish(
        "notice",
        region=notice.region_code,
        enterprise=notice.enterprise_id,
        id=notice.pk,
        state=notice.state,
    )


def _hold(notice_id: int, user: Any) -> Notice:
    rows = Notice.objects.visible_to(user).select_for_update(of=("self",))
    notice = rows.filter(pk=notice_id).first()
    if notice is None:
        raise not_found()
    return notice
