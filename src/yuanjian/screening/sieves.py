"""Sieves: which subjects a method cannot have anything to say about, told from a glance at the raw values.

Most series are quiet. A sieve is a necessary condition of its method that costs a hundredth of it: subjects
it lets fall would give no hit, so the findings are those of a run without (`tests/screening/test_sieves.py`).
It rests on the conditions under which a method makes a hit, never on levels, which people change.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from yuanjian.screening.kernels.glances import deepest_fall, stands_still
from yuanjian.screening.methods.dq_marks import UPKEEP
from yuanjian.screening.methods.tv_repeats import days_alike
from yuanjian.screening.task import Task
from yuanjian.series import MarkKind

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Sieve = Callable[[Task], Bools]
SPARE = 1e-5
"""Sums and means are rounded; a sieve is a little wider than the condition it stands for."""
TINY = math.ulp(0.0)
"""The least number above 0: a power of a chance may be rounded to 0, never below."""


def sift(task: Task) -> Task | None:
    """The task with the subjects its sieve keeps; None if there are none."""
    sieve = SIEVES.get(task.model.kernel)
    if sieve is None or not task.has_values:
        return task
    kept = np.flatnonzero(sieve(task))
    if not kept.size:
        return None
    return task if kept.size == len(task.subjects) else task.only(kept)


def _reaches(share: Callable[[Task], float], *averaging: str) -> Sieve:
    """Some value reaches that share of the limit."""

    def sieve(task: Task) -> Bools:
        return np.asarray(task.limits(averaging).highest >= share(task) - SPARE)

    return sieve


def _day_above(task: Task) -> Bools:
    """A daily mean above the limit needs an hour above it; all factors of the outlet are then told."""
    high = task.limits(("day", "hour")).highest > 1.0 - SPARE
    outlets = {s.outlet.outlet for s, one in zip(task.subjects, high, strict=True) if one}
    return np.array([subject.outlet.outlet in outlets for subject in task.subjects], np.bool_)


def _still(task: Task) -> Bools:
    """As many equal hours in a row as chance must leave unexplained; it is never taken for less than 1 %."""
    chance = max(float(task.params["chance"]), TINY)
    least = 1 + math.ceil(math.log(chance) / math.log(0.01) - SPARE)
    cube = task.scene.hours
    return np.asarray(stands_still(cube.values, task.rows, task.resolution, least))


def _falls(task: Task) -> Bools:
    """A value that is low against the greatest of the hours before it.

    What is judged is raw values by a factor that stays, unless they are converted or the limit changes.
    """
    deepest = deepest_fall(task.scene.hours.values, task.rows, max(1, int(task.params["hours_before"])))
    limits = task.limits(("hour", "day"))
    otherwise = limits.converted.any(axis=1) | _changing(limits.high)
    return np.asarray((deepest >= min(1.0, task.params["drop"]) - SPARE) | otherwise)


def _changing(high: Floats) -> Bools:
    """Rows whose limit is not the same throughout."""
    if not high.strides[1]:
        return np.zeros(len(high), np.bool_)
    first = high[:, :1]
    return np.asarray(~((high == first) | (np.isnan(high) & np.isnan(first))).all(axis=1))


def _impossible(task: Task) -> Bools:
    """A value outside what the quantity can be."""
    bounds = task.params["bounds"]
    low, high = np.array([bounds.get(subject.factor, (0.0, np.inf)) for subject in task.subjects]).T
    least, greatest = (extreme[task.rows] for extreme in task.scene.extremes)
    own = np.array([subject.factor in bounds for subject in task.subjects])
    low = np.where(own, low, -task.params["min_steps"] * task.resolution)
    return np.asarray((least < low) | (greatest > high))


def _converted(task: Task) -> Bools:
    """A limit at a reference oxygen content."""
    return np.asarray(task.limits(("hour", "day")).converted.any(axis=1))


def _marked(kinds: MarkKind) -> Sieve:
    """Somebody has marked the outlet so."""

    def sieve(task: Task) -> Bools:
        points = {mark.point for mark in task.scene.marks if mark.bit & kinds}
        return np.array([{s.point, s.outlet.point} & points != set() for s in task.subjects], np.bool_)

    return sieve


def _beside(*factors: str) -> Sieve:
    """The outlet measures these factors too."""

    def sieve(task: Task) -> Bools:
        return np.array([{*factors} <= {*s.outlet.factors} for s in task.subjects], np.bool_)

    return sieve


def _plateau_from(task: Task) -> float:
    """The lowest edge of a band about a target."""
    band = task.params["band"]
    return min((target * (1.0 - band) for target in task.params["targets"]), default=math.inf)


def _unless_any(name: str, least: Callable[[Task], float]) -> Callable[[Task], float]:
    """That share of the limit; none where a parameter is so low that every series is told."""
    return lambda task: least(task) if task.params[name] > 0 else -math.inf


def _sends(*cadences: str) -> Sieve:
    """Anybody sends values of one of these cadences."""

    def sieve(task: Task) -> Bools:
        points = {point for subject in task.subjects for point in (subject.point, subject.outlet.point)}
        sent = any(task.scene.sends(cadence, points) for cadence in cadences)
        return np.full(len(task.subjects), sent)

    return sieve


SIEVES: dict[str, Sieve] = {
    "exceed_run": _reaches(lambda _: 1.0, "hour"),
    "rolling_days": _day_above,
    "incinerator_days": _reaches(lambda task: min(1.0, float(task.params["near"])), "day"),
    "constant_run": _still,
    "copied_days": days_alike,
    "plateau": _reaches(_plateau_from, "hour", "day"),
    "step_change": _falls,
    "truncated": _reaches(_unless_any("min_z", lambda task: 1.0 - task.params["bandwidth"]), "hour", "day"),
    "near_limit_share": _reaches(_unless_any("min_share", lambda _: 0.9), "hour", "day"),
    "impossible_values": _impossible,
    "oxygen_conversion": _converted,
    "mark_contradicted": _marked(MarkKind.STOPPED),
    "frequent_upkeep": _marked(UPKEEP),
    "flow_recompute": _beside("a01011"),
    "nox_as_no": _beside("a21003", "a21004"),
    "aggregation": _sends("minute", "day"),
    "periodic": _sends("minute"),
    "residual_control": _sends("minute"),
    "clock": _sends("realtime"),
}
"""By method; the others have none."""
