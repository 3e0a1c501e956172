"""Notices for both sides, and the enterprise's own page."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router

from yuanjian.platform.common.api import PageIn, Signed, fast
from yuanjian.platform.common.lookup import visible
from yuanjian.platform.portal import home, selectors, services
from yuanjian.platform.portal.models import Notice
from yuanjian.platform.portal.schemas import AnswerIn, Home, NoticeDetail, NoticeReviewIn, Notices

router = Router(tags=["portal"])


@router.get("/notices", response=Notices, auth=Signed("notices.view"))
def list_notices(request: HttpRequest, page: Query[PageIn], state: str = "") -> Any:
    """Notices in scope, newest first; `state` takes several values with commas."""
    notices = Notice.objects.visible_to(request.user)
    counts = selectors.counts(notices)
    states = {word for word in state.split(",") if word}
    notices = notices.filter(state__in=states) if states else notices
    total = sum(count for word, count in counts.items() if not states or word in states)
    items = selectors.rows(notices.order_by("-sent_at", "-id")[page.window], request.user)
    return fast({"items": items, "total": total, "counts": counts})


def _detail(request: HttpRequest, notice_id: int) -> Any:
    return fast(selectors.detail(visible(Notice, request.user, notice_id), request.user))


@router.get("/notices/{int:id}", response=NoticeDetail, auth=Signed("notices.view"))
def get_notice(request: HttpRequest, id: int) -> Any:  # noqa: A002
    """One notice with the answers."""
    return _detail(request, id)


@router.post("/notices/{int:id}/read", response=NoticeDetail, auth=Signed("notices.answer"))
def read(request: HttpRequest, id: int) -> Any:  # noqa: A002
    """The read receipt."""
    services.read(request.user, id)
    return _detail(request, id)


@router.post("/notices/{int:id}/answer", response=NoticeDetail, auth=Signed("notices.answer"))
def answer(request: HttpRequest, id: int, body: AnswerIn) -> Any:  # noqa: A002
    """Answer or object."""
    services.answer(request.user, id, **body.model_dump())
    return _detail(request, id)


@router.post("/notices/{int:id}/review", response=NoticeDetail, auth=Signed("notices.review"))
def review(request: HttpRequest, id: int, body: NoticeReviewIn) -> Any:  # noqa: A002
    """Accept the answer, or not."""
    services.review(request.user, id, **body.model_dump())
    return _detail(request, id)


@router.get("/portal/home", response=Home, auth=Signed("portal.view"))
def get_home(request: HttpRequest) -> Any:
    """The enterprise's own page."""
    return fast(home.home(request.user))
