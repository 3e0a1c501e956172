"""The model builder: for those who may edit models, within the region they answer for."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest
from ninja import Query, Router

from yuanjian.platform.clues import builder, builder_rows, model_rows
from yuanjian.platform.clues import builder_schemas as shapes
from yuanjian.platform.clues.model_schemas import BacktestRow
from yuanjian.platform.clues.models import OwnModel
from yuanjian.platform.common.api import PageIn, Signed, fast, paged
from yuanjian.platform.common.lookup import visible

router = Router(tags=["builder"])
EDIT = "models.edit"
State = Literal["", "draft", "review", "approved", "discarded"]


def _told(request: HttpRequest, pk: int) -> Any:
    row = visible(OwnModel, request.user, pk)
    return fast(builder_rows.detail(row, request.user))


@router.get("/model-builder", response=shapes.BuilderOut, auth=Signed(EDIT))
def get_builder(request: HttpRequest) -> Any:
    """The conditions a model can be built of, legal bases and classes."""
    return fast(builder_rows.offer(request.user))


@router.post("/model-builder/read", response=shapes.Reading, auth=Signed(EDIT))
def read_form(request: HttpRequest, body: shapes.FormIn) -> Any:
    """Read a form back as sentences, and say what is missing; nothing is saved."""
    return fast(builder_rows.reading(body))


@router.get("/own-models", response=shapes.OwnRows, auth=Signed(EDIT))
def list_own(request: HttpRequest, page: Query[PageIn], state: State = "", code: str = "") -> Any:
    """Versions of models built in the user's region."""
    rows = builder.visible(request.user)
    rows = rows.filter(state=state) if state else rows
    rows = rows.filter(code=code) if code else rows
    found, total = paged(rows, page)
    counts = builder_rows.counts(request.user)
    return fast({"items": builder_rows.rows(found), "total": total, "counts": counts})


@router.post("/own-models", response=shapes.OwnOut, auth=Signed(EDIT))
def begin(request: HttpRequest, body: shapes.FormIn) -> Any:
    """Begin a model; it gets a code of its own."""
    return _told(request, builder.begin(request.user, body).pk)


@router.get("/own-models/{int:id}", response=shapes.OwnOut, auth=Signed(EDIT))
def get_own(request: HttpRequest, id: int) -> Any:  # noqa: A002
    """One version with its form."""
    return _told(request, id)


@router.put("/own-models/{int:id}", response=shapes.OwnOut, auth=Signed(EDIT))
def change(request: HttpRequest, id: int, body: shapes.FormIn) -> Any:  # noqa: A002
    """Save a draft."""
    return _told(request, builder.change(request.user, id, body).pk)


@router.post("/own-models/{int:id}/preview", response=BacktestRow, auth=Signed(EDIT))
def preview(request: HttpRequest, id: int) -> Any:  # noqa: A002
    """Try this content over the last 30 days; ask `/backtests/{id}` until it is done."""
    return fast(model_rows.backtest_row(builder.preview(request.user, id)))


@router.post("/own-models/{int:id}/send", response=shapes.OwnOut, auth=Signed(EDIT))
def send(request: HttpRequest, id: int) -> Any:  # noqa: A002
    """Ask a second person to review it."""
    return _told(request, builder.send(request.user, id).pk)


@router.post("/own-models/{int:id}/take-back", response=shapes.OwnOut, auth=Signed(EDIT))
def take_back(request: HttpRequest, id: int) -> Any:  # noqa: A002
    """Go on with what was sent to review."""
    return _told(request, builder.take_back(request.user, id).pk)


@router.post("/own-models/{int:id}/discard", response=shapes.OwnOut, auth=Signed(EDIT))
def discard(request: HttpRequest, id: int) -> Any:  # noqa: A002
    """Give a version up."""
    return _told(request, builder.discard(request.user, id).pk)


@router.post("/own-models/{int:id}/review", response=shapes.OwnOut, auth=Signed(EDIT))
def review(request: HttpRequest, id: int, body: shapes.DraftReviewIn) -> Any:  # noqa: A002
    """Approve a version, which puts it on trial, or return it to its author."""
    row = builder.decide(request.user, id, approve=body.approve, reason=body.reason)
    return _told(request, row.pk)


@router.post("/models/{code}/renew", response=shapes.OwnOut, auth=Signed(EDIT))
def renew(request: HttpRequest, code: str) -> Any:
    """Begin the next version of an approved model."""
    return _told(request, builder.renew(request.user, code).pk)
