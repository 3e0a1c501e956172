"""Everything about one outlet on one time axis: readings, limits, marks, electricity, doors."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

import polars as pl

from yuanjian.clock import BEIJING
from yuanjian.platform.accounts.models import User
from yuanjian.platform.monitoring import doors, power
from yuanjian.platform.monitoring.selectors import mark_row, marks
from yuanjian.platform.monitoring.store import store
from yuanjian.platform.monitoring.thinning import MOST, thin
from yuanjian.platform.monitoring.window import STEP_S, Window
from yuanjian.platform.registry import codes
from yuanjian.platform.registry.models import Limit, MonitoringPoint, Origin, Outlet, PointKind

SERIES = "time", "value", "reference", "flag", "source"


def curve(user: User, outlet: Outlet, window: Window, factors: Sequence[str] = ()) -> dict[str, Any]:
    """The curve of an outlet, fetched with what belongs to it; `factors` empty: all that were received."""
    points: list[MonitoringPoint] = list(outlet.points.all())
    measuring = [point.pk for point in points if point.kind in {PointKind.GAS, PointKind.WATER}]
    readings = store().readings(
        measuring, factors or None, cadence=window.cadence, start=window.start, end=window.end
    )
    groups = readings.partition_by("factor", maintain_order=True)
    own_marks = marks(user, outlet=outlet.pk).filter(start__lt=window.end, end__gt=window.start)
    return {
        "outlet": _head(outlet),
        "start": window.start,
        "end": window.end,
        "cadence": window.cadence,
        "step_s": STEP_S[window.cadence],
        "series": [_series(group, list(outlet.limits.all()), window) for group in groups],
        "marks": [mark_row(mark) for mark in own_marks],
        "power": power.tracks(outlet, window),
        "doors": doors.events([point.pk for point in points if point.kind == PointKind.DOOR], window),
        "thinned": any(group.height > MOST for group in groups),
    }


def _head(outlet: Outlet) -> dict[str, Any]:
    enterprise = {"id": outlet.enterprise_id, "name": outlet.enterprise.name}
    return {"id": outlet.pk, "code": outlet.code, "name": outlet.name, "medium": outlet.medium} | {
        "enterprise": enterprise
    }


def _series(readings: pl.DataFrame, limits: Sequence[Limit], window: Window) -> dict[str, Any]:
    code: str = readings["factor"][0]
    factor = codes.factor(code)
    decimals: Any = readings["decimals"].max()
    return {
        "factor": code,
        "name": factor.name_zh if factor else code,
        "name_en": factor.name_en if factor else code,
        "unit": factor.unit if factor else "",
        "decimals": decimals if decimals is not None else (factor.decimals if factor else 2),
        "points": list(thin(readings.sort("time").select(SERIES)).iter_rows()),
        "limits": [
            _limit(limit, window)
            for limit in limits
            if _applies(limit, code, window) and not _replaced(limit, limits, window)
        ],
    }


def _midnight(day: Any) -> datetime:
    return datetime.combine(day, time(), BEIJING).astimezone(UTC)


def _valid(limit: Limit, window: Window) -> tuple[datetime, datetime]:
    """The part of the window in which a limit is in force (its last day included)."""
    until = _midnight(limit.valid_to + timedelta(days=1)) if limit.valid_to else window.end
    return max(_midnight(limit.valid_from), window.start), min(until, window.end)


def _applies(limit: Limit, factor: str, window: Window) -> bool:
    first, last = _valid(limit, window)
    return limit.factor == factor and first < last


def _replaced(limit: Limit, limits: Sequence[Limit], window: Window) -> bool:
    """Is it a standard's, and a limit of the permit holds in its place all the time shown?"""
    first, last = _valid(limit, window)
    return limit.origin == Origin.STANDARD and any(
        other.origin == Origin.PERMIT
        and (other.factor, other.averaging) == (limit.factor, limit.averaging)
        and _valid(other, window)[0] <= first
        and _valid(other, window)[1] >= last
        for other in limits
    )


def _limit(limit: Limit, window: Window) -> dict[str, Any]:
    first, last = _valid(limit, window)
    plain = ("low", "high", "averaging", "o2_reference", "basis")
    return {"from": first, "to": last, **{field: getattr(limit, field) for field in plain}}
