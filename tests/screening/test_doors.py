"""Door and sampler events."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from province import outlet

from yuanjian.screening import doors
from yuanjian.screening.frames import EVENT_COLUMNS, FrameReadings

NOON = datetime(2026, 11, 3, 4, tzinfo=UTC)


def _events(*rows: tuple[int, str, int, str | None]) -> pl.DataFrame:
    listed = [(point, "door", code, NOON + timedelta(minutes=at), text) for point, code, at, text in rows]
    return pl.DataFrame(listed, schema=EVENT_COLUMNS, orient="row")


@pytest.mark.parametrize(
    ("content", "is_opening"),
    [
        ({"state": "1"}, True),
        ({"state": 1}, True),
        ({"state": " 0 "}, False),
        ({"state": "关门"}, False),
        ({"state": "Closed"}, False),
        ({}, True),
        ({"record": "开门 10:20:00"}, True),
        ({"record": "Door open"}, True),
        ({"record": "关门 10:40:00"}, False),
        ({"record": "关门", "state": "1"}, True),
    ],
)
def test_what_is_an_opening(content: dict[str, object], is_opening: bool) -> None:
    assert doors.opens(content) is is_opening


@pytest.mark.parametrize("text", [None, "", "not json", "[1]", "3"])
def test_anything_else_has_no_fields(text: str | None) -> None:
    assert doors.fields(text) == {}


def test_openings_within_an_hour_are_one_visit() -> None:
    events = _events(
        (2001, "i3310", 90, '{"state": "1", "user": "U7"}'),
        (2001, "i3310", 0, '{"state": "1", "person": "甲"}'),
        (2001, "i3310", 59, None),
        (2001, "i3310", 70, '{"state": "0"}'),
        (7, "i3310", 0, None),
    )
    found = doors.by_outlet([outlet(1), outlet(2, door_points=())], events)
    assert found == {1: (doors.Opening(NOON, "甲"), doors.Opening(NOON + timedelta(minutes=90), "U7"))}


def test_a_visit_is_of_the_first_person_named() -> None:
    """Some loggers tell an opening twice: in free text, and field by field."""
    events = _events(
        (2001, "i41001", 0, '{"record": "开门 12:00:00"}'),
        (2001, "i3310", 0, '{"state": "1", "person": "甲"}'),
        (2001, "i3310", 20, '{"state": "1", "person": "乙"}'),
    )
    assert doors.by_outlet([outlet(1)], events) == {1: (doors.Opening(NOON, "甲"),)}


def test_events_of_all_points_and_kinds() -> None:
    readings = FrameReadings(pl.DataFrame(), _events((1, "i3310", 0, None), (2, "i3310", 5, None)))
    day = {"start": NOON, "end": NOON + timedelta(days=1)}
    assert readings.events(**day).height == 2
    assert readings.events([2], ["door"], **day)["point"].to_list() == [2]
    assert readings.events([2], ["log"], **day).height == 0


def test_sampler_starts() -> None:
    events = _events(
        (3, "i32001", 5, '{"sampler": "start"}'),
        (3, "i32001", 9, '{"sampler": "stop"}'),
        (3, "i31001", 7, '{"sampler": "start"}'),
        (4, "i32001", 1, '{"sampler": "start"}'),
    )
    assert doors.sampler_starts(events) == {
        3: (NOON + timedelta(minutes=5),),
        4: (NOON + timedelta(minutes=1),),
    }
