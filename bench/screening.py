"""Screening speed as JSON: a synthetic province-year in the store, all automatic-monitoring models over it.

`python bench/screening.py --json [--outlets 100] [--days 365] [--models all|live] [--batch 500] [--store DIR]
[--rules-outlets 50] [--peer-python PATH]`

Outlets × 6 factors × hours are written to a Delta store (a store named by --store is kept and used again),
then the engine runs every model that needs hour values only, in a process of its own. After that six plain
rules are timed on arrays in memory: our kernels, and beside them what `_screening_peers.py` finds importable
(Polars and DuckDB windows, SaQC, ioos_qc; --peer-python names an interpreter that has them).
Keys: values, models, seconds, rss_gib, values_per_second, ratio, and more; figures: docs/screening-speed.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from yuanjian.cli.progress import Steps
from yuanjian.screening import catalogue, engine, subjects
from yuanjian.screening.frames import FixedRegistry
from yuanjian.screening.kernels import (
    constant_run,
    exceed_run,
    gaps_up_to,
    runs_of,
    trailing_count,
)
from yuanjian.screening.kernels.glances import deepest_fall, stands_still
from yuanjian.screening.kernels.steps import median_at_falls
from yuanjian.screening.model import Model
from yuanjian.screening.ports import Limit, OutletContext
from yuanjian.screening.scene import Scene
from yuanjian.screening.thresholds import CataloguePolicy, Confirmation
from yuanjian.series import SeriesStore

START = datetime(2025, 12, 31, 16, tzinfo=UTC)  # Beijing midnight
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FACTORS = ("a00000", "a19001", "a21002", "a21024", "a21026", "a34013")
LEVELS = {"a00000": 80_000.0, "a19001": 9.0, "a21002": 60.0, "a21024": 12.0, "a21026": 25.0, "a34013": 5.0}
LIMITS = {"a21002": 100.0, "a21024": 30.0, "a21026": 50.0, "a34013": 10.0}
HERE = Path(__file__).parent
TIMES = 3
"""Rules run so often, ours and the peers'; the best counts."""
TOGETHER = 40
"""Series looked at together: their year, 3 MB, stays in the cache of a core from rule to rule."""


# --- the province -------------------------------------------------------------------------------------


def year(outlets: int, days: int) -> Iterator[np.ndarray]:
    """Day after day [S, 24] float64: slow drift and noise; some series go wrong for a while, hours miss."""
    rng = np.random.default_rng(7)
    size = outlets * len(FACTORS)
    level = np.tile([LEVELS[factor] for factor in FACTORS], outlets) * rng.uniform(0.7, 1.1, size)
    drift = np.zeros(size)
    for _ in range(days):
        steps = rng.normal(0, 0.02, (size, 24)).cumsum(axis=1)
        values = level[:, None] * np.exp(drift[:, None] + steps + rng.normal(0, 0.04, (size, 24)))
        drift = 0.8 * (drift + steps[:, -1])
        wrong = np.flatnonzero(rng.random(size) < 0.001)  # twice a year at an outlet of six series
        kinds = rng.integers(0, 4, wrong.size)
        values[wrong[kinds == 0], 6:20] = values[wrong[kinds == 0], 6:7]  # stands still
        values[wrong[kinds == 1], 8:14] *= 2.5
        values[wrong[kinds == 2], 3:9] *= 0.2
        values[wrong[kinds == 3], 10:16] = np.nan  # never comes
        values[rng.random((size, 24)) < 0.0001] = np.nan
        yield values.round(2)


def build(folder: Path, outlets: int, days: int) -> None:
    """Write the province as ingest does, in batches that are compacted; a complete folder is left alone."""
    stamp = folder / f"province-{outlets}-{days}"
    if stamp.exists():
        return
    store, steps = SeriesStore.open(str(folder)), Steps()
    points = np.repeat(np.arange(outlets, dtype=np.int32), 24 * len(FACTORS))
    factors = pl.Series(np.tile(np.repeat(np.arange(len(FACTORS)), 24), outlets)).replace_strict(
        dict(enumerate(FACTORS)), return_dtype=pl.String
    )
    with steps.step("build", f"写入 {outlets} 个排放口 · writing") as advance:
        for number, values in enumerate(year(outlets, days)):
            rows = _rows(points, factors, values, START + number * DAY)
            noon = START + number * DAY + DAY / 2
            for half, part in enumerate(
                (rows.filter(pl.col("time") < noon), rows.filter(pl.col("time") >= noon))
            ):
                store.append(part, None, app="bench", version=2 * number + half)
            advance(number + 1, days)
    with steps.step("compact", "合并数据文件 · compacting"):
        store.compact()
        store.vacuum(0)
    stamp.touch()


