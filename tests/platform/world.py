"""A small world: enterprise `own` in Yinchuan (640105), enterprise `other` in Shizuishan (640205)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
from django.db import connection

from yuanjian.platform.accounts import services as accounts
from yuanjian.platform.accounts.models import User
from yuanjian.platform.monitoring.store import store
from yuanjian.platform.registry import services as registry
from yuanjian.platform.registry.models import DataLogger, Enterprise, MonitoringPoint, Outlet

PASSWORD = "only-for-tests-7"
REGULATORS = ("analyst", "dispatcher", "officer", "oversight", "author", "integrator")
NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


@dataclass
class Plant:
    """An enterprise with everything below it."""

    enterprise: Enterprise
    gas: Outlet
    water: Outlet
    logger: DataLogger
    user: User
    points: dict[str, MonitoringPoint]


@dataclass
class World:
    """`own` and `other`, users by role for the city of `own`, `foreign` regulators of the other city."""

    own: Plant
    other: Plant
    users: dict[str, User]
    foreign: dict[str, User]
    admin: User
    province: User
    extra: dict[str, Any] = field(default_factory=dict)


def build() -> World:
    """Make it through the services, as the product does."""
    admin = user("admin", "admin", "")
    return World(
        own=plant("甲", "640105", "TEST00000000000000000001"),
        other=plant("乙", "640205", "TEST00000000000000000002"),
        users={role: user(role, role, "640100") for role in REGULATORS},
        foreign={role: user(f"foreign-{role}", role, "640200") for role in REGULATORS},
        admin=admin,
        province=user("province", "analyst", "640000"),
    )


def user(username: str, role: str, region: str, **fields: Any) -> User:
    """An account."""
    return accounts.create_user(
        username=username, password=PASSWORD, name=f"测试{username}", role=role, region_code=region, **fields
    )


def plant(word: str, region: str, mn: str) -> Plant:
    """An enterprise with a gas and a water outlet, one logger, a chain with two meters and a door."""
    enterprise = registry.register_enterprise(
        None,
        name=f"{word}测试厂（虚拟）",
        short_name=f"{word}厂",
        region_code=region,
        industry_code="C44",
        is_key=True,
    )
    gas = registry.register_outlet(None, enterprise, code="DA001", name="锅炉排口", medium="gas")
    water = registry.register_outlet(None, enterprise, code="DW001", name="总排口", medium="water")
    spec = registry.PointSpec
    logger = registry.register_logger(
        None,
        mn=mn,
        enterprise=enterprise,
        points=[
            spec(gas, "31", "gas"),
            spec(water, "32", "water"),
            spec(gas, "44", "electricity"),
            spec(gas, "door", "door"),
        ],
    )
    limits(gas, water)
    return Plant(
        enterprise=enterprise,
        gas=gas,
        water=water,
        logger=logger,
        user=user(f"plant-{region}", "enterprise", "", enterprise=enterprise),
        points={point.kind: point for point in logger.points.all()},
    )


def limits(gas: Outlet, water: Outlet) -> None:
    """Limits of SO2 and COD, and the meters of a kiln and its scrubber."""
    since, basis = date(2024, 1, 1), "排污许可证（虚拟）"
    registry.set_limit(
        None,
        gas,
        factor="a21026",
        averaging="hour",
        high=50.0,
        o2_reference=6.0,
        valid_from=since,
        basis=basis,
    )
    registry.set_limit(
        None, water, factor="w01018", averaging="day", high=60.0, valid_from=since, basis=basis
    )
    registry.set_limit(
        None, water, factor="w01001", averaging="instant", low=6.0, high=9.0, valid_from=since, basis=basis
    )
    for kind, code, name, factor in (
        ("production", "SC01", "窑炉", "d20701"),
        ("treatment", "ZL01", "脱硫塔", "d30701"),
    ):
        registry.register_facility(
            None,
            gas,
            kind=kind,
            code=code,
            name=name,
            meter_no="01",
            rated_kw=100.0,
            power_factor_code=factor,
        )


def execute(query: str, *params: Any) -> None:
    """Write to the intake tables, as gateway and ingest do."""
    with connection.cursor() as cursor:
        cursor.execute(query, params)


def latest(point: int, factor: str, value: float, *, reference: float | None = None, **given: Any) -> None:
    """A row of `intake.latest`, realtime, normal, just received."""
    row = {"cadence": "realtime", "time": NOW, "flag": "N", "received_at": datetime.now(UTC), **given}
    execute(
        "INSERT INTO intake.latest (point_id, factor, cadence, time, value, reference, flag, received_at) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        point,
        factor,
        row["cadence"],
        row["time"],
        value,
        reference,
        row["flag"],
        row["received_at"],
    )


def link(mn: str, *, valid_ago: timedelta | None = timedelta(), connected: bool = True) -> None:
    """The link of an MN whose last valid frame came a while ago."""
    at = None if valid_ago is None else datetime.now(UTC) - valid_ago
    execute(
        "INSERT INTO intake.link (mn, standard, peer, connected, last_frame_at, last_valid_at, frames) "
        "VALUES (%s, '2017', '127.0.0.1:5000', %s, %s, %s, 7) "
        "ON CONFLICT (mn) DO UPDATE SET standard = '2017', peer = excluded.peer, "
        "connected = excluded.connected, last_frame_at = excluded.last_frame_at, "
        "last_valid_at = excluded.last_valid_at, frames = 7",
        mn,
        connected,
        datetime.now(UTC),
        at,
    )


def frame(
    seq: int, raw: bytes, *, mn: str | None = None, fault: str | None = None, at: datetime | None = None
) -> None:
    """A row of the journal, received now unless told when."""
    execute(
        "INSERT INTO intake.frame (shard, seq, received_at, peer, connection, mn, fault, raw) "
        "VALUES (0, %s, %s, '127.0.0.1:5000', 1, %s, %s, %s)",
        seq,
        at or datetime.now(UTC),
        mn,
        fault,
        raw,
    )


def readings(point: int, factor: str, values: list[float | None], *, start: datetime, **given: Any) -> None:
    """A series in the lake, one value each `step` from `start`."""
    step: timedelta = given.get("step", timedelta(hours=1))
    times = [start + step * index for index in range(len(values))]
    frame = pl.DataFrame(
        {"time": times, "value": values}, schema={"time": pl.Datetime("us", "UTC"), "value": pl.Float64}
    )
    columns = {
        "point": point,
        "factor": factor,
        "cadence": given.get("cadence", "hour"),
        "flag": given.get("flag", "N"),
        "source": "live",
        "shard": 0,
        "seq": 1,
    }
    frame = frame.with_columns(pl.lit(value).alias(name) for name, value in columns.items())
    frame = frame.with_columns(received=pl.col("time"), decimals=pl.lit(1))
    store().append(frame, None, app=f"test-{point}-{factor}-{columns['cadence']}", version=1)


def door(point: int, at: datetime, text: str) -> None:
    """A door event in the lake."""
    row = {"point": point, "kind": "door", "code": "i3310A", "time": at, "text": text, "received": at}
    frame = pl.DataFrame([{**row, "shard": 0, "seq": 1}])
    store().append(None, frame, app=f"door-{at.timestamp()}", version=1)
