"""One journal row, made of what the frame reader hands out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from yuanjian.wire.hj212 import (
    Fault,
    Message,
    RawFrame,
    Rejected,
    Seal,
    answer,
    build_frame,
    build_segment,
    peek_mn,
)

from .access import STRANGER
from .devices import Devices

FLOOD = "gateway.flood"
"""Fault of the empty row that records why a peer was cut off; ``FLOOD_TEXT`` is it for people."""
FLOOD_TEXT = ("持续发送无效数据，已断开连接", "nothing but bad bytes: cut off")


class Replies(Protocol):
    """Whoever gets the answer once the row is committed, and commands; ``send`` is False if he has gone."""

    def reply(self, answers: Sequence[bytes]) -> None: ...

    def send(self, packet: bytes) -> bool: ...


@dataclass(frozen=True, slots=True)
class Origin:
    """Where bytes came from: peer address as text, number of the connection, and the way back."""

    peer: str
    connection: int
    back: Replies


@dataclass(frozen=True, slots=True)
class Entry:
    """A journal row before it has a number. ``message`` is None when the bytes are no readable frame;
    ``claimed_mn`` is the MN a faulty frame names, or that its connection used last: a hint, not a fact.
    ``seal`` and ``tolerated``: how the frame was protected, and the CRC fault its device is allowed."""

    received_at: datetime
    origin: Origin
    raw: bytes
    message: Message | None = None
    fault: str | None = None
    claimed_mn: str | None = None
    reply: bytes | None = None
    seal: Seal = Seal.NOT_DUE
    tolerated: Fault | None = None
    by_coming: bool = False

    @property
    def mn(self) -> str | None:
        """MN of a valid frame, or the one claimed."""
        return self.message.mn if self.message else self.claimed_mn

    def row(self, shard: int, seq: int) -> tuple[object, ...]:
        """The columns of ``intake.frame`` in their order."""
        origin, sent = self.origin, self.message
        head = (sent.st, sent.cn, sent.qn, sent.flag) if sent else (None, None, None, None)
        where = (shard, seq, self.received_at, origin.peer, origin.connection)
        return (*where, self.mn, *head, self.fault, self.raw)


def read(
    item: RawFrame | Rejected,
    received_at: datetime,
    origin: Origin,
    last_mn: str | None,
    trusts: Callable[[str], bool],
    devices: Devices,
) -> Entry:
    """The journal row of one item; a valid frame that asks for an answer carries it.

    One whose MN ``trusts`` denies is kept as evidence, under a fault: neither answered nor read as data.
    """
    found = devices.read(item)
    message = found.message
    if message is None:
        assert found.fault is not None
        mn = peek_mn(item.raw) or last_mn
        return Entry(received_at, origin, item.raw, fault=found.fault.value, claimed_mn=mn)
    if not trusts(message.mn):
        return Entry(received_at, origin, item.raw, fault=STRANGER, claimed_mn=message.mn)
    due = answer(message)
    reply = build_frame(build_segment(due)) if due else None
    notes = (found.seal, found.tolerated, found.by_coming)
    return Entry(received_at, origin, item.raw, message, None, None, reply, *notes)
