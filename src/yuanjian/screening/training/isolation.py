"""Training of the isolation forest over days."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import IsolationForest  # type: ignore[import-untyped]

from yuanjian.screening.learnt import days, norms
from yuanjian.screening.learnt.artefact import Artefact
from yuanjian.screening.methods.learnt_isolation import isolation, rarity
from yuanjian.screening.task import Task
from yuanjian.screening.training.forests import as_arrays
from yuanjian.screening.training.lesson import Learned, split

Floats = npt.NDArray[np.float64]


def learn(task: Task, seed: int) -> Learned | None:
    """Forests over the earlier days of all outlets, each against its own usual days; scores of the later.

    Outlets with fewer than ``min_days`` days are left out.
    """
    samples = days.describe(task)
    known = np.isfinite(samples).sum(axis=2) >= task.params["least"]
    rows = np.flatnonzero(known.sum(axis=1) >= task.params["min_days"])
    if not rows.size:
        return None
    own = [samples[row, known[row]] for row in rows]
    usual = [norms.usual(part[: split(len(part))]) for part in own]
    scaled = [norms.scaled(part, *norm, days.HIGHEST) for part, norm in zip(own, usual, strict=True)]
    early = np.concatenate([part[: split(len(part))] for part in scaled])
    late = np.concatenate([part[split(len(part)) :] for part in scaled])
    arrays = {
        **forest(early, np.array(days.GROUPS), task.params["trees"], task.params["sample"], seed),
        "centre": np.stack([centre for centre, _ in usual]),
        "spread": np.stack([spread for _, spread in usual]),
    }
    outlets = [task.subjects[row].outlet.outlet for row in rows]
    arrays["kept_groups"] = isolation(Artefact(arrays, {}), late)
    kept = np.sort(rarity(Artefact(arrays, {}), arrays["kept_groups"]).max(axis=1))
    metrics = {"days_learned": len(early), "days_kept": len(late)} | {
        f"score{g}_p99": round(float(np.quantile(scores, 0.99)), 4)
        for g, scores in enumerate(arrays["kept_groups"].T)
    }
    names = [f"{slot}:{name}" for slot, name in days.FEATURES]
    return Learned({**arrays, "kept": kept}, outlets, names, metrics)


def forest(
    samples: Floats, groups: npt.NDArray[np.int64], trees: int, size: int, seed: int
) -> dict[str, npt.NDArray[Any]]:
    """Isolation forests, one after the other, each over the columns of a group; others never split.

    The value of a leaf is its depth and what it would take to split its samples.
    """
    sample = min(size, len(samples))
    grown = []
    for group in np.unique(groups):
        own = np.where(groups == group, samples, 0.0)
        made = IsolationForest(n_estimators=trees, max_samples=sample, random_state=seed).fit(own)
        grown += [(part.tree_, _depths(part.tree_)) for part in made.estimators_]
    usual = np.full(np.unique(groups).size, _paths(np.array([sample]))[0])
    return {**as_arrays(grown).arrays(), "depth": usual}


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
