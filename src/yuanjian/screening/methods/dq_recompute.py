"""Values computed again from what they were computed of."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import polars as pl

from yuanjian.screening.exclusions import among
from yuanjian.screening.kernels import day_quantile
from yuanjian.screening.methods.days import count_in_day, whole_days
from yuanjian.screening.methods.dq import factors_of, hit_of, lasting, outlets_of
from yuanjian.screening.methods.windows import episodes
from yuanjian.screening.task import Hit, Task
from yuanjian.series import FlagCode, SeriesKey
from yuanjian.series.aggregate import convert, day_gas, day_water
from yuanjian.series.rules.flow import dry_standard_flow
from yuanjian.series.validity import VALID_FLAGS

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
VALID_NAMES = [FlagCode(code).name for code in VALID_FLAGS]


def oxygen_conversion(task: Task) -> list[Hit]:
    """Values at reference oxygen against the formula on value and oxygen of the same hour.

    ``c · (21 − base) / (21 − O2)``; below ``max_oxygen`` only, and beyond what rounding explains. Measures:
    ``share`` greatest deviation, ``h2`` and ``h5`` hours above 2 % and 5 %, ``h5_low`` of those with the
    lower value sent.
    """
    base = task.limits(("hour", "day")).base
    oxygen = np.where(task.oxygen < task.params["max_oxygen"], task.oxygen, np.nan)
    values = np.where(task.valid & (task.values > 0), task.values, np.nan)
    sent = np.where(np.isfinite(task.reference) & (task.reference > 0), task.reference, np.nan)
    computed = convert(values, oxygen, np.where(np.isfinite(base), base, 0.0))
    rounding = task.resolution[:, None] * (1.0 + computed / values) + 0.05 * computed / (21.0 - oxygen)
    deviation = (np.abs(sent - computed) - rounding) / sent
    usable = np.isfinite(base) & np.isfinite(deviation)
    runs = lasting(task, deviation, usable, {"h2": 0.02, "h5": 0.05}, sent < computed)
    return [
        hit_of(task, s, first, last, measures, base=f"{base[s, first]:g}")
        for s, first, last, measures in runs
    ]


def flow_recompute(task: Task) -> list[Hit]:
    """Dry standard flow against velocity, temperature, pressure and moisture of the same hour.

    The cross-section and the velocity factor are not sent: their product is the median of the 30 days before,
    so a change of it shows, a wrong one from the beginning does not; the barometer of the place, which is not
    sent either, goes into it too. HJ 75-2017 annex C [C]. Measures:
    ``h5``, ``h10``, ``h20`` hours above that deviation, ``…_low`` with the lower flow sent.
    """
    velocity, heat, pressure, moisture = (
        task.companion({"gas": (code,), "water": ()}) for code in ("a01011", "a01012", "a01013", "a01014")
    )
    dry = dry_standard_flow(velocity, heat, pressure, moisture)
    usable = task.valid & (dry > 0) & (velocity >= task.params["min_velocity"]) & (task.values > 0)
    section = np.where(usable, task.values / np.where(usable, dry, 1.0), np.nan)
    usual = day_quantile(section, usable, 24, task.params["baseline_days"], 0.5, 24 * task.params["min_days"])
    usual = np.repeat(usual, 24, axis=1)[:, : task.grid.size]
    usable &= np.isfinite(usual)
    deviation = np.abs(section / usual - 1.0)
    runs = lasting(task, deviation, usable, {"h5": 0.05, "h10": 0.1, "h20": 0.2}, section < usual)
    return [hit_of(task, *run) for run in runs]


def nox_as_no(task: Task) -> list[Hit]:
    """Daily means of NOx against 1.53 · NO + NO2 (molar masses of NO2 and NO) of the same hours.

    Measures: ``share`` greatest deviation, ``d20`` days in a row above 20 %, ``low30`` days in a row above
    30 % with the lower value sent.
    """
    no, no2 = (task.companion({"gas": (code,), "water": ()}) for code in ("a21003", "a21004"))
    usable = task.valid & (no >= 0) & (no2 >= 0)
    sent = _daily(task.values, usable, task.params["min_hours"])
    expected = _daily(task.params["no_to_no2"] * no + no2, usable, task.params["min_hours"])
    known = np.isfinite(sent) & (expected >= task.params["min_value"])
    change = np.where(known, sent, 1.0) / np.where(known, expected, 1.0) - 1.0
    twenty, thirty = _age(np.abs(change) > 0.2), _age(change < -0.3)
    hits = []
    for s, first, last in zip(*episodes(np.abs(change) > task.params["least"]), strict=True):
        part = slice(first, last)
        measures = {
            "share": float(np.abs(change[s, part]).max()),
            "d20": float(twenty[s, part].max()),
            "low30": float(thirty[s, part].max()),
        }
        hits.append(hit_of(task, int(s), 24 * int(first), 24 * int(last), measures))
    return hits


def _daily(hours: Floats, usable: Bools, least: int) -> Floats:
    """Mean of the usable hours of each complete day, NaN with fewer than ``least``; [S, D]."""
    known = whole_days(usable).reshape(len(hours), -1, 24)
    total = whole_days(np.where(usable, hours, 0.0)).reshape(len(hours), -1, 24).sum(axis=2)
    count = known.sum(axis=2)
    return np.where(count >= least, total / np.maximum(count, 1), np.nan)


def _age(hit: Bools) -> npt.NDArray[np.int64]:
    """How many in a row up to here."""
    age = np.zeros(hit.shape, np.int64)
    for at in range(hit.shape[1]):
        age[:, at] = np.where(hit[:, at], age[:, at - 1] + 1 if at else 1, 0)
    return age


def aggregation(task: Task) -> list[Hit]:
    """Hour values against the mean of their minutes, day values against the mean of their hours.

    Only hours with all their minutes valid, and days valid by the standard. Measures: ``share`` greatest
    deviation, ``h5`` hours above 5 %, ``h10_low`` above 10 % with the lower value sent; a day is 24 hours.
    """
    return [*_hours_off(task), *_days_off(task)]


def _hours_off(task: Task) -> Iterator[Hit]:
    means = np.full(task.shape, np.nan)
    row = {subject.key: at for at, subject in enumerate(task.subjects)}
    for rows in task.scene.rows(outlets_of(task), "minute", task.since, factors=factors_of(task)):
        for point, factor, time, mean in _hour_means(rows, task.params["complete"]).iter_rows():
            if SeriesKey(point, factor) in row:
                means[row[SeriesKey(point, factor)], task.index(time)] = mean
    usable = task.valid & np.isfinite(means) & (task.values > 0)
    off = np.abs(task.values - means) - 1.5 * task.resolution[:, None]
    deviation = off / np.where(usable, task.values, np.nan)
    for s, first, last, measures in lasting(
        task, deviation, usable, {"h1": 0.01, "h5": 0.05, "h10": 0.1}, task.values < means
    ):
        yield Hit(
            task.subjects[s], (s,), task.time(first), task.time(last), measures,
            {"kind": ("小时值与分钟均值", "hour values and the means of their minutes")},
            means[s, first:last].tobytes(),
        )  # fmt: skip


def _hour_means(rows: pl.DataFrame, complete: float) -> pl.DataFrame:
    """(point, factor, hour, mean) of hours with about as many minutes as the day's fullest, all valid."""
    key = ["point", "factor"]
    hours = (
        rows.filter(pl.col("value").is_not_null())
        .group_by(*key, time=pl.col("time").dt.truncate("1h"))
        .agg(
            pl.col("value").mean().alias("mean"),
            pl.len().alias("count"),
            pl.col("flag").is_in(VALID_NAMES).all().alias("valid"),
        )
    )
    fullest = pl.col("count").max().over(*key, pl.col("time").dt.offset_by("8h").dt.date())
    kept = hours.filter(pl.col("valid"), fullest >= 4, pl.col("count") >= complete * fullest)
    return kept.sort(*key, "time").select(*key, "time", "mean")


