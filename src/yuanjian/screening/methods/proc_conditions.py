"""Hours and days in which a condition over process parameters holds, as the model's parameters say it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

import numpy as np

from yuanjian.screening.kernels.moments import held_run
from yuanjian.screening.methods import proc_balance as balance
from yuanjian.screening.methods import proc_moves as moves
from yuanjian.screening.methods import proc_series as series
from yuanjian.screening.methods.days import count_in_day, whole_days
from yuanjian.screening.methods.proc_sight import Bools, Floats, Sight, any_of
from yuanjian.screening.methods.windows import recent
from yuanjian.screening.scene import DAY, HOUR
from yuanjian.screening.signals import ROLES
from yuanjian.screening.task import Hit, Subject, Task, Words

QUANTITIES: Mapping[str, Callable[..., Floats]] = MappingProxyType(
    {
        "about": series.about,
        "ammonia": balance.ammonia,
        "beside": balance.beside,
        "cv": moves.cv,
        "cv_days": moves.cv_days,
        "day_removal": balance.day_removal,
        "day_rest": balance.day_rest,
        "design_removal": balance.design_removal,
        "extent": moves.extent,
        "factor": series.factor,
        "flow": series.flow,
        "fuel_gas": balance.fuel_gas,
        "inflow": series.inflow,
        "inlet": series.inlet,
        "load": series.load,
        "machine": series.machine,
        "meter_balance": balance.meter_balance,
        "noticed": series.noticed,
        "own": series.own,
        "per_oxygen": balance.per_oxygen,
        "ratio": series.ratio,
        "removal": series.removal,
        "response": moves.response,
        "running": series.running,
        "signal": series.signal,
        "silent_cleanings": moves.silent_cleanings,
        "spearman": moves.spearman,
        "species_ratio": balance.species_ratio,
        "species_share": balance.species_share,
        "species_sum": balance.species_sum,
        "state": series.state,
        "steps": series.steps,
        "throughput": series.throughput,
        "unpaid": balance.unpaid,
    }
)
MINUTE = timedelta(minutes=1)


def condition_run(task: Task) -> list[Hit]:
    """Periods in a row in which any of the ``conditions`` holds; up to ``pause`` unknown ones do not end it.

    Measures: for each condition the time in the run in which it holds, in hours on the grid of hours and
    in minutes on that of the electricity data; ``total`` that of any; ``events`` runs begun in
    ``window_days``. Words: ``what`` holds, ``extreme`` the value of ``shows``, ``name`` of the subject.
    """
    sight = Sight(task, QUANTITIES)
    known, holds = conditions(sight)
    either = np.any(list(holds.values()), axis=0)
    rows, starts, ends, counts = held_run(either, known, task.params.get("pause", 0) + 1)
    unit = HOUR if task.grid.step == HOUR else MINUTE
    window = round(task.params.get("window_days", 7) * DAY / task.grid.step)
    hits = []
    for s, first, last, count, events in zip(
        rows, starts, ends, counts, recent(rows, starts, window), strict=True
    ):
        part = slice(int(first), int(last))
        periods = {name: int(held[s, part].sum()) for name, held in holds.items()}
        measures = {name: number * (task.grid.step / unit) for name, number in periods.items()}
        measures |= {"total": int(count) * (task.grid.step / unit), "events": float(events)}
        span = task.time(part.start), task.time(part.stop)
        hits.append(_hit(sight, int(s), part, span, measures))
    return hits


def condition_days(task: Task) -> list[Hit]:
    """Days in a row in which a condition holds for ``least`` hours, ``in_row`` if they must be in a row.

    Days of which nothing is known neither count nor end a run, up to ``pause`` of them. Measures: for each
    condition its days in the run, ``total`` those of any. Words as `condition_run`.
    """
    sight = Sight(task, QUANTITIES)
    known, holds = conditions(sight)
    days = {name: _days(task, held) for name, held in holds.items()}
    either = np.any(list(days.values()), axis=0)
    judged = count_in_day(known) > 0
    hits = []
    for s, first, last, count in zip(*held_run(either, judged, task.params.get("pause", 0) + 1), strict=True):
        measures = {name: float(held[s, first:last].sum()) for name, held in days.items()}
        measures["total"] = float(count)
        span = task.grid.start + int(first) * DAY, task.grid.start + int(last) * DAY
        hits.append(_hit(sight, int(s), slice(24 * int(first), 24 * int(last)), span, measures))
    return hits


def conditions(sight: Sight) -> tuple[Bools, dict[str, Bools]]:
    """Where any condition can be told, and where each holds; excluded periods are neither."""
    known = np.zeros(sight.task.shape, np.bool_)
    holds = {}
    for name, alternatives in sight.task.params["conditions"].items():
        told, held = any_of(sight, alternatives)
        known |= told
        holds[name] = held & sight.task.allowed
    return known & sight.task.allowed, holds


def _days(task: Task, held: Bools) -> Bools:
    """Complete days in which it holds long enough."""
    least = int(task.params["least"])
    if not task.params.get("in_row", False):
        return np.asarray(count_in_day(held) >= least)
    days = whole_days(held).reshape(len(held), -1, 24)
    windows = np.lib.stride_tricks.sliding_window_view(days, least, axis=2)
    return np.asarray(np.any(np.all(windows, axis=3), axis=2))


def _hit(
    sight: Sight, s: int, part: slice, span: tuple[datetime, datetime], measures: Mapping[str, float]
) -> Hit:
    task = sight.task
    told = {name: value for name, value in measures.items() if name in task.model.measures}
    words: dict[str, Words] = {"name": _name(task.subjects[s]), "what": _what(task, measures)}
    if "shows" in task.params:
        words["extreme"] = (_extreme(sight, s, part),) * 2
    fine = sight.of("own")[s, part].tobytes() if sight.per_hour > 1 and "hint" in task.params else b""
    return Hit(task.subjects[s], (s,), *span, told, words, fine)


def _name(subject: Subject) -> Words:
    """Name of the subject; a signal without one is called by its role."""
    for signal in subject.outlet.signals:
        if (signal.point, signal.factor) == (subject.point, subject.factor) and not signal.name:
            return ROLES[signal.role].zh, ROLES[signal.role].en
    return subject.name, subject.name


def _what(task: Task, measures: Mapping[str, float]) -> Words:
    """Names of the conditions that hold in the run."""
    names = [name for name in task.params["conditions"] if measures[name] > 0]
    said = [task.params.get("names", {}).get(name) for name in names]
    return "、".join(n[0] for n in said if n), "; ".join(n[1] for n in said if n)


def _extreme(sight: Sight, s: int, part: slice) -> str:
    """The least, the greatest or the median value of the run, as ``shows`` says."""
    shows = sight.task.params["shows"]
    known = sight.of(shows["of"])[s, part] * shows.get("scale", 1)
    known = known[np.isfinite(known)]
    if not known.size:
        return "—"
    shown = float(np.quantile(known, {"min": 0.0, "median": 0.5, "max": 1.0}[shows["as"]]))
    return f"{shown:.{shows.get('decimals', 0)}f}"
