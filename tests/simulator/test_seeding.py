"""The province in the platform's tables, as screening and people will find it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from yuanjian.gateway import schema
from yuanjian.platform.accounts.models import User
from yuanjian.platform.clues.screening_ports import Register
from yuanjian.platform.exchange.models import Batch, Record, RefusedRow
from yuanjian.platform.monitoring.models import Mark
from yuanjian.platform.registry.models import DataLogger, Enterprise, MonitoringPoint
from yuanjian.platform.registry.selectors import outlet_contexts
from yuanjian.simulator import World
from yuanjian.simulator.filing import delivery
from yuanjian.simulator.seeding import Seeded, seed
from yuanjian.simulator.signals import sensors

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """The intake tables beside Django's own."""
    with django_db_blocker.unblock():
        connection.ensure_connection()
        schema.ensure(connection.connection)


@pytest.fixture
def seeded(db: None, settings: Any, tmp_path: Path) -> tuple[World, Seeded]:
    settings.YUANJIAN = replace(settings.YUANJIAN, home=tmp_path, demo=True)
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    world = World.build(seed=5, outlets=30)
    world.inject(1, rate=0.4)
    return world, seed(world, start=world.midnight(), end=world.midnight(10))


def test_everything_is_registered(seeded: tuple[World, Seeded]) -> None:
    world, done = seeded
    assert done.enterprises == Enterprise.objects.count() == len(world.enterprises)
    numbers = {o.mn for o in world.outlets} | {o.meter_mn for o in world.outlets}
    assert set(DataLogger.objects.values_list("mn", flat=True)) == numbers
    assert done.loggers == len(numbers) > 30
    assert MonitoringPoint.objects.count() == 3 * 30 + sum(bool(sensors(o)) for o in world.outlets)
    routes = {
        (point.logger.mn, point.st): point.pk for point in MonitoringPoint.objects.select_related("logger")
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT mn, st, point_id FROM intake.route")
        assert {(mn, st): pk for mn, st, pk in cursor.fetchall()} == routes


def test_screening_finds_limits_chains_doors_and_samplers(seeded: tuple[World, Seeded]) -> None:
    world, _ = seeded
    contexts = {(c.enterprise, c.code): c for c in outlet_contexts()}
    codes = dict(Enterprise.objects.values_list("credit_code", "pk"))
    assert len(contexts) == 30
    for outlet in world.outlets:
        context = contexts[codes[outlet.enterprise.credit_code], outlet.code]
        assert context.region == outlet.enterprise.county.code
        assert context.medium == outlet.kind.medium
        assert context.intermittent == outlet.kind.intermittent
        assert bool(context.sampler_hours) == outlet.sampler
        assert len(context.door_points) == 1
        assert context.chain is not None
        assert len(context.chain.production) == len(outlet.kind.production)
        assert [meter.factor for meter in context.chain.treatment] == ["d30701", "d30702", "d30703"]
        limits = {(limit.factor, limit.averaging): limit for limit in context.limits}
        for pollutant in outlet.kind.pollutants:
            averaging = "hour" if outlet.kind.medium == "gas" else "day"
            limit = limits[pollutant.code, averaging]
            assert limit.high == pollutant.limit
            assert limit.o2_reference == outlet.kind.o2_reference
            assert ((pollutant.code, "day") in limits) == (
                averaging == "day" or pollutant.day_limit is not None
            )
            assert pollutant.code in context.factors


def test_every_role_can_sign_in(seeded: tuple[World, Seeded]) -> None:
    _, done = seeded
    roles = done.accounts["roles"]
    assert set(roles) == {
        "admin",
        "analyst",
        "dispatcher",
        "officer",
        "oversight",
        "author",
        "integrator",
        "enterprise",
    }
    for role, account in roles.items():
        user = User.objects.get(username=account["username"])
        assert user.check_password(account["password"])
        assert user.role == role
        assert done.accounts[role] == account
    assert User.objects.filter(role="officer").count() == 4


def test_every_enterprise_has_an_account_of_its_own(seeded: tuple[World, Seeded]) -> None:
    _, done = seeded
    for pk, account in done.accounts["enterprises"].items():
        assert User.objects.get(username=account["username"]).enterprise_id == pk
    assert len(done.accounts["enterprises"]) == done.enterprises
    name = done.accounts["enterprise"]["username"]
    shown = Enterprise.objects.get(users__username=name)
    world, _ = seeded
    assert shown.credit_code in {truth.enterprise for truth in world.truths}


def test_marks_of_the_window_and_the_month_after(seeded: tuple[World, Seeded]) -> None:
    world, done = seeded
    rows = Mark.objects.all()
    assert done.marks == rows.count() > 50
    assert rows.filter(kind="stopped").exists()
    assert all(world.midnight() <= mark.start < world.midnight(10) + timedelta(days=31) for mark in rows)
    assert all(mark.author.enterprise_id == mark.point.outlet.enterprise_id for mark in rows)
    expected = {
        (m.kind, m.start)
        for m in world.marks(world.midnight(), world.midnight(40))
        if m.start >= world.midnight()
    }
    assert {(mark.kind, mark.start) for mark in rows} == expected


def test_papers_go_on_and_the_same_twice_is_the_same(seeded: tuple[World, Seeded]) -> None:
    world, done = seeded
    deliver = delivery(world)
    added = deliver(world.midnight(10), world.midnight(12))
    assert added > 30
    assert deliver(world.midnight(10), world.midnight(12)) == 0
    assert Record.objects.count() == done.records + added
    assert Record.objects.filter(kind="qc", start__gte=world.midnight(11)).exists()


def test_papers_are_delivered_and_process_parameters_named(seeded: tuple[World, Seeded]) -> None:
    world, done = seeded
    assert done.records == Record.objects.count() > 1000
    assert not RefusedRow.objects.exists()
    assert set(Batch.objects.values_list("author__username", flat=True)) == {"integrator"}
    kinds = {outlet.records for outlet in Register().outlets()}
    assert all({"qc", "parameter", "permit_amount", "capacity", "product"} <= each for each in kinds)
    codes = dict(Enterprise.objects.values_list("credit_code", "pk"))
    contexts = {(c.enterprise, c.code): c for c in outlet_contexts()}
    for outlet in world.outlets:
        context = contexts[codes[outlet.enterprise.credit_code], outlet.code]
        told = {(signal.role, signal.factor, signal.design) for signal in context.signals}
        assert told == {(sensor.role, sensor.code, sensor.design) for sensor in sensors(outlet)}
        assert context.chain is not None
        assert [meter.machine for meter in context.chain.meters] == [m.does for _, _, m in outlet.machines]
