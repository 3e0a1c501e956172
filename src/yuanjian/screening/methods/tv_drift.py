"""Levels that leave what the plant, its own past or its peers explain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from yuanjian.screening.kernels import trailing_count
from yuanjian.screening.kernels.steps import MAD_TO_SIGMA
from yuanjian.screening.methods.days import count_in_day, whole_days
from yuanjian.screening.methods.tv import load, running, week_ends
from yuanjian.screening.peers import Gathered
from yuanjian.screening.scene import DAY
from yuanjian.screening.task import Hit, Task

Bools = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
RUN = 7


def shewhart(task: Task) -> list[Hit]:
    """Shewhart's rules on the residuals of daily means after a regression on load and oxygen.

    Beyond 3 σ; the seventh day in a row on one side; the seventh rise or fall in a row. Trained on the valid
    days among the ``train_days`` before. Measures: ``signals`` and ``kinds`` of them in 7 days, ``sigma``.
    """
    usable = running(task)
    enough = count_in_day(usable) >= task.params["min_hours"]
    parts = [_day_means(part, usable) for part in (task.values, load(task), task.oxygen)]
    z = np.full(enough.shape, np.nan)
    for s in range(len(task.subjects)):
        for day in range(int(task.params["train_days"]), enough.shape[1]):
            if enough[s, day]:
                z[s, day] = _residual(task, [part[s] for part in parts], enough[s], day)
    kinds = [np.abs(z) > 3.0, _seventh(np.sign(z)), _seventh(_steps(z))]
    counts = np.stack([trailing_count(kind, RUN) for kind in kinds])
    hits = []
    for s, day in zip(*np.nonzero(np.any(kinds, axis=0)), strict=True):
        measures = {
            "signals": float(counts[:, s, day].sum()),
            "kinds": float((counts[:, s, day] > 0).sum()),
            "sigma": float(abs(z[s, day])),
        }
        begin = task.grid.start + int(day) * DAY
        hits.append(Hit(task.subjects[s], (int(s),), begin, begin + DAY, measures))
    return hits


def _day_means(values: Floats, usable: Bools) -> Floats:
    """Mean over the usable hours of each complete day, [S, D]; NaN where any of them has no value."""
    sums = whole_days(np.where(usable, values, 0.0)).reshape(len(values), -1, 24).sum(axis=2)
    return np.asarray(sums / np.maximum(count_in_day(usable), 1))


def _residual(task: Task, parts: list[Floats], enough: Bools, day: int) -> float:
    """How far a day lies off the regression of the days before it, in σ of a prediction; NaN if unknown."""
    window = np.arange(day - int(task.params["train_days"]), day)
    window = window[enough[window]]
    known = [part for part in parts[1:] if np.isfinite(part[window]).all() and np.isfinite(part[day])]
    if window.size < task.params["min_days"]:
        return float("nan")
    design = np.stack([np.ones(len(parts[0])), *known], axis=1)
    found, *_ = np.linalg.lstsq(design[window], parts[0][window], rcond=None)
    rest = parts[0][window] - design[window] @ found
    weight = design[day] @ np.linalg.pinv(design[window].T @ design[window]) @ design[day]
    sigma = np.sqrt((1.0 + weight) * (rest**2).sum() / (window.size - design.shape[1]))
    return float((parts[0][day] - design[day] @ found) / sigma) if sigma > 0 else float("nan")


def _steps(z: Floats) -> Floats:
    """Sign of the change from day to day."""
    result = np.full(z.shape, np.nan)
    result[:, 1:] = np.sign(np.diff(z, axis=1))
    return result


def _seventh(sign: Floats) -> Bools:
    """Is it the seventh equal sign in a row, and not the eighth?"""
    result = np.zeros(sign.shape, np.bool_)
    for t in range(RUN - 1, sign.shape[1]):
        run = sign[:, t - RUN + 1 : t + 1]
        same = (np.abs(run) == 1).all(axis=1) & (run == run[:, :1]).all(axis=1)
        longer = sign[:, t - RUN] == sign[:, t] if t >= RUN else np.zeros(len(sign), np.bool_)
        result[:, t] = same & ~longer
    return result


@dataclass(frozen=True, slots=True)
class Low:
    """How low a row is: robust deviations below its peers, share below itself, how many peers."""

    sigma: float
    fall: float
    peers: int


def low_among_peers(task: Task) -> list[Hit]:
    """Months, judged every Monday, whose mean is far below those of outlets of the same trade.

    Robust deviations of the logarithm, below the median of ``min_peers`` and more, and below 95 % of them.
    Measures: ``sigma``, ``fall`` below the outlet's own mean of the ``own_days`` before, ``mean`` over limit.
    """
    everybody, own = task.peers, task.peers.rows(task.subjects)
    lows = everybody.once("lowest", lambda: _lowest_of_all(task, everybody))
    ends = [task.time(week.stop) for week in week_ends(task, 30)]
    hits = []
    for s, place in enumerate(own.tolist()):
        for week, low in lows.get(place, ()):
            mean = float(everybody["means"][place, week])
            measures = {"sigma": low.sigma, "fall": low.fall, "mean": mean}
            words = {"peers": (f"{low.peers}",) * 2}
            hits.append(Hit(task.subjects[s], (s,), ends[week] - 7 * DAY, ends[week], measures, words))
    return hits


def _lowest_of_all(task: Task, everybody: Gathered) -> dict[int, list[tuple[int, Low]]]:
    """The weeks in which each subject, by its place, is far below the others of its trade."""
    groups: dict[tuple[str, str | None], list[int]] = {}
    for at, subject in enumerate(everybody.subjects):
        groups.setdefault((subject.outlet.industry, subject.factor), []).append(at)
    found: dict[int, list[tuple[int, Low]]] = {}
    for group in groups.values():
        places = np.array(group)
        for week in range(everybody["means"].shape[1]):
            for at, low in _lowest(task, places, everybody["means"][:, week], everybody["before"][:, week]):
                found.setdefault(at, []).append((week, low))
    return found


def monthly_means(task: Task) -> Gathered:
    """Means over the limit of the months that end each week, and of ``own_days`` before them, [S, weeks]."""
    limits = task.limits(("hour", "day"))
    known = task.valid & (limits.ratio > 0)
    counts = count_in_day(known)
    sums = whole_days(np.where(known, limits.ratio, 0.0)).reshape(*counts.shape, 24).sum(axis=2)
    ends = np.array([week.stop // 24 for week in week_ends(task, 30)], np.int64)
    least, own = task.params["min_hours"], int(task.params["own_days"])
    means = _means(sums, counts, ends - 30, ends, least)
    before = _means(sums, counts, np.maximum(ends - 30 - own, 0), ends - 30, least)
    return Gathered(task.subjects, {"means": means, "before": before})


def _means(sums: Floats, counts: Counts, firsts: Counts, lasts: Counts, least: int) -> Floats:
    """Mean over some spans of days, NaN with fewer than ``least`` hours; [S, spans]."""
    total, count = (
        np.stack([days[:, first:last].sum(axis=1) for first, last in zip(firsts, lasts, strict=True)], axis=1)
        if len(firsts)
        else np.zeros((len(days), 0))
        for days in (sums, counts)
    )
    return np.asarray(np.where(count >= least, total / np.maximum(count, 1), np.nan))


def _lowest(
    task: Task, places: npt.NDArray[np.int64], means: Floats, before: Floats
) -> Iterator[tuple[int, Low]]:
    """Those of a trade that are far below the others."""
    known = places[np.isfinite(means[places])]
    logs = np.log(means[known])
    count = known.size - 1
    if count < task.params["min_peers"]:
        return
    ranked = np.sort(logs)
    above = known.size - np.searchsorted(ranked, logs, "right")
    # Without one of the lower half, the median lies at most one rank higher.
    highest = ranked[min(known.size // 2 + 1, count)]
    far = (highest - logs) / task.params["min_spread"] >= task.params["min_sigma"]
    for at in np.flatnonzero(far & (above >= 0.95 * count)):
        others = np.delete(logs, at)
        centre = float(np.median(others))
        spread = MAD_TO_SIGMA * float(np.median(np.abs(others - centre)))
        sigma = (centre - logs[at]) / max(spread, task.params["min_spread"])
        if sigma >= task.params["min_sigma"]:
            s = int(known[at])
            fall = 1.0 - means[s] / before[s] if before[s] > 0 else 0.0
            yield s, Low(float(sigma), float(max(fall, 0.0)), count)
