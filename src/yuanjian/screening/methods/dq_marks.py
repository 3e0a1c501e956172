"""Marks: how much exemption they use, what the data say meanwhile, and when they are set."""

from __future__ import annotations

from datetime import datetime
from math import comb, log10

import numpy as np
import numpy.typing as npt

from yuanjian.clock import from_beijing, to_beijing
from yuanjian.screening.exclusions import marks_on
from yuanjian.screening.kernels import trailing_count
from yuanjian.screening.methods.exceedance import ABOVE
from yuanjian.screening.methods.tv import rows_by_outlet, week_ends
from yuanjian.screening.methods.windows import episodes
from yuanjian.screening.peers import Gathered
from yuanjian.screening.scene import DAY, HOUR
from yuanjian.screening.task import FLOW, Hit, Subject, Task
from yuanjian.series import MarkKind, SeriesKey
from yuanjian.series.cube import Grid
from yuanjian.series.rules.periods import QUARTERS, YEARS, begins, since_begin

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
EXEMPT = MarkKind.STARTING | MarkKind.STOPPING | MarkKind.FAULT
UPKEEP = (
    MarkKind.CALIBRATION
    | MarkKind.MAINTENANCE
    | MarkKind.STANDARD_CHECK
    | MarkKind.BLOWBACK
    | MarkKind.REPLACED
)
MONTH = 30 * 24


def exempt_ledger(task: Task) -> list[Hit]:
    """Hours of exemption an incinerator has used: of the year, and CEMS maintenance of the quarter.

    A touched hour counts whole. Marks are read from the year's beginning on, whatever the look-back. Measure:
    ``used`` the greater share of the caps (``year_hours``, ``quarter_hours``), ``year`` and ``quarter``.
    """
    begin = from_beijing(datetime(to_beijing(task.grid.start).year, 1, 1))  # noqa: DTZ001 — a Beijing wall time
    grid = Grid.covering(begin, task.grid.end, HOUR)
    points = sorted({subject.point for subject in task.subjects})
    marks = task.scene.registry.marks(points, begin, task.grid.end)
    bits = marks_on(marks, [SeriesKey(subject.point, "") for subject in task.subjects], grid)
    some = np.flatnonzero(bits.any(axis=1))
    exempt, upkeep = ((bits[some] & np.uint16(kinds)) != 0 for kinds in (EXEMPT, MarkKind.MAINTENANCE))
    year = since_begin(exempt.astype(np.int64), begins(grid, YEARS))
    quarter = since_begin(upkeep.astype(np.int64), begins(grid, QUARTERS))
    used = np.maximum(year / task.params["year_hours"], quarter / task.params["quarter_hours"])
    hits = []
    for at, first, last in zip(*episodes(exempt | upkeep), strict=True):
        measures = {
            "used": float(used[at, last - 1]),
            "year": float(year[at, last - 1]),
            "quarter": float(quarter[at, last - 1]),
        }
        span, row = (grid.start + int(first) * HOUR, grid.start + int(last) * HOUR), int(some[at])
        hits.append(Hit(task.subjects[row], (row,), *span, measures, {}, repr(measures).encode()))
    return hits


def dust_in_exempt_hours(task: Task) -> list[Hit]:
    """Hours marked as start-up, shut-down or fault of an incinerator with dust near or above the bound.

    Measures: ``peak`` greatest value, ``over`` hours in a row above ``bound`` mg/m³, at reference oxygen
    where the limit has one.
    """
    judged = task.limits(("hour", "day")).judged
    marked = task.valid & ((task.marks & np.uint16(EXEMPT)) != 0)
    value = np.where(marked & np.isfinite(judged), judged, 0.0)
    hits = []
    for s, first, last in zip(*episodes(value > task.params["near"]), strict=True):
        part = value[s, first:last]
        measures = {"peak": float(part.max()), "over": float((part > task.params["bound"]).sum())}
        hits.append(Hit(task.subjects[s], (int(s),), task.time(first), task.time(last), measures))
    return hits


def mark_contradicted(task: Task) -> list[Hit]:
    """Hours wholly marked as stopped in which the stack or the power shows that the line runs.

    Stack: oxygen below ``max_oxygen``, gas hotter than ``min_heat`` °C and moving; power: above ``load`` of
    the normal. The first and the last hour of a mark are left out. Measures: ``hours`` in a row, ``hours30``
    in 30 days, ``over`` hours in which a value sent is above its limit.
    """
    stopped = (task.marks & np.uint16(MarkKind.STOPPED)) != 0
    inner = stopped.copy()
    inner[:, 1:] &= stopped[:, :-1]
    inner[:, :-1] &= stopped[:, 1:]
    inner[:, [0, -1]] = False
    runs, burns = _shows_power(task), _shows_gas(task)
    contradicted = inner & (runs | burns) & task.allowed
    ratio = task.limits(("hour", "day")).ratio
    above = contradicted & (ratio > ABOVE)
    hits = []
    for found in rows_by_outlet(task).values():
        rows = list(found.values())
        odd, over = contradicted[rows].any(axis=0)[None, :], above[rows].any(axis=0)
        month = trailing_count(odd, MONTH)[0]
        for _, first, last in zip(*episodes(odd), strict=True):
            part = slice(first, last)
            measures = {
                "hours": float(last - first),
                "hours30": float(month[last - 1]),
                "over": float(over[part].sum()),
            }
            by = ("用电", "power") if runs[rows[0], part].any() else ("烟气参数", "the flue gas")
            outlet = task.subjects[rows[0]].outlet
            span = task.time(first), task.time(last)
            hits.append(Hit(Subject(outlet, outlet.point), tuple(rows), *span, measures, {"by": by}))
    return hits


