"""Loggers as TCP clients: send, wait for the answer, keep what is not acknowledged and send it again.

`Sender` is one connection with a window of unanswered frames. `send_history` spreads frames over some of
them at full speed; live loggers (`live`) have one each.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from zlib import crc32

from yuanjian.simulator.frames import Frame
from yuanjian.wire.hj212 import (
    FrameReader,
    PeerError,
    RawFrame,
    Standard,
    answered_qn,
    build_frame,
    build_segment,
    parse_frame,
    parse_segment,
)

ANSWERS = frozenset({"9013", "9014"})
ANSWER_TIMEOUT = 30.0
"""Seconds without any answer after which a connection is given up and opened again."""
RETRY = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Seconds to wait before the next attempt to connect."""


@dataclass
class Counters:
    """What senders did. ``resent`` frames are counted once more in ``sent``; ``strange`` answers fit no
    frame.
    """

    sent: int = 0
    acknowledged: int = 0
    resent: int = 0
    connections: int = 0
    strange: int = 0

    def __add__(self, other: Counters) -> Counters:
        return Counters(
            self.sent + other.sent,
            self.acknowledged + other.acknowledged,
            self.resent + other.resent,
            self.connections + other.connections,
            self.strange + other.strange,
        )


def frame_key(raw: bytes) -> tuple[str, str]:
    """(MN, QN) of a frame: what its answer will name."""
    return _field(raw, b"MN="), _field(raw, b"QN=")


def _field(raw: bytes, name: bytes) -> str:
    return raw.partition(name)[2].partition(b";")[0].decode()


def as_resent(raw: bytes) -> bytes:
    """The frame as it is sent again: RF=1 where the standard (2025) knows it, else unchanged."""
    message = parse_frame(raw)
    if message.standard is not Standard.V2025 or message.rf:
        return raw
    return build_frame(build_segment(replace(message, rf=True)))


class Sender:
    """One connection that loses nothing: `send` waits while ``window`` frames are unanswered."""

    def __init__(self, host: str, port: int, *, window: int = 64, timeout: float = ANSWER_TIMEOUT) -> None:
        self.host, self.port, self.window, self.timeout = host, port, window, timeout
        self.counters = Counters()
        self.waiting: OrderedDict[tuple[str, str], bytes] = OrderedDict()
        self._writer: asyncio.StreamWriter | None = None
        self._listener: asyncio.Task[None] | None = None
        self._answered = asyncio.Event()

    async def send(self, raw: bytes) -> None:
        """Send one frame as soon as the window has room; reconnects and re-sends as often as needed."""
        await self._room(self.window - 1)
        writer = await self._connected()
        key = frame_key(raw)
        self.waiting[key] = raw
        self.counters.sent += 1
        try:
            writer.write(raw)
            await writer.drain()
        except OSError:
            await self._drop()

    async def finish(self) -> Counters:
        """Wait until everything is acknowledged, then hang up."""
        await self._room(0)
        await self.close()
        return self.counters

    async def close(self) -> None:
        """Hang up; what is unanswered stays in ``waiting``."""
        await self._drop()

    async def _room(self, most: int) -> None:
        """Wait until at most that many frames are unanswered; a silent peer is called again."""
        while len(self.waiting) > most:
            self._answered.clear()
            await self._connected()
            if len(self.waiting) <= most:
                return
            try:
                await asyncio.wait_for(self._answered.wait(), self.timeout)
            except TimeoutError:
                await self._drop()

    async def _connected(self) -> asyncio.StreamWriter:
        """The open connection; a new one first re-sends what is unanswered, oldest first."""
        attempt = 0
        while self._writer is None or self._writer.is_closing():
            await self._drop()
            try:
                reader, writer = await asyncio.open_connection(self.host, self.port)
                self._writer = writer
                self.counters.connections += 1
                self._listener = asyncio.create_task(self._listen(reader, writer))
                await self._again(writer)
            except OSError:
                await asyncio.sleep(RETRY[min(attempt, len(RETRY) - 1)])
                attempt += 1
        return self._writer

    async def _again(self, writer: asyncio.StreamWriter) -> None:
        for raw in list(self.waiting.values()):
            writer.write(as_resent(raw))
            self.counters.sent += 1
            self.counters.resent += 1
            await writer.drain()

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take answers until the peer hangs up."""
        frames = FrameReader()
        try:
            while data := await reader.read(65536):
                for item in frames.feed(data):
                    if isinstance(item, RawFrame):
                        self._take(item.segment)
                self._answered.set()
        except OSError:
            pass  # a broken connection ends like a closed one
        writer.close()
        self._answered.set()

    def _take(self, segment: bytes) -> None:
        try:
            message = parse_segment(segment)
        except PeerError:
            self.counters.strange += 1
            return
        key = (message.mn, answered_qn(message) or "")
        if message.cn in ANSWERS and self.waiting.pop(key, None) is not None:
            self.counters.acknowledged += 1
        else:
            self.counters.strange += 1

    async def _drop(self) -> None:
        writer, self._writer = self._writer, None
        listener, self._listener = self._listener, None
        if writer is not None:
            writer.close()
        if listener is not None and listener is not asyncio.current_task():
            listener.cancel()
            await asyncio.gather(listener, return_exceptions=True)


async def send_history(
    host: str, port: int, frames: Iterable[Frame], *, connections: int = 8, window: int = 256
) -> Counters:
    """Send frames at full speed and wait for every acknowledgement.

    A logger keeps to one connection, so its frames arrive in order; each connection has at most ``window``
    unanswered frames.
    """
    senders = [Sender(host, port, window=window) for _ in range(connections)]
    queues: list[asyncio.Queue[bytes | None]] = [asyncio.Queue(window) for _ in senders]
    pumps = [asyncio.create_task(_pump(sender, queue)) for sender, queue in zip(senders, queues, strict=True)]
    try:
        for frame in frames:
            queue = queues[crc32(frame.mn.encode()) % connections]
            if queue.full():
                await queue.put(frame.raw)
            else:
                queue.put_nowait(frame.raw)
        for queue in queues:
            await queue.put(None)
        results = await asyncio.gather(*pumps)
    finally:
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)
        await asyncio.gather(*(sender.close() for sender in senders))
    return sum(results, Counters())


async def _pump(sender: Sender, queue: asyncio.Queue[bytes | None]) -> Counters:
    while (raw := await queue.get()) is not None:
        await sender.send(raw)
    return await sender.finish()
