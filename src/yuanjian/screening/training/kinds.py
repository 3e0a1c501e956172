"""Training of the classifier of kinds: logistic regression, and a temperature that keeps it modest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]
from sklearn.model_selection import GroupKFold  # type: ignore[import-untyped]

from yuanjian.screening.learnt.artefact import Artefact
from yuanjian.screening.learnt.kinds import KINDS, NUMBERS, softmax
from yuanjian.screening.model import Model

Floats = npt.NDArray[np.float64]
FOLDS = 6
STRENGTHS = (0.03, 0.1, 0.3, 1.0, 3.0)
"""Inverse strengths of the penalty that are tried."""
BETAS = np.geomspace(0.05, 3.0, 60)
"""Inverse temperatures that are tried."""
SPOKEN = 3
"""A model that spoke in fewer examples teaches nothing."""


@dataclass(frozen=True)
class Example:
    """One clue: what it is called (examples of one name are alike), its kind, its numbers."""

    name: str
    kind: str
    numbers: Mapping[str, float]


def learn(model: Model, examples: Sequence[Example], seed: int) -> Artefact:
    """Weights for the numbers and for every model heard at least `SPOKEN` times.

    Kinds weigh the same, and within a kind each name. Penalty and temperature are chosen on names left out:
    what happens outside is like none of them. Raises `ValueError` with fewer than `FOLDS` names.
    """
    names = features(examples)
    told = table(examples, names)
    tried = {c: _best_beta(left_out(told, c), told) for c in STRENGTHS}
    c = min(tried, key=lambda c: tried[c][0])
    loss, beta = tried[c]
    fitted = _fit(told, np.arange(len(told.kinds)), c)
    arrays = {
        "weights": fitted.coef_,
        "bias": fitted.intercept_,
        "beta": np.array(beta),
        "usual": told.weights @ told.samples / told.weights.sum(),
    }
    metrics = {
        "examples": len(examples), "names": len(set(told.names)), "c": c, "log_loss_left_out": round(loss, 4),
    }  # fmt: skip
    facts = {
        "model": model.code, "model_version": model.version, "model_hash": model.hash, "industry": "",
        "start": "", "end": "", "outlets": [], "features": names, "seed": seed,
        "libraries": {name: version(name) for name in ("numpy", "scikit-learn")}, "metrics": metrics,
    }  # fmt: skip
    return Artefact(arrays, facts)


@dataclass(frozen=True, eq=False)
class Table:
    """Examples as arrays: samples [n, F], index of the kind, name, and weight (mean 1)."""

    samples: Floats
    kinds: npt.NDArray[np.int64]
    names: npt.NDArray[np.str_]
    weights: Floats


def features(examples: Sequence[Example]) -> list[str]:
    """The numbers, and the models heard often enough."""
    heard = Counter(name for example in examples for name in example.numbers if name not in NUMBERS)
    return [*NUMBERS, *sorted(name for name, times in heard.items() if times >= SPOKEN)]


def table(examples: Sequence[Example], names: Sequence[str]) -> Table:
    """The features named; kinds weigh the same, and within a kind each name."""
    alike = Counter(example.name for example in examples)
    of_kind = Counter(kind for kind, _ in {(example.kind, example.name) for example in examples})
    weights = np.array([1.0 / alike[e.name] / of_kind[e.kind] for e in examples])
    return Table(
        np.array([[example.numbers.get(name, 0.0) for name in names] for example in examples]),
        np.array([list(KINDS).index(example.kind) for example in examples]),
        np.array([example.name for example in examples]),
        weights / weights.mean(),
    )


def _fit(told: Table, rows: npt.NDArray[np.intp], c: float) -> Any:
    model = LogisticRegression(C=c, max_iter=2000)
    return model.fit(told.samples[rows], told.kinds[rows], sample_weight=told.weights[rows])


def left_out(told: Table, c: float) -> Floats:
    """Scores [n, K] of each example by what was learned without any of its name."""
    scores = np.zeros((len(told.kinds), len(KINDS)))
    for seen, asked in GroupKFold(FOLDS).split(told.samples, told.kinds, told.names):
        scores[asked] = _fit(told, seen, c).decision_function(told.samples[asked])
    return scores


def _best_beta(scores: Floats, told: Table) -> tuple[float, float]:
    """The least log loss over inverse temperatures, and the one that gives it."""
    losses = [log_loss(softmax(beta * scores), told) for beta in BETAS]
    best = int(np.argmin(losses))
    return losses[best], float(BETAS[best])


def log_loss(said: Floats, told: Table) -> float:
    """Mean of -ln of the chance given to what it was."""
    given = said[np.arange(len(told.kinds)), told.kinds]
    return float(-(told.weights * np.log(np.maximum(given, 1e-12))).sum() / told.weights.sum())


def reliability(said: Floats, told: Table, bins: int = 5) -> dict[str, Any]:
    """How good probabilities [n, K] are: Brier score, log loss, accuracy, calibration.

    Brier: mean over the examples of Σ (p - what it was)², 0 perfect, 2/3 for one third each. Calibration: by
    the probability of the likeliest kind, mean said and share right. Weighted as in `learn`.
    """
    best = said.max(axis=1)
    right = (said.argmax(axis=1) == told.kinds).astype(np.float64)
    edges = np.linspace(1 / len(KINDS), 1.0, bins + 1)
    of_bin = np.clip(np.searchsorted(edges, best, side="right") - 1, 0, bins - 1)

    def mean(what: Floats, where: npt.NDArray[np.bool_]) -> float:
        return round(float((told.weights * what)[where].sum() / told.weights[where].sum()), 3)

    def row(where: npt.NDArray[np.bool_]) -> dict[str, float]:
        return {"n": int(where.sum()), "said": mean(best, where), "right": mean(right, where)}

    everywhere = np.ones(len(right), np.bool_)
    truth = np.eye(len(KINDS))[told.kinds]
    return {
        "n": len(right),
        "brier": mean(((said - truth) ** 2).sum(axis=1), everywhere),
        "log_loss": round(log_loss(said, told), 3),
        "accuracy": mean(right, everywhere),
        "of_kind": {name: row(told.kinds == at) for at, name in enumerate(KINDS) if (told.kinds == at).any()},
        "calibration": [
            {"from": round(float(edges[at]), 2), "to": round(float(edges[at + 1]), 2), **row(of_bin == at)}
            for at in range(bins)
            if (of_bin == at).any()
        ],
    }
