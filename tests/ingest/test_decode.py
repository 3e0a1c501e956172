"""Frames to rows, without any database."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuanjian.ingest.decode import Decoded, Frame, Route, decode, number
from yuanjian.wire.hj212 import Message, Standard, build_frame, build_segment, build_upload

WALL = datetime(2026, 5, 1, 8, 0)  # noqa: DTZ001 - Beijing wall time, as in a frame
TIME = datetime(2026, 5, 1, 0, 0, tzinfo=UTC)
SOON = TIME + timedelta(hours=1, seconds=5)


def frame(
    cn: str,
    factors: Sequence[tuple[str, Mapping[str, str]]] = (),
    infos: Sequence[tuple[str, str]] = (),
    *,
    received: datetime = SOON,
    wall: datetime = WALL,
    resent: bool = False,
    system: str = "31",
    standard: Standard = Standard.V2025,
    seq: int = 1,
) -> Frame:
    [raw] = build_upload(
        standard=standard,
        st=system,
        cn=cn,
        pw="123456",
        mn="A",
        qn="20260501090001000",
        data_time=wall,
        factors=factors,
        infos=infos,
        resent=resent,
    )
    return Frame(0, seq, received, "A", raw)


def only_reading(done: Decoded) -> dict[str, Any]:
    [row] = done.reading_frame().to_dicts()
    return row


def only_event(done: Decoded) -> dict[str, Any]:
    [row] = done.event_frame().to_dicts()
    return row


def test_an_hour_of_gas() -> None:
    fields = {"cou": "1.5", "min": "10.10", "avg": "12.345", "max": "20", "zsavg": "14.2", "flag": "N"}
    done = decode([frame("2061", [("a21026", fields)])])
    assert only_reading(done) == {
        "mn": "A",
        "st": "31",
        "factor": "a21026",
        "cadence": "hour",
        "time": TIME,
        "value": 12.345,
        "low": 10.1,
        "high": 20.0,
        "amount": 1.5,
        "reference": 14.2,
        "flag": "N",
        "decimals": 3,
        "source": "live",
        "received": SOON,
        "shard": 0,
        "seq": 1,
    }
    assert done.routes == {Route("A", "31")}
    assert done.event_frame().is_empty()


def test_real_time_takes_rtd() -> None:
    row = only_reading(decode([frame("2011", [("a21026", {"rtd": "7", "zsrtd": "8.1", "flag": "D"})])]))
    assert (row["cadence"], row["value"], row["reference"], row["flag"], row["decimals"]) == (
        "realtime",
        7,
        8.1,
        "D",
        0,
    )


def test_codes_of_2005_become_those_of_2017() -> None:
    done = decode(
        [frame("2011", [("w01018", {"rtd": "30.1", "flag": "N"})], system="32", standard=Standard.V2005)]
    )
    assert only_reading(done)["factor"] == "w01018"


def test_a_mark_without_value_is_kept() -> None:
    row = only_reading(decode([frame("2061", [("a21026", {"flag": "F"})])]))
    assert (row["value"], row["flag"], row["decimals"]) == (None, "F", 0)


@pytest.mark.parametrize(
    ("text", "kept"), [("9999.99", None), ("-99999.999", None), ("999.9", 999.9), ("9998.99", 9998.99)]
)
def test_all_nines_is_no_conversion(text: str, kept: float | None) -> None:
    assert (
        only_reading(decode([frame("2061", [("a21026", {"avg": "1", "zsavg": text})])]))["reference"] == kept
    )


def test_a_condition_sent_as_value_is_an_event() -> None:
    done = decode([frame("2011", [("p10101", {"rtd": "St"})])])
    assert (only_event(done)["kind"], only_event(done)["code"], only_event(done)["text"]) == (
        "state",
        "p10101",
        "St",
    )
    assert not done.readings


@pytest.mark.parametrize(
    ("cn", "delay", "resent", "source"),
    [
        ("2011", timedelta(minutes=10), False, "live"),
        ("2011", timedelta(minutes=10, seconds=1), False, "backfill"),
        ("2051", timedelta(minutes=40), False, "live"),
        ("2051", timedelta(minutes=41), False, "backfill"),
        ("2061", timedelta(minutes=70), False, "live"),
        ("2061", timedelta(minutes=71), False, "backfill"),
        ("2031", timedelta(days=1, minutes=10), False, "live"),
        ("2031", timedelta(days=1, minutes=11), False, "backfill"),
        ("2061", timedelta(minutes=1), True, "resent"),
        ("2061", timedelta(days=3), True, "resent"),
    ],
)
def test_where_a_reading_came_from(cn: str, delay: timedelta, resent: bool, source: str) -> None:
    fields = {"rtd" if cn == "2011" else "avg": "1"}
    done = decode([frame(cn, [("a21026", fields)], received=TIME + delay, resent=resent)])
    assert only_reading(done)["source"] == source


@pytest.mark.parametrize("wall", [WALL + timedelta(days=3), datetime(1999, 1, 1)])  # noqa: DTZ001
def test_a_time_no_clock_can_give_is_skipped_and_counted(wall: datetime) -> None:
    done = decode(
        [frame("2061", [("a21026", {"avg": "1"})], wall=wall), frame("2061", [("a21002", {"avg": "1"})])]
    )
    assert only_reading(done)["factor"] == "a21002"
    assert done.skipped == {"hj212.time": 1}


def test_facilities_and_their_hours_are_events() -> None:
    done = decode([frame("2021", [("SB1", {"rs": "1"})]), frame("2041", [("SB1", {"rt": "23.5"})])])
    rows = [(row["kind"], row["code"], row["text"]) for row in done.event_frame().to_dicts()]
    assert rows == [("facility", "SB1-RS", "1"), ("facility", "SB1-RT", "23.5")]


def test_people_through_a_door() -> None:
    infos = [
        ("i3310A", "D1"),
        ("i3310B", "2"),
        ("i3310E", "20260501075500"),
        ("i3310J", "张三"),
        ("i3310A", "D1"),
        ("i3310F", "1"),
        ("i41002", "断电"),
        ("i22001", "3"),
        ("i11001", "仪器启动;完成"),
    ]
    done = decode([frame("3020", infos=infos, received=TIME)])
    rows = [
        (row["st"], row["kind"], row["code"], row["time"], row["text"])
        for row in done.event_frame().to_dicts()
    ]
    assert [row[:4] for row in rows] == [
        ("door", "door", "i41002", TIME),
        ("31", "state", "i22001", TIME),
        ("31", "log", "i11001", TIME),
        ("door", "door", "i3310", TIME - timedelta(minutes=5)),
        ("door", "door", "i3310", TIME),
    ]
    assert [json.loads(rows[at][4]) for at in (0, 3, 4)] == [
        {"record": "断电"},
        {"id": "D1", "method": "2", "person": "张三"},
        {"id": "D1", "state": "1"},
    ]
    assert rows[2][4] == "仪器启动;完成"
    assert done.routes == {Route("A", "31"), Route("A", "door")}


def test_encrypted_frames_are_read_with_any_key_of_their_device() -> None:
    old, new, other = b"0123456789abcdef", b"fedcba9876543210", b"another key 0000"
    data = [("a21026", {"avg": "12.5", "flag": "N"})]
    [raw] = build_upload(
        standard=Standard.V2025, st="31", cn="2061", pw="1", mn="A", qn="20260501090001000", data_time=WALL,
        factors=data, key=old,
    )  # fmt: skip
    sealed = Frame(0, 1, SOON, "A", raw)
    plain = frame("2061", data)
    done = decode([sealed, plain], {"A": [new, old]})
    assert [row[5] for row in done.readings] == [12.5, 12.5]
    for keys in ({}, {"A": [other]}, {"B": [old]}):
        assert decode([sealed], keys).readings == []


def test_what_is_no_upload_yields_nothing() -> None:
    beat = build_frame(build_segment(Message("20260501090001000", "31", "9015", "1", "A", flag=9)))
    done = decode([Frame(0, 1, SOON, "A", beat)])
    assert done == Decoded()
    assert done.reading_frame().height == done.event_frame().height == 0


@given(st.binary(max_size=200))
def test_any_bytes_are_taken_or_counted(raw: bytes) -> None:
    done = decode([Frame(0, 1, SOON, "A", raw), Frame(0, 2, SOON, "A", b"##0012CP=&&%b&&0000" % raw)])
    assert done.skipped.total() <= 2
    assert done.readings == []


@given(st.text(max_size=20))
def test_a_number_is_finite(text: str) -> None:
    value = number(text)
    assert value is None or abs(value) < float("inf")


@pytest.mark.parametrize("text", ["", "nan", "inf", "-Infinity", "1_0", "1e999", "N", "0x10"])
def test_words_are_no_numbers(text: str) -> None:
    assert number(text) is None


def test_types_are_those_of_the_lake() -> None:
    table = decode([frame("2061", [("a21026", {"avg": "1"})])]).reading_frame()
    assert table.schema["time"] == pl.Datetime("us", "UTC")
    assert table.schema["decimals"] == pl.Int8
