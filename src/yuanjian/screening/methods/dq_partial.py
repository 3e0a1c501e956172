"""The hour that is not over yet: what its remaining minutes may still emit."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from yuanjian.screening.methods.exceedance import ABOVE
from yuanjian.screening.scene import HOUR
from yuanjian.screening.task import Hit, Task
from yuanjian.series import Cube
from yuanjian.series.validity import VALID_FLAGS

Floats = npt.NDArray[np.float64]
SLOTS = 6
SLOT = HOUR / SLOTS


def residual_control(task: Task) -> list[Hit]:
    """Hours whose mean so far is above the hour limit, by ten minutes, the present hour included.

    With n of N parts received the rest may average ``(N · limit − Σc) / (N − n)`` at most. Every hour stands
    by itself, so only those from the focus on are loaded. Measures: ``ratio`` greatest mean so far / limit,
    ``tight`` 1 − allowed average / limit, at most 1 and counted while more than 20 min are left.
    """
    first = max(0, task.index(task.scene.focus))
    begin, end = task.time(first), min(task.scene.end, task.scene.now)
    if end - begin < SLOT:
        return []
    keys = [subject.key for subject in task.subjects]
    fine = task.scene.fine(keys, SLOT, begin, begin + (end - begin) // SLOT * SLOT)
    if not fine.flags.any():
        return []  # nobody sends minutes
    values, high = _parts(task, first, fine)
    so_far = np.cumsum(values, axis=2)[:, :, : SLOTS - 1] / high[:, :, None]
    n = np.arange(1, SLOTS)
    ratio = np.where(n >= task.params["least"], so_far / n, np.nan)
    allowed = (SLOTS - so_far) / (SLOTS - n)
    over = ratio > ABOVE
    tight = np.where(over & (SLOTS - n > 2), np.minimum(1.0 - allowed, 1.0), 0.0)
    hits = []
    for s, hour in zip(*np.nonzero(over.any(axis=2)), strict=True):
        last = int(np.flatnonzero(over[s, hour])[-1])
        rest = f"{max(0.0, float(allowed[s, hour, last] * high[s, hour])):.1f}"
        limit = f"{high[s, hour]:g}"
        measures = {
            "ratio": float(np.nanmax(ratio[s, hour])),
            "tight": float(tight[s, hour].max()),
        }
        start = begin + int(hour) * HOUR
        words = {"limit": (limit, limit), "rest": (rest, rest)}
        seen = np.ascontiguousarray(values[s, hour, : last + 1]).tobytes()
        hits.append(Hit(task.subjects[s], (int(s),), start, start + (last + 1) * SLOT, measures, words, seen))
    return hits


def _parts(task: Task, first: int, fine: Cube) -> tuple[Floats, Floats]:
    """Judged ten-minute values [S, H, 6], NaN where none came, and the limits [S, H].

    The present hour has the limits and marks of the one before.
    """
    hours = -(-fine.shape[1] // SLOTS)
    at = np.minimum(np.arange(first, first + hours), task.grid.size - 1)
    limits = task.limits(("hour",))
    judged = np.isin(fine.flags, VALID_FLAGS)
    missing = ((0, 0), (0, hours * SLOTS - fine.shape[1]))
    parts = [
        np.pad(np.where(judged, sent, np.nan), missing, constant_values=np.nan).reshape(-1, hours, SLOTS)
        for sent in (fine.values.astype(np.float64), fine.reference.astype(np.float64))
    ]
    values = np.where(limits.converted[:, at, None], parts[1], parts[0])
    return np.where(task.allowed[:, at, None], values, np.nan), np.where(
        limits.high > 0, limits.high, np.nan
    )[:, at]
