"""Stamps of HJ 212: Beijing wall time without zone."""

from __future__ import annotations

from datetime import datetime

from .faults import Fault, PeerError


def read_time(stamp: str) -> datetime:
    """A stamp YYYYMMDDhhmmss, or with milliseconds, as Beijing wall time. Raises PeerError(TIME)."""
    if len(stamp) not in (14, 17) or not (stamp.isascii() and stamp.isdigit()):
        raise PeerError(Fault.TIME, stamp[:32])
    month, day, hour, minute, second = (int(stamp[at : at + 2]) for at in range(4, 14, 2))
    try:
        return datetime(  # noqa: DTZ001 — the standard's stamps carry no zone
            int(stamp[:4]), month, day, hour, minute, second, int(stamp[14:] or 0) * 1000
        )
    except ValueError:
        raise PeerError(Fault.TIME, stamp) from None


def is_time(text: str | None, width: int) -> bool:
    """True for a valid stamp of exactly ``width`` (14 or 17) digits."""
    try:
        return text is not None and len(text) == width and bool(read_time(text))
    except PeerError:
        return False
