"""Waste water: values that contradict each other or their surroundings."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from yuanjian.clock import to_beijing
from yuanjian.screening.kernels import day_quantile
from yuanjian.screening.kernels.moments import rolling_moments
from yuanjian.screening.methods.days import count_in_day
from yuanjian.screening.methods.tv import rows_by_outlet, steady
from yuanjian.screening.methods.windows import episodes, recent
from yuanjian.screening.scene import DAY, HOUR
from yuanjian.screening.task import Hit, Task
from yuanjian.screening.wording import factor_words

Bools = npt.NDArray[np.bool_]
PH, CONDUCTIVITY, TEMPERATURE = "w01001", "w01014", "w01010"


def hierarchy(task: Task) -> list[Hit]:
    """Days on which most hours show a part larger than its whole (ammonia above total nitrogen …).

    ``pairs`` of (part, whole, factor): violated where part > (1 + band) · factor · whole. Measures: ``days``
    in a row with at least half of at least ``min_pairs`` hours violated; ``excess`` greatest part / whole.
    """
    fit = task.valid & (task.values >= task.params["min_steps"] * task.resolution[:, None])
    hits: list[Hit] = []
    for rows in rows_by_outlet(task).values():
        for part, whole, factor in task.params["pairs"]:
            if part in rows and whole in rows:
                hits += _inverted(task, fit, (rows[part], rows[whole]), float(factor))
    return hits


def _inverted(task: Task, fit: Bools, rows: tuple[int, int], factor: float) -> Iterator[Hit]:
    part, whole = rows
    both = (fit[part] & fit[whole])[None]
    ratio = task.values[part] / np.where(both[0], task.values[whole] * factor, 1.0)
    wrong = both & (ratio > 1.0 + task.params["band"])
    pairs, bad = count_in_day(both), count_in_day(wrong)
    subject = task.subjects[part]
    other = factor_words(task.subjects[whole].factor)[0]
    bad_days = (pairs >= task.params["min_pairs"]) & (2 * bad >= pairs)
    for _, first, last in zip(*episodes(bad_days), strict=True):
        hours = slice(24 * first, 24 * last)
        excess = float(np.max(ratio[hours], where=wrong[0, hours], initial=0.0))
        span = task.grid.start + int(first) * DAY, task.grid.start + int(last) * DAY
        measures = {"days": float(last - first), "excess": excess}
        yield Hit(subject, rows, *span, measures, {"other": other})


def stuck_water(task: Task) -> list[Hit]:
    """pH or conductivity that hardly moves, pH that jumps, water temperature far from its usual level.

    Measures: ``hours`` with a spread below the first bound, ``stuck`` below the second; ``step`` of the pH
    from one hour to the next; ``steps`` of at least ``min_step`` in 30 days at hours in which the sampler
    starts; ``astray`` hours more than ``max_off`` from the median of the 30 days before.
    """
    return [*_still(task), *_jumps(task), *_out_of_season(task)]


def _measures(**known: float) -> dict[str, float]:
    return {"hours": 0.0, "stuck": 0.0, "step": 0.0, "steps": 0.0, "astray": 0.0} | known


def _of(task: Task, *factors: str) -> Bools:
    """Which rows are of these factors, [S, 1]."""
    return np.array([[subject.factor in factors] for subject in task.subjects])


def _still(task: Task) -> Iterator[Hit]:
    window = int(task.params["window"])
    usable = task.valid & _of(task, PH, CONDUCTIVITY)
    mean, spread, _ = rolling_moments(np.where(usable, task.values, 0.0), usable, window, 2 * window)
    scale = np.where(_of(task, CONDUCTIVITY), mean, 1.0)
    bounds = np.where(_of(task, PH), [task.params["ph_spread"]], [task.params["conductivity_cv"]])
    conditions = {"hours": spread < bounds[:, :1] * scale, "stuck": spread < bounds[:, 1:] * scale}
    for run in steady(conditions, usable, window, 2 * window):
        value = f"{mean[run.row, run.last - 1]:.2f}"
        what = {"what": (f"几乎不变，均值 {value}", f"hardly moved about {value}")}
        span = task.time(run.first), task.time(run.last)
        yield Hit(task.subjects[run.row], (run.row,), *span, _measures(**run.hours), what)


def _jumps(task: Task) -> Iterator[Hit]:
    step = np.zeros(task.shape)
    pair = task.valid[:, 1:] & task.valid[:, :-1] & _of(task, PH)
    step[:, 1:] = np.where(pair, np.abs(np.diff(task.values, axis=1)), 0.0)
    series, at = np.nonzero(step >= task.params["min_step"])
    sampling = np.array([_sampling(task, int(s), int(t)) for s, t in zip(series, at, strict=True)], np.int64)
    counts = recent(series, at, 30 * 24, sampling)
    for s, t, count in zip(series, at, counts, strict=True):
        before, after = (f"{task.values[s, index]:.2f}" for index in (t - 1, t))
        zh, en = f"1 小时内由 {before} 跳变为 {after}", f"jumped from {before} to {after} within an hour"
        measures = _measures(step=float(step[s, t]), steps=float(count))
        span = task.time(int(t)), task.time(int(t) + 1)
        yield Hit(task.subjects[s], (int(s),), *span, measures, {"what": (zh, en)})


def _sampling(task: Task, s: int, t: int) -> bool:
    """Does the automatic sampler start in that hour?"""
    outlet = task.subjects[s].outlet
    begin = task.time(t)
    starts = task.scene.sampler_starts.get(outlet.point, ())
    timetable = to_beijing(begin).hour in outlet.sampler_hours
    return timetable or any(begin <= start < begin + HOUR for start in starts)


def _out_of_season(task: Task) -> Iterator[Hit]:
    usable = task.valid & _of(task, TEMPERATURE)
    usual = day_quantile(np.where(usable, task.values, 0.0), usable, 24, 30, 0.5, 10 * 24)
    usual = np.repeat(usual, 24, axis=1)[:, : task.grid.size]
    off = usable & (np.abs(task.values - usual) > task.params["max_off"])
    for s, first, last in zip(*episodes(off), strict=True):
        shown = f"{usual[s, first]:.1f}"
        what = {"what": (f"偏离此前 30 天中位数（{shown}）", f"was far from its median of 30 days ({shown})")}
        span = task.time(int(first)), task.time(int(last))
        yield Hit(task.subjects[s], (int(s),), *span, _measures(astray=float(last - first)), what)
