"""Records of doors, and who was in the station."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from province import HOUR, START, outlet
from tools import SO2, Row, Run, hours, of, readings, wobble

from yuanjian.screening import access, engine, records
from yuanjian.screening.findings import Finding
from yuanjian.screening.frames import EVENT_COLUMNS, FixedRegistry, FrameReadings
from yuanjian.screening.methods.access_entries import night_hours
from yuanjian.screening.scene import Scene
from yuanjian.screening.thresholds import CataloguePolicy, Confirmation

DOOR, POINT = 2001, 1
CONTEXT = outlet(1, factors=(SO2,), chain=None)
DATA = hours(1, SO2, wobble(20, 96))


def _door(at: float, **content: Any) -> Row:
    text = json.dumps({"state": "1", "id": "门1", "person": "甲", **content}, ensure_ascii=False)
    return DOOR, "door", "i3310", START + at * HOUR, text


def _state(at: float, text: str) -> Row:
    return POINT, "state", "i32001", START + at * HOUR, text


def _records(*rows: Row) -> list[access.Access]:
    events = pl.DataFrame(rows, schema=EVENT_COLUMNS, orient="row")
    return list(access.by_outlet([CONTEXT, outlet(2, door_points=())], events)[1])


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ({"state": "1"}, "open"),
        ({"state": "0"}, "close"),
        ({"state": "强开"}, "alarm"),
        ({"type": "Forced"}, "alarm"),
        ({"record": "开门 10:20:00"}, "open"),
        ({"record": "Door closed"}, "close"),
        ({"record": "门禁防拆报警"}, "alarm"),
    ],
)
def test_what_a_door_record_tells(content: dict[str, str], kind: str) -> None:
    row = (DOOR, "door", "i3310", START, json.dumps(content))
    assert [item.kind for item in _records(row)] == [kind]


def test_a_power_cut_tells_nothing_about_the_door() -> None:
    assert _records((DOOR, "door", "i41002", START, '{"record": "断电 10:20"}')) == []


def test_the_device_and_its_log() -> None:
    rows = [
        _state(0, "2"),
        _state(1, " 3 "),
        _state(2, '{"sampler": "start"}'),
        (POINT, "log", "i31001", START + 3 * HOUR, "门被撬开"),
        (POINT, "log", "i31001", START + 4 * HOUR, "值班"),
        (POINT, "state", "i12001", START + 5 * HOUR, None),
    ]
    assert [item.kind for item in _records(*rows)] == ["fault", "normal", "alarm"]


def test_ways_of_identification() -> None:
    (record,) = _records(_door(0, method="卡+指纹"))
    assert (record.methods, record.by_key, record.door, record.person) == ({"卡", "指纹"}, False, "门1", "甲")
    (key,) = _records((DOOR, "door", "i3310", START, '{"door": "D2", "user": "U1", "method": "KEY"}'))
    assert (key.by_key, key.door, key.person) == (True, "D2", "U1")


def test_night_hours() -> None:
    evening = datetime(2026, 11, 1, 12, tzinfo=UTC)  # 20:00 in Beijing
    assert night_hours(evening, evening + timedelta(hours=5)) == 3.0
    assert night_hours(evening, evening + timedelta(hours=34)) == 16.0
    assert night_hours(evening - timedelta(hours=8), evening) == 0.0


ORDERED = outlet(1, factors=(SO2,), chain=None, records=frozenset({"maintenance_order"}))
LATER = 96 + 72
"""What happened within four days is judged three days later."""


def _ordered(
    run: Run, data: FrameReadings, *orders: tuple[float, float, dict[str, Any]], end: int = LATER
) -> list[Finding]:
    """What is found with these orders: hours from, to, and other columns."""
    told = [
        {"id": at, "enterprise": ORDERED.enterprise, "outlet": 1, "start": START + first * HOUR,
         "end": START + last * HOUR, "kind": "repair", **more}
        for at, (first, last, more) in enumerate(orders)
    ]  # fmt: skip
    registry = FixedRegistry((ORDERED,), (), {"maintenance_order": records.frame("maintenance_order", told)})
    model = run.models["M414"]
    policy = CataloguePolicy(run.models.models, {"M414": Confirmation("甲", "乙")})
    until = START + end * HOUR
    return engine.run([model], data, registry, policy, start=START, end=until, now=until).findings


@of("M414")
def test_nobody_named_is_not_the_same_person(run: Run) -> None:
    events = [_door(at, person="") for at in (10, 40, 70)]
    found = _ordered(run, readings(DATA, events))
    assert [(f.level, f.measures["events"], f.measures["same"]) for f in found] == [(2, 3.0, 0.0)]


@of("M414")
def test_a_visit_at_the_edge_of_the_data(run: Run) -> None:
    values = [*wobble(20, 60), *wobble(8, 36)]
    whole = readings(hours(1, SO2, values), [_door(59.5)])
    broken = readings(hours(1, SO2, values[:60]), [_door(59.5)])
    assert [f.level for f in _ordered(run, broken)] == [3]
    assert [f.level for f in _ordered(run, whole)] == [1]


@of("M414")
def test_values_with_a_flag_show_no_change(run: Run) -> None:
    rows = hours(1, SO2, [*wobble(20, 60), *wobble(8, 36)])
    flagged = [(*row[:6], "C" if at == 60 else "N", row[7]) for at, row in enumerate(rows)]
    assert [f.level for f in _ordered(run, readings(flagged, [_door(59.5)]))] == [3]


@of("M414")
def test_where_nobody_files_orders_nothing_is_said(run: Run) -> None:
    assert run.find(readings(DATA, [_door(10)]), [CONTEXT], LATER) == []


@of("M414")
def test_orders_may_come_three_days_late(run: Run) -> None:
    data = readings(DATA, [_door(10)])
    assert _ordered(run, data, end=81) == []
    assert [f.start for f in _ordered(run, data, end=82)] == [START + 10 * HOUR]


@of("M414")
@pytest.mark.parametrize(
    ("first", "last", "more", "counts"),
    [
        (10.5, 12, {}, True),
        (10.6, 12, {}, False),
        (8, 9.5, {"issued_at": START + 82 * HOUR}, True),
        (8, 9.5, {"issued_at": START + 83 * HOUR}, False),
        (8, 9.4, {}, False),
        (20, 22, {"people": "乙，甲"}, True),
        (20, 22, {"people": "甲乙"}, False),
        (20, 22, {"people": "甲", "issued_at": START + 83 * HOUR}, False),
        (25, 27, {"people": "甲"}, False),
    ],
)
def test_what_an_order_covers(
    run: Run, first: float, last: float, more: dict[str, Any], counts: bool
) -> None:
    """Half an hour around its time, or all of its day who it names; if it was issued in time."""
    found = _ordered(run, readings(DATA, [_door(10)]), (first, last, more))
    assert bool(found) is not counts


@of("M416")
def test_a_closing_a_day_later_closes_something_else(run: Run) -> None:
    late = [_door(10), _door(35, state="0"), _door(40, state="0")]
    assert run.find(readings(DATA, late), [CONTEXT], 96) == []
    again = [_door(10), _door(30), _door(35, state="0")]
    (found,) = run.find(readings(DATA, again), [CONTEXT], 96)
    assert (found.start, found.measures["hours"]) == (START + 30 * HOUR, 5.0)


@of("M417")
def test_a_door_that_never_told_of_two_ways_is_not_judged(run: Run) -> None:
    single = [_door(at, method="卡") for at in (20, 44, 68)]
    assert run.find(readings(DATA, single), [CONTEXT], 96) == []
    double = _door(2, method="卡,指纹")
    (found,) = run.find(readings(DATA, [double, *single]), [CONTEXT], 96)
    assert (found.level, found.measures["openings"], found.measures["method"]) == (3, 3.0, "卡")
    elsewhere = _door(2, method="卡,指纹", id="门2")
    assert run.find(readings(DATA, [elsewhere, *single]), [CONTEXT], 96) == []


@of("M418")
def test_a_fault_told_again_lasts(run: Run) -> None:
    events = [_state(10, "2"), _door(11), _state(20, "2"), _state(30, "1")]
    (found,) = run.find(readings(DATA, events), [CONTEXT], 96)
    assert (found.start, found.measures["hours"]) == (START + 10 * HOUR, 20.0)


@of("M418")
def test_a_fault_never_told_again_ends_after_a_week(run: Run) -> None:
    data = readings(hours(1, SO2, wobble(20, 24 * 20)), [_state(10, "2"), _state(24 * 12, "2")])
    found = run.find(data, [CONTEXT], 24 * 20)
    assert [f.measures["hours"] for f in found] == [168.0, 168.0]
    assert found[0].end == START + 10 * HOUR + timedelta(days=7)


def test_a_scene_without_doors_has_no_access() -> None:
    data, end = FrameReadings(pl.DataFrame()), START + HOUR
    bare = Scene((), data, FixedRegistry(()), START, end, end, START)
    assert bare.access == {}
    assert bare.openings == {}
