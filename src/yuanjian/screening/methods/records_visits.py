"""What the plant does while officers are there, and who goes through the door with whose card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import polars as pl

from yuanjian.screening.methods.access_entries import largest_change
from yuanjian.screening.methods.records_common import Row, by_subject, gathered, hit, same
from yuanjian.screening.scene import DAY, HOUR
from yuanjian.screening.task import Hit, Task

Floats = npt.NDArray[np.float64]
BEFORE, AFTER = 1, 2
"""Hours of a visit's window before and after the arrival."""
MONTH = 30 * DAY


@dataclass(frozen=True, slots=True)
class Watched:
    """Ratios of a visit to the same clock hours of the days before: values, power of the treatment."""

    start: datetime
    value: float
    power: float


def visit_contrast(task: Task) -> list[Hit]:
    """Visits of officers during which a value, or the power of the treatment, is far above its usual.

    The window is one hour before to two hours after the arrival; usual are the same clock hours of the
    ``days`` before (for the power: the day of them with most). Measures: ``ratio`` value over usual,
    ``visits`` visits in ``window_days`` with a ratio of at least ``large``, ``spurs`` visits with at least
    ``power_rise`` times the power.
    """
    hits = []
    visits = gathered(task, "visit").filter(pl.col("start") < task.grid.end - AFTER * HOUR)
    for s, rows in by_subject(visits.unique(["s", "start"], keep="first", maintain_order=True)).items():
        kw = _treatment_kw(task, s)
        watched = [_watched(task, s, kw, row["start"]) for row in rows]
        for at, item in enumerate(watched):
            since = item.start - task.params["window_days"] * DAY
            lately = [other for other in watched[: at + 1] if other.start > since]
            measures = {
                "ratio": item.value,
                "visits": float(sum(other.value >= task.params["large"] for other in lately)),
                "spurs": float(sum(other.power >= task.params["power_rise"] for other in lately)),
            }
            span = item.start - BEFORE * HOUR, item.start + AFTER * HOUR
            if max(item.value, item.power) > 1:
                hits.append(hit(task, s, span, measures, lately))
    return hits


def _watched(task: Task, s: int, kw: Floats, arrived: datetime) -> Watched:
    """Ratios are 0 where they cannot be told."""
    values = np.where(task.valid[s], task.values[s], np.nan)
    now, before = _windows(values, task.index(arrived), task.params["days"])
    usual = _mean(before.ravel())
    power, usually = _windows(kw, task.index(arrived), task.params["days"])
    most = max((mean for mean in map(_mean, usually) if np.isfinite(mean)), default=0.0)
    return Watched(arrived, _over(_mean(now), usual), _over(_mean(power), most))


def _windows(values: Floats, at: int, days: int) -> tuple[Floats, Floats]:
    """The window of a visit, and the same hours of the days before that lie on the grid, [D, 3]."""
    earlier = [at - 24 * day for day in range(1, days + 1) if at - 24 * day >= BEFORE]
    rows = [values[hour - BEFORE : hour + AFTER] for hour in earlier]
    return values[max(at - BEFORE, 0) : max(at + AFTER, 0)], np.array(rows).reshape(len(rows), BEFORE + AFTER)


def _mean(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else float("nan")


def _over(one: float, other: float) -> float:
    return one / other if other > 0 and one > 0 else 0.0


def _treatment_kw(task: Task, s: int) -> Floats:
    """Mean power of the treatment behind a subject by the hour, NaN where it is not metered."""
    chain = task.subjects[s].outlet.chain
    if chain is None or not chain.treatment:
        return np.full(task.grid.size, np.nan)
    power = task.scene.power(task.step)
    kw = power.kw[power.rows(chain.treatment)].sum(axis=0).reshape(task.grid.size, -1)
    seen = np.isfinite(kw).sum(axis=1)
    return np.where(seen > 0, np.nansum(kw, axis=1) / np.maximum(seen, 1), np.nan)


def shared_cards(task: Task) -> list[Hit]:
    """Openings with a face that is not the card's owner's, or with more persons than cards.

    Measures: ``events`` of them in 30 days, ``distance`` of the face, ``persons`` that entered, ``changed`` 1
    if a value changed around it.
    """
    hits = []
    other_face = (pl.col("distance") > pl.lit(task.params["distance"])).fill_null(value=False)
    more = (pl.col("persons") > 1).fill_null(value=False)
    odd = gathered(task, "face_check", MONTH).filter(other_face | more)
    for s, found in by_subject(odd).items():
        rows = [row for row in found if _free(task, s, row["start"])]
        for row in (row for row in rows if row["start"] >= task.scene.start):
            events = [other for other in rows if row["start"] - MONTH < other["start"] <= row["start"]]
            changed = largest_change(task, s, row["start"]) >= task.params["change"]
            measures = {
                "events": float(len(events)),
                "distance": row["distance"] or 0.0,
                "persons": row["persons"] or 1.0,
                "changed": float(changed),
            }
            span = row["start"], row["start"] + HOUR
            hits.append(hit(task, s, span, measures, _times(events), person=same(row["card_owner"])))
    return hits


def _free(task: Task, s: int, at: datetime) -> bool:
    """Is the hour not excluded? Before the grid nobody can tell yet."""
    hour = task.index(at)
    return hour < 0 or bool(task.allowed[s, min(hour, task.grid.size - 1)])


def _times(rows: Sequence[Row]) -> list[tuple[datetime, datetime]]:
    return [(row["start"], row["end"]) for row in rows]
