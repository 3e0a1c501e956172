"""The desk of a gateway: takes commands from the database, sends them, and writes down how they go.

One command per MN is under way; what a device asks of the host (time 1013, key 1014, an MN 1001) becomes a
command too. A command under way when the gateway dies has failed: the device may have executed it, and
sampling or calibrating twice is worse than asking a person (or, for history, the gap detector) to ask again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from dataclasses import replace
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from yuanjian.clock import utcnow
from yuanjian.errors import YuanjianError
from yuanjian.wire.hj212 import Message, items

from . import schema
from .devices import LOAD, Device, Devices
from .entry import Entry
from .notes import brief
from .orders import Order, Running, new_key, prepare
from .seats import Seats

log = logging.getLogger(__name__)

LOOK_S = 0.5  # between two looks without a NOTIFY: timers run in seconds
BACKOFF_S = 2.0
STAYS_S = 0.5  # who is still connected so long after a frame does not leave with its answer
MOST = 10_000  # MNs whose commands are looked at

# The oldest command of every MN that has none under way and is not connected to another gateway. Those that
# are connected come first: the others may be many.
DUE = """
SELECT id, mn, cn, st, params, tries FROM (
    SELECT DISTINCT ON (c.mn) c.*, coalesce(l.connected, false) AS here FROM intake.command c
    LEFT JOIN intake.link l USING (mn)
    WHERE c.state = 'queued' AND NOT (coalesce(l.connected, false) AND l.shard <> %s)
      AND NOT EXISTS (SELECT FROM intake.command o WHERE o.mn = c.mn AND o.state IN ('sent', 'accepted'))
    ORDER BY c.mn, c.id) due
ORDER BY here DESC, id LIMIT %s
"""
CLAIM = """
UPDATE intake.command SET state = 'sent', shard = %s, sent_at = now() WHERE id = %s AND state = 'queued'
"""
SAVE = """
UPDATE intake.command SET state = %(state)s, tries = %(tries)s, qn = %(qn)s, error = %(error)s,
    qn_rtn = %(qn_rtn)s, exe_rtn = %(exe_rtn)s,
    result = %(result)s, done_at = CASE WHEN %(state)s IN ('done', 'failed') THEN now() END
WHERE id = %(id)s
"""
LOAD_SOME = f"{LOAD} WHERE mn = ANY(%s)"
FAIL = "UPDATE intake.command SET state = 'failed', done_at = now(), error = %s WHERE id = %s"
RELEASE = "UPDATE intake.command SET state = 'queued' WHERE id = %s"
FORGET = """
UPDATE intake.command SET state = 'failed', done_at = now(), error = 'gateway.restarted'
WHERE shard = %s AND state IN ('sent', 'accepted') AND NOT id = ANY(%s)
"""
EXPIRE = """
UPDATE intake.command SET state = 'expired', done_at = now() WHERE state = 'queued' AND expires_at < now()
"""
ASK = """
INSERT INTO intake.command (mn, cn, params, requested_by) SELECT %(mn)s, %(cn)s, %(params)s, %(by)s
WHERE NOT EXISTS (SELECT FROM intake.command WHERE mn = %(mn)s AND cn = %(cn)s AND requested_by = %(by)s
                  AND state IN ('queued', 'sent', 'accepted'))
"""
ISSUE = (
    "UPDATE intake.device SET key_coming = coalesce(key_coming, %s) WHERE mn = %s AND key_current IS NOT NULL"
)
PROMOTE = """
UPDATE intake.device SET key_previous = key_current, key_current = key_coming, key_coming = NULL,
    key_made_at = now() WHERE mn = %s AND key_coming IS NOT NULL
