"""What people measured or exported against what the platform has for the same time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from yuanjian.screening.checks.bands import allowed
from yuanjian.screening.checks.pairs import LAST, Pair, differences, series_of
from yuanjian.screening.methods.records_common import (
    MINUTE,
    about,
    automatic,
    hit,
    normal,
    same,
    unmarked,
)
from yuanjian.screening.scene import DAY, HOUR
from yuanjian.screening.task import Hit, Task

Floats = npt.NDArray[np.float64]
Row = dict[str, Any]
LONGEST = DAY
"""A manual sample that lasts longer is a typing error."""


def manual_pairs(task: Task) -> list[Hit]:
    """Manual results of some ``purpose`` against the automatic values of the same time (``minutes`` around).

    Allowed is the band of the standard, or the share ``band``. With ``daily`` the results of a day are one
    report. Pairs of the last ``memory_days`` are looked at together. Measures: those of `pairs.series_of`,
    ``half`` 1 if the automatic value is below half of a manual one above the limit, ``broken`` 1 if the seal
    of the sample was not intact.
    """
    hits = []
    back = task.params["memory_days"] * DAY
    limits = task.limits(("hour", "day")) if "half" in task.model.measures else None
    for s in range(len(task.subjects)):
        results = about(task, s, "manual_result", back).filter(pl.col("purpose") == task.params["purpose"])
        if results.filter(pl.col("start") >= task.since).is_empty():
            continue
        known: list[tuple[Row, Pair]] = []
        for row, pair in _pairs(task, s, _reports(results, daily=task.params["daily"])):
            known.append((row, pair))
            if row["start"] < task.since:
                continue
            recent = [old for told, old in known if told["start"] > row["start"] - back]
            high = limits.high[s, task.index(row["start"])] if limits else np.nan
            half = pair.manual > high and pair.automatic < 0.5 * pair.manual
            measures = {
                **series_of(recent),
                "half": float(half),
                "broken": float(row["seal_intact"] is False),
            }
            words = {"manual": same(f"{pair.manual:.4g}"), "automatic": same(f"{pair.automatic:.4g}")}
            span = row["start"], max(row["end"], row["start"] + HOUR)
            hits.append(hit(task, s, span, measures, recent[-LAST:], **words))
    return hits


def _reports(results: pl.DataFrame, *, daily: bool) -> list[Row]:
    """Results in order of time; of a Beijing day together if they are one report."""
    if not daily:
        return results.rows(named=True)
    day = pl.col("start").dt.convert_time_zone("Asia/Shanghai").dt.date()
    return (
        results.group_by(day=day, maintain_order=True)
        .agg(pl.col("start").min(), pl.col("end").max(), pl.col("value").mean(), pl.col("seal_intact").min())
        .rows(named=True)
    )


def _pairs(task: Task, s: int, reports: list[Row]) -> Iterator[tuple[Row, Pair]]:
    tolerance = task.params["minutes"] * MINUTE
    for row in reports:
        start, end = row["start"], min(row["end"], row["start"] + LONGEST)
        if row["value"] <= 0 or not unmarked(task, s, start, end + MINUTE):
            continue
        values = automatic(task, s, start, end, tolerance)
        if values.size:
            band = task.params["band"]
            share = (
                allowed(task.subjects[s].factor, row["value"], 0.3) if band is None else band * row["value"]
            )
            yield row, Pair(row["value"], float(values.mean()), share)


def exported_values(task: Task) -> list[Hit]:
    """Values stored by the analyser against those of the platform, one Beijing week at a time.

    A row is compared with the minute of its time; if all rows of the week are of full hours, with the hours.
    At least ``least`` rows. Measures: those of `pairs.differences`, ``rows`` compared.
    """
    hits = []
    for s in range(len(task.subjects)):
        rows = about(task, s, "analyser_export", 7 * DAY)
        week = pl.col("start").dt.convert_time_zone("Asia/Shanghai").dt.truncate("1w")
        for (_,), part in rows.group_by(week, maintain_order=True) if len(rows) else ():
            times, values = part["start"].to_list(), part["value"].to_numpy()
            if len(part) < task.params["least"] or max(times) < task.since:
                continue
            platform = _platform(task, s, times)
            known = np.isfinite(platform)
            if known.sum() < task.params["least"]:
                continue
            floor = task.params["floor_steps"] * float(task.resolution[s])
            measures = differences(values[known], platform[known], floor) | {"rows": float(known.sum())}
            words = {"count": same(int(known.sum()))}
            hits.append(hit(task, s, (min(times), max(times) + HOUR), measures, part.rows(), **words))
    return hits


def _platform(task: Task, s: int, times: list[datetime]) -> Floats:
    """The platform's value at each time, NaN where there is none or a mark or a flag takes it out."""
    first = min(times)
    hourly = all(time.minute == time.second == 0 for time in times)
    start = first - timedelta(minutes=first.minute, seconds=first.second)
    cadence, step = ("hour", HOUR) if hourly else ("minute", MINUTE)
    values = normal(task, [task.subjects[s].key], cadence, start, max(times) + step, step)[0]
    found = values[[(time - start) // step for time in times]]
    hours = np.array([task.index(time) for time in times])
    inside = (hours >= 0) & (hours < task.grid.size)
    found[inside & ~task.allowed[s, np.clip(hours, 0, task.grid.size - 1)]] = np.nan
    return np.asarray(found)
