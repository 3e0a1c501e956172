"""Training of how emission, electricity and products of an outlet go together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from yuanjian.screening.learnt import lines
from yuanjian.screening.learnt.lines import Line, Prior
from yuanjian.screening.methods.learnt_balance import LINES, Weeks, square_distance, weekly
from yuanjian.screening.task import Task
from yuanjian.screening.training.lesson import Learned, split

TAIL = 0.1
"""Weeks kept aside are farther than this share's bound as often as chance says, or the lines are widened."""
PRIORS = (
    Prior(np.array([0.0, 0.5, 0.5]), np.array([0.0, 4.0, 4.0])),
    Prior(np.array([0.0, 1.0]), np.array([0.0, 4.0])),
)
"""Twice as much of everything makes about twice as much; a deviation of a half for each exponent [D]."""


def learn(task: Task, seed: int) -> Learned | None:
    """Two lines for each factor of each outlet with at least ``min_weeks`` weeks known.

    Lines of the earlier two thirds judge the later third; by how much farther than chance its weeks are,
    distances are divided. The lines kept are those of all weeks.
    """
    told = weekly(task)
    rows = [row for row in range(len(task.subjects)) if told.known(row).sum() >= task.params["min_weeks"]]
    if not rows:
        return None
    floor = float(task.params["floor"])
    kept = [_lines(told, row, np.flatnonzero(told.known(row)), floor) for row in rows]
    widen = np.array([_widen(told, row, floor) for row in rows])
    series = [(task.subjects[row].outlet.outlet, task.subjects[row].factor) for row in rows]
    arrays = {"widen": widen}
    for at, name in enumerate(LINES):
        own = [both[at] for both in kept]
        arrays |= {
            f"{name}_coefficients": np.stack([line.coefficients for line in own]),
            f"{name}_inverse": np.stack([line.inverse for line in own]),
            f"{name}_spread": np.array([line.spread for line in own]),
            f"{name}_freedom": np.array([line.freedom for line in own]),
        }
    metrics = {
        "series": len(rows),
        "weeks": int(sum(told.known(row).sum() for row in rows)),
        "spread_median": round(float(np.median(arrays["emission_spread"])), 4),
        "widened_median": round(float(np.median(widen)), 3),
    }
    outlets = sorted({outlet for outlet, _ in series})
    return Learned(arrays, outlets, ["power", "output"], metrics, {"series": [list(one) for one in series]})


def _lines(told: Weeks, row: int, weeks: npt.NDArray[np.intp], floor: float) -> Sequence[Line]:
    given = told.given(row)
    values = told.emission[row], told.output[row]
    parts = zip(given, values, PRIORS, strict=True)
    return [lines.fit(x[weeks], y[weeks], prior, floor) for x, y, prior in parts]


def _widen(told: Weeks, row: int, floor: float) -> float:
    """Of the weeks kept aside: their bound over that of chance, at least 1."""
    weeks = np.flatnonzero(told.known(row))
    early = _lines(told, row, weeks[: split(len(weeks))], floor)
    late = square_distance(early, told, row)[weeks[split(len(weeks)) :]]
    bound = lines.square_of(TAIL, min(line.freedom for line in early))
    return max(1.0, float(np.quantile(late, 1.0 - TAIL)) / bound)
