"""Which frames a forwarding target has, may get now, and has let pass without an answer. No clock, no socket.

Frames of one MN go one after the other, each after the answer to the one before; different MNs do not wait
for each other. A frame is done when it was answered or, if it asks for none, when the peer's system has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(slots=True)
class Item:
    """A frame to relay. ``waits``: it asks for an answer, which will name MN and QN."""

    shard: int
    seq: int
    mn: str
    qn: str
    raw: bytes
    waits: bool
    sent_at: float | None = None
    tries: int = 0
    done: bool = False


class Window:
    """The frames in hand, in the order of the journal.

    A peer that answers others but not this frame has refused it: after ``tries`` times it is let go. A peer
    that answers nothing is deaf; then nothing is let go, however long it takes.
    """

    def __init__(self, *, size: int, answer_s: float, tries: int) -> None:
        self._size, self._answer_s, self._tries = size, answer_s, tries
        self._items: list[Item] = []
        self._read: dict[int, int] = {}
        self._heard = -1.0
        self.unanswered = 0

    def __len__(self) -> int:
        return len(self._items)

    def add(self, shard: int, items: Iterable[Item], read: int) -> None:
        """Take frames of a shard in hand; the journal was read up to number ``read``."""
        self._items += items
        self._read[shard] = read

    def read(self, shard: int) -> int:
        """Up to where the journal was read."""
        return self._read.get(shard, 0)

    def positions(self) -> dict[int, int]:
        """For each shard the number up to which everything is done."""
        found = dict(self._read)
        for item in reversed(self._items):
            if not item.done:
                found[item.shard] = item.seq - 1
        return found

    def ready(self) -> Iterator[Item]:
        """The frames to send now; the caller sends each and says so by `sent`."""
        busy: set[str] = set()
        room = self._size - sum(item.sent_at is not None and not item.done for item in self._items)
        for item in self._items:
            if item.done or item.mn in busy:
                continue
            if item.sent_at is None:
                if room <= 0:
                    return
                room -= 1
                yield item
            # One that was never answered holds up its MN no longer: the next one tells if the peer lives.
            if item.waits and item.tries + (item.sent_at is None) <= self._tries:
                busy.add(item.mn)

    def sent(self, item: Item, now: float) -> bool:
        """The frame went out; True if not for the first time."""
        item.sent_at, item.tries = now, item.tries + 1
        return item.tries > 1

    def answered(self, mn: str, qn: str | None, now: float) -> bool:
        """An answer came; False if it fits no frame that waits for one."""
        for item in self._items:
            if item.waits and item.sent_at is not None and not item.done and (item.mn, item.qn) == (mn, qn):
                item.done, self._heard = True, now
                self._trim()
                return True
        return False

    def delivered(self) -> bool:
        """The peer's system has all bytes that were sent; True if frames were done by that."""
        before = len(self._items)
        for item in self._items:
            item.done |= item.sent_at is not None and not item.waits
        self._trim()
        return len(self._items) < before

    def deaf(self, now: float) -> bool:
        """Look after frames whose answer is overdue; True if the peer answers nothing at all."""
        for item in self._items:
            if item.done or not item.waits or item.sent_at is None or now < item.sent_at + self._answer_s:
                continue
            if self._heard <= item.sent_at:
                return True
            if item.tries < self._tries:
                item.sent_at = None
            else:
                item.done = True
                self.unanswered += 1
        self._trim()
        return False

    def lost(self) -> None:
        """The connection is gone: what is not done must be sent again."""
        for item in self._items:
            if not item.done:
                item.sent_at = None

    def _trim(self) -> None:
        self._items = [item for item in self._items if not item.done]
