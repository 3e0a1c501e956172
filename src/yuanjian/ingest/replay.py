"""Takes raw frames into a lake once more: from the journal, from the archive, or from files.

The same frames give the same rows, whatever the batches were: what decides about a reading is its frame, the
instant of receipt and the journal number, and all three come along. A lake remembers how far it is under
the name ingest uses: a replay that was broken off continues, and ingest can go on in the lake it has made.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import psycopg

from yuanjian.gateway import chain, merkle, verification
from yuanjian.series import SeriesStore
from yuanjian.wire.hj212 import (
    CODEBOOK,
    Codebook,
    FrameReader,
    PeerError,
    RawFrame,
    Rejected,
    parse_segment,
    peek_mn,
    unseal,
)

from .follower import BATCH, Row, build, touch
from .routes import Routes

FILES = -1
"""The shard of frames that came from files: no journal numbered them."""
CHUNK = 1 << 20  # bytes of a file read at once: some thousand frames

SPAN = """
FROM intake.frame WHERE shard = %s AND seq > %s AND seq <= %s AND received_at >= %s AND received_at < %s
"""
COUNT = "SELECT count(*)" + SPAN
READ = "SELECT seq, received_at, mn, CASE WHEN fault IS NULL THEN raw END" + SPAN + "ORDER BY seq LIMIT %s"

Advance = Callable[[int, int], None]
ALWAYS = (datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class Range:
    """Journal rows ``first`` … ``last`` of a shard that were received in [start, end)."""

    shard: int = 0
    first: int = 1
    last: int = 2**62
    start: datetime = ALWAYS[0]
    end: datetime = ALWAYS[1]


@dataclass(frozen=True, slots=True)
class Source:
    """Rows by the piece, each with how much of ``total`` is done then; ``app`` is whose position counts."""

    shard: int
    app: str
    total: int
    pieces: Callable[[int], Iterator[tuple[list[Row], int]]]
    """Called with the last number the lake has already."""


@dataclass(slots=True)
class Replayed:
    """What a replay did: rows read, readings and events that were new to the lake, rows that hold none."""

    rows: int = 0
    readings: int = 0
    events: int = 0
    duplicates: int = 0
    corrections: int = 0
    skipped: int = 0


def replay(
    source: Source,
    connection: psycopg.Connection[Any],
    store: SeriesStore,
    advance: Advance = lambda done, total: None,
    book: Codebook = CODEBOOK,
) -> Replayed:
    """Append all rows of a source that the lake has not taken yet. Points are those of `intake.route`."""
    done, routes = Replayed(), Routes(connection, book)
    for rows, progress in source.pieces(max(store.committed(source.app), 0)):
        if rows:
            batch = build(source.shard, rows, routes)
            added = store.append(batch.readings, batch.events, app=source.app, version=batch.last)
            touch(connection, batch, added)
            done.rows += batch.rows
            done.readings += added.rows
            done.events += added.events
            done.duplicates += added.duplicates
            done.corrections += added.corrections
            done.skipped += batch.faulty + batch.decoded.skipped.total()
        advance(progress, source.total)
    return done


def journal(connection: psycopg.Connection[Any], wanted: Range) -> Source:
    """Rows of the journal."""
    span = (wanted.last, wanted.start, wanted.end)
    row = connection.execute(COUNT, (wanted.shard, wanted.first - 1, *span)).fetchone()

    def pieces(after: int) -> Iterator[tuple[list[Row], int]]:
        after, read = max(after, wanted.first - 1), 0
        with connection.cursor(binary=True) as cursor:
            while rows := cursor.execute(READ, (wanted.shard, after, *span, BATCH)).fetchall():
                after, read = rows[-1][0], read + len(rows)
                yield rows, read

    return Source(wanted.shard, f"ingest-{wanted.shard}", row[0] if row else 0, pieces)


def archive(folder: Path, wanted: Range) -> Source:
    """Rows of the archive; each batch is held against its root before it is used."""
    begin, end = merkle.microseconds(wanted.start), merkle.microseconds(wanted.end)
    batches = [
        batch
        for batch in chain.read(folder)
        if batch.shard == wanted.shard and batch.first <= wanted.last and batch.last >= wanted.first
        if batch.end >= begin and batch.start < end
    ]

    def pieces(after: int) -> Iterator[tuple[list[Row], int]]:
        read = 0
        for batch in batches:
            read += batch.size
            rows = verification.sound(folder, batch).filter(
                pl.col("seq").is_between(max(wanted.first, after + 1), wanted.last),
                pl.col("received_at").is_between(wanted.start, wanted.end, closed="left"),
            )
            valid = pl.when(pl.col("fault").is_null()).then("raw").alias("valid")
            yield rows.select("seq", "received_at", "mn", valid).rows(), read

    return Source(wanted.shard, f"ingest-{wanted.shard}", sum(batch.size for batch in batches), pieces)


def files(connection: psycopg.Connection[Any], paths: list[Path], received: datetime | None = None) -> Source:
    """Frames as they came over the line, one file after the other; encrypted ones by the keys of their MN.

    They count as received at ``received``, or at the file's own time: that decides whether they are late and
    which of two values is current. The same files again add nothing.
    """
    digest, opener = hashlib.sha256(), _Opener(connection)
    for path in paths:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())

    def pieces(after: int) -> Iterator[tuple[list[Row], int]]:
        seq = read = 0
        for path in paths:
            at = received or datetime.fromtimestamp(path.stat().st_mtime, UTC)
            for items, size in _items(path):
                rows = [opener.row(seq + n, at, item) for n, item in enumerate(items, 1)]
                seq, read = seq + len(rows), read + size
                yield [row for row in rows if row[0] > after], read

    total = sum(path.stat().st_size for path in paths)
    return Source(FILES, f"replay-{digest.hexdigest()[:32]}", total, pieces)


def _items(path: Path) -> Iterator[tuple[list[RawFrame | Rejected], int]]:
    """What a file holds, with the bytes read for it."""
    reader = FrameReader()
    with path.open("rb") as file:
        while data := file.read(CHUNK):
            yield reader.feed(data), len(data)
    yield list(reader.flush()), 0


class _Opener:
    """Tells whose frame an item is, with the keys of devices as they are now."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._routes = Routes(connection)
        self._keys: dict[str, list[bytes]] = {}

    def row(self, seq: int, at: datetime, item: RawFrame | Rejected) -> Row:
        """As the journal would have it: without MN and bytes if it cannot be read."""
        mn = self._mn(item)
        return (seq, at, mn, item.raw if mn is not None else None)

    def _mn(self, item: RawFrame | Rejected) -> str | None:
        segment = item.segment if isinstance(item, RawFrame) else None
        opened = unseal(item.raw, keys) if (keys := self._of(peek_mn(item.raw))) else None
        segment = opened.segment if opened is not None else segment
        try:
            return parse_segment(segment).mn if segment is not None else None
        except PeerError:
            return None

    def _of(self, mn: str | None) -> list[bytes]:
        if mn is None:
            return []
        if mn not in self._keys:
            self._keys[mn] = self._routes.keys([mn]).get(mn, [])
        return self._keys[mn]
