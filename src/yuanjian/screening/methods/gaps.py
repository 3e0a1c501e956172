"""Data that do not come: hours of a logger, samples of a meter."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import numpy.typing as npt

from yuanjian.screening.in_force import TOO_MUCH_AIR
from yuanjian.screening.kernels import gaps_up_to, trailing_count
from yuanjian.screening.kernels.power import ON
from yuanjian.screening.methods.tv import between_batches, rows_by_outlet
from yuanjian.screening.methods.windows import episodes, recent
from yuanjian.screening.peers import Gathered
from yuanjian.screening.scene import HOUR
from yuanjian.screening.task import Hit, Subject, Task
from yuanjian.series import FlagCode

Bools = npt.NDArray[np.bool_]


def missing_hours(task: Task) -> list[Hit]:
    """Hours that were due and did not come: of all factors of an outlet together, and of single factors.

    A gap begins after data were seen and is followed for ``max_gap_days``; later silence is a matter of the
    link page. Hours younger than ``grace_hours`` may still arrive. Measures: ``hours`` of the gap,
    ``missing30`` missing hours in 30 days, ``long30`` gaps of more than ``long_hours`` in 30 days.
    """
    groups, absent, silent = _silence(task)
    outage = _outage(task, groups, silent)
    task.tested["network_outage"] = np.zeros(task.shape, np.bool_)
    for at, rows in enumerate(groups):
        task.tested["network_outage"][rows] = outage[at]  # type: ignore[index]
        absent[rows] &= ~silent[at]
    silent &= ~outage
    outlets = _outlets(task, groups)
    whole = _gap_hits(task, silent, outlets, [tuple(rows) for rows in groups])
    single = absent & ~between_batches(task)
    return [*whole, *_gap_hits(task, single, task.subjects, [(row,) for row in range(len(task.subjects))])]


def _silence(task: Task) -> tuple[list[list[int]], Bools, Bools]:
    """Rows by outlet, hours due that did not come [S, T], and those of all factors of an outlet [O, T]."""
    groups = [list(rows.values()) for rows in rows_by_outlet(task).values()]
    absent = (task.flags == FlagCode.MISSING) & task.allowed
    due = task.index(task.scene.now - task.params["grace_hours"] * HOUR)
    absent[:, max(due, 0) :] = False
    return groups, absent, np.stack([absent[rows].all(axis=0) for rows in groups])


def _outlets(task: Task, groups: list[list[int]]) -> tuple[Subject, ...]:
    return tuple(Subject(o := task.subjects[rows[0]].outlet, o.point) for rows in groups)


def silent_outlets(task: Task) -> Gathered:
    """The hours in which each outlet is silent, as bits."""
    groups, _, silent = _silence(task)
    return Gathered(_outlets(task, groups), {"silent": np.packbits(silent, axis=1)})


def _outage(task: Task, groups: list[list[int]], silent: Bools) -> Bools:
    """Hours in which so many outlets of a province are silent that the network is likely down; [O, T]."""
    everybody = task.peers
    down = everybody.once("outage", lambda: _down(task, everybody))
    return silent & np.stack([down[task.subjects[rows[0]].outlet.region[:2]] for rows in groups])


def _down(task: Task, everybody: Gathered) -> dict[str, Bools]:
    """The hours in which the network of a province is likely down, [T]."""
    provinces = np.array([subject.outlet.region[:2] for subject in everybody.subjects])
    down = {}
    for province in np.unique(provinces):
        inside = np.flatnonzero(provinces == province)
        count = np.zeros(task.grid.size, np.int64)
        for at in inside:
            count += np.unpackbits(everybody["silent"][at], count=task.grid.size)
        many = inside.size >= task.params["outage_outlets"]
        down[str(province)] = many & (count >= task.params["outage_share"] * inside.size)
    return down


def _gap_hits(
    task: Task, absent: Bools, subjects: list[Subject] | tuple[Subject, ...], rows: list[tuple[int, ...]]
) -> Iterator[Hit]:
    missing = gaps_up_to(absent, 24 * int(task.params["max_gap_days"]))
    series, starts, ends = episodes(missing)
    some, place = np.unique(series, return_inverse=True)
    in_month = trailing_count(missing[some], 24 * 30)
    long = (ends - starts > task.params["long_hours"]).astype(np.int64)
    for s, at, first, last, count in zip(
        series, place, starts, ends, recent(series, starts, 24 * 30, long), strict=True
    ):
        measures = {
            "hours": float(last - first),
            "missing30": float(in_month[at, last - 1]),
            "long30": float(count),
        }
        what = ("全部因子", "all factors") if subjects[s].factor is None else ("", "")
        yield Hit(subjects[s], rows[s], task.time(first), task.time(last), measures, {"what": what})


def meter_gaps(task: Task) -> list[Hit]:
    """Meters that send nothing while the plant visibly runs.

    Running: another meter of the chain runs, or the outlet's own monitor shows flue gas (oxygen below that
    of air) or water flowing. Measures: ``hours`` under load within the gap.
    """
    power = task.scene.power(task.step)
    per_day = round(timedelta(days=1) / task.step)
    present = np.stack([np.isfinite(power.kw[_meter_row(task, s)]) for s in range(len(task.subjects))])
    due = task.index(task.scene.now - task.params["grace_hours"] * HOUR)
    absent = ~present & task.allowed
    absent[:, max(due, 0) :] = False
    gap = gaps_up_to(absent, per_day * int(task.params["max_gap_days"]))
    loaded = np.stack([_under_load(task, s) for s in range(len(task.subjects))])
    hits = []
    for s, first, last in zip(*episodes(gap), strict=True):
        at = first + np.flatnonzero(loaded[s, first:last])
        if at.size:
            measures = {"hours": float(at.size * (task.step / HOUR))}
            subject = task.subjects[s]
            span = task.time(int(at[0])), task.time(int(at[-1]) + 1)
            hits.append(Hit(subject, (int(s),), *span, measures, {"meter": (subject.name, subject.name)}))
    return hits


def _meter_row(task: Task, s: int) -> int:
    subject = task.subjects[s]
    return task.scene.power(task.step).cube.row(subject.key)


def _under_load(task: Task, s: int) -> Bools:
    """Is there evidence that the plant behind the meter runs? [T] on the power grid."""
    subject = task.subjects[s]
    outlet, power = subject.outlet, task.scene.power(task.step)
    chain = outlet.chain
    meters = (*chain.production, *chain.treatment) if chain else ()
    others = [m for m in meters if (m.point, m.factor) != subject.key]
    running = power.any_on(others) == ON
    shown = np.repeat(_monitor_shows_work(task, subject), round(HOUR / task.step))
    return np.asarray(running | shown)


def _monitor_shows_work(task: Task, subject: Subject) -> Bools:
    """Hours in which the outlet's monitor shows flue gas or flowing water."""
    code, shows = ("a19001", "air") if subject.outlet.medium == "gas" else ("w00000", "flow")
    hours = task.scene.hours
    if code not in subject.outlet.factors:
        return np.zeros(hours.grid.size, np.bool_)
    row = hours.row((subject.outlet.point, code))
    values, normal = hours.values[row], hours.flags[row] == FlagCode.N
    return np.asarray(normal & ((values < TOO_MUCH_AIR) if shows == "air" else (values > 0)))
