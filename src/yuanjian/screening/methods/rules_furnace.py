"""Five-minute means of furnace temperature, against what the state of the furnace asks for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from yuanjian.clock import from_beijing, to_beijing
from yuanjian.screening.exclusions import marks_on
from yuanjian.screening.methods.windows import episodes
from yuanjian.screening.scene import DAY, HOUR
from yuanjian.screening.task import Hit, Subject, Task
from yuanjian.series import MarkKind, SeriesKey
from yuanjian.series.cube import Grid
from yuanjian.series.rules import exemptions
from yuanjian.series.validity import VALID_FLAGS

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
MINUTE = timedelta(minutes=1)
SLOT = 5 * MINUTE
SLOTS = HOUR // SLOT
PER_DAY = DAY // SLOT
HAZARDOUS = 1000.0
"""°C; a design temperature from here on is that of hazardous waste."""
EXEMPT = ("start_stop", "fault")
"""Exclusions that hold only as far as the ledger of exempt hours goes."""


def cold_furnace(task: Task) -> list[Hit]:
    """Natural days with five-minute means of a furnace below its temperature, outside exempt hours.

    The temperature is the signal's design value, else ``bound`` °C. ``hazardous`` tells which furnaces the
    model is about: those of hazardous and medical waste, or the others. With ``feeding`` only while waste is
    fed in. Hours marked as start-up, shut-down or fault are exempt as the window of ``exempt`` says.
    Measures: ``count`` of the day, ``share`` of the day, ``run`` in a row, ``lowest`` °C.
    """
    rows = [
        row for row, subject in enumerate(task.subjects) if _hazardous(subject) == task.params["hazardous"]
    ]
    if not rows:
        return []
    first = task.index(task.since)
    hot = _slots(task, [task.subjects[row].key for row in rows], first)
    low = (hot < _bounds(task, rows)) & np.repeat(_judged(task)[rows, first:], SLOTS, axis=1)
    if task.params["feeding"]:
        low &= _feed(task, rows, first) > 0
    days = -(-low.shape[1] // PER_DAY)
    hits = []
    for at, day in ((at, day) for at in range(len(rows)) for day in range(days)):
        part = slice(day * PER_DAY, min((day + 1) * PER_DAY, low.shape[1]))
        if low[at, part].any():
            hits.append(_hit(task, rows[at], low[at, part], hot[at, part], task.time(first) + day * DAY))
    return hits


def _hit(task: Task, row: int, low: Bools, hot: Floats, midnight: datetime) -> Hit:
    at = np.flatnonzero(low)
    _, starts, ends = episodes(low[None, :])
    measures = {
        "count": float(at.size),
        "share": at.size / PER_DAY,
        "run": float((ends - starts).max()),
    }
    lowest = f"{hot[at].min():.0f}"
    bound = f"{_bounds(task, [row])[0, 0]:g}"
    words = {"lowest": (lowest, lowest), "bound": (bound, bound)}
    span = midnight + int(at[0]) * SLOT, midnight + (int(at[-1]) + 1) * SLOT
    return Hit(task.subjects[row], (row,), *span, measures, words, hot.tobytes())


def _design(subject: Subject) -> float:
    """Design temperature of the subject's signal, 0 where none is known."""
    signals = (signal for signal in subject.outlet.signals if (signal.point, signal.factor) == subject.key)
    return next(signals).design or 0.0


def _hazardous(subject: Subject) -> bool:
    """By the design temperature (1100 °C for hazardous waste) or the industry: its name or its code [D].

    7724 is 危险废物治理 of GB/T 4754-2017 [A].
    """
    named = any(word in subject.outlet.industry for word in ("危险废物", "医疗废物", "7724"))
    return named or _design(subject) >= HAZARDOUS


def _bounds(task: Task, rows: Sequence[int]) -> Floats:
    """Temperature that must be kept, [rows, 1]."""
    return np.array([[_design(task.subjects[row]) or task.params["bound"]] for row in rows], np.float64)


def _slots(task: Task, keys: Sequence[SeriesKey], first: int) -> Floats:
    """Mean of what came in each five minutes from hour ``first`` on, NaN for nothing; [keys, slots]."""
    cube = task.scene.fine(keys, MINUTE, task.time(first), task.grid.end)
    row = np.array([cube.row(key) for key in keys])
    there = np.isin(cube.flags[row], VALID_FLAGS) & np.isfinite(cube.values[row])
    shape = (len(keys), -1, SLOT // MINUTE)
    count = there.reshape(shape).sum(axis=2)
    total = np.where(there, cube.values[row], 0.0).astype(np.float64).reshape(shape).sum(axis=2)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))


def _feed(task: Task, rows: Sequence[int], first: int) -> Floats:
    """Feed in five minutes, that of the hour where none came; [rows, slots]."""
    signals = [task.subjects[row].outlet.signals_of("feed")[0] for row in rows]
    fine = _slots(task, [SeriesKey(signal.point, signal.factor) for signal in signals], first)
    hourly = np.repeat(task.signal("feed")[rows, first:], SLOTS, axis=1)
    return np.asarray(np.where(np.isfinite(fine), fine, hourly))


def _judged(task: Task) -> Bools:
    """Hours no exclusion takes out; start-up, shut-down and fault only as far as they are exempt, [S, T]."""
    allowed = np.ones(task.shape, np.bool_)
    exempt = _exempt(task)
    for code, result in task.excluded.items():
        if not isinstance(result, str):
            out = result & exempt if code in EXEMPT else result
            task.tested[code] = out
            allowed &= ~out
    return allowed


def _exempt(task: Task) -> Bools:
    """Hours the window of the industry exempts; marks are read from the year's beginning on."""
    begin = from_beijing(datetime(to_beijing(task.grid.start).year, 1, 1))  # noqa: DTZ001 — a Beijing wall time
    grid = Grid.covering(begin, task.grid.end, HOUR)
    points = sorted({subject.outlet.point for subject in task.subjects})
    marks = task.scene.registry.marks(points, begin, task.grid.end)
    bits = marks_on(marks, [SeriesKey(subject.outlet.point, "") for subject in task.subjects], grid)
    window = next(
        one
        for one in exemptions.windows()
        if one.industry == task.params["exempt"] and MarkKind.STARTING in one.marks
    )
    return exemptions.ledger(bits, window, grid).exempt[:, grid.index(task.grid.start) :]
