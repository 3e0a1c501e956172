"""Monitoring endpoints: links, faults, raw frames, latest values, curves, marks."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest
from ninja import Path, Query, Router

from yuanjian.platform.common.api import PageIn, Signed, fast, paged
from yuanjian.platform.common.errors import not_found
from yuanjian.platform.common.lookup import visible
from yuanjian.platform.common.schemas import Instant, RowId
from yuanjian.platform.evidence.selectors import attachable
from yuanjian.platform.monitoring import journal, latest, links, selectors, services
from yuanjian.platform.monitoring.curve import curve
from yuanjian.platform.monitoring.models import Mark
from yuanjian.platform.monitoring.schemas import (
    Curve,
    Faults,
    FrameOut,
    Latest,
    Links,
    LinkState,
    MarkIn,
    MarkReviewIn,
    MarkRow,
    Marks,
    Problem,
)
from yuanjian.platform.monitoring.window import Cadence, window
from yuanjian.platform.registry.models import MonitoringPoint, Outlet

router = Router(tags=["monitoring"])


@router.get("/links", response=Links, auth=Signed("links.view"))
def list_links(
    request: HttpRequest,
    page: Query[PageIn],
    state: LinkState | Literal[""] = "",
    problem: Problem | Literal[""] = "",
    q: str = "",
) -> Any:
    """The link of every logger in scope, and of unregistered ones for those who may adopt them."""
    return fast(links.page(request.user, state=state, q=q.strip(), window=page.window, problem=problem))


@router.get("/faults", response=Faults, auth=Signed("links.view"))
def list_faults(
    request: HttpRequest,
    page: Query[PageIn],
    fault: str = "",
    mn: str = "",
    days: int = Query(7, ge=1, le=366),
) -> Any:
    """Frames that could not be accepted, newest first."""
    return fast(journal.faults(request.user, fault=fault, mn=mn, days=days, window=page.window))


@router.get("/frames/{int:shard}/{int:seq}", response=FrameOut, auth=Signed("links.view"))
def get_frame(request: HttpRequest, shard: int = Path(le=32767), seq: int = Path(le=2**62)) -> Any:
    """One raw frame of the journal with its meaning."""
    frame = journal.frame(request.user, shard, seq)
    if frame is None:
        raise not_found("报文不存在或无权查看", "No such frame, or not visible to you")
    return fast(frame)


@router.get("/latest", response=Latest, auth=Signed("monitoring.view"))
def list_latest(request: HttpRequest, enterprise: RowId | None = None, outlet: RowId | None = None) -> Any:
    """The newest value of every factor in scope, at most 2,000."""
    return fast({"items": latest.rows(request.user, enterprise=enterprise, outlet=outlet)})


@router.get("/outlets/{int:id}/curve", response=Curve, auth=Signed("monitoring.view"))
def get_curve(
    request: HttpRequest,
    id: int,  # noqa: A002
    start: Instant | None = None,
    end: Instant | None = None,
    cadence: Cadence = "hour",
    factors: str = "",
) -> Any:
    """Readings, limits, marks, electricity and doors of one outlet on one time axis."""
    outlets = Outlet.objects.visible_to(request.user).select_related("enterprise")
    outlet = outlets.prefetch_related("points", "limits", "facilities").filter(pk=id).first()
    if outlet is None:
        raise not_found("排放口不存在或无权查看", "No such outlet, or not visible to you")
    wanted = [code for code in factors.split(",") if code]
    return fast(curve(request.user, outlet, window(start, end, cadence), wanted))


@router.get("/marks", response=Marks, auth=Signed("marks.view"))
def list_marks(
    request: HttpRequest, page: Query[PageIn], outlet: int | None = None,
    state: str = "", kind: str = "", q: str = "",
) -> Any:  # fmt: skip
    """Marks in scope, newest first; `q`: part of the name of the enterprise."""
    found, total = paged(selectors.marks(request.user, outlet=outlet, state=state, kind=kind, q=q), page)
    return fast({"items": [selectors.mark_row(mark) for mark in found], "total": total})


@router.post("/marks", response=MarkRow, auth=Signed("marks.write"))
def make_mark(request: HttpRequest, body: MarkIn) -> Any:
    """Say what a period of a point means."""
    mark = services.make_mark(
        request.user,
        visible(MonitoringPoint, request.user, body.point_id),
        kind=body.kind,
        start=body.start,
        end=body.end,
        factor=body.factor or None,
        note=body.note,
        files=attachable(request.user, body.file_ids),
    )
    return selectors.mark_row(mark)


@router.post("/marks/{int:id}/review", response=MarkRow, auth=Signed("marks.review"))
def review_mark(request: HttpRequest, id: int, body: MarkReviewIn) -> Any:  # noqa: A002
    """Accept a mark or return it with a reason."""
    mark = services.review_mark(
        request.user, visible(Mark, request.user, id), accept=body.accept, note=body.note
    )
    return selectors.mark_row(mark)
