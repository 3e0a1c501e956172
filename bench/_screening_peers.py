"""The six rules of `screening.py` with other tools; runs in any Python that has some of them, without ours.

`python _screening_peers.py VALUES.npy` — [series, hours], 1 is the limit, NaN is missing — prints JSON:
tool → {seconds, values, values_per_second, flagged by rule, note}.

1 above the limit for 2 h or more · 2 the same value for 6 h or more · 3 missing for 4 h or more (after the
first value) · 4 below 1 % of the limit for 3 h or more · 5 below half of the median of the 24 h before (at
least 12 values) · 6 at 0.9–1.0 of the limit in 67 of the last 168 h. Counted are flagged hours. Polars and
DuckDB do the same to the hour; SaQC and ioos_qc have no runs of a least length, so their nearest functions
are timed. Slow tools get fewer series; speed is per value.
"""

from __future__ import annotations

import json
import logging
import sys
import time
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np


def polars_windows(values: np.ndarray) -> list[int]:
    """Window expressions over each series."""
    import polars as pl

    series, hours = values.shape
    frame = pl.DataFrame(
        {"s": np.repeat(np.arange(series), hours), "v": values.reshape(-1)}, nan_to_null=True
    ).lazy()
    v = pl.col("v")
    states = {
        1: v > 1.0,
        2: (v - v.shift(1).over("s")).abs() <= 1e-9,
        3: v.is_null() & v.forward_fill().over("s").is_not_null(),
        4: v < 0.01,
    }
    least = {1: 2, 2: 5, 3: 4, 4: 3}  # a run of 6 equal values has 5 equal neighbours
    frame = frame.with_columns(**{f"r{rule}": state.fill_null(False) for rule, state in states.items()})
    frame = frame.with_columns(**{f"i{rule}": pl.col(f"r{rule}").rle_id().over("s") for rule in states})
    frame = frame.with_columns(**{f"n{rule}": pl.len().over("s", f"i{rule}") for rule in states})
    base = v.rolling_median(24, min_samples=12).shift(1).over("s")
    near = v.is_between(0.9, 1.0).fill_null(False).cast(pl.Int32).rolling_sum(168, min_samples=1).over("s")
    told = [(pl.col(f"r{rule}") & (pl.col(f"n{rule}") >= least[rule])) for rule in states]
    runs = frame.select(
        *(flag.sum().alias(f"f{rule}") for rule, flag in zip(states, told, strict=True)),
        starts2=(told[1] & ~told[1].shift(1, fill_value=False)).sum(),
        f5=(v < 0.5 * base).sum(),
        f6=(near >= 67).sum(),
    ).collect()
    row = runs.row(0, named=True)
    return [row["f1"], row["f2"] + row["starts2"], row["f3"], row["f4"], row["f5"], row["f6"]]


def duckdb_windows(values: np.ndarray) -> list[int]:
    """SQL windows; runs by the difference of two row numbers."""
    import duckdb
    import pyarrow as pa

    series, hours = values.shape
    table = pa.table(
        {
            "s": np.repeat(np.arange(series, dtype=np.int32), hours),
            "t": np.tile(np.arange(hours, dtype=np.int32), series),
            "v": pa.array(values.reshape(-1), from_pandas=True),
        }
    )
    connection = duckdb.connect()
    connection.register("readings", table)
    query = """
    WITH a AS (
      SELECT s, t, v,
        coalesce(v > 1.0, false) r1,
        coalesce(abs(v - lag(v) OVER w) <= 1e-9, false) r2,
        v IS NULL AND count(v) OVER (PARTITION BY s ORDER BY t) > 0 r3,
        coalesce(v < 0.01, false) r4,
        median(v) OVER (PARTITION BY s ORDER BY t ROWS BETWEEN 24 PRECEDING AND 1 PRECEDING) m,
        count(v) OVER (PARTITION BY s ORDER BY t ROWS BETWEEN 24 PRECEDING AND 1 PRECEDING) c,
        count(*) FILTER (v BETWEEN 0.9 AND 1.0)
          OVER (PARTITION BY s ORDER BY t ROWS BETWEEN 167 PRECEDING AND CURRENT ROW) near
      FROM readings WINDOW w AS (PARTITION BY s ORDER BY t)),
    b AS (SELECT *,
        t - row_number() OVER (PARTITION BY s, r1 ORDER BY t) i1,
        t - row_number() OVER (PARTITION BY s, r2 ORDER BY t) i2,
        t - row_number() OVER (PARTITION BY s, r3 ORDER BY t) i3,
        t - row_number() OVER (PARTITION BY s, r4 ORDER BY t) i4 FROM a),
    c AS (SELECT *,
        count(*) OVER (PARTITION BY s, r1, i1) n1, count(*) OVER (PARTITION BY s, r2, i2) n2,
        count(*) OVER (PARTITION BY s, r3, i3) n3, count(*) OVER (PARTITION BY s, r4, i4) n4 FROM b)
    SELECT count(*) FILTER (r1 AND n1 >= 2),
      count(*) FILTER (r2 AND n2 >= 5) + count(DISTINCT (s, i2)) FILTER (r2 AND n2 >= 5),
      count(*) FILTER (r3 AND n3 >= 4), count(*) FILTER (r4 AND n4 >= 3),
      count(*) FILTER (v < 0.5 * m AND c >= 12), count(*) FILTER (near >= 67) FROM c
    """
    row = connection.execute(query).fetchone()
    assert row is not None
    return list(row)


