"""Measure the store of readings and print JSON: `python bench/series.py [--hours 720] [--minutes 60]`.

The load is that of a province: 10,000 points × 8 factors a minute, and 10,000 hourly series of a month.
Nothing is asserted; docs/series.md states what was measured and where.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from yuanjian.series import SeriesKey, SeriesStore

START = datetime(2026, 10, 31, 16, tzinfo=UTC)  # Beijing midnight
FACTORS = ("a34013", "a21026", "a21002", "a19001", "a01012", "a01011", "a01014", "a00000")
POINTS = 10_000


def batch(cadence: str, at: datetime, points: int, factors: tuple[str, ...], seed: int) -> pl.DataFrame:
    """One period of readings of all points."""
    size = points * len(factors)
    value = np.random.default_rng(seed).lognormal(3, 0.5, size).round(2)
    return pl.DataFrame(
        {
            "point": np.repeat(np.arange(points, dtype=np.int32), len(factors)),
            "factor": list(factors) * points,
            "value": value,
            "low": value * 0.9,
            "high": value * 1.1,
            "reference": value * 1.2,
            "seq": np.arange(size),
        }
    ).with_columns(
        cadence=pl.lit(cadence),
        time=pl.lit(at),
        flag=pl.lit("N"),
        decimals=pl.lit(2),
        source=pl.lit("live"),
        received=pl.lit(at + timedelta(seconds=70)),
        shard=pl.lit(0),
    )


def seconds(work: Callable[[], object], times: int = 1) -> list[float]:
    """How long each run took."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return taken


def minute_lane(store: SeriesStore, minutes: int) -> Iterator[tuple[str, float]]:
    """Appending minute after minute, and reading one point's hour before and after compaction."""
    taken = []
    for minute in range(minutes):
        rows = batch("minute", START + timedelta(minutes=minute), POINTS, FACTORS, minute)
        taken += seconds(
            lambda rows=rows, minute=minute: store.append(rows, None, app="minute", version=minute)
        )
    yield "append_rows", POINTS * len(FACTORS)
    yield "append_ms_median", statistics.median(taken) * 1e3
    yield "append_ms_worst", max(taken) * 1e3
    resent = batch("minute", START, POINTS, FACTORS, 0)
    yield (
        "append_all_duplicates_ms",
        seconds(lambda: store.append(resent, None, app="minute", version=minutes))[0] * 1e3,
    )
    late = [
        batch("minute", START + timedelta(minutes=minute), 100, FACTORS, 999) for minute in range(minutes)
    ]
    live = batch("minute", START + timedelta(minutes=minutes), POINTS, FACTORS, minutes)
    yield "append_with_late_rows", live.height + sum(each.height for each in late)
    mixed = pl.concat([live, *late])
    yield (
        "append_with_late_ms",
        seconds(lambda: store.append(mixed, None, app="minute", version=minutes + 1))[0] * 1e3,
    )
    until = START + timedelta(minutes=minutes)

    def one_point() -> object:
        return store.readings([POINTS // 2], cadence="minute", start=START, end=until)

    yield "point_hour_ms", statistics.median(seconds(one_point, 5)) * 1e3
    yield "compact_s", seconds(store.compact)[0]
    yield "point_hour_compacted_ms", statistics.median(seconds(one_point, 5)) * 1e3


def hour_lane(store: SeriesStore, hours: int) -> Iterator[tuple[str, float]]:
    """A month of hourly values, then one cube of all series and one of a single series."""
    factors = FACTORS[:4]
    for version in range(0, hours, 24):
        days = [
            batch("hour", START + timedelta(hours=hour), POINTS // 4, factors, hour)
            for hour in range(version, min(version + 24, hours))
        ]
        store.append(pl.concat(days), None, app="hour", version=version)
    keys = [SeriesKey(point, factor) for point in range(POINTS // 4) for factor in factors]
    until = START + timedelta(hours=hours)

    def cube(wanted: list[SeriesKey]) -> Callable[[], object]:
        return lambda: store.cube(wanted, cadence="hour", start=START, end=until)

    yield "cube_series", len(keys)
    yield "cube_hours", hours
    yield "cube_s", min(seconds(cube(keys), 3))
    yield "cube_one_series_ms", statistics.median(seconds(cube(keys[:1]), 5)) * 1e3
    for version in range(hours, hours + 30):  # late corrections: a second file for every day
        at = START + timedelta(hours=24 * (version - hours))
        store.append(batch("hour", at, 50, factors, version + 1), None, app="hour", version=version)
    store.compact()
    yield "cube_compacted_s", min(seconds(cube(keys), 3))
    yield "cube_one_series_compacted_ms", statistics.median(seconds(cube(keys[:1]), 5)) * 1e3


def main() -> None:
    """Run both lanes in a folder of their own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--hours", type=int, default=720)
    wanted = parser.parse_args()
    report: dict[str, object] = {"cores": os.cpu_count(), "python": platform.python_version()}
    with tempfile.TemporaryDirectory() as folder:
        store = SeriesStore.open(str(Path(folder) / "lake"))
        for name, value in (*minute_lane(store, wanted.minutes), *hour_lane(store, wanted.hours)):
            report[name] = round(value, 2)
    report["memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
