"""Training of what load, oxygen and temperature let expect."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import GradientBoostingRegressor  # type: ignore[import-untyped]

from yuanjian.screening.learnt.artefact import Artefact
from yuanjian.screening.learnt.trees import Trees
from yuanjian.screening.methods.learnt_residual import LEVELS, predictors, quantiles, spreads, usable
from yuanjian.screening.task import Task
from yuanjian.screening.training.forests import Grown, as_arrays
from yuanjian.screening.training.lesson import Learned, split

Floats = npt.NDArray[np.float64]
MOSTLY = 0.8
"""A predictor is used if it is known in this share of the valid hours under load."""
TAIL = 0.01
NORMAL_TAIL = 2.326
"""A normal variable lies below minus this with probability `TAIL`."""
NAMES = ["load", "oxygen", "temperature"]


@dataclass(frozen=True, eq=False)
class _Fit:
    """One series: its trees, where they begin, which predictors they use, and the hours [n]."""

    grown: list[Grown]
    base: list[float]
    used: npt.NDArray[np.bool_]
    given: Floats
    values: Floats


def learn(task: Task, seed: int) -> Learned | None:
    """Boosted quantiles of each factor of each outlet over the earlier hours, widened by the later ones.

    Series with fewer than ``min_hours`` hours are left out.
    """
    given = predictors(task)
    fits = {row: fit for row in range(len(task.subjects)) if (fit := _fit(task, given, row, seed))}
    if not fits:
        return None
    series = [(task.subjects[row].outlet.outlet, task.subjects[row].factor) for row in fits]
    trees: Trees = as_arrays(grown for fit in fits.values() for grown in fit.grown)
    arrays = {
        **trees.arrays(),
        "base": np.array([fit.base for fit in fits.values()]),
        "used": np.stack([fit.used for fit in fits.values()]),
    }
    more = {"series": [list(one) for one in series], "trees": task.params["trees"]}
    late = [_late(Artefact(arrays, more), at, fit) for at, fit in enumerate(fits.values())]
    widen = np.array([max(1.0, -float(np.quantile(z, TAIL)) / NORMAL_TAIL) for z in late])
    metrics = {
        "series": len(fits),
        "hours_learned": sum(split(len(fit.values)) for fit in fits.values()),
        "hours_kept": sum(z.size for z in late),
        "below_median_kept": round(float((np.concatenate(late) < 0).mean()), 4),
        "widened_median": round(float(np.median(widen)), 3),
    }
    outlets = sorted({outlet for outlet, _ in series})
    return Learned({**arrays, "widen": widen}, outlets, NAMES, metrics, more)


def _late(artefact: Artefact, series: int, fit: _Fit) -> Floats:
    """z of the hours kept aside."""
    rest = slice(split(len(fit.values)), None)
    return spreads(fit.values[rest], quantiles(artefact, series, fit.given[rest]))


def _fit(task: Task, given: Floats, row: int, seed: int) -> _Fit | None:
    loaded = task.valid[row] & (given[row, :, 0] > 0)
    if loaded.sum() < task.params["min_hours"]:
        return None
    used = np.isfinite(given[row, loaded]).mean(axis=0) >= MOSTLY
    at = usable(task, given, row, used)
    seen, values = np.where(used, given[row, at], 0.0), task.values[row, at]
    early = split(len(values))
    grown: list[Grown] = []
    base = []
    for level in LEVELS:
        made = GradientBoostingRegressor(
            loss="quantile", alpha=level, n_estimators=task.params["trees"], max_depth=task.params["depth"],
            min_samples_leaf=task.params["leaf"], random_state=seed,
        ).fit(seen[:early], values[:early])  # fmt: skip
        base.append(float(np.ravel(made.init_.constant_)[0]))
        grown += [
            (own.tree_, made.learning_rate * own.tree_.value[:, 0, 0]) for own in made.estimators_[:, 0]
        ]
    return _Fit(grown, base, used, seen, values)
