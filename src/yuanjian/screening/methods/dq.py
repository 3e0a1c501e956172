"""What the data-quality models share: what was due, sums over days, deviations that last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from yuanjian.screening.kernels import gaps_up_to
from yuanjian.screening.kernels.moments import held_run
from yuanjian.screening.methods.days import count_in_day
from yuanjian.screening.ports import OutletContext
from yuanjian.screening.scene import HOUR
from yuanjian.screening.task import Hit, Task
from yuanjian.series import FlagCode

Bools = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def outlets_of(task: Task) -> list[OutletContext]:
    """The outlets of the subjects, each once."""
    return list({subject.outlet.outlet: subject.outlet for subject in task.subjects}.values())


def factors_of(task: Task) -> list[str]:
    """The factors of the subjects."""
    return sorted({subject.factor for subject in task.subjects if subject.factor})


def due(task: Task) -> Bools:
    """Hours that came, or were to come: not excluded, at most ``max_gap_days`` after data were seen, [S, T].

    Hours younger than ``grace_hours`` may still arrive.
    """
    present = task.flags != FlagCode.MISSING
    owed = present | gaps_up_to(~present, 24 * int(task.params["max_gap_days"]))
    owed[:, max(task.index(task.scene.now - task.params["grace_hours"] * HOUR), 0) :] = False
    return np.asarray(owed & task.allowed)


def per_day(task: Task, hours: Bools, groups: Sequence[Sequence[int]]) -> Counts:
    """Cells of each group of rows per complete day, [groups, D]."""
    counts = count_in_day(hours)
    return np.stack([counts[list(rows)].sum(axis=0) for rows in groups])


def trailing_sum(days: Counts, window: int) -> Counts:
    """Sum over the last ``window`` days, the present one included."""
    total = np.cumsum(days, axis=1)
    before = np.zeros_like(total)
    before[:, window:] = total[:, :-window] if days.shape[1] > window else total[:, :0]
    return np.asarray(total - before)


def first_days(task: Task, months: Sequence[int]) -> Bools:
    """Days of the grid on which a period beginning with one of the months begins, [D]."""
    return np.array([day.day == 1 and day.month in months for day in task.days], np.bool_)


def lasting(
    task: Task, deviation: Floats, usable: Bools, bounds: dict[str, float], low: Bools
) -> Iterator[tuple[int, int, int, dict[str, float]]]:
    """Runs above the smallest bound: row, first, last, and the hours above each bound the model names.

    ``…_low`` counts those of its bound in which the value sent is the lower one. Up to ``pause`` hours that
    cannot be judged do not end a run.
    """
    level = np.where(usable, deviation, 0.0)
    names = sorted(bounds, key=bounds.__getitem__)
    for s, first, last, _ in zip(
        *held_run(level > bounds[names[0]], usable, task.params["pause"]), strict=True
    ):
        part = slice(first, last)
        measures = {"share": float(level[s, part].max())}
        for name in names:
            above = level[s, part] > bounds[name]
            measures[name] = float(above.sum())
            measures[f"{name}_low"] = float((above & low[s, part]).sum())
        told = {name: value for name, value in measures.items() if name in task.model.measures}
        yield int(s), int(first), int(last), told


def hit_of(task: Task, s: int, first: int, last: int, measures: dict[str, float], **words: str) -> Hit:
    """A hit of one row over periods of the grid."""
    told = {name: (text, text) for name, text in words.items()}
    return Hit(task.subjects[s], (s,), task.time(first), task.time(last), measures, told)
