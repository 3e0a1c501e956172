"""Hours judged by a rule of money or of removal: the price of coal power, the removal of VOCs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from yuanjian.screening.methods.days import whole_days
from yuanjian.screening.methods.dq import hit_of
from yuanjian.screening.methods.windows import episodes
from yuanjian.screening.task import Hit, Subject, Task
from yuanjian.series.rules import periods, price
from yuanjian.series.rules.amounts import hourly
from yuanjian.series.validity import VALID_FLAGS

Bools = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def price_hours(task: Task) -> list[Hit]:
    """Hours of a unit under load above the limit, for which the price of clean power is lost.

    发改价格〔2014〕536号 [B]. Measures, of the calendar month up to then: ``hours``, ``double`` hours at
    twice the limit or more, ``share`` of the hours under load, once there are ``min_hours`` of them.
    """
    ratio = np.where(task.valid, task.limits(("hour",)).ratio, np.nan)
    load = task.signal("load")
    lost, double = price.deducted(ratio, load), price.fined(ratio, load)
    months = periods.begins(task.grid, periods.MONTHS)
    ran = task.valid & ~(load <= 0)
    hours, twice, running = (
        periods.since_begin(cells.astype(np.int64), months) for cells in (lost, double, ran)
    )
    hits = []
    for s, first, last in zip(*episodes(lost), strict=True):
        measures = {
            "hours": float(hours[s, last - 1]),
            "double": float(twice[s, last - 1]),
            "share": _share(int(hours[s, last - 1]), int(running[s, last - 1]), task.params["min_hours"]),
            "ratio": float(ratio[s, first:last].max()),
        }
        fen = f"{price.FEN[str(task.subjects[s].factor)]:g}"
        hits.append(hit_of(task, int(s), int(first), int(last), measures, fen=fen))
    return hits


def _share(part: int, whole: int, least: int) -> float:
    return part / whole if whole >= least else 0.0


def removal_rate(task: Task) -> list[Hit]:
    """Days on which the treatment takes out too little of what comes in, by the median of the hours.

    Only hours in which at least ``least_rate`` kg/h come in (``key_rate`` in ``key_regions``); the flow
    before is that of the outlet where none is measured. Measures: ``missed`` 1 − removal, ``below75`` and
    ``below60`` days in a row below that removal in percent, ``nothing`` 1 if what goes in comes out.
    """
    inlet, usable = _inlet(task)
    before = task.signal("inlet_flow")
    before = np.where(np.isfinite(before), before / 3600.0, task.flow)
    enters, leaves = hourly(inlet, before), hourly(task.values, task.flow)
    usable &= task.valid & (enters >= _rates(task))
    missed = np.where(usable, leaves / np.where(usable, enters, 1.0), np.nan)
    days = whole_days(missed).reshape(len(missed), -1, 24)
    enough = np.isfinite(days).sum(axis=2) >= task.params["min_hours"]
    median = np.nan_to_num(np.nanmedian(np.where(enough[:, :, None], days, 0.0), axis=2), nan=0.0)
    bad75, bad60 = _in_row(median > 0.25), _in_row(median > 0.4)
    hits = []
    for s, day in zip(*np.nonzero(median > task.params["least"]), strict=True):
        value = float(median[s, day])
        measures = {
            "missed": value,
            "below75": float(bad75[s, day]),
            "below60": float(bad60[s, day]),
            "nothing": float(abs(1.0 - value) < task.params["same"]),
        }
        removed = f"{100 * (1 - value):.0f}"
        hits.append(hit_of(task, int(s), 24 * int(day), 24 * int(day) + 24, measures, removed=removed))
    return hits


def _inlet(task: Task) -> tuple[Floats, Bools]:
    """The factor before the treatment beside each subject, and where it may be used; [S, T]."""
    values = np.full(task.shape, np.nan)
    usable = np.zeros(task.shape, np.bool_)
    for row, subject in enumerate(task.subjects):
        for signal in [s for s in subject.outlet.signals_of("inlet") if s.factor == subject.factor][:1]:
            at = task.scene.hours.row((signal.point, signal.factor))
            values[row] = task.scene.hours.values[at]
            usable[row] = np.isin(task.scene.hours.flags[at], VALID_FLAGS) & np.isfinite(values[row])
    return values, usable


def _rates(task: Task) -> Floats:
    """kg/h that must come in, [S, 1]."""
    params = task.params

    def rate(subject: Subject) -> float:
        key = any(subject.outlet.region.startswith(prefix) for prefix in params["key_regions"])
        return float(params["key_rate"] if key else params["least_rate"])

    return np.array([[rate(subject)] for subject in task.subjects])


def _in_row(hit: Bools) -> Counts:
    """How many days in a row up to here."""
    at = np.arange(1, hit.shape[1] + 1)
    return np.asarray(np.where(hit, at - np.maximum.accumulate(np.where(hit, 0, at), axis=1), 0))
