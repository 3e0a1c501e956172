"""What enterprises declare about amounts, against amounts computed from their data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from yuanjian.clock import BEIJING, from_beijing, to_beijing
from yuanjian.screening.methods.days import count_in_day
from yuanjian.screening.methods.exceedance import ABOVE
from yuanjian.screening.methods.rules_amounts import earlier, emitted, flow_of, weighed
from yuanjian.screening.scene import DAY, HOUR, midnight
from yuanjian.screening.task import Hit, Task
from yuanjian.series.aggregate import day_water
from yuanjian.series.rules import tax
from yuanjian.series.rules.emissions import REACH, Emissions, counted

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Declared:
    """Records of one month about one row, the deeper task they are checked in, and what the row emitted.

    ``row`` is that of the model's task, ``at`` that of the deeper one.
    """

    records: pl.DataFrame
    row: int
    at: int
    deep: Task
    emitted: Emissions

    def cells(self, start: datetime, end: datetime) -> slice:
        """Cells of the emissions that lie in ``[start, end)``."""
        grid = self.emitted.grid
        return slice(max((start - grid.start) // grid.step, 0), max((end - grid.start) // grid.step, 0))

    def hit(self, task: Task, measures: dict[str, float], **words: str) -> Hit:
        """A hit on the day the last record came; ``month`` is what it is about."""
        start = midnight(self.records["received"].max())  # type: ignore[arg-type]
        month = f"{to_beijing(self.records['start'].min()):%Y-%m}"  # type: ignore[arg-type]
        told = {name: (text, text) for name, text in {"month": month, **words}.items()}
        seen = self.records.drop("id").write_json().encode() + repr(measures).encode()
        return Hit(task.subjects[self.row], (self.row,), start, start + DAY, measures, told, seen)


def declared(task: Task, kind: str) -> Iterator[Declared]:
    """Records of a kind that came from ``task.since`` on, by month and row, over data enough to check them.

    A month that began more than ``late_days`` before its last record came is not looked at.
    """
    rows = weighed(task)
    wanted = {row: _records(task, row, kind) for row in rows}
    wanted = {row: records for row, records in wanted.items() if records.height}
    if not wanted:
        return
    oldest = min(records["start"].min() for records in wanted.values())  # type: ignore[type-var]
    deep = earlier(task, _quarter(oldest) - REACH, list(wanted))  # type: ignore[arg-type]
    for at, (row, records) in enumerate(wanted.items()):
        amount = emitted(deep, at)
        for part in records.partition_by("month", maintain_order=True):
            yield Declared(part, row, at, deep, amount)


_month = pl.col("start").dt.convert_time_zone(BEIJING.key).dt.truncate("1mo").dt.convert_time_zone("UTC")
"""The beginning of the Beijing month a record begins in."""


def _records(task: Task, row: int, kind: str) -> pl.DataFrame:
    """Records about a row with their month, of the months of which one came since ``task.since``."""
    subject, late = task.subjects[row], task.params["late_days"] * DAY
    rows = task.scene.registry.records(kind, [subject.outlet.enterprise], task.since - late, task.grid.end)
    mine = rows.filter(
        pl.col("outlet") == subject.outlet.outlet,
        pl.col("factor") == subject.factor,
        pl.col("received") < task.grid.end,
    ).with_columns(month=_month)
    came = pl.col("received").max().over("month")
    return mine.filter(came >= task.since, came - pl.col("month") <= late)


def _quarter(instant: datetime) -> datetime:
    """The beginning of the Beijing quarter an instant lies in."""
    wall = to_beijing(instant)
    return from_beijing(datetime(wall.year, (wall.month - 1) // 3 * 3 + 1, 1))  # noqa: DTZ001 — a Beijing wall time


def tax_check(task: Task) -> list[Hit]:
    """Declared amounts and claimed reductions of the tax, against the data of the month.

    Told on the day the declaration came. Measures: ``gap`` |data − declared| / data beyond what the unknown
    part of the month may explain, 0 if that is more than ``max_unknown``; ``wrong`` 1 if the claimed
    reduction is more than the mean allows, ``exceeded`` 1 if one is claimed although a mean of the month
    exceeds. 环境保护税法 art. 13, 条例 art. 10, 21.
    """
    hits = []
    for one in declared(task, "declared_tax"):
        told = one.records.sort("received").row(-1, named=True)
        cells = one.cells(told["start"], told["end"])
        amount = one.emitted.amount[0, cells]
        kg = float(np.nansum(amount))
        mean, over = _against_limit(one, told)
        claimed = told["reduction"] or 0.0
        measures = {
            "gap": _gap(amount, told["amount"], task.params["max_unknown"]),
            "wrong": float(np.isfinite(mean) and claimed > tax.reduction(mean, over)),
            "exceeded": float(claimed > 0 and over),
        }
        shown = {"declared": f"{told['amount']:.1f}", "kg": f"{kg:.1f}", "claimed": f"{claimed:g}"}
        hits.append(one.hit(task, measures, mean=f"{100 * mean:.0f}" if np.isfinite(mean) else "–", **shown))
    return hits


def _gap(amount: Floats, sent: float, most: float) -> float:
    """|data − declared| / data, less than what the unknown cells may explain; 0 if it cannot be told."""
    kg = float(np.nansum(amount))
    unknown = float(np.isnan(amount).sum()) / max(amount.size, 1)
    if kg <= 0 or unknown > most:
        return 0.0
    return max(abs(kg - sent) / kg - unknown / (1.0 - unknown), 0.0)


def _against_limit(one: Declared, told: dict[str, Any]) -> tuple[float, bool]:
    """Mean of the month's hourly (gas) or daily (water) means over the limit, and whether one exceeds."""
    deep, at = one.deep, one.at
    medium = deep.subjects[at].outlet.medium
    limits = deep.limits(("hour",) if medium == "gas" else ("day",))
    judged, high = limits.judged[[at]], np.where(limits.high[[at]] > 0, limits.high[[at]], np.nan)
    flow, flags = flow_of(deep, at) if medium == "water" else (np.ones_like(high), deep.flags[[at]])
    valid, due = counted(medium, judged, flow, (deep.flags[[at]], flags), deep.marks[[at]])
    step, ratio = HOUR, np.where(valid, judged / high, np.nan)
    if medium == "water":
        whole = slice(0, deep.grid.size // 24 * 24)
        owed = count_in_day(due)
        means = day_water(judged[:, whole].astype(np.float32), flow[:, whole], valid[:, whole], owed)
        step, ratio = DAY, means / high[:, whole][:, ::24]
    origin = deep.grid.start
    month = ratio[0, (told["start"] - origin) // step : (told["end"] - origin) // step]
    known = month[np.isfinite(month)]
    return (float(known.mean()), bool((known > ABOVE).any())) if known.size else (float("nan"), False)


def substitution_check(task: Task) -> list[Hit]:
    """Amounts reported for hours without valid data, against those the rule of HJ 75 puts in.

    By month, told on the day the last of its records came; only hours the rule gives a value for. Measures:
    ``short`` 1 − reported / computed, ``used`` 1 if the amounts were used for tax or permit.
    """
    hits = []
    for one in declared(task, "substituted"):
        reported = computed = hours = 0.0
        other = one.emitted.substituted[0]
        for told in one.records.iter_rows(named=True):
            cells = one.cells(told["start"], told["end"])
            count = float(other[cells].sum())
            hours += count
            reported += told["amount"] * count
            computed += float(one.emitted.amount[0, cells][other[cells]].sum())
        if computed > 0:
            measures = {
                "short": 1.0 - reported / computed,
                "used": float(any(one.records["used"].fill_null(value=False))),
                "hours": hours,
            }
            hits.append(one.hit(task, measures, reported=f"{reported:.1f}", computed=f"{computed:.1f}"))
    return hits
