"""What people adjust and try about models: life, thresholds, suppressions, evaluation, back-tests."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from ninja import Query, Router

from yuanjian.clock import utcnow
from yuanjian.platform.clues import (
    adjusting,
    artefacts,
    backtest,
    details,
    evaluation,
    life,
    model_rows,
    services,
)
from yuanjian.platform.clues import model_schemas as shapes
from yuanjian.platform.clues.builder_scope import concerns
from yuanjian.platform.clues.catalogue import entry
from yuanjian.platform.clues.models import Backtest, Suppression
from yuanjian.platform.clues.schemas import ModelDetail
from yuanjian.platform.common.api import PageIn, Signed, fast, paged
from yuanjian.platform.common.errors import not_found
from yuanjian.platform.common.lookup import visible
from yuanjian.platform.registry.models import Enterprise, Outlet

router = Router(tags=["models"])
PREVIEW = timedelta(days=30)


def _known(user: Any, code: str) -> str:
    model = entry(code)
    if model is None or not concerns(model, user):
        raise not_found("模型不存在", "No such model")
    return code


@router.post("/models/{code}/status", response=ModelDetail, auth=Signed("models.edit"))
def set_status(request: HttpRequest, code: str, body: shapes.StatusIn) -> Any:
    """Move a model on in its life: draft, trial, live, retired."""
    life.promote(request.user, code, body.status, reason=body.reason)
    return fast(details.model_detail(code, request.user))


@router.post("/models/{code}/adopt", response=ModelDetail, auth=Signed("models.edit"))
def adopt_trained(request: HttpRequest, code: str, body: shapes.AdoptTrainedIn) -> Any:
    """Put what a model has learned in force for its industry."""
    artefacts.adopt(request.user, code, body.artefact, reason=body.reason)
    return fast(details.model_detail(code, request.user))


@router.post("/models/{code}/level1", response=shapes.Level1, auth=Signed("models.edit"))
def set_level1(request: HttpRequest, code: str, body: shapes.Level1In) -> Any:
    """Let a model with unconfirmed numbers raise level 1, or stop it."""
    services.switch_level1(request.user, _known(request.user, code), on=body.on, reason=body.reason)
    return fast(model_rows.may_be_set(code)["level1"])


@router.get("/models/{code}/evaluation", response=shapes.Evaluation, auth=Signed("models.view"))
def get_evaluation(request: HttpRequest, code: str) -> Any:
    """Precision, false alarms, coverage, delay and drift of a model in use."""
    return fast(evaluation.evaluation(request.user, _known(request.user, code)))


@router.get("/models/{code}/unheard", response=shapes.Unheard, auth=Signed("models.view"))
def list_unheard(request: HttpRequest, code: str, page: Query[PageIn]) -> Any:
    """Findings that raise no clue: of a model on trial, or suppressed."""
    rows, total = paged(model_rows.unheard(request.user, _known(request.user, code)), page)
    return fast({"items": [model_rows.unheard_row(row) for row in rows], "total": total})


@router.get("/models/{code}/thresholds", response=shapes.ModelThresholds, auth=Signed("models.view"))
def list_model_thresholds(request: HttpRequest, code: str) -> Any:
    """Thresholds of a model with the catalogue's own and its measures."""
    rows = adjusting.thresholds(request.user).filter(model_id=_known(request.user, code))
    items = model_rows.threshold_rows(rows, request.user)
    return fast({"items": items, "total": len(items), **model_rows.may_be_set(code)})


@router.get("/thresholds", response=shapes.Thresholds, auth=Signed("models.view"))
def list_thresholds(request: HttpRequest, page: Query[PageIn], state: str = "") -> Any:
    """Thresholds of all models; `state=proposed` is what waits for a second person."""
    rows = adjusting.thresholds(request.user)
    found, total = paged(rows.filter(state=state) if state else rows, page)
    return fast({"items": model_rows.threshold_rows(found, request.user), "total": total})


@router.post("/models/{code}/thresholds", response=shapes.ThresholdRow, auth=Signed("models.edit"))
def set_threshold(request: HttpRequest, code: str, body: shapes.ThresholdIn) -> Any:
    """Set levels for a scope; what touches level 1 waits for a second person."""
    row = adjusting.set_threshold(request.user, code, **body.model_dump())
    return fast(model_rows.threshold_rows([row], request.user)[0])


