"""Less water while the sampler draws its sample."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from yuanjian.screening import durations
from yuanjian.screening.kernels import rank_test
from yuanjian.screening.methods.windows import recent
from yuanjian.screening.scene import DAY, HOUR
from yuanjian.screening.task import Hit, Task
from yuanjian.series import Cube, SeriesKey
from yuanjian.series.validity import VALID_FLAGS

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Day:
    """One day of one outlet: flow (and concentrations) while sampling against the rest of the day."""

    subject: int
    day: int
    reduction: float
    lower: float
    sampling: float
    otherwise: float
    seen: bytes


def sampler_flow(task: Task) -> list[Hit]:
    """Days on which the flow around the sampler's starts is smaller (rank test, p < ``alpha``).

    From fine data (±``around``) where they cover half the day, else from hour values. Measures:
    ``reduction`` share of flow missing while sampling, ``days60``/``days40`` days in 7 with less than 60 %
    / 40 % of the other flow, ``lower`` share by which a concentration is lower while sampling.
    """
    fine = _fine(task)
    days = [
        found
        for s in range(len(task.subjects))
        for day in range(max(0, task.index(task.since)) // 24, task.grid.size // 24)
        if (found := _judge(task, fine, s, day)) is not None
    ]
    series = np.array([day.subject for day in days], np.int64)
    numbers = np.array([day.day for day in days], np.int64)
    counts = [
        recent(series, numbers, 7, np.array([day.reduction > least for day in days], np.int64))
        for least in (0.4, 0.6)
    ]
    hits = []
    for day, below60, below40 in zip(days, *counts, strict=True):
        start = task.grid.start + day.day * DAY
        measures = {
            "reduction": day.reduction,
            "days60": float(below60),
            "days40": float(below40),
            "lower": day.lower,
        }
        words = {"sampling": (f"{day.sampling:.3g}",) * 2, "otherwise": (f"{day.otherwise:.3g}",) * 2}
        span = start, start + DAY
        hits.append(Hit(task.subjects[day.subject], (day.subject,), *span, measures, words, day.seen))
    return hits


def _fine(task: Task) -> Cube:
    """Flow and concentrations of all outlets in fine steps."""
    keys = [SeriesKey(s.point, factor) for s in task.subjects for factor in _factors(task, s.outlet.factors)]
    step = durations.parse(task.model.inputs["flow_step"])
    return task.scene.fine(keys, step, task.since, task.grid.end)


def _factors(task: Task, factors: tuple[str, ...]) -> list[str]:
    wanted = (*task.model.inputs["factors"], *task.params["concentrations"])
    return [factor for factor in wanted if factor in factors]


def _judge(task: Task, fine: Cube, s: int, day: int) -> Day | None:
    """The day's comparison, or None where it shows nothing."""
    start = task.grid.start + day * DAY
    starts = _starts(task, s, start)
    subject = task.subjects[s]
    around = timedelta(minutes=task.params["around_minutes"])
    allowed = task.allowed[s, day * 24 : day * 24 + 24]
    values, sampling = _window(fine, subject.key, start, starts, around)
    free = np.repeat(allowed, len(values) // 24)
    if np.isfinite(values).mean() < 0.5:
        fine = task.scene.hours
        values, sampling = _window(fine, subject.key, start, starts, timedelta(0))
        free = allowed
    usable = free & np.isfinite(values) & (values > 0)
    low, high = values[usable & sampling], values[usable & ~sampling]
    if min(low.size, high.size) < task.params["min_samples"]:
        return None
    reduction = float(1.0 - low.mean() / high.mean())
    if reduction < task.params["min_reduction"] or rank_test(low, high) >= task.params["alpha"]:
        return None
    lower = [0.0]
    for factor in _factors(task, subject.outlet.factors)[1:]:
        levels, _ = _window(fine, SeriesKey(subject.point, factor), start, starts, around)
        inside, outside = levels[usable & sampling], levels[usable & ~sampling]
        if np.isfinite(inside).any() and np.nanmean(np.append(outside, 0.0)) > 0:
            lower.append(float(1.0 - np.nanmean(inside) / np.nanmean(outside)))
    return Day(s, day, reduction, max(lower), float(low.mean()), float(high.mean()), values.tobytes())


def _starts(task: Task, s: int, start: datetime) -> list[datetime]:
    """Starts of the sampler on a day: as reported, else by its fixed schedule."""
    outlet = task.subjects[s].outlet
    reported = task.scene.sampler_starts.get(outlet.point, ())
    today = [time for time in reported if start <= time < start + DAY]
    return today or [start + hour * HOUR for hour in outlet.sampler_hours]


def _window(
    cube: Cube, key: SeriesKey, start: datetime, starts: list[datetime], around: timedelta
) -> tuple[Floats, Bools]:
    """A day of a series (NaN where unusable), and which of its periods touch a sampling window."""
    size = DAY // cube.step
    first = cube.index(start)
    row = cube.row(key)
    values = cube.values[row, first : first + size].astype(np.float64)
    values[~np.isin(cube.flags[row, first : first + size], VALID_FLAGS)] = np.nan
    sampling = np.zeros(size, np.bool_)
    for time in starts:
        begin = max(0, (time - around - start) // cube.step)
        end = max((time + around - start) // cube.step, (time - start) // cube.step + 1)
        sampling[begin:end] = True
    return values, sampling
