"""Effective transmission rate: counted by hand, cell by cell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import world as make
from harness import Endpoint, ListEndpoint

from yuanjian.platform.monitoring import services

HOUR = timedelta(hours=1)
START = make.NOW.replace(hour=0) - timedelta(days=3)


def url(hours: int = 10, **given: Any) -> str:
    asked = {"start": START.isoformat(), "end": (START + hours * HOUR).isoformat(), **given}
    return "/api/transmission?" + "&".join(f"{name}={value}" for name, value in asked.items()).replace(
        "+", "%2B"
    )


def gas(world: Any, values: list[float | None], factor: str = "a21026", **given: Any) -> int:
    """Hours of the gas point; it owes SO2 only."""
    point = world.own.points["gas"]
    point.factors = given.pop("owes", ["a21026"])
    point.save()
    make.readings(point.pk, factor, values, start=START, **given)
    return int(point.pk)


def row(client_of: Any, world: Any, ident: int | str, address: str) -> Any:
    body = client_of(world.admin).get(address).json()
    return next(row for row in body["items"] if row["id"] == str(ident))


def causes(found: Any) -> dict[str, int]:
    return {loss["cause"]: loss["lost"] for loss in found["causes"]}


class TestTransmission(ListEndpoint):
    path = "/api/transmission"

    def ids(self, body: Any) -> set[Any]:
        return {row["id"] for row in body["items"]}

    def own(self, world: Any) -> set[Any]:
        return {str(world.own.enterprise.pk)}

    def other(self, world: Any) -> set[Any]:
        return {str(world.other.enterprise.pk)}


def test_the_product_of_received_and_valid(world: Any, client_of: Any) -> None:
    point = gas(world, [1.0] * 8)
    found = row(client_of, world, point, url(by="point"))
    assert (found["due"], found["received"], found["valid"]) == (10, 8, 8)
    assert found["effective"] == pytest.approx(0.64)
    assert causes(found) == {"silent": 2}


def test_stops_are_not_due(world: Any, client_of: Any) -> None:
    point = gas(world, [1.0] * 8)
    mark = services.make_mark(
        world.admin, world.own.points["gas"], kind="stopped", start=START + 8 * HOUR, end=START + 10 * HOUR
    )
    services.review_mark(world.admin, mark, accept=True, note="")
    found = row(client_of, world, point, url(by="point"))
    assert (found["due"], found["received"], found["effective"]) == (8, 8, 1.0)


@pytest.mark.parametrize(
    ("flag", "lost"),
    [("D", {"flag_d": 10}), ("C", {"flag_c": 10}), ("X", {"flag_other": 10}), ("N", {}), ("S", {})],
)
def test_device_marks_are_causes(world: Any, client_of: Any, flag: str, lost: dict[str, int]) -> None:
    point = gas(world, [1.0] * 10, flag=flag)
    found = row(client_of, world, point, url(by="point"))
    assert (found["received"], found["valid"]) == (10, 10 - sum(lost.values()))
    assert causes(found) == lost


def test_device_mark_of_a_stop_is_not_due(world: Any, client_of: Any) -> None:
    point = gas(world, [1.0] * 10, flag="F")
    found = row(client_of, world, point, url(by="point"))
    assert (found["due"], found["effective"]) == (0, None)


def test_one_missing_factor_is_told_from_a_silent_point(world: Any, client_of: Any) -> None:
    point = gas(world, [1.0] * 8, owes=["a21026", "a21002"])
    make.readings(point, "a21002", [1.0, None], start=START)
    found = row(client_of, world, point, url(by="point"))
    assert (found["due"], found["received"], found["valid"]) == (20, 10, 9)
    assert causes(found) == {"silent": 4, "factor": 6, "no_number": 1}


def test_marked_periods_are_causes(world: Any, client_of: Any) -> None:
    point = gas(world, [1.0] * 8)
    for kind, first in (("maintenance", 0), ("comm_loss", 9)):
        mark = services.make_mark(
            world.admin,
            world.own.points["gas"],
            kind=kind,
            start=START + first * HOUR,
            end=START + (first + 1) * HOUR,
        )
        services.review_mark(world.admin, mark, accept=True, note="")
    found = row(client_of, world, point, url(by="point"))
    assert causes(found) == {"marked": 1, "comm_loss": 1, "silent": 1}


def test_the_future_is_not_due(world: Any, client_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    point, now = gas(world, [1.0]), datetime.now(UTC)
    monkeypatch.setattr("yuanjian.platform.monitoring.transmission.utcnow", lambda: now)
    hours = int((now - START) / HOUR)
    found = row(client_of, world, point, url(hours + 48, by="point"))
    assert found["due"] == hours


@pytest.mark.parametrize(("every", "periods"), [("hour", 10), ("day", 1), ("quarter", 1), ("all", 1)])
def test_periods(world: Any, client_of: Any, every: str, periods: int) -> None:
    gas(world, [1.0] * 10)
    body = (
        client_of(world.admin)
        .get(url(by="point", every=every, enterprise=world.own.enterprise.pk, size=200))
        .json()
    )
    gases = [row for row in body["items"] if row["id"] == str(world.own.points["gas"].pk)]
    assert len(gases) in (periods, periods + (every == "day"))
    assert sum(row["due"] for row in gases) == 10


def test_regions_and_the_whole(world: Any, client_of: Any) -> None:
    gas(world, [1.0] * 10)
    body = client_of(world.admin).get(url(by="region", region="640100")).json()
    assert [(row["id"], row["name"]) for row in body["items"]] == [("640105", "西夏区")]
    assert body["overall"]["due"] == body["items"][0]["due"]
    assert "÷ 应收" in body["definition"]
    assert client_of(world.admin).get(url(-1)).status_code == 422
    wide = "/api/transmission?start=1980-01-01T00:00:00Z&end=2026-01-01T00:00:00Z"
    assert client_of(world.admin).get(wide).status_code in (200, 422)


def test_the_course_of_all_rows_together(world: Any, client_of: Any) -> None:
    gas(world, [1.0] * 8)
    body = client_of(world.admin).get(url(by="point", trend="hour")).json()
    assert len(body["trend"]) == 10
    assert [row["period"] for row in body["trend"]] == sorted(row["period"] for row in body["trend"])
    assert sum(row["due"] for row in body["trend"]) == body["overall"]["due"]
    [whole] = client_of(world.admin).get(url(by="point", trend="all")).json()["trend"]
    assert (whole["due"], whole["period"]) == (body["overall"]["due"], "")


class TestDownload(Endpoint):
    path = "/api/transmission.csv"

    def test_the_table_has_the_rows_of_the_scope(self, world: Any, client_of: Any) -> None:
        gas(world, [1.0] * 8)
        for user, seen in (
            (world.users["analyst"], True),
            (world.foreign["analyst"], False),
            (world.own.user, True),
        ):
            answer = client_of(user).get(url(by="point").replace("transmission?", "transmission.csv?"))
            assert answer["Content-Disposition"].startswith('attachment; filename="transmission-20')
            text = answer.content.decode("utf-8-sig")
            assert text.startswith("对象,时段,应收,实收,有效,传输率,有效率,传输有效率,整站无数据,")
            row = (
                f"{world.own.enterprise} DA001 {world.own.points['gas'].name},,10,8,8,0.8000,0.8000,0.6400,2,"
            )
            assert (row in text) is seen

    def test_names_are_no_formulas(self, world: Any, client_of: Any) -> None:
        world.own.enterprise.name = "=1+1"
        world.own.enterprise.save()
        body = client_of(world.admin).get("/api/transmission.csv").content.decode("utf-8-sig")
        assert "\n'=1+1," in body.replace("\r", "")
