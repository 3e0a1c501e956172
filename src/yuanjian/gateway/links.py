"""The state of each MN's link: kept in memory, written at most once a second."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg

from yuanjian.clock import from_beijing
from yuanjian.wire.hj212 import Message, Seal

from . import schema
from .devices import CRC_FAULTS
from .entry import Entry
from .notes import brief

log = logging.getLogger(__name__)

RECENT = 32  # frames remembered per MN to see a resend: a device resends 3–5 times before it goes on
CLOCK_CN = frozenset({"2011", "9015", "1013"})  # sent at once; others may be late, their QN tells no clock

UPSERT = """
INSERT INTO intake.link AS old (mn, shard, standard, peer, connected, connected_at, last_frame_at,
                                last_valid_at, frames, faults, duplicates, crc_faults, clear, tolerated,
                                rivals, clock_skew_s, seal, rival_peer, rival_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (mn) DO UPDATE SET
    shard = excluded.shard, standard = excluded.standard, peer = excluded.peer,
    connected = excluded.connected, connected_at = excluded.connected_at,
    last_frame_at = excluded.last_frame_at, last_valid_at = excluded.last_valid_at,
    frames = old.frames + excluded.frames,
    faults = old.faults + excluded.faults, duplicates = old.duplicates + excluded.duplicates,
    crc_faults = old.crc_faults + excluded.crc_faults, clear = old.clear + excluded.clear,
    tolerated = old.tolerated + excluded.tolerated, rivals = old.rivals + excluded.rivals,
    clock_skew_s = coalesce(excluded.clock_skew_s, old.clock_skew_s),
    seal = coalesce(excluded.seal, old.seal),
    rival_peer = coalesce(excluded.rival_peer, old.rival_peer),
    rival_at = coalesce(excluded.rival_at, old.rival_at)
"""
# A fault never makes a link: the MN in a broken frame may be anything.
FAULTS = """
UPDATE intake.link SET faults = faults + %s, crc_faults = crc_faults + %s, last_frame_at = %s WHERE mn = %s
"""
# A predecessor that was killed left its links open.
FORGET = "UPDATE intake.link SET connected = false WHERE shard = %s AND connected"
NOTIFY = "SELECT pg_notify(%s, payload) FROM unnest(%s::text[]) AS payload"
COUNTS = ("frames", "faults", "duplicates", "crc_faults", "clear", "tolerated", "rivals")
CRC = frozenset(fault.value for fault in CRC_FAULTS)


@dataclass(slots=True)
class Link:
    """One MN: the newest connection that carried it, and what is not yet written (``frames`` …)."""

    mn: str
    connection: int | None = None
    standard: str = ""
    peer: str = ""
    connected_at: datetime | None = None
    last_frame_at: datetime | None = None
    last_valid_at: datetime | None = None
    frames: int = 0
    faults: int = 0
    duplicates: int = 0
    crc_faults: int = 0
    clear: int = 0
    tolerated: int = 0
    rivals: int = 0
    clock_skew_s: float | None = None
    seal: str | None = None
    rival_peer: str | None = None
    rival_at: datetime | None = None
    recent: deque[int] = field(default_factory=lambda: deque(maxlen=RECENT))

    def row(self, shard: int) -> tuple[object, ...]:
        """Parameters of ``UPSERT``; the counts are what came since the last write."""
        times = (self.connected_at, self.last_frame_at, self.last_valid_at)
        counts = tuple(getattr(self, name) for name in COUNTS)
        rival = (self.rival_peer, self.rival_at)
        state = (self.standard, self.peer, self.connection is not None)
        return (self.mn, shard, *state, *times, *counts, self.clock_skew_s, self.seal, *rival)


@dataclass(slots=True)
class Changes:
    """What one write carries."""

    links: list[tuple[object, ...]]
    faults: list[tuple[object, ...]]
    notices: list[str]

    def __bool__(self) -> bool:
        return bool(self.links or self.faults)


class LinkBook:
    """All links this gateway has seen since it started; fed with committed entries only."""

    def __init__(self, shard: int) -> None:
        self._shard = shard
        self._links: dict[str, Link] = {}
        self._by_connection: dict[int, set[str]] = {}
        self._dirty: set[str] = set()
        self._switched: set[str] = set()
        self._stray: dict[str, tuple[int, int, datetime]] = {}

    def see(self, entry: Entry) -> None:
        """Count one committed row."""
        if entry.message is not None and entry.fault is None and entry.message.mn:
            self._valid(entry, entry.message)
        elif entry.fault is not None and entry.mn:
            self._fault(entry.mn, entry.received_at, is_crc=entry.fault in CRC)

    def closed(self, connection: int) -> None:
        """A connection ended: its links are down, unless a newer connection carries them by now."""
        for mn in self._by_connection.pop(connection, ()):
            if self._links[mn].connection == connection:
                self._links[mn].connection = None
                self._mark(mn, switched=True)

    def changes(self) -> Changes:
        """What was not written yet; the counts start anew."""
        links = [self._links[mn].row(self._shard) for mn in sorted(self._dirty)]  # one order: no deadlock
        for mn in self._dirty:
            link = self._links[mn]
            for name in COUNTS:
                setattr(link, name, 0)
        faults: list[tuple[object, ...]] = [
            (*counts, at, mn) for mn, (*counts, at) in sorted(self._stray.items())
        ]
        notices = [self._notice(self._links[mn]) for mn in sorted(self._switched)]
        self._dirty, self._switched, self._stray = set(), set(), {}
        return Changes(links, faults, notices)

    def _valid(self, entry: Entry, message: Message) -> None:
        link = self._links.setdefault(message.mn, Link(message.mn))
        connection = entry.origin.connection
        if link.connection is None or connection > link.connection:
            self._connect(link, entry)
        elif connection < link.connection:
            link.rivals += 1
            link.rival_peer, link.rival_at = entry.origin.peer, entry.received_at
        self._protection(link, entry)
        link.standard = message.standard.value
        link.last_frame_at = link.last_valid_at = entry.received_at
        link.frames += 1
        if (mark := hash(entry.raw)) in link.recent:
            link.duplicates += 1
        link.recent.append(mark)
        skew = clock_skew(message, entry.received_at)
        link.clock_skew_s = link.clock_skew_s if skew is None else skew
        self._mark(link.mn)

    @staticmethod
    def _protection(link: Link, entry: Entry) -> None:
        link.tolerated += entry.tolerated is not None
        if entry.seal is not Seal.NOT_DUE:
            link.seal = entry.seal.value
            link.clear += entry.seal is Seal.CLEAR

    def _connect(self, link: Link, entry: Entry) -> None:
        """The newest connection wins: the old socket of a device that came back may stay half open."""
        self._mark(link.mn, switched=link.connection is None)
        link.connection, link.peer = entry.origin.connection, entry.origin.peer
        link.connected_at = entry.received_at
        self._by_connection.setdefault(link.connection, set()).add(link.mn)

    def _fault(self, mn: str, at: datetime, *, is_crc: bool) -> None:
        link = self._links.get(mn)
        if link is None:
            count, crc, _ = self._stray.get(mn, (0, 0, at))
            self._stray[mn] = (count + 1, crc + is_crc, at)
            return
        link.faults += 1
        link.crc_faults += is_crc
        link.last_frame_at = at
        self._mark(mn)

    def _mark(self, mn: str, *, switched: bool = False) -> None:
        self._dirty.add(mn)
        if switched:
            self._switched.add(mn)

    @staticmethod
    def _notice(link: Link) -> str:
        return json.dumps({"kind": "link", "mn": link.mn, "connected": link.connection is not None})


def clock_skew(message: Message, received_at: datetime) -> float | None:
    """Seconds the device's clock is ahead, by the QN of a frame sent at once; None if QN tells nothing."""
    if message.cn not in CLOCK_CN or message.rf or not message.qn or len(message.qn) < 14:
        return None
    try:
        sent = from_beijing(datetime.strptime(message.qn[:14], "%Y%m%d%H%M%S"))  # noqa: DTZ007 - Beijing wall time
    except ValueError:
        return None
    return round((sent - received_at).total_seconds(), 1)


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
        return await psycopg.AsyncConnection.connect(
            self._url, application_name="yuanjian-gateway-links", connect_timeout=10, tcp_user_timeout=15_000
        )

    async def _save(self, connection: psycopg.AsyncConnection[Any], changes: Changes) -> None:
        async with connection.transaction(), connection.cursor() as cursor:
            await _many(cursor, UPSERT, changes.links)
            await _many(cursor, FAULTS, changes.faults)
            await cursor.execute(NOTIFY, (schema.CHANNEL, changes.notices))

    async def forget_predecessor(self) -> None:
        """At start, no link of this shard is up."""
        async with await self._connect() as connection:
            await connection.execute(FORGET, (self._shard,))


async def _many(cursor: psycopg.AsyncCursor[Any], query: str, rows: Sequence[tuple[object, ...]]) -> None:
    if rows:
        await cursor.executemany(query, rows)
