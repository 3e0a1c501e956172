"""Reads of notices, and the enterprise's own page."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, QuerySet

from yuanjian.clock import utcnow
from yuanjian.platform.accounts.models import Role
from yuanjian.platform.clues.selectors import window
from yuanjian.platform.common.activity import timeline
from yuanjian.platform.evidence.selectors import file_rows
from yuanjian.platform.portal.models import WAITING, Notice, NoticeKind, NoticeState
from yuanjian.platform.portal.states import NOTICE

_COLUMNS = (
    "id",
    "number",
    "level",
    "kind",
    "state",
    "text",
    "sent_at",
    "read_at",
    "due_at",
    "clue_id",
    "enterprise_id",
    "enterprise__name",
    "outlet_id",
    "outlet__code",
    "outlet__name",
)


def rows(notices: QuerySet[Notice], user: Any) -> list[dict[str, Any]]:
    """`NoticeRow`s in the order of the query set; one query. The enterprise does not learn of the clue."""
    inside = user.role != Role.ENTERPRISE
    return [_row(raw, inside) for raw in notices.values(*_COLUMNS)]


def _row(raw: dict[str, Any], inside: bool) -> dict[str, Any]:
    same = ("id", "number", "level", "kind", "state", "text", "sent_at", "read_at", "due_at")
    return {
        **{key: raw[key] for key in same},
        "kind_text": NoticeKind(raw["kind"]).label,
        "state_text": NoticeState(raw["state"]).label,
        "enterprise": {"id": raw["enterprise_id"], "name": raw["enterprise__name"]},
        "outlet": {"id": raw["outlet_id"], "code": raw["outlet__code"], "name": raw["outlet__name"]},
        "overdue": raw["state"] in WAITING and raw["due_at"] < utcnow(),
        "clue_id": raw["clue_id"] if inside else None,
    }


def counts(notices: QuerySet[Notice]) -> dict[str, int]:
    """How many notices per state; one query."""
    found = notices.order_by().values_list("state").annotate(n=Count("id"))
    return dict.fromkeys(NoticeState.values, 0) | dict(found)


def notice_rows_of(user: Any, enterprise: Any, limit: int = 50) -> list[dict[str, Any]]:
    """`NoticeRow`s of one enterprise, newest first."""
    notices = Notice.objects.visible_to(user).filter(enterprise=enterprise)
    return rows(notices.order_by("-sent_at", "-id")[:limit], user)


def detail(notice: Notice, user: Any) -> dict[str, Any]:
    """Everything about one notice."""
    replies = notice.replies.select_related("author").prefetch_related("files__author").order_by("id")
    return rows(Notice.objects.filter(pk=notice.pk), user)[0] | {
        "replies": [
            {
                "id": reply.pk,
                "kind": reply.kind,
                "text": reply.text,
                "files": file_rows(reply.files.all()),
                "author": str(reply.author),
                "at": reply.at,
            }
            for reply in replies
        ],
        "review_note": notice.review_note,
        "window": window(notice.clue),
        "timeline": timeline(notice),
        "actions": NOTICE.actions(notice, user),
    }
