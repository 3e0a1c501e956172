"""The exemption ledger of an outlet: caps, hours used, each mark and why it did not count; scope."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from harness import DetailEndpoint

from yuanjian.platform.monitoring import exemptions
from yuanjian.platform.monitoring.models import Mark
from yuanjian.platform.monitoring.services import make_mark, review_mark
from yuanjian.platform.registry import services as registry
from yuanjian.platform.registry.models import Enterprise, Outlet

YEAR = datetime(2025, 12, 31, 16, tzinfo=UTC)  # 2026-01-01 in Beijing
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TODAY = datetime(2026, 11, 20, 4, 30, tzinfo=UTC)
OCTOBER = datetime(2026, 9, 30, 16, tzinfo=UTC)


def limit(outlet: Outlet, factor: str) -> None:
    registry.set_limit(
        None, outlet, factor=factor, averaging="hour", high=60.0, valid_from=date(2024, 1, 1), basis="许可证"
    )


def burns(plant: Any, industry: str = "N7820") -> None:
    """The plant is an incinerator: its stack has limits of hydrogen chloride and dust."""
    Enterprise.objects.filter(pk=plant.enterprise.pk).update(industry_code=industry)
    for factor in ("a21024", "a34013"):
        limit(plant.gas, factor)


def marked(
    world: Any, kind: str, start: datetime, hours: float, accept: bool | None = True, **more: Any
) -> Mark:
    mark = make_mark(
        world.own.user, world.own.points["gas"], kind=kind, start=start, end=start + hours * HOUR, **more
    )
    if accept is not None:
        review_mark(world.users["analyst"], mark, accept=accept, note="不属实")
    return mark


def asked(client: Any, outlet: Outlet, **query: Any) -> Any:
    return client.get(f"/api/outlets/{outlet.pk}/exemptions", query)


@pytest.fixture(autouse=True)
def november(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is 2026-11-20 12:30 in Beijing."""
    monkeypatch.setattr(exemptions, "utcnow", lambda: TODAY)


class TestExemptions(DetailEndpoint):
    path = "/api/outlets/{id}/exemptions"

    def prepare(self, world: Any) -> None:
        burns(world.own)
        marked(world, "starting", YEAR + 40 * DAY, 5)

    def url(self, world: Any, plant: Any) -> str:
        return f"/api/outlets/{plant.gas.pk}/exemptions"


def test_hours_of_the_year_and_of_each_quarter(world: Any, client_of: Any) -> None:
    burns(world.own)
    start = marked(world, "starting", YEAR + 40 * DAY + HOUR / 2, 5)  # touches six hours
    marked(world, "maintenance", YEAR + 50 * DAY, 4)
    marked(world, "maintenance", OCTOBER - HOUR, 2)  # one in each quarter
    body = asked(client_of(world.own.user), world.own.gas).json()
    year, quarter = body["windows"]
    assert (year["kinds"], year["every"], year["allowed"]) == (["starting", "stopping", "fault"], "year", 60)
    assert [(row["used"], row["left"]) for row in year["periods"]] == [(6, 54)]
    assert [row["used"] for row in quarter["periods"]] == [4, 0, 1, 1]
    assert quarter["periods"][3]["start"] == "2026-10-01T00:00:00+08:00"
    assert quarter["periods"][3]["end"] == year["periods"][0]["end"] == "2027-01-01T00:00:00+08:00"
    assert body["until"] == "2026-11-20T13:00:00+08:00"
    entry = body["entries"][-1]
    assert (entry["id"], entry["hours"], entry["counted"], entry["reason"]) == (start.pk, 6, 6, "")
    assert (entry["author"], entry["by_enterprise"]) == (str(world.own.user), True)


