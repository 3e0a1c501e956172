"""Three clocks are kept apart (device, received, camera); this module only turns one wall into another.

HJ 212 stamps are Beijing wall time without a zone. Inside, every instant is an aware UTC `datetime`;
days, months and partitions are Beijing days.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

BEIJING = ZoneInfo("Asia/Shanghai")


def utcnow() -> datetime:
    """The present instant, aware, UTC."""
    return datetime.now(UTC)


def from_beijing(wall: datetime) -> datetime:
    """A naive Beijing wall time as an instant; raises `ValueError` if it already has a zone."""
    if wall.tzinfo is not None:
        raise ValueError("expected a naive Beijing wall time")
    return wall.replace(tzinfo=BEIJING).astimezone(UTC)


def to_beijing(instant: datetime) -> datetime:
    """An aware instant shown on a Beijing wall clock (still aware)."""
    if instant.tzinfo is None:
        raise ValueError("expected an aware instant")
    return instant.astimezone(BEIJING)


def beijing_day(instant: datetime) -> date:
    """The Beijing calendar day an instant belongs to."""
    return to_beijing(instant).date()
