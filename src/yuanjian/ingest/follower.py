"""Takes the journal of one shard into the lake, batch by batch, each exactly once.

The lake's own transaction holds the position: a batch is committed there together with its last journal
number. What the database is told afterwards (latest values, progress) is repeated after a crash in between.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

import polars as pl
import psycopg

from yuanjian.clock import BEIJING
from yuanjian.errors import OwnFault
from yuanjian.gateway.schema import CHANNEL
from yuanjian.series import Appended, SeriesStore
from yuanjian.wire.hj212 import CODEBOOK, Codebook

from .decode import Decoded, Frame, Skip, decode
from .routes import Routes

log = logging.getLogger(__name__)

BATCH = 50_000  # journal rows: a few seconds of work and some 300 MB while they are decoded

READ = """
SELECT seq, received_at, mn, CASE WHEN fault IS NULL THEN raw END FROM intake.frame
WHERE shard = %s AND seq > %s AND seq <= %s ORDER BY seq LIMIT %s
"""
NEWEST = """
SELECT greatest((SELECT max(seq) FROM intake.frame WHERE shard = %s),
                (SELECT seq FROM intake.progress WHERE shard = %s), 0)
"""
LATEST = """
INSERT INTO intake.latest AS old (point_id, factor, cadence, time, value, reference, flag, received_at)
SELECT * FROM unnest(%s::int[], %s::text[], %s::text[], %s::timestamptz[], %s::float8[], %s::float8[],
                     %s::text[], %s::timestamptz[])
ON CONFLICT (point_id, factor, cadence) DO UPDATE SET
    time = excluded.time, value = excluded.value, reference = excluded.reference, flag = excluded.flag,
    received_at = excluded.received_at
WHERE (old.time, old.received_at) <= (excluded.time, excluded.received_at)
"""
LATEST_COLUMNS = ("point", "factor", "cadence", "time", "value", "reference", "flag", "received")
PROGRESS = """
UPDATE intake.progress SET seq = %s, updated_at = now(), frames = frames + %s, readings = readings + %s,
    events = events + %s, duplicates = duplicates + %s, corrections = corrections + %s, skipped = skipped + %s
WHERE shard = %s
"""
SKIPPED = """
INSERT INTO intake.link AS old (mn, skipped, skip_fault, skipped_at)
SELECT * FROM unnest(%s::text[], %s::bigint[], %s::text[], %s::timestamptz[])
ON CONFLICT (mn) DO UPDATE SET
    skipped = old.skipped + excluded.skipped,
    skip_fault = excluded.skip_fault, skipped_at = excluded.skipped_at