def saqc_functions(values: np.ndarray) -> list[int]:
    """flagRange, flagConstants, flagNAN, flagRange below, flagJumps, flagRange of the band."""
    import pandas as pd
    from saqc import SaQC

    index = pd.date_range("2026-01-01", periods=values.shape[1], freq="h")
    flagged = [0] * 6
    for row in values:
        data = pd.DataFrame({"v": row}, index=index)
        calls: tuple[Callable[[Any], Any], ...] = (
            lambda qc: qc.flagRange("v", max=1.0),
            lambda qc: qc.flagConstants("v", thresh=0, window="6h"),
            lambda qc: qc.flagNAN("v"),
            lambda qc: qc.flagRange("v", min=0.01),
            lambda qc: qc.flagJumps("v", thresh=0.5, window="24h"),
            lambda qc: qc.flagRange("v", min=0.9, max=1.0),
        )
        for at, call in enumerate(calls):
            flagged[at] += int((call(SaQC(data)).flags["v"] > 0).sum())
    return flagged


def ioos_tests(values: np.ndarray) -> list[int]:
    """gross_range above, of the gaps and below, flat_line, rate_of_change, attenuated_signal."""
    from ioos_qc import qartod

    start = np.datetime64("2026-01-01", "s")
    times = start + np.arange(values.shape[1]) * np.timedelta64(3600, "s")
    flagged = [0] * 6
    for row in values:
        missing = np.where(np.isnan(row), 2.0, 0.0)
        results = (
            qartod.gross_range_test(row, (0.0, 1e9), (0.0, 1.0)),
            qartod.flat_line_test(row, times, 3 * 3600, 5 * 3600, 1e-9),
            qartod.gross_range_test(missing, (-1.0, 1.0)),
            qartod.gross_range_test(row, (0.01, 1e9)),
            qartod.rate_of_change_test(row, times, 0.5 / 3600),
            qartod.attenuated_signal_test(row, times, 0.1, 0.05, test_period=168 * 3600),
        )
        for at, result in enumerate(results):
            flagged[at] += int(np.isin(np.ma.getdata(result), (3, 4)).sum())
    return flagged


TIMES = 3
SAME, NEAREST = "the same six rules", "six nearest functions of the library"
TOOLS: dict[str, tuple[str, Callable[[np.ndarray], list[int]], int | None, str]] = {
    "polars": ("polars", polars_windows, None, SAME),
    "duckdb": ("duckdb", duckdb_windows, 50, SAME),
    "saqc": ("saqc", saqc_functions, 2, NEAREST),
    "ioos_qc": ("ioos_qc", ioos_tests, 10, NEAREST),
}
"""Tool → module it needs, function, most series it gets, what it does."""


def main(path: str) -> None:
    """Time every tool that can be imported, the best of a few runs: a first one imports and compiles."""
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    values = np.load(path)
    report = {}
    for name, (module, work, most, note) in TOOLS.items():
        if find_spec(module) is None:
            continue
        part = values[:most]
        times = []
        for _ in range(TIMES):
            begun, worked = time.perf_counter(), time.process_time()
            flagged = work(part)
            times.append((time.perf_counter() - begun, time.process_time() - worked))
        seconds, cpu = min(times)
        report[name] = {
            "seconds": round(seconds, 3),
            "cpu_seconds": round(cpu, 3),
            "values": part.size,
            "values_per_second": round(part.size / seconds),
            "flagged": [int(count) for count in flagged],
            "note": note,
        }
    print(json.dumps(report))


if __name__ == "__main__":
    main(sys.argv[1])
