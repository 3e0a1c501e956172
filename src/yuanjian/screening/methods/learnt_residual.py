"""Concentrations lower than load, oxygen and temperature let expect."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from yuanjian.screening.kernels import exceed_run
from yuanjian.screening.learnt.artefact import Artefact
from yuanjian.screening.learnt.trees import Trees
from yuanjian.screening.task import Hit, Task, Words

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
LEVELS = (0.16, 0.5, 0.84)
"""Quantiles that are learned."""
TEMPERATURE = "a01012"
NARROWEST = 0.03
"""Half of the spread is at least this share of what is expected [D]."""


def low_residual(task: Task) -> list[Hit]:
    """Runs of hours whose value is far below what the operation lets expect.

    z = (C − q50) / half of q84 − q16, widened by what the hours kept aside in training showed. Measures:
    ``hours`` in a row with z < −``low``, ``hours4`` of them in a row below −``very_low``, ``depth`` = −z of
    the lowest.
    """
    low, very_low = float(task.params["low"]), float(task.params["very_low"])
    z, expected = _residuals(task)
    known = np.isfinite(z)
    below = np.where(known, -z, 0.0)
    hits = []
    for s, first, last in zip(*exceed_run(below, known, low, int(task.params["least"])), strict=True):
        part = slice(int(first), int(last))
        own = task.trained(int(s))
        measures = {
            "hours": float(last - first),
            "hours4": _longest(below[s, part] > very_low),
            "depth": float(below[s, part].max()),
        }
        words = {
            "shown": _number(task.values[s, part]),
            "expected": _number(expected[s, part]),
            "artefact": own.words,
        }
        span = task.time(part.start), task.time(part.stop)
        hits.append(Hit(task.subjects[s], (int(s),), *span, measures, words, own.hash.encode()))
    return hits


def predictors(task: Task) -> Floats:
    """Load in kW, oxygen in vol-%, flue gas temperature in °C; [S, T, 3]."""
    temperature = task.companion({"gas": (TEMPERATURE,), "water": ()})
    return np.stack([task.load, task.oxygen, temperature], axis=2)


def usable(task: Task, given: Floats, row: int, used: Bools) -> Bools:
    """Hours of a row with a valid value, production under load and every predictor that is used."""
    seen = np.isfinite(given[row][:, used]).all(axis=1) & (given[row, :, 0] > 0)
    return np.asarray(task.valid[row] & seen)


def quantiles(artefact: Artefact, series: int, given: Floats) -> Floats:
    """What is expected of one series of the artefact at predictors [n, 3]: its quantiles in order, [n, 3]."""
    per = int(artefact.facts["trees"])
    first = 3 * series * per
    samples = np.where(artefact.arrays["used"][series], given, 0.0)
    values = Trees.of(artefact.arrays).some(slice(first, first + 3 * per)).values(samples)
    summed = values.reshape(len(given), 3, per).sum(axis=2) + artefact.arrays["base"][series]
    return np.sort(summed, axis=1)


def spreads(values: Floats, expected: Floats) -> Floats:
    """(value − median) over half the distance of the outer quantiles."""
    half = np.maximum((expected[:, 2] - expected[:, 0]) / 2.0, NARROWEST * np.abs(expected[:, 1]))
    return np.asarray((values - expected[:, 1]) / np.maximum(half, 1e-6))


def _residuals(task: Task) -> tuple[Floats, Floats]:
    """z and the expected median, [S, T]; NaN where nothing can be said."""
    given = predictors(task)
    z, expected = np.full(task.shape, np.nan), np.full(task.shape, np.nan)
    for row, subject in enumerate(task.subjects):
        artefact = task.trained(row)
        known = {(outlet, factor): at for at, (outlet, factor) in enumerate(artefact.facts["series"])}
        series = known.get((subject.outlet.outlet, subject.factor))
        if series is None:
            continue
        at = usable(task, given, row, artefact.arrays["used"][series])
        told = quantiles(artefact, series, given[row, at])
        z[row, at] = spreads(task.values[row, at], told) / artefact.arrays["widen"][series]
        expected[row, at] = told[:, 1]
    return z, expected


def _longest(what: Bools) -> float:
    lengths = np.diff(np.flatnonzero(~np.concatenate([[False], what, [False]]))) - 1
    return float(lengths.max())


def _number(values: Floats) -> Words:
    text = f"{float(np.median(values)):.3g}"
    return text, text
