"""Compaction keeps what was said, drops what was repeated, and does not stand in the way of appends."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta

import polars as pl
import pytest
from deltalake import DeltaTable

from yuanjian.series import Compacted, SeriesStore, compaction
from yuanjian.series.rows import READING
from yuanjian.series.schema import READINGS, conform
from yuanjian.series.table import DataFile, LakeTable

Rows = Callable[..., pl.DataFrame]
HOUR = timedelta(hours=1)


def history(store: SeriesStore, start: datetime) -> pl.DataFrame:
    return store.readings(None, cadence="hour", start=start, end=start + timedelta(days=9), history=True)


def test_many_files_become_one_sorted_file(
    store: SeriesStore, lake: str, rows: Rows, events: Rows, midnight: datetime
) -> None:
    for version in range(6):
        batch = rows(*({"point": point, "time": midnight + version * 8 * HOUR} for point in (3, 1, 2)))
        door = events({"time": midnight + version * 8 * HOUR})
        store.append(batch, door, app="a", version=version)
    before = history(store, midnight)
    assert store.compact() == Compacted(partitions=4, files_before=12, files_after=4)
    assert history(store, midnight).equals(before)
    assert store.events(start=midnight, end=midnight + 48 * HOUR).height == 6
    assert store.compact() == Compacted()
    table = DeltaTable(f"{lake}/readings")
    assert len(table.file_uris()) == 2
    whole = pl.DataFrame(pl.from_arrow(table.to_pyarrow_table())).select(before.columns)
    assert whole.sort("point", "time").equals(before.sort("point", "time"))


def test_repeated_rows_go_and_corrections_stay(
    store: SeriesStore, lake: str, rows: Rows, midnight: datetime
) -> None:
    table = LakeTable(f"{lake}/readings", READINGS, ("cadence", "day"), {})
    said = [1.0, 1.0, 2.0, 2.0, 1.0]
    for version, value in enumerate(said):  # past the check, as two shards at once would
        row = rows({"value": value, "received": midnight + version * HOUR})
        table.append(conform(row, READINGS), "a", version)
    assert store.compact() == Compacted(1, 5, 1, 2)
    assert history(store, midnight)["value"].to_list() == [1.0, 2.0, 1.0]
    assert store.committed("a") == 4


def test_large_partitions_are_compacted_in_runs(
    store: SeriesStore, rows: Rows, midnight: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compaction, "_ROWS_AT_ONCE", 4)
    for version in range(5):
        times = [{"time": midnight + (2 * version + odd) * HOUR} for odd in (1, 0)]
        store.append(rows(*times), None, app="a", version=version)
    before = history(store, midnight)
    assert store.compact() == Compacted(2, 4, 2, 0)
    assert history(store, midnight).equals(before)


def test_only_one_of_two_compactions_wins(
    store: SeriesStore, lake: str, rows: Rows, midnight: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for version in range(3):
        store.append(rows({"time": midnight + version * HOUR}), None, app="a", version=version)
    table = LakeTable(f"{lake}/readings", READINGS, ("cadence", "day"), {})
    turn, files = table.next_turn(), table.files()
    load = LakeTable.load

    def slow_load(self: LakeTable, batch: list[DataFile]) -> pl.DataFrame:
        monkeypatch.setattr(LakeTable, "load", load)
        assert store.compact() == Compacted(1, 3, 1)
        return load(self, batch)

    monkeypatch.setattr(LakeTable, "load", slow_load)
    assert compaction.compact(table, READING) == Compacted()
    assert table.replace(files, table.load(files), turn=turn) is False
    assert history(store, midnight).height == 3


def test_vacuum_deletes_what_compaction_replaced(store: SeriesStore, rows: Rows, midnight: datetime) -> None:
    for version in range(3):
        store.append(rows({"time": midnight + version * HOUR}), None, app="a", version=version)
    store.compact()
    assert store.vacuum() == 0
    assert store.vacuum(keep_hours=0) == 3
    assert history(store, midnight).height == 3


APPENDER = """
import pickle, sys
from datetime import timedelta
import polars as pl
from yuanjian.series import SeriesStore
lake, row = pickle.load(sys.stdin.buffer)
store = SeriesStore.open(lake)
print("ready", flush=True)
for version in range(100):
    batch = row.with_columns(time=pl.col("time") + timedelta(minutes=version))
    assert store.append(batch, None, app="other", version=version).rows == 1
"""


def test_appends_of_another_process_go_on_during_compaction(
    store: SeriesStore, lake: str, rows: Rows, midnight: datetime
) -> None:
    given = pickle.dumps((lake, rows({})))
    environment = {**os.environ, "PYTHONPATH": "src"}
    with subprocess.Popen(
        [sys.executable, "-c", APPENDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    ) as other:
        assert other.stdin
        assert other.stdout
        other.stdin.write(given)
        other.stdin.close()
        assert other.stdout.readline() == b"ready\n"
        done, ended = Compacted(), False
        while not ended:  # once after it, in case it was faster than our first look
            ended = other.poll() is not None
            done += store.compact()
    assert other.returncode == 0
    assert done.partitions > 0
    assert done.duplicates == 0
    assert history(store, midnight).height == 100
    assert store.committed("other") == 99
