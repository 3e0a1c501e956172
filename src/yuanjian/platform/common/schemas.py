"""Shapes that appear in many answers (CONTRACT of the API)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from ninja import Schema
from pydantic import AfterValidator, Field

from yuanjian.clock import from_beijing, utcnow

_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=3660)  # limits of a curve and of planned stops; the database could hold more


def _instant(given: datetime) -> datetime:
    """An instant no calendar stumbles over; a time without a zone is Beijing time."""
    if not 1900 < given.year < 9000:  # before a change of zone could leave the calendar
        raise ValueError("not a plausible time")
    instant = from_beijing(given) if given.tzinfo is None else given.astimezone(UTC)
    if not _EARLIEST <= instant <= utcnow() + _AHEAD:
        raise ValueError("not a plausible time")
    return instant


Instant = Annotated[datetime, AfterValidator(_instant)]
"""A time in a request: aware, UTC, between 1970 and ten years from now."""

RowId = Annotated[int, Field(le=2**63 - 1)]
"""An id in a request that hand-written SQL looks up; the database knows no greater number."""


class Named(Schema):
    """A reference to an enterprise, a person…"""

    id: int
    name: str


class OutletRef(Schema):
    """A reference to an outlet."""

    id: int
    code: str
    name: str


class ActivityRow(Schema):
    """One line of a timeline."""

    at: datetime
    actor: str
    actor_en: str
    action: str
    text: str
    text_en: str
    data: dict[str, Any]


class ErrorOut(Schema):
    """Every error: a stable code, and what to tell the person."""

    code: str
    message: str
    message_en: str
    details: dict[str, Any]