def _rows(points: np.ndarray, factors: pl.Series, values: np.ndarray, midnight: datetime) -> pl.DataFrame:
    hours = pl.datetime_range(midnight, midnight + 23 * HOUR, "1h", time_unit="us", eager=True)
    frame = pl.DataFrame(
        {"point": points, "factor": factors, "value": values.reshape(-1)}, nan_to_null=True
    ).with_columns(
        time=pl.Series(np.tile(hours.dt.replace_time_zone(None).to_numpy(), values.shape[0]))
        .cast(pl.Datetime("us"))
        .dt.replace_time_zone("UTC"),
        cadence=pl.lit("hour"),
        flag=pl.lit("N"),
        decimals=pl.lit(2),
        source=pl.lit("live"),
        received=pl.lit(midnight + DAY),
        shard=pl.lit(0),
        seq=pl.lit(0),
    )
    return frame.drop_nulls("value").with_columns(reference=pl.col("value"))


def contexts(outlets: int) -> tuple[OutletContext, ...]:
    """The outlets of the province, two to an enterprise, with hour and day limits."""
    since = date(2020, 1, 1)
    limits = tuple(
        Limit(factor, averaging, None, high, None, since, None, "bench")
        for factor, high in LIMITS.items()
        for averaging in ("hour", "day")
    )
    return tuple(
        OutletContext(
            outlet=number, enterprise=number // 2, region=f"64{number % 5 + 1:02d}05", industry="D44",
            medium="gas", code=f"DA{number:05d}", name="", point=number, factors=FACTORS, limits=limits,
        )
        for number in range(outlets)
    )  # fmt: skip


# --- the engine ---------------------------------------------------------------------------------------


def fitting(which: str, registry: FixedRegistry, store: SeriesStore, end: datetime) -> list[Model]:
    """Models of classes 1 and 2 that can judge the province: hour values and limits are all they need."""
    wanted = {"live"} if which == "live" else {"live", "trial"}
    scene = Scene(registry.contexts[:1], store, registry, START, end, end, START)
    return [
        model
        for model in catalogue.load()
        if model.status in wanted and model.code[:2] in {"M1", "M2"} and subjects.of_model(model, scene)
    ]


def screen(folder: Path, outlets: int, days: int, which: str, batch: int, workers: int) -> dict[str, Any]:
    """Run the engine over the whole window, level 1 on for all; kernels are compiled before."""
    store, registry = SeriesStore.open(str(folder)), FixedRegistry(contexts(outlets))
    end = START + days * DAY
    models = fitting(which, registry, store, end)
    policy = CataloguePolicy(
        {model.code: model for model in models},
        {model.code: Confirmation("bench", "bench") for model in models},
    )

    def run(register: FixedRegistry, first: datetime, last: datetime, advance: Any = None) -> Any:
        return engine.run(
            models, store, register, policy, start=first, end=last, now=last, progress=advance, batch=batch,
            workers=workers,
        )  # fmt: skip

    compiling = time.perf_counter()
    run(FixedRegistry(registry.contexts[:2]), START, START + 10 * DAY)
    compiled = time.perf_counter() - compiling
    begun, worked = time.perf_counter(), time.process_time()
    with Steps().step("screen", f"{len(models)} 个模型筛查 · screening") as advance:
        report = run(registry, START, end, lambda _, done, total: advance(done, total))
    seconds, cpu = time.perf_counter() - begun, time.process_time() - worked
    last = time.perf_counter()
    minute = [model for model in models if model.run == "minute"]
    if minute:
        engine.run(
            minute, store, registry, policy, start=end - HOUR, end=end, now=end, batch=batch, workers=workers
        )
    lane = time.perf_counter() - last
    values = outlets * len(FACTORS) * days * 24
    return {
        "values": values,
        "models": len(models),
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu, 2),
        "rss_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
        "values_per_second": round(values / seconds),
        "warm_up_seconds": round(compiled, 2),
        "minute_lane_seconds": round(lane, 2),
        "findings": {str(n): sum(f.level == n for f in report.findings) for n in (1, 2, 3)},
        "seconds_by_model": {run.code: round(run.seconds, 2) for run in report.runs},
    }


# --- six rules side by side ---------------------------------------------------------------------------


def cube(outlets: int, days: int) -> np.ndarray:
    """Pollutants of some outlets [S, T] over their limits, so that 1 is the limit of every series."""
    values = np.concatenate(list(year(outlets, days)), axis=1)
    rows = [at for at in range(values.shape[0]) if FACTORS[at % len(FACTORS)] in LIMITS]
    scale = [LIMITS[FACTORS[at % len(FACTORS)]] for at in rows]
    return np.asarray(values[rows] / np.array(scale)[:, None])


