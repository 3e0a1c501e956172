"""Electricity of an outlet's facilities: power, and when they ran by the rule the models use."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from yuanjian.clock import BEIJING, to_beijing
from yuanjian.platform.monitoring.store import store
from yuanjian.platform.monitoring.thinning import thin
from yuanjian.platform.monitoring.window import LONGEST, Window
from yuanjian.platform.registry.models import Outlet
from yuanjian.platform.registry.selectors import power_meters
from yuanjian.screening.ports import PowerMeter
from yuanjian.series import Cube, SeriesKey
from yuanjian.series.cube import Grid

STEP = timedelta(minutes=10)
BASELINE = timedelta(days=30)  # the rule compares with the 30 days before
Stretch = tuple[datetime, datetime]


def tracks(outlet: Outlet, window: Window) -> list[dict[str, Any]]:
    """One track for each metered facility of the outlet; none for a window too long for minutes."""
    meters = power_meters(list(outlet.points.all()), list(outlet.facilities.all()))
    if not meters or window.end - window.start > LONGEST["minute"]:
        return []
    readings = store().readings(
        {meter.point for meter in meters},
        {meter.factor for meter in meters},
        cadence="minute",
        start=window.start,
        end=window.end,
    )
    running = _running(meters, window)
    return [_track(meter, readings, running[row]) for row, meter in enumerate(meters)]


def _track(meter: PowerMeter, readings: pl.DataFrame, running: list[Stretch]) -> dict[str, Any]:
    own = readings.filter(pl.col("point") == meter.point, pl.col("factor") == meter.factor)
    shown = thin(own.select("time", "value"))
    return {
        "facility_id": meter.facility_id,
        "name": meter.name,
        "kind": meter.kind,
        "unit": "kW",
        "rated_kw": meter.rated_kw,
        "points": list(shown.iter_rows()),
        "running": running,
    }


def _running(meters: Sequence[PowerMeter], window: Window) -> list[list[Stretch]]:
    """When each meter's facility ran, cut to the window."""
    # Imported here: Numba is of no use to a process that never draws a curve with electricity.
    from yuanjian.screening.kernels.power import ON
    from yuanjian.screening.operation import Power

    day = to_beijing(window.start - BASELINE).replace(hour=0, minute=0, second=0, microsecond=0)
    keys = list(dict.fromkeys(SeriesKey(meter.point, meter.factor) for meter in meters))
    cube = store().cube(keys, cadence="minute", start=day, end=window.end, step=STEP)
    states = Power.of(meters, cube).state == ON
    return [stretches(row.tolist(), cube.start, cube.step, window) for row in states]


def warm() -> None:
    """Load the compiled rule, or the first person who draws a curve waits for it for seconds."""
    from yuanjian.screening.operation import Power

    grid = Grid(datetime(2026, 1, 1, tzinfo=BEIJING), STEP, 1)
    cube = Cube.empty([SeriesKey(0, "")], "minute", grid)
    Power.of([PowerMeter(0, "", "total", 0, "", None)], cube)


def stretches(on: Sequence[bool], start: datetime, step: timedelta, window: Window) -> list[Stretch]:
    """Connected stretches of true samples as [from, to), cut to the window."""
    found: list[Stretch] = []
    begin: int | None = None
    for index, value in enumerate([*on, False]):
        if value and begin is None:
            begin = index
        elif not value and begin is not None:
            first, last = max(start + begin * step, window.start), min(start + index * step, window.end)
            if first < last:
                found.append((first, last))
            begin = None
    return found