"""
TOUCHED = """
INSERT INTO intake.touched (day, at) SELECT day, clock_timestamp() FROM unnest(%s::date[]) AS day
ON CONFLICT (day) DO UPDATE SET at = excluded.at
"""
NOTIFY = "SELECT pg_notify(%s, payload) FROM unnest(%s::text[]) AS payload"
POINTS_PER_NOTICE = 500  # ids of up to 10 digits: far below the 8,000 bytes of a NOTIFY

_NO_END = 2**63 - 1


Row: TypeAlias = tuple[int, datetime, Any, bytes | None]
"""Journal number, instant of receipt, MN, and the frame if it is a valid one."""


class Batch(NamedTuple):
    """Journal rows decoded; ``last`` is the highest journal number among them."""

    last: int
    rows: int
    faulty: int
    decoded: Decoded
    readings: pl.DataFrame
    events: pl.DataFrame


class Follower:
    """Follows one shard. Only one per shard may run; the service holds the lock for it."""

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        store: SeriesStore,
        shard: int,
        book: Codebook = CODEBOOK,
    ) -> None:
        self._connection, self._store, self._shard = connection, store, shard
        self._app = f"ingest-{shard}"
        self._routes = Routes(connection, book)
        self._position = max(store.committed(self._app), 0)
        self._refuse_a_younger_lake()
        self._repeat_latest()

    def step(self) -> int:
        """Take the next batch in; returns how many journal rows it had."""
        batch = self._read(self._position, _NO_END)
        if batch is None:
            return 0
        appended = self._store.append(batch.readings, batch.events, app=self._app, version=batch.last)
        self._position = batch.last
        self._tell(batch, appended)
        return batch.rows

    def _refuse_a_younger_lake(self) -> None:
        """After a restore in the wrong order the writer would give numbers again that the lake already has:
        frames under them would be acknowledged and never read. Better no ingest than such a one."""
        row = self._connection.execute(NEWEST, (self._shard, self._shard)).fetchone()
        newest = row[0] if row else 0
        if self._position > newest:
            raise OwnFault(
                "ingest.lake_ahead",
                f"数据湖已到第 {self._position} 条报文，数据库只到第 {newest} 条：数据库备份早于数据湖，"
                "请按 docs/operator.md 重新恢复",
                f"the lake knows frame {self._position}, the database only {newest}: its backup is older "
                "than the lake's; restore as docs/operator.md says",
            )

    def _repeat_latest(self) -> None:
        """A predecessor may have been killed between the lake's commit and the database's."""
        row = self._connection.execute(
            "SELECT seq FROM intake.progress WHERE shard = %s", (self._shard,)
        ).fetchone()
        told = row[0] if row else 0
        while told < self._position and (batch := self._read(told, self._position)):
            self._tell(batch, Appended(batch.readings.height, events=batch.events.height))
            told = batch.last

    def _read(self, after: int, until: int) -> Batch | None:
        with self._connection.cursor(binary=True) as cursor:
            rows = cursor.execute(READ, (self._shard, after, until, BATCH)).fetchall()
        return build(self._shard, rows, self._routes) if rows else None

    def _tell(self, batch: Batch, appended: Appended) -> None:
        """Latest values, progress and the notice to the screens, in one transaction."""
        skipped = batch.decoded.skipped
        if skipped:
            log.warning("journal rows that could not be read: %s", dict(skipped))
        counts = (appended.rows, appended.events, appended.duplicates, appended.corrections)
        latest = newest(batch.readings)
        points = sorted(set(latest["point"].to_list()))
        with self._connection.transaction():
            touch(self._connection, batch, appended)
            self._note_skips(batch.decoded.skips)
            self._connection.execute(LATEST, [latest[name].to_list() for name in LATEST_COLUMNS])
            self._connection.execute(
                PROGRESS, (batch.last, batch.rows, *counts, batch.faulty + skipped.total(), self._shard)
            )
            self._connection.execute(NOTIFY, (CHANNEL, notices(points)))

    def _note_skips(self, skips: Mapping[str, Skip]) -> None:
        if any(skips):
            # One order of locks, as the gateway's.
            rows = [(mn, *skips[mn]) for mn in sorted(filter(None, skips))]
            self._connection.execute(SKIPPED, [list(column) for column in zip(*rows, strict=True)])


def build(shard: int, rows: Sequence[Row], routes: Routes) -> Batch:
    """Decode journal rows (at least one) and find their points."""
    frames = [Frame(shard, seq, at, mn, raw) for seq, at, mn, raw in rows if raw is not None]
    mns = {frame.mn for frame in frames}
    decoded = decode(frames, routes.keys(mns), routes.codes(mns))
    points = routes.table(decoded.routes)
    readings, events = (
        frame.join(points, on=["mn", "st"], maintain_order="left").drop("mn", "st")
        for frame in (decoded.reading_frame(), decoded.event_frame())
    )
    return Batch(rows[-1][0], len(rows), len(rows) - len(frames), decoded, readings, events)


def touch(connection: psycopg.Connection[Any], batch: Batch, appended: Appended) -> None:
    """Note the Beijing days a batch changed, however long past: screening looks at them again."""
    if appended.rows or appended.events:
        times = pl.concat([batch.readings["time"], batch.events["time"]])
        days = times.dt.convert_time_zone(BEIJING.key).dt.date().unique().sort()
        connection.execute(TOUCHED, (days.to_list(),))


def newest(readings: pl.DataFrame) -> pl.DataFrame:
    """The newest reading of each point, factor and cadence; of equal times the one received last."""
    keys = ["point", "factor", "cadence"]
    rows = readings.sort("time", "received", "seq").unique(keys, keep="last", maintain_order=True)
    return rows.select(LATEST_COLUMNS).sort(keys)  # one order of locks: no deadlock


def notices(points: list[int]) -> list[str]:
    """Payloads that tell the screens which points have new readings."""
    chunks = [points[at : at + POINTS_PER_NOTICE] for at in range(0, len(points), POINTS_PER_NOTICE)]
    return [json.dumps({"kind": "latest", "points": chunk}, separators=(",", ":")) for chunk in chunks]
