"""Values that repeat with one period nothing in the plant explains."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import numpy as np

from yuanjian.clock import to_beijing
from yuanjian.screening.exclusions import among
from yuanjian.screening.kernels.spectra import spectral_peak
from yuanjian.screening.methods.proc_series import means
from yuanjian.screening.methods.proc_sight import Floats
from yuanjian.screening.scene import AT_ONCE, DAY
from yuanjian.screening.task import Hit, Task
from yuanjian.series.validity import VALID_FLAGS

MINUTE = timedelta(minutes=1)
STEP = 10
"""Minutes of a sample: the slowest loggers send one value in ten minutes."""
PER_DAY = 24 * 60 // STEP


def periodic(task: Task) -> list[Hit]:
    """Weeks, judged on Monday, in which most of the variation of ten-minute means has one period.

    Between ``shortest_h`` and ``longest_h`` hours and not one of ``unwanted_h`` (calibration, blow-back,
    shifts); weeks with ``min_share`` of their samples. Measures: ``share`` of the power in the peak,
    ``days`` of the week with the same period within 1 %. Word: ``period_min``.
    """
    hits = []
    for first in _weeks(task):
        start = task.time(first)
        for rows in _rows_at_once(task):
            samples = _samples(task, rows, first)
            for row, values in zip(rows, samples, strict=True):
                found = _judged(task, values)
                if found is not None and found[0] >= task.params["least"]:
                    share, period, days = found
                    word = f"{period * STEP:.0f}"
                    measures = {"share": share, "days": float(days)}
                    hits.append(_hit(task, row, start, measures, word, values))
    return hits


def _hit(task: Task, row: int, start: datetime, measures: dict[str, float], word: str, seen: Floats) -> Hit:
    words = {"period_min": (word, word)}
    return Hit(task.subjects[row], (row,), start, start + 7 * DAY, measures, words, seen.tobytes())


def _weeks(task: Task) -> Iterator[int]:
    """First hours of complete weeks that begin on a Beijing Monday, from ``task.since`` on."""
    for at in range(-(-task.index(task.since) // 24) * 24, task.grid.size - 7 * 24 + 1, 24):
        if to_beijing(task.time(at)).weekday() == 0:
            yield at


def _rows_at_once(task: Task) -> Iterator[list[int]]:
    for at in range(0, len(task.subjects), AT_ONCE):
        yield list(range(at, min(at + AT_ONCE, len(task.subjects))))


def _samples(task: Task, rows: Sequence[int], first: int) -> Floats:
    """Ten-minute means of a week, NaN where nothing usable came or an exclusion applies."""
    keys = [task.subjects[row].key for row in rows]
    start = task.time(first)
    fine = task.scene.fine(keys, MINUTE, start, start + 7 * DAY)
    if not fine.flags.any():
        return np.full((len(rows), 7 * PER_DAY), np.nan)  # nobody sends minutes
    at = [fine.row(key) for key in keys]
    usable = np.where(among(fine.flags[at], VALID_FLAGS), fine.values[at], np.nan).astype(np.float64)
    samples = means(usable, STEP, 1 / STEP)
    allowed = np.repeat(task.allowed[rows, first : first + 7 * 24], 60 // STEP, axis=1)
    return np.where(allowed, samples, np.nan)


def _judged(task: Task, samples: Floats) -> tuple[float, float, int] | None:
    """Share, period in samples, and days with the same period; None if too little is known."""
    known = np.isfinite(samples)
    if known.mean() < task.params["min_share"]:
        return None
    place = np.arange(samples.size)
    whole = np.interp(place, place[known], samples[known])
    share, period = _peak(task, whole)
    of_days = np.array([_peak(task, day)[1] for day in whole.reshape(7, PER_DAY)])
    return share, period, int((np.abs(of_days / period - 1.0) <= 0.01).sum())


def _peak(task: Task, values: Floats) -> tuple[float, float]:
    per_hour = 60 / STEP
    unwanted = per_hour * np.array(task.params["unwanted_h"])
    return spectral_peak(
        values, per_hour * task.params["shortest_h"], per_hour * task.params["longest_h"], unwanted
    )
