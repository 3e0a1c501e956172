"""What happens too often to be logged one by one: counted, and logged once a minute."""

from __future__ import annotations

import logging
from collections import Counter

log = logging.getLogger(__name__)

EVERY_S = 60.0
NAMED = 5  # of each kind; an attack has thousands of addresses
KEPT = 10_000  # different ones in a minute; bounds the memory an attack can take


def brief(error: BaseException) -> str:
    """The first line of a database error: the others may quote what was sent, passwords included."""
    return str(error).partition("\n")[0]


class Notes:
    """Counts by kind and by who; the first of a kind is logged at once."""

    def __init__(self) -> None:
        self._counts: dict[str, Counter[str]] = {}
        self._next: float | None = None

    def add(self, kind: str, who: str) -> None:
        """Note that something happened to somebody."""
        if kind not in self._counts:
            log.warning("%s: %s", kind, who)
        counts = self._counts.setdefault(kind, Counter())
        counts[who if who in counts or len(counts) < KEPT else "others"] += 1

    def flush(self, now: float) -> None:
        """Log what was counted, if a minute has passed since the last time."""
        if self._next is None or now < self._next:
            self._next = self._next or now + EVERY_S
            return
        self._next = now + EVERY_S
        for kind, counts in self._counts.items():
            named = ", ".join(f"{who} x{count}" for who, count in counts.most_common(NAMED))
            log.warning("%s: %s in the last minute, of %s: %s", kind, counts.total(), len(counts), named)
        self._counts = {}
