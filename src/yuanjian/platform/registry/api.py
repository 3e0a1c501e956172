"""Register endpoints: enterprises, regions, boundaries, factors, adoption of loggers."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from ninja import Query, Router

from yuanjian.platform.clues import selectors as clues
from yuanjian.platform.common.api import PageIn, Signed, fast, paged
from yuanjian.platform.common.errors import Invalid, not_found
from yuanjian.platform.common.lookup import visible
from yuanjian.platform.common.scope import COUNTRY
from yuanjian.platform.registry import dossier, industries, selectors, services
from yuanjian.platform.registry.geography import boundaries, divisions, inside
from yuanjian.platform.registry.models import Enterprise, Facility, MonitoringPoint, Outlet, Signal
from yuanjian.platform.registry.schemas import (
    AdoptIn,
    EnterpriseDetail,
    Enterprises,
    FacilityIn,
    FacilityRow,
    FactorRow,
    IndustryRow,
    LoggerOut,
    RegionRow,
    RoleRow,
    SignalIn,
    SignalRow,
)
from yuanjian.screening.signals import MACHINES, ROLES
from yuanjian.wire.hj212 import FACTORS

router = Router(tags=["registry"])


@router.get("/enterprises", response=Enterprises, auth=Signed("enterprises.view"))
def list_enterprises(
    request: HttpRequest, page: Query[PageIn], q: str = "", region: str = "", level: int | None = None
) -> Any:
    """Enterprises in scope; `level`: only those whose worst open clue has this level (regulators only)."""
    ids = clues.enterprises_with(level) if level is not None and clues.may_know(request.user) else None
    found, total = paged(selectors.enterprises(request.user, q=q.strip(), region=region, ids=ids), page)
    return fast({"items": dossier.rows(request.user, found), "total": total})


@router.get("/enterprises/{int:id}", response=EnterpriseDetail, auth=Signed("enterprises.view"))
def get_enterprise(request: HttpRequest, id: int) -> Any:  # noqa: A002
    """一企一档."""
    enterprise = selectors.enterprises(request.user, ids=[id]).first()
    if enterprise is None:
        raise not_found("排污单位不存在或无权查看", "No such enterprise, or not visible to you")
    return fast(dossier.detail(request.user, enterprise))


@router.get("/regions", response=list[RegionRow], auth=Signed("regions.view"))
def list_regions(request: HttpRequest) -> Any:
    """The divisions in the user's scope; for an administrator without region: those of the installation."""
    return fast([_region(division) for division in inside(_scope(request.user))])


@router.get("/industries", response=list[IndustryRow], auth=Signed("enterprises.view"))
def list_industries(request: HttpRequest) -> Any:
    """Industries of the enterprises in the user's scope, and the divisions they lie in."""
    return fast(industries.present(request.user))


def _scope(user: Any) -> str:
    if user.region_code:
        return str(user.region_code)
    if user.enterprise:
        return str(user.enterprise.region_code)
    return COUNTRY


def _region(division: Any) -> dict[str, str]:
    return {field: getattr(division, field) for field in ("code", "name", "level", "parent")}


@router.get("/geo/{region_code}", response=dict[str, Any], auth=Signed("regions.view"))
def get_boundaries(request: HttpRequest, region_code: str) -> Any:
    """GeoJSON of the counties of a region with the boundary lines; answers 304 to a known ETag."""
    if region_code != COUNTRY and region_code not in divisions():
        raise not_found("行政区划不存在", "No such region")
    body, etag = boundaries(region_code)
    response = HttpResponse(body, content_type="application/geo+json")
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "private, max-age=86400"
    return get_conditional_response(request, etag=etag, response=response)


@router.get("/factors", response=list[FactorRow], auth=Signed())
def list_factors(request: HttpRequest) -> Any:
    """The factor code table."""
    return fast([_factor(factor) for factor in FACTORS.values()])


def _factor(factor: Any) -> dict[str, Any]:
    plain = {field: getattr(factor, field) for field in ("code", "name_en", "unit", "medium", "decimals")}
    return {**plain, "name": factor.name_zh}


@router.post("/loggers", response=LoggerOut, auth=Signed("registry.adopt"))
def adopt_logger(request: HttpRequest, body: AdoptIn) -> Any:
    """Register an MN that has been sending unregistered; its stored readings belong to the outlet at once."""
    enterprise = visible(Enterprise, request.user, body.enterprise_id)
    outlet = visible(Outlet, request.user, body.outlet_id, enterprise=enterprise)
    logger = services.adopt_logger(
        request.user, mn=body.mn, standard=body.standard, outlet=outlet, kind=body.kind
    )
    return {
        "mn": logger.mn,
        "enterprise": {"id": enterprise.pk, "name": enterprise.name},
        "points": [dossier.point_row(point) for point in logger.points.order_by("id")],
    }


@router.get("/signal-roles", response=list[RoleRow], auth=Signed())
def list_roles(request: HttpRequest) -> Any:
    """What a process parameter may tell."""
    return [
        {"role": code, "title": role.zh, "title_en": role.en, "unit": role.unit}
        for code, role in ROLES.items()
    ]


@router.post("/outlets/{int:id}/signals", response=SignalRow, auth=Signed("registry.write"))
def set_signal(request: HttpRequest, id: int, body: SignalIn) -> Any:  # noqa: A002
    """Say what a series tells about an outlet; the same again changes its name and design value."""
    outlet = visible(Outlet, request.user, id)
    point = visible(MonitoringPoint, request.user, body.point_id)
    given = body.model_dump(exclude={"point_id"})
    user: Any = request.user
    return dossier.signal_row(services.set_signal(user, outlet, point=point, **given))


@router.delete("/signals/{int:id}", response={204: None}, auth=Signed("registry.write"))
def remove_signal(request: HttpRequest, id: int) -> Any:  # noqa: A002
    """Take a signal back; its readings stay."""
    user: Any = request.user
    services.remove_signal(user, visible(Signal, request.user, id))
    return HttpResponse(status=204)


@router.patch("/facilities/{int:id}", response=FacilityRow, auth=Signed("registry.write"))
def describe_facility(request: HttpRequest, id: int, body: FacilityIn) -> Any:  # noqa: A002
    """Say what a facility is for, and whether the permit names it."""
    if body.machine and body.machine not in MACHINES:
        raise Invalid("registry.machine", f"没有用途 {body.machine}", f"there is no machine {body.machine}")
    user: Any = request.user
    facility = visible(Facility, request.user, id)
    return dossier.facility_row(
        services.describe_facility(user, facility, **body.model_dump(exclude_none=True))
    )
