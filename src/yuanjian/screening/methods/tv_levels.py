"""Values and levels not to be believed: plateaus, rises, impossible values, jumps after visits."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from yuanjian.screening.in_force import Limits
from yuanjian.screening.kernels import trailing_count, trailing_median
from yuanjian.screening.kernels.steps import far_above
from yuanjian.screening.methods.days import any_in_day
from yuanjian.screening.methods.tv import change, load
from yuanjian.screening.methods.windows import episodes, recent
from yuanjian.screening.scene import DAY, HOUR
from yuanjian.screening.task import Hit, Task
from yuanjian.series import MarkPeriod

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
WEEK = 7 * 24
MONTH = 30 * 24


def plateau(task: Task) -> list[Hit]:
    """Hours at the limit or just below it (``targets``, shares of the limit), within ``band`` of the target.

    A series whose resolution is coarser than the width of the band is not judged. Measures: ``hours`` of
    the last 24 at the target; ``held`` the same where at most a share ``above`` of those at the target or
    higher is higher, since an honest course about the limit also exceeds it; ``days`` of 7 with twelve held.
    """
    limits = task.limits(("hour", "day"))
    band = task.params["band"]
    fine = task.valid & (task.resolution[:, None] <= 2.0 * band * limits.high)
    hits: list[Hit] = []
    for target in task.params["targets"]:
        at = fine & (np.abs(limits.ratio - target) <= band * target)
        hours = trailing_count(at, 24)
        higher = trailing_count(fine & (limits.ratio > (1.0 + band) * target), 24)
        held = np.where(higher <= task.params["above"] * (hours + higher), hours, 0)
        days = trailing_count(any_in_day(held >= 12), 7)
        for s, first, last in zip(*episodes(at), strict=True):
            measures = {
                "hours": float(hours[s, first:last].max()),
                "held": float(held[s, first:last].max()),
                "days": float(days[s, first // 24 : (last - 1) // 24 + 1].max()),
            }
            words = {**limits.words(s, first), "target": (f"{target * limits.high[s, first]:g}",) * 2}
            span = task.time(first), task.time(last)
            hits.append(Hit(task.subjects[s], (int(s),), *span, measures, words))
    return hits


def sudden_rise(task: Task) -> list[Hit]:
    """Hours far above the 24 valid hours before, at the same load.

    Measures: ``z`` distance from their median in robust deviations (1.4826 · MAD, at least ``floor`` of the
    limit), ``ratio`` to the limit, ``hours`` it lasts, ``events`` in 7 days with z ≥ 8 above the limit,
    ``steady`` 1 if production ran at that load (within ``load_tolerance``) in half of the 24 hours too, so
    that the median is that of this load. A load that has just changed by more leaves the hour out.
    """
    limits = task.limits(("hour", "day"))
    ratio, floor = limits.ratio, float(task.params["floor"])
    least = 0.999 * task.params["min_z"] * floor  # only from here on can it be a hit
    z = far_above(ratio, task.valid, 24, int(task.params["min_before"]), (least, floor))
    series, starts, ends = episodes(z >= task.params["min_z"])
    kw, tolerance = [item.kw for item in task.production], task.params["load_tolerance"]
    places = list(zip(series, starts, strict=True))
    by = np.array([change(kw[s][max(0, t - 6) : t], kw[s][t : t + 1]) for s, t in places])
    keep = ~(np.abs(by) > tolerance)
    _tell_load_change(task, series[~keep], starts[~keep])
    series, starts, ends = (a[keep] for a in (series, starts, ends))
    tops = [(z[s, a:b].max(), ratio[s, a:b].max()) for s, a, b in zip(series, starts, ends, strict=True)]
    grave = np.array([top >= 8 and level > 1.0 for top, level in tops], np.int64)
    hits = []
    rows = zip(series, starts, ends, tops, recent(series, starts, WEEK, grave), strict=True)
    for s, first, last, (top, level), count in rows:
        measures = {
            "z": float(top), "ratio": float(level), "hours": float(last - first), "events": float(count),
            "steady": float(_known_load(kw[s][max(0, first - 24) : first + 1], tolerance)),
        }  # fmt: skip
        span = task.time(first), task.time(last)
        hits.append(Hit(task.subjects[s], (int(s),), *span, measures, limits.words(s, first)))
    return hits


def _known_load(kw: Floats, tolerance: float) -> bool:
    """Was the last load there in at least twelve of the hours before? Unknown loads were not."""
    return bool((np.abs(kw[:-1] - kw[-1]) <= tolerance * kw[-1]).sum() >= 12)


def _tell_load_change(task: Task, series: npt.NDArray[np.int64], hours: npt.NDArray[np.int64]) -> None:
    """Record where a change of load took something out, for the finding's exclusions."""
    moved = np.zeros(task.shape, np.bool_)
    moved[series, hours] = True
    task.tested["load_change"] = moved if any(item.known for item in task.production) else "unknown"


