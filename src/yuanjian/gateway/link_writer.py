"""Writes the links that changed, at most once a second: in one statement, however many they are."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

import psycopg

from . import schema
from .links import COLUMNS, COUNTS, FAULT_COLUMNS, KEPT, STATES, Changes, LinkBook
from .notes import brief

log = logging.getLogger(__name__)

ALL, FEW = ", ".join(COLUMNS), ", ".join(FAULT_COLUMNS)
CHANGES = ", ".join(
    (
        *(f"{name} = excluded.{name}" for name in ("shard", "connected", *STATES)),
        *(f"{name} = old.{name} + excluded.{name}" for name in COUNTS),
        *(f"{name} = coalesce(excluded.{name}, old.{name})" for name in KEPT),
    )
)
# Rows are copied here and joined from here: a statement for each of thousands of links would cost more than
# all else the gateway does.
STAGE = f"""
CREATE TEMP TABLE link_change ON COMMIT DELETE ROWS AS SELECT {ALL} FROM intake.link WITH NO DATA;
CREATE TEMP TABLE link_fault ON COMMIT DELETE ROWS AS SELECT {FEW} FROM intake.link WITH NO DATA
"""  # noqa: S608 - names of columns
COPY = "COPY link_change FROM STDIN"
UPSERT = f"""
INSERT INTO intake.link AS old ({ALL}) SELECT {ALL} FROM link_change ORDER BY mn
ON CONFLICT (mn) DO UPDATE SET {CHANGES}
"""  # noqa: S608 - names of columns
# A fault never makes a link: the MN in a broken frame may be anything.
COPY_FAULTS = "COPY link_fault FROM STDIN"
FAULTS = """
WITH one_order AS (SELECT mn FROM intake.link WHERE mn IN (SELECT mn FROM link_fault) ORDER BY mn FOR UPDATE)
UPDATE intake.link l SET faults = l.faults + c.faults, crc_faults = l.crc_faults + c.crc_faults,
    strangers = l.strangers + c.strangers, last_frame_at = c.last_frame_at,
    stranger_peer = coalesce(c.stranger_peer, l.stranger_peer),
    stranger_at = coalesce(c.stranger_at, l.stranger_at)
FROM link_fault c JOIN one_order USING (mn) WHERE l.mn = c.mn
"""
# A predecessor that was killed left its links open.
FORGET = "UPDATE intake.link SET connected = false WHERE shard = %s AND connected"
NOTIFY = "SELECT pg_notify(%s, payload) FROM unnest(%s::text[]) AS payload"


class LinkWriter:
    """Writes the book's changes over a connection of its own: a slow screen must not delay an answer."""

    def __init__(self, url: str, shard: int, book: LinkBook) -> None:
        self._url, self._shard, self._book = url, shard, book
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._unsaved: Changes | None = None

    async def run(self, pause: float) -> None:
        """Write for ever; when the database is away, the changes wait."""
        while True:
            await asyncio.sleep(pause)
            await self.write()

    async def write(self) -> None:
        """Write all that changed; keeps it for the next time if the database is away."""
        try:
            while changes := self._unsaved or self._book.changes():
                self._unsaved = changes
                if self._connection is None:
                    self._connection = await self._connect()
                await self._save(self._connection, changes)
                self._unsaved = None
        except psycopg.Error as error:
            log.warning("link states not written, kept for later: %s", brief(error))
            await self.close()

    async def close(self) -> None:
        """Close the connection; the next write opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def _connect(self) -> psycopg.AsyncConnection[Any]:
        connection = await psycopg.AsyncConnection.connect(
            self._url, application_name="yuanjian-gateway-links", connect_timeout=10, tcp_user_timeout=15_000
        )
        await connection.execute(STAGE.encode())
        await connection.commit()
        return connection

    async def _save(self, connection: psycopg.AsyncConnection[Any], changes: Changes) -> None:
        async with connection.transaction(), connection.cursor() as cursor:
            await _merge(cursor, COPY, changes.links, UPSERT)
            await _merge(cursor, COPY_FAULTS, changes.faults, FAULTS)
            await cursor.execute(NOTIFY, (schema.CHANNEL, changes.notices))

    async def forget_predecessor(self) -> None:
        """At start, no link of this shard is up."""
        async with await self._connect() as connection:
            await connection.execute(FORGET, (self._shard,))


async def _merge(
    cursor: psycopg.AsyncCursor[Any], stage: str, rows: Sequence[tuple[object, ...]], merge: str
) -> None:
    if rows:
        async with cursor.copy(stage.encode()) as copy:
            for row in rows:
                await copy.write_row(row)
        await cursor.execute(merge.encode())
