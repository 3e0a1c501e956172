"""Endpoints of emission limits and of the standards they may come from."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest
from ninja import Router

from yuanjian.platform.common.api import Signed, fast
from yuanjian.platform.common.errors import not_found
from yuanjian.platform.common.lookup import visible
from yuanjian.platform.registry import dossier, limits, selectors, standards
from yuanjian.platform.registry.limit_schemas import (
    AppliedOut,
    LimitConfirmIn,
    LimitEndIn,
    PermitLimitIn,
    StandardDetail,
    StandardIn,
    StandardRow,
)
from yuanjian.platform.registry.models import Limit, Outlet
from yuanjian.platform.registry.schemas import LimitRow
from yuanjian.platform.registry.standards import Row

router = Router(tags=["limits"])


@router.get("/standards", response=list[StandardRow], auth=Signed())
def list_standards(request: HttpRequest, q: str = "", medium: Literal["", "gas", "water"] = "") -> Any:
    """Standards whose name or industry holds `q`; with `medium`: those with limits at such an outlet."""
    return fast([_standard(name, rows) for name, rows in standards.listed(q, medium)])


@router.get("/standards/{path:name}", response=StandardDetail, auth=Signed())
def get_standard(request: HttpRequest, name: str) -> Any:
    """A standard with its limits, and which of them can be applied."""
    rows = standards.rows(name)
    if not rows:
        raise not_found("没有收录该标准", "No such standard here")
    return fast({**_standard(name, rows), "limits": [_limit(row) for row in rows]})


def _standard(name: str, rows: list[Row]) -> dict[str, Any]:
    first = rows[0]
    return {
        "name": name,
        **{field: getattr(first, field) for field in ("status", "replaced_by", "region")},
        "industries": list(dict.fromkeys(row.industry for row in rows)),
        "industries_en": list(dict.fromkeys(row.industry_en for row in rows)),
        "media": sorted({row.medium for row in rows}),
        "rows": len(rows),
        "usable": sum(row.refusal is None for row in rows),
    }


_PLAIN = (
    "industry", "industry_en", "outlet", "condition", "condition_en", "pollutant", "limit", "unit", "medium",
    "factor", "factor_unit", "averaging", "averaging_text", "averaging_text_en", "o2", "certainty", "basis",
)  # fmt: skip


def _limit(row: Row) -> dict[str, Any]:
    reason = row.refusal
    usable = reason is None
    return {
        "id": row.row,
        **{field: getattr(row, field) for field in _PLAIN},
        "factor_name": selectors.factor_name(row.factor) if row.factor else "",
        "factor_name_en": selectors.factor_name_en(row.factor) if row.factor else "",
        "low": row.bound(row.low) if usable else None,
        "high": row.bound(row.high) if usable else None,
        **_why(reason),
    }


def _why(reason: str | None) -> dict[str, str | None]:
    zh, en = standards.REASONS[reason] if reason else ("", "")
    return {"reason": reason, "reason_text": zh, "reason_text_en": en}


@router.post("/outlets/{int:id}/limits", response=LimitRow, auth=Signed("limits.write"))
def set_permit_limit(request: HttpRequest, id: int, body: PermitLimitIn) -> Any:  # noqa: A002
    """Enter a limit of the permit; it goes before any limit of a standard."""
    outlet = visible(Outlet, request.user, id)
    user: Any = request.user
    return dossier.limit_row(limits.set_permit_limit(user, outlet, **body.model_dump()))


@router.post("/outlets/{int:id}/limits/standard", response=AppliedOut, auth=Signed("limits.write"))
def apply_standard(request: HttpRequest, id: int, body: StandardIn) -> Any:  # noqa: A002
    """Apply rows of the standards; rows that cannot be judged come back with the reason."""
    outlet = visible(Outlet, request.user, id)
    user: Any = request.user
    done = limits.apply_standard(user, outlet, body.rows, valid_from=body.valid_from, valid_to=body.valid_to)
    return {
        "made": [dossier.limit_row(limit) for limit in done.made],
        "refused": [{"row": row, **_why(reason)} for row, reason in done.refused],
    }


@router.patch("/limits/{int:id}", response=LimitRow, auth=Signed("limits.write"))
def end_limit(request: HttpRequest, id: int, body: LimitEndIn) -> Any:  # noqa: A002
    """Give a limit its last day."""
    user: Any = request.user
    return dossier.limit_row(limits.end_limit(user, _visible(request, id), valid_to=body.valid_to))


@router.post("/limits/{int:id}/confirm", response=LimitRow, auth=Signed("limits.write"))
def confirm_limit(request: HttpRequest, id: int, body: LimitConfirmIn) -> Any:  # noqa: A002
    """Say that the number was compared with the text of the standard."""
    user: Any = request.user
    return dossier.limit_row(limits.confirm_limit(user, _visible(request, id), reason=body.reason))


def _visible(request: HttpRequest, pk: int) -> Limit:
    """A limit, if its outlet is in scope."""
    limit = selectors.limits_with_names().select_related("outlet").filter(pk=pk).first()
    if limit is None:
        raise not_found()
    visible(Outlet, request.user, limit.outlet_id)
    return limit
