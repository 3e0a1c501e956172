"""What the three-value models (missing, repeated, abnormal values) share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from yuanjian.clock import to_beijing
from yuanjian.screening.exclusions import nowhere
from yuanjian.screening.kernels import gaps_up_to
from yuanjian.screening.kernels.moments import held_run
from yuanjian.screening.kernels.power import ON
from yuanjian.screening.scene import DAY, HOUR
from yuanjian.screening.task import Task
from yuanjian.series import FlagCode

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


def rows_by_outlet(task: Task) -> dict[int, dict[str, int]]:
    """Row of each factor, by outlet."""
    rows: dict[int, dict[str, int]] = {}
    for row, subject in enumerate(task.subjects):
        rows.setdefault(subject.outlet.outlet, {})[subject.factor or ""] = row
    return rows


def absent(task: Task) -> Bools:
    """Hours that were due, carry no mark and did not come, after data were seen and for ``max_gap_days``."""
    missing = (task.flags == FlagCode.MISSING) & task.allowed
    due = task.index(task.scene.now - task.params["grace_hours"] * HOUR)
    missing[:, max(due, 0) :] = False
    return gaps_up_to(missing, 24 * int(task.params["max_gap_days"]))


def between_batches(task: Task) -> Bools:
    """Hours without flow of outlets that discharge in batches: nothing is owed in them."""
    rows = [row for row, subject in enumerate(task.subjects) if subject.outlet.intermittent]
    if not rows:
        return nowhere(task.shape)
    idle = np.zeros(task.shape, np.bool_)
    idle[rows] = ~(task.flow[rows] > 0)
    return idle


def running(task: Task) -> Bools:
    """Valid hours in which production runs and its power is known."""
    state = np.stack([item.state for item in task.production])
    return np.asarray(task.valid & (state == ON) & np.isfinite(load(task)))


def load(task: Task) -> Floats:
    """Mean power of the production behind each subject in kW, [S, T]."""
    return task.load


def change(before: Floats, after: Floats) -> float:
    """Relative change from the mean of one sample to that of another; NaN if not known."""
    before, after = before[np.isfinite(before)], after[np.isfinite(after)]
    if not before.size or not after.size or not before.mean() > 0:
        return float("nan")
    return float(after.mean() / before.mean() - 1.0)


def load_classes(kw: Floats, usable: Bools, train: slice, edges: Sequence[float]) -> npt.NDArray[np.int64]:
    """Class of the load of each hour: the last of ``edges`` it exceeds, as a share of full load; [T].

    Full load is the P95 of the usable hours of the training period, so that what was learned and what is
    judged are measured by the same load. -1 below the first edge and in hours that are not usable.
    """
    learned = kw[train][usable[train]]
    full = float(np.quantile(learned, 0.95)) if learned.size else np.inf
    found = np.searchsorted(np.asarray(edges) * full, np.where(usable, kw, 0.0)) - 1
    return np.asarray(np.where(usable, found, -1))


def mondays(task: Task, train_days: int) -> Iterator[tuple[slice, slice]]:
    """Weeks that begin on a Beijing Monday, each with the ``train_days`` before it, as slices of the grid.

    What is learned weekly depends on the date alone. Only weeks with all their training on the grid, from
    ``task.since`` on.
    """
    first = max(task.index(task.since) - 7 * 24, 24 * train_days, 0)
    for at in range(-(-first // 24) * 24, task.grid.size, 24):
        if to_beijing(task.time(at)).weekday() == 0:
            yield slice(at - 24 * train_days, at), slice(at, min(at + 7 * 24, task.grid.size))


def week_ends(task: Task, days: int) -> Iterator[slice]:
    """The last ``days`` days before each Beijing Monday from ``task.since`` on, as slices of the grid."""
    for train, _ in mondays(task, days):
        yield train
    if to_beijing(task.grid.end).weekday() == 0 and task.grid.end - days * DAY >= task.grid.start:
        yield slice(task.grid.size - 24 * days, task.grid.size)


@dataclass(frozen=True, slots=True)
class Steady:
    """A row stayed as the widest condition says from ``first`` to ``last``; hours by condition."""

    row: int
    first: int
    last: int
    hours: Mapping[str, float]


def steady(conditions: Mapping[str, Bools], usable: Bools, window: int, pause: int) -> Iterator[Steady]:
    """Runs in which the first (widest) condition holds, and how long the narrower ones hold in them.

    A condition at an hour speaks of the ``window`` usable hours up to it, so a run of n hours covers
    n + window - 1.
    """
    names = list(conditions)
    runs = {name: held_run(good & usable, usable, pause) for name, good in conditions.items()}
    for s, first, last, count in zip(*runs[names[0]], strict=True):
        hours = {names[0]: float(count + window - 1)}
        for name in names[1:]:
            series, starts, ends, counts = runs[name]
            inside = counts[(series == s) & (starts < last) & (ends > first)]
            hours[name] = float(inside.max() + window - 1) if inside.size else 0.0
        begin = np.flatnonzero(usable[s, : first + 1])[-window:][0]
        yield Steady(int(s), int(begin), int(last), hours)
