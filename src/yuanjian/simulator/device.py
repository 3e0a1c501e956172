"""`yuanjian simulate device`: one logger on a real socket, for integrators and tests.

It sends live data, waits for answers, resends, and carries out the host's commands.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from contextlib import suppress
from datetime import datetime, timedelta

from yuanjian.clock import to_beijing, utcnow
from yuanjian.wire.hj212 import (
    FrameReader,
    Message,
    PeerError,
    RawFrame,
    Standard,
    answered_qn,
    parse_segment,
    unseal,
)

from .site import STEPS, Packet, Site

log = logging.getLogger(__name__)

HEARTBEAT_S = 60.0
"""2025 has a heartbeat (9015) and does not say how often."""
RECONNECT_S = 2.0


class Device:
    """A site on a socket. ``live``: sends data by itself; ``speed``: how many times faster than the clock."""

    def __init__(self, host: str, port: int, site: Site, *, live: bool = True, speed: float = 1.0) -> None:
        self.host, self.port, self.site, self.live, self.speed = host, port, site, live, speed
        self.connected = asyncio.Event()
        self.acknowledged = 0
        self._writer: asyncio.StreamWriter | None = None
        self._waiting: dict[str, asyncio.Future[None]] = {}
        self._commands: asyncio.Queue[Message] = asyncio.Queue()
        self._turn = asyncio.Lock()  # one packet that wants an answer at a time

    def now(self) -> datetime:
        """Beijing wall time by the site's own clock."""
        return to_beijing(utcnow()).replace(tzinfo=None) + self.site.offset

    async def run(self, stop: asyncio.Event) -> None:
        """Stay connected until told to stop."""
        works = [asyncio.create_task(work) for work in (self._link(), self._serve(), self._measure())]
        waits = asyncio.create_task(stop.wait())
        done, _ = await asyncio.wait([waits, *works], return_when=asyncio.FIRST_COMPLETED)
        for task in (waits, *works):
            task.cancel()
        await asyncio.gather(waits, *works, return_exceptions=True)
        if self._writer is not None:
            self._writer.close()
        for task in done - {waits}:
            task.result()

    async def send(self, packets: list[Packet]) -> bool:
        """Send packets one after the other, each after the last one's answer; False if one got none."""
        async with self._turn:
            for packet in packets:
                if not await self._deliver(packet):
                    return False
        return True

    async def _deliver(self, packet: Packet) -> bool:
        if packet.qn is None:
            return self._write(packet.raw)
        answered = asyncio.get_running_loop().create_future()
        self._waiting[packet.qn] = answered
        try:
            for _ in range(self.site.re_count + 1):
                self._write(packet.raw)
                with suppress(TimeoutError):
                    # not wait_for: that swallows a stop which comes together with the answer
                    async with asyncio.timeout(self.site.over_time / self.speed):
                        await asyncio.shield(answered)
                    return True
        finally:
            del self._waiting[packet.qn]
        return False

    def _write(self, raw: bytes) -> bool:
        if self._writer is None or self._writer.is_closing():
            return False
        self._writer.write(raw)
        return True

    async def _link(self) -> None:
        while True:
            with suppress(OSError):
                reader, self._writer = await asyncio.open_connection(self.host, self.port)
                self.connected.set()
                await self._read(reader)
            self.connected.clear()
            if self._writer is not None:
                self._writer.close()
            await asyncio.sleep(RECONNECT_S / self.speed)

    async def _read(self, reader: asyncio.StreamReader) -> None:
        frames = FrameReader()
        while data := await reader.read(65536):
            for item in frames.feed(data):
                frame = item if isinstance(item, RawFrame) else self._unseal(item.raw)
                if frame is not None:
                    self._take(frame)

    def _unseal(self, raw: bytes) -> RawFrame | None:
        return unseal(raw, [self.site.key]) if self.site.key else None

    def _take(self, frame: RawFrame) -> None:
        try:
            message = parse_segment(frame.segment)
        except PeerError as error:
            log.warning("not understood: %s", error)
            return
        if message.cn in ("9013", "9014"):
            waiting = self._waiting.get(answered_qn(message) or "")
            if waiting is not None and not waiting.done():
                waiting.set_result(None)
                self.acknowledged += 1
        else:
            self._commands.put_nowait(message)

    async def _serve(self) -> None:
        """Commands one after the other; each answer is built when its turn comes."""
        while True:
            message = await self._commands.get()
            log.info("command %s", message.cn)
            for step in self.site.respond(message, self.now()):
                if isinstance(step, Packet):
                    await self.send([step])
                else:
                    await asyncio.sleep(step / self.speed)

    async def _measure(self) -> None:
        """Live data as they fall due: the newest period of each kind, once each."""
        started = self.now()
        sent = dict.fromkeys(("2011", "9015", *STEPS), started)
        while True:
            await asyncio.sleep(min(1.0, self.site.rtd_interval / 4) / self.speed)
            if not (self.live and self.connected.is_set()):
                continue
            now = started + (self.now() - started) * self.speed
            sent = {cn: min(at, now) for cn, at in sent.items()}  # its clock may have been set back
            await self._instant(sent, now)
            for cn in STEPS:
                await self._period(sent, cn, now)

    async def _instant(self, sent: dict[str, datetime], now: datetime) -> None:
        if self.site.realtime and now - sent["2011"] >= timedelta(seconds=self.site.rtd_interval):
            sent["2011"] = now
            await self.send(self.site.upload("2011", now.replace(microsecond=0), now))
        if self.site.standard is Standard.V2025 and (now - sent["9015"]).total_seconds() >= HEARTBEAT_S:
            sent["9015"] = now
            await self.send([self.site.report("9015", now)])

    async def _period(self, sent: dict[str, datetime], cn: str, now: datetime) -> None:
        step = timedelta(minutes=self.site.min_interval) if cn == "2051" else STEPS[cn]
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        start = midnight + (now - midnight) // step * step - step
        if start + step > sent[cn]:
            sent[cn] = start + step
            await self.send(self.site.upload(cn, start, now))


def main(host: str, port: int, site: Site, *, speed: float = 1.0) -> int:
    """Run until SIGTERM or SIGINT; prints ``ready device MN``."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    return asyncio.run(_main(Device(host, port, site, speed=speed)))


async def _main(device: Device) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    print(f"ready device {device.site.mn} → {device.host}:{device.port}", flush=True)
    await device.run(stop)
    return 0
