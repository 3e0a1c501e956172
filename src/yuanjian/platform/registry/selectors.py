"""Reads of the register."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet

from yuanjian.platform.accounts.models import User
from yuanjian.platform.common.scope import significant_prefix
from yuanjian.platform.registry import codes, routes
from yuanjian.platform.registry.models import (
    Enterprise,
    Facility,
    FacilityKind,
    Limit,
    MonitoringPoint,
    Origin,
    Outlet,
    PointKind,
    Signal,
)
from yuanjian.screening import ports


def enterprises(
    user: User, *, q: str = "", region: str = "", ids: Iterable[int] | None = None
) -> QuerySet[Enterprise]:
    """Visible enterprises whose name, short name, credit code or MN holds `q`, within a region."""
    rows = Enterprise.objects.visible_to(user).annotate(outlet_count=Count("outlets", distinct=True))
    if q:
        named = Q(name__icontains=q) | Q(short_name__icontains=q) | Q(credit_code__icontains=q)
        rows = rows.filter(named | Q(pk__in=_with_mn(q)))
    if region:
        rows = rows.filter(region_code__startswith=significant_prefix(region))
    if ids is not None:
        rows = rows.filter(pk__in=ids)
    return rows.order_by("-is_key", "region_code", "id")


def _with_mn(q: str) -> QuerySet[Any]:
    return Enterprise.objects.filter(loggers__mn__icontains=q).values("pk")


def outlets_of(enterprise: Enterprise) -> QuerySet[Outlet]:
    """The outlets of an enterprise with points, limits, facilities and signals in one query each."""
    limits = Prefetch("limits", limits_with_names().order_by("factor", "averaging", "valid_from", "id"))
    return enterprise.outlets.prefetch_related("points", limits, "facilities", "signals").order_by("code")


def factor_name(code: str) -> str:
    """The Chinese name of a factor, or its code where the tables do not know it."""
    factor = codes.factor(code)
    return factor.name_zh if factor else code


def factor_name_en(code: str) -> str:
    """The English name of a factor, or its code."""
    factor = codes.factor(code)
    return factor.name_en if factor else code


def outlet_contexts(outlets: QuerySet[Outlet] | None = None) -> list[ports.OutletContext]:
    """What screening may know of each outlet that has a point of its medium; seven queries for any number."""
    rows = Outlet.objects.all() if outlets is None else outlets
    rows = rows.exclude(enterprise__status="closed").select_related("enterprise").order_by("id")
    found = list(rows)
    ids = [outlet.pk for outlet in found]
    points = _grouped(MonitoringPoint.objects.filter(outlet__in=ids).order_by("id"))
    limits = _grouped(limits_with_names().filter(outlet__in=ids).order_by("factor", "valid_from"))
    facilities = _grouped(Facility.objects.filter(outlet__in=ids).order_by("code"))
    signals = _grouped(Signal.objects.filter(outlet__in=ids).order_by("role", "id"))
    seen = routes.seen_factors([point.pk for group in points.values() for point in group])
    contexts = (
        _context(
            outlet, points[outlet.pk], limits[outlet.pk], facilities[outlet.pk], seen, signals[outlet.pk]
        )
        for outlet in found
    )
    return [context for context in contexts if context]


def limits_with_names() -> QuerySet[Limit]:
    """Limits with who entered and who confirmed them, in one query."""
    return Limit.objects.select_related("author", "confirmed_by")


def binding(limits: Iterable[Limit], on: date) -> list[Limit]:
    """Those in force on a day; a standard's only where the permit has none for the factor and averaging."""
    held = [
        item for item in limits if item.valid_from <= on and (item.valid_to is None or on <= item.valid_to)
    ]
    permitted = {(item.factor, item.averaging) for item in held if item.origin == Origin.PERMIT}
    return [
        item
        for item in held
        if item.origin == Origin.PERMIT or (item.factor, item.averaging) not in permitted
    ]


def _grouped(rows: QuerySet[Any]) -> defaultdict[int, list[Any]]:
    groups: defaultdict[int, list[Any]] = defaultdict(list)
    for row in rows:
        groups[row.outlet_id].append(row)
    return groups


