"""Which packets of a split record have come (HJ 212-2017 Annex C.49, C.50).

Each packet carries DataTime and whole factors, so it is stored at once by itself; what is tracked here is
only whether all of them have been seen.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

from .faults import Fault, PeerError
from .items import items
from .message import Message


class SplitKey(NamedTuple):
    """What packets of one record have in common. QN is not: each packet has its own."""

    mn: str
    st: str
    cn: str
    data_time: str
    pnum: int


class SplitPart(NamedTuple):
    """What one packet adds. ``lost`` is an incomplete record dropped to make room, if any."""

    key: SplitKey
    pno: int
    complete: bool
    repeated: bool
    lost: SplitKey | None = None


class SplitTracker:
    """Keeps the packet numbers of the latest ``most`` split records, the oldest dropped first.

    One tracker per connection or per device, so that no peer can push out the records of another.
    """

    def __init__(self, most: int = 64) -> None:
        self._most = most
        self._seen: OrderedDict[SplitKey, int] = OrderedDict()

    def __len__(self) -> int:
        return len(self._seen)

    def add(self, message: Message) -> SplitPart | None:
        """Note a packet; ``None`` when it is no part of several. Raises PeerError(PART) for an impossible
        PNO.

        A record sent a second time counts as complete and repeated.
        """
        if not message.is_split:
            return None
        pnum, pno = message.pnum or 0, message.pno or 0
        if not 1 <= pno <= pnum:
            raise PeerError(Fault.PART, f"{pno}/{pnum}")
        key = SplitKey(message.mn, message.st, message.cn, _data_time(message), pnum)
        before = self._seen.get(key, 0)
        now = before | 1 << (pno - 1)
        self._seen[key] = now
        self._seen.move_to_end(key)
        return SplitPart(key, pno, _full(now, pnum), now == before, self._make_room())

    def missing(self, key: SplitKey) -> tuple[int, ...]:
        """The numbers not yet seen of a record; all of them when it is not kept any more."""
        seen = self._seen.get(key, 0)
        return tuple(pno for pno in range(1, key.pnum + 1) if not seen >> (pno - 1) & 1)

    def incomplete(self) -> tuple[SplitKey, ...]:
        """The records of which packets are missing, the oldest first."""
        return tuple(key for key, seen in self._seen.items() if not _full(seen, key.pnum))

    def _make_room(self) -> SplitKey | None:
        if len(self._seen) <= self._most:
            return None
        key, seen = self._seen.popitem(last=False)
        return None if _full(seen, key.pnum) else key


def _full(seen: int, pnum: int) -> bool:
    return seen == (1 << pnum) - 1


def _data_time(message: Message) -> str:
    """DataTime, or QN where there is none: some 2005 devices keep one QN for all packets of a record."""
    inside = {name.lower(): value for name, value in items(message.cp)}
    return inside.get("datatime") or message.qn or ""
