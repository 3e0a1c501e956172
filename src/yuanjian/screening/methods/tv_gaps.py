"""Values that are missing where it suits: selectively, one factor only, at night, before a lower level."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from yuanjian.screening.in_force import Limits
from yuanjian.screening.kernels import trailing_count
from yuanjian.screening.methods.days import any_in_day
from yuanjian.screening.methods.tv import absent, between_batches, change, load, rows_by_outlet
from yuanjian.screening.methods.windows import episodes, recent
from yuanjian.screening.scene import DAY
from yuanjian.screening.task import Hit, Subject, Task

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
MONTH = 30 * 24


def selective_gaps(task: Task) -> list[Hit]:
    """Gaps that begin more often after hours near the limit than after others, over 30 days.

    Measures: ``selectivity`` share of the hours above ``near`` that a gap follows, over that share of all
    hours; ``gaps`` gaps begun after such an hour; ``over`` gaps begun after an hour above the limit.
    """
    limits = task.limits(("hour", "day"))
    series, starts, ends = episodes(absent(task))
    last = np.maximum(starts - 1, 0)
    near_before = task.valid[series, last] & (limits.ratio[series, last] > task.params["near"])
    asked = np.isin(series, series[near_before])  # all gaps of series with one that is told
    series, starts, ends = series[asked], starts[asked], ends[asked]
    some, place = np.unique(series, return_inverse=True)
    before = np.full((len(some), task.grid.size), np.nan)
    before[:, 1:] = np.where(task.valid[some], limits.ratio[some], np.nan)[:, :-1]
    begins = np.zeros(before.shape, np.bool_)
    begins[place, starts] = True
    begins &= np.isfinite(before)
    near, over = before > task.params["near"], before > 1.0
    kinds = (np.isfinite(before), near, begins, begins & near, begins & over)
    hours, high, gaps, after_high, after_over = (trailing_count(kind, MONTH) for kind in kinds)
    hits = []
    for s, at, first, last in zip(series, place, starts, ends, strict=True):
        if not near[at, first]:
            continue
        usual = gaps[at, first] / hours[at, first]
        measures = {
            "selectivity": float(after_high[at, first] / high[at, first] / usual),
            "gaps": float(after_high[at, first]),
            "over": float(after_over[at, first]),
        }
        span = task.time(first), task.time(last)
        hits.append(Hit(task.subjects[s], (int(s),), *span, measures, limits.words(s, first)))
    return hits


def single_factor_gaps(task: Task) -> list[Hit]:
    """Hours in which exactly one of the factors an outlet owes is absent, counted over 7 days.

    Between batches of an intermittent outlet without flow nothing is owed. Measures: ``hours7``, ``top`` 1 if
    the absent factor is the one with the highest mean ratio to its limit over the 30 days before.
    """
    limits = task.limits(("hour", "day"))
    gone = absent(task) & ~between_batches(task)
    single = np.zeros(task.shape, np.bool_)
    mates: dict[int, list[int]] = {}
    for found in rows_by_outlet(task).values():
        rows = list(found.values())
        if len(rows) > 1:
            single[rows] = gone[rows] & (gone[rows].sum(axis=0) == 1)
        mates |= dict.fromkeys(rows, rows)
    series, starts, ends = episodes(single)
    some, place = np.unique(series, return_inverse=True)
    week = trailing_count(single[some], 7 * 24)
    hits = []
    for s, at, first, last in zip(series, place, starts, ends, strict=True):
        rows = mates[int(s)]
        month = slice(max(0, first - MONTH), first)
        ratio = np.where(task.valid[rows, month], limits.ratio[rows, month], np.nan)
        top = _highest(ratio) == rows.index(int(s))
        measures = {"hours7": float(week[at, last - 1]), "top": float(top)}
        span = task.time(first), task.time(last)
        hits.append(Hit(task.subjects[s], (int(s),), *span, measures))
    return hits


def _highest(ratio: Floats) -> int:
    """Which row has the highest mean, -1 if none has any value."""
    counts = np.isfinite(ratio).sum(axis=1)
    means = np.where(counts > 0, np.nansum(ratio, axis=1) / np.maximum(counts, 1), -np.inf)
    return int(np.argmax(means)) if counts.any() else -1


def night_gaps(task: Task) -> list[Hit]:
    """Gaps that prefer nights (22–06) and fixed holidays, over 30 days, judged at the end of each such day.

    Measures: ``odds`` share of the night hours that are absent over that share of the others (at least half
    an hour counted by day); ``chi2`` of the two shares; ``hours`` absent by night; ``nights`` days with them;
    ``power`` median share of the normal load in those hours (0: not known).
    """
    dark = _dark(task)
    whole = task.grid.size // 24 * 24
    gone = absent(task)
    hits = []
    for found in rows_by_outlet(task).values():
        rows = list(found.values())
        lost, due = np.asarray(gone[rows].any(axis=0)), np.asarray(task.allowed[rows].any(axis=0))
        nights = any_in_day((lost & dark)[None, :whole])[0]
        for day in np.flatnonzero(nights):
            window = slice(max(0, 24 * (int(day) + 1) - MONTH), 24 * (int(day) + 1))
            measures = _night_measures(task, rows[0], window, lost, due, dark)
            measures["nights"] = float(nights[max(0, day - 29) : day + 1].sum())
            outlet = task.subjects[rows[0]].outlet
            span = task.grid.start + int(day) * DAY, task.grid.start + (int(day) + 1) * DAY
            hits.append(Hit(Subject(outlet, outlet.point), tuple(rows), *span, measures))
    return hits


def _night_measures(
    task: Task, row: int, window: slice, lost: Bools, due: Bools, dark: Bools
) -> dict[str, float]:
    lost, due, night = lost[window], due[window], dark[window]
    g_n, h_n = float((lost & night).sum()), float((due & night).sum())
    g_d, h_d = float((lost & ~night).sum()), float((due & ~night).sum())
    total = g_n + g_d
    spare = h_n + h_d - total
    product = total * spare * h_n * h_d
    chi2 = (g_n * (h_d - g_d) - g_d * (h_n - g_n)) ** 2 * (h_n + h_d) / product if product > 0 else 0.0
    share = task.production[row].load[window][lost & night]
    share = share[np.isfinite(share)]
    return {
        "odds": (g_n / h_n) / (max(g_d, 0.5) / h_d) if h_d > 0 else 0.0,
        "chi2": chi2,
        "hours": g_n,
        "power": float(np.median(share)) if share.size else 0.0,
    }


def _dark(task: Task) -> Bools:
    """Hours of the night (22–06) and of fixed holidays, [T]."""
    night = np.isin(np.arange(task.grid.size) % 24, (22, 23, 0, 1, 2, 3, 4, 5))
    feast = [f"{day:%m-%d}" in task.params["holidays"] for day in task.days]
    return np.asarray(night | np.repeat(feast, 24)[: task.grid.size])


def drop_after_gap(task: Task) -> list[Hit]:
    """Gaps of two hours or more after which the level is lower than before, at the same load.

    Means of the ``side`` valid hours after and before, found within twice that time; a load that changed by
    more than ``load_tolerance`` leaves the gap out. Measures: ``drop`` 1 - after / before, ``half`` and
    ``deep`` gaps in 30 days with a drop of at least 0.5 and 0.7, ``before`` level before / limit, ``steady``
    1 if the load is known.
    """
    limits = task.limits(("hour", "day"))
    series, starts, ends = episodes(absent(task))
    long = ends - starts >= task.params["min_hours"]
    moved = np.zeros(task.shape, np.bool_)
    found = list(_lower(task, limits, zip(series[long], starts[long], ends[long], strict=True), moved))
    task.tested["load_change"] = moved if any(item.known for item in task.production) else "unknown"
    at = np.array([[s, first] for s, first, *_ in found], np.int64).reshape(-1, 2).T
    depth = np.array([item[3]["drop"] for item in found])
    counts = [recent(at[0], at[1], MONTH, (depth >= least).astype(np.int64)) for least in (0.5, 0.7)]
    hits = []
    for (s, first, last, measures), half, deep in zip(found, *counts, strict=True):
        span = task.time(first), task.time(last)
        all_measures = {**measures, "half": float(half), "deep": float(deep)}
        hits.append(Hit(task.subjects[s], (s,), *span, all_measures, limits.words(s, last - 1)))
    return hits


def _lower(
    task: Task, limits: Limits, gaps: Iterator[tuple[int, int, int]], moved: Bools
) -> Iterator[tuple[int, int, int, dict[str, float]]]:
    """Gaps with a drop: row, first hour absent, end of the hours compared, measures."""
    side, kw = task.params["side"], load(task)
    judged = np.where(task.valid, limits.judged, np.nan)
    for s, first, end in gaps:
        old = _known(judged[s], range(first - 1, max(-1, first - 1 - 2 * side), -1), side)
        new = _known(judged[s], range(end, min(task.grid.size, end + 2 * side)), side)
        if old.size < side or new.size < side:
            continue
        before = judged[s, old].mean()
        drop = 1.0 - judged[s, new].mean() / before if before > 0 else 0.0
        by = change(kw[s, old], kw[s, new])
        if drop < task.params["min_drop"] or before < task.params["min_steps"] * task.resolution[s]:
            continue
        if abs(by) > task.params["load_tolerance"]:
            moved[s, first:end] = True
            continue
        high = limits.high[s, first]
        measures = {
            "drop": float(drop),
            "before": float(before / high) if high > 0 else 0.0,
            "steady": float(np.isfinite(by)),
        }
        yield int(s), int(first), int(new[-1]) + 1, measures


def _known(values: Floats, at: range, count: int) -> npt.NDArray[np.int64]:
    """The first ``count`` indices with a value."""
    indices = np.fromiter(at, np.int64)
    return indices[np.isfinite(values[indices])][:count]
