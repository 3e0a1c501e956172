"""Compaction in the background, over a real lake."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from lake import ALWAYS

from yuanjian.ingest import upkeep
from yuanjian.ingest.follower import newest, notices
from yuanjian.ingest.upkeep import Upkeep
from yuanjian.series import SeriesStore

START = datetime(2026, 5, 1, tzinfo=UTC)


def reading(minute: int, value: float = 1.0) -> pl.DataFrame:
    row = {
        "point": 1,
        "factor": "a21026",
        "cadence": "minute",
        "time": START + timedelta(minutes=minute),
        "value": value,
        "reference": None,
        "flag": "N",
        "source": "live",
        "received": START + timedelta(minutes=minute, seconds=value),
        "shard": 0,
        "seq": minute,
    }
    return pl.DataFrame([row], schema_overrides={"reference": pl.Float64})


@pytest.fixture
def store(tmp_path: Path) -> SeriesStore:
    store = SeriesStore.open(str(tmp_path / "lake"))
    for minute in range(10):
        store.append(reading(minute), None, app="test", version=minute)
    return store


def files(store: SeriesStore, folder: Path) -> int:
    return len(list((folder / "lake" / "readings").rglob("*.parquet")))


def wait(work: Upkeep) -> None:
    assert work._thread is not None
    work._thread.join(20)


def test_small_files_are_joined_once_ingest_has_caught_up(store: SeriesStore, tmp_path: Path) -> None:
    work = Upkeep(store)
    work.idle()
    wait(work)
    assert files(store, tmp_path) == 11  # the ten stay for readers that have them open
    assert store.compact().partitions == 0
    assert store.readings(None, cadence="minute", **ALWAYS).height == 10


def test_it_rests_in_proportion_to_its_work(store: SeriesStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "REST", 1e6)  # hours, however short the work
    work = Upkeep(store)
    work.idle()
    wait(work)
    first = work._thread
    for _ in range(upkeep.SMALL_FILES):
        work.appended()
    work.idle()
    assert work._thread is first
    monkeypatch.setattr(work, "_rested_at", time.monotonic() - 1)
    work.idle()
    assert work._thread is not first
    wait(work)


def test_replaced_files_go_after_their_time(
    store: SeriesStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "VACUUM_S", -1.0)
    monkeypatch.setattr(upkeep, "KEEP_HOURS", 0)
    work = Upkeep(store)
    work.idle()
    wait(work)
    assert files(store, tmp_path) == 1


def test_a_failure_reaches_the_process(store: SeriesStore, tmp_path: Path) -> None:
    for path in (tmp_path / "lake" / "readings").rglob("*.parquet"):
        path.write_bytes(b"broken")
    work = Upkeep(store)
    work.idle()
    wait(work)
    with pytest.raises(Exception, match=r"(?i)parquet"):
        work.idle()


def test_the_newest_of_a_key_is_the_latest() -> None:
    rows = pl.concat([reading(2, 1.0), reading(1, 5.0), reading(2, 3.0), reading(2, 2.0)])
    assert newest(rows)["value"].to_list() == [3.0]


def test_a_notice_fits_into_8000_bytes() -> None:
    points = list(range(2_000_000_000, 2_000_001_200))
    payloads = notices(points)
    assert [len(payload) < 7000 for payload in payloads] == [True] * 3
    assert notices([]) == []
