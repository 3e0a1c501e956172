"""How much power treatment and production draw, hour by hour and day by day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from yuanjian.screening.kernels import trailing_count
from yuanjian.screening.kernels.power import OFF, ON
from yuanjian.screening.methods.days import any_in_day, whole_days
from yuanjian.screening.methods.mismatch import duty_groups
from yuanjian.screening.methods.windows import episodes
from yuanjian.screening.operation import Power
from yuanjian.screening.ports import Chain, PowerMeter
from yuanjian.screening.scene import DAY
from yuanjian.screening.task import Hit, Task
from yuanjian.series import MarkKind

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
DECILES = np.arange(0.1, 0.95, 0.1)
STAGED = frozenset({"slurry_pump"})
NIGHT_BEGINS, NIGHT_HOURS = 22, 8


@dataclass(frozen=True, eq=False)
class Treatment:
    """One kind of treatment per hour: mean power [T] in kW, its normal power [T], and whether it stands.

    Of fans the cube root of both, as their flow goes: half the flow takes an eighth of the power.
    """

    name: str
    kw: Floats
    normal: Floats
    off: Bools


def treatments(task: Task, s: int) -> list[Treatment]:
    """The treatment behind an outlet; duty and standby machines together, normal power of one of them.

    Pumps of which more or fewer run by load are left out: their number is judged by M317.
    Normal is the P95 of the 30 days before, NaN with less than a week of data.
    """
    chain = task.subjects[s].outlet.chain or Chain((), ())
    power = task.scene.power(task.step)
    judged = [group for group in duty_groups(chain) if group[0].machine not in STAGED]
    return [_treatment(power, group, task.scene.grid.size) for group in judged]


def _treatment(power: Power, group: Sequence[PowerMeter], hours: int) -> Treatment:
    rows = power.rows(group)
    kw = power.kw[rows].sum(axis=0).reshape(hours, -1)
    seen = np.isfinite(kw).sum(axis=1)
    half = kw.shape[1] / 2
    mean = np.where(seen >= half, np.nansum(kw, axis=1) / np.maximum(seen, 1), np.nan)
    off = (power.any_on(group).reshape(hours, -1) == OFF).sum(axis=1) >= half
    normal = power.p95[rows].max(axis=0).reshape(hours, -1)[:, 0]
    if all(meter.machine == "fan" for meter in group):
        mean, normal = np.cbrt(mean), np.cbrt(normal)
    return Treatment(group[0].name, mean, normal, off)


def low_load(task: Task) -> list[Hit]:
    """Hours in which treatment draws far less than it usually does at that production power.

    Usual: median of the decile of production power in the ``baseline_days`` before, hours with production
    running. Only while production has at least ``min_load`` of its normal power and treatment does not
    stand (that is M301's). Measures: ``hours`` in a row below ``low``, ``deep`` of them below ``deep``,
    ``days7`` days of 7 with such hours, ``missing`` share of the usual power that is missing.
    """
    share = np.stack([_share(task, s) for s in range(len(task.subjects))])
    low = share < task.params["low"]
    deep = share < task.params["deep"]
    days7 = trailing_count(any_in_day(low), 7)
    hits = []
    for s, first, last in zip(*episodes(low), strict=True):
        measures = {
            "hours": float(last - first),
            "deep": float(deep[s, first:last].sum()),
            "days7": float(days7[s, first // 24 : (last - 1) // 24 + 1].max()),
            "missing": float(1.0 - share[s, first:last].min()),
        }
        hits.append(Hit(task.subjects[s], (int(s),), task.time(first), task.time(last), measures))
    return hits


def _share(task: Task, s: int) -> Floats:
    """Power over usual power of the treatment that is lowest, [T]; 1 where nothing can be said."""
    production = task.production[s]
    loaded = (production.state == ON) & (production.load >= task.params["min_load"]) & task.allowed[s]
    result = np.ones(task.grid.size)
    for item in treatments(task, s):
        usable = (production.state == ON) & ~item.off & np.isfinite(item.kw) & np.isfinite(production.kw)
        # The median of a decile cannot exceed the greatest value: few days need their deciles.
        peak = _peak(np.where(usable, item.kw, 0.0), task.params["baseline_days"])
        suspect = loaded & usable & (item.kw < task.params["low"] * peak)
        for day in np.unique(np.flatnonzero(suspect) // 24):
            window = slice(max(0, day - task.params["baseline_days"]) * 24, day * 24)
            known = usable[window]
            if known.sum() < task.params["min_hours"]:
                continue
            at = day * 24 + np.flatnonzero(suspect[day * 24 : day * 24 + 24])
            usual = _usual(production.kw[window][known], item.kw[window][known], production.kw[at])
            result[at] = np.minimum(result[at], item.kw[at] / usual)
    return result


def _peak(kw: Floats, days: int) -> Floats:
    """The greatest of the whole days before each day, [T]."""
    count = -(-len(kw) // 24)
    padded = np.pad(kw, (0, count * 24 - len(kw)))
    of_day = np.concatenate((np.zeros(days), padded.reshape(count, 24).max(axis=1)))
    before = np.lib.stride_tricks.sliding_window_view(of_day, days)[:count].max(axis=1)
    return np.repeat(before, 24)[: len(kw)]


def _usual(production: Floats, treatment: Floats, at: Floats) -> Floats:
    """Median treatment power in the decile of production power each of ``at`` falls into."""
    edges = np.quantile(production, DECILES)
    bins = np.searchsorted(edges, production, side="right")
    everywhere = float(np.median(treatment))
    usual = np.full(len(DECILES) + 1, everywhere)
    for number in np.unique(bins):
        usual[number] = np.median(treatment[bins == number])
    return np.asarray(usual[np.searchsorted(edges, at, side="right")])


def night_load(task: Task) -> list[Hit]:
    """Nights (22–06) in which production runs as by day and treatment hardly.

    An hour counts if production runs with more than ``day_share`` of the mean of the day before (06–22) and
    some treatment draws less than ``low`` of its normal power; a night counts with ``min_hours`` of them.
    Measures: ``hours`` of the night, ``nights30`` such nights in 30 days.
    """
    hits = []
    for s, subject in enumerate(task.subjects):
        hours = _night_hours(task, s)
        # Nights begin at 22:00: shifted by two hours they lie in one day.
        shifted = np.pad(hours, (24 - NIGHT_BEGINS, 0))
        shifted = np.pad(shifted, (0, -len(shifted) % 24)).reshape(-1, 24)
        found = shifted.sum(axis=1) >= task.params["min_hours"]
        nights30 = trailing_count(found[None, :], 30)[0]
        for night in np.flatnonzero(found):
            at = night * 24 + np.flatnonzero(shifted[night]) - (24 - NIGHT_BEGINS)
            measures = {"hours": float(at.size), "nights30": float(nights30[night])}
            span = task.time(int(at[0])), task.time(int(at[-1]) + 1)
            hits.append(Hit(subject, (s,), *span, measures))
    return hits


def _night_hours(task: Task, s: int) -> Bools:
    production = task.production[s]
    hour = np.arange(task.grid.size) % 24
    night = (hour >= NIGHT_BEGINS) | (hour < (NIGHT_BEGINS + NIGHT_HOURS) % 24)
    by_day = task.params["day_share"] * _day_before(production.kw)
    running = (production.state == ON) & (production.kw > by_day)
    idle = np.zeros(task.grid.size, np.bool_)
    for item in treatments(task, s):
        idle |= item.kw < task.params["low"] * item.normal
    return np.asarray(night & running & idle & task.allowed[s])


def _day_before(kw: Floats) -> Floats:
    """For each hour: mean of the last 06–22 that ended before its night, NaN if half of it is unknown."""
    count = -(-len(kw) // 24)
    by_day = np.pad(kw, (0, count * 24 - len(kw)), constant_values=np.nan).reshape(count, 24)
    day = by_day[:, NIGHT_HOURS - (24 - NIGHT_BEGINS) : NIGHT_BEGINS]
    seen = np.isfinite(day).sum(axis=1)
    mean = np.where(seen >= day.shape[1] / 2, np.nansum(day, axis=1) / np.maximum(seen, 1), np.nan)
    before = np.concatenate(([np.nan], mean[:-1]))
    late = np.arange(24) >= NIGHT_BEGINS
    return np.where(late, mean[:, None], before[:, None]).ravel()[: len(kw)]


def stop_load(task: Task) -> list[Hit]:
    """Days filed as a stop on which production still draws power.

    Against the median of the days without any stop mark in the ``baseline_days`` before, at least
    ``min_days`` of them; days with less than 18 known hours are left out. Measures: ``share`` of that
    median, ``above30`` and ``above50`` days in a row with at least 30 % and 50 %, ``days`` in a row.
    """
    stopped = (task.marks & np.uint16(MarkKind.STOPPED)) != 0
    filed = whole_days(stopped & task.allowed).reshape(len(task.subjects), -1, 24).all(axis=2)
    free = np.asarray(~whole_days(stopped).reshape(len(task.subjects), -1, 24).any(axis=2))
    kw = np.stack([production.kw for production in task.production])
    daily = whole_days(kw).reshape(len(task.subjects), -1, 24)
    seen = np.isfinite(daily).sum(axis=2)
    energy = np.where(seen >= 18, np.nansum(daily, axis=2) / np.maximum(seen, 1), np.nan)
    share = np.zeros(filed.shape)
    for s, day in np.argwhere(filed):
        window = slice(max(0, day - task.params["baseline_days"]), day)
        usual = energy[s, window][free[s, window] & np.isfinite(energy[s, window])]
        if usual.size >= task.params["min_days"] and np.median(usual) > 0:
            share[s, day] = np.nan_to_num(energy[s, day] / np.median(usual))
    hits = []
    for s, first, last in zip(*episodes(share >= task.params["least"]), strict=True):
        part = share[s, first:last]
        measures = {
            "share": float(part.max()),
            "above30": float(_longest(part >= 0.3)),
            "above50": float(_longest(part >= 0.5)),
            "days": float(last - first),
        }
        span = task.grid.start + int(first) * DAY, task.grid.start + int(last) * DAY
        hits.append(Hit(task.subjects[s], (int(s),), *span, measures))
    return hits


def _longest(days: Bools) -> int:
    _, starts, ends = episodes(days[None, :])
    return int((ends - starts).max(initial=0))
