"""Quantities that are there as they are: series, machines, states, limits, removal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import cast

import numpy as np

from yuanjian.screening.exclusions import among
from yuanjian.screening.kernels.power import ON, UNKNOWN
from yuanjian.screening.methods.proc_sight import Bools, Floats, Sight, any_of
from yuanjian.screening.ports import PowerMeter
from yuanjian.screening.scene import DAY, HOUR
from yuanjian.screening.task import FLOW, Subject, Task
from yuanjian.series import SeriesKey
from yuanjian.series.validity import VALID_FLAGS


def hour_values(task: Task, keys: Sequence[SeriesKey | None]) -> Floats:
    """Usable hour values of a series per subject, NaN where there is none; [S, hours]."""
    hours = task.scene.hours
    result = np.full((len(keys), task.scene.grid.size), np.nan)
    for row, key in enumerate(keys):
        if key in task.scene.hour_keys:
            at = hours.row(key)
            usable = among(hours.flags[at], VALID_FLAGS)
            result[row] = np.where(usable, hours.values[at], np.nan)
    return result


def own(sight: Sight, role: str = "") -> Floats:
    """The subject's series, only of signals of the ``role`` if one is named.

    On a grid finer than hours: the minute values of hours in which the hour values fit the model's ``hint``.
    """
    task = sight.task
    keys = [subject.key if _of_role(subject, role) else None for subject in task.subjects]
    values = sight.on_grid(hour_values(task, keys))
    if sight.fine and sight.per_hour > 1:
        values[:, : task.index(task.since)] = np.nan
        coarse = Sight(task, sight.quantities, fine=False)
        known, hinted = any_of(coarse, task.params["hint"])
        _refine(task, keys, known & hinted & np.isfinite(values), values)
    return values


def _of_role(subject: Subject, role: str) -> bool:
    signals = subject.outlet.signals_of(role)
    return not role or any((s.point, s.factor) == (subject.point, subject.factor) for s in signals)


def _refine(task: Task, keys: Sequence[SeriesKey | None], hinted: Bools, values: Floats) -> None:
    """Put minute values where hinted, day by day for all rows together."""
    for day in dict.fromkeys(_midnight(task, int(at)) for at in np.flatnonzero(hinted.any(axis=0))):
        end = min(day + DAY, task.grid.end)
        part = slice(task.index(day), task.index(end))
        rows = [int(row) for row in np.flatnonzero(hinted[:, part].any(axis=1))]
        wanted = [cast("SeriesKey", keys[row]) for row in rows]
        fine = task.scene.fine(wanted, task.grid.step, day, end)
        for row, key in zip(rows, wanted, strict=True):
            at = fine.row(key)
            usable = among(fine.flags[at], VALID_FLAGS) & np.isfinite(fine.values[at]) & hinted[row, part]
            values[row, part] = np.where(usable, fine.values[at], values[row, part])


def _midnight(task: Task, period: int) -> datetime:
    return task.grid.start + (task.time(period) - task.grid.start) // DAY * DAY


def signal(sight: Sight, role: str) -> Floats:
    """The first signal of a role at the outlet."""
    found = [subject.outlet.signals_of(role)[:1] for subject in sight.task.subjects]
    keys = [SeriesKey(some[0].point, some[0].factor) if some else None for some in found]
    return sight.on_grid(hour_values(sight.task, keys))


def factor(sight: Sight, code: str) -> Floats:
    """A factor of the outlet."""
    outlets = [subject.outlet for subject in sight.task.subjects]
    keys = [SeriesKey(outlet.point, code) if code in outlet.factors else None for outlet in outlets]
    return sight.on_grid(hour_values(sight.task, keys))


def flow(sight: Sight) -> Floats:
    """Flow at the outlet as sent, m³/s of gas and L/s of water."""
    codes = [FLOW[subject.outlet.medium] for subject in sight.task.subjects]
    keys = [SeriesKey(s.outlet.point, code) for s, code in zip(sight.task.subjects, codes, strict=True)]
    return sight.on_grid(hour_values(sight.task, keys))


def inlet(sight: Sight, code: str = "") -> Floats:
    """The factor (the subject's without a code) before the treatment."""
    keys: list[SeriesKey | None] = []
    for subject in sight.task.subjects:
        wanted = code or subject.factor
        signals = [s for s in subject.outlet.signals_of("inlet") if s.factor == wanted]
        keys.append(SeriesKey(signals[0].point, signals[0].factor) if signals else None)
    return sight.on_grid(hour_values(sight.task, keys))


def about(sight: Sight, code: str) -> Floats:
    """1 for subjects of a factor, else 0."""
    said = np.array([[float(subject.factor == code)] for subject in sight.task.subjects])
    return np.broadcast_to(said, sight.task.shape)


def steps(sight: Sight) -> Floats:
    """The subject's values in steps of their resolution."""
    return np.asarray(sight.of("own") / sight.task.resolution[:, None])


def inflow(sight: Sight) -> Floats:
    """Flow before the treatment, where it is not measured that at the outlet."""
    before = sight.of(["signal", "inlet_flow"])
    return np.where(np.isfinite(before).any(axis=1, keepdims=True), before, sight.of("flow"))


def throughput(sight: Sight) -> Floats:
    """Flow at the outlet, where it is not measured the load of production."""
    passing = sight.of("flow")
    return np.where(np.isfinite(passing).any(axis=1, keepdims=True), passing, sight.of("load"))


def removal(sight: Sight, code: str = "") -> Floats:
    """Share the treatment takes out: 1 - after / before."""
    before = sight.of(["inlet", code])
    after = sight.of(["factor", code] if code else "own")
    return np.asarray(1.0 - after / np.where(before > 0, before, np.nan))


def ratio(sight: Sight, code: str = "") -> Floats:
    """Value over its hour (else day) limit: of a factor (none: the subject's), the worst for ``*``."""
    task = sight.task
    subjects, of_row = [], []
    for row, subject in enumerate(task.subjects):
        outlet = subject.outlet
        for name in outlet.factors if code == "*" else [code or subject.factor]:
            if name in outlet.factors:
                subjects.append(Subject(outlet, outlet.point, name))
                of_row.append(row)
    part = replace(task, subjects=tuple(subjects), grid=task.scene.grid, tested={})
    result = np.full((len(task.subjects), task.scene.grid.size), np.nan)
    if subjects:
        usable = among(part.flags, VALID_FLAGS)
        np.fmax.at(result, of_row, np.where(usable, part.limits(("hour", "day")).ratio, np.nan))
    return sight.on_grid(result)


def state(sight: Sight) -> Floats:
    """1 where production runs, 0 where it stands."""
    states = np.stack([item.state for item in sight.task.production]).astype(np.float64)
    return sight.on_grid(np.where(states == UNKNOWN, np.nan, states))


def load(sight: Sight) -> Floats:
    """Power of production as a share of normal."""
    return sight.on_grid(np.stack([item.load for item in sight.task.production]))


def machine(sight: Sight, name: str) -> Floats:
    """Power of all machines of a name at the outlet together, kW."""
    power = sight.task.scene.power(sight.task.step)
    parts = []
    for subject in sight.task.subjects:
        meters = machines(subject, name)
        kw = power.kw[power.rows(meters)].sum(axis=0)
        parts.append(kw if meters else np.full(power.cube.grid.size, np.nan))
    return _from_power(sight, np.stack(parts))


def running(sight: Sight, name: str) -> Floats:
    """How many machines of a name run."""
    power = sight.task.scene.power(sight.task.step)
    parts = []
    for subject in sight.task.subjects:
        states = power.state[power.rows(machines(subject, name))]
        unknown = (states == UNKNOWN).any(axis=0) | (len(states) == 0)
        parts.append(np.where(unknown, np.nan, (states == ON).sum(axis=0)))
    return _from_power(sight, np.stack(parts))


def machines(subject: Subject, name: str) -> list[PowerMeter]:
    """Meters of the machines of a name at the subject's outlet."""
    chain = subject.outlet.chain
    return [meter for meter in (chain.meters if chain else ()) if meter.machine == name]


def _from_power(sight: Sight, values: Floats) -> Floats:
    """From the grid of the power to that of the task: means of hours of which half is known."""
    if sight.task.grid.size == values.shape[1]:
        return values
    return means(values, round(HOUR / sight.task.step), 0.5)


def means(values: Floats, count: int, share: float) -> Floats:
    """Means of every ``count`` samples, NaN where less than a share of them is known; [S, T // count]."""
    groups = values.shape[1] // count
    parts = values[:, : groups * count].reshape(len(values), groups, count)
    seen = np.isfinite(parts).sum(axis=2)
    return np.where(seen >= max(share * count, 1), np.nansum(parts, axis=2) / np.maximum(seen, 1), np.nan)


def noticed(sight: Sight, kind: str) -> Floats:
    """1 where a record of a kind covers any of the period, else 0."""
    task = sight.task
    result = np.zeros(task.shape)
    for row, subject in enumerate(task.subjects):
        for start, end in task.scene.records(kind, subject.outlet).select("start", "end").iter_rows():
            first, last = task.index(start), task.index(end) + 1
            result[row, max(first, 0) : max(last, 0)] = 1.0
    return result
