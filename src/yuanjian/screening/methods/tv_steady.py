"""Values that move less than the plant does."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from yuanjian.screening.kernels import day_quantile
from yuanjian.screening.kernels.glances import steadiest_ratio
from yuanjian.screening.kernels.moments import rolling_moments
from yuanjian.screening.kernels.power import OFF
from yuanjian.screening.methods.tv import load, rows_by_outlet, running, steady
from yuanjian.screening.task import Hit, Task
from yuanjian.screening.wording import factor_words

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
SPARE = 1.001
"""A glance is a little wider than the condition it stands for."""


def load_spread(task: Task, usable: Bools) -> Floats:
    """Coefficient of variation of the load over the same window of running hours, [S, T]."""
    mean, spread, _ = rolling_moments(np.where(usable, load(task), 0.0), usable, *_window(task))
    return np.asarray(spread / np.where(mean > 0, mean, np.nan))


def _window(task: Task) -> tuple[int, int]:
    return int(task.params["window"]), 2 * int(task.params["window"])


def low_variation(task: Task) -> list[Hit]:
    """Running hours whose coefficient of variation stays small while the load varies.

    Series whose level is within ``min_steps`` of the resolution are left alone, and so is what is usual: more
    than ``unusual`` of the coefficient's P20 of the 30 days before. Measures: ``wide``,
    ``middle``, ``narrow`` hours held below the three bounds of ``cv``; ``load_cv``.
    """
    usable = running(task) & (task.values >= task.params["min_steps"] * task.resolution[:, None])
    mean, spread, _ = rolling_moments(np.where(usable, task.values, 0.0), usable, *_window(task))
    cv, loads = spread / np.where(mean > 0, mean, np.nan), load_spread(task, usable)
    usual = day_quantile(cv, np.isfinite(cv), 24, 30, 0.2, 7 * 24)
    usual = np.repeat(usual, 24, axis=1)[:, : task.grid.size]
    moving = (loads > task.params["min_load_cv"]) & ~(cv >= task.params["unusual"] * usual)
    conditions = {
        name: moving & (cv < bound)
        for name, bound in zip(("wide", "middle", "narrow"), task.params["cv"], strict=True)
    }
    hits = []
    for run in steady(conditions, usable, *_window(task)):
        part = slice(run.first, run.last)
        measures = {**run.hours, "load_cv": float(np.nanmax(loads[run.row, part]))}
        words = {"cv": (f"{np.nanmin(cv[run.row, part]):.2%}",) * 2}
        span = task.time(run.first), task.time(run.last)
        hits.append(Hit(task.subjects[run.row], (run.row,), *span, measures, words))
    return hits


def fixed_ratio(task: Task) -> list[Hit]:
    """Two factors of an outlet in a ratio that hardly moves although each of them does.

    Measures: ``wide``, ``middle``, ``narrow`` running hours in which the coefficient of variation of the
    ratio stays below the three bounds of ``cv``.
    """
    pairs = np.array(list(_pairs(task)), np.int64).reshape(-1, 2)
    real = task.values >= task.params["min_steps"] * task.resolution[:, None]
    fit = task.valid & real & _not_stopped(task)
    least = steadiest_ratio(task.values, fit, pairs, _window(task)[0])
    pairs = pairs[least < SPARE * task.params["cv"][0]].T
    cv, centre = _variation(task, pairs, fit, lambda one, other: one / other)
    some = (cv < task.params["cv"][0]).any(axis=1)
    first, second = pairs = pairs[:, some]
    cv, centre, usable = cv[some], centre[some], fit[first] & fit[second]
    moving = np.ones(cv.shape, np.bool_)
    for own in (lambda one, other: one, lambda one, other: other):
        moving &= _variation(task, pairs, fit, own)[0] > task.params["min_own_cv"]
    conditions = {
        name: moving & (cv < bound)
        for name, bound in zip(("wide", "middle", "narrow"), task.params["cv"], strict=True)
    }
    hits = []
    for run in steady(conditions, usable, *_window(task)):
        rows = int(first[run.row]), int(second[run.row])
        ratio = f"{np.nanmedian(centre[run.row, run.first : run.last]):.4g}"
        span = task.time(run.first), task.time(run.last)
        words = {"ratio": (ratio, ratio), "other": factor_words(task.subjects[rows[1]].factor)[0]}
        hits.append(Hit(task.subjects[rows[0]], rows, *span, dict(run.hours), words))
    return hits


def _variation(
    task: Task, pairs: npt.NDArray[np.int64], fit: Bools, of: Callable[[Floats, Floats], Floats]
) -> tuple[Floats, Floats]:
    """Coefficient of variation and mean of something made of each pair of rows, [pairs, T]."""
    first, second = pairs
    usable = fit[first] & fit[second]
    part = of(task.values[first], np.where(usable, task.values[second], 1.0))
    mean, spread, _ = rolling_moments(np.where(usable, part, 0.0), usable, *_window(task))
    return spread / np.where(mean > 0, mean, np.nan), mean


def _not_stopped(task: Task) -> Bools:
    return np.asarray(np.stack([item.state for item in task.production]) != OFF)


def _pairs(task: Task) -> Iterator[tuple[int, int]]:
    for rows in rows_by_outlet(task).values():
        for one, other in task.params["pairs"]:
            if one in rows and other in rows:
                yield rows[one], rows[other]


def frozen_auxiliaries(task: Task) -> list[Hit]:
    """Humidity, static pressure or temperature of the flue gas that stand still while the load varies.

    A series whose resolution is coarser than ``max_coarse`` of its value is not judged. Measures: ``hours``
    running hours with (max - min) / |mean| below ``range``, ``parameters`` how many stood still together.
    """
    coarse = task.resolution[:, None] > task.params["max_coarse"] * np.abs(task.values)
    usable = running(task) & ~coarse
    mean, _, extent = rolling_moments(np.where(usable, task.values, 0.0), usable, *_window(task))
    moving = load_spread(task, usable) > task.params["min_load_cv"]
    still = moving & (extent < task.params["range"] * np.abs(mean))
    together = np.zeros(task.shape, np.int64)
    for found in rows_by_outlet(task).values():
        rows = list(found.values())
        together[rows] = still[rows].sum(axis=0)
    hits = []
    for run in steady({"hours": still}, usable, *_window(task)):
        measures = {**run.hours, "parameters": float(together[run.row, run.first : run.last].max())}
        value = f"{mean[run.row, run.last - 1]:g}"
        span = task.time(run.first), task.time(run.last)
        hits.append(Hit(task.subjects[run.row], (run.row,), *span, measures, {"value": (value, value)}))
    return hits
