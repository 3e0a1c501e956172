"""What the models over records share: records of a subject, hours that count, values beside a record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from yuanjian.screening.exclusions import COVERT, RULES, stands_alone
from yuanjian.screening.ports import PowerMeter
from yuanjian.screening.scene import DAY, HOUR
from yuanjian.screening.task import Hit, Task, Words
from yuanjian.series import FlagCode, MarkKind, SeriesKey

Floats = npt.NDArray[np.float64]
Row = dict[str, Any]
MINUTE = timedelta(minutes=1)
NEVER = timedelta(0)


def gathered(task: Task, kind: str, back: timedelta = NEVER) -> pl.DataFrame:
    """Records of a kind with ``s``, the row of the task they are about, in order of s and start.

    A record that names no factor is about all factors of its outlet, one without an outlet about all outlets
    of the enterprise.
    """
    rows = task.scene.all_records(kind, back)
    told = [(s, o.outlet.enterprise, o.outlet.outlet, o.factor) for s, o in enumerate(task.subjects)]
    subjects = pl.DataFrame(told, schema=_SUBJECTS, orient="row")
    kinds: list[tuple[pl.DataFrame, list[str]]] = [(rows, [])]
    if "factor" in rows.columns and any(subject.factor for subject in task.subjects):
        general = pl.col("factor").is_null()
        kinds = [(rows.filter(general), []), (rows.filter(~general), ["factor"])]
    parts = []
    for part, on in kinds:
        of_firm = part.filter(pl.col("outlet").is_null())
        parts.append(of_firm.join(subjects.select("s", "enterprise", *on), on=["enterprise", *on]))
        parts.append(part.join(subjects.select("s", "outlet", *on), on=["outlet", *on]))
    return pl.concat([part.select(*rows.columns, "s") for part in parts]).sort("s", "start", "id")


_SUBJECTS = {"s": pl.Int64, "enterprise": pl.Int64, "outlet": pl.Int64, "factor": pl.String}


def by_subject(rows: pl.DataFrame) -> dict[int, list[Row]]:
    """Gathered records by the row of the task, in order."""
    found: dict[int, list[Row]] = {}
    for row in rows.iter_rows(named=True):
        found.setdefault(row["s"], []).append(row)
    return found


def open_hours(task: Task, s: int, start: datetime, end: datetime) -> float:
    """Hours of a span that no exclusion takes out.

    What lies before the grid counts: the engine looks deeper before it believes a finding that begins there.
    """
    first, last = task.index(start), -((task.grid.start - end) // task.grid.step)
    excluded = ~task.allowed[s, max(first, 0) : max(last, 0)]
    return max((end - start) / HOUR - float(excluded.sum()) * (task.grid.step / HOUR), 0.0)


def usable_hours(task: Task, s: int, start: datetime, end: datetime) -> float:
    """Hours of a span with a valid value; as `open_hours` before the grid."""
    first, last = task.index(start), -((task.grid.start - end) // task.grid.step)
    return float(max(-first, 0) + task.valid[s, max(first, 0) : max(last, 0)].sum())


def unmarked(task: Task, s: int, start: datetime, end: datetime) -> bool:
    """Is no mark the model excludes on a span? Also before the scene."""
    outlet, factor = task.subjects[s].outlet, task.subjects[s].factor
    kinds = MarkKind(0)
    for code in task.model.excludes:
        kinds |= RULES[code].marks
    return not any(
        mark.bit & kinds
        and mark.factor in {None, factor}
        and (task.model.class_ != COVERT or stands_alone(mark))
        for mark in task.scene.registry.marks([outlet.point], start, end)
    )


def automatic(
    task: Task, s: int, start: datetime, end: datetime, tolerance: timedelta
) -> tuple[Floats, Floats]:
    """Automatic values beside a record, as measured and at reference oxygen (NaN where none was sent).

    Minutes within the tolerance if there are ``min_minutes`` of them, else the hours the record touches.
    """
    key = task.subjects[s].key
    minutes = normal(task, [key], "minute", start - tolerance, end + tolerance + MINUTE, MINUTE)
    known = np.isfinite(minutes[0][0])
    if known.sum() >= task.params["min_minutes"]:
        return minutes[0][0][known], minutes[1][0][known]
    first = task.grid.start + (start - task.grid.start) // HOUR * HOUR
    hours = normal(task, [key], "hour", first, max(end, first + HOUR), HOUR)
    known = np.isfinite(hours[0][0])
    return hours[0][0][known], hours[1][0][known]


def normal(
    task: Task, keys: Sequence[SeriesKey], cadence: str, start: datetime, end: datetime, step: timedelta
) -> tuple[Floats, Floats]:
    """Values without a device flag of some series over some time, NaN elsewhere; and at reference oxygen."""
    cube = task.scene.readings.cube(
        list(dict.fromkeys(keys)), cadence=cadence, start=start, end=end, step=step
    )
    rows = [cube.row(key) for key in keys]
    plain = cube.flags[rows] == FlagCode.N
    measured = np.where(plain, cube.values[rows], np.nan).astype(np.float64)
    return measured, np.where(plain, cube.reference[rows], np.nan).astype(np.float64)


def draw(task: Task, meters: Sequence[PowerMeter], start: datetime, end: datetime) -> Floats:
    """Active power of meters in kW over any time, [M, T] by the step of the electricity data."""
    keys = [SeriesKey(meter.point, meter.factor) for meter in meters]
    cube = task.scene.readings.cube(
        list(dict.fromkeys(keys)), cadence="minute", start=start, end=end, step=task.step
    )
    return cube.values[[cube.row(key) for key in keys]].astype(np.float64)


def hourly_draw(task: Task, meters: Sequence[PowerMeter], start: datetime, end: datetime) -> Floats:
    """Mean power of meters in kW by the whole hour, [M, H] from ``start``; NaN where no sample came."""
    hours = (end - start) // HOUR
    kw = draw(task, meters, start, start + hours * HOUR).reshape(len(meters), hours, -1)
    seen = np.isfinite(kw).sum(axis=2)
    return np.where(seen > 0, np.nansum(kw, axis=2) / np.maximum(seen, 1), np.nan)


def daily_energy(task: Task, meters: Sequence[PowerMeter], start: datetime, end: datetime) -> Floats:
    """Energy of meters together per whole day in kWh, [D] from ``start``; NaN with under 18 known hours."""
    days = (end - start) // DAY
    kw = hourly_draw(task, meters, start, start + days * DAY).sum(axis=0).reshape(days, 24)
    seen = np.isfinite(kw).sum(axis=1)
    return np.where(seen >= 18, 24 * np.nansum(kw, axis=1) / np.maximum(seen, 1), np.nan)


def hit(
    task: Task,
    s: int,
    span: tuple[datetime, datetime],
    measures: dict[str, float],
    seen: object,
    **words: Words,
) -> Hit:
    """A hit of one row; only measures the model names, ``seen`` goes into the hash of the input."""
    told = {name: float(value) for name, value in measures.items() if name in task.model.measures}
    return Hit(task.subjects[s], (s,), *span, told, words, repr(seen).encode())


def seen_of(row: Row) -> object:
    """What a hit rests on, without what another run may number otherwise."""
    return sorted((name, value) for name, value in row.items() if name not in ("s", "id"))


def same(text: object) -> Words:
    """A word that reads the same in both languages."""
    return str(text), str(text)
