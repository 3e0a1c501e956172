"""Sudden drops of a concentration."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import numpy.typing as npt

from yuanjian.screening.kernels import low_after_drop
from yuanjian.screening.kernels.baselines import quantile_before
from yuanjian.screening.kernels.steps import median_at_falls
from yuanjian.screening.methods.windows import recent
from yuanjian.screening.task import Hit, Task

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]


def sudden_drop(task: Task) -> list[Hit]:
    """Drops of at least ``drop`` against the median of the 6 hours before, at a steady load.

    A level the series had in more than a share ``rare`` of the hours of the 30 days before is no news.
    Measures: ``drop`` share lost, ``events`` drops in 7 days, ``before`` level before / limit, ``steady`` 1
    if the production's power is known and changed by at most 10 %, ``door`` 1 if a station door was opened
    within 15 min.
    """
    params = task.params
    limits = task.limits(("hour", "day"))
    level = np.where(np.isfinite(limits.high), limits.ratio, task.values)
    valid = task.valid & np.isfinite(level)
    level = np.where(valid, level, 0.0)
    share = max(0.0, 1.0 - params["drop"])
    base = median_at_falls(level, valid, params["hours_before"], params["min_before"], share)
    floor = np.where(
        np.isfinite(limits.high), params["min_ratio"], params["min_steps"] * task.resolution[:, None]
    )
    base = np.where(base >= floor, base, np.nan)
    series, starts, ends, depths = low_after_drop(
        level, valid, base, params["drop"], params["onset_hours"], params["max_hours"]
    )
    news = _rare(task, level, valid, series, starts, ends)
    series, starts, ends, depths = series[news], starts[news], ends[news], depths[news]
    change = np.array([_load_change(task, int(s), int(t)) for s, t in zip(series, starts, strict=True)])
    moved = np.zeros(task.shape, np.bool_)
    keep = ~(np.abs(change) > params["load_tolerance"])
    moved[series[~keep], starts[~keep]] = True
    task.tested["load_change"] = moved if any(item.known for item in task.production) else "unknown"
    series, starts, ends, depths, change = (a[keep] for a in (series, starts, ends, depths, change))
    hits = []
    rows = zip(series, starts, ends, depths, change, recent(series, starts, 24 * 7), strict=True)
    for s, first, last, depth, moved_by, count in rows:
        measures = {
            "drop": float(depth),
            "events": float(count),
            "before": float(base[s, first]) if np.isfinite(limits.high[s, first]) else 0.0,
            "steady": float(np.isfinite(moved_by)),
            "door": float(_door(task, int(s), int(first))),
            "hours": float(last - first),
        }
        seen = bytes([int(measures["door"])])
        span = task.time(first), task.time(last)
        hits.append(Hit(task.subjects[s], (int(s),), *span, measures, limits.words(s, first), seen))
    return hits


def _rare(task: Task, level: Floats, valid: Bools, series: Indices, starts: Indices, ends: Indices) -> Bools:
    """Episodes whose mean level lies below what the series now and then had before, or has no past."""
    news = np.ones(series.size, np.bool_)
    for at, (s, first, last) in enumerate(zip(series, starts, ends, strict=True)):
        usual = quantile_before(level[s], valid[s], 24, 30, task.params["rare"], 7 * 24, first // 24)
        news[at] = not level[s, first:last][valid[s, first:last]].mean() >= usual
    return news


def _load_change(task: Task, s: int, t: int) -> float:
    """Change of the production's power against the hours before, as a share; NaN if not known."""
    kw = task.production[s].kw
    before = kw[max(0, t - task.params["hours_before"]) : t]
    before = before[np.isfinite(before)]
    if not before.size or not before.mean() > 0:
        return float("nan")
    return float(kw[t] / before.mean() - 1.0)


def _door(task: Task, s: int, t: int) -> bool:
    margin = timedelta(minutes=task.params["door_minutes"])
    openings = task.scene.openings.get(task.subjects[s].outlet.outlet, ())
    return any(task.time(t) - margin <= opening.time < task.time(t + 1) + margin for opening in openings)