def _days_off(task: Task) -> Iterator[Hit]:
    cube = task.scene.daily([subject.key for subject in task.subjects])
    days = task.grid.size // 24
    sent = np.where(np.isin(cube.flags, VALID_FLAGS), cube.values, np.nan)[:, :days].astype(np.float64)
    possible = np.stack(list(_day_means(task)))
    # The one that fits best is the one the logger uses.
    near = np.fmin.reduce(np.abs(sent - possible))
    lower = sent < np.fmin.reduce(possible)
    rounding = 1.5 * 10.0 ** -cube.decimals[:, None].astype(np.float64)
    deviation = (near - rounding) / np.where(sent > 0, sent, np.nan)
    for s, day in zip(*np.nonzero(deviation > task.params["least"]), strict=True):
        by = float(deviation[s, day])
        h10 = 24.0 * (by > 0.1)
        measures = {"share": by, "h1": 24.0, "h5": 24.0 * (by > 0.05), "h10_low": h10 * float(lower[s, day])}
        kind = ("日值与小时均值", "day values and the means of their hours")
        start, end = task.time(24 * int(day)), task.time(24 * int(day) + 24)
        yield Hit(task.subjects[s], (int(s),), start, end, measures, {"kind": kind}, sent[s, day].tobytes())


def _day_means(task: Task) -> Iterator[Floats]:
    """Day means a logger may send, [S, D] each; NaN where the day is not valid by the standard.

    By time or by flow, over the hours no mark or rule takes out, or over all whose own flag is valid: marks
    set later at the platform never reach the logger. Of waste water only hours with flow are due.
    """
    values, flow = (whole_days(part).astype(np.float32) for part in (task.values, task.flow))
    flows = count_in_day(flow > 0)
    water = np.array([[subject.outlet.medium == "water"] for subject in task.subjects]) & (flows > 0)
    for hours in (task.valid, np.isfinite(task.values) & among(task.flags, VALID_FLAGS)):
        valid = whole_days(hours)
        plain = day_gas(values, valid).astype(np.float64)
        weighted = day_water(values, flow, valid, np.maximum(flows, 1)).astype(np.float64)
        judged = np.isfinite(np.where(water, weighted, plain))
        yield np.where(judged, plain, np.nan)
        yield np.where(judged, weighted, np.nan)
