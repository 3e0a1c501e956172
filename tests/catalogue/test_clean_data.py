"""Real stacks nobody accuses: two months of twelve US units must raise no work order.

US limits are no limits of ours, so exceedance is not judged; the near-limit and drop models get each unit's
own 99th percentile as a limit, which keeps their arithmetic honest. Hours filled by the missing-data
procedure carry the fault flag a Chinese logger would send.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from yuanjian.screening import catalogue, engine
from yuanjian.screening.findings import RunReport
from yuanjian.screening.frames import READING_COLUMNS, FixedRegistry, FrameReadings
from yuanjian.screening.ports import Chain, Limit, OutletContext, PowerMeter
from yuanjian.screening.thresholds import CataloguePolicy, Confirmation

DATA = Path(__file__).parents[1] / "data" / "epa_cems_2007.parquet"
NOX, SO2, POWER = "a21002", "a21026", "d20701"
START, END = datetime(2007, 5, 1, tzinfo=UTC), datetime(2007, 7, 1, tzinfo=UTC)
APPLY = ("M117", "M205", "M215", "M216", "M217")
ALLOWED: dict[tuple[str, str, str], str] = {}
"""(model, unit, factor) → why a level-1 finding on it is right or known."""


def _readings(frame: pl.DataFrame, substitute_flag: str) -> FrameReadings:
    flag = (
        pl.when(pl.col("op_time") <= 0)
        .then(pl.lit("F"))
        .when(pl.col("flag_nox_rate") >= 3)
        .then(pl.lit(substitute_flag))
        .otherwise(pl.lit("N"))
    )
    base = frame.with_columns(
        time=pl.col("time").dt.cast_time_unit("us").dt.replace_time_zone("UTC"), flag=flag
    )
    parts = [
        base.select(
            pl.col("id").alias("point"),
            factor=pl.lit(factor),
            cadence=pl.lit("hour"),
            time="time",
            value=pl.col(column).fill_null(0.0).cast(pl.Float64),
            reference=pl.lit(None, pl.Float64),
            flag="flag",
            decimals=pl.lit(decimals, pl.Int8),
        )
        for factor, column, decimals in ((NOX, "nox_rate_lb_mmbtu", 3), (SO2, "so2_mass_lb", 1))
    ]
    power = base.select(
        (pl.col("id") + 100).alias("point"),
        factor=pl.lit(POWER),
        cadence=pl.lit("minute"),
        time="time",
        value=pl.col("gross_load_mw").fill_null(0.0).cast(pl.Float64) * 1000,
        reference=pl.lit(None, pl.Float64),
        flag=pl.lit("N"),
        decimals=pl.lit(0, pl.Int8),
    )
    parts += [power.with_columns(pl.col("time") + timedelta(minutes=10 * part)) for part in range(6)]
    rows = pl.concat(part.with_columns(pl.col("point").cast(pl.Int32)) for part in parts)
    return FrameReadings(rows.select(list(READING_COLUMNS)))


def _registry(frame: pl.DataFrame) -> FixedRegistry:
    contexts = []
    for (unit, state), rows in frame.group_by("id", "state", maintain_order=True):
        limits = tuple(
            Limit(
                factor, "hour", None, float(rows[column].quantile(0.99)), None, date(2000, 1, 1), None, "P99"
            )
            for factor, column in ((NOX, "nox_rate_lb_mmbtu"), (SO2, "so2_mass_lb"))
        )
        meter = PowerMeter(
            unit, "机组", "production", unit + 100, POWER, float(rows["gross_load_mw"].max()) * 1000
        )
        contexts.append(
            OutletContext(
                outlet=unit,
                enterprise=unit,
                region="000000",
                industry="D44",
                medium="gas",
                code=f"{state}{unit}",
                name=f"{state}{unit}",
                point=unit,
                factors=(NOX, SO2),
                limits=limits,
                chain=Chain((meter,), ()),
            )
        )
    return FixedRegistry(tuple(contexts))


def _screen(substitute_flag: str, codes: tuple[str, ...]) -> RunReport:
    frame = pl.read_parquet(DATA).with_columns(id=pl.struct("oris_id", "unit").rank("dense").cast(pl.Int32))
    models = catalogue.load()
    confirmed = {model.code: Confirmation("test", "clean data") for model in models}
    return engine.run(
        [models[code] for code in codes],
        _readings(frame, substitute_flag),
        _registry(frame),
        CataloguePolicy(models.models, confirmed),
        start=START,
        end=END,
        now=END,
    )


@pytest.fixture(scope="module")
def report() -> RunReport:
    return _screen("D", APPLY)


def test_every_model_judges_every_unit(report: RunReport) -> None:
    assert {run.code: run.covered for run in report.runs} == dict.fromkeys(APPLY, 1.0)


def test_no_work_order_outside_the_allow_list(report: RunReport) -> None:
    found = {(f.model, str(f.outlet), f.factor or ""): f.claim for f in report.findings if f.level == 1}
    assert {key: claim for key, claim in found.items() if key not in ALLOWED} == {}


def test_the_allow_list_holds_nothing_that_is_not_needed(report: RunReport) -> None:
    found = {(f.model, str(f.outlet), f.factor or "") for f in report.findings if f.level == 1}
    assert set(ALLOWED) <= found
