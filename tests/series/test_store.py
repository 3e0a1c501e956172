"""Exactly once, duplicates and corrections, and what is read back."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError

from yuanjian.errors import OwnFault
from yuanjian.series import Appended, SeriesStore
from yuanjian.series.schema import EVENTS, READINGS, conform
from yuanjian.series.table import LakeTable

Rows = Callable[..., pl.DataFrame]
HOUR = timedelta(hours=1)


def values(store: SeriesStore, start: datetime, *, history: bool = False) -> list[float | None]:
    found = store.readings([1], cadence="hour", start=start, end=start + 48 * HOUR, history=history)
    return found["value"].to_list()


def test_a_version_is_appended_once(store: SeriesStore, rows: Rows, midnight: datetime) -> None:
    assert store.committed("ingest-0") == -1
    batch = rows({}, {"time": midnight + HOUR, "value": 2.0})
    assert store.append(batch, None, app="ingest-0", version=3) == Appended(rows=2)
    assert store.append(batch, None, app="ingest-0", version=3) == Appended()
    assert store.append(rows({"value": 9.0}), None, app="ingest-0", version=2) == Appended()
    assert store.committed("ingest-0") == 3
    assert store.committed("ingest-1") == -1
    assert values(store, midnight) == [1.0, 2.0]


def test_a_snapshot_sees_nothing_that_comes_later(store: SeriesStore, rows: Rows, midnight: datetime) -> None:
    store.append(rows({}), None, app="a", version=0)
    now = store.snapshot()
    again = now.snapshot()
    store.append(rows({"time": midnight + HOUR, "value": 2.0}), None, app="a", version=1)
    assert values(now, midnight) == [1.0]
    assert values(again, midnight) == [1.0]
    assert values(store, midnight) == [1.0, 2.0]


def test_an_empty_batch_still_moves_the_version(store: SeriesStore, lake: str, rows: Rows) -> None:
    assert store.append(None, None, app="ingest-0", version=0) == Appended()
    assert store.append(rows({}).clear(), None, app="ingest-0", version=1) == Appended()
    assert SeriesStore.open(lake).committed("ingest-0") == 1


def test_a_row_that_comes_again_is_a_duplicate(store: SeriesStore, rows: Rows, midnight: datetime) -> None:
    once = rows({"low": 0.5, "flag": None})
    store.append(once, None, app="a", version=0)
    later = once.with_columns(received=midnight + 30 * HOUR, source=pl.lit("resent"))
    assert store.append(later, None, app="a", version=1) == Appended(duplicates=1)
    assert values(store, midnight, history=True) == [1.0]


@pytest.mark.parametrize(
    "changed",
    [
        {"value": 2.0},
        {"value": None},
        {"low": 0.1},
        {"high": 9.0},
        {"amount": 3.0},
        {"reference": 4.0},
        {"flag": "D"},
    ],
)
def test_other_content_is_a_correction(
    store: SeriesStore, rows: Rows, midnight: datetime, changed: dict[str, object]
) -> None:
    store.append(rows({}), None, app="a", version=0)
    batch = rows({**changed, "received": midnight + 30 * HOUR})
    assert store.append(batch, None, app="a", version=1) == Appended(rows=1, corrections=1)
    current = store.readings([1], cadence="hour", start=midnight, end=midnight + HOUR)
    assert current.height == 1
    (name,) = changed
    assert current[name][0] == changed[name]
    assert len(values(store, midnight, history=True)) == 2


def test_duplicates_and_corrections_within_one_batch(
    store: SeriesStore, rows: Rows, midnight: datetime
) -> None:
    batch = rows({}, {}, {"value": 5.0}, {"value": 5.0}, {"point": 2})
    assert store.append(batch, None, app="a", version=0) == Appended(rows=3, duplicates=2, corrections=1)
    assert values(store, midnight) == [5.0]
    assert values(store, midnight, history=True) == [1.0, 5.0]


def test_a_value_that_changes_back_is_current_again(
    store: SeriesStore, rows: Rows, midnight: datetime
) -> None:
    for version, value in enumerate((1.0, 2.0, 1.0)):
        received = midnight + timedelta(days=2, hours=version)
        store.append(rows({"value": value, "received": received}), None, app="a", version=version)
    assert values(store, midnight) == [1.0]
    assert values(store, midnight, history=True) == [1.0, 2.0, 1.0]
    store.compact()
    assert values(store, midnight, history=True) == [1.0, 2.0, 1.0]


def test_a_late_row_received_earlier_is_not_current(
    store: SeriesStore, rows: Rows, midnight: datetime
) -> None:
    store.append(rows({"value": 2.0}), None, app="a", version=0)
    late = rows({"value": 1.0, "received": midnight + HOUR})
    assert store.append(late, None, app="b", version=0) == Appended(rows=1)
    assert values(store, midnight) == [2.0]


def test_partitions_are_beijing_days(store: SeriesStore, rows: Rows, midnight: datetime) -> None:
    batch = rows({"time": midnight - timedelta(microseconds=1)}, {"time": midnight})
    store.append(batch, None, app="a", version=0)
    found = store.readings(None, cadence="hour", start=midnight - HOUR, end=midnight + HOUR)
    assert found["day"].to_list() == [date(2026, 11, 20), date(2026, 11, 21)]
    assert found.schema == READINGS
    ends = store.readings(None, cadence="hour", start=midnight - HOUR, end=midnight)
    assert ends["time"].to_list() == [midnight - timedelta(microseconds=1)]


def test_reads_are_sorted_and_filtered(store: SeriesStore, rows: Rows, midnight: datetime) -> None:
    batch = rows(
        {"point": 3, "factor": "b", "time": midnight + HOUR},
        {"point": 3, "factor": "b"},
        {"point": 3, "factor": "a"},
        {"point": 1, "factor": "b"},
        {"point": 2, "factor": "b"},
        {"point": 3, "factor": "b", "cadence": "minute"},
    )
    store.append(batch, None, app="a", version=0)

    def read(points: list[int] | None, factors: list[str] | None = None) -> list[tuple[object, ...]]:
        found = store.readings(points, factors, cadence="hour", start=midnight, end=midnight + 2 * HOUR)
        return found.select("point", "factor", pl.col("time").dt.hour()).rows()

    assert read(None) == [(1, "b", 16), (2, "b", 16), (3, "a", 16), (3, "b", 16), (3, "b", 17)]
    assert read([3, 1], ["b"]) == [(1, "b", 16), (3, "b", 16), (3, "b", 17)]
    assert read([]) == []
    assert read([1], []) == []
    assert read([77]) == []


def test_a_backfill_over_many_days_is_judged_row_by_row(
    store: SeriesStore, rows: Rows, midnight: datetime
) -> None:
    month = rows(*({"time": midnight + hour * HOUR, "value": float(hour)} for hour in range(720)))
    assert store.append(month, None, app="a", version=0).rows == 720
    again = month.with_columns(
        value=pl.when(pl.col("value") % 100 == 7).then(-1.0).otherwise("value"),
        received=midnight + timedelta(days=40),
    )
    assert store.append(again, None, app="a", version=1) == Appended(8, 712, 8)


@pytest.mark.parametrize("step", [timedelta(minutes=30), timedelta(days=3)])
def test_a_long_backfill_is_judged_in_wider_windows(
    store: SeriesStore, rows: Rows, midnight: datetime, step: timedelta
) -> None:
    long = rows(*({"time": midnight + n * step, "cadence": "minute"} for n in range(300)))
    assert store.append(long, None, app="a", version=0) == Appended(rows=300)
    assert store.append(long, None, app="a", version=1) == Appended(duplicates=300)
    live = rows({"time": midnight, "value": 3.0, "cadence": "hour"}, {"cadence": "minute", "value": 3.0})
    assert store.append(live, None, app="a", version=2) == Appended(rows=2, corrections=1)


def test_events_are_kept_once(store: SeriesStore, events: Rows, midnight: datetime) -> None:
    batch = events({}, {}, {"kind": "log", "code": "i11001", "text": "校准开始", "time": midnight + HOUR})
    assert store.append(None, batch, app="a", version=0) == Appended(events=2)
    assert store.append(None, batch, app="a", version=1) == Appended()
    assert store.append(None, batch.clear(), app="a", version=2) == Appended()
    found = store.events(start=midnight, end=midnight + 2 * HOUR)
    assert found.schema == EVENTS
    assert found["kind"].to_list() == ["door", "log"]
    assert store.events([9], ["log"], start=midnight, end=midnight + 2 * HOUR)["text"].to_list() == [
        "校准开始"
    ]
    assert store.events([8], start=midnight, end=midnight + 2 * HOUR).is_empty()


KILLED = """
import os, pickle, signal, sys
from yuanjian.series import SeriesStore
lake, rows, events = pickle.load(sys.stdin.buffer)
store = SeriesStore.open(lake)
store._readings.append = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
store.append(rows, events, app="ingest-0", version=7)
"""


def test_a_kill_between_the_two_tables_is_healed_by_the_retry(
    store: SeriesStore, lake: str, rows: Rows, events: Rows, midnight: datetime
) -> None:
    given = pickle.dumps((lake, rows({}), events({})))
    killed = subprocess.run(
        [sys.executable, "-c", KILLED], input=given, env={**os.environ, "PYTHONPATH": "src"}
    )
    assert killed.returncode == -9
    assert store.committed("ingest-0") == -1
    assert store.events(start=midnight, end=midnight + HOUR).height == 1
    assert store.append(rows({}), events({}), app="ingest-0", version=7) == Appended(rows=1)
    assert store.committed("ingest-0") == 7
    assert store.events(start=midnight, end=midnight + HOUR).height == 1
    assert values(store, midnight) == [1.0]


def test_two_writers_of_one_version_write_it_once(lake: str, rows: Rows) -> None:
    first = LakeTable(lake, READINGS, ("cadence", "day"), {})
    second = first.reopened()
    batch = conform(rows({}), READINGS)
    assert first.append(batch, "a", 0) is True
    assert second.append(batch, "a", 0) is False
    third = first.reopened()
    assert first.append(batch, "a", 1) is True
    with pytest.raises(CommitFailedError):  # two writers that number differently: a bug, not a race
        third.append(batch, "a", 2)


def test_the_loser_of_a_race_reports_nothing(
    store: SeriesStore,
    lake: str,
    rows: Rows,
    events: Rows,
    midnight: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rival = SeriesStore.open(lake)
    judge = LakeTable.scan

    def scan(table: LakeTable, where: str) -> pl.LazyFrame:
        found = judge(table, where)
        monkeypatch.setattr(LakeTable, "scan", judge)
        rival.append(rows({}), events({}), app="a", version=0)
        return found

    monkeypatch.setattr(LakeTable, "scan", scan)
    assert store.append(rows({}), events({}), app="a", version=0) == Appended()
    assert values(store, midnight, history=True) == [1.0]
    assert store.events(start=midnight, end=midnight + HOUR).height == 1


def test_threads_may_share_a_store(store: SeriesStore, rows: Rows, midnight: datetime) -> None:
    def work(number: int) -> int:
        batch = rows(*({"point": number, "time": midnight + hour * HOUR} for hour in range(10)))
        store.append(batch, None, app=f"app-{number}", version=0)
        return store.readings([number], cadence="hour", start=midnight, end=midnight + 10 * HOUR).height

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(work, range(12))) == [10] * 12


def test_nobody_commits_between_a_refresh_and_what_is_read_of_it(
    store: SeriesStore, rows: Rows, midnight: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    refresh = DeltaTable.update_incremental
    others: list[Future[Appended]] = []

    def refreshed(table: DeltaTable) -> None:
        refresh(table)
        if not others:
            others.append(pool.submit(store.append, rows({}), None, app="a", version=0))
            assert not wait(others, timeout=0.5).done  # it takes milliseconds where nothing holds it

    monkeypatch.setattr(DeltaTable, "update_incremental", refreshed)
    with ThreadPoolExecutor(1) as pool:
        assert store.readings([1], cadence="hour", start=midnight, end=midnight + HOUR).is_empty()
    assert others[0].result() == Appended(rows=1)
    assert values(store, midnight) == [1.0]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"cadence": pl.lit("weekly")}, "weekly"),
        ({"point": pl.lit(None)}, "point"),
        ({"received": pl.lit(None)}, "received"),
        ({"time": pl.col("time").dt.replace_time_zone(None)}, "zone"),
    ],
)
def test_rows_that_do_not_fit_are_our_fault(
    store: SeriesStore, rows: Rows, change: dict[str, pl.Expr], word: str
) -> None:
    with pytest.raises(OwnFault, match=word) as caught:
        store.append(rows({}).with_columns(**change), None, app="a", version=0)
    assert caught.value.code == "series.bad_rows"
    assert store.committed("a") == -1


def test_a_required_column_may_not_be_absent(rows: Rows) -> None:
    with pytest.raises(OwnFault, match="factor"):
        conform(rows({}).drop("factor"), READINGS)
    whole = conform(rows({}).drop("low", "high", "amount", "reference", "flag", "decimals"), READINGS)
    assert whole.schema == READINGS
    assert whole.row(0, named=True)["flag"] is None


def test_instants_of_any_zone_are_stored_as_utc(store: SeriesStore, rows: Rows, midnight: datetime) -> None:
    batch = rows({}).with_columns(pl.col("time").dt.convert_time_zone("Asia/Shanghai"))
    store.append(batch, None, app="a", version=0)
    found = store.readings([1], cadence="hour", start=midnight, end=midnight + HOUR)
    assert found["time"].to_list() == [datetime(2026, 11, 20, 16, tzinfo=UTC)]


@pytest.mark.parametrize("sign", "[]|^")
def test_an_address_the_library_panics_on_is_refused(lake: str, sign: str) -> None:
    with pytest.raises(OwnFault) as caught:
        SeriesStore.open(lake + sign)
    assert caught.value.code == "series.address"


def test_storage_options_reach_the_tables(lake: str, rows: Rows, midnight: datetime) -> None:
    options = {"timeout": "30s"}
    table = LakeTable(lake, READINGS, ("cadence", "day"), options)
    assert table._delta._storage_options == options
    assert table.reopened()._options == options
    store = SeriesStore.open(lake, options)
    store.append(rows({}), None, app="a", version=0)
    assert values(store, midnight) == [1.0]


def test_rows_are_counted_with_their_corrections(store: SeriesStore, rows: Rows, midnight: datetime) -> None:
    assert store.count() == 0
    store.append(rows({}, {"time": midnight + HOUR}), None, app="a", version=0)
    store.append(rows({"value": 2.0}, {}), None, app="a", version=1)
    assert store.count() == len(values(store, midnight, history=True))
