"""An outlet against its peers, and against its own past."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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
    feature, ``moved`` how much of it is new: its distance from the median of that of the ``own_months``
    before (0 before two of them are known), ``months`` 2 if both were beyond ``again`` the month before too.
    """
    everybody, own = task.peers, task.peers.rows(task.subjects)
    places = [month[own] for month in everybody.once("distances", lambda: _all_places(task, everybody))]
    before = np.zeros(len(own), np.bool_)
    hits = []
    for at, end in enumerate(_firsts(task)):
        z = np.nan_to_num(np.abs(places[at]))
        which, each = z.argmax(axis=1), np.arange(len(own))
        moved = _moved(places, at, int(task.params["own_months"]))[each, which]
        z = z[each, which]
        new = (z > task.params["again"]) & (moved > task.params["again"])
        for s in np.flatnonzero(z > task.params["least"]):
            measures = {"z": float(z[s]), "moved": float(moved[s]), "months": 1.0 + float(new[s] & before[s])}
            span = task.time(end) - 30 * DAY, task.time(end)
            hits.append(Hit(task.subjects[s], (int(s),), *span, measures, {"what": FEATURES[which[s]]}))
        before = new
    return hits


def _moved(places: Sequence[Floats], at: int, months: int) -> Floats:
    """Distance from the median place of the months before, 0 with fewer than two known; [S, 3]."""
    known = np.sort(np.array(places[max(0, at - months) : at]).reshape(-1, *places[at].shape), axis=0)
    count = np.isfinite(known).sum(axis=0)
    if not known.size or (count < 2).all():
        return np.zeros(places[at].shape)
    middle = [np.take_along_axis(known, np.maximum(k, 0)[None], 0)[0] for k in ((count - 1) // 2, count // 2)]
    usual = np.where(count >= 2, (middle[0] + middle[1]) / 2.0, np.nan)
    return np.asarray(np.nan_to_num(np.abs(places[at] - usual)))


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


def _all_places(task: Task, everybody: Gathered) -> list[Floats]:
    """`_places` of everybody month by month."""
    kinds: dict[tuple[str | None, str], list[int]] = {}
    for at, subject in enumerate(everybody.subjects):
        kinds.setdefault((subject.factor, subject.outlet.industry), []).append(at)
    peers = [np.array(rows) for rows in kinds.values()]
    return [_places(task, month, peers) for month in everybody["features"].transpose(1, 0, 2)]


def _places(task: Task, features: Floats, peers: Sequence[npt.NDArray[np.int64]]) -> Floats:
    """Robust distances from the peers' median on a logarithmic scale, NaN with too few peers; [S, 3]."""
    logs = np.log(np.where(features > 0, features, np.nan))
    places = np.full(features.shape, np.nan)
    for rows in peers:
        for at in range(features.shape[1]):
            known = rows[np.isfinite(logs[rows, at])]
            if known.size > task.params["min_peers"]:
                off = logs[known, at] - np.median(logs[known, at])
                spread = 1.4826 * float(np.median(np.abs(off)))
                places[known, at] = off / max(spread, task.params["min_scale"])
    return places


def level_shift(task: Task) -> list[Hit]:
    """Days on which the level of the daily means changes and stays changed.

    The mean of the ``after`` days from a day on against the ``before`` days before it, whole weeks both, so
    that weekdays cancel; on a logarithmic scale. A split that gains more than ``penalty`` beyond BIC and more
    than its neighbours is a change, if it is ``beyond`` times the greatest one of the ``usual_days`` before
    that window: some levels always move. Measures: ``shift`` |after / before − 1|, ``fall`` the same if it
    fell.
    """
    means = _day_means(task)
    before, after = int(task.params["before"]), int(task.params["after"])
    level = np.log(np.where(means > 0, means, np.nan))
    gain, size = shift_gain(level, np.isfinite(level), before, after, int(task.params["min_known"]))
    usual_days = int(task.params["usual_days"])
    hits = []
    for s, day in zip(*np.nonzero(gain > task.params["penalty"]), strict=True):
        around = gain[s, max(0, day - after) : day + after]
        shift = float(np.expm1(size[s, day]))
        if gain[s, day] < np.nanmax(around) or abs(shift) < task.params["least"]:
            continue
        earlier = np.abs(size[s, max(0, day - after - usual_days) : max(0, day - after)])
        if abs(size[s, day]) < task.params["beyond"] * np.nanmax(earlier, initial=0.0):
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
