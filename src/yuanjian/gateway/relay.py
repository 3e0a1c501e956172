"""One forwarding target: from the journal over TCP to another platform, at least once, in order per MN."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from yuanjian.clock import utcnow
from yuanjian.wire.hj212 import FrameReader, PeerError, RawFrame, answered_qn, parse_segment

from . import schema
from .notes import brief
from .queue import Queue
from .runtime import within
from .transfer import unacknowledged
from .window import Window

log = logging.getLogger(__name__)

ANSWERS = frozenset({"9013", "9014"})


@dataclass(frozen=True, kw_only=True)
class Pace:
    """Times in seconds, sizes in frames."""

    answer_s: float = 10.0
    """For an answer; devices wait 5–10 s."""

    tries: int = 3
    """Times a frame is sent before a peer that answers others has refused it; devices send 3 times."""

    window: int = 64
    """Frames on the way, each of another MN: 600 a second over a line of 100 ms."""

    in_hand: int = 500
    """Frames in hand before no more are read from the journal: some hundred KB."""

    connect_s: float = 10.0
    """To reach a peer; three lost packets take 7 s."""

    backoff_s: tuple[float, float] = (0.5, 60.0)
    """First and longest pause before a peer is tried again: soon, as most breaks are short; then rarely."""

    poll_s: float = 0.5
    """Between two looks into the journal when there was nothing new."""

    save_s: float = 1.0
    """Between two writes of the position: what a crash sends twice."""

    reload_s: float = 5.0
    """Between two looks at the table of targets."""


@dataclass(frozen=True, slots=True)
class Target:
    """A row of ``intake.forward``. ``mns``: exact MNs, or beginnings that end in ``*``."""

    name: str
    host: str
    port: int
    mns: tuple[str, ...] = ("*",)
    answers: bool = True


class Lost(ConnectionError):
    """The peer is to be reached anew."""


class Relay:
    """Relays to one target until its stop is set."""

    def __init__(self, url: str, target: Target, pace: Pace, stop: asyncio.Event) -> None:
        self._url, self._target, self._pace, self._stop = url, target, pace, stop
        self._counts: Counter[str] = Counter()
        self._times: dict[str, datetime] = {}
        self._wake = asyncio.Event()
        self._pause = pace.backoff_s[0]

    async def run(self) -> None:
        """Relay; the database may go and come."""
        while not self._stop.is_set():
            try:
                await self._with_database()
            except psycopg.OperationalError as error:
                log.warning("forwarding to %s waits for the database: %s", self._target.name, brief(error))
                await within(self._stop, self._pace.backoff_s[0])

    async def _with_database(self) -> None:
        async with await psycopg.AsyncConnection.connect(
            self._url, autocommit=True, connect_timeout=10, application_name="yuanjian-forwarder"
        ) as connection:
            if not await self._alone(connection):
                return
            pace = self._pace
            window = Window(size=pace.window, answer_s=pace.answer_s, tries=pace.tries)
            queue = Queue(connection, self._target.name, self._target.mns, self._target.answers, window)
            await queue.open()
            while not self._stop.is_set():
                await self._attempt(queue, window)

    async def _alone(self, connection: psycopg.AsyncConnection[Any]) -> bool:
        """Wait until no other forwarder serves this target; False when stopped meanwhile."""
        while not self._stop.is_set():
            cursor = await connection.execute(
                "SELECT pg_try_advisory_lock(%s, hashtext(%s))", (schema.FORWARD_LOCK, self._target.name)
            )
            row = await cursor.fetchone()
            if row and row[0]:
                return True
            await within(self._stop, self._pace.poll_s)
        return False

    async def _attempt(self, queue: Queue, window: Window) -> None:
        """One connection to the peer, from the first packet to its end, and the pause after it."""
        error = ""
        try:
            await self._connection(queue, window)
        except (OSError, TimeoutError) as failure:
            error = str(failure) or type(failure).__name__
            log.info("%s (%s:%s): %s", self._target.name, self._target.host, self._target.port, error)
        window.lost()
        await self._save(queue, window, connected=False, error=error)
        if not self._stop.is_set():
            await within(self._stop, self._pause)
            self._pause = min(self._pause * 2, self._pace.backoff_s[1])

    async def _connection(self, queue: Queue, window: Window) -> None:
        opening = asyncio.open_connection(self._target.host, self._target.port)
        reader, writer = await asyncio.wait_for(opening, self._pace.connect_s)
        self._counts["connections"] += 1
        listener = asyncio.create_task(self._listen(reader, window))
        try:
            await self._save(queue, window, connected=True)
            await self._converse(queue, window, writer, listener)
        finally:
            listener.cancel()
            writer.close()
            with contextlib.suppress(OSError):
                await asyncio.wait_for(writer.wait_closed(), 1)
            await asyncio.gather(listener, return_exceptions=True)

    async def _converse(
        self, queue: Queue, window: Window, writer: asyncio.StreamWriter, listener: asyncio.Task[None]
    ) -> None:
        looked = saved = time.monotonic() - 3600
        while not self._stop.is_set():
            now = time.monotonic()
            if now - looked > self._pace.poll_s and len(window) < self._pace.in_hand:
                looked = now if not await queue.refill() else looked
            self._send(window, writer)
            if not unacknowledged(writer) and window.delivered():
                self._pause = self._pace.backoff_s[0]
            if window.deaf(time.monotonic()):
                raise Lost("no answer")
            if listener.done():
                raise Lost("closed by the peer")
            if now - saved > self._pace.save_s:
                saved = now
                await self._save(queue, window, connected=True)
            await self._rest(window)

    async def _rest(self, window: Window) -> None:
        """Until an answer comes, but not longer than a moment."""
        self._wake.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), 0.02 if len(window) else self._pace.poll_s / 2)

    def _send(self, window: Window, writer: asyncio.StreamWriter) -> None:
        for item in list(window.ready()):
            writer.write(item.raw)
            self._counts["resent" if window.sent(item, time.monotonic()) else "sent"] += 1
            self._times["last_sent_at"] = utcnow()

    async def _listen(self, reader: asyncio.StreamReader, window: Window) -> None:
        """Take answers until the peer closes; what else it sends (commands) is counted, not answered."""
        frames = FrameReader()
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                for item in frames.feed(data):
                    fits = isinstance(item, RawFrame) and self._answer(item, window)
                    self._counts["answered" if fits else "ignored"] += 1
                self._wake.set()
        self._wake.set()

    def _answer(self, item: RawFrame, window: Window) -> bool:
        try:
            message = parse_segment(item.segment)
        except PeerError:
            return False
        if message.cn not in ANSWERS:
            return False
        fits = window.answered(message.mn, answered_qn(message), time.monotonic())
        if fits:
            self._times["last_answer_at"] = utcnow()
            self._pause = self._pace.backoff_s[0]
        return fits

    async def _save(self, queue: Queue, window: Window, *, connected: bool, error: str = "") -> None:
        self._counts["unanswered"] += window.unanswered
        window.unanswered = 0
        counts, self._counts = self._counts, Counter()
        try:
            await queue.save(counts, self._times, connected=connected, error=error or None)
        except psycopg.Error:
            self._counts += counts
            raise
