"""The grid of the virtual province: ten-minute slots counted from 1970, Beijing days of 144 of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

SLOT = timedelta(minutes=10)
PER_HOUR = 6
PER_DAY = 144
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SHIFT = 8 * PER_HOUR


def slot_of(instant: datetime) -> int:
    """The slot an aware instant lies in."""
    return (instant - _EPOCH) // SLOT


def start_of(slot: int) -> datetime:
    """The instant a slot starts, UTC."""
    return _EPOCH + slot * SLOT


def day_of(slot: int) -> int:
    """The Beijing day a slot lies in, counted from 1970-01-01."""
    return (slot + _SHIFT) // PER_DAY


def first_slot(day: int) -> int:
    """The slot at Beijing midnight."""
    return day * PER_DAY - _SHIFT


def day_number(day: date) -> int:
    """A calendar day as number of days since 1970-01-01."""
    return day.toordinal() - date(1970, 1, 1).toordinal()


def wall_of(slot: int) -> datetime:
    """Beijing wall time (naive) at which a slot starts, as HJ 212 stamps it."""
    return datetime(1970, 1, 1) + (slot + _SHIFT) * SLOT  # noqa: DTZ001 — the standard's stamps carry no zone
