"""The newest value of every point and factor, judged against the limit in force."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from yuanjian.clock import beijing_day, utcnow
from yuanjian.platform.accounts.models import User
from yuanjian.platform.common import sql
from yuanjian.platform.common.scope import scope_sql
from yuanjian.platform.registry import codes

NEAR = 0.9  # share of the limit from which a value is near it
STALE = timedelta(hours=2)

# The newest value of any cadence up to an hour; the limit in force today, the hourly one first.
_LATEST = """
    WITH points AS (
        SELECT p.id AS point_id, o.id AS outlet_id, o.code, o.name AS outlet_name, o.enterprise_id,
            e.name AS enterprise_name
        FROM registry_monitoringpoint p
        JOIN registry_outlet o ON o.id = p.outlet_id
        JOIN registry_enterprise e ON e.id = o.enterprise_id
        WHERE p.kind IN ('gas', 'water') AND {scope}
            AND (%s::bigint IS NULL OR o.enterprise_id = %s) AND (%s::bigint IS NULL OR o.id = %s)
    ), newest AS (
        SELECT DISTINCT ON (point_id, factor) point_id, factor, time, value, reference, flag, received_at
        FROM intake.latest WHERE cadence <> 'day' AND point_id IN (SELECT point_id FROM points)
        ORDER BY point_id, factor, time DESC
    )
    SELECT points.*, newest.factor, newest.time, newest.value, newest.reference, newest.flag,
        newest.received_at, m.low, m.high, m.o2_reference
    FROM newest JOIN points USING (point_id)
    LEFT JOIN LATERAL (
        SELECT low, high, o2_reference FROM registry_limit
        WHERE outlet_id = points.outlet_id AND factor = newest.factor
            AND valid_from <= %s AND coalesce(valid_to, %s) >= %s
        ORDER BY array_position(ARRAY['hour', 'instant', 'day'], averaging::text), valid_from DESC LIMIT 1
    ) m ON true
    ORDER BY points.enterprise_id, points.code, newest.factor LIMIT %s OFFSET %s
"""


def rows(
    user: User, *, enterprise: int | None = None, outlet: int | None = None, window: slice = slice(0, 2000)
) -> list[dict[str, Any]]:
    """Latest values in scope, by enterprise, outlet and factor; one query."""
    condition, params = scope_sql(user, "o.region_code", "o.enterprise_id")
    today = beijing_day(utcnow())
    chosen = [enterprise, enterprise, outlet, outlet]
    page = [window.stop - window.start, window.start]
    found = sql.rows(_LATEST.format(scope=condition), [*params, *chosen, today, today, today, *page])
    return [_row(row) for row in found]


def _row(row: dict[str, Any]) -> dict[str, Any]:
    factor = codes.factor(row["factor"])
    plain = ("point_id", "outlet_id", "outlet_name", "enterprise_id", "enterprise_name", "factor", "time")
    ratio = _ratio(row)
    return {
        **{name: row[name] for name in plain},
        "factor_name": factor.name_zh if factor else row["factor"],
        "factor_name_en": factor.name_en if factor else row["factor"],
        "unit": factor.unit if factor else "",
        "value": row["value"],
        "reference": row["reference"],
        "flag": row["flag"],
        "limit": row["high"],
        "limit_low": row["low"],
        "ratio": ratio,
        "state": _state(row, ratio),
    }


def _judged(row: dict[str, Any]) -> float | None:
    """The value the limit speaks of: at reference oxygen if the limit has one."""
    value: float | None = row["reference"] if row["o2_reference"] is not None else row["value"]
    return value


def _ratio(row: dict[str, Any]) -> float | None:
    value = _judged(row)
    if value is None or not row["high"] or row["low"] is not None:
        return None
    return round(value / float(row["high"]), 4)


def _state(row: dict[str, Any], ratio: float | None) -> str:
    """stale, invalid, none (no limit), over, near or normal; the first that is true."""
    if utcnow() - row["received_at"] > STALE:
        return "stale"
    if row["flag"] not in {"N", ""} or row["value"] is None:
        return "invalid"
    value = _judged(row)
    if value is None or (row["high"] is None and row["low"] is None):
        return "none"
    if (row["high"] is not None and value > row["high"]) or (row["low"] is not None and value < row["low"]):
        return "over"
    return "near" if ratio is not None and ratio >= NEAR else "normal"