"""
ACTIVATE = """
INSERT INTO intake.activation (hardware, infos, peer) VALUES (%s, %s, %s)
ON CONFLICT (hardware) DO UPDATE SET infos = excluded.infos, peer = excluded.peer, last_seen = now()
RETURNING mn
"""


class Desk:
    """Commands and key changes of one gateway. Fed with committed entries; a task of its own writes."""

    def __init__(self, url: str, shard: int, devices: Devices) -> None:
        self._url, self._shard, self._devices = url, shard, devices
        self._seats = Seats()
        self._running: dict[str, Running] = {}
        self._over: list[Running] = []
        self._awaited: dict[str, Order] = {}  # to be sent when the device shows up
        self._asked: deque[Entry] = deque(maxlen=10_000)
        self._promoted: set[str] = set()
        self._fresh: set[str] = set()  # MNs assigned just now, which have no link yet
        self._connection: psycopg.AsyncConnection[Any] | None = None

    # Called by the gateway, at once -----------------------------------------------------------------------

    def see(self, entry: Entry) -> None:
        """A committed entry: who can be reached, and what it means for a command under way."""
        message = entry.message
        if message is None:
            return
        self._seats.take(entry.origin, message)
        if message.cn in ("1001", "1013", "1014"):
            self._asked.append(entry)
        if entry.by_coming:
            self._promoted.add(message.mn)
        if self._running:
            self._hear(entry, message)
        if message.mn in self._awaited:
            self._at_sight(message.mn)

    def closed(self, connection: int) -> None:
        """A connection has ended. Its commands wait on: some devices connect for every frame."""
        self._seats.closed(connection)

    def _hear(self, entry: Entry, message: Message) -> None:
        mn = message.mn or self._newcomer(entry)
        running = self._running.get(mn)
        if running is not None:
            self._act(mn, running, running.exchange.receive(replace(message, mn=mn), time.monotonic()))

    def _newcomer(self, entry: Entry) -> str:
        """A device may answer the 1002 that gives it an MN while it has none [25-D]."""
        for mn in self._fresh:
            seat = self._seats.of(mn)
            if seat is not None and seat.origin is entry.origin:
                return mn
        return ""

    def _at_sight(self, mn: str) -> None:
        """Some devices connect for a frame and are gone with its answer: no time to ask the database first.

        So nobody has claimed the command yet. If that comes to nothing, it goes out again: only what does no
        harm twice is sent like this.
        """
        order, seat = self._awaited[mn], self._seats.of(mn)
        if seat is None or mn in self._running or order.once:
            return
        del self._awaited[mn]
        try:
            running = prepare(order, seat, self._devices.of(mn), utcnow())
        except YuanjianError:
            return  # the next look will find it, and fail it
        running.claimed = False
        self._begin(mn, running)

    def _begin(self, mn: str, running: Running) -> None:
        self._running[mn] = running
        self._act(mn, running, running.exchange.start(time.monotonic()))

    def _act(self, mn: str, running: Running, events: list[Any]) -> None:
        if running.follow(events):
            seat = self._seats.of(mn)
            running.note_send(sent=seat is not None and seat.origin.back.send(running.packet))
        if not running.is_open:
            self._over.append(self._running.pop(mn))
            if running.exchange.message.cn == "1014" and running.row()["state"] == "done":
                self._promoted.add(mn)

    # The task ---------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Take and write, for ever; a lost database is waited for, timers run on."""
        pause = 0.05
        while True:
            try:
                await self._session()
            except psycopg.Error as error:
                log.warning("desk: database lost: %s", brief(error))
            await self.close()
            self._tick()
            await asyncio.sleep(pause)
            pause = min(pause * 2, BACKOFF_S)

    async def close(self) -> None:
        """Close the connection to the database."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def open(self) -> None:
        """Reach the database and load the settings of devices; raises `psycopg.Error`.

        What a predecessor left under way, or a break of the database between claim and start, has failed. Its
        last word may still be on its way in the database, and would come after ours: its session ends first.
        """
        self._connection = await psycopg.AsyncConnection.connect(
            self._url, autocommit=True, application_name="yuanjian-gateway-desk", connect_timeout=10
        )
        await self._connection.execute(schema.WATCHED.encode())
        await self._connection.execute("SELECT pg_advisory_lock(%s, %s)", (schema.DESK_LOCK, self._shard))
        await self._connection.execute("LISTEN intake_desk")
        await self._load(self._connection)
        ours = [running.id for running in self._ours()]
        await self._connection.execute(FORGET, (self._shard, ours))

    async def _session(self) -> None:
        if self._connection is None:
            await self.open()
        connection = self._connection
        assert connection is not None
        while True:
            self._tick()
            await self._write(connection)
            await self._answer(connection)
            await connection.execute(EXPIRE)
            await self._take(connection)
            told = [notice.payload async for notice in connection.notifies(timeout=LOOK_S, stop_after=1)]
            if "device" in told:
                await self._load(connection)

    async def _load(self, connection: psycopg.AsyncConnection[Any]) -> None:
        rows = await (await connection.execute(LOAD)).fetchall()
        self._devices.replace(map(Device.of, rows))

    async def _refresh(self, connection: psycopg.AsyncConnection[Any], mns: set[str]) -> None:
        """A command counts on what was set before it was given; the word of that may come after it."""
        if mns:
            found = await connection.execute(LOAD_SOME, (list(mns),))
            self._devices.refresh(mns, map(Device.of, await found.fetchall()))

    def _tick(self) -> None:
        now = time.monotonic()
        for mn, running in tuple(self._running.items()):
            if events := running.exchange.tick(now):
                self._act(mn, running, events)

    async def _write(self, connection: psycopg.AsyncConnection[Any]) -> None:
        for running in self._ours():
            if running.changed:
                running.changed = False  # before the wait: it may change meanwhile
                try:
                    await self._save(connection, running)
                except psycopg.Error:
                    running.changed = True
                    raise
        self._over = [running for running in self._over if running.changed]
        while self._promoted:
            mn = next(iter(self._promoted))
            await connection.execute(PROMOTE, (mn,))
            self._promoted.discard(mn)  # by name: others may have come meanwhile
            await self._load(connection)

    def _ours(self) -> tuple[Running, ...]:
        return (*self._over, *self._running.values())

    async def _save(self, connection: psycopg.AsyncConnection[Any], running: Running) -> None:
        """Write the row; what was sent at sight is claimed first, unless it expired or went elsewhere."""
        if not running.claimed:
            claim = await connection.execute(CLAIM, (self._shard, running.id))
            running.claimed = bool(claim.rowcount)
            if not running.claimed:
                self._running = {mn: each for mn, each in self._running.items() if each is not running}
                return
        row = running.row()
        result = Jsonb(row["result"]) if row["result"] is not None else None
        await connection.execute(SAVE, row | {"result": result, "qn": running.exchange.message.qn})

    async def _answer(self, connection: psycopg.AsyncConnection[Any]) -> None:
        """What devices asked of the host becomes a command (9013 went out); if lost, they ask again."""
        while self._asked:
            entry = self._asked.popleft()
            assert entry.message is not None
            if entry.message.cn == "1001":
                await self._activate(connection, entry, entry.message)
            elif entry.message.mn:
                await self._ask(connection, entry.message)

    async def _ask(self, connection: psycopg.AsyncConnection[Any], message: Message) -> None:
        cn = "1012" if message.cn == "1013" else "1014"
        wanted = {name: value for name, value in items(message.cp) if name == "PolId" and cn == "1012"}
        row = {"mn": message.mn, "cn": cn, "params": Jsonb(wanted), "by": f"auto:{message.cn}"}
        await connection.execute(ASK, row)

    async def _activate(
        self, connection: psycopg.AsyncConnection[Any], entry: Entry, message: Message
    ) -> None:
        """1001 → (9013) → 1002 with the MN in the header, if somebody has assigned one [25-B; order 25-D]."""
        infos = dict(items(message.cp))
        hardware = infos.get("i23005-Info", "")
        if not hardware:
            return
        found = await connection.execute(ACTIVATE, (hardware[:64], Jsonb(infos), entry.origin.peer))
        row = await found.fetchone()
        if row is None or not row[0]:
            return
        self._seats.take(entry.origin, message, mn=row[0])
        self._fresh.add(row[0])
        params = Jsonb({"i23005-Info": hardware})
        await connection.execute(ASK, {"mn": row[0], "cn": "1002", "params": params, "by": "auto:1001"})

    async def _take(self, connection: psycopg.AsyncConnection[Any]) -> None:
        found = await (await connection.execute(DUE, (self._shard, MOST))).fetchall()
        due = [Order(*row) for row in found]
        await self._refresh(connection, {order.mn for order in due})
        begun = {running.id for running in self._ours()}
        self._awaited = {order.mn: order for order in due if order.id not in begun}
        for mn, order in tuple(self._awaited.items()):
            # Each claim takes time, in which a device may come, and be sent its command at sight, or go.
            if self._stays(mn) and self._awaited.get(mn) is order and mn not in self._running:
                del self._awaited[mn]
                if (await connection.execute(CLAIM, (self._shard, order.id))).rowcount:
                    await self._start(connection, order)

    def _stays(self, mn: str) -> bool:
        seat = self._seats.of(mn)
        return seat is not None and time.monotonic() - seat.heard > STAYS_S

    async def _start(self, connection: psycopg.AsyncConnection[Any], order: Order) -> None:
        if order.cn == "1014":
            await connection.execute(ISSUE, (new_key(), order.mn))
            await self._load(connection)
        seat = self._seats.of(order.mn)
        if seat is None:  # it has gone this very moment
            await connection.execute(RELEASE, (order.id,))
            return
        try:
            running = prepare(order, seat, self._devices.of(order.mn), utcnow())
        except YuanjianError as error:
            await connection.execute(FAIL, (error.code, order.id))
            return
        self._begin(order.mn, running)
        await self._write(connection)
