"""Quantities that rise and fall together: a week in which they no longer do."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from yuanjian.clock import to_beijing
from yuanjian.screening.methods.proc_energy import Month, amounts
from yuanjian.screening.methods.proc_sight import Floats
from yuanjian.screening.scene import DAY
from yuanjian.screening.task import Hit, Task, Words

WEEK = timedelta(days=7)
Weeks = Mapping[datetime, Mapping[int, Floats]]
"""Logarithms of the quantities of the week that ends then, by enterprise."""


def joint_use(task: Task) -> list[Hit]:
    """Weeks whose gas, water and electricity do not fit each other as in the weeks before, per enterprise.

    Mahalanobis distance of the logarithms from the mean of ``weeks`` before (at least ``min_weeks``), by
    their covariance with ``shrink`` of what is off its diagonal taken away and a deviation of at least
    ``floor``. The last ``pause`` weeks are not among them, so that a change does not hide itself.
    Only enterprises that record all ``kinds`` for the whole week, and weeks in which one of them
    is at least ``at_work`` of usual: a plant that mostly stands needs other shares. Measures: ``evidence``
    -log10 of the chance of such a distance, ``weeks`` in a row (two at most) with at least ``grave``.
    """
    ends = _ends(task)
    weeks = {end: _vectors(task, end) for end in _needed(task, ends)}
    rows: dict[int, int] = {}
    for row, subject in enumerate(task.subjects):
        rows.setdefault(subject.outlet.enterprise, row)
    hits = []
    for end in ends:
        for firm in sorted(weeks[end]):
            evidence = [_evidence(task, weeks, firm, end - back * WEEK) for back in (0, 1)]
            if evidence[0] >= task.params["least"]:
                grave = [value >= task.params["grave"] for value in evidence]
                measures = {"evidence": evidence[0], "weeks": float(grave[0] + all(grave))}
                words = _words(task, weeks, firm, end)
                seen = weeks[end][firm].tobytes()
                row = rows[firm]
                hits.append(Hit(task.subjects[row], (row,), end - WEEK, end, measures, words, seen))
    return hits


def _ends(task: Task) -> list[datetime]:
    """Beijing Mondays from ``task.since`` on: each ends a week."""
    midnights = (task.since + day * DAY for day in range((task.grid.end - task.since) // DAY + 1))
    return [instant for instant in midnights if to_beijing(instant).weekday() == 0]


def _needed(task: Task, ends: list[datetime]) -> list[datetime]:
    """The ends of those weeks and of all they are compared with; the week before has a year before it too."""
    most = task.params["pause"] + task.params["weeks"] + 2
    return sorted({end - back * WEEK for end in ends for back in range(most)})


def _vectors(task: Task, end: datetime) -> dict[int, Floats]:
    """ln of the week's amounts by enterprise, where all kinds are recorded and none is nothing."""
    told = task.scene.all_records("utility", (task.params["pause"] + task.params["weeks"] + 4) * WEEK)
    kinds = task.params["kinds"]
    used = [amounts(told.filter(pl.col("kind") == kind), Month(end - WEEK, end)) for kind in kinds]
    firms = [firm for firm in used[0] if all(amount.get(firm, 0.0) > 0 for amount in used)]
    return {firm: np.log([amount[firm] for amount in used]) for firm in firms}


def _before(task: Task, weeks: Weeks, firm: int, end: datetime) -> Floats:
    """The vectors of the weeks before, [N, K]."""
    first = task.params["pause"] + 1
    past = (weeks[end - back * WEEK].get(firm) for back in range(first, first + task.params["weeks"]))
    return np.array([vector for vector in past if vector is not None])


def _evidence(task: Task, weeks: Weeks, firm: int, end: datetime) -> float:
    """-log10 of the chance of the week's distance; 0 where too little is known or the plant stood."""
    past = _before(task, weeks, firm, end)
    if firm not in weeks[end] or len(past) < task.params["min_weeks"]:
        return 0.0
    least = np.median(past, axis=0) + math.log(task.params["at_work"])
    past = past[(past >= least).any(axis=1)]
    if (weeks[end][firm] < least).all() or len(past) < task.params["min_weeks"]:
        return 0.0
    spread = np.cov(past.T)
    own = np.maximum(np.diag(spread), task.params["floor"] ** 2)
    spread = (1.0 - task.params["shrink"]) * spread
    np.fill_diagonal(spread, own)
    off = weeks[end][firm] - past.mean(axis=0)
    square = float(off @ np.linalg.solve(spread, off)) * len(past) / (len(past) + 1)
    return _surprise(square)


def _surprise(square: float) -> float:
    """-log10 P(χ² with three degrees of freedom ≥ square), by its asymptote where that underflows."""
    if square > 1400.0:
        return square / (2.0 * math.log(10.0))
    half = square / 2.0
    chance = math.erfc(math.sqrt(half)) + 2.0 * math.sqrt(half / math.pi) * math.exp(-half)
    return -math.log10(chance)


def _words(task: Task, weeks: Weeks, firm: int, end: datetime) -> dict[str, Words]:
    """Each quantity against its usual amount, in percent."""
    usual = np.median(_before(task, weeks, firm, end), axis=0)
    shares = 100.0 * np.exp(weeks[end][firm] - usual)
    return {kind: (f"{share:.0f}%",) * 2 for kind, share in zip(task.params["kinds"], shares, strict=True)}
