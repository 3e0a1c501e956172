"""Clue and model endpoints: for regulators only."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from yuanjian.platform.clues import details, selectors, services
from yuanjian.platform.clues.detail_schemas import ClueDetail
from yuanjian.platform.clues.models import ACTIVE, Clue, ClueState
from yuanjian.platform.clues.schemas import (
    Clues,
    DecideIn,
    ModelDetail,
    Models,
    VerdictsIn,
)
from yuanjian.platform.common.api import PageIn, Signed, fast
from yuanjian.platform.common.errors import not_found
from yuanjian.platform.common.lookup import visible
from yuanjian.platform.common.scope import significant_prefix

router = Router(tags=["clues"])
_LIST_OF = "^(({0})(,({0}))*)?$"  # a misspelt filter is refused: ignored, it would show too much


class ClueFilter(Schema):
    """Filters of the pool; `state` and `level` take several values with commas, `active` is all in work."""

    state: str = Field("", pattern=_LIST_OF.format("|".join(["active", *ClueState.values])))
    level: str = Field("", pattern=_LIST_OF.format("[123]"))
    category: str = Field("", alias="class")
    model: str = ""
    region: str = ""
    q: str = ""
    mine: bool = False
    order: str = Field("level", pattern=f"^({'|'.join(map(re.escape, selectors.ORDERS))})$")

    @property
    def states(self) -> set[str]:
        """The states asked for."""
        words = {word for word in self.state.split(",") if word}
        return words - {"active"} | (set(ACTIVE) if "active" in words else set())

    @property
    def levels(self) -> set[int]:
        """The levels asked for."""
        return {int(word) for word in self.level.split(",") if word}


def _filtered(user: Any, asked: ClueFilter) -> QuerySet[Clue]:
    """Everything but state and level, which the facets need apart."""
    clues = Clue.objects.visible_to(user)
    if asked.category:
        clues = clues.filter(category=asked.category)
    if asked.model:
        clues = clues.filter(pk__in=selectors.with_model(asked.model))
    if asked.region:
        clues = clues.filter(region_code__startswith=significant_prefix(asked.region))
    if asked.q.strip():
        clues = clues.filter(search__icontains=asked.q.strip())
    return clues.filter(claimed_by=user) if asked.mine else clues


@router.get("/clues", response=Clues, auth=Signed("clues.view"))
def list_clues(request: HttpRequest, page: Query[PageIn], asked: Query[ClueFilter]) -> Any:
    """The clue pool, worst first."""
    clues = _filtered(request.user, asked)
    facets = selectors.facets(clues, asked.levels, asked.states)
    if asked.states:
        clues = clues.filter(state__in=asked.states)
    if asked.levels:
        clues = clues.filter(level__in=asked.levels)
    order = selectors.ORDERS.get(asked.order, selectors.ORDERS["level"])
    return fast({"items": selectors.rows(clues.order_by(*order)[page.window]), **facets})


@router.get("/clues/{int:id}", response=ClueDetail, auth=Signed("clues.view"))
def get_clue(request: HttpRequest, id: int) -> Any:  # noqa: A002
    """One clue with claims, history, evidence and what may be done."""
    return fast(details.clue_detail(visible(Clue, request.user, id), request.user))


@router.post("/clues/{int:id}/decide", response=ClueDetail, auth=Signed("clues.decide"))
def decide(request: HttpRequest, id: int, body: DecideIn) -> Any:  # noqa: A002
    """Claim, call not valid, remind, warn, order or merge."""
    clue = services.decide(request.user, id, **body.model_dump())
    return fast(details.clue_detail(clue, request.user))


@router.post("/clues/{int:id}/verdicts", response=ClueDetail, auth=Signed("clues.decide"))
def give_verdicts(request: HttpRequest, id: int, body: VerdictsIn) -> Any:  # noqa: A002
    """Say, also later, whether the models were right."""
    clue = services.give_verdicts(request.user, id, [row.model_dump() for row in body.verdicts])
    return fast(details.clue_detail(clue, request.user))


@router.get("/models", response=Models, auth=Signed("models.view"))
def list_models(request: HttpRequest) -> Any:
    """The catalogue with precision and last run."""
    rows = details.model_rows(request.user)
    return fast({"items": rows, "total": len(rows)})


@router.get("/models/{code}", response=ModelDetail, auth=Signed("models.view"))
def get_model(request: HttpRequest, code: str) -> Any:
    """One model with its description, basis, clues and runs."""
    model = details.model_detail(code, request.user)
    if model is None:
        raise not_found("模型不存在", "No such model")
    return fast(model)
