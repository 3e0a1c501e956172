"""The journal's only writer: group commit first, the answer after it.

Frames wait in a bounded queue. One task takes up to a batch, COPYs it in a single statement (so it is
committed whole or not at all) and only then lets the answers go. When the database is away, reading stops;
nothing that was taken in is dropped.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

import psycopg

from . import schema
from .entry import Entry
from .limits import Limits
from .notes import brief

log = logging.getLogger(__name__)

COLUMNS = "shard, seq, received_at, peer, connection, mn, st, cn, qn, flag, fault, raw"
COPY = f"COPY intake.frame ({COLUMNS}) FROM STDIN"

# NOTIFY makes a transaction that writes, so it would wait for the disk once more; losing it loses nothing.
TELL = "BEGIN; SET LOCAL synchronous_commit = off; NOTIFY {}, '{}'; COMMIT"

SESSION = f"SET application_name = 'yuanjian-gateway'; SET synchronous_commit = on; {schema.WATCHED}"


class Journal:
    """Queue and writer of one shard. ``committed`` is called with each batch after its commit; ``eased`` when
    there is room in the queue again."""

    def __init__(
        self,
        url: str,
        shard: int,
        limits: Limits,
        committed: Callable[[Sequence[Entry]], None],
        eased: Callable[[], None],
    ) -> None:
        self._url, self._shard, self._limits = url, shard, limits
        self._committed, self._eased = committed, eased
        self._queue: deque[Entry] = deque()
        self._wake = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self._tell = TELL.format(schema.WAKE, shard).encode()
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._next = 0
        self._tried = 0  # number given to the first row of the batch in hand; 0 = not tried yet

    @property
    def saturated(self) -> bool:
        """True while nobody should read from peers: the queue is full or the database is away."""
        return self._connection is None or len(self._queue) >= self._limits.queue

    def put(self, entry: Entry) -> None:
        """Take a row in; never waits. Callers stop reading while ``saturated``."""
        self._queue.append(entry)
        self._empty.clear()
        self._wake.set()

    async def open(self) -> None:
        """Reach the database and become the shard's writer; waits and retries as long as it takes."""
        await self._retrying(self._connect)

    async def run(self) -> None:
        """Commit batch after batch, for ever."""
        while True:
            batch = await self._gather()
            self._tried = 0
            await self._retrying(lambda: self._write(batch))  # noqa: B023 - awaited before the next round
            self._committed(batch)
            await self._tell_ingest()
            self._ease()
            if not self._queue:
                self._empty.set()

    async def drained(self) -> None:
        """Wait until everything taken in is committed."""
        await self._empty.wait()

    async def close(self) -> None:
        """Give the shard up."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    def _ease(self) -> None:
        if not self.saturated:
            self._eased()

    async def _gather(self) -> list[Entry]:
        await self._wake.wait()
        if len(self._queue) < self._limits.batch:
            await asyncio.sleep(self._limits.gather_s)
        batch = [self._queue.popleft() for _ in range(min(len(self._queue), self._limits.batch))]
        if not self._queue:
            self._wake.clear()
        return batch

    async def _retrying(self, attempt: Callable[[], Awaitable[None]]) -> None:
        """Run an attempt until it succeeds, with growing pauses: only the database may fail here."""
        pause = 0.05
        while True:
            try:
                await attempt()
                return
            except psycopg.Error as error:
                log.warning("database lost, reading stops: %s", brief(error))
            await self.close()
            await asyncio.sleep(pause)
            pause = min(pause * 2, self._limits.backoff_s)

    async def _connect(self) -> None:
        connection = await psycopg.AsyncConnection.connect(
            self._url, autocommit=True, connect_timeout=10, tcp_user_timeout=15_000
        )
        try:
            await connection.execute(SESSION)
            await connection.execute(schema.SQL.encode())
            await self._become_writer(connection)
        except BaseException:
            await connection.close()
            raise
        self._connection = connection
        self._ease()

    async def _become_writer(self, connection: psycopg.AsyncConnection[Any]) -> None:
        """Take the shard's lock; blocks until the backend of a killed predecessor has ended."""
        await connection.execute("SELECT pg_advisory_lock(%s, %s)", (schema.JOURNAL_LOCK, self._shard))
        await connection.execute(
            "INSERT INTO intake.progress (shard) VALUES (%s) ON CONFLICT DO NOTHING", (self._shard,)
        )
        cursor = await connection.execute(
            "SELECT coalesce(max(seq), 0) FROM intake.frame WHERE shard = %s", (self._shard,)
        )
        row = await cursor.fetchone()
        assert row is not None
        self._next = row[0] + 1

    async def _write(self, batch: Sequence[Entry]) -> None:
        if self._connection is None:
            await self._connect()
        assert self._connection is not None
        if self._tried and await self._is_written(self._connection, batch):
            return
        self._tried = self._next
        async with self._connection.cursor() as cursor, cursor.copy(COPY) as copy:
            for seq, entry in enumerate(batch, self._next):
                await copy.write_row(entry.row(self._shard, seq))
        self._next += len(batch)

    async def _is_written(self, connection: psycopg.AsyncConnection[Any], batch: Sequence[Entry]) -> bool:
        """Did the batch's last attempt commit before the connection broke? Its last row tells."""
        last, seq = batch[-1], self._tried + len(batch) - 1
        cursor = await connection.execute(
            "SELECT received_at, connection, raw FROM intake.frame WHERE shard = %s AND seq = %s",
            (self._shard, seq),
        )
        return await cursor.fetchone() == (last.received_at, last.origin.connection, last.raw)

    async def _tell_ingest(self) -> None:
        """Wake ingest; when this fails it looks by itself within a second, and the next write finds out."""
        if self._connection is not None:
            with suppress(psycopg.Error):
                await self._connection.execute(self._tell)
