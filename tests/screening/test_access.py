"""Records of doors, and who was in the station."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from province import HOUR, START, outlet
from tools import SO2, Row, Run, hours, of, readings, wobble

from yuanjian.screening import access
from yuanjian.screening.frames import EVENT_COLUMNS, FixedRegistry, FrameReadings
from yuanjian.screening.methods.access_entries import night_hours
from yuanjian.screening.scene import Scene

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


@of("M414")
def test_nobody_named_is_not_the_same_person(run: Run) -> None:
    events = [_door(at, person="") for at in (10, 40, 70)]
    found = run.find(readings(DATA, events), [CONTEXT], 96)
    assert [(f.level, f.measures["events"], f.measures["same"]) for f in found] == [(2, 3.0, 0.0)]


@of("M414")
def test_a_visit_at_the_edge_of_the_data(run: Run) -> None:
    values = [*wobble(20, 60), *wobble(8, 36)]
    data = readings(hours(1, SO2, values), [_door(59.5)])
    assert [f.level for f in run.find(data, [CONTEXT], 60)] == [3]
    assert [f.level for f in run.find(data, [CONTEXT], 61)] == [1]


@of("M414")
def test_values_with_a_flag_show_no_change(run: Run) -> None:
    rows = hours(1, SO2, [*wobble(20, 60), *wobble(8, 36)])
    flagged = [(*row[:6], "C" if at == 60 else "N", row[7]) for at, row in enumerate(rows)]
    assert [f.level for f in run.find(readings(flagged, [_door(59.5)]), [CONTEXT], 96)] == [3]


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
