"""Levels judged in ways of their own: days of incinerators, pH by time, multiples of heavy metals."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import numpy.typing as npt

from yuanjian.screening.limits import by_origin
from yuanjian.screening.methods.dq import hit_of
from yuanjian.screening.methods.exceedance import ABOVE
from yuanjian.screening.methods.windows import episodes
from yuanjian.screening.scene import HOUR
from yuanjian.screening.task import Hit, Task
from yuanjian.series import FlagCode
from yuanjian.series.validity import VALID_FLAGS

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
SLOT = timedelta(minutes=10)
SLOTS = 6


def incinerator_days(task: Task) -> list[Hit]:
    """Days of an incinerator's stack: the mean of the first ``early_hours`` hours, and the day's mean.

    Measures: ``early`` mean so far / limit, ``over`` 1 if the mean of the whole day is above the limit,
    ``full`` 1 if that day has at least ``valid_hours`` valid hours as well, ``valid`` valid hours. A limit of
    zero is none, as in `Limits.ratio`.
    """
    limits = task.limits(("day",))
    days = task.grid.size // 24
    rest = task.grid.size - 24 * days
    padded = np.pad(
        np.where(task.valid, limits.judged, np.nan), ((0, 0), (0, -rest % 24)), constant_values=np.nan
    )
    hours = padded.reshape(len(task.subjects), -1, 24)
    high = limits.high[:, ::24]
    high = np.where(high > 0, high, np.nan)
    early_hours = task.params["early_hours"]
    early = _mean(hours[:, :, :early_hours], early_hours // 2) / high
    early[:, days + (rest >= early_hours) :] = np.nan
    whole = _mean(hours, 1) / high
    whole[:, days:] = np.nan
    valid = np.isfinite(hours).sum(axis=2)
    hits = []
    for s, day in zip(*np.nonzero((early > task.params["near"]) | (whole > ABOVE)), strict=True):
        over = bool(whole[s, day] > ABOVE)
        measures = {
            "early": float(np.nan_to_num(early[s, day])),
            "over": float(over),
            "full": float(over and valid[s, day] >= task.params["valid_hours"]),
            "valid": float(valid[s, day]),
            "ratio": float(whole[s, day] if over else early[s, day]),
        }
        span = 24 * int(day), 24 * int(day) + (24 if over else early_hours)
        limit = f"{high[s, day]:g}"
        hits.append(hit_of(task, int(s), *span, measures, limit=limit))
    return hits


def _mean(hours: Floats, least: int) -> Floats:
    """Mean of the known hours of each day, NaN with fewer than ``least``; [S, D]."""
    known = np.isfinite(hours)
    count = known.sum(axis=2)
    total = np.where(known, hours, 0.0).sum(axis=2)
    return np.where(count >= max(least, 1), total / np.maximum(count, 1), np.nan)


def ph_range(task: Task) -> list[Hit]:
    """How long pH stays outside the permitted range, by ten minutes where such data came, else by hours.

    Without limits of the outlet the range is ``low`` to ``high``. Measures: ``minutes``, ``extreme`` 1 if
    below ``very_low`` or above ``very_high``, ``value`` farthest from neutral.
    """
    params = task.params
    first = task.index(task.since)
    values, inputs = _ten_minutes(task, first)
    low, high = _ranges(task, first)
    outside = np.isfinite(values) & ((values < low - 1e-4) | (values > high + 1e-4))
    hits = []
    for s, begin, end in zip(*episodes(outside), strict=True):
        part = values[s, begin:end]
        value = float(part[np.argmax(np.abs(part - 7.0))])
        measures = {
            "minutes": float((end - begin) * 10),
            "extreme": float(value < params["very_low"] or value > params["very_high"]),
        }
        shown = f"{low[s, begin]:g}–{high[s, begin]:g}"
        words = {"range": (shown, shown), "value": (f"{value:.2f}", f"{value:.2f}")}
        span = task.time(first) + int(begin) * SLOT, task.time(first) + int(end) * SLOT
        sent = np.ascontiguousarray(inputs[s, begin:end]).tobytes()
        hits.append(Hit(task.subjects[s], (int(s),), *span, measures, words, sent))
    return hits


def _ten_minutes(task: Task, first: int) -> tuple[Floats, Floats]:
    """Values by ten minutes, the hour's where none came; and those that came. [S, slots]"""
    keys = [subject.key for subject in task.subjects]
    fine = task.scene.fine(keys, SLOT, task.time(first), task.grid.end)
    sent = np.where(np.isin(fine.flags, VALID_FLAGS), fine.values, np.nan).astype(np.float64)
    hourly = np.repeat(np.where(task.valid, task.values, np.nan)[:, first:], SLOTS, axis=1)
    allowed = np.repeat(task.allowed[:, first:], SLOTS, axis=1)
    values = np.where(fine.flags == FlagCode.MISSING, hourly, sent)
    return np.where(allowed, values, np.nan), sent


def _ranges(task: Task, first: int) -> tuple[Floats, Floats]:
    """Permitted range by ten minutes, [S, slots]."""
    shape = len(task.subjects), len(task.days)
    low, high = np.full(shape, float(task.params["low"])), np.full(shape, float(task.params["high"]))
    task.asked.add(("instant", "hour", "day"))
    for row, subject in enumerate(task.subjects):
        for limit in by_origin(item for item in subject.outlet.limits if item.factor == subject.factor):
            last = limit.valid_to or task.days[-1]
            days = np.array([limit.valid_from <= day <= last for day in task.days])
            low[row, days] = task.params["low"] if limit.low is None else limit.low
            high[row, days] = task.params["high"] if limit.high is None else limit.high
    per_day = round(24 * HOUR / SLOT)
    part = slice(first * SLOTS, task.grid.size * SLOTS)
    return np.repeat(low, per_day, axis=1)[:, part], np.repeat(high, per_day, axis=1)[:, part]


def metal_multiples(task: Task) -> list[Hit]:
    """Hours of heavy metals near or above their limit, in multiples of it.

    Measures: ``ratio`` greatest value / limit, ``hours`` above the limit, ``criminal`` excess of the second
    greatest hour over the multiple from which the excess is a crime (``crimes``): a single value does not
    count.
    """
    limits = task.limits(("hour", "instant", "day"))
    ratio = np.where(task.valid & np.isfinite(limits.ratio), limits.ratio, 0.0)
    hits = []
    for s, first, last in zip(*episodes(ratio > task.params["near"]), strict=True):
        ranked = np.sort(ratio[s, first:last])[::-1]
        second = float(ranked[1]) if ranked.size > 1 else 0.0
        multiple = task.params["crimes"][task.subjects[s].factor]
        measures = {
            "ratio": float(ranked[0]),
            "hours": float((ranked > ABOVE).sum()),
            "criminal": max(0.0, second - 1.0) / multiple,
        }
        words = limits.words(s, first)
        span = task.time(first), task.time(last)
        crime = (f"{multiple} 倍以上", f"{multiple} times or more")
        hits.append(Hit(task.subjects[s], (int(s),), *span, measures, words | {"crime": crime}))
    return hits
