"""Training of how the minutes of an industry move, and of what is left of that at each outlet."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from sklearn.decomposition import PCA  # type: ignore[import-untyped]

from yuanjian.screening.learnt import norms, windows
from yuanjian.screening.learnt.artefact import Artefact
from yuanjian.screening.learnt.windows import A_DAY, CHANNELS, STEPS
from yuanjian.screening.task import Task
from yuanjian.screening.training.lesson import Learned, split

Floats = npt.NDArray[np.float64]
RARE = 0.005
"""Of the days kept aside, the share that each bound lets pass."""
LEAST_BOUND = 1.5
"""What the mean of four normal windows reaches about as rarely: fewer days kept aside cannot tell."""
NARROWEST = 0.1
"""Logarithms of rests spread at least so far [D]."""


def learn(task: Task, seed: int) -> Learned | None:
    """Common movements of the earlier windows of all outlets; usual rests and bounds of the later days.

    Outlets with fewer than ``min_days`` days of which a pollutant is known are left out.
    """
    every = range(len(task.subjects))
    days = [task.time(first) for first in range(0, task.grid.size - 23, 24)]
    if not days:
        return None
    seen = np.stack([windows.pictures(task, every, day) for day in days], axis=1).astype(np.float32)
    rows = [row for row in every if _known_days(seen[row]).sum() >= task.params["min_days"]]
    if not rows:
        return None
    own = [seen[row][_known_days(seen[row])].reshape(-1, CHANNELS, STEPS).astype(np.float64) for row in rows]
    spread = np.stack([_spread(part[: _early(part)]) for part in own])
    moves = [windows.movements(part, scale) for part, scale in zip(own, spread, strict=True)]
    arrays = _parts(np.concatenate([part[: _early(part)] for part in moves]), task.params["parts"], seed)
    late = [windows.rests(Artefact(arrays, {}), part[_early(part) :]) for part in moves]
    usual = [norms.usual(logs) for logs in late]
    centre = np.stack([middle for middle, _ in usual])
    width = np.maximum(np.stack([wide for _, wide in usual]), NARROWEST)
    media = [task.subjects[row].outlet.medium for row in rows]
    kept = [windows.of_days(*one) for one in zip(late, centre, width, strict=True)]
    bounds = _bounds([days[:, : windows.JUDGED[medium]] for days, medium in zip(kept, media, strict=True)])
    arrays |= {"spread": spread, "rest_centre": centre, "rest_spread": width, "bounds": bounds}
    metrics = {
        "windows_learned": sum(_early(part) for part in own),
        "days_kept": sum(len(part) for part in kept),
        "bound_restless": round(float(arrays["bounds"][0]), 2),
        "bound_calm": round(float(arrays["bounds"][1]), 2),
    }
    outlets = [task.subjects[row].outlet.outlet for row in rows]
    return Learned(arrays, outlets, [f"movement {part}" for part in range(len(arrays["parts"]))], metrics)


def _known_days(days: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    """Days [D, 4, 8, 36] with enough of any pollutant."""
    known = np.isfinite(days[:, :, :3]).mean(axis=3) >= windows.MOSTLY
    return np.asarray((known.sum(axis=1) >= windows.WINDOWS).any(axis=1))


def _early(own: Floats) -> int:
    """How many of the windows, by whole days, are learned."""
    return A_DAY * split(len(own) // A_DAY)


def _spread(own: Floats) -> Floats:
    """Robust spread of each channel of windows [n, 8, 36]."""
    return norms.usual(own.transpose(0, 2, 1).reshape(-1, CHANNELS))[1]


def _parts(moves: Floats, parts: int, seed: int) -> dict[str, npt.NDArray[np.float64]]:
    """Principal components of the windows; what is unknown did not move."""
    flat = np.nan_to_num(moves).reshape(len(moves), -1)
    made = PCA(min(parts, *flat.shape), random_state=seed, svd_solver="full").fit(flat)
    return {"mean": made.mean_, "parts": made.components_}


def _bounds(kept: Sequence[Floats]) -> Floats:
    """Of the pollutant farthest from usual each day: what the rarest days reach, either way, [2]."""
    far = [np.nan_to_num(way * days).max(axis=1) for way in (1.0, -1.0) for days in kept]
    ways = np.concatenate(far[: len(kept)]), np.concatenate(far[len(kept) :])
    return np.array([max(float(np.quantile(way, 1.0 - RARE)), LEAST_BOUND) for way in ways])
