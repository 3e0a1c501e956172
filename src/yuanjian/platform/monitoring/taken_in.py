"""How far the journal has been taken into the lake: of what came later nobody knows anything yet."""

from __future__ import annotations

from datetime import datetime, timedelta

from yuanjian.platform.common import sql

LATE = timedelta(minutes=5)
"""More than this is told to people: ingest takes its batches within seconds."""

_FIRST_UNREAD = """
SELECT min(f.received_at) AS at FROM intake.progress p CROSS JOIN LATERAL (
    SELECT received_at FROM intake.frame WHERE shard = p.shard AND seq > p.seq ORDER BY seq LIMIT 1
) f
"""


def known_until(now: datetime) -> datetime:
    """When the first frame came that is not in the lake yet; `now` if all are.

    Nothing later may be called missing: it may lie in the journal.
    """
    row = sql.one(_FIRST_UNREAD)
    first = row["at"] if row else None
    return min(now, first) if first else now


def late(now: datetime) -> datetime | None:
    """`known_until`, if it is worth telling."""
    until = known_until(now)
    return until if now - until > LATE else None