def _ours(values: np.ndarray) -> list[int]:
    """Hours flagged by each rule (see `_screening_peers.py`), as the models do it: a glance at all series
    tells which of them a rule has to look at closely.
    """
    low, high = (reduce(values, axis=1) for reduce in (np.fmin.reduce, np.fmax.reduce))
    every, present = np.arange(len(values)), np.isfinite(values)
    still = stands_still(values, every, np.full(len(values), 2e-9), 6)
    fallen = deepest_fall(values, every, 24) > 0.5
    return [
        _hours(exceed_run(values[high > 1.0], present[high > 1.0], 1.0, 2)),
        _hours(constant_run(values[still], present[still], np.full(int(still.sum()), 1e-9), 6)),
        _long_gaps(~present[~present.all(axis=1)], 4),
        _hours(exceed_run(-values[low < 0.01], present[low < 0.01], -0.01, 3)),
        _fallen(values[fallen], present[fallen]),
        _near(values[high >= 0.9]),
    ]


def _long_gaps(absent: np.ndarray, least: int) -> int:
    _, starts, ends = runs_of(gaps_up_to(absent, absent.shape[1]))
    return int((ends - starts)[ends - starts >= least].sum())


def _fallen(values: np.ndarray, present: np.ndarray) -> int:
    return int((values < 0.5 * median_at_falls(values, present, 24, 12, 0.5)).sum())


def _near(values: np.ndarray) -> int:
    return int((trailing_count((values >= 0.9) & (values <= 1.0), 168) >= 67).sum())


def _hours(runs: Any) -> int:
    _, starts, ends = runs
    return int((ends - starts).sum())


def rules(outlets: int, days: int, python: str) -> dict[str, Any]:
    """The six rules with our kernels on all cores, and with the peers; values per second of each."""
    values = cube(outlets, days)
    parts = np.array_split(values, -(-len(values) // TOGETHER))
    times = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for _ in range(TIMES):
            begun, worked = time.perf_counter(), time.process_time()
            flagged = np.sum(list(pool.map(_ours, parts)), axis=0).tolist()
            times.append((time.perf_counter() - begun, time.process_time() - worked))
    seconds, cpu = min(times)
    speed, by_cpu = values.size / seconds, values.size / cpu
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "values.npy"
        np.save(path, values)
        command = [python, str(HERE / "_screening_peers.py"), str(path)]
        peers = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return {
        "values": values.size,
        "seconds": round(seconds, 3),
        "cpu_seconds": round(cpu, 3),
        "values_per_second": round(speed),
        "flagged": flagged,
        "peers": peers,
        "ratio": {name: round(speed / peer["values_per_second"], 1) for name, peer in peers.items()},
        # On a busy machine the time on the cores says more than the clock.
        "ratio_cpu": {
            name: round(by_cpu * peer["cpu_seconds"] / peer["values"], 1) for name, peer in peers.items()
        },
    }


# --- the command --------------------------------------------------------------------------------------


def _stage(asked: argparse.Namespace, folder: Path, name: str) -> dict[str, Any]:
    """Run one stage in a process of its own, so that its memory is its own."""
    sizes = [f"--{key}={getattr(asked, key)}" for key in ("outlets", "days", "models", "batch", "workers")]
    command = [sys.executable, __file__, *sizes, f"--store={folder}", f"--stage={name}"]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    result: dict[str, Any] = json.loads(done.stdout or "{}")
    return result


def main() -> None:
    """Build, screen, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--outlets", type=int, default=100)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--models", choices=("all", "live"), default="all")
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--store", help="folder of the province; kept and used again")
    parser.add_argument("--rules-outlets", type=int, default=50, help="0: no comparison")
    parser.add_argument("--peer-python", help="interpreter with duckdb, saqc, ioos_qc; default: this one")
    parser.add_argument("--json", action="store_true", help="accepted for uniformity: it always prints JSON")
    parser.add_argument("--stage", choices=("build", "screen"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.stage:
        folder = Path(asked.store)
        if asked.stage == "build":
            build(folder, asked.outlets, asked.days)
        else:
            print(
                json.dumps(
                    screen(folder, asked.outlets, asked.days, asked.models, asked.batch, asked.workers)
                )
            )
        return
    with tempfile.TemporaryDirectory(prefix="yuanjian-bench-") as scratch:
        folder = Path(asked.store or scratch)
        _stage(asked, folder, "build")
        report = _stage(asked, folder, "screen")
    if asked.rules_outlets:
        report["rules"] = rules(asked.rules_outlets, asked.days, asked.peer_python or sys.executable)
        report["ratio"] = report["rules"]["ratio"]
    load = round(os.getloadavg()[0], 1)
    machine = {"cores": os.cpu_count(), "load": load, "python": platform.python_version()}
    print(json.dumps(report | {"machine": machine}, indent=1))


if __name__ == "__main__":
    main()
