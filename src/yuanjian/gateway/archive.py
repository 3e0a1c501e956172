"""Raw frames out of the journal into Parquet files, hour by hour, each batch a link of the chain.

A batch holds consecutive journal rows of one shard, from its first row up to the first row of a later
Beijing hour, but at most ``ROWS``. Its file has the columns of `intake.frame` and ``leaf``, the row's hash.
Order of writing: file, database, chain; a crash in between is made good at the next run.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import psycopg

from yuanjian.clock import utcnow
from yuanjian.errors import OwnFault

from . import chain, merkle, schema
from .chain import Batch
from .journal import COLUMNS

log = logging.getLogger(__name__)

ROWS = 50_000
"""Most rows of a batch: about 40 MB while it is made, one or two seconds of work."""
MARGIN = timedelta(minutes=1)
"""After the end of an hour: what was received in its last second is committed by then."""
HOUR = timedelta(hours=1)

TYPES: dict[str, pl.DataType] = {
    "shard": pl.Int16(),
    "seq": pl.Int64(),
    "received_at": pl.Datetime("us", "UTC"),
    "peer": pl.String(),
    "connection": pl.Int64(),
    "mn": pl.String(),
    "st": pl.String(),
    "cn": pl.String(),
    "qn": pl.String(),
    "flag": pl.Int32(),
    "fault": pl.String(),
    "raw": pl.Binary(),
    "leaf": pl.Binary(),
}
SELECT = f"SELECT {COLUMNS} FROM intake.frame WHERE shard = %s AND seq >= %s ORDER BY seq LIMIT %s"  # noqa: S608
FIRST = "SELECT received_at, seq FROM intake.frame WHERE shard = %s AND seq >= %s ORDER BY seq LIMIT 1"
NEWEST = "SELECT max(seq) FROM intake.frame WHERE shard = %s"
STORE = """
INSERT INTO intake.archive (number, shard, first, last, start_us, end_us, root, previous, head)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
STORED = """
SELECT number, shard, first, last, start_us, end_us, root, previous, head FROM intake.archive
WHERE number >= %s ORDER BY number
"""

Row = tuple[Any, ...]


def make(connection: psycopg.Connection[Any], folder: Path, now: datetime | None = None) -> Iterator[Batch]:
    """Archive all that is due and yield each batch when it is safe; nothing while another process does so.

    The connection must be in autocommit. Raises `OwnFault` when chain and database contradict each other.
    """
    with _alone(connection) as mine:
        if not mine:
            return
        last = heal(connection, folder)
        shards = connection.execute("SELECT shard FROM intake.progress ORDER BY shard").fetchall()
        for (shard,) in shards:
            while rows := due(connection, shard, archived(connection, shard) + 1, now or utcnow()):
                last = _keep(connection, folder, last, rows)
                yield last


def archived(connection: psycopg.Connection[Any], shard: int) -> int:
    """The highest journal number of a shard that is archived; 0 if none."""
    row = connection.execute(
        "SELECT coalesce(max(last), 0) FROM intake.archive WHERE shard = %s", (shard,)
    ).fetchone()
    assert row is not None
    return int(row[0])


def stored(connection: psycopg.Connection[Any], first: int = 0) -> list[Batch]:
    """The chain as the database has it, from batch ``first`` on."""
    rows = connection.execute(STORED, (first,)).fetchall()
    return [Batch(*row) for row in rows]


def newest(connection: psycopg.Connection[Any]) -> Batch | None:
    """The last batch made."""
    row = connection.execute("SELECT max(number) FROM intake.archive").fetchone()
    found = stored(connection, row[0]) if row and row[0] is not None else []
    return found[0] if found else None


def heal(connection: psycopg.Connection[Any], folder: Path) -> Batch | None:
    """Write lines that a crash kept out of the chain; returns the newest batch.

    Raises `OwnFault` if the chain says anything else than the database: then somebody must look.
    """
    written = chain.last(folder)
    known = stored(connection, written.number if written else 0)
    if written and known[:1] != [written]:
        raise OwnFault(
            "archive.contradiction",
            f"存证链 {folder / chain.NAME} 与数据库不一致，请运行 yuanjian evidence verify",
            f"the chain {folder / chain.NAME} contradicts the database: run yuanjian evidence verify",
        )
    if missing := known[1:] if written else known:
        log.warning("lines added to the chain that the database has and the file had not: %s", len(missing))
        chain.append(folder, missing)
    return known[-1] if known else None


def due(connection: psycopg.Connection[Any], shard: int, after: int, now: datetime) -> list[Row]:
    """The rows of the next batch from number ``after`` on, or none while it may still grow."""
    found = connection.execute(FIRST, (shard, after)).fetchone()
    if found is None:
        return []
    begun, first = found
    end = begun.replace(minute=0, second=0, microsecond=0) + HOUR  # Beijing is whole hours from UTC
    closed = now >= end + MARGIN
    highest = connection.execute(NEWEST, (shard,)).fetchone()
    if not closed and highest is not None and highest[0] - first + 1 < ROWS:
        return []
    rows = connection.execute(SELECT, (shard, first, ROWS)).fetchall()
    size = next((at for at, row in enumerate(rows) if row[1] != first + at or row[2] >= end), len(rows))
    return rows[:size] if closed or size < len(rows) or size == ROWS else []


def leaves(rows: Sequence[Row]) -> list[bytes]:
    """The hashes of journal rows."""
    return [merkle.leaf(row) for row in rows]


def write(path: Path, rows: Sequence[Row], hashes: Sequence[bytes]) -> None:
    """Write a batch file and wait until it is on the disk; it is whole or not there."""
    columns = [*zip(*rows, strict=True), hashes]
    frame = pl.DataFrame(dict(zip(TYPES, columns, strict=True)), schema=TYPES)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    with draft.open("wb") as file:
        frame.write_parquet(file, compression="zstd")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    _sync(path.parent)


def _keep(
    connection: psycopg.Connection[Any], folder: Path, last: Batch | None, rows: Sequence[Row]
) -> Batch:
    hashes = leaves(rows)
    instants = [merkle.microseconds(row[2]) for row in rows]
    span = (rows[0][1], rows[-1][1], min(instants), max(instants))
    batch = Batch.after(last, rows[0][0], span, merkle.root(hashes))
    write(folder / batch.file, rows, hashes)
    fields = (batch.number, batch.shard, *span, batch.root, batch.previous, batch.head)
    connection.execute(STORE, fields)
    chain.append(folder, [batch])
    log.info("archived rows %s to %s of shard %s, head %s", batch.first, batch.last, batch.shard, batch.head)
    return batch


@contextmanager
def _alone(connection: psycopg.Connection[Any]) -> Iterator[bool]:
    """Whether no other process archives; none will while the block runs."""
    row = connection.execute("SELECT pg_try_advisory_lock(%s, 0)", (schema.ARCHIVE_LOCK,)).fetchone()
    mine = bool(row and row[0])
    try:
        yield mine
    finally:
        if mine and not connection.closed:
            connection.execute("SELECT pg_advisory_unlock(%s, 0)", (schema.ARCHIVE_LOCK,))


def _sync(folder: Path) -> None:
    """Make a rename durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
