"""Always just below the limit."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from yuanjian.screening.kernels import trailing_count
from yuanjian.screening.methods.days import whole_days
from yuanjian.screening.scene import DAY
from yuanjian.screening.task import Hit, Task

Floats = npt.NDArray[np.float64]


def near_limit_share(task: Task) -> list[Hit]:
    """Weeks, judged at the end of each day, in which many hours lie just below the limit.

    Measures: ``share`` of valid hours between 90 % and 100 % of the limit, ``jump`` hours at 95–100 % for
    each hour at 100–105 %, ``load_varies`` 1 if the load's P90 and P10 differ by more than ``load_range``
    of its median.
    """
    limits = task.limits(("hour", "day"))
    ratio = limits.ratio
    valid = task.valid & np.isfinite(ratio)
    ratio = np.where(valid, ratio, 0.0)
    hours = 24 * int(task.params["window_days"])
    total = _at_day_ends(valid, hours)
    near = _at_day_ends((ratio >= 0.9) & (ratio <= 1.0), hours)
    below = _at_day_ends((ratio > 0.95) & (ratio <= 1.0), hours)
    beyond = _at_day_ends((ratio > 1.0) & (ratio <= 1.05), hours)
    share = np.where(total >= hours * task.params["min_valid"], near / np.maximum(total, 1), 0.0)
    jump = below / np.maximum(beyond, 1)
    hits = []
    for s, day in zip(*np.nonzero(share >= task.params["min_share"]), strict=True):
        end = task.grid.start + (int(day) + 1) * DAY
        last = 24 * (int(day) + 1)
        load = task.production[s].kw[max(0, last - hours) : last]
        measures = {
            "share": float(share[s, day]),
            "jump": float(jump[s, day]),
            "load_varies": float(_varies(load, task.params["load_range"])),
        }
        window = str(task.params["window_days"])
        words = {**limits.words(s, last - 1), "window": (window, window)}
        subject = task.subjects[s]
        hits.append(Hit(subject, (int(s),), end - DAY, end, measures, words))
    return hits


def _at_day_ends(hours: npt.NDArray[np.bool_], window: int) -> npt.NDArray[np.int32]:
    """Number of hours in the window that ends with each complete day, [S, D]."""
    return trailing_count(whole_days(hours), window)[:, 23::24]


def _varies(load: Floats, by: float) -> bool:
    known = load[np.isfinite(load)]
    if known.size < 24:
        return False
    low, middle, high = np.quantile(known, [0.1, 0.5, 0.9])
    return bool(high - low > by * middle)
