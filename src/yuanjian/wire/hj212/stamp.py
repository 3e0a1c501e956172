"""Stamps of HJ 212: Beijing wall time without zone."""

from __future__ import annotations

from datetime import datetime

from .faults import Fault, PeerError


def read_time(stamp: str) -> datetime:
    """A stamp YYYYMMDDhhmmss, or with milliseconds, as Beijing wall time. Raises PeerError(TIME)."""
    digits = len(stamp) in (14, 17) and stamp.isascii() and stamp.isdigit()
    if (
        not digits or stamp[8:10] == "24"
    ):  # the C parser of ISO 8601 takes hour 24 for the next day from 3.13 on
        raise PeerError(Fault.TIME, stamp[:32])
    fraction = f".{stamp[14:]}" if len(stamp) == 17 else ""
    try:
        return datetime.fromisoformat(f"{stamp[:8]}T{stamp[8:14]}{fraction}")
    except ValueError:
        raise PeerError(Fault.TIME, stamp) from None


def is_time(text: str | None, width: int) -> bool:
    """True for a valid stamp of exactly ``width`` (14 or 17) digits."""
    try:
        return text is not None and len(text) == width and bool(read_time(text))
    except PeerError:
        return False
