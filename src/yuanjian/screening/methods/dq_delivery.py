"""How completely, how punctually and how often data come."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from yuanjian.clock import to_beijing
from yuanjian.screening.in_force import Limits
from yuanjian.screening.methods.dq import (
    due,
    factors_of,
    first_days,
    hit_of,
    outlets_of,
    per_day,
    trailing_sum,
)
from yuanjian.screening.methods.exceedance import ABOVE
from yuanjian.screening.methods.tv import rows_by_outlet
from yuanjian.screening.methods.windows import recent
from yuanjian.screening.scene import HOUR
from yuanjian.screening.task import Hit, Subject, Task
from yuanjian.series import FlagCode, MarkKind, SeriesKey
from yuanjian.series.rules.periods import QUARTERS, since_begin
from yuanjian.series.rules.transmission import effective

Counts = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
EXCUSED = MarkKind.CALIBRATION | MarkKind.STANDARD_CHECK | MarkKind.BLOWBACK | MarkKind.MAINTENANCE
MINUTE = 60_000_000


def transmission(task: Task) -> list[Hit]:
    """Effective transmission rate of an outlet per day: (received / due) · (valid / valid due).

    Stopped hours are not due; hours of calibration, checks and maintenance need not be valid. Measures, each
    1 − rate: ``day``, ``month`` (30 days), ``quarter`` (90 days); ``bad7`` days of 7 below 90 %.
    """
    groups = [tuple(rows.values()) for rows in rows_by_outlet(task).values()]
    owed = due(task)
    excused = (task.marks & np.uint16(EXCUSED)) != 0
    hours = (owed, owed & (task.flags != FlagCode.MISSING), owed & ~excused, owed & ~excused & task.valid)
    counts = [per_day(task, kind, groups) for kind in hours]
    lost = {days: _lost(*(trailing_sum(count, days) for count in counts)) for days in (1, 30, 90)}
    bad7 = trailing_sum((lost[1] > task.params["bad"]).astype(np.int64), 7)
    hits = []
    for g, day in zip(*np.nonzero(lost[1] > task.params["least"]), strict=True):
        outlet = task.subjects[groups[g][0]].outlet
        measures = {
            "day": float(lost[1][g, day]),
            "month": float(lost[30][g, day]),
            "quarter": float(lost[90][g, day]),
            "bad7": float(bad7[g, day]),
        }
        span = task.time(24 * int(day)), task.time(24 * int(day) + 24)
        hits.append(Hit(Subject(outlet, outlet.point), groups[g], *span, measures))
    return hits


def _lost(due_: Counts, received: Counts, valid_due: Counts, valid: Counts) -> Floats:
    """1 − effective transmission rate; 0 where nothing was due."""
    return np.nan_to_num(1.0 - effective(due_, received, valid_due, valid), nan=0.0)


def capture(task: Task) -> list[Hit]:
    """Capture rate of the quarter so far: (H − invalid − stopped) / (H − stopped), on days that lost hours.

    Judged from ``min_days`` days of due hours on. Measure: ``lost`` 1 − rate, ``hours`` invalid.
    """
    owed = due(task)
    each = [(row,) for row in range(len(task.subjects))]
    begins = first_days(task, QUARTERS)[: task.grid.size // 24]
    owed_days, lost_days = (per_day(task, kind, each) for kind in (owed, owed & ~task.valid))
    total, lost = since_begin(owed_days, begins), since_begin(lost_days, begins)
    share = np.where(total >= 24 * task.params["min_days"], lost / np.maximum(total, 1), 0.0)
    known = np.maximum.accumulate(begins)
    hits = []
    for s, day in zip(*np.nonzero((share > task.params["least"]) & (lost_days > 0) & known), strict=True):
        measures = {"lost": float(share[s, day]), "hours": float(lost[s, day])}
        hits.append(hit_of(task, int(s), 24 * int(day), 24 * int(day) + 24, measures))
    return hits


def clock(task: Task) -> list[Hit]:
    """Hours in which live real-time data bear another time than that of their arrival.

    Offsets above ``history_hours`` are data sent later, not a clock. Measures: ``offset`` median of
    |arrival − DataTime| in minutes, ``odd`` data whose time came again with other content or went back.
    """
    hits = []
    subject_of = {subject.outlet.point: (row, subject) for row, subject in enumerate(task.subjects)}
    factors = sorted({subject.outlet.factors[0] for subject in task.subjects if subject.outlet.factors})
    more: dict[str, Any] = {"factors": factors, "history": True}
    for rows in task.scene.rows(outlets_of(task), "realtime", task.since, **more):
        for point, time, offset, odd, count in _offsets(task, rows).iter_rows():
            row, subject = subject_of[point]
            if count < task.params["min_count"] or not task.allowed[row, task.index(time)]:
                continue
            measures = {"offset": abs(offset), "odd": float(odd)}
            way = ("慢", "behind") if offset > 0 else ("快", "ahead")
            seen = f"{offset}|{odd}".encode()
            hits.append(Hit(subject, (row,), time, time + HOUR, measures, {"way": way}, seen))
    return hits


def _offsets(task: Task, rows: pl.DataFrame) -> pl.DataFrame:
    """(point, hour, median offset in minutes, odd, count) of the hours that are off or odd."""
    offset = (pl.col("received") - pl.col("time")).dt.total_microseconds() / MINUTE
    of_series = ["point", "factor"]
    live = rows.with_columns(offset=offset).filter(
        pl.col("source") == "live", pl.col("offset").abs() <= 60.0 * task.params["history_hours"]
    )
    ordered = live.sort(*of_series, "received", "time")
    back = pl.col("time") <= pl.col("time").shift(1).over(of_series)
    hours = (
        ordered.with_columns(odd=back.fill_null(value=False))
        .group_by("point", hour=pl.col("time").dt.truncate("1h"))
        .agg(pl.col("offset").median(), pl.col("odd").sum(), pl.len().alias("count"))
    )
    off = (pl.col("offset").abs() > task.params["least_minutes"]) | (pl.col("odd") > 0)
    return hours.filter(off).sort("point", "hour")


def rewritten(task: Task) -> list[Hit]:
    """Hours whose value came again later with other content; told in the hour in which that arrived.

    Filling a gap is no rewriting. Measures, against the first version: ``late`` versions after more than
    24 h, ``change`` greatest relative change, ``cut30`` hours lowered by more than 10 % in 30 days, ``moved``
    hours moved from above the limit to at most the limit.
    """
    limits = task.limits(("hour", "day"))
    found: dict[tuple[int, int], list[dict[str, float]]] = {}
    row = {subject.key: at for at, subject in enumerate(task.subjects)}
    rows_of = {outlet: list(rows.values()) for outlet, rows in rows_by_outlet(task).items()}
    again = task.scene.hours.contested[task.rows]
    outlets = [outlet for outlet in outlets_of(task) if again[rows_of[outlet.outlet]].any()]
    more: dict[str, Any] = {"factors": factors_of(task), "history": True}
    for rows in task.scene.rows(outlets, "hour", task.since, **more):
        for one in _versions(rows).iter_rows(named=True):
            s, arrived = row.get(SeriesKey(one["point"], one["factor"])), task.index(one["received"])
            if s is not None and arrived < task.grid.size and task.allowed[s, task.index(one["time"])]:
                found.setdefault((s, arrived), []).append(_rewrite(task, limits, s, one))
    return list(_rewrites(task, found))


def _versions(rows: pl.DataFrame) -> pl.DataFrame:
    """Every later version of a value beside the first one of its hour, oldest first."""
    key = ["point", "factor", "time"]
    known = rows.filter(pl.col("value").is_not_null()).sort(*key, "received")
    first = [pl.col(name).first().over(key).alias(f"{name}_1") for name in ("value", "reference")]
    later = pl.int_range(pl.len()).over(key) > 0
    return known.filter(pl.len().over(key) > 1).with_columns(*first, later=later).filter(pl.col("later"))


def _rewrite(task: Task, limits: Limits, s: int, one: dict[str, Any]) -> dict[str, float]:
    at = task.index(one["time"])
    name = (
        "reference"
        if limits.converted[s, at] and None not in (one["reference"], one["reference_1"])
        else "value"
    )
    old, new, high = one[f"{name}_1"], one[name], limits.high[s, at]
    change = (new - old) / abs(old) if old else float(new != old)
    return {
        "hour": float(at),
        "late": float(one["received"] - one["time"] > 24 * HOUR),
        "change": change,
        "moved": float(old > high * ABOVE >= new),
    }


def _rewrites(task: Task, found: dict[tuple[int, int], list[dict[str, float]]]) -> Iterator[Hit]:
    at = sorted(found)
    series, starts = np.array(at, np.int64).reshape(-1, 2).T
    cuts = [sum(one["change"] < -task.params["cut"] for one in found[key]) for key in at]
    for (s, arrived), cut30 in zip(
        at, recent(series, starts, 30 * 24, np.array(cuts, np.int64)), strict=True
    ):
        all_of = found[s, arrived]
        measures = {
            "late": float(any(one["late"] for one in all_of)),
            "change": max(abs(one["change"]) for one in all_of),
            "cut30": float(cut30),
            "moved": sum(one["moved"] for one in all_of),
            "rows": float(len(all_of)),
        }
        first = f"{to_beijing(task.time(int(min(one['hour'] for one in all_of)))):%Y-%m-%d %H:%M}"
        seen = repr(all_of).encode()
        span = task.time(arrived), task.time(arrived + 1)
        yield Hit(task.subjects[s], (s,), *span, measures, {"first": (first, first)}, seen)
