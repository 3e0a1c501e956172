"""An outlet against its peers, and against its own past."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from yuanjian.clock import to_beijing
from yuanjian.screening.kernels.shifts import shift_gain
from yuanjian.screening.methods.days import whole_days
from yuanjian.screening.peers import Gathered
from yuanjian.screening.scene import DAY
from yuanjian.screening.task import Hit, Task

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
MONTH = 30 * 24


def peer_outlier(task: Task) -> list[Hit]:
    """Months, judged on the first of the next, in which an outlet differs from its peers.

    Peers: same factor and industry. Features of the valid hours: median ratio to the limit, coefficient of
    variation, median value per unit of production power. Measures: ``z`` greatest robust distance of a
    feature, ``months`` 2 if it was beyond ``again`` the month before too.
    """
    everybody, own = task.peers, task.peers.rows(task.subjects)
    kinds = [(subject.factor, subject.outlet.industry) for subject in everybody.subjects]
    before = np.zeros(len(own))
    hits = []
    for at, end in enumerate(_firsts(task)):
        distances, which = _distance(task, everybody["features"][:, at], kinds)
        z, which = distances[own], which[own]
        for s in np.flatnonzero(z > task.params["least"]):
            both = z[s] > task.params["again"] and before[s] > task.params["again"]
            measures = {"z": float(z[s]), "months": 1.0 + both}
            span = task.time(end) - 30 * DAY, task.time(end)
            hits.append(Hit(task.subjects[s], (int(s),), *span, measures, {"what": FEATURES[which[s]]}))
        before = z
    return hits


def monthly_features(task: Task) -> Gathered:
    """What `peer_outlier` compares: features of each subject month by month, [S, months, 3]."""
    ratio = np.where(task.valid, task.limits(("hour", "day")).ratio, np.nan)
    power = np.stack([item.kw for item in task.production])
    months = [
        _features(ratio[:, end - MONTH : end], power[:, end - MONTH : end], task.params["min_hours"])
        for end in _firsts(task)
    ]
    features = np.array(months).reshape(len(months), len(task.subjects), len(FEATURES))
    return Gathered(task.subjects, {"features": features.transpose(1, 0, 2)})


FEATURES = (
    ("与限值之比", "ratio to the limit"),
    ("变异系数", "coefficient of variation"),
    ("单位用电量浓度", "value per unit of power"),
)


def _firsts(task: Task) -> Iterator[int]:
    """Beginnings of Beijing months with 30 days of the grid before them."""
    for at in range(MONTH, task.grid.size + 1, 24):
        if to_beijing(task.time(at)).day == 1:
            yield at


def _features(ratio: Floats, power: Floats, least: int) -> Floats:
    """[S, 3]; NaN where too few hours are known."""
    result = np.full((len(ratio), len(FEATURES)), np.nan)
    for s in np.flatnonzero(np.isfinite(ratio).sum(axis=1) >= least):
        known = ratio[s][np.isfinite(ratio[s])]
        loaded = np.isfinite(ratio[s]) & (power[s] > 0)
        mean = known.mean()
        result[s, 0] = np.median(known)
        result[s, 1] = known.std() / mean if mean > 0 else np.nan
        result[s, 2] = np.median(ratio[s][loaded] / power[s][loaded]) if loaded.sum() >= least else np.nan
    return result


def _distance(
    task: Task, features: Floats, kinds: list[tuple[str | None, str]]
) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Greatest robust distance from the peers' median on a logarithmic scale, and in which feature."""
    logs = np.log(np.where(features > 0, features, np.nan))
    z = np.zeros(features.shape)
    for kind in dict.fromkeys(kinds):
        rows = np.array([at for at, other in enumerate(kinds) if other == kind])
        for at in range(features.shape[1]):
            known = rows[np.isfinite(logs[rows, at])]
            if known.size > task.params["min_peers"]:
                off = logs[known, at] - np.median(logs[known, at])
                spread = 1.4826 * float(np.median(np.abs(off)))
                z[known, at] = np.abs(off) / max(spread, task.params["min_scale"])
    return z.max(axis=1), z.argmax(axis=1)


def level_shift(task: Task) -> list[Hit]:
    """Days on which the level of the daily means changes and stays changed.

    The mean of the ``after`` days from a day on against the ``before`` days before it, whole weeks both, so
    that weekdays cancel; on a logarithmic scale. A split that gains more than ``penalty`` beyond BIC and more
    than its neighbours is a change. Measures: ``shift`` |after / before − 1|, ``fall`` the same if it fell.
    """
    means = _day_means(task)
    before, after = int(task.params["before"]), int(task.params["after"])
    level = np.log(np.where(means > 0, means, np.nan))
    gain, size = shift_gain(level, np.isfinite(level), before, after, int(task.params["min_known"]))
    hits = []
    for s, day in zip(*np.nonzero(gain > task.params["penalty"]), strict=True):
        around = gain[s, max(0, day - after) : day + after]
        shift = float(np.expm1(size[s, day]))
        if gain[s, day] < np.nanmax(around) or abs(shift) < task.params["least"]:
            continue
        first = 24 * int(day)
        measures = {"shift": abs(shift), "fall": max(0.0, -shift)}
        way = ("上升", "rose") if shift > 0 else ("下降", "fell")
        span = task.time(first), task.time(first + 24 * after)
        hits.append(Hit(task.subjects[s], (int(s),), *span, measures, {"way": way}))
    return hits


def _day_means(task: Task) -> Floats:
    """Mean of the valid hours of each complete day with at least ``min_hours`` of them; [S, D]."""
    valid = whole_days(task.valid).reshape(len(task.subjects), -1, 24)
    values = whole_days(np.where(task.valid, task.values, 0.0)).reshape(valid.shape)
    count = valid.sum(axis=2)
    return np.where(count >= task.params["min_hours"], values.sum(axis=2) / np.maximum(count, 1), np.nan)
