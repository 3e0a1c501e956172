"""Values that were there before, or are there twice."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import numpy.typing as npt

from yuanjian.clock import to_beijing
from yuanjian.screening.kernels import trailing_count
from yuanjian.screening.kernels.copies import any_day_alike, likest_day, repeated_pieces, twin_days
from yuanjian.screening.kernels.shapes import digit_shape
from yuanjian.screening.methods.days import whole_days
from yuanjian.screening.methods.tv import load, week_ends
from yuanjian.screening.methods.windows import recent
from yuanjian.screening.scene import DAY
from yuanjian.screening.task import Hit, Task

Bools = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
NEARLY_HALF = 0.49
HALF = 0.5
MONTH = 30 * 24
ONE_CURVE = 0.999
"""Correlation from which on two curves are one."""


def copied_days(task: Task) -> list[Hit]:
    """Days that look like one of the ``lags`` days before, hour by hour.

    Days with fewer than ``min_distinct`` different values say nothing. Measures: ``rho`` correlation,
    ``equal`` share of equal hours, ``days_equal`` and ``days_rho`` days in 7 with 80 % equal or ρ > 0.999.
    """
    days, valid = _days(task)
    ranked = np.sort(np.where(valid, whole_days(task.in_steps).reshape(days.shape), -1), axis=2)
    distinct = (np.diff(ranked, axis=2) != 0).sum(axis=2)
    valid = valid & (distinct >= task.params["min_distinct"])[:, :, None]
    rho, equal, lag = likest_day(days, valid, *_likeness(task))
    same_days, like_days = trailing_count(equal >= 0.8, 7), trailing_count(rho >= 0.999, 7)
    hits = []
    for s, day in zip(*np.nonzero((rho >= task.params["min_rho"]) | (equal >= HALF)), strict=True):
        measures = {
            "rho": float(rho[s, day]),
            "equal": float(equal[s, day]),
            "days_equal": float(same_days[s, day]),
            "days_rho": float(like_days[s, day]),
        }
        begin = task.grid.start + int(day) * DAY
        words = {"model": (f"{task.days[int(day) - int(lag[s, day])]}",) * 2}
        hits.append(Hit(task.subjects[s], (int(s),), begin, begin + DAY, measures, words))
    return hits


def days_alike(task: Task) -> Bools:
    """Which rows may have two days that are nearly one; how many different values they have is not asked."""
    days, valid = _days(task)
    return any_day_alike(days, valid, *_likeness(task))


def _days(task: Task) -> tuple[Floats, Bools]:
    """Values and valid hours of the complete days, [S, D, 24]."""
    shape = len(task.subjects), task.grid.size // 24, 24
    return whole_days(task.values).reshape(shape), whole_days(task.valid).reshape(shape)


def _likeness(task: Task) -> tuple[Floats, int, int, tuple[float, float]]:
    """What `likest_day` is asked: tolerance, lags, common hours, least correlation and equal share."""
    params = task.params
    least = float(params["min_rho"]), HALF
    return task.resolution * NEARLY_HALF, int(params["lags"]), int(params["min_pairs"]), least


def copied_pieces(task: Task) -> list[Hit]:
    """Pieces of several hours that repeat an earlier piece of the same series exactly.

    A piece counts only if chance does not explain it: with ``v`` the probability that two hours of the 30
    days before are equal and ``d`` that two of their changes are, ``720 · v · d ** (length - 1)`` must not
    exceed ``chance``. Measures: ``pieces`` in 30 days, ``length`` in hours.
    """
    steps = task.in_steps
    found = [
        (s, first, last, lag)
        for s, first, last, lag in repeated_pieces(
            steps, task.valid, int(task.params["length"]), 12, MONTH
        ).tolist()
        if _chance(*_month_before(task, s, first), last - first) <= task.params["chance"]
    ]
    at = np.array(found, np.int64).reshape(-1, 4).T
    hits = []
    for (s, first, last, lag), count in zip(found, recent(at[0], at[1], MONTH), strict=True):
        measures = {"pieces": float(count), "length": float(last - first)}
        model = f"{to_beijing(task.time(first - lag)):%Y-%m-%d %H:%M}"
        words = {"lag": (f"{lag}",) * 2, "model": (model,) * 2}
        span = task.time(first), task.time(last)
        hits.append(Hit(task.subjects[s], (s,), *span, measures, words))
    return hits


def _month_before(task: Task, s: int, first: int) -> tuple[Counts, Bools]:
    before = slice(max(0, first - MONTH), first)
    return task.in_steps[s, before], task.valid[s, before]


def _chance(steps: Counts, valid: Bools, length: int) -> float:
    """Expected number of equal pieces of that length among those of the window, by chance."""
    change = np.diff(steps)[valid[1:] & valid[:-1]]
    return MONTH * _collision(steps[valid]) * _collision(change) ** (length - 1)


def _collision(sample: Counts) -> float:
    """Probability that two draws of the sample, which is not empty, are equal."""
    counts = np.unique(sample, return_counts=True)[1]
    return float(((counts / sample.size) ** 2).sum())


def twin_outlets(task: Task) -> list[Hit]:
    """Outlets of one enterprise whose curves of the same factor are one, judged at the end of each day.

    What either owes to the load of the lines of both is taken out first where it is known. Measures:
    ``rho`` correlation over 72 h, ``equal`` share of equal hours, ``days`` in a row with ρ > 0.999.
    """
    hours = 24 * int(task.params["window_days"])
    first_day = max(task.index(task.since) // 24, hours // 24)
    hits = []
    least = int(task.params["min_hours"]), int(task.params["min_distinct"])
    told = min(float(task.params["min_rho"]), ONE_CURVE), float(task.params["min_equal"])
    series = task.values, task.in_steps, task.valid, load(task)
    for one, other in _pairs(task):
        tolerance = NEARLY_HALF * max(task.resolution[[one, other]])
        rho, equal = twin_days(series, (one, other), tolerance, first_day, hours, least, told)
        streaks = _streaks(rho >= ONE_CURVE)
        alike = (rho >= task.params["min_rho"]) | (equal >= task.params["min_equal"])
        twin = task.subjects[other].outlet
        words = {"twin": (f"{twin.code} {twin.name}",) * 2}
        for day in np.flatnonzero(alike):
            end = task.grid.start + int(day) * DAY
            measures = {"rho": float(rho[day]), "equal": float(equal[day]), "days": float(streaks[day])}
            hits.append(Hit(task.subjects[one], (one, other), end - hours // 24 * DAY, end, measures, words))
    return hits


def _streaks(good: Bools) -> Counts:
    """How many in a row are good up to each, [D]."""
    at = np.arange(good.size)
    return np.asarray(at - np.maximum.accumulate(np.where(good, -1, at)))


def _pairs(task: Task) -> Iterator[tuple[int, int]]:
    """Rows of the same factor at different outlets of one enterprise."""
    groups: dict[tuple[int, str | None], list[int]] = {}
    for row, subject in enumerate(task.subjects):
        groups.setdefault((subject.outlet.enterprise, subject.factor), []).append(row)
    for rows in groups.values():
        yield from combinations(rows, 2)


def odd_digits(task: Task) -> list[Hit]:
    """Months, judged every Monday, with too few different values or with last digits that are not equally
    frequent.

    The resolution is the finest digit that is not almost always 0. Judged against what the spread allows:
    distinct values only where P95 - P5 is at least half as many steps as there are hours, last digits where
    it is at least ``digit_steps``. Measures: ``few`` hours for each different value, ``chi2``.
    """
    steps = task.in_steps
    bounds = float(task.params["min_few"]), float(task.params["min_chi2"])
    hits = []
    for window in week_ends(task, 30):
        least = int(task.params["min_hours"]), int(task.params["digit_steps"])
        few, chi2 = digit_shape(steps[:, window], task.valid[:, window], *least, bounds)
        odd = (few >= bounds[0]) | (chi2 >= bounds[1])
        end = task.time(window.stop)
        for s in np.flatnonzero(odd):
            decimals = float(task.resolution[s] < 1.0)
            measures = {"few": float(few[s]), "chi2": float(chi2[s]), "decimals": decimals}
            hits.append(Hit(task.subjects[s], (int(s),), end - 7 * DAY, end, measures))
    return sorted(hits, key=lambda hit: (hit.rows, hit.start))