def test_why_a_mark_does_not_count(world: Any, client_of: Any) -> None:
    burns(world.own)
    spans = [
        marked(world, "fault", YEAR + 10 * DAY, 4, accept=False),
        marked(world, "fault", YEAR + 20 * DAY, 4, factor="a21026"),
        marked(world, "starting", YEAR + 30 * DAY, 58),
        marked(world, "stopping", YEAR + 40 * DAY, 4),
        marked(world, "maintenance", YEAR + 50 * DAY, 4, accept=None),
    ]
    body = asked(client_of(world.users["analyst"]), world.own.gas).json()
    told = {row["id"]: (row["hours"], row["counted"], row["reason"]) for row in body["entries"]}
    assert [told[mark.pk] for mark in spans] == [
        (4, 0, "returned"), (4, 0, "factor"), (58, 58, ""), (4, 2, "used_up"), (4, 4, ""),
    ]  # fmt: skip
    assert body["windows"][0]["periods"][0]["left"] == 0


def test_only_the_first_days_of_what_nobody_reviewed_count(world: Any, client_of: Any) -> None:
    burns(world.own)
    marked(world, "maintenance", YEAR + 50 * DAY, 1)
    marked(world, "maintenance", YEAR + 60 * DAY, exemptions.UNREVIEWED / HOUR + 5, accept=None)
    body = asked(client_of(world.admin), world.own.gas).json()
    assert body["windows"][1]["periods"][0]["used"] == 73
    assert [(row["hours"], row["counted"]) for row in body["entries"]] == [(77, 29), (1, 1)]


def test_what_counts_of_one_event(world: Any, client_of: Any) -> None:
    burns(world.own, "N7724")
    marked(world, "starting", YEAR + 40 * DAY, 9)
    body = asked(client_of(world.admin), world.own.gas).json()
    (window,) = body["windows"]
    assert (window["event_hours"], window["side"], window["periods"][0]["used"]) == (6, "first", 6)
    (entry,) = body["entries"]
    assert (entry["hours"], entry["counted"], entry["reason"]) == (9, 6, "too_long")


def test_a_window_without_a_cap_for_some_pollutants(world: Any, client_of: Any) -> None:
    Enterprise.objects.filter(pk=world.own.enterprise.pk).update(industry_code="C3011")
    client = client_of(world.admin)
    assert asked(client, world.own.gas).json()["windows"] == []
    limit(world.own.gas, "a21002")
    marked(world, "stopping", YEAR + 40 * DAY, 80, accept=None)
    body = asked(client, world.own.gas).json()
    assert [w["allowed"] for w in body["windows"]] == [None, None]
    assert [(f["factor"], f["name"]) for f in body["windows"][0]["factors"]] == [
        ("a21001", "氨（氨气）"), ("a21002", "氮氧化物"),
    ]  # fmt: skip
    assert body["windows"][1]["periods"][0]["left"] is None
    assert [(row["counted"], row["reason"]) for row in body["entries"]] == [(8, "unreviewed")]


def test_ceramics_of_one_province_and_nobody_else(world: Any, client_of: Any) -> None:
    Enterprise.objects.filter(pk=world.own.enterprise.pk).update(industry_code="C3071")
    client = client_of(world.admin)
    assert asked(client, world.own.gas).json()["windows"] == []
    Enterprise.objects.filter(pk=world.own.enterprise.pk).update(region_code="440106")
    Outlet.objects.filter(pk=world.own.gas.pk).update(region_code="440106")
    assert [w["event_hours"] for w in asked(client, world.own.gas).json()["windows"]] == [4, 2]


def test_another_year(world: Any, client_of: Any) -> None:
    burns(world.own)
    marked(world, "starting", YEAR - 3 * HOUR, 5)
    client = client_of(world.admin)
    body = asked(client, world.own.gas, year=2025).json()
    assert body["until"] == "2026-01-01T00:00:00+08:00"
    assert [row["used"] for row in body["windows"][0]["periods"]] == [3]
    assert len(body["windows"][1]["periods"]) == 4
    assert asked(client, world.own.gas).json()["windows"][0]["periods"][0]["used"] == 2
    for year in (2027, 1999):
        answer = asked(client, world.own.gas, year=year)
        assert (answer.status_code, answer.json()["code"]) == (422, "exemptions.year")
