"""Training of the isolation forest over days."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import IsolationForest  # type: ignore[import-untyped]

from yuanjian.screening.learnt import days, norms
from yuanjian.screening.learnt.artefact import Artefact
from yuanjian.screening.methods.learnt_isolation import isolation
from yuanjian.screening.task import Task
from yuanjian.screening.training.forests import as_arrays
from yuanjian.screening.training.lesson import Learned, split

Floats = npt.NDArray[np.float64]


def learn(task: Task, seed: int) -> Learned | None:
    """A forest over the earlier days of all outlets, each against its own usual days; scores of the later.

    Outlets with fewer than ``min_days`` days are left out.
    """
    samples = days.describe(task)
    known = np.isfinite(samples).sum(axis=2) >= task.params["least"]
    rows = np.flatnonzero(known.sum(axis=1) >= task.params["min_days"])
    if not rows.size:
        return None
    own = [samples[row, known[row]] for row in rows]
    usual = [norms.usual(part[: split(len(part))]) for part in own]
    scaled = [norms.scaled(part, *norm) for part, norm in zip(own, usual, strict=True)]
    early = np.concatenate([part[: split(len(part))] for part in scaled])
    late = np.concatenate([part[split(len(part)) :] for part in scaled])
    arrays = {
        **forest(early, task.params["trees"], task.params["sample"], seed),
        "centre": np.stack([centre for centre, _ in usual]),
        "spread": np.stack([spread for _, spread in usual]),
    }
    outlets = [task.subjects[row].outlet.outlet for row in rows]
    kept = np.sort(isolation(Artefact(arrays, {}), late))
    metrics = {"days_learned": len(early), "days_kept": len(late)} | {
        f"score_p{share}": round(float(np.quantile(kept, share / 100)), 4) for share in (50, 95, 99)
    }
    names = [f"{slot}:{name}" for slot, name in days.FEATURES]
    return Learned({**arrays, "kept": kept}, outlets, names, metrics)


def forest(samples: Floats, trees: int, size: int, seed: int) -> dict[str, npt.NDArray[np.generic]]:
    """An isolation forest as arrays: depth of each leaf with what it would take to split its samples."""
    sample = min(size, len(samples))
    made = IsolationForest(n_estimators=trees, max_samples=sample, random_state=seed).fit(samples)
    grown = [(own.tree_, _depths(own.tree_)) for own in made.estimators_]
    return {**as_arrays(grown).arrays(), "depth": np.array(_paths(np.array([sample]))[0])}


def _depths(tree: Any) -> Floats:
    """Depth of each node and the mean path below it."""
    left, right = tree.children_left, tree.children_right
    depth = np.zeros(left.size)
    for node in range(left.size):  # children come after their parent
        if left[node] >= 0:
            depth[[left[node], right[node]]] = depth[node] + 1
    return np.asarray(depth + _paths(tree.n_node_samples))


def _paths(samples: npt.NDArray[np.int64]) -> Floats:
    """Mean path length of an unsuccessful search among n samples. Liu et al. (2008), equation 1."""
    n = np.maximum(samples.astype(np.float64), 1.0)
    path = 2.0 * (np.log(np.maximum(n - 1.0, 1.0)) + np.euler_gamma) - 2.0 * (n - 1.0) / n
    return np.where(n > 2, path, np.where(n == 2, 1.0, 0.0))
