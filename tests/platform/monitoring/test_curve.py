"""The curve of an outlet: thinning, limits, marks, electricity, doors, and the window."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
import world as make
from hypothesis import given
from hypothesis import strategies as st

from yuanjian.clock import to_beijing
from yuanjian.platform.common.errors import Invalid
from yuanjian.platform.monitoring import doors
from yuanjian.platform.monitoring.power import stretches, warm
from yuanjian.platform.monitoring.services import make_mark
from yuanjian.platform.monitoring.store import store
from yuanjian.platform.monitoring.thinning import thin
from yuanjian.platform.monitoring.window import Window, window
from yuanjian.platform.registry.services import set_limit
from yuanjian.screening import operation

START = datetime(2026, 11, 19, 16, tzinfo=UTC)  # Beijing midnight


def series(values: list[float | None]) -> pl.DataFrame:
    times = [START + timedelta(minutes=index) for index in range(len(values))]
    return pl.DataFrame(
        {"time": times, "value": values}, schema={"time": pl.Datetime("us", "UTC"), "value": pl.Float64}
    )


def curve(client: Any, outlet: Any, start: datetime = START, hours: int = 24, **given: str) -> Any:
    span = {"start": start.isoformat(), "end": (start + timedelta(hours=hours)).isoformat(), **given}
    return client.get(f"/api/outlets/{outlet.pk}/curve", span)


@given(st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), min_size=1, max_size=400), st.integers(10, 60))
def test_thinning_keeps_the_extremes_the_ends_and_the_order(values: list[float | None], most: int) -> None:
    whole = series(values)
    kept = thin(whole, most)
    assert kept.height <= max(most, 2)
    assert kept["time"].is_sorted()
    assert set(kept.iter_rows()) <= set(whole.iter_rows())
    assert (kept["time"][0], kept["time"][-1]) == (whole["time"][0], whole["time"][-1])
    assert kept["value"].max() == whole["value"].max()
    assert kept["value"].min() == whole["value"].min()


def test_a_short_series_is_not_thinned() -> None:
    whole = series([1.0, None, 3.0])
    assert thin(whole, 3).equals(whole)


def test_a_long_series_says_it_was_thinned(world: Any, client_of: Any) -> None:
    values: list[float | None] = [10.0] * 3000
    values[1234] = 99.0
    make.readings(
        world.own.points["gas"].pk, "a21026", values, start=START, step=timedelta(minutes=1), cadence="minute"
    )
    body = curve(client_of(world.admin), world.own.gas, hours=60, cadence="minute").json()
    points = body["series"][0]["points"]
    assert body["thinned"] is True
    assert len(points) <= 2000
    assert [to_beijing(START + timedelta(minutes=1234)).isoformat(), 99.0, None, "N", "live"] in points


def test_series_carry_names_units_and_gaps(world: Any, client_of: Any) -> None:
    point = world.own.points["gas"].pk
    make.readings(point, "a21026", [30.0, None, 33.0], start=START)
    make.readings(point, "zz999", [1.0], start=START)
    body = curve(client_of(world.own.user), world.own.gas).json()
    first, second = body["series"]
    assert (first["factor"], first["name"], first["unit"], first["decimals"]) == (
        "a21026",
        "二氧化硫",
        "mg/m³",
        1,
    )
    assert [row[:2] for row in first["points"]] == [
        ["2026-11-20T00:00:00+08:00", 30.0],
        ["2026-11-20T01:00:00+08:00", None],
        ["2026-11-20T02:00:00+08:00", 33.0],
    ]
    assert (second["name"], second["unit"], second["limits"]) == ("zz999", "", [])
    assert body["outlet"]["enterprise"] == {"id": world.own.enterprise.pk, "name": "甲测试厂（虚拟）"}
    assert (body["cadence"], body["step_s"], body["thinned"], body["doors"]) == ("hour", 3600, False, [])
    only = curve(client_of(world.own.user), world.own.gas, factors="zz999").json()
    assert [item["factor"] for item in only["series"]] == ["zz999"]


def test_limits_are_cut_to_the_window(world: Any, client_of: Any) -> None:
    make.readings(world.own.points["gas"].pk, "a21026", [30.0], start=START)
    world.own.gas.limits.all().delete()
    for first, last, high in (
        (date(2020, 1, 1), date(2026, 11, 20), 50.0),
        (date(2026, 11, 21), None, 35.0),
        (date(2020, 1, 1), date(2026, 11, 19), 99.0),
    ):
        set_limit(
            None,
            world.own.gas,
            factor="a21026",
            averaging="hour",
            high=high,
            basis="许可证",
            valid_from=first,
            valid_to=last,
        )
    body = curve(client_of(world.admin), world.own.gas, hours=48).json()
    found = [(item["from"], item["to"], item["high"]) for item in body["series"][0]["limits"]]
    assert found == [
        ("2026-11-20T00:00:00+08:00", "2026-11-21T00:00:00+08:00", 50.0),
        ("2026-11-21T00:00:00+08:00", "2026-11-22T00:00:00+08:00", 35.0),
    ]


def test_a_standard_is_drawn_only_where_no_permit_limit_holds(world: Any, client_of: Any) -> None:
    make.readings(world.own.points["gas"].pk, "a21026", [30.0], start=START)
    world.own.gas.limits.all().delete()
    for averaging, first, origin, high in (
        ("hour", date(2020, 1, 1), "permit", 50.0),
        ("hour", date(2020, 1, 1), "standard", 20.0),
        ("day", date(2026, 11, 21), "permit", 40.0),
        ("day", date(2020, 1, 1), "standard", 10.0),
    ):
        given = {"averaging": averaging, "valid_from": first, "origin": origin, "high": high}
        set_limit(None, world.own.gas, factor="a21026", basis="依据", **given)
    body = curve(client_of(world.admin), world.own.gas, hours=48).json()
    shown = {item["high"] for item in body["series"][0]["limits"]}
    assert shown == {50.0, 40.0, 10.0}


def test_marks_of_the_window_are_shown(world: Any, client_of: Any) -> None:
    point = world.own.points["gas"]
    for hours in (2, 40):
        start = START + timedelta(hours=hours)
        make_mark(
            world.own.user, point, kind="stopped", start=start, end=start + timedelta(hours=1), note="检修"
        )
    [mark] = curve(client_of(world.admin), world.own.gas).json()["marks"]
    assert (mark["kind_text"], mark["note"], mark["state"]) == ("停运", "检修", "pending")
    assert (mark["author"], mark["start"]) == (str(world.own.user), "2026-11-20T02:00:00+08:00")


def test_electricity_runs_by_the_rule_of_the_models(world: Any, client_of: Any) -> None:
    # rated 100 kW: running above 10 kW, after three samples of ten minutes agree
    kw: list[float | None] = [60.0] * 36 + [2.0] * 36 + [60.0] * 72
    point = world.own.points["electricity"].pk
    make.readings(point, "d20701", kw, start=START, step=timedelta(minutes=10), cadence="minute")
    production, treatment = curve(client_of(world.admin), world.own.gas).json()["power"]
    assert (production["name"], production["kind"], production["unit"], production["rated_kw"]) == (
        "窑炉",
        "production",
        "kW",
        100.0,
    )
    assert production["running"] == [
        ["2026-11-20T00:00:00+08:00", "2026-11-20T06:00:00+08:00"],
        ["2026-11-20T12:00:00+08:00", "2026-11-21T00:00:00+08:00"],
    ]
    assert production["points"][0] == ["2026-11-20T00:00:00+08:00", 60.0]
    assert (treatment["points"], treatment["running"]) == ([], [])


def test_an_outlet_without_meters_and_a_window_too_long_for_them_have_no_tracks(
    world: Any, client_of: Any
) -> None:
    assert curve(client_of(world.admin), world.own.water).json()["power"] == []
    assert curve(client_of(world.admin), world.own.gas, hours=24 * 100).json()["power"] == []


def test_stretches_are_cut_to_the_window() -> None:
    step = timedelta(minutes=10)
    seen = Window("minute", START + step, START + 5 * step)
    on = [True, True, False, True, False, True, True]
    assert stretches(on, START, step, seen) == [
        (START + step, START + 2 * step),
        (START + 3 * step, START + 4 * step),
    ]


def test_door_events_are_told_in_words(world: Any, client_of: Any) -> None:
    point = world.own.points["door"].pk
    make.door(
        point,
        START + timedelta(hours=1),
        '{"person": "张三", "method": "人脸", "state": "开门", "type": "运维"}',
    )
    make.door(point, START + timedelta(hours=2), "")
    first, second = curve(client_of(world.admin), world.own.gas).json()["doors"]
    assert (first["text"], first["person"], first["type"]) == ("开门 · 张三 · 人脸", "张三", "运维")
    assert second["text"] == "i3310A"


@pytest.mark.parametrize("text", ["", None, "not json", "[1]"])
def test_door_fields_that_cannot_be_read_are_empty(text: str | None) -> None:
    assert doors.fields(text) == {}


def test_the_window_has_a_default() -> None:
    found = window(None, START, "minute")
    assert (found.start, found.end) == (START - timedelta(hours=24), START)
    assert window(None, None, "day").end <= datetime.now(UTC)


@pytest.mark.parametrize(
    ("start", "cadence", "code"),
    [
        (START, "hour", "curve.empty"),
        (START - timedelta(days=8), "realtime", "curve.too_long"),
        (START - timedelta(days=93), "minute", "curve.too_long"),
    ],
)
def test_a_wrong_window_is_refused(start: datetime, cadence: Any, code: str) -> None:
    with pytest.raises(Invalid, match=code):
        window(start, START, cadence)


def test_the_store_is_opened_once(installation: Any) -> None:
    assert store() is store()


def test_the_rule_of_running_is_loaded_before_anybody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[tuple[int, ...]] = []
    judge = operation.power_state

    def told(*given: Any) -> Any:
        judged.append(judge(*given).shape)
        return judge(*given)

    monkeypatch.setattr(operation, "power_state", told)
    warm()
    assert judged == [(1, 1)]