def impossible_values(task: Task) -> list[Hit]:
    """Values outside what the quantity can be (``bounds`` by factor; others not below zero).

    Negative values of pollutants count from ``min_steps`` of the resolution on. Measures: ``hours`` in a row,
    ``before`` median of the 6 valid hours before / limit.
    """
    bounds = task.params["bounds"]
    low, high = np.array([bounds.get(subject.factor, (0.0, np.inf)) for subject in task.subjects]).T
    own = np.array([subject.factor in bounds for subject in task.subjects])
    low = np.where(own, low, -task.params["min_steps"] * task.resolution)
    odd = task.valid & ((task.values < low[:, None]) | (task.values > high[:, None]))
    limits = task.limits(("hour", "day"))
    sane = task.valid & ~odd & np.isfinite(limits.ratio)
    before = trailing_median(np.where(sane, limits.ratio, 0.0), sane, 6, 1)
    hits = []
    for s, first, last in zip(*episodes(odd), strict=True):
        values = task.values[s, first:last]
        extreme = f"{values[np.argmax(np.abs(values))]:g}"
        measures = {"hours": float(last - first), "before": float(np.nan_to_num(before[s, first]))}
        span = task.time(first), task.time(last)
        hits.append(Hit(task.subjects[s], (int(s),), *span, measures, {"extreme": (extreme, extreme)}))
    return hits


def jump_after_visit(task: Task) -> list[Hit]:
    """Maintenance after which the level of the next day differs from that of the day before it.

    Means over 24 hours before the mark and after it, each with ``min_hours`` valid ones; visits with a
    load that changed by more than ``load_tolerance`` are left out, and changes that are nothing new: smaller
    than the ``rare`` greatest from day to day in the 30 days before, or not half there in the ``close_hours``
    around the visit, since what is adjusted acts at once. Measures: ``change`` size of it,
    ``falls`` of the last three visits within ``visit_days`` after which the level was halved, ``steady`` 1
    if the load is known.
    """
    limits = task.limits(("hour", "day"))
    moved = np.zeros(task.shape, np.bool_)
    marks = sorted(
        {(m.point, m.factor, m.start, m.end): m for m in task.scene.marks if _visit(task, m)}.values(),
        key=lambda mark: (mark.start, mark.end),
    )
    hits: list[Hit] = []
    for s, subject in enumerate(task.subjects):
        mine = [m for m in marks if m.point == subject.outlet.point and m.factor in {None, subject.factor}]
        found = list(_changed(task, limits, s, mine, moved))
        for at, (mark, share, by) in enumerate(found):
            if abs(share) < task.params["min_change"]:
                continue
            since = mark.start - int(task.params["visit_days"]) * DAY
            falls = sum(
                other[1] <= -0.5 for other in found[max(0, at - 2) : at + 1] if other[0].start >= since
            )
            measures = {"change": abs(share), "falls": float(falls), "steady": float(np.isfinite(by))}
            words = {"direction": ("升高", "rose") if share > 0 else ("下降", "fell")}
            hits.append(Hit(subject, (s,), mark.start, mark.end + DAY, measures, words))
    task.tested["load_change"] = moved if any(item.known for item in task.production) else "unknown"
    return hits


def _usual_jump(before: Floats, rare: float) -> float:
    """What the relative change from one 24 hours to the next exceeds in a share ``rare`` of the time before.

    0 with fewer than ten changes known.
    """
    days = before[before.size % 24 :].reshape(-1, 24)
    means = [day[np.isfinite(day)].mean() if np.isfinite(day).sum() >= 12 else np.nan for day in days]
    changes = np.abs(np.diff(means) / np.where(np.array(means[:-1]) > 0, means[:-1], np.nan))
    known = changes[np.isfinite(changes)]
    return float(np.quantile(known, 1.0 - rare)) if known.size >= 10 else 0.0


def _visit(task: Task, mark: MarkPeriod) -> bool:
    return mark.kind in task.params["kinds"] and mark.start - DAY >= task.grid.start


def _changed(
    task: Task, limits: Limits, s: int, marks: list[MarkPeriod], moved: Bools
) -> Iterator[tuple[MarkPeriod, float, float]]:
    """Visits that can be judged: the mark, the relative change and the change of load (NaN: unknown)."""
    judged = np.where(task.valid[s], limits.judged[s], np.nan)
    kw = load(task)[s]
    for mark in marks:
        first, last = task.index(mark.start), task.index(mark.end - HOUR / 3600) + 1
        if last + 24 > task.grid.size:
            continue
        sides = slice(first - 24, first), slice(last, last + 24)
        if min(np.isfinite(judged[side]).sum() for side in sides) < task.params["min_hours"]:
            continue
        by = change(*(kw[side] for side in sides))
        if abs(by) > task.params["load_tolerance"]:
            moved[s, first] = True
            continue
        share = change(*(judged[side] for side in sides))
        usual = _usual_jump(judged[max(0, first - MONTH) : first], task.params["rare"])
        if abs(share) >= usual and _at_once(judged, first, last, share, int(task.params["close_hours"])):
            yield mark, share, by


def _at_once(judged: Floats, first: int, last: int, share: float, hours: int) -> bool:
    """Do the hours right before and right after the visit already show half of the change?"""
    step = change(judged[first - hours : first], judged[last : last + hours])
    return bool(step * np.sign(share) >= abs(share) / 2.0)
