"""The time window of a curve: its defaults and its limits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from yuanjian.clock import utcnow
from yuanjian.platform.common.errors import Invalid

Cadence = Literal["realtime", "minute", "hour", "day"]
LONGEST = {
    "realtime": timedelta(days=7),
    "minute": timedelta(days=92),
    "hour": timedelta(days=732),
    "day": timedelta(days=3660),
}
DEFAULT = {
    "realtime": timedelta(hours=6),
    "minute": timedelta(hours=24),
    "hour": timedelta(days=7),
    "day": timedelta(days=30),
}
STEP_S = {"realtime": 60, "minute": 60, "hour": 3600, "day": 86400}


@dataclass(frozen=True)
class Window:
    """[start, end) in UTC and the cadence of the readings shown."""

    cadence: str
    start: datetime
    end: datetime


def window(start: datetime | None, end: datetime | None, cadence: Cadence) -> Window:
    """The window asked for. Refuses an empty or too long one (422)."""
    last = end or utcnow()
    first = start or last - DEFAULT[cadence]
    if first >= last:
        raise Invalid("curve.empty", "开始时间应早于结束时间", "The start must be before the end")
    if last - first > LONGEST[cadence]:
        days = LONGEST[cadence].days
        raise Invalid(
            "curve.too_long", f"时间范围不能超过 {days} 天", f"The window may have {days} days at most"
        )
    return Window(cadence, first, last)