@router.post("/thresholds/{int:id}/decide", response=shapes.ThresholdRow, auth=Signed("models.edit"))
def decide_threshold(request: HttpRequest, id: int, body: shapes.DecideThresholdIn) -> Any:  # noqa: A002
    """Approve or reject what somebody else proposed."""
    row = adjusting.decide_threshold(request.user, id, approve=body.approve, reason=body.reason)
    return fast(model_rows.threshold_rows([row], request.user)[0])


@router.post("/thresholds/{int:id}/end", response=shapes.ThresholdRow, auth=Signed("models.edit"))
def end_threshold(request: HttpRequest, id: int, body: shapes.EndIn) -> Any:  # noqa: A002
    """Let a threshold end with a day."""
    row = adjusting.end_threshold(request.user, id, reason=body.reason, last_day=body.last_day)
    return fast(model_rows.threshold_rows([row], request.user)[0])


@router.get("/suppressions", response=shapes.Suppressions, auth=Signed("models.view"))
def list_suppressions(
    request: HttpRequest, page: Query[PageIn], model: str = "", active: bool = False
) -> Any:
    """Suppressions of the user's region, each with what it hid; `model`: those that keep it quiet."""
    rows = Suppression.objects.visible_to(request.user).select_related("enterprise", "outlet", "author")
    rows = rows.filter(Q(model_id=model) | Q(model=None)) if model else rows
    rows = rows.filter(end__gt=utcnow()) if active else rows
    found, total = paged(rows.order_by("-id"), page)
    return fast({"items": model_rows.suppression_rows(found), "total": total})


@router.post("/suppressions", response=shapes.SuppressionRow, auth=Signed("models.edit"))
def suppress(request: HttpRequest, body: shapes.SuppressionIn) -> Any:
    """Keep a model quiet for an outlet or an enterprise, for a time."""
    enterprise = visible(Enterprise, request.user, body.enterprise_id)
    outlet = visible(Outlet, request.user, body.outlet_id) if body.outlet_id else None
    row = adjusting.suppress(
        request.user, enterprise, start=body.start, end=body.end, reason=body.reason,
        code=body.model_code, outlet=outlet,
    )  # fmt: skip
    return fast(model_rows.suppression_rows([row])[0])


@router.post("/suppressions/{int:id}/end", response=shapes.SuppressionRow, auth=Signed("models.edit"))
def end_suppression(request: HttpRequest, id: int, body: shapes.ReasonIn) -> Any:  # noqa: A002
    """Hear the model again from now on."""
    row = adjusting.end_suppression(request.user, id, reason=body.reason)
    return fast(model_rows.suppression_rows([row])[0])


@router.get("/models/{code}/backtests", response=shapes.Backtests, auth=Signed("models.view"))
def list_backtests(request: HttpRequest, code: str, page: Query[PageIn]) -> Any:
    """Back-tests and previews of a model in the user's region."""
    rows = (
        Backtest.objects.visible_to(request.user)
        .filter(model_id=_known(request.user, code))
        .select_related("author")
    )
    found, total = paged(rows.defer("result").order_by("-id"), page)
    return fast({"items": [model_rows.backtest_row(row) for row in found], "total": total})


@router.post("/models/{code}/backtests", response=shapes.BacktestRow, auth=Signed("models.edit"))
def ask_backtest(request: HttpRequest, code: str, body: shapes.BacktestIn) -> Any:
    """Run a model over the past, or preview a threshold; the worker computes it, ask for it until done."""
    end = body.end or utcnow()
    question = backtest.Question(
        _known(request.user, code), body.start or end - PREVIEW, end, body.region, body.level1,
        body.proposal.model_dump() if body.proposal else None,
    )  # fmt: skip
    return fast(model_rows.backtest_row(backtest.ask(request.user, question)))


@router.get("/backtests/{int:id}", response=shapes.BacktestOut, auth=Signed("models.view"))
def get_backtest(request: HttpRequest, id: int) -> Any:  # noqa: A002
    """One back-test with its result."""
    return fast(model_rows.backtest_detail(visible(Backtest, request.user, id)))
