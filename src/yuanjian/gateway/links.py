"""The state of each MN's link, kept in memory; `link_writer` writes what changed."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from operator import attrgetter

from yuanjian.clock import from_beijing
from yuanjian.wire.hj212 import Message, Seal

from .access import STRANGER, address_of
from .devices import CRC_FAULTS
from .entry import Entry

RECENT = 32  # frames remembered per MN to see a resend: a device resends 3–5 times before it goes on
CLOCK_CN = frozenset({"2011", "9015", "1013"})  # sent at once; others may be late, their QN tells no clock

COUNTS = (
    "frames",
    "faults",
    "duplicates",
    "crc_faults",
    "clear",
    "tolerated",
    "rivals",
    "strangers",
    "exposed",
)
STATES = ("standard", "peer", "connected_at", "last_frame_at", "last_valid_at", "up_since")
KEPT = ("clock_skew_s", "seal", "rival_peer", "rival_at", "stranger_peer", "stranger_at", "exposed_at")
COLUMNS = ("mn", "shard", "connected", *STATES, *COUNTS, *KEPT)
FAULT_COLUMNS = ("mn", "faults", "crc_faults", "strangers", "last_frame_at", "stranger_peer", "stranger_at")
AWAY = timedelta(minutes=10)
"""A device that connects anew after such a pause was away; before, it only connects for every frame."""
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
    up_since: datetime | None = None
    frames: int = 0
    faults: int = 0
    duplicates: int = 0
    crc_faults: int = 0
    clear: int = 0
    tolerated: int = 0
    rivals: int = 0
    strangers: int = 0
    exposed: int = 0
    clock_skew_s: float | None = None
    seal: str | None = None
    rival_peer: str | None = None
    rival_at: datetime | None = None
    stranger_peer: str | None = None
    stranger_at: datetime | None = None
    exposed_at: datetime | None = None
    recent: deque[int] = field(default_factory=lambda: deque(maxlen=RECENT))

    def row(self, shard: int) -> tuple[object, ...]:
        """The ``COLUMNS``; the counts are what came since the last write."""
        return (self.mn, shard, self.connection is not None, *_REST(self))


_REST = attrgetter(*STATES, *COUNTS, *KEPT)
_FAULT = attrgetter(*FAULT_COLUMNS)


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
        self._stray: dict[str, Link] = {}

    def see(self, entry: Entry) -> None:
        """Count one committed row."""
        if entry.message is not None and entry.fault is None and entry.message.mn:
            self._valid(entry, entry.message)
        elif entry.fault is not None and entry.mn:
            self._fault(entry.mn, entry)

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
        faults = [_FAULT(self._stray[mn]) for mn in sorted(self._stray)]
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
            if entry.seal is Seal.CLEAR and is_public(entry.origin.peer):
                link.exposed += 1
                link.exposed_at = entry.received_at

    def _connect(self, link: Link, entry: Entry) -> None:
        """The newest connection wins: the old socket of a device that came back may stay half open."""
        if link.last_valid_at is None or entry.received_at - link.last_valid_at > AWAY:
            link.up_since = entry.received_at
        self._mark(link.mn, switched=link.connection is None)
        link.connection, link.peer = entry.origin.connection, entry.origin.peer
        link.connected_at = entry.received_at
        self._by_connection.setdefault(link.connection, set()).add(link.mn)

    def _fault(self, mn: str, entry: Entry) -> None:
        link = self._links.get(mn)
        if link is None:
            link = self._stray.setdefault(mn, Link(mn))
        else:
            self._mark(mn)
        link.faults += 1
        link.crc_faults += entry.fault in CRC
        link.last_frame_at = entry.received_at
        if entry.fault == STRANGER:
            link.strangers += 1
            link.stranger_peer, link.stranger_at = entry.origin.peer, entry.received_at

    def _mark(self, mn: str, *, switched: bool = False) -> None:
        self._dirty.add(mn)
        if switched:
            self._switched.add(mn)

    @staticmethod
    def _notice(link: Link) -> str:
        return json.dumps({"kind": "link", "mn": link.mn, "connected": link.connection is not None})


@lru_cache(maxsize=10_000)
def is_public(peer: str) -> bool:
    """True for ``address:port`` of the internet; private lines and carriers have addresses of their own."""
    address = address_of(peer.rpartition(":")[0])
    return address is not None and address.is_global


def clock_skew(message: Message, received_at: datetime) -> float | None:
    """Seconds the device's clock is ahead, by the QN of a frame sent at once; None if QN tells nothing."""
    if message.cn not in CLOCK_CN or message.rf or not message.qn or len(message.qn) < 14:
        return None
    try:
        sent = from_beijing(datetime.strptime(message.qn[:14], "%Y%m%d%H%M%S"))  # noqa: DTZ007 - Beijing wall time
    except ValueError:
        return None
    return round((sent - received_at).total_seconds(), 1)
