"""Emission, electricity and products of a week that do not fit each other as they always did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from yuanjian.clock import to_beijing
from yuanjian.screening.learnt.artefact import Artefact
from yuanjian.screening.learnt.lines import Line, surprise
from yuanjian.screening.methods.proc_energy import Month, amounts
from yuanjian.screening.scene import DAY
from yuanjian.screening.task import Hit, Task, Words

Floats = npt.NDArray[np.float64]
WEEK_DAYS = 7
HOURS = 24 * WEEK_DAYS
LINES = ("emission", "product")
"""ln E = a + b ln kWh + c ln output, and ln output = d + e ln kWh: what the two leave over is independent."""


@dataclass(frozen=True, eq=False)
class Weeks:
    """Logarithms of the amounts of complete Beijing weeks, [S, W]; NaN where too little is known.

    Emission and electricity of the hours that may be judged; of the output the share of electricity in them.
    """

    starts: Sequence[datetime]
    emission: Floats
    power: Floats
    output: Floats

    def given(self, row: int) -> tuple[Floats, Floats]:
        """What emission and output are compared with, [W, 3] and [W, 2]."""
        ones = np.ones(len(self.starts))
        return np.stack([ones, self.power[row], self.output[row]], axis=1), np.stack(
            [ones, self.power[row]], axis=1
        )

    def known(self, row: int) -> npt.NDArray[np.bool_]:
        """Weeks of which everything is known, [W]."""
        return np.asarray(np.isfinite(self.emission[row] + self.power[row] + self.output[row]))


def three_way(task: Task) -> list[Hit]:
    """Weeks whose emission, electricity and products leave the lines learned, for each factor.

    Mahalanobis distance of both residuals with their prediction errors, widened by what weeks kept aside in
    training showed. Measures: ``evidence`` -log10 of the chance of such a distance, ``weeks`` in a row (two
    at most) with at least ``grave``.
    """
    told = weekly(task)
    learned = {own.hash: own for own in map(task.trained, range(len(task.subjects)))}
    places = {
        name: {(outlet, factor): at for at, (outlet, factor) in enumerate(own.facts["series"])}
        for name, own in learned.items()
    }
    hits = []
    for row, subject in enumerate(task.subjects):
        artefact = task.trained(row)
        series = places[artefact.hash].get((subject.outlet.outlet, subject.factor))
        if series is None:
            continue
        evidence = np.nan_to_num(evidence_of(artefact, series, told, row))
        grave = evidence >= task.params["grave"]
        for week in map(int, np.flatnonzero(evidence >= task.params["least"])):
            start = told.starts[week]
            again = bool(week and grave[week - 1] and grave[week])
            measures = {"evidence": float(evidence[week]), "weeks": float(grave[week]) + again}
            words = _words(artefact, series, told, row, week) | {"artefact": artefact.words}
            span = start, start + WEEK_DAYS * DAY
            hits.append(Hit(subject, (row,), *span, measures, words, artefact.hash.encode()))
    return hits


def evidence_of(artefact: Artefact, series: int, told: Weeks, row: int) -> Floats:
    """-log10 of the chance of each week of a row, [W]; NaN where too little is known."""
    lines = [line_of(artefact, series, name) for name in LINES]
    square = square_distance(lines, told, row) / artefact.arrays["widen"][series]
    return surprise(square, min(line.freedom for line in lines))


def square_distance(lines: Sequence[Line], told: Weeks, row: int) -> Floats:
    """T² of each week, [W]."""
    values = told.emission[row], told.output[row]
    parts = zip(lines, told.given(row), values, strict=True)
    return np.asarray(sum(line.distance(given, own) ** 2 for line, given, own in parts))


def line_of(artefact: Artefact, series: int, name: str) -> Line:
    """A line out of the arrays of an artefact."""
    own = (artefact.arrays[f"{name}_{part}"][series] for part in ("coefficients", "inverse"))
    numbers = (float(artefact.arrays[f"{name}_{part}"][series]) for part in ("spread", "freedom"))
    return Line(*own, *numbers)


def _words(artefact: Artefact, series: int, told: Weeks, row: int, week: int) -> dict[str, Words]:
    """What was, in percent of what the other two let expect."""
    values = told.emission[row], told.output[row]
    parts = zip(LINES, told.given(row), values, strict=True)
    words = {}
    for name, given, own in parts:
        away = own[week] - given[week] @ line_of(artefact, series, name).coefficients
        text = f"{100.0 * np.exp(away):.0f}%"
        words[name] = text, text
    return words


def weekly(task: Task) -> Weeks:
    """The amounts of the complete weeks of the task."""
    starts = _starts(task)
    if not starts:
        nothing = np.empty((len(task.subjects), 0))
        return Weeks((), nothing, nothing, nothing)
    first = task.index(starts[0])
    part = slice(first, first + HOURS * len(starts))
    mass, kw = (task.values * task.flow)[:, part], task.load[:, part]
    judged = task.valid[:, part] & (mass > 0) & (kw > 0)
    emission, power, every = (
        np.where(where, amount, 0.0).reshape(len(mass), -1, HOURS).sum(axis=2)
        for amount, where in ((mass, judged), (kw, judged), (kw, kw > 0))
    )
    enough = judged.reshape(len(mass), -1, HOURS).sum(axis=2) >= task.params["min_hours"]
    output = _products(task, starts) * power / np.where(every > 0, every, np.nan)
    fit = enough & (output > 0)
    logs = (np.log(np.where(fit, amount, np.nan)) for amount in (emission, power, output))
    return Weeks(starts, *logs)


def _starts(task: Task) -> list[datetime]:
    """Beijing Mondays that begin a complete week of the grid."""
    days = (task.grid.start + day * DAY for day in range(task.grid.size // 24 - WEEK_DAYS + 1))
    return [instant for instant in days if to_beijing(instant).weekday() == 0]


def _products(task: Task, starts: Sequence[datetime]) -> Floats:
    """What the records of the enterprise tell of the products of each week, [S, W]; NaN where they do not."""
    rows = task.scene.all_records("product", WEEK_DAYS * DAY)
    made = [amounts(rows, Month(start, start + WEEK_DAYS * DAY), unit="unit") for start in starts]
    firms = [subject.outlet.enterprise for subject in task.subjects]
    return np.array([[week.get(firm, np.nan) for week in made] for firm in firms])
