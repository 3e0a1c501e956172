"""Quality control of instruments: overdue, failed and left so, too good; faults and manual results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from yuanjian.clock import beijing_day
from yuanjian.screening.checks import qc
from yuanjian.screening.exclusions import among
from yuanjian.screening.methods.access_entries import marks_of
from yuanjian.screening.methods.days import count_in_day
from yuanjian.screening.methods.records_common import about, hit, open_hours, same, usable_hours
from yuanjian.screening.scene import DAY, HOUR
from yuanjian.screening.task import Hit, Subject, Task
from yuanjian.series import FlagCode, MarkKind

HANDLED = MarkKind.FAULT | MarkKind.MAINTENANCE | MarkKind.REPLACED
"""Marks that take the data of a failed check out; calibration marks come with every check."""
OUT = HANDLED | MarkKind.POWER_LOSS
MONTH = 30 * DAY
QUARTER = 93 * DAY
Span = tuple[datetime, datetime]


def overdue_checks(task: Task) -> list[Hit]:
    """Times after the due date of the next check, one alternative of ``intervals`` at a time.

    Hours that an exclusion takes out do not count. Measures: ``ratio`` elapsed over allowed time, ``used``
    valid hours since the due date.
    """
    hits = []
    memory = task.params["memory_days"] * DAY
    for s, subject in enumerate(task.subjects):
        checks = about(task, s, "qc", memory)
        for item in task.params["intervals"] if len(checks) else ():
            if not _concerns(item, subject):
                continue
            limit = item["hours"] * HOUR
            of_kind = checks.filter(pl.col("kind").is_in(item["kinds"]))
            if of_kind.is_empty():
                continue
            late = qc.overdue(of_kind, limit, memory, task.grid.end)
            for since, start, end in late.select("since", "start", "end").iter_rows():
                ratio = 1.0 + open_hours(task, s, start, end) * HOUR / limit
                measures = {"ratio": ratio, "used": usable_hours(task, s, start, end)}
                words = {"what": (item["zh"], item["en"]), "allowed": same(f"{item['hours'] / 24:g}")}
                hits.append(hit(task, s, (start, end), measures, (since, item["hours"]), **words))
    return hits


def _concerns(item: Mapping[str, Any], subject: Subject) -> bool:
    return item["medium"] == subject.outlet.medium and _covers(item["factors"], subject.factor)


def _covers(factors: str | list[str], factor: str | None) -> bool:
    return factors == "*" or factor in factors


def failed_checks(task: Task) -> list[Hit]:
    """Checks beyond a requirement, from the last good one (at most 30 days) to a day after.

    ``bounds``: technical requirement and out-of-control limit of an error in percent by kind and factor.
    Measures: ``drift`` and ``out`` error over them, ``fails30`` checks out of control in 30 days, ``ignored``
    1 if a day went by and nothing since the last good check was marked or flagged as invalid, ``kept`` valid
    hours of that time.
    """
    hits = []
    for s, subject in enumerate(task.subjects):
        rows = about(task, s, "qc", 2 * MONTH)
        bounds = {
            kind: (item["technical"], item["control"])
            for item in task.params["bounds"]
            for kind in item["kinds"]
            if _concerns(item, subject)
        }
        if rows.is_empty() or not bounds:
            continue
        drifted = qc.drifts(rows, bounds)
        if not (drifted["drift"] >= 1).any():
            continue
        found = qc.failures(drifted, MONTH).filter(pl.col("start") >= task.scene.start)
        for row in found.iter_rows(named=True):
            end = min(row["start"] + DAY, task.grid.end)
            span = row["since"], max(end, row["start"])
            if not open_hours(task, s, *span):
                continue
            measures = {
                **{name: row[name] for name in ("drift", "out", "fails30")},
                "ignored": float(
                    row["start"] + DAY <= task.grid.end and not _handled(task, s, row["start"], end)
                ),
                "kept": usable_hours(task, s, *span),
            }
            hits.append(hit(task, s, span, measures, sorted(row.items(), key=str)))
    return hits


def _handled(task: Task, s: int, start: datetime, end: datetime) -> bool:
    """Does a mark or flag say the instrument was out of order?"""
    factor = task.subjects[s].factor
    marked = any(
        mark.factor in {None, factor} and mark.start < end and mark.end > start
        for mark in marks_of(task, s, HANDLED)
    )
    hours = slice(max(task.index(start), 0), task.index(end) + 1)
    return marked or bool(among(task.flags[s, hours], (FlagCode.D, FlagCode.M)).any())


def too_perfect_checks(task: Task) -> list[Hit]:
    """Checks of a quarter that agree better than an instrument can.

    Measures: ``tight`` ``sigma`` (percent) over the standard deviation of the errors, at most 100, with at
    least ``least`` checks; ``equal`` equal results in a row, ``raw`` raw signals missing or equal in a row.
    """
    hits = []
    for s in range(len(task.subjects)):
        rows = about(task, s, "qc", QUARTER).filter(pl.col("kind").is_in(task.params["kinds"]))
        for row in qc.too_perfect(rows).iter_rows(named=True) if len(rows) else ():
            enough = row["count"] >= task.params["least"]
            sigma = max(row["sigma"], task.params["sigma"] / 100) if enough else np.inf
            measures = {"tight": task.params["sigma"] / sigma, "equal": row["equal"], "raw": row["raw"]}
            words = {"count": same(row["count"])}
            span = row["start"], max(row["end"], row["start"] + HOUR)
            if open_hours(task, s, *span):
                hits.append(hit(task, s, span, measures, sorted(row.items(), key=str), **words))
    return hits


def open_faults(task: Task) -> list[Hit]:
    """Faults of the instruments by their marks and reports, those less than an hour apart taken together.

    Measures: ``silent`` hours until the first report (or the end), ``hours`` until repaired, ``workdays``
    Mondays to Fridays begun since (no calendar of holidays), ``faults30`` faults of at least ``min_hours`` in
    30 days.
    """
    hits = []
    for s in range(len(task.subjects)):
        reports = about(task, s, "fault_report", MONTH)
        spells = list(_spells(task, s, reports))
        long = [start for start, end in spells if (end - start) / HOUR >= task.params["min_hours"]]
        for start, end in spells:
            if not open_hours(task, s, start, end):
                continue
            told = reports.filter(pl.col("start") <= end, pl.col("end") >= start - DAY)
            first = told.select(pl.coalesce("reported_at", "received").min()).item() or end
            days = (beijing_day(start), beijing_day(end))
            measures = {
                "silent": max((min(first, end) - start) / HOUR, 0.0),
                "hours": (end - start) / HOUR,
                "workdays": float(np.busday_count(*days)),
                "faults30": float(sum(start - MONTH < other <= start for other in long)),
            }
            hits.append(hit(task, s, (start, end), measures, told.rows()))
    return hits


def _spells(task: Task, s: int, reports: pl.DataFrame) -> Iterator[Span]:
    """Faults in order, until now at most; a report without an end lasts ``open_days`` unless a mark tells."""
    spans = [(mark.start, mark.end) for mark in marks_of(task, s, MarkKind.FAULT)]
    marked = list(spans)
    longest = task.params["open_days"] * DAY
    for start, end in reports.select("start", pl.coalesce("repaired_at", "end")).iter_rows():
        if end > start:
            spans.append((start, end))
        elif not any(first - HOUR <= start <= last for first, last in marked):
            spans.append((start, start + longest))
    spans = sorted((start, min(end, task.grid.end)) for start, end in spans if start < task.grid.end)
    while spans:
        start, end = spans.pop(0)
        while spans and spans[0][0] <= end + HOUR:
            end = max(end, spans.pop(0)[1])
        yield start, end


def manual_gap(task: Task) -> list[Hit]:
    """Days on which an instrument was out of order and too few manual results stand in for it.

    Expected: ``per_day`` results a day for the hours marked or flagged as out of order, told
    ``grace_days`` after the day. Measures: ``missing`` share of them, ``days`` in a row with over three
    quarters missing.
    """
    broken = (task.marks & np.uint16(OUT)) != 0
    broken |= among(task.flags, (FlagCode.D, FlagCode.M, FlagCode.P))
    expected = task.params["per_day"] * count_in_day(broken & task.allowed) // 24
    hits = []
    for s in range(len(task.subjects)):
        if not expected[s].any():
            continue
        done = _results_per_day(task, s, expected.shape[1])
        missing = 1.0 - np.minimum(done / np.maximum(expected[s], 1), 1.0)
        missing[expected[s] == 0] = 0.0
        known = expected.shape[1] - task.params["grace_days"]
        for day in np.flatnonzero(missing[:known]):
            fine = np.flatnonzero(missing[: day + 1] <= 0.75)
            row = day - fine[-1] if fine.size else day + 1
            start = task.grid.start + int(day) * DAY
            measures = {"missing": missing[day], "days": float(row)}
            words = {"done": same(int(done[day])), "expected": same(int(expected[s, day]))}
            hits.append(hit(task, s, (start, start + DAY), measures, done[day], **words))
    return hits


def _results_per_day(task: Task, s: int, days: int) -> npt.NDArray[np.int64]:
    rows = about(task, s, "manual_result").filter(pl.col("purpose") == "outage")
    numbers = [(start - task.grid.start) // timedelta(days=1) for start in rows["start"].unique()]
    return np.bincount([day for day in numbers if 0 <= day < days], minlength=days)