def _shows_power(task: Task) -> Bools:
    load = np.stack([item.load for item in task.production])
    return np.asarray(load > task.params["load"])


def _shows_gas(task: Task) -> Bools:
    velocity = task.companion({"gas": ("a01011",), "water": ()})
    heat = task.companion({"gas": ("a01012",), "water": ()})
    flow = task.companion({"gas": (FLOW["gas"],), "water": ()})
    moves = np.where(np.isfinite(velocity), velocity > task.params["min_velocity"], flow > 0)
    return np.asarray(moves & (heat > task.params["min_heat"]) & (task.oxygen < task.params["max_oxygen"]))


def frequent_upkeep(task: Task) -> list[Hit]:
    """Weeks, judged on Mondays, with more hours of maintenance and calibration marks than peers have.

    Peers are the outlets of the same medium; the scale is the MAD, at least ``min_scale`` hours. Measures:
    ``z`` of the hours, ``share`` of the marks of 30 days that began within an hour after a value above
    ``near`` of the limit, ``after`` how many that are, ``sure`` minus the decimal logarithm of the chance of
    so many if the marks did not look at the values, ``events`` of those 30 days, ``hours`` of the week.
    """
    groups, marked = _upkeep(task)
    everybody, own = task.peers, task.peers.places(task.subjects[rows[0]].outlet for rows in groups)
    begins = marked.copy()
    begins[:, 1:] &= ~marked[:, :-1]
    limits = task.limits(("hour", "day"))
    high = task.valid & (limits.ratio > task.params["near"])
    before, known = (np.stack([_hour_before(hours[rows]) for rows in groups]) for hours in (high, task.valid))
    all_z = everybody.once("z", lambda: _all_z(task, everybody))
    hits = []
    for at, week in enumerate(week_ends(task, 7)):
        z, hours = all_z[own, at], everybody["hours"][own, at]
        month = slice(max(0, week.stop - MONTH), week.stop)
        events = begins[:, month].sum(axis=1)
        after = (begins & before)[:, month].sum(axis=1)
        share = after / np.maximum(events, 1)
        begun = begins[:, week].any(axis=1)
        odd = begun & ((z > task.params["least"]) | ((share > 0) & (events >= task.params["min_events"])))
        for g in np.flatnonzero(odd):
            usual = _share_by_clock(before[g, month], known[g, month])[begins[g, month]]
            measures = {
                "z": float(z[g]),
                "share": float(share[g]),
                "after": float(after[g]),
                "sure": -log10(at_least(int(after[g]), int(events[g]), float(usual.mean()))),
                "events": float(events[g]),
                "hours": float(hours[g]),
            }
            outlet = task.subjects[groups[g][0]].outlet
            end = task.time(week.stop)
            hits.append(Hit(Subject(outlet, outlet.point), tuple(groups[g]), end - 7 * DAY, end, measures))
    return hits


def _upkeep(task: Task) -> tuple[list[list[int]], Bools]:
    """Rows by outlet, and the hours in which any of them is marked as being looked after, [O, T]."""
    groups = [list(rows.values()) for rows in rows_by_outlet(task).values()]
    return groups, np.stack([(task.marks[rows] & np.uint16(UPKEEP)).any(axis=0) for rows in groups])


def weekly_upkeep(task: Task) -> Gathered:
    """Hours of upkeep of each outlet week by week."""
    groups, marked = _upkeep(task)
    weeks = [marked[:, week].sum(axis=1) for week in week_ends(task, 7)]
    hours = np.array(weeks, np.float64).reshape(len(weeks), len(groups)).T
    return Gathered(tuple(task.subjects[rows[0]] for rows in groups), {"hours": hours})


def _all_z(task: Task, everybody: Gathered) -> Floats:
    """How far the hours of each outlet and week are from those of its peers, [O, weeks]."""
    media = np.array([subject.outlet.medium for subject in everybody.subjects])
    z = np.zeros(everybody["hours"].shape)
    for week, hours in enumerate(everybody["hours"].T):
        z[:, week] = _robust_z(hours, media, task.params["min_peers"], task.params["min_scale"])
    return z


def _hour_before(hours: Bools) -> Bools:
    """Was the hour before so for any of the rows? [T]"""
    result = np.zeros(hours.shape[1], np.bool_)
    result[1:] = hours[:, :-1].any(axis=0)
    return result


def _share_by_clock(high: Bools, known: Bools) -> Floats:
    """Share of the known hours of the same time of day that are high, for each hour; [T].

    Upkeep comes at its hours, and plants have their hours too: what meets by the clock is no sign. Half an
    hour more on either side keeps the share between 0 and 1.
    """
    clock = np.arange(high.size) % 24
    counts = [np.bincount(clock[part], minlength=24) for part in (high, known)]
    return np.asarray(((counts[0] + 0.5) / (counts[1] + 1.0))[clock])


def at_least(count: int, trials: int, chance: float) -> float:
    """Probability of ``count`` or more of ``trials`` independent events of a chance each: binomial tail."""
    terms = (comb(trials, k) * chance**k * (1.0 - chance) ** (trials - k) for k in range(count, trials + 1))
    return min(1.0, sum(terms))


def _robust_z(values: Floats, kinds: npt.NDArray[np.str_], least: int, scale: float) -> Floats:
    """Distance from the median of the kind in robust deviations; 0 with fewer than ``least`` peers."""
    z = np.zeros(values.size)
    for kind in np.unique(kinds):
        same = kinds == kind
        if same.sum() > least:
            centre = np.median(values[same])
            spread = 1.4826 * np.median(np.abs(values[same] - centre))
            z[same] = (values[same] - centre) / max(float(spread), scale)
    return z
