"""What an outlet emitted, over HTTP and on the command line: amounts by hand, windows, scope."""

from __future__ import annotations

import json
from argparse import Namespace
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import world as make
from harness import DetailEndpoint

from yuanjian.cli import emissions as command
from yuanjian.cli import models
from yuanjian.cli.main import parser
from yuanjian.errors import UserFault
from yuanjian.platform.monitoring import emissions
from yuanjian.platform.monitoring.services import make_mark, review_mark
from yuanjian.platform.registry.models import MonitoringPoint, Outlet

MONTH = datetime(2026, 9, 30, 16, tzinfo=UTC)  # 2026-10-01 in Beijing
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def measured(world: Any, c: list[float | None], flow: float = 10.0, kind: str = "gas", **given: Any) -> None:
    """Hours of SO2 (or COD) and of flow from the beginning of the month on."""
    factor, moved = ("a21026", "a00000") if kind == "gas" else ("w01018", "w00000")
    point = world.own.points[kind]
    MonitoringPoint.objects.filter(pk=point.pk).update(factors=[factor, moved, "a01012"])
    make.readings(point.pk, factor, c, start=MONTH, **given)
    make.readings(point.pk, moved, [flow] * len(c), start=MONTH)


def asked(client: Any, outlet: Outlet, start: datetime = MONTH, days: float = 10, **given: str) -> Any:
    span = {"start": start.isoformat(), "end": (start + days * DAY).isoformat(), **given}
    return client.get(f"/api/outlets/{outlet.pk}/emissions", span)


@pytest.fixture
def november(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is 2026-11-20, noon."""
    monkeypatch.setattr(emissions, "utcnow", lambda: MONTH + 50 * DAY + 12 * HOUR)


class TestEmissions(DetailEndpoint):
    path = "/api/outlets/{id}/emissions"

    def prepare(self, world: Any) -> None:
        start = make.NOW - 3 * DAY
        point = world.own.points["gas"]
        MonitoringPoint.objects.filter(pk=point.pk).update(factors=["a21026", "a00000"])
        for factor in ("a21026", "a00000"):
            make.readings(point.pk, factor, [30.0] * 48, start=start)

    def url(self, world: Any, plant: Any) -> str:
        return f"/api/outlets/{plant.gas.pk}/emissions"


@pytest.mark.usefixtures("november")
def test_gas_by_hand(world: Any, client_of: Any) -> None:
    # 50 mg/m³ · 10 m³/s: 1.8 kg/h; one hour of 100, then five lost ones that take its place
    values: list[float | None] = [50.0] * 240
    values[100] = 100.0
    values[120:125] = [None] * 5
    measured(world, values)
    body = asked(client_of(world.own.user), world.own.gas, every="all").json()
    (item,) = body["items"]
    assert (body["cell"], item["factor"], item["name"]) == ("hour", "a21026", "二氧化硫")
    assert (item["measured"], item["substituted"], item["unknown"]) == (235, 5, 0)
    assert item["measured_kg"] == pytest.approx(234 * 1.8 + 3.6)
    assert item["substituted_kg"] == pytest.approx(18)
    assert item["kg"] == pytest.approx(442.8)
    assert item["equivalents"] == pytest.approx(442.8 / 0.95)
    assert item["capture"] == pytest.approx(235 / 240)
    assert [row["period"] for row in item["periods"]] == [""]


@pytest.mark.usefixtures("november")
def test_days_add_up_and_a_stop_emits_nothing(world: Any, client_of: Any) -> None:
    measured(world, [50.0] * 240)
    mark = make_mark(
        world.own.user, world.own.points["gas"], kind="stopped", start=MONTH + DAY, end=MONTH + 2 * DAY
    )
    review_mark(world.users["analyst"], mark, accept=True, note="")
    (item,) = asked(client_of(world.admin), world.own.gas, days=3, every="day").json()["items"]
    assert [(row["period"], round(row["kg"], 1)) for row in item["periods"]] == [
        ("2026-10-01", 43.2), ("2026-10-02", 0.0), ("2026-10-03", 43.2),
    ]  # fmt: skip
    assert item["kg"] == pytest.approx(86.4)
    assert item["measured"] == 48


@pytest.mark.usefixtures("november")
def test_hours_too_few_to_substitute_are_told(world: Any, client_of: Any) -> None:
    measured(world, [50.0] * 24)
    (item,) = asked(client_of(world.admin), world.own.gas, days=10).json()["items"]
    assert (item["measured"], item["substituted"], item["unknown"]) == (24, 0, 216)
    assert [row["period"] for row in item["periods"]] == ["2026-10"]


@pytest.mark.usefixtures("november")
def test_water_goes_by_days(world: Any, client_of: Any) -> None:
    measured(world, [50.0] * 48, kind="water")
    body = asked(client_of(world.admin), world.own.water, days=2, every="year").json()
    (item,) = body["items"]
    # 50 mg/L · 10 L/s: 43.2 kg a day
    assert (body["cell"], item["measured"], item["kg"]) == ("day", 2, pytest.approx(86.4))
    assert [row["period"] for row in item["periods"]] == ["2026"]


@pytest.mark.usefixtures("november")
def test_without_flow_or_point_there_is_nothing(world: Any, client_of: Any) -> None:
    client = client_of(world.admin)
    assert asked(client, world.own.gas).json()["items"] == []
    MonitoringPoint.objects.filter(pk=world.own.points["gas"].pk).update(kind="electricity")
    assert asked(client, world.own.gas).json()["items"] == []


@pytest.mark.usefixtures("november")
@pytest.mark.parametrize(("start", "days"), [(MONTH, 0), (MONTH - 800 * DAY, 800), (MONTH + 60 * DAY, 5)])
def test_windows_it_refuses(world: Any, client_of: Any, start: datetime, days: int) -> None:
    answer = asked(client_of(world.admin), world.own.gas, start, days)
    assert (answer.status_code, answer.json()["code"]) == (422, "emissions.span")


def given(outlet: int, *more: str) -> Namespace:
    words = ["emissions", "--outlet", str(outlet), "--from", "2026-10-01", "--to", "2026-10-11", *more]
    return parser().parse_args(words)


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command works on the database of the test."""
    monkeypatch.setattr(models, "platform", lambda settings: nullcontext())


@pytest.mark.usefixtures("here", "november")
def test_the_command_prints_the_same(
    world: Any, client_of: Any, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    measured(world, [50.0] * 240)
    assert command.run(settings.YUANJIAN, given(world.own.gas.pk, "--every", "day")) == 0
    printed = json.loads(capsys.readouterr().out)
    body = asked(client_of(world.admin), world.own.gas, every="day").json()
    assert printed["items"] == body["items"]
    assert len(printed["items"][0]["periods"]) == 10


@pytest.mark.usefixtures("here", "november")
def test_the_command_knows_no_such_outlet(world: Any, settings: Any) -> None:
    with pytest.raises(UserFault) as refused:
        command.run(settings.YUANJIAN, given(999999))
    assert refused.value.code == "cli.no_outlet"
