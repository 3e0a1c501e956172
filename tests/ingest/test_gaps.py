"""What was never received is found and asked for, little by little."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
import pytest
from devices import Intake

from yuanjian.clock import to_beijing
from yuanjian.gateway import schema
from yuanjian.ingest.gaps import look, missing, step_of
from yuanjian.series import SeriesStore

NOON = datetime(2026, 5, 1, 4, tzinfo=UTC)  # in Beijing
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def hours(*numbers: int) -> set[datetime]:
    return {NOON + number * HOUR for number in numbers}


@pytest.mark.parametrize(
    ("there", "size", "most", "windows"),
    [
        (hours(0, 1, 2, 3), 4, DAY, []),
        (hours(0, 3), 4, DAY, [(1, 2)]),
        (hours(1), 3, DAY, [(0, 0), (2, 2)]),
        (set(), 5, 2 * HOUR, [(0, 1), (2, 3), (4, 4)]),
        (set(), 50, DAY, [(0, 23), (24, 47), (48, 49)]),
    ],
)
def test_missing_periods(there: set[datetime], size: int, most: timedelta, windows: list[Any]) -> None:
    found = missing(there, NOON, NOON + size * HOUR, HOUR, most)
    assert found == [(NOON + first * HOUR, NOON + last * HOUR) for first, last in windows]


def test_the_grid_is_that_of_the_beijing_day() -> None:
    late = NOON + timedelta(minutes=1)
    assert missing(set(), late, NOON + 2 * HOUR, HOUR, DAY) == [(NOON + HOUR, NOON + HOUR)]
    assert missing(set(), late, NOON + 2 * DAY, DAY, DAY)[0][0] == NOON - 12 * HOUR + DAY


@pytest.mark.parametrize(
    ("minutes", "step"),
    [
        ([0, 10, 20, 30], 10),
        ([0, 1, 2, 3, 30, 31], 1),
        ([0, 10, 60, 70, 80], 10),
        ([0, 5, 10], None),
        ([], None),
    ],
)
def test_the_interval_of_minute_data(minutes: list[int], step: int | None) -> None:
    times = [NOON + timedelta(minutes=minute) for minute in minutes]
    assert step_of(times) == (None if step is None else timedelta(minutes=step))


# --- with a database and a lake ---

NOW = datetime.now(UTC).replace(minute=50, second=0, microsecond=0) - HOUR


@pytest.fixture
def store(tmp_path: Path) -> SeriesStore:
    return SeriesStore.open(str(tmp_path / "lake"))


def sender(intake: Intake, store: SeriesStore, mn: str, there: list[datetime], cadence: str = "hour") -> None:
    """A logger whose link has been up for an hour, and what it has sent."""
    with psycopg.connect(intake.url, autocommit=True) as connection:
        schema.ensure(connection)
        row = connection.execute(
            "INSERT INTO intake.route (mn, st, first_seen) VALUES (%s, '31', %s) RETURNING point_id",
            (mn, NOW - 2 * DAY),
        ).fetchone()
        assert row is not None
        connection.execute(
            "INSERT INTO intake.link (mn, connected, connected_at) VALUES (%s, true, %s)", (mn, NOW - HOUR)
        )
        connection.execute(
            "INSERT INTO intake.latest (point_id, factor, cadence, time, flag, received_at) "
            "VALUES (%s, 'a21026', %s, now(), 'N', now())",
            (row[0], cadence),
        )
    frame = pl.DataFrame({"time": there}, schema={"time": pl.Datetime("us", "UTC")}).with_columns(
        point=pl.lit(row[0]), factor=pl.lit("a21026"), cadence=pl.lit(cadence), value=pl.lit(1.0),
        flag=pl.lit("N"), source=pl.lit("live"), shard=pl.lit(0), seq=pl.lit(1), decimals=pl.lit(0),
        received=pl.col("time"),
    )  # fmt: skip
    store.append(frame, None, app=mn, version=1)


def all_but(*ago: int) -> list[datetime]:
    """Every hour of two days but those that began so many hours before the last full one."""
    last = NOW.replace(minute=0) - HOUR
    return [last - number * HOUR for number in range(50) if number not in ago]


def ask(intake: Intake, store: SeriesStore, now: datetime = NOW) -> int:
    with psycopg.connect(intake.url, autocommit=True) as connection:
        return look(connection, store, now)


def asked(intake: Intake) -> list[tuple[Any, ...]]:
    return intake.rows(
        "SELECT mn, cn, st, params->>'BeginTime', params->>'EndTime' FROM intake.command ORDER BY id"
    )


def stamp(hours_ago: int) -> str:
    return f"{to_beijing(NOW.replace(minute=0) - HOUR - hours_ago * HOUR):%Y%m%d%H%M%S}"


def test_a_gap_is_asked_for_once_and_one_at_a_time(intake: Intake, store: SeriesStore) -> None:
    sender(intake, store, "A", all_but(5, 6, 7, 20))
    sender(intake, store, "B", all_but())
    assert ask(intake, store) == 1
    assert asked(intake) == [("A", "2061", "31", stamp(20), stamp(20))]
    assert ask(intake, store) == 0  # that one is not over
    intake.rows("UPDATE intake.command SET state = 'done' RETURNING id")
    assert ask(intake, store) == 1
    assert asked(intake)[1] == ("A", "2061", "31", stamp(7), stamp(5))
    intake.rows("UPDATE intake.command SET state = 'done' RETURNING id")
    assert ask(intake, store) == 0  # both were asked for not long ago


def test_after_three_times_it_is_given_up(intake: Intake, store: SeriesStore) -> None:
    sender(intake, store, "A", all_but(5))
    for times in (1, 1, 1, 0):
        assert ask(intake, store) == times
        intake.rows(
            "UPDATE intake.command SET state = 'done', requested_at = now() - interval '7 h' RETURNING id"
        )


def test_a_link_that_is_just_back_is_left_alone(intake: Intake, store: SeriesStore) -> None:
    sender(intake, store, "A", all_but(5))
    intake.rows("UPDATE intake.link SET connected_at = %s RETURNING mn", NOW - timedelta(minutes=29))
    assert ask(intake, store) == 0
    intake.rows("UPDATE intake.link SET connected = false, connected_at = %s RETURNING mn", NOW - HOUR)
    assert ask(intake, store) == 0


def test_a_device_that_connects_for_every_frame_is_asked_too(intake: Intake, store: SeriesStore) -> None:
    sender(intake, store, "A", all_but(5))
    often = "UPDATE intake.link SET connected = false, up_since = %s, last_valid_at = %s RETURNING mn"
    intake.rows(often, NOW - timedelta(minutes=29), NOW)
    assert ask(intake, store) == 0
    intake.rows(often, NOW - HOUR, NOW - timedelta(minutes=31))
    assert ask(intake, store) == 0
    intake.rows(often, NOW - HOUR, NOW - timedelta(minutes=5))
    assert ask(intake, store) == 1


def test_minute_data_are_asked_for_by_the_hour(intake: Intake, store: SeriesStore) -> None:
    first = NOW.replace(minute=0) - 5 * HOUR
    there = [first + timedelta(minutes=10) * number for number in range(30) if not 6 <= number < 15]
    sender(intake, store, "A", there, "minute")
    intake.rows("UPDATE intake.route SET first_seen = %s RETURNING mn", first)
    assert ask(intake, store) == 1
    begin, end = (f"{to_beijing(first + HOUR + late):%Y%m%d%H%M%S}" for late in (timedelta(), HOUR * 5 / 6))
    assert asked(intake) == [("A", "2051", "31", begin, end)]
