"""Treatment out of step with production: it follows a start late, or stops before production does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import numpy.typing as npt

from yuanjian.screening.kernels.power import OFF, ON, UNKNOWN
from yuanjian.screening.methods.mismatch import duty_groups
from yuanjian.screening.methods.windows import recent
from yuanjian.screening.operation import States
from yuanjian.screening.ports import Chain
from yuanjian.screening.scene import HOUR
from yuanjian.screening.task import Hit, Task

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Lag:
    """A switching of production at sample ``at``, and the samples [first, last) treatment was out of step."""

    subject: int
    at: int
    first: int
    last: int
    names: tuple[str, ...]


def out_of_step(task: Task) -> list[Hit]:
    """Starts (``edge: start``) or stops (``edge: stop``) of production at which treatment was out of step.

    Duty and standby machines count as one; the slowest of the others counts. A lag is followed for
    ``max_hours``, and only as far as states are known. Measures: ``minutes`` of the lag, ``events`` lags
    longer than ``long_minutes`` in 30 days.
    """
    task.tested["meter_gap"] = np.stack([_unknown(task, s) for s in range(len(task.subjects))])
    lags = [lag for s in range(len(task.subjects)) for lag in _lags(task, s)]
    minutes = [(lag.last - lag.first) * task.step / MINUTE for lag in lags]
    series = np.array([lag.subject for lag in lags], np.int64)
    starts = np.array([lag.at for lag in lags], np.int64)
    long = np.array([length > task.params["long_minutes"] for length in minutes], np.int64)
    counts = recent(series, starts, round(timedelta(days=30) / task.step), long)
    hits = []
    for lag, length, count in zip(lags, minutes, counts, strict=True):
        words = {"facility": ("、".join(lag.names), ", ".join(lag.names))}
        measures = {"minutes": length, "events": float(count)}
        span = task.time(lag.first), task.time(lag.last)
        hits.append(Hit(task.subjects[lag.subject], (lag.subject,), *span, measures, words))
    return hits


def _lags(task: Task, s: int) -> Iterator[Lag]:
    chain = task.subjects[s].outlet.chain or Chain((), ())
    power = task.scene.power(task.step)
    production = power.any_on(chain.production)
    groups = duty_groups(chain)
    treatment = [power.any_on(group) for group in groups]
    starting = task.params["edge"] == "start"
    before, after = (OFF, ON) if starting else (ON, OFF)
    edges = 1 + np.flatnonzero((production[:-1] == before) & (production[1:] == after))
    reach = round(task.params["max_hours"] * HOUR / task.step)
    for at in edges[task.allowed[s, edges]]:
        spans = [
            late(production, own, int(at), reach) if starting else early(production, own, int(at), reach)
            for own in treatment
        ]
        worst = max((last - first for first, last in spans), default=0)
        if worst > 0:
            names = tuple(
                group[0].name for group, (a, b) in zip(groups, spans, strict=True) if b - a == worst
            )
            first, last = next(span for span in spans if span[1] - span[0] == worst)
            yield Lag(s, int(at), first, last, names)


def late(production: States, treatment: States, at: int, reach: int) -> tuple[int, int]:
    """The samples after a start of production in which treatment still stood."""
    end = min(at + reach, len(production))
    standing = (production[at:end] == ON) & (treatment[at:end] == OFF)
    moved = np.flatnonzero(~standing)
    return at, at + int(moved[0]) if moved.size else end


def early(production: States, treatment: States, at: int, reach: int) -> tuple[int, int]:
    """The samples before a stop of production in which treatment already stood.

    No samples where it had not run in this run of production: then it did not stop early, it never started.
    """
    first = max(at - reach, 0)
    standing = (production[first:at] == ON) & (treatment[first:at] == OFF)
    moved = np.flatnonzero(~standing)
    if not moved.size:
        return at, at
    last = first + int(moved[-1])
    ran = production[last] == ON and treatment[last] == ON
    return (last + 1, at) if ran else (at, at)


def _unknown(task: Task, s: int) -> npt.NDArray[np.bool_]:
    """Samples at which a machine of the chain has no known state: they are not judged."""
    chain = task.subjects[s].outlet.chain or Chain((), ())
    power = task.scene.power(task.step)
    rows = power.rows((*chain.production, *chain.treatment))
    return np.asarray((power.state[rows] == UNKNOWN).any(axis=0))
