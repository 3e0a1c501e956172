"""By which connection a device is reached, and what a command to it must say."""

from __future__ import annotations

import time
from dataclasses import dataclass

from yuanjian.wire.hj212 import Message, Standard

from .entry import Origin


@dataclass(slots=True)
class Seat:
    """The newest connection of an MN. ``pw`` and ``st`` as the device last sent them: kept nowhere else.

    ``heard``: when its last frame was committed, on the monotonic clock.
    """

    origin: Origin
    pw: str
    st: str
    standard: Standard
    heard: float


class Seats:
    """All devices that can be reached now."""

    def __init__(self) -> None:
        self._by_mn: dict[str, Seat] = {}
        self._by_connection: dict[int, set[str]] = {}

    def of(self, mn: str) -> Seat | None:
        """Where an MN sits, if anywhere."""
        return self._by_mn.get(mn)

    def take(self, origin: Origin, message: Message, mn: str | None = None) -> None:
        """A message came by this connection; ``mn``: of a device that is only just given one."""
        mn = mn or message.mn
        seat = self._by_mn.get(mn)
        if not mn or (seat is not None and seat.origin.connection > origin.connection):
            return
        if seat is not None and seat.origin is origin:
            seat.pw, seat.standard, seat.heard = message.pw, message.standard, time.monotonic()
            seat.st = seat.st if message.st == "91" else message.st
            return
        st = message.st if message.st != "91" or seat is None else seat.st
        self._by_mn[mn] = Seat(origin, message.pw, st, message.standard, time.monotonic())
        self._by_connection.setdefault(origin.connection, set()).add(mn)

    def closed(self, connection: int) -> None:
        """A connection has ended."""
        for mn in self._by_connection.pop(connection, ()):
            if self._by_mn[mn].origin.connection == connection:
                del self._by_mn[mn]
