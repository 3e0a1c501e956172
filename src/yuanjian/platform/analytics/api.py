"""Overview, map and to-do list."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router

from yuanjian.platform.analytics import selectors, todo
from yuanjian.platform.analytics.schemas import MapOut, Overview, Todo
from yuanjian.platform.common.api import Signed, fast

router = Router(tags=["analytics"])


@router.get("/overview", response=Overview, auth=Signed("overview.view"))
def get_overview(request: HttpRequest) -> Any:
    """Counts, funnel, trend and regions in scope."""
    return fast(selectors.overview(request.user))


@router.get("/overview/map", response=MapOut, auth=Signed("overview.view"))
def get_map(request: HttpRequest) -> Any:
    """Every enterprise in scope with its worst active level."""
    return fast({"enterprises": selectors.map_points(request.user)})


@router.get("/todo", response=Todo, auth=Signed())
def get_todo(request: HttpRequest) -> Any:
    """What waits for the person signed in."""
    return fast({"items": todo.todo(request.user)})
