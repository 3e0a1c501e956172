"""Hours of start, stop and fault in which an outlet's limits do not bind: how many are used up, and by what.

The windows are those of `yuanjian.series.rules.exemptions`; here they meet the register and the marks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np

from yuanjian.clock import from_beijing, to_beijing, utcnow
from yuanjian.platform.accounts.models import Role
from yuanjian.platform.common.errors import Invalid
from yuanjian.platform.monitoring.models import Mark, MarkKind, MarkState
from yuanjian.platform.monitoring.selectors import UNREVIEWED, marks_in_force
from yuanjian.platform.registry.models import Outlet
from yuanjian.platform.registry.selectors import factor_name, factor_name_en, outlet_contexts
from yuanjian.screening.exclusions import marks_on
from yuanjian.screening.ports import OutletContext
from yuanjian.screening.subjects import INCINERATOR
from yuanjian.series import SeriesKey
from yuanjian.series import marks as series
from yuanjian.series.cube import Grid
from yuanjian.series.rules import exemptions, periods
from yuanjian.series.rules.exemptions import Window

HOUR: Final = timedelta(hours=1)
EARLIEST: Final = 2015
HAZARDOUS, CEMENT, CERAMICS, GUANGDONG = "N7724", "C3011", "C307", "44"
"""Industries of GB/T 4754-2017 and the province of the one local standard in the table."""


@dataclass(frozen=True, eq=False)
class Kept:
    """A window kept over the hours of the year so far."""

    window: Window
    key: SeriesKey
    grid: Grid
    ledger: exemptions.Ledger


def ledger(outlet: Outlet, year: int | None) -> dict[str, Any]:
    """Caps, hours used and the marks of a Beijing year up to now (default: this one).

    Without a window that fits the outlet there are none. Raises `Invalid` for a year that has not begun.
    """
    now = utcnow()
    year = year or to_beijing(now).year
    if not EARLIEST <= year <= to_beijing(now).year:
        raise Invalid("exemptions.year", "年份没有数据", "There is nothing of this year")
    start, end = (from_beijing(datetime(each, 1, 1)) for each in (year, year + 1))  # noqa: DTZ001 — Beijing wall times
    until = min(end, start + max(-((start - now) // HOUR), 1) * HOUR)
    context = next(iter(outlet_contexts(Outlet.objects.filter(pk=outlet.pk))), None)
    kept = list(_kept(context, start, until)) if context else []
    return {
        "outlet": {"id": outlet.pk, "code": outlet.code, "name": outlet.name},
        "year": year,
        "until": until,
        "windows": [_window(one, end) for one in kept],
        "entries": [_entry(mark, one) for mark, one in _marks(kept, start, until)],
    }


def windows_of(context: OutletContext) -> list[Window]:
    """The windows for an outlet's industry that concern a pollutant it has a limit of."""
    limited = {limit.factor for limit in context.limits}
    industry = _industry(context, limited)
    return [
        one
        for one in exemptions.windows()
        if one.industry == industry and (not one.factors or one.factors & limited)
    ]


def _industry(context: OutletContext, limited: set[str]) -> str:
    if limited >= INCINERATOR:
        hazardous = context.industry.startswith(HAZARDOUS)
        return "hazardous_incineration" if hazardous else "msw_incineration"
    if context.industry.startswith(CERAMICS) and context.region.startswith(GUANGDONG):
        return "ceramics_gd"
    return "cement_kiln" if context.industry.startswith(CEMENT) else ""


def _kept(context: OutletContext, start: datetime, until: datetime) -> Iterator[Kept]:
    grid = Grid.covering(start, until, HOUR)
    marks = marks_in_force([context.point], start, until)
    for window in windows_of(context):
        key = SeriesKey(context.point, min(window.factors & set(context.factors), default=""))
        yield Kept(window, key, grid, exemptions.ledger(marks_on(marks, [key], grid), window, grid))


def _window(kept: Kept, end: datetime) -> dict[str, Any]:
    """A window with the hours used in each of its periods that has begun."""
    window, grid = kept.window, kept.grid
    firsts = np.flatnonzero(periods.begins(grid, window.months)).tolist()
    lasts = [first - 1 for first in [*firsts[1:], grid.size]]
    begins = [grid.start + first * HOUR for first in firsts]
    used = [int(kept.ledger.used[0, last]) for last in lasts]
    cap = window.period_hours
    return {
        "kinds": _kinds(window),
        "factors": [
            {"factor": code, "name": factor_name(code), "name_en": factor_name_en(code)}
            for code in sorted(window.factors)
        ],
        "event_hours": window.event_hours,
        "side": window.side,
        "every": "year" if window.months == periods.YEARS else "quarter",
        "allowed": cap,
        "certainty": window.certainty,
        "source": window.source,
        "periods": [
            {"start": begin, "end": over, "used": hours, "left": None if cap is None else max(cap - hours, 0)}
            for begin, over, hours in zip(
                begins, [*begins[1:], _over(window, begins[-1], end)], used, strict=True
            )
        ],
    }


def _over(window: Window, begin: datetime, end: datetime) -> datetime:
    """When a period is over that has not ended yet."""
    if window.months == periods.YEARS:
        return end
    wall = to_beijing(begin)
    later = (wall + timedelta(days=100)).replace(day=1)
    return from_beijing(later.replace(tzinfo=None))


def _kinds(window: Window) -> list[str]:
    return [kind.code for kind in series.MarkKind if kind & window.marks]


def _marks(kept: list[Kept], start: datetime, until: datetime) -> Iterator[tuple[Mark, Kept]]:
    """Marks of the year of a kind some window knows, newest first, in whatever state."""
    of_kind = {kind: one for one in kept for kind in _kinds(one.window)}
    rows = Mark.objects.filter(
        point__in={one.key.point for one in kept}, kind__in=of_kind, start__lt=until, end__gt=start
    ).select_related("author")
    for mark in rows.order_by("-start", "-id"):
        yield mark, of_kind[mark.kind]


def _entry(mark: Mark, kept: Kept) -> dict[str, Any]:
    """A mark with the hours it touches, how many of them are exempt, and why not all of them."""
    grid = kept.grid
    first = max((mark.start - grid.start) // HOUR, 0)
    last = min(-((grid.start - mark.end) // HOUR), grid.size)
    hours = slice(first, last)
    in_force = mark.state != MarkState.RETURNED and mark.factor in {None, kept.key.factor}
    counted = int(kept.ledger.exempt[0, hours].sum()) if in_force else 0
    return {
        "id": mark.pk,
        "kind": mark.kind,
        "kind_text": MarkKind(mark.kind).label,
        "start": mark.start,
        "end": mark.end,
        "author": str(mark.author),
        "by_enterprise": mark.author.role == Role.ENTERPRISE,
        "note": mark.note,
        "state": mark.state,
        "state_text": MarkState(mark.state).label,
        "hours": last - first,
        "counted": counted,
        "reason": "" if counted == last - first else _why(mark, kept, hours),
    }


def _why(mark: Mark, kept: Kept, hours: slice) -> str:
    """Why some hours of a mark are not exempt."""
    if mark.state == MarkState.RETURNED:
        return "returned"
    if mark.factor not in {None, kept.key.factor}:
        return "factor"
    cap = kept.window.period_hours
    if cap is not None and (kept.ledger.used[0, hours] > cap).any():
        return "used_up"
    if mark.state == MarkState.PENDING and mark.end > mark.start + UNREVIEWED:
        return "unreviewed"
    return "too_long"
