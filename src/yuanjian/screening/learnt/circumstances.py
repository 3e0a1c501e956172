"""Numbers about the time of a clue: what came, what stood still, marks, doors, load, and what models said."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from yuanjian.clock import to_beijing
from yuanjian.screening.grading import Graded
from yuanjian.screening.ports import OutletContext, Readings, Registry
from yuanjian.screening.scene import DAY, HOUR, Scene
from yuanjian.series import FlagCode, SeriesKey
from yuanjian.series.validity import VALID_FLAGS

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
CONCENTRATIONS = ("a2", "a34", "a05", "w01018", "w2")
"""Beginnings of the codes of pollutants."""
BEFORE = timedelta(days=7)
STILL = 0.8
"""A series stands still if this share of its hours repeats the one before."""
LEAST = 4


def describe(
    outlet: OutletContext, readings: Readings, registry: Registry, findings: Sequence[Graded],
    start: datetime, end: datetime,
) -> dict[str, float]:  # fmt: skip
    """Numbers of `kinds.NUMBERS` about a clue of an outlet over ``[start, end)``, and ``M205`` … of models.

    ``findings``: those of the outlet, with their ``factor`` if they have one; within a day they count. A
    model counts a third for a reminder, 1 for a work order.
    """
    last = max(end, start + HOUR) + DAY
    scene = Scene((outlet,), readings.snapshot(), registry, _floor(start - BEFORE), last, last, start)
    part = slice(int((start - scene.grid.start) // HOUR), max(int(-(-(end - scene.grid.start) // HOUR)), 1))
    hours = _hours(scene, outlet, part)
    near = [f for f in findings if f.start < end + DAY and f.end > start - DAY]
    said: dict[str, float] = {}
    for finding in near:
        said[finding.model] = max(said.get(finding.model, 0.0), (4 - finding.level) / 3)
    named = {factor for f in near if (factor := getattr(f, "factor", None))}
    return {
        **hours,
        **_marks(scene, outlet, start, end),
        **_doors(scene, outlet, start, end),
        "night": float(to_beijing(start).hour >= 22 or to_beijing(start).hour < 6),
        "length": math.log10(max((end - start) / HOUR, 1.0)),
        "load": _load(scene, outlet, part),
        "breadth": len(named & set(outlet.factors)) / max(len(outlet.factors), 1),
        "models": min(len(said), 10) / 10,
        **said,
    }


def _floor(instant: datetime) -> datetime:
    return instant.replace(minute=0, second=0, microsecond=0)


def _hours(scene: Scene, outlet: OutletContext, part: slice) -> dict[str, float]:
    """What the hour values of the outlet's factors were like in a part of the scene."""
    rows = scene.hour_rows([SeriesKey(outlet.point, code) for code in outlet.factors])
    values = scene.hours.values[rows].astype(np.float64)
    flags = scene.hours.flags[rows]
    missing = flags[:, part] == FlagCode.MISSING
    odd = ~np.isin(flags[:, part], VALID_FLAGS) & ~missing
    return {
        "missing": _share(missing),
        "all_missing": _share(missing.all(axis=0)) if len(rows) else 0.0,
        "flagged": _share(odd),
        "frozen": _still(values[:, part]),
        **_moved(outlet, values, part),
    }


def _share(what: Bools) -> float:
    return float(what.mean()) if what.size else 0.0


def _still(values: Floats) -> float:
    """Share of the series that repeat themselves, of those with enough hours."""
    pairs = np.isfinite(values[:, 1:]) & np.isfinite(values[:, :-1])
    same = (np.diff(values, axis=1) == 0) & pairs
    known = pairs.sum(axis=1) >= LEAST
    return _share(same.sum(axis=1)[known] >= STILL * pairs.sum(axis=1)[known])


def _moved(outlet: OutletContext, values: Floats, part: slice) -> dict[str, float]:
    """How far the pollutants fell and rose against the time before, and how near the limit they had been."""
    lower = higher = near = 0.0
    for row, code in enumerate(outlet.factors):
        if code.startswith(CONCENTRATIONS):
            before, now = (_median(values[row, some]) for some in (slice(0, part.start), part))
            if before > 0 and now > -1.0:
                ratio = math.log(max(now, 0.05 * before) / before)
                lower, higher = max(lower, -ratio), max(higher, ratio)
            highs = [limit.high for limit in outlet.limits if limit.factor == code and limit.high]
            day = values[row, max(part.start - 24, 0) : part.start]
            if highs and np.isfinite(day).any():
                near = max(near, float(np.nanmax(day)) / min(highs))
    return {"lower": min(lower, 2.0), "higher": min(higher, 2.0), "near": min(near, 2.0)}


def _median(values: Floats) -> float:
    """Of what is known; -1 with too little."""
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size >= LEAST else -1.0


def _marks(scene: Scene, outlet: OutletContext, start: datetime, end: datetime) -> dict[str, float]:
    own = [mark for mark in scene.marks if mark.point == outlet.point]

    def any_of(*kinds: str) -> float:
        return float(any(m.kind in kinds and m.start < end + DAY and m.end > start - DAY for m in own))

    inside = [(max(m.start, start), min(m.end, end)) for m in own if m.kind == "stopped"]
    stopped = sum(((b - a) / (end - start) for a, b in inside if b > a), 0.0)
    return {
        "maintained": any_of("maintenance", "replaced"),
        "calibrated": any_of("calibration", "standard_check"),
        "reported": any_of("fault", "comm_loss", "power_loss"),
        "stopped": min(stopped, 1.0),
    }


def _doors(scene: Scene, outlet: OutletContext, start: datetime, end: datetime) -> dict[str, float]:
    times = [opening.time for opening in scene.openings.get(outlet.outlet, ())]
    during = sum(start <= time < end for time in times) / max((end - start) / DAY, 1.0)
    return {
        "opened": float(any(start - DAY <= time < start + 2 * HOUR for time in times)),
        "visits": min(during, 3.0) / 3.0,
    }


def _load(scene: Scene, outlet: OutletContext, part: slice) -> float:
    """Load against the highest of the scene; a half where nothing is known."""
    kw = scene.production(outlet, timedelta(minutes=10)).kw
    known = kw[part][np.isfinite(kw[part])]
    top = float(np.nanmax(kw)) if np.isfinite(kw).any() else 0.0
    return float(known.mean()) / top if known.size and top > 0 else 0.5
