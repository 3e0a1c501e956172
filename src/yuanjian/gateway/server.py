"""The gateway process: listens, journals, answers, keeps link states; ends in order on SIGTERM."""

from __future__ import annotations

import asyncio
import itertools
import logging
import ssl
import sys
import time
from collections import Counter
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any

from yuanjian.config import Settings

from . import tls
from .access import Access
from .connection import Peer
from .desk import Desk
from .devices import Devices
from .entry import Entry, Replies
from .journal import Journal
from .limits import Limits
from .link_writer import LinkWriter
from .links import LinkBook
from .notes import Notes
from .rates import Rates
from .runtime import loop_factory, raise_descriptor_limit, stop_event

log = logging.getLogger(__name__)

BACKLOG = 4096  # connections waiting to be taken: a power cut ends and all come back at once
GOODBYE_S = 5.0  # to write the last link states; a restart would set them right anyway


def main(settings: Settings, limits: Limits | None = None) -> int:
    """Run until SIGTERM or SIGINT; prints ``ready gateway host:port``; returns the exit status."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    raise_descriptor_limit()
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        return runner.run(Gateway(settings, limits or Limits.of(settings)).serve())


class Gateway:
    """Ties peers, journal and links together; the `House` of every connection."""

    def __init__(self, settings: Settings, limits: Limits) -> None:
        shard = settings.gateway_shard
        self.limits = limits
        self.access = Access(settings.gateway_allow, _path(settings.gateway_allow_mn))
        self.bytes_by_ip = Rates(limits.ip_bytes, limits.burst_s)
        self.frames_by_mn = Rates(limits.mn_frames, limits.burst_s)
        self.notes = Notes()
        self._by_ip: Counter[str] = Counter()
        self._tls = tls.context(settings)
        self._settings = settings
        self.devices = Devices()
        self._book = LinkBook(shard)
        self._desk = Desk(settings.database_url, shard, self.devices)
        self._journal = Journal(settings.database_url, shard, limits, self._committed, self._eased)
        self._links = LinkWriter(settings.database_url, shard, self._book)
        self._peers: set[Peer] = set()
        self._waiting: set[Peer] = set()
        self._stopping = False
        # Unique over restarts, and newer connections have higher numbers.
        self._numbers = itertools.count(time.time_ns() // 1_000_000 * 1_000)

    async def serve(self) -> int:
        """Everything from the first connection to the database to the last answer."""
        stop = stop_event()
        if not await _either(self._open(), stop):
            return 0
        servers = [await self._listen(self._settings.gateway_port)]
        if self._tls is not None:
            servers.append(await self._listen(self._settings.gateway_tls_port, self._tls))
        host, port = servers[0].sockets[0].getsockname()[:2]
        tasks = [
            asyncio.create_task(work)
            for work in (
                self._journal.run(),
                self._links.run(self.limits.links_s),
                self._desk.run(),
                self._keep_house(),
            )
        ]
        print(f"ready gateway {host}:{port}", flush=True)
        await asyncio.wait([asyncio.create_task(stop.wait()), *tasks], return_when=asyncio.FIRST_COMPLETED)
        for server in servers:
            server.close()
        return await self._finish(tasks)

    # What connections ask of the house ------------------------------------------------------------------

    @property
    def saturated(self) -> bool:
        """True while connections should not read."""
        return self._stopping or self._journal.saturated

    def put(self, entry: Entry) -> None:
        """A row for the journal."""
        self._journal.put(entry)

    def joined(self, peer: Peer) -> bool:
        """A new connection; False if it must go."""
        crowded = self.limits.per_ip and self._by_ip[peer.ip] >= self.limits.per_ip
        if crowded or len(self._peers) >= self.limits.connections:
            return False
        self._peers.add(peer)
        self._by_ip[peer.ip] += 1
        return True

    def hold(self, peer: Peer) -> None:
        """A connection has stopped reading until the house is eased: few do, so those few are kept apart."""
        self._waiting.add(peer)

    def left(self, peer: Peer) -> None:
        """A connection has ended."""
        self._waiting.discard(peer)
        if peer in self._peers:
            self._peers.discard(peer)
            self._by_ip[peer.ip] -= 1
            if not self._by_ip[peer.ip]:
                del self._by_ip[peer.ip]
        self._book.closed(peer.number)
        self._desk.closed(peer.number)

    # -----------------------------------------------------------------------------------------------------

    async def _listen(self, port: int, context: ssl.SSLContext | None = None) -> asyncio.Server:
        server = await asyncio.get_running_loop().create_server(
            lambda: Peer(self, next(self._numbers)),
            self._settings.gateway_host,
            port,
            backlog=BACKLOG,
            reuse_port=True if self._settings.gateway_shared_port else None,
            ssl=context,
            ssl_handshake_timeout=self.limits.handshake_s if context else None,
        )
        if context is not None:
            log.info("TLS on port %s", server.sockets[0].getsockname()[1])
        return server

    async def _open(self) -> None:
        await self._journal.open()
        await self._links.forget_predecessor()
        await self._desk.open()

    def _committed(self, batch: Sequence[Entry]) -> None:
        """The batch is durable: only now may a device hear that its frame was taken."""
        replies: dict[Replies, list[bytes]] = {}
        for entry in batch:
            if entry.reply is not None:
                replies.setdefault(entry.origin.back, []).append(entry.reply)
            self._book.see(entry)
            self._desk.see(entry)
        for back, answers in replies.items():
            back.reply(answers)

    def _eased(self) -> None:
        if not self._stopping:
            waiting, self._waiting = self._waiting, set()
            for peer in waiting:
                peer.eased()

    async def _keep_house(self) -> None:
        """Time-outs of all connections in one round instead of a timer each."""
        while True:
            await asyncio.sleep(min(1.0, self.limits.unfinished_s / 2))
            now = time.monotonic()
            for peer in tuple(self._peers):
                peer.check(now)
            self.access.reload()
            self.notes.flush(now)
            self.bytes_by_ip.forget(now)
            self.frames_by_mn.forget(now)

    async def _finish(self, tasks: Sequence[asyncio.Task[None]]) -> int:
        """Take nothing more in, commit and answer what is in, mark the links down, close."""
        failed = [task for task in tasks if task.done()]
        for task in failed:
            log.error("the gateway must stop", exc_info=task.exception())
        self._stopping = True
        for peer in self._peers:
            peer.stop_reading()
        if not failed:
            await _within(self._journal.drained(), self.limits.stop_s)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for peer in tuple(self._peers):
            peer.close()
            self._book.closed(peer.number)
        await _within(self._say_goodbye(), GOODBYE_S)
        return 1 if failed else 0

    async def _say_goodbye(self) -> None:
        await self._links.close()  # its writer may have been cancelled half way
        await self._links.write()
        await self._links.close()
        await self._journal.close()
        await self._desk.close()


async def _either(work: Coroutine[Any, Any, None], stop: asyncio.Event) -> bool:
    """Do the work unless the stop comes first; True if it was done."""
    task = asyncio.create_task(work)
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait([task, stopped], return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if not task.done():
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return False
    await task
    return True


async def _within(work: Coroutine[Any, Any, None], seconds: float) -> None:
    try:
        await asyncio.wait_for(work, seconds)
    except TimeoutError:
        log.warning("not finished within %s s; what was not committed was not acknowledged", seconds)


def _path(text: str) -> Path | None:
    return Path(text) if text else None
