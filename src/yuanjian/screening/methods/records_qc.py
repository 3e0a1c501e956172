"""Quality control of instruments: overdue, failed and left so, too good; faults and manual results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from yuanjian.clock import beijing_day
from yuanjian.screening.checks import qc
from yuanjian.screening.exclusions import among
from yuanjian.screening.methods.access_entries import marks_of
from yuanjian.screening.methods.days import count_in_day
from yuanjian.screening.methods.records_common import (
    Row,
    by_subject,
    gathered,
    hit,
    open_hours,
    same,
    seen_of,
    usable_hours,
)
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

    Hours that an exclusion takes out do not count, nor the last ``grace_days``: papers come late. Measures:
    ``ratio`` elapsed over allowed time, ``used`` valid hours since the due date.
    """
    hits = []
    memory, known = task.params["memory_days"] * DAY, task.grid.end - task.params["grace_days"] * DAY
    checks = gathered(task, "qc", memory)
    for item in task.params["intervals"]:
        limit = item["hours"] * HOUR
        words = {"what": (item["zh"], item["en"]), "allowed": same(f"{item['hours'] / 24:g}")}
        concerned = [s for s, subject in enumerate(task.subjects) if _concerns(item, subject)]
        of_kind = checks.filter(pl.col("kind").is_in(item["kinds"]), pl.col("s").is_in(concerned))
        late = qc.overdue(of_kind, limit, memory, known).filter(pl.col("end") > task.scene.start)
        for s, since, start, end in late.select("s", "since", "start", "end").iter_rows():
            ratio = 1.0 + open_hours(task, s, start, end) * HOUR / limit
            measures = {"ratio": ratio, "used": usable_hours(task, s, start, end)}
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
    rows = gathered(task, "qc", 2 * MONTH)
    for item in task.params["bounds"]:
        concerned = [s for s, subject in enumerate(task.subjects) if _concerns(item, subject)]
        bounds = dict.fromkeys(item["kinds"], (item["technical"], item["control"]))
        drifted = qc.drifts(rows.filter(pl.col("s").is_in(concerned)), bounds)
        found = qc.failures(drifted, MONTH).filter(pl.col("start") >= task.scene.start)
        hits += [_failure(task, row) for row in found.iter_rows(named=True)]
    return [item for item in hits if open_hours(task, item.rows[0], item.start, item.end)]


def _failure(task: Task, row: Row) -> Hit:
    s, start = row["s"], row["start"]
    end = min(start + DAY, task.grid.end)
    span = row["since"], max(end, start)
    ignored = start + DAY <= task.grid.end and not _handled(task, s, start, end)
    measures = {
        **{name: row[name] for name in ("drift", "out", "fails30")},
        "ignored": float(ignored),
        "kept": usable_hours(task, s, *span),
    }
    return hit(task, s, span, measures, seen_of(row))


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
    rows = gathered(task, "qc", QUARTER).filter(pl.col("kind").is_in(task.params["kinds"]))
    for row in qc.too_perfect(rows).filter(pl.col("end") > task.scene.start - DAY).iter_rows(named=True):
        enough = row["count"] >= task.params["least"]
        sigma = max(row["sigma"], task.params["sigma"] / 100) if enough else np.inf
        measures = {"tight": task.params["sigma"] / sigma, "equal": row["equal"], "raw": row["raw"]}
        span = row["start"], max(row["end"], row["start"] + HOUR)
        if open_hours(task, row["s"], *span):
            shown = "—" if row["sigma"] is None else f"{row['sigma']:.2f}"
            words = {"count": same(row["count"]), "sigma": same(shown)}
            hits.append(hit(task, row["s"], span, measures, seen_of(row), **words))
    return hits


def open_faults(task: Task) -> list[Hit]:
    """Faults of the instruments by their marks and reports, those less than an hour apart taken together.

    Measures: ``silent`` hours until the first report (or the end), ``hours`` until repaired, ``workdays``
    Mondays to Fridays begun since (no calendar of holidays), ``faults30`` faults of at least ``min_hours`` in
    30 days, if this is one.
    """
    hits = []
    reports = by_subject(gathered(task, "fault_report", MONTH))
    for s in range(len(task.subjects)):
        told = reports.get(s, [])
        spells = list(_spells(task, s, told))
        long = [start for start, end in spells if (end - start) / HOUR >= task.params["min_hours"]]
        for start, end in spells:
            if not open_hours(task, s, start, end):
                continue
            about = [row for row in told if row["start"] <= end and row["end"] >= start - DAY]
            first = min((row["reported_at"] or row["received"] for row in about), default=end)
            measures = {
                "silent": max((min(first, end) - start) / HOUR, 0.0),
                "hours": (end - start) / HOUR,
                "workdays": float(np.busday_count(beijing_day(start), beijing_day(end))),
                "faults30": float(start in long and sum(start - MONTH < other <= start for other in long)),
            }
            hits.append(hit(task, s, (start, end), measures, [seen_of(row) for row in about]))
    return hits


def _spells(task: Task, s: int, reports: Sequence[Row]) -> Iterator[Span]:
    """Faults in order, until now at most; a report without an end lasts ``open_days`` unless a mark tells."""
    spans = [(mark.start, mark.end) for mark in marks_of(task, s, MarkKind.FAULT)]
    marked = list(spans)
    longest = task.params["open_days"] * DAY
    for row in reports:
        start, end = row["start"], row["repaired_at"] or row["end"]
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
    results = by_subject(gathered(task, "manual_result").filter(pl.col("purpose") == "outage"))
    hits = []
    for s in np.flatnonzero(expected.any(axis=1)).tolist():
        done = _results_per_day(task, results.get(s, []), expected.shape[1])
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


def _results_per_day(task: Task, results: Sequence[Row], days: int) -> npt.NDArray[np.int64]:
    numbers = [(start - task.grid.start) // DAY for start in {row["start"] for row in results}]
    return np.bincount([day for day in numbers if 0 <= day < days], minlength=days)
