"""The room of the instruments, and the line the sample comes through."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from yuanjian.screening.kernels.baselines import trailing_median
from yuanjian.screening.methods.records_common import hit
from yuanjian.screening.methods.windows import episodes
from yuanjian.screening.ports import Signal
from yuanjian.screening.scene import DAY, HOUR
from yuanjian.screening.signals import ROLES
from yuanjian.screening.task import Hit, Subject, Task, Words

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


def outside_range(task: Task) -> list[Hit]:
    """Hours in a row in which a signal lies outside the range ``ranges`` gives its role and the medium.

    A range is ``[lowest, highest]``, null for no bound. Measure: ``hours``.
    """
    outside = np.zeros(task.shape, np.bool_)
    for s, subject in enumerate(task.subjects):
        low, high = task.params["ranges"][_signal(subject).role][subject.outlet.medium]
        values = np.where(task.valid[s], task.values[s], np.nan)
        outside[s] = (values < (-np.inf if low is None else low)) | (
            values > (np.inf if high is None else high)
        )
    hits = []
    for s, first, last in zip(*episodes(outside), strict=True):
        part = task.values[s, first:last]
        span = task.time(first), task.time(last)
        words = {"signal": _named(task.subjects[s]), "low": (f"{part.min():.4g}",) * 2}
        words["high"] = (f"{part.max():.4g}",) * 2
        hits.append(hit(task, int(s), span, {"hours": float(last - first)}, b"", **words))
    return hits


def _signal(subject: Subject) -> Signal:
    """The signal a subject is about."""
    return next(s for s in subject.outlet.signals if (s.point, s.factor) == (subject.point, subject.factor))


def _named(subject: Subject) -> Words:
    signal = _signal(subject)
    return signal.name or ROLES[signal.role].zh, signal.name or ROLES[signal.role].en


def sample_line(task: Task) -> list[Hit]:
    """Signs that the analyser is fed something else than the stack: each beginning counts once.

    Signs, for at least ``hold`` hours: a signal of ``bounds`` differs by more than that share from its median
    of ``median_days`` before; the analyser has ``oxygen`` points more oxygen than the hot side. Told for the
    outlet. Measures: ``signs30`` signs that began in 30 days, ``door`` 1 if the station was opened within an
    hour of the beginning.
    """
    hits = []
    odd = _odd(task)
    begun = sorted((task.time(first), s, int(last)) for s, first, last in _begun(task, odd))
    for start, s, last in begun:
        outlet = task.subjects[s].outlet
        signs = [(time, row) for time, row, _ in begun if task.subjects[row].outlet is outlet]
        lately = [(time, row) for time, row in signs if start - 30 * DAY < time <= start]
        doors = [entry.time for entry in task.scene.openings.get(outlet.outlet, ())]
        measures = {
            "signs30": float(len(lately)),
            "door": float(any(start - HOUR <= time <= start + HOUR for time in doors)),
        }
        found = hit(task, s, (start, task.time(last)), measures, lately, signal=_named(task.subjects[s]))
        hits.append(
            Hit(
                Subject(outlet, outlet.point),
                found.rows,
                start,
                found.end,
                measures,
                found.words,
                found.inputs,
            )
        )
    return hits


def _odd(task: Task) -> Bools:
    """Hours with a sign, [S, T]."""
    usable = task.valid
    window = 24 * task.params["median_days"]
    usual = trailing_median(task.values, usable, window, task.params["least_hours"])
    odd = np.zeros(task.shape, np.bool_)
    for s, subject in enumerate(task.subjects):
        share = task.params["bounds"].get(_signal(subject).role)
        if share is None:
            gained = task.oxygen[s] - task.values[s]
            odd[s] = usable[s] & (gained >= task.params["oxygen"])
        else:
            odd[s] = usable[s] & (np.abs(task.values[s] - usual[s]) > share * np.abs(usual[s]))
    return odd


def _begun(task: Task, odd: Bools) -> Iterator[tuple[int, int, int]]:
    """Runs of at least ``hold`` hours; a pause shorter than a day does not begin a new one."""
    until: dict[int, int] = {}
    for s, first, last in zip(*episodes(odd), strict=True):
        if last - first < task.params["hold"]:
            continue
        if int(s) not in until or first - until[int(s)] >= 24:
            yield int(s), int(first), int(last)
        until[int(s)] = int(last)
