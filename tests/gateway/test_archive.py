"""Frames out of the journal into the archive: what is due, and what a crash in between leaves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
import pytest
from journals import HOUR, fill, frame, hours, row

from yuanjian.errors import OwnFault
from yuanjian.gateway import archive, chain, verification
from yuanjian.gateway.purge import purge

LATER = HOUR + timedelta(days=1)


@pytest.fixture
def database(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    fill(database_url, [])
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


def spans(batches: list[chain.Batch]) -> list[tuple[int, int]]:
    return [(batch.first, batch.last) for batch in batches]


def test_each_closed_hour_is_a_batch(database: psycopg.Connection[Any], tmp_path: Path) -> None:
    rows = hours(3, 10)
    fill(url(database), rows)
    made = list(archive.make(database, tmp_path, LATER))
    assert spans(made) == [(1, 10), (11, 20), (21, 30)]
    assert chain.read(tmp_path) == archive.stored(database) == made
    assert chain.last(tmp_path) == made[-1]
    files = [tmp_path / batch.file for batch in made]
    assert files[0].relative_to(tmp_path).as_posix() == "2024/11/21/00000-000000000001.parquet"
    kept = pl.concat([pl.read_parquet(path) for path in files])
    assert kept.drop("leaf").rows() == rows
    assert list(archive.make(database, tmp_path, LATER)) == []


def test_an_hour_that_may_still_grow_waits(database: psycopg.Connection[Any], tmp_path: Path) -> None:
    fill(url(database), hours(2, 10))
    open_hour = HOUR + timedelta(hours=2)
    assert spans(list(archive.make(database, tmp_path, open_hour))) == [(1, 10)]
    assert spans(list(archive.make(database, tmp_path, open_hour + archive.MARGIN))) == [(11, 20)]


def test_a_batch_is_not_larger_than_its_limit(
    database: psycopg.Connection[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "ROWS", 4)
    fill(url(database), hours(1, 10))
    assert spans(list(archive.make(database, tmp_path, HOUR))) == [(1, 4), (5, 8)]
    assert spans(list(archive.make(database, tmp_path, LATER))) == [(9, 10)]


def test_a_clock_set_back_splits_nothing(database: psycopg.Connection[Any], tmp_path: Path) -> None:
    rows = [row(1, HOUR, frame(1)), row(2, HOUR - timedelta(minutes=5), frame(2)), row(3, HOUR, frame(3))]
    fill(url(database), rows)
    [batch] = archive.make(database, tmp_path, LATER)
    assert (batch.first, batch.last, batch.end - batch.start) == (1, 3, 300_000_000)


def test_rows_missing_in_the_journal_show_in_the_chain(
    database: psycopg.Connection[Any], tmp_path: Path
) -> None:
    fill(url(database), hours(1, 10))
    database.execute("DELETE FROM intake.frame WHERE seq = 5")
    assert spans(list(archive.make(database, tmp_path, LATER))) == [(1, 4), (6, 10)]
    [problem] = verification.verify(tmp_path).problems
    assert (problem.code, problem.batch, problem.seq) == ("archive.gap", 1, 6)


def test_shards_share_one_chain(database: psycopg.Connection[Any], tmp_path: Path) -> None:
    database.execute("INSERT INTO intake.progress (shard) VALUES (1)")
    fill(url(database), [row(1, HOUR, frame(1)), row(1, HOUR, frame(2), shard=1)])
    assert [(batch.number, batch.shard) for batch in archive.make(database, tmp_path, LATER)] == [
        (0, 0),
        (1, 1),
    ]
    assert verification.verify(tmp_path).problems == ()


def test_only_one_process_archives(
    database: psycopg.Connection[Any], database_url: str, tmp_path: Path
) -> None:
    fill(database_url, hours(2, 3))
    with psycopg.connect(database_url, autocommit=True) as other:
        work = archive.make(other, tmp_path, LATER)
        next(work)
        assert list(archive.make(database, tmp_path, LATER)) == []
        work.close()
    assert spans(list(archive.make(database, tmp_path, LATER))) == [(4, 6)]


@pytest.mark.parametrize("left", [0, 1, 200])
def test_a_line_that_a_crash_kept_out_is_written_later(
    database: psycopg.Connection[Any], tmp_path: Path, left: int
) -> None:
    fill(url(database), hours(3, 3))
    made = list(archive.make(database, tmp_path, LATER))
    path = tmp_path / chain.NAME
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]) + lines[-1][:left])
    fill(url(database), [row(10, LATER, frame(10))])
    assert spans(list(archive.make(database, tmp_path, LATER + timedelta(days=1)))) == [(10, 10)]
    assert chain.read(tmp_path)[:3] == made
    assert verification.verify(tmp_path, copy=archive.stored(database)).problems == ()


def test_a_file_that_a_crash_left_alone_is_written_again(
    database: psycopg.Connection[Any], tmp_path: Path
) -> None:
    rows = hours(1, 3)
    fill(url(database), rows)
    half = tmp_path / "2024/11/21/00000-000000000001.parquet"
    half.parent.mkdir(parents=True)
    half.write_bytes(b"half")
    list(archive.make(database, tmp_path, LATER))
    assert verification.verify(tmp_path).problems == ()


def test_nothing_is_added_to_a_chain_that_says_something_else(
    database: psycopg.Connection[Any], tmp_path: Path
) -> None:
    fill(url(database), hours(2, 3))
    list(archive.make(database, tmp_path, LATER))
    database.execute("UPDATE intake.archive SET last = last + 1 WHERE number = 1")
    with pytest.raises(OwnFault) as caught:
        list(archive.make(database, tmp_path, LATER))
    assert caught.value.code == "archive.contradiction"


# --- out of the journal ---


def left_in(database: psycopg.Connection[Any]) -> list[int]:
    return [seq for (seq,) in database.execute("SELECT seq FROM intake.frame ORDER BY seq").fetchall()]


@pytest.fixture
def archived(database: psycopg.Connection[Any], tmp_path: Path) -> Path:
    fill(url(database), hours(4, 3))
    list(archive.make(database, tmp_path, LATER))
    return tmp_path


def test_old_frames_leave_the_journal_but_the_newest_batch(
    database: psycopg.Connection[Any], archived: Path
) -> None:
    list(purge(database, archived, {0: 12}, 10, LATER + timedelta(days=30)))
    assert left_in(database) == [10, 11, 12]
    assert list(purge(database, archived, {0: 12}, 10, LATER + timedelta(days=30))) == []


@pytest.mark.parametrize(
    ("ingested", "relayed", "days", "kept"), [(6, 99, 1, 7), (99, 5, 1, 4), (99, 99, 300, 1), (-1, 99, 1, 1)]
)
def test_a_frame_stays_that_is_young_or_not_ingested_or_not_relayed(
    database: psycopg.Connection[Any], archived: Path, ingested: int, relayed: int, days: int, kept: int
) -> None:
    database.execute("INSERT INTO intake.forward (name, host, port) VALUES ('x', 'h', 1)")
    database.execute("INSERT INTO intake.forward_position VALUES ('x', 0, %s)", (relayed,))
    list(purge(database, archived, {0: ingested}, days, LATER + timedelta(days=100)))
    assert left_in(database)[0] == kept


def test_a_frame_stays_whose_archive_is_damaged(database: psycopg.Connection[Any], archived: Path) -> None:
    path = archived / chain.read(archived)[1].file
    rows = pl.read_parquet(path)
    rows.with_columns(raw=pl.lit(b"other")).write_parquet(path)
    list(purge(database, archived, {0: 12}, 1, LATER + timedelta(days=30)))
    assert left_in(database) == [4, 5, 6, 10, 11, 12]


def url(connection: psycopg.Connection[Any]) -> str:
    return connection.info.dsn
