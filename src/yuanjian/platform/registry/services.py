"""Writes of the register. Everything that enters it comes through here (or the admin site)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction

from yuanjian.platform.accounts.models import User
from yuanjian.platform.common.activity import record, register_actions
from yuanjian.platform.common.errors import Invalid, Refused
from yuanjian.platform.registry import routes
from yuanjian.platform.registry.geography import divisions
from yuanjian.platform.registry.models import (
    DataLogger,
    Enterprise,
    Facility,
    Limit,
    MonitoringPoint,
    Outlet,
    PointKind,
    Region,
    Signal,
)
from yuanjian.screening.signals import ROLES
from yuanjian.wire import hj212

register_actions(
    {
        "registry.enterprise_registered": ("{actor} 登记排污单位 {name}", "{actor} registered {name}"),
        "registry.outlet_registered": ("{actor} 登记排放口 {code}", "{actor} registered outlet {code}"),
        "registry.logger_registered": ("{actor} 登记数采仪 {mn}", "{actor} registered logger {mn}"),
        "registry.facility_registered": ("{actor} 登记设施 {name}", "{actor} registered facility {name}"),
        "registry.facility_described": ("{actor} 更新设施 {name}", "{actor} updated facility {name}"),
        "registry.signal_set": ("{actor} 登记工况参数 {name}", "{actor} registered the signal {name}"),
        "registry.signal_removed": ("{actor} 撤销工况参数 {name}", "{actor} removed the signal {name}"),
        "registry.limit_set": ("{actor} 设置 {factor} 限值", "{actor} set a limit of {factor}"),
    }
)

# The system code a logger uses when nothing has been received from it yet (HJ 212-2017 table 5; 44: 2025).
DEFAULT_ST = {"gas": "31", "water": "32", "electricity": "44", "door": "door", "process": "45"}
_KINDS = {
    "44": "electricity",
    "45": "process",
    "51": "process",
    "52": "process",
    "door": "door",
}  # the rest by the medium of the system code
_CREDIT_CODE = re.compile(r"[0-9A-Z]{18}")
_MN = re.compile(r"[0-9A-Za-z]{7,24}")


@dataclass(frozen=True)
class PointSpec:
    """A point of a logger to register; `factors` are those it owes."""

    outlet: Outlet
    st: str
    kind: str
    name: str = ""
    factors: tuple[str, ...] = ()


def load_regions() -> int:
    """Bring the table of regions to the state of the data file; how many there are."""
    rows = [
        Region(
            code=item.code,
            name=item.name,
            full_name=item.full_name,
            level=item.level,
            parent=item.parent,
            lon=item.lon,
            lat=item.lat,
        )
        for item in divisions().values()
    ]
    if Region.objects.count() != len(rows):
        columns = ["name", "full_name", "level", "parent", "lon", "lat"]
        Region.objects.bulk_create(rows, update_conflicts=True, unique_fields=["code"], update_fields=columns)
    return len(rows)


@transaction.atomic
def register_enterprise(actor: User | None, *, name: str, region_code: str, **fields: Any) -> Enterprise:
    """Add an enterprise; `fields` as in the model. Refuses an unknown region or a malformed credit code."""
    if region_code not in divisions():
        raise Invalid("registry.region", f"行政区划 {region_code} 不存在", f"no region {region_code}")
    code = fields.pop("credit_code", None) or None
    if code and not _CREDIT_CODE.fullmatch(code):
        raise Invalid("registry.credit_code", "统一社会信用代码应为18位", "a credit code has 18 characters")
    if code and Enterprise.objects.filter(credit_code=code).exists():
        raise Refused("registry.enterprise_twice", f"{code} 已登记", f"{code} is registered already")
    enterprise = Enterprise.objects.create(name=name, region_code=region_code, credit_code=code, **fields)
    record(actor, "registry.enterprise_registered", enterprise, name=name)
    return enterprise


@transaction.atomic
def register_outlet(
    actor: User | None, enterprise: Enterprise, *, code: str, name: str, medium: str, **fields: Any
) -> Outlet:
    """Add an outlet of an enterprise, in the enterprise's region; `fields` as in the model."""
    outlet = Outlet.objects.create(
        enterprise=enterprise,
        region_code=enterprise.region_code,
        code=code,
        name=name,
        medium=medium,
        **fields,
    )
    record(actor, "registry.outlet_registered", outlet, code=code)
    return outlet


@transaction.atomic
def register_facility(
    actor: User | None, outlet: Outlet, *, kind: str, code: str, name: str, **fields: Any
) -> Facility:
    """Add a production or treatment facility; `fields`: meter_no, rated_kw, power_factor_code, machine…"""
    facility = Facility.objects.create(
        outlet=outlet, region_code=outlet.region_code, kind=kind, code=code, name=name, **fields
    )
    record(actor, "registry.facility_registered", facility, name=name)
    return facility


