"""Values of zero while the plant runs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from yuanjian.screening.kernels import day_quantile
from yuanjian.screening.kernels.power import ON
from yuanjian.screening.methods.windows import episodes, recent
from yuanjian.screening.task import Hit, Task


def _before(task: Task, q: float, least: int) -> npt.NDArray[np.float64]:
    """A quantile of the valid hours of the days before, [S, T]; NaN with fewer than ``least``."""
    days = day_quantile(task.values, task.valid, 24, task.params["baseline_days"], q, least)
    return np.repeat(days, 24, axis=1)[:, : task.grid.size]


def zero_while_running(task: Task) -> list[Hit]:
    """Consecutive hours at (nearly) zero while production runs at load and the oxygen is not that of air.

    Nearly zero: at most ``share`` of the median of the 30 days before; series whose median is itself next
    to the resolution, or that were nearly zero for a share ``habit`` of that time (a desulphurisation that
    catches everything now and then), are left alone. Measures: ``hours``, ``events`` runs begun in 7 days.
    """
    usual, lowest = _before(task, 0.5, 24), _before(task, task.params["habit"], 7 * 24)
    nothing = np.maximum(0.0, task.params["share"] * usual)
    judgeable = (usual >= task.params["min_steps"] * task.resolution[:, None]) & ~(lowest <= nothing)
    zero = task.valid & judgeable & (task.values <= nothing)
    state = np.stack([item.state for item in task.production])
    load = np.stack([item.load for item in task.production])
    air = np.isfinite(task.oxygen) & (task.oxygen >= task.params["max_oxygen"])
    # NaN load (no rated power, no baseline) leaves the state to decide.
    hit = zero & (state == ON) & ~(load < task.params["min_load"]) & ~air
    series, starts, ends = episodes(hit)
    events = recent(series, starts, 24 * 7)
    hits = []
    for s, first, last, count in zip(series, starts, ends, events, strict=True):
        measures = {
            "hours": float(last - first),
            "events": float(count),
            "usual": float(usual[s, first]),
        }
        known = load[s, first:last][np.isfinite(load[s, first:last])]
        share = f"{known.mean():.0%}" if known.size else "—"
        span = task.time(first), task.time(last)
        hits.append(Hit(task.subjects[s], (int(s),), *span, measures, {"load": (share, share)}))
    return hits
