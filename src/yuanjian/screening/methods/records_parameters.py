"""Settings of instruments that differ between those who should have the same, or that move the result."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from yuanjian.screening.checks import parameters
from yuanjian.screening.methods.records_common import Row, gathered, hit, open_hours, same, seen_of
from yuanjian.screening.methods.tv import change
from yuanjian.screening.records import KINDS
from yuanjian.screening.scene import DAY, HOUR
from yuanjian.screening.task import Hit, Task, Words
from yuanjian.screening.wording import factor_words
from yuanjian.series import FlagCode, SeriesKey

Floats = npt.NDArray[np.float64]
HOW = {
    False: ("不一致", "differs"),
    True: ("未备案而改，使结果变低", "changed without approval, lowering results"),
}
NOW = ("改为", "became")
MOST = 10.0
"""Relative effects beyond this are told as this."""
COLUMNS = KINDS["parameter"].columns


def settings_differ(task: Task) -> list[Hit]:
    """Settings told differently by permit, platform, logger and analyser, or changed without approval.

    Told differently: by more than ``rounding``, and after an approved change for over ``settle_days``.

    Measures: ``fields`` 1 for a field that differs, ``effect`` relative difference it makes to the result
    (an intercept against the mean of the 24 hours before), ``lowered`` 1 for a change recorded as not
    approved that lowers results; such a change is told for the day it was made.
    """
    memory = task.params["memory_days"] * DAY
    rows = gathered(task, "parameter", 2 * memory)
    hits = []
    for row, lowered in [*_differing(task, rows, memory), *_lowered(task, rows, memory)]:
        if open_hours(task, row["s"], row["start"], row["end"]):
            measures = {"fields": 1.0, "effect": _effect(task, row), "lowered": float(lowered)}
            words = _words(row, _side(row, ""), _side(row, "_right")) | {"how": HOW[lowered]}
            hits.append(hit(task, row["s"], (row["start"], row["end"]), measures, seen_of(row), **words))
    return hits


def _differing(task: Task, rows: pl.DataFrame, memory: timedelta) -> Iterator[tuple[Row, bool]]:
    rounding, settle = task.params["rounding"], task.params["settle_days"] * DAY
    found = parameters.differing(rows, memory, task.grid.end, rounding, settle)
    found = found.filter(pl.col("end") > task.scene.start)
    for row in found.drop("id_right").iter_rows(named=True):
        yield row, False


def _lowered(task: Task, rows: pl.DataFrame, memory: timedelta) -> Iterator[tuple[Row, bool]]:
    moved = parameters.changes(rows, list(parameters.LOWERING), 0.0, memory)
    fresh = pl.col("start") >= task.scene.start - DAY
    for row in moved.filter("lowers", ~pl.col("approved"), fresh).iter_rows(named=True):
        now = {"value": row["before"], "value_right": row["value"], "origin_right": None}
        yield {**row, **now, "end": row["start"] + DAY}, True


def _effect(task: Task, row: Row) -> float:
    if row["effect"] is not None:
        return min(float(row["effect"]), MOST)
    at, key = task.index(row["start"]), SeriesKey(task.subjects[row["s"]].point, row["factor"] or "")
    if key not in task.scene.hour_keys or row["value"] is None or row["value_right"] is None:
        return 0.0
    hours, before = task.scene.hours, slice(max(at - 24, 0), max(at, 0))
    cells = hours.values[hours.row(key), before][hours.flags[hours.row(key), before] == FlagCode.N]
    mean = float(cells.mean()) if cells.size else 0.0
    return min(abs(row["value"] - row["value_right"]) / mean, MOST) if mean > 0 else 0.0


def _side(row: Row, which: str) -> Words:
    """Who tells what; without an origin it is what the other became."""
    value = row[f"text{which}"] if row[f"value{which}"] is None else f"{row[f'value{which}']:g}"
    zh, en = NOW if row[f"origin{which}"] is None else COLUMNS["origin"].choices[row[f"origin{which}"]]
    return f"{zh} {value}", f"{en} {value}"


def _words(row: Row, one: Words, other: Words) -> dict[str, Words]:
    names, _ = factor_words(row["factor"])
    label = COLUMNS["name"].choices[row["name"]]
    told = f"{names[0]}{label[0]}", f"{names[1]} {label[1]}".strip()
    return {"parameter": told, "one": one, "other": other}


def settings_moved(task: Task) -> list[Hit]:
    """Changes of a setting of logger or analyser that nobody approved, and what the values did then.

    Measures: ``change`` its size, ``same`` changes of at least ``least`` the same way (of the last three),
    ``followed`` 1 if the mean of the 24 hours after fell against the 24 hours before by the share the setting
    fell, give or take ``tolerance``, with the production's power within ``load_tolerance`` where known.
    """
    memory = task.params["memory_days"] * DAY
    rows = gathered(task, "parameter", 4 * memory)
    rows = rows.filter(pl.col("origin").is_in(["logger", "analyser"]), pl.col("factor").is_not_null())
    moved = parameters.changes(rows, task.params["names"], task.params["least"], memory)
    unapproved = ~pl.col("approved").fill_null(value=False)
    fresh = moved.filter(unapproved, pl.col("change").is_not_null(), pl.col("start") >= task.scene.start)
    hits = []
    for row in fresh.iter_rows(named=True):
        s, start = row["s"], row["start"]
        if not open_hours(task, s, start, start + DAY):
            continue
        followed = float(_followed(task, s, row))
        measures = {"change": abs(row["change"]), "same": row["same"], "followed": followed}
        words = _words(row, same(f"{row['before']:g}"), same(f"{row['value']:g}"))
        span = start, max(min(start + DAY, task.grid.end), start + HOUR)
        hits.append(hit(task, s, span, measures, seen_of(row), **words))
    return hits


def _followed(task: Task, s: int, row: Row) -> bool:
    at = task.index(row["start"])
    values = np.where(task.valid[s], task.values[s], np.nan)
    kw = task.production[s].kw
    before, after = slice(max(at - 24, 0), max(at, 0)), slice(at + 1, at + 25)
    by = change(values[before], values[after])
    steady = not abs(change(kw[before], kw[after])) > task.params["load_tolerance"]
    return bool(steady and row["change"] < 0 and abs(by - row["change"]) <= task.params["tolerance"])
