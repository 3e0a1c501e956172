"""What people measured or exported against what the platform has for the same time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from yuanjian.screening.checks.bands import allowed
from yuanjian.screening.checks.pairs import LAST, Pair, differences, series_of
from yuanjian.screening.methods.records_common import (
    MINUTE,
    Row,
    automatic,
    by_subject,
    gathered,
    hit,
    normal,
    same,
    unmarked,
)
from yuanjian.screening.scene import DAY, HOUR
from yuanjian.screening.task import Hit, Task

Floats = npt.NDArray[np.float64]
LONGEST = DAY
"""A manual sample that lasts longer is a typing error."""
OTHERWISE = 0.3
"""Band of factors no standard names, as a share [D]."""


def manual_pairs(task: Task) -> list[Hit]:
    """Manual results of some ``purpose`` against the automatic values of the same time (``minutes`` around).

    Allowed is the band of the standard, at least the share ``band``. With ``daily`` the results of a day are
    one report. Pairs of the last ``memory_days`` are looked at together. Measures: those of
    `pairs.series_of`, ``half`` 1 if the automatic value is below half of a manual one above the limit,
    ``broken`` 1 if the seal of the sample was not intact.
    """
    back = task.params["memory_days"] * DAY
    results = gathered(task, "manual_result", back).filter(pl.col("purpose") == task.params["purpose"])
    results = _reports(results) if task.params["daily"] else results
    recent = results.filter(pl.col("s").is_in(results.filter(pl.col("start") >= task.since)["s"].implode()))
    limits = task.limits(("hour", "day")) if "half" in task.model.measures else None
    hits = []
    for s, reports in by_subject(recent).items():
        for row, pairs in _pairs(task, s, reports, back):
            pair = pairs[-1]
            high = limits.high[s, task.index(row["start"])] if limits else np.nan
            half = pair.manual > high and pair.automatic < 0.5 * pair.manual
            measures = {**series_of(pairs), "half": float(half), "broken": float(row["seal_intact"] is False)}
            words = {"manual": same(f"{pair.manual:.4g}"), "automatic": same(f"{pair.automatic:.4g}")}
            span = row["start"], max(row["end"], row["start"] + HOUR)
            hits.append(hit(task, s, span, measures, pairs, **words))
    return hits


def _reports(results: pl.DataFrame) -> pl.DataFrame:
    """Results of a Beijing day together as one report."""
    day = pl.col("start").dt.convert_time_zone("Asia/Shanghai").dt.date()
    start, end = pl.col("start").min(), pl.col("end").max()
    mean, sealed = pl.col("value").mean(), pl.col("seal_intact").min()
    return results.group_by("s", day=day, maintain_order=True).agg(start, end, mean, sealed)


def _pairs(task: Task, s: int, reports: Sequence[Row], back: timedelta) -> Iterator[tuple[Row, list[Pair]]]:
    """Each report the task looks at with the last pairs up to its own, at most ``back`` old."""
    known: list[tuple[datetime, Pair]] = []
    for row in reversed([row for row in reports if row["start"] < task.since]):
        pair = _pair(task, s, row) if len(known) < LAST - 1 else None
        known = [(row["start"], pair), *known] if pair else known
    for row in (row for row in reports if row["start"] >= task.since):
        pair = _pair(task, s, row)
        if pair:
            known.append((row["start"], pair))
            yield row, [old for start, old in known[-LAST:] if start > row["start"] - back]


def _pair(task: Task, s: int, row: Row) -> Pair | None:
    start, end = row["start"], min(row["end"], row["start"] + LONGEST)
    if row["value"] <= 0 or not unmarked(task, s, start, end + MINUTE):
        return None
    measured, converted = automatic(task, s, start, end, task.params["minutes"] * MINUTE)
    if not measured.size:
        return None
    share, factor, manual = task.params["band"], task.subjects[s].factor, row["value"]
    # A share of a low value is less than either method can tell: the standard's band is the least.
    band = max(allowed(factor, manual, OTHERWISE), (share or 0.0) * manual)
    # Nobody says whether a result is converted to reference oxygen: the nearer of the two counts.
    told = [float(measured.mean())]
    if np.isfinite(converted).all():
        told.append(float(converted.mean()))
    return Pair(manual, min(told, key=lambda value: abs(value - manual)), band)


def exported_values(task: Task) -> list[Hit]:
    """Values stored by the analyser against those of the platform, one Beijing week at a time.

    A row is compared with the minute of its time; if all rows of the week are of full hours, with the hours.
    At least ``least`` rows. Measures: those of `pairs.differences`, ``rows`` compared.
    """
    rows = gathered(task, "analyser_export", 7 * DAY)
    week = pl.col("start").dt.convert_time_zone("Asia/Shanghai").dt.truncate("1w")
    hits = []
    for (key, _), part in rows.group_by("s", week, maintain_order=True):
        s, times, values = int(str(key)), part["start"].to_list(), part["value"].to_numpy()
        if len(part) < task.params["least"] or max(times) < task.since:
            continue
        platform = _platform(task, s, times)
        known = np.isfinite(platform)
        if known.sum() < task.params["least"]:
            continue
        step = float(task.resolution[s])
        floor = task.params["floor_steps"] * step
        measures = differences(values[known], platform[known], floor, step)
        span, seen = (min(times), max(times) + HOUR), (times, values.tobytes())
        hits.append(hit(task, s, span, measures, seen, count=same(int(known.sum()))))
    return hits


def _platform(task: Task, s: int, times: list[datetime]) -> Floats:
    """The platform's value at each time, NaN where there is none or a mark or a flag takes it out."""
    first = min(times)
    hourly = all(time.minute == time.second == 0 for time in times)
    start = first - timedelta(minutes=first.minute, seconds=first.second)
    cadence, step = ("hour", HOUR) if hourly else ("minute", MINUTE)
    values = normal(task, [task.subjects[s].key], cadence, start, max(times) + step, step)[0][0]
    found = values[[(time - start) // step for time in times]]
    hours = np.array([task.index(time) for time in times])
    inside = (hours >= 0) & (hours < task.grid.size)
    found[inside & ~task.allowed[s, np.clip(hours, 0, task.grid.size - 1)]] = np.nan
    return np.asarray(found)
