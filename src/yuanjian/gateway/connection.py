"""One TCP connection of a peer: bytes in, rows to the journal, answers out after their commit."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, cast

from yuanjian.clock import utcnow
from yuanjian.wire.hj212 import FrameReader, RawFrame, Rejected

from .access import STRANGER, Access, address_of
from .devices import Devices
from .entry import FLOOD, Entry, Origin, read
from .limits import Limits
from .notes import Notes
from .rates import Rates

log = logging.getLogger(__name__)


class House(Protocol):
    """What a connection needs of the gateway around it."""

    limits: Limits
    access: Access
    devices: Devices
    bytes_by_ip: Rates
    frames_by_mn: Rates
    notes: Notes

    @property
    def saturated(self) -> bool: ...

    def put(self, entry: Entry) -> None: ...

    def hold(self, peer: Peer) -> None: ...

    def joined(self, peer: Peer) -> bool: ...

    def left(self, peer: Peer) -> None: ...


class Peer(asyncio.Protocol):
    """A connection. Nothing one peer sends or leaves undone touches another."""

    def __init__(self, house: House, number: int) -> None:
        self.number = number
        self._house = house
        self._reader = FrameReader(max_segment=house.limits.segment)
        self._bad = 0  # bad bytes since the last valid frame
        self._last_mn: str | None = None
        self._heard = time.monotonic()
        self._unfinished_since: float | None = None
        self._owed = 0  # answers not yet written
        self._commands: list[bytes] = []  # likewise
        self._ended = False  # the peer will send no more
        self._full = False  # the peer does not read its answers
        self._held = False  # the house cannot take more
        self._slowed = False  # the peer sends faster than it may
        self._slowed_until = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection, or refuse it when there are too many."""
        self._transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername") or ("unknown", 0)
        self.origin = Origin(f"{peer[0]}:{peer[1]}", self.number, self)
        self.ip = str(peer[0])
        self._address = address_of(self.ip)
        self._half_close = transport.get_extra_info("sslcontext") is None  # TLS knows no half-closed state
        _prepare(transport.get_extra_info("socket"), self._house.limits)
        if refusal := self._refusal():
            self._house.notes.add(f"refused, {refusal}", self.ip)
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Cut the bytes into frames, one journal row each, then stop reading if the house asks for it."""
        self._heard = time.monotonic()
        items = self._reader.feed(data)
        self._take(items)
        self._slow_down(self._house.bytes_by_ip.charge(self.ip, len(data), self._heard))
        if not self._reader.pending:
            self._unfinished_since = None
        elif items or self._unfinished_since is None:
            self._unfinished_since = self._heard
        if self._house.saturated:
            self._held = True
            self._house.hold(self)
            self._steer()

    def eof_received(self) -> bool:
        """The peer will send no more; stay open until it has its answers."""
        self._take(self._reader.flush())
        self._unfinished_since = None
        self._ended = True
        return self._owed > 0 and self._half_close

    def connection_lost(self, exc: Exception | None) -> None:
        """Journal what was left unfinished."""
        self._take(self._reader.flush())
        self._house.left(self)

    def pause_writing(self) -> None:
        """The peer does not read its answers: stop reading from it, and from nobody else."""
        self._full = True
        self._steer()

    def resume_writing(self) -> None:
        """The peer reads again."""
        self._full = False
        self._steer()

    def eased(self) -> None:
        """The house takes rows again."""
        if self._held:
            self._held = False
            self._go_on()

    def reply(self, answers: Sequence[bytes]) -> None:
        """Write answers, and commands behind them; they are for nobody if the peer has gone."""
        self._owed -= len(answers)
        if not self._transport.is_closing():
            self._transport.write(b"".join((*answers, *self._commands)))
            self._commands.clear()
            if self._ended and not self._owed:
                self._transport.close()

    def send(self, packet: bytes) -> bool:
        """Write a command; False if the peer has gone or does not read.

        It goes with answers that are about to go: a device that leaves with its answer gets both at once.
        """
        if self._transport.is_closing() or self._full:
            return False
        self._commands.append(packet)
        asyncio.get_running_loop().call_soon(self._flush)
        return True

    def _flush(self) -> None:
        if self._commands:
            self.reply(())

    def stop_reading(self) -> None:
        """The gateway stops: take nothing more in, but answer what is."""
        self._held = True
        self._steer()

    def close(self) -> None:
        """Close after the answers in the buffer are sent."""
        self._transport.close()

    def check(self, now: float) -> None:
        """Housekeeping, about once a second; ``now`` is the monotonic clock."""
        if self._held or self._slowed or (self._full and now - self._heard < self._house.limits.idle_s):
            return
        if (
            self._unfinished_since is not None
            and now - self._unfinished_since > self._house.limits.unfinished_s
        ):
            self._unfinished_since = None
            self._take(self._reader.flush())
        if now - self._heard > self._house.limits.idle_s:
            log.info("idle for too long: %s closed", self.origin.peer)
            self._transport.abort()

    def _take(self, items: list[RawFrame | Rejected] | list[Rejected]) -> None:
        now, wait, fast = utcnow(), 0.0, ""
        for item in items:
            entry = read(item, now, self.origin, self._last_mn, self._trusts, self._house.devices)
            self._house.put(entry)
            if entry.message is not None:
                owed = self._house.frames_by_mn.charge(entry.message.mn, 1, self._heard)
                wait, fast = max((wait, fast), (owed, entry.message.mn))
            elif entry.fault == STRANGER:
                self._house.notes.add("MN from an address it may not come from", f"{self.ip} {entry.mn!r}")
            self._owed += entry.reply is not None
            self._judge(entry, now)
        self._slow_down(wait, fast)

    def _refusal(self) -> str | None:
        """Why this connection cannot be taken, if so."""
        if not self._house.access.admits(self._address):
            return "not on the allow-list"
        return None if self._house.joined(self) else "too many connections"

    def _trusts(self, mn: str) -> bool:
        return self._house.access.trusts(mn, self._address)

    def _slow_down(self, seconds: float, mn: str = "") -> None:
        """Read nothing for a while: the bytes wait with the peer. The longer of two waits counts."""
        now = time.monotonic()
        if seconds <= 0 or now + seconds <= self._slowed_until:
            return
        self._slowed_until = now + seconds
        if self._slowed:
            return
        self._slowed = True
        self._house.notes.add("slowed down, sends too fast", f"{self.ip} {mn!r}" if mn else self.ip)
        asyncio.get_running_loop().call_later(seconds, self._resume)
        self._steer()

    def _resume(self) -> None:
        rest = self._slowed_until - time.monotonic()
        if rest > 0:  # more was charged meanwhile
            asyncio.get_running_loop().call_later(rest, self._resume)
            return
        self._slowed = False
        self._go_on()

    def _go_on(self) -> None:
        """Read again; silence of our own making is not the peer's."""
        self._heard = time.monotonic()
        if self._unfinished_since is not None:
            self._unfinished_since = self._heard
        self._steer()

    def _judge(self, entry: Entry, now: datetime) -> None:
        """One bad frame never closes a connection; nothing but bad bytes for long does."""
        if entry.message is not None:
            self._bad = 0
            self._last_mn = entry.message.mn
            return
        self._bad += len(entry.raw)
        if self._bad > self._house.limits.garbage and not self._transport.is_closing():
            self._house.put(Entry(now, self.origin, b"", fault=FLOOD, claimed_mn=self._last_mn))
            self._house.notes.add("cut off, nothing but bad bytes", self.ip)
            self._transport.abort()

    def _steer(self) -> None:
        if self._transport.is_closing():
            return
        if self._held or self._full or self._slowed:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()


def _prepare(sock: socket.socket, limits: Limits) -> None:
    """Bound the send buffer, and find half-open connections in two minutes: cellular links just vanish."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, limits.answers)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 20), ("TCP_KEEPCNT", 3)):
        if hasattr(socket, name):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