def _context(
    outlet: Outlet,
    points: Sequence[MonitoringPoint],
    limits: Sequence[Limit],
    facilities: Sequence[Facility],
    seen: dict[int, list[str]],
    signals: Sequence[Signal],
) -> ports.OutletContext | None:
    point = next((point for point in points if point.kind == outlet.medium), None)
    if point is None:
        return None
    return ports.OutletContext(
        outlet=outlet.pk,
        enterprise=outlet.enterprise_id,
        region=outlet.region_code,
        industry=outlet.enterprise.industry_code,
        medium="gas" if outlet.medium == "gas" else "water",
        code=outlet.code,
        name=outlet.name,
        point=point.pk,
        factors=tuple(point.factors or sorted({item.factor for item in limits} | {*seen.get(point.pk, ())})),
        limits=tuple(_limit(item) for item in limits),
        chain=_chain(points, facilities),
        door_points=tuple(item.pk for item in points if item.kind == PointKind.DOOR),
        sampler_starts=outlet.sampler_starts,
        intermittent=outlet.intermittent,
        sampler_hours=tuple(outlet.sampler_hours),
        signals=tuple(
            ports.Signal(item.role, item.point_id, item.factor, item.name, item.design) for item in signals
        ),
    )


def _limit(limit: Limit) -> ports.Limit:
    return ports.Limit(
        factor=limit.factor,
        averaging=limit.averaging,
        low=limit.low,
        high=limit.high,
        o2_reference=limit.o2_reference,
        valid_from=limit.valid_from,
        valid_to=limit.valid_to,
        basis=limit.basis,
        origin="standard" if limit.origin == Origin.STANDARD else "permit",
        certainty=limit.certainty,
        confirmed_by=str(limit.confirmed_by) if limit.confirmed_by else "",
    )


def power_meters(points: Sequence[MonitoringPoint], facilities: Sequence[Facility]) -> list[ports.PowerMeter]:
    """The facilities whose active power is measured: their factor on the outlet's electricity point."""
    point = next((point.pk for point in points if point.kind == PointKind.ELECTRICITY), None)
    if point is None:
        return []
    return [
        ports.PowerMeter(
            facility_id=item.pk,
            name=item.name,
            kind=item.kind,
            point=point,
            factor=item.power_factor_code,
            rated_kw=item.rated_kw,
            machine=item.machine,
            in_permit=item.in_permit,
            code=item.code,
        )
        for item in facilities
        if item.power_factor_code
    ]


def _chain(points: Sequence[MonitoringPoint], facilities: Sequence[Facility]) -> ports.Chain | None:
    meters = power_meters(points, facilities)
    production, treatment, total = (
        tuple(meter for meter in meters if meter.kind == kind)
        for kind in (FacilityKind.PRODUCTION, FacilityKind.TREATMENT, FacilityKind.TOTAL)
    )
    return ports.Chain(production, treatment, total) if meters else None


def enterprises_named(user: User | None, keys: Iterable[str]) -> dict[str, tuple[int, str]]:
    """Id and region of the enterprises with these credit codes or ids, by the key asked; one query.

    Only those the user may see; all for nobody (the platform itself).
    """
    wanted = {key for key in keys if key}
    ids = {int(key) for key in wanted if key.isascii() and key.isdigit() and len(key) < 19}
    rows = Enterprise.objects.all() if user is None else Enterprise.objects.visible_to(user)
    rows = rows.filter(Q(credit_code__in=wanted) | Q(pk__in=ids))
    found: dict[str, tuple[int, str]] = {}
    for pk, code, region in rows.values_list("pk", "credit_code", "region_code"):
        found |= {key: (pk, region) for key in (code, str(pk)) if key in wanted}
    return found


def outlets_by_code(enterprises: Iterable[int]) -> dict[tuple[int, str], int]:
    """Ids of outlets by (enterprise, permit code); one query."""
    rows = Outlet.objects.filter(enterprise__in=set(enterprises))
    return {(firm, code): pk for pk, firm, code in rows.values_list("pk", "enterprise_id", "code")}
