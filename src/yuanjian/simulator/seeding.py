"""Write a virtual province into the platform: register, limits, marks, accounts.

The only module of the simulator that knows the platform; Django must be set up before it is imported.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction

from yuanjian.clock import utcnow
from yuanjian.errors import OwnFault
from yuanjian.platform.accounts import services as accounts_services
from yuanjian.platform.accounts.models import User
from yuanjian.platform.exchange import services as exchange
from yuanjian.platform.exchange import tabular
from yuanjian.platform.monitoring import services as monitoring
from yuanjian.platform.registry import models, services
from yuanjian.platform.registry.services import PointSpec
from yuanjian.simulator import paperwork, signals
from yuanjian.simulator.dayplan import SAMPLING_HOURS
from yuanjian.simulator.layout import meter_codes, period_columns
from yuanjian.simulator.world import Enterprise, Outlet, World

PROVINCE = "640000"
VALID_FROM = date(2020, 1, 1)
MARKS_AHEAD = timedelta(days=30)
"""Stops and calibrations are planned, so marks of the coming month are known too."""

STAFF: Sequence[tuple[str, str, str, str]] = (
    ("admin", "admin", "系统管理员", ""),
    ("analyst", "analyst", "值守分析员", PROVINCE),
    ("dispatcher", "dispatcher", "调度员", PROVINCE),
    ("officer", "officer", "执法员甲", PROVINCE),
    ("oversight", "oversight", "稽查员", PROVINCE),
    ("author", "author", "模型作者", PROVINCE),
    ("integrator", "integrator", "系统集成员", PROVINCE),
    ("officer2", "officer", "执法员乙", "640100"),
    ("officer3", "officer", "执法员丙", "640200"),
    ("officer4", "officer", "执法员丁", "640300"),
)
"""Username, role, name, region. The first of each role is the one shown at the sign-in of a demonstration."""

Account = dict[str, str]


@dataclass(frozen=True)
class Seeded:
    """What was written. ``accounts``: role → account, the same under ``roles``, and ``enterprises``:
    enterprise id → account; an account is {username, password, role, name}.
    """

    enterprises: int
    outlets: int
    loggers: int
    marks: int
    records: int
    accounts: dict[str, Any]


@transaction.atomic
def seed(world: World, *, start: datetime | None = None, end: datetime | None = None) -> Seeded:
    """Write the province; marks of [start, end) and of the month after (default: from the world's start to
    now).

    Passwords are made up anew and returned only here (and shown at the sign-in of a demonstration).
    """
    services.load_regions()
    enterprises = {item.serial: _enterprise(item) for item in world.enterprises}
    outlets = [_outlet(outlet, enterprises[outlet.enterprise.serial]) for outlet in world.outlets]
    loggers = sum(
        _loggers(outlet, row, enterprises[outlet.enterprise.serial])
        for outlet, row in zip(world.outlets, outlets, strict=True)
    )
    roles = _staff()
    users, firms = _enterprise_users(list(enterprises.values()))
    roles["enterprise"] = firms[enterprises[_shown(world)].pk]
    accounts_services.publish_demo_accounts(list(roles.values()))
    until = (end or utcnow()) + MARKS_AHEAD
    since = start or world.midnight()
    marks = _marks(world, outlets, users, since, until)
    records = file_papers(world, since, end or utcnow())
    accounts = {**roles, "roles": roles, "enterprises": firms}
    return Seeded(len(enterprises), len(outlets), loggers, marks, records, accounts)


def _enterprise(item: Enterprise) -> models.Enterprise:
    return services.register_enterprise(
        None, name=item.name, region_code=item.county.code, credit_code=item.credit_code,
        short_name=item.short_name, industry_code=item.kind.industry_code, industry=item.kind.industry,
        lon=item.lon, lat=item.lat, address=f"{item.county.name}工业园区（虚拟）{item.serial + 1}号",
        contact=f"环保负责人{item.serial + 1}", phone=f"0000-{item.serial + 1:07d}",
        permit_no=f"{item.credit_code}001P", management_class="重点管理", is_key=True,
    )  # fmt: skip


def _outlet(outlet: Outlet, enterprise: models.Enterprise) -> models.Outlet:
    """The outlet with its facilities and limits."""
    row = services.register_outlet(
        None, enterprise, code=outlet.code, name=outlet.name, medium=outlet.kind.medium, kind="主要排放口",
        lon=outlet.enterprise.lon, lat=outlet.enterprise.lat, intermittent=outlet.kind.intermittent,
        sampler_hours=list(SAMPLING_HOURS) if outlet.sampler else [],
    )  # fmt: skip
    for (role, number, machine), (power_code, _) in zip(outlet.machines, meter_codes(outlet), strict=True):
        services.register_facility(
            None, row, kind=role, code=f"{'MF' if role == 'production' else 'TA'}{number:>03}",
            name=machine.name, meter_no=number, rated_kw=machine.rated_kw, power_factor_code=power_code,
            machine=machine.does,
        )  # fmt: skip
    _limits(outlet, row)
    return row


def _limits(outlet: Outlet, row: models.Outlet) -> None:
    kind = outlet.kind
    gas = kind.medium == "gas"
    common = {"basis": kind.basis, "valid_from": VALID_FROM}
    unit = "mg/m3" if gas else "mg/L"
    for pollutant in kind.pollutants:
        limits = [("hour" if gas else "day", pollutant.limit), ("day", pollutant.day_limit)]
        for averaging, high in limits:
            if high is not None:
                services.set_limit(
                    None, row, factor=pollutant.code, averaging=averaging, high=high, unit=unit,
                    o2_reference=kind.o2_reference, **common,
                )  # fmt: skip
    for factor, high in kind.by_hand:
        services.set_limit(
            None, row, factor=factor, averaging="hour", high=high, unit=unit,
            o2_reference=kind.o2_reference, **common,
        )  # fmt: skip
    if not gas:
        services.set_limit(
            None, row, factor="w01001", averaging="instant", low=6.0, high=9.0, unit="", **common
        )


def _loggers(outlet: Outlet, row: models.Outlet, enterprise: models.Enterprise) -> int:
    """Register what sends for an outlet: one logger, or two where the old one cannot meter; how many."""
    kind = outlet.kind
    owed = tuple(code for code, _ in period_columns(outlet))
    emission = [PointSpec(row, "31" if kind.medium == "gas" else "32", kind.medium, factors=owed)]
    power = tuple(code for pair in meter_codes(outlet) for code in pair)
    station = [PointSpec(row, "44", "electricity", factors=power), PointSpec(row, "door", "door")]
    process = tuple(sensor.code for sensor in signals.sensors(outlet))
    if process:
        station.append(PointSpec(row, signals.ST, "process", factors=process))
    together = outlet.mn == outlet.meter_mn
    plans = [(outlet.mn, outlet.standard, emission + station if together else emission)]
    if not together:
        plans.append((outlet.meter_mn, outlet.meter_standard, station))
    for mn, standard, points in plans:
        services.register_logger(
            None, mn=mn, enterprise=enterprise, points=points, standard=standard, vendor="虚拟数采仪"
        )
    _signals(outlet, row)
    return len(plans)


def _signals(outlet: Outlet, row: models.Outlet) -> None:
    """Tell what the process parameters mean."""
    point = row.points.filter(kind="process").first()
    for sensor in signals.sensors(outlet) if point else ():
        services.set_signal(
            None, row, role=sensor.role, point=point, factor=sensor.code, design=sensor.design
        )


def _staff() -> dict[str, Account]:
    """Accounts of the regulators; the first of each role by role."""
    shown: dict[str, Account] = {}
    for username, role, name, region in STAFF:
        password = secrets.token_urlsafe(9)
        accounts_services.create_user(
            username=username, password=password, name=name, role=role, region_code=region
        )
        shown.setdefault(role, _account(username, password, role, name))
    return shown


def _account(username: str, password: str, role: str, name: str) -> Account:
    return {"username": username, "password": password, "role": role, "name": name}


def _enterprise_users(rows: Sequence[models.Enterprise]) -> tuple[dict[int, User], dict[int, Account]]:
    """A user for every enterprise, by enterprise id.

    They share one made-up password, hashed once: a proper hash for each of some hundred invented people would
    take longer than all the rest of the seeding, which is why this does not go through `create_user`.
    """
    password = secrets.token_urlsafe(9)
    hashed = make_password(password)
    users = User.objects.bulk_create(
        [
            User(
                username=f"firm{row.pk}",
                name=row.contact,
                role="enterprise",
                enterprise=row,
                password=hashed,
                region_code=row.region_code,
            )
            for row in rows
        ]
    )
    accounts = {
        row.pk: _account(user.username, password, "enterprise", row.short_name)
        for row, user in zip(rows, users, strict=True)
    }
    return dict(zip((row.pk for row in rows), users, strict=True)), accounts


def _shown(world: World) -> int:
    """The enterprise whose account is shown: the first with something to answer for."""
    codes = {truth.enterprise for truth in world.truths if truth.level > 1}
    firms = world.enterprises
    return next((firm.serial for firm in firms if firm.credit_code in codes), firms[0].serial)


@transaction.atomic
def file_papers(world: World, start: datetime, end: datetime, since: datetime | None = None) -> int:
    """Deliver the papers of the plants, as the integrator of the province does; returns how many were new.

    ``since``: those of before have been delivered.
    """
    integrator = User.objects.get(username="integrator")
    accepted = 0
    for kind, rows in paperwork.papers(world, start, end, since).items():
        for at in range(0, len(rows), tabular.MOST_ROWS):
            part = rows[at : at + tabular.MOST_ROWS]
            batch = exchange.deliver(kind, part, integrator, "virtual")
            if batch.refused:
                raise OwnFault("simulator.papers", f"虚拟台账不合格：{kind}", f"papers of {kind} are refused")
            accepted += batch.accepted
    return accepted


def _marks(
    world: World, outlets: Sequence[models.Outlet], users: dict[int, User], start: datetime, end: datetime
) -> int:
    """The enterprises' honest marks, on emissions, as the analyst on duty accepted them; returns how many."""
    analyst = User.objects.get(username="analyst")
    wanted = models.MonitoringPoint.objects.filter(outlet__in=outlets, kind__in=["gas", "water"])
    points = {point.outlet_id: point for point in wanted}
    last = utcnow() + monitoring.AHEAD
    marks = [mark for mark in world.marks(start, end) if mark.start >= start and mark.end <= last]
    for mark in marks:
        row = outlets[mark.outlet]
        made = monitoring.make_mark(
            users[row.enterprise_id], points[row.pk], kind=mark.kind, start=mark.start, end=mark.end,
            note=mark.note,
        )  # fmt: skip
        monitoring.review_mark(analyst, made, accept=True)
    return len(marks)
