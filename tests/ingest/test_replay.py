"""A replay gives what the first pass gave, from the journal, the archive and files of frames."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
import pytest
from devices import MN, Intake
from journals import HOUR, bad, fill, frame, row
from lake import ALWAYS, IngestProcess

from yuanjian.cli import main
from yuanjian.gateway import archive, chain
from yuanjian.gateway.verification import Unreadable
from yuanjian.ingest import replay
from yuanjian.ingest.replay import Range
from yuanjian.series import SeriesStore
from yuanjian.wire.hj212 import Standard, build_upload

TOTAL = 60


def door(number: int) -> bytes:
    [raw] = build_upload(
        standard=Standard.V2017,
        st="31",
        cn="3020",
        pw="123456",
        mn=MN,
        qn=f"20241121{number:09d}",
        data_time=datetime(2024, 11, 20) + timedelta(minutes=number),  # noqa: DTZ001 - Beijing wall time
        factors=[],
        infos=[("i3310A", "D1"), ("i3310J", "李四")],
    )
    return raw


def rows() -> list[tuple[object, ...]]:
    """Three hours with all there is: two devices, noise, repetitions, corrections back and forth, doors."""
    made: list[tuple[object, ...]] = []
    for seq in range(1, TOTAL + 1):
        at = HOUR + timedelta(minutes=3 * seq)
        if seq % 10 == 0:
            made.append(bad(seq, at, b"noise"))
        elif seq % 10 == 7:
            made.append(row(seq, at, door(seq)))
        elif seq % 10 in (
            4,
            5,
            6,
        ):  # another value for the minute of seq % 10 == 3, the same, and the first again
            number = seq - seq % 10 + 3
            made.append(row(seq, at, frame(number, value="99.9" if seq % 10 < 6 else None)))
        else:
            mn = "OTHER" if seq % 2 else MN
            made.append(row(seq, at, frame(seq, mn), mn=mn))
    return made


def taken_in(store: SeriesStore, last: int, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while (found := store.committed("ingest-0")) < last:
        assert time.monotonic() < deadline, f"the lake has {found} of {last}"
        time.sleep(0.05)


def ended(intake: Intake) -> None:
    """Wait until the database has noticed that ingest has gone: its locks go with its sessions."""
    ours = "application_name IN ('yuanjian-ingest', 'yuanjian-archive')"
    intake.until(
        f"SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND {ours}", 0
    )


def content(lake: Path | str) -> str:
    """One hash of all that a lake holds."""
    store = SeriesStore.open(str(lake))
    readings = store.readings(None, cadence="minute", history=True, **ALWAYS)
    assert readings.height > 30
    events = store.events(**ALWAYS)
    order = ["point", "time", "received", "shard", "seq"]
    tables = (readings.sort(order).write_csv(), events.sort(order).write_csv())
    return hashlib.sha256("".join(tables).encode()).hexdigest()


@pytest.fixture
def first(database_url: str, tmp_path: Path, intake: Intake) -> Iterator[Path]:
    """The lake of a real ingest that took everything in, in two steps."""
    fill(database_url, rows()[:25])
    process = IngestProcess(database_url, tmp_path)
    intake.until("SELECT frames::int FROM intake.progress", 25, 20)
    fill(database_url, rows()[25:])
    intake.until("SELECT frames::int FROM intake.progress", TOTAL, 20)
    assert process.terminate() == 0
    ended(intake)
    return tmp_path / "lake"


@pytest.fixture
def database(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


@pytest.mark.parametrize("batch", [1, 7, 1000])
def test_the_journal_gives_the_same_lake(
    first: Path,
    database: psycopg.Connection[Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    batch: int,
) -> None:
    monkeypatch.setattr(replay, "BATCH", batch)
    seen: list[tuple[int, int]] = []
    store = SeriesStore.open(str(tmp_path / "again"))
    done = replay.replay(
        replay.journal(database, Range()), database, store, lambda done, total: seen.append((done, total))
    )
    assert content(tmp_path / "again") == content(first)
    assert (done.rows, done.skipped, done.duplicates) == (TOTAL, 6, 6)
    assert seen[-1] == (TOTAL, TOTAL)


def test_the_archive_gives_the_same_lake(
    first: Path, database: psycopg.Connection[Any], tmp_path: Path
) -> None:
    folder = tmp_path / "archive"
    list(archive.make(database, folder, HOUR + timedelta(days=1)))  # what ingest did not archive by itself
    assert sum(batch.size for batch in chain.read(folder)) == TOTAL
    database.execute("DELETE FROM intake.frame")
    store = SeriesStore.open(str(tmp_path / "again"))
    replay.replay(replay.archive(folder, Range()), database, store)
    assert content(tmp_path / "again") == content(first)


def test_an_archive_that_was_changed_is_not_replayed(
    first: Path, database: psycopg.Connection[Any], tmp_path: Path
) -> None:
    list(archive.make(database, tmp_path / "archive", HOUR + timedelta(days=1)))
    path = tmp_path / "archive" / chain.read(tmp_path / "archive")[1].file
    pl.read_parquet(path).with_columns(mn=pl.lit("FORGED")).write_parquet(path)
    store = SeriesStore.open(str(tmp_path / "again"))
    with pytest.raises(Unreadable):
        replay.replay(replay.archive(tmp_path / "archive", Range()), database, store)


def test_a_replay_that_was_broken_off_continues_and_ingest_goes_on_after_it(
    first: Path, database: psycopg.Connection[Any], database_url: str, tmp_path: Path, intake: Intake
) -> None:
    again = tmp_path / "second" / "lake"
    store = SeriesStore.open(str(again))
    replay.replay(replay.journal(database, Range(last=20)), database, store)
    list(archive.make(database, tmp_path / "archive", HOUR + timedelta(days=1)))
    rest = replay.replay(replay.archive(tmp_path / "archive", Range(last=40)), database, store)
    assert rest.rows == 20
    assert replay.replay(replay.journal(database, Range(last=40)), database, store).rows == 0
    process = IngestProcess(database_url, tmp_path / "second")
    taken_in(store, TOTAL)
    assert process.terminate() == 0
    assert content(again) == content(first)


def test_a_range_by_number_and_by_time(
    database_url: str, database: psycopg.Connection[Any], tmp_path: Path
) -> None:
    fill(database_url, rows())
    list(archive.make(database, tmp_path / "archive", HOUR + timedelta(days=1)))
    start = HOUR + timedelta(hours=1)
    hour = Range(first=15, last=33, start=start, end=start + timedelta(hours=1))  # 20:00 … 39, so 20 … 33
    for number, source in enumerate(
        (replay.journal(database, hour), replay.archive(tmp_path / "archive", hour))
    ):
        store = SeriesStore.open(str(tmp_path / f"lake{number}"))
        assert replay.replay(source, database, store).rows == 14
        assert store.committed("ingest-0") == 33


def test_files_of_frames_give_the_same_values(
    first: Path, database: psycopg.Connection[Any], tmp_path: Path
) -> None:
    frames = [bytes(values[-1]) for values in rows()]  # type: ignore[call-overload]
    names = [tmp_path / "one.txt", tmp_path / "two.txt"]
    names[0].write_bytes(b"".join(frames[:31]))
    names[1].write_bytes(b"".join(frames[31:]))
    store = SeriesStore.open(str(tmp_path / "again"))
    at = datetime(2024, 11, 22, tzinfo=UTC)
    done = replay.replay(replay.files(database, names, at), database, store)
    assert done.rows >= TOTAL
    columns = ["point", "factor", "time", "value"]
    wanted = SeriesStore.open(str(first)).readings(None, cadence="minute", **ALWAYS)
    found = store.readings(None, cadence="minute", **ALWAYS)
    assert found[columns].equals(wanted[columns])
    assert found["shard"].unique().to_list() == [replay.FILES]
    assert replay.replay(replay.files(database, names, at), database, store).rows == 0


def test_a_file_was_received_when_it_was_written(
    database_url: str, database: psycopg.Connection[Any], tmp_path: Path
) -> None:
    import os

    fill(database_url, [])
    path = tmp_path / "frames.txt"
    path.write_bytes(frame(1) + b"##0012no such thing")
    os.utime(path, (HOUR.timestamp(), HOUR.timestamp()))
    store = SeriesStore.open(str(tmp_path / "again"))
    done = replay.replay(replay.files(database, [path]), database, store)
    assert (done.rows, done.readings, done.skipped) == (2, 1, 1)
    assert store.readings(None, cadence="minute", **ALWAYS)["received"].to_list() == [HOUR]


def test_encrypted_frames_of_a_file_are_opened_by_the_keys_of_their_device(
    database_url: str, database: psycopg.Connection[Any], tmp_path: Path
) -> None:
    fill(database_url, [])
    key, other = b"0123456789abcdef", b"another key 0000"
    insert = "INSERT INTO intake.device (mn, standard, key_current) VALUES (%s, '2025', %s)"
    database.execute(insert, (MN, key))
    sealed = [
        frame
        for number, used in enumerate((key, key, other))
        for frame in build_upload(
            standard=Standard.V2025, st="31", cn="2061", pw="1", mn=MN, qn=f"2026050109000{number}000",
            data_time=datetime(2026, 5, 1, number), factors=[("a21026", {"avg": "12.5"})], key=used,  # noqa: DTZ001
        )
    ]  # fmt: skip
    path = tmp_path / "frames"
    path.write_bytes(b"".join(sealed))
    store = SeriesStore.open(str(tmp_path / "again"))
    done = replay.replay(replay.files(database, [path]), database, store)
    assert (done.rows, done.readings, done.skipped) == (3, 2, 1)
    assert store.readings(None, cadence="hour", **ALWAYS)["value"].to_list() == [12.5, 12.5]


# --- the word an operator types ---


@pytest.fixture
def home(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("YUANJIAN_HOME", str(tmp_path))
    return tmp_path


def test_the_command(home: Path, database_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    fill(database_url, rows())
    lakes = [str(home / f"lake{number}") for number in range(3)]
    assert main.main(["replay", lakes[0]]) == 0
    assert "rows 60" in capsys.readouterr().out
    assert main.main(["archive"]) == 0
    assert main.main(["replay", lakes[1], "--archive", "--from", "2024-11-21", "--to", "2024-11-22"]) == 0
    assert content(lakes[0]) == content(lakes[1])
    assert main.main(["replay", lakes[1]]) == 0
    assert "rows up to 60 were in this lake already" in capsys.readouterr().out
    (home / "frames").write_bytes(frame(3))
    assert main.main(["replay", lakes[2], "--files", str(home / "frames"), "--received", "2024-11-22"]) == 0
    assert "readings 1" in capsys.readouterr().out
    assert main.main(["replay", lakes[2], "--files", str(home / "none")]) == 1
    assert "cli.no_file" in capsys.readouterr().err


def test_the_lake_in_use_has_one_writer(
    home: Path,
    database_url: str,
    ingest: IngestProcess,
    intake: Intake,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main.main(["replay", str(ingest.lake)]) == 1
    assert "cli.lake_in_use" in capsys.readouterr().err
    assert ingest.terminate() == 0
    ended(intake)
    assert main.main(["replay", str(ingest.lake)]) == 0