@transaction.atomic
def describe_facility(actor: User | None, facility: Facility, **fields: Any) -> Facility:
    """Say what a facility is for; `fields`: kind, machine (of `signals.MACHINES`, or blank), in_permit."""
    for name, value in fields.items():
        setattr(facility, name, value)
    facility.save(update_fields=list(fields))
    record(actor, "registry.facility_described", facility, **fields, name=facility.name)
    return facility


@transaction.atomic
def set_signal(
    actor: User | None,
    outlet: Outlet,
    *,
    role: str,
    point: MonitoringPoint,
    factor: str,
    name: str = "",
    design: float | None = None,
) -> Signal:
    """Say what a series of the enterprise tells about an outlet; saying it again changes name and design.

    Raises `Invalid` for an unknown role, or a point of another enterprise.
    """
    if role not in ROLES:
        raise Invalid("registry.role", f"没有工况参数 {role}", f"there is no role {role}")
    if point.outlet.enterprise_id != outlet.enterprise_id:
        raise Invalid("registry.point", "监测点不属于该排污单位", "the point belongs to another enterprise")
    signal, _ = Signal.objects.update_or_create(
        outlet=outlet,
        role=role,
        point=point,
        factor=factor,
        defaults={"name": name, "design": design, "region_code": outlet.region_code},
    )
    record(actor, "registry.signal_set", outlet, role=role, name=str(signal), factor=factor, design=design)
    return signal


@transaction.atomic
def remove_signal(actor: User | None, signal: Signal) -> None:
    """Take a signal back; its series stays, models just do not read it as that any more."""
    record(actor, "registry.signal_removed", signal.outlet, role=signal.role, name=str(signal))
    signal.delete()


@transaction.atomic
def set_limit(
    actor: User | None,
    outlet: Outlet,
    *,
    factor: str,
    averaging: str,
    basis: str,
    valid_from: date,
    **fields: Any,
) -> Limit:
    """Add a limit; `fields`: low, high, unit, o2_reference, valid_to. At least one bound is needed."""
    if fields.get("low") is None and fields.get("high") is None:
        raise Invalid("registry.limit_bound", "限值至少要有上限或下限", "a limit needs a low or a high bound")
    limit = Limit.objects.create(
        outlet=outlet, factor=factor, averaging=averaging, basis=basis, valid_from=valid_from,
        author=actor, **fields,
    )  # fmt: skip
    record(actor, "registry.limit_set", outlet, factor=factor, averaging=averaging, high=limit.high)
    return limit


@transaction.atomic
def register_logger(
    actor: User | None,
    *,
    mn: str,
    enterprise: Enterprise,
    points: Sequence[PointSpec],
    standard: str = "2017",
    vendor: str = "",
) -> DataLogger:
    """Add a data logger and its points; readings already stored under its MN become theirs at once."""
    if not _MN.fullmatch(mn):
        raise Invalid("registry.mn", "MN 应为7至24位字母数字", "an MN has 7 to 24 letters and digits")
    if DataLogger.objects.filter(mn=mn).exists():
        raise Refused("registry.logger_twice", f"MN {mn} 已登记", f"MN {mn} is registered already")
    logger = DataLogger.objects.create(
        mn=mn, enterprise=enterprise, region_code=enterprise.region_code, standard=standard, vendor=vendor
    )
    for point in points:
        _register_point(logger, point)
    routes.mark_known(mn)
    record(actor, "registry.logger_registered", logger, mn=mn, points=len(points))
    return logger


def _register_point(logger: DataLogger, spec: PointSpec) -> MonitoringPoint:
    label = PointKind(spec.kind).label
    return MonitoringPoint.objects.create(
        id=routes.point_id(logger.mn, spec.st),
        outlet=spec.outlet,
        logger=logger,
        region_code=spec.outlet.region_code,
        st=spec.st,
        kind=spec.kind,
        name=spec.name or f"{spec.outlet.name}{label}",
        factors=list(spec.factors),
    )


def adopt_logger(actor: User, *, mn: str, standard: str, outlet: Outlet, kind: str) -> DataLogger:
    """Register an MN that sends unregistered: a point for each (MN, ST) seen, or one by `kind`."""
    points = [PointSpec(outlet=outlet, st=st, kind=_kind_of(st, kind)) for st in routes.seen(mn)]
    points = points or [PointSpec(outlet=outlet, st=DEFAULT_ST[kind], kind=kind)]
    return register_logger(actor, mn=mn, enterprise=outlet.enterprise, points=points, standard=standard)


def _kind_of(st: str, default: str) -> str:
    kind = _KINDS.get(st) or hj212.medium(st)
    return kind if kind and kind in PointKind.values else default
