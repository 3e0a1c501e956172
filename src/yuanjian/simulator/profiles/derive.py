"""Derive `profiles.json` from four public data sets; run once by hand, never at run time.

    python -m yuanjian.simulator.profiles.derive FOLDER_OF_DATA_SETS

Only small tables leave the data sets: hourly shapes, lag-one correlations and quantiles of residuals.
Sources and licences: README.md beside this file.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import polars as pl

Z_GRID = np.round(np.arange(-3.0, 3.01, 0.5), 1)
"""Scores at which the quantiles of a residual are kept."""
PROBABILITIES = [0.0013, 0.0062, 0.0228, 0.0668, 0.1587, 0.3085, 0.5, 0.6915, 0.8413, 0.9332, 0.9772, 0.9938,
                 0.9987]  # fmt: skip
"""Standard normal distribution at `Z_GRID`."""


def lag_one(groups: list[np.ndarray]) -> float:
    """Lag-one correlation pooled over runs of residuals, each centred on its own mean."""
    top = bottom = 0.0
    for run in groups:
        centred = run - run.mean()
        top += float(np.dot(centred[1:], centred[:-1]))
        bottom += float(np.dot(centred, centred))
    return round(top / bottom, 3)


def residual(groups: list[np.ndarray]) -> dict[str, object]:
    """AR(1) coefficient and quantiles of pooled log residuals."""
    pooled = np.concatenate(groups)
    return {"ar1": lag_one(groups), "quantiles": np.quantile(pooled, PROBABILITIES).round(4).tolist()}


def steel(folder: Path) -> dict[str, object]:
    """Two-shift works: share of the 95th percentile by hour, weekday and weekend."""
    table = pl.read_parquet(folder / "steel_energy.parquet").with_columns(
        (pl.col("time") - pl.duration(minutes=15)).alias("start")
    )
    hourly = (
        table.group_by_dynamic("start", every="1h")
        .agg(pl.col("Usage_kWh").mean().alias("use"))
        .with_columns(
            pl.col("start").dt.hour().alias("hour"), (pl.col("start").dt.weekday() > 5).alias("rest")
        )
    )
    top = float(hourly["use"].quantile(0.95) or 1)
    shape = hourly.group_by("rest", "hour").agg(pl.col("use").median() / top).sort("rest", "hour")
    busy = hourly.filter(~pl.col("rest") & pl.col("hour").is_between(8, 17) & (pl.col("use") > 0.4 * top))
    logs = np.log(busy["use"].to_numpy() / busy["use"].median())
    runs = [group for group in np.array_split(logs, max(1, len(logs) // 9)) if len(group) > 2]
    values = shape["use"].round(3).to_list()
    return {"weekday": values[:24], "weekend": values[24:], **residual(runs)}


def coal_hours(folder: Path) -> pl.DataFrame:
    """Full operating hours of base-load units: measured heat input and NOx rate."""
    keep = ["oris_id", "unit", "time", "op_time", "gross_load_mw", "nox_rate_lb_mmbtu", "so2_mass_lb",
            "heat_input_mmbtu", "flag_heat_input", "flag_nox_rate"]  # fmt: skip
    files = sorted((folder / "epa_cems_2007").glob("cems_*.parquet"))
    table = pl.concat([pl.read_parquet(file, columns=keep) for file in files])
    unit = ["oris_id", "unit"]
    table = table.sort(*unit, "time").with_columns(
        (pl.col("gross_load_mw") / pl.col("gross_load_mw").max().over(unit)).alias("share"),
        (pl.col("so2_mass_lb") / pl.col("heat_input_mmbtu")).alias("so2_rate"),
    )
    full = table.filter(
        (pl.col("op_time") == 1) & (pl.col("share") > 0.4) & (pl.col("flag_heat_input") == 1)
        & (pl.col("flag_nox_rate") <= 2) & (pl.col("nox_rate_lb_mmbtu") > 0) & (pl.col("so2_rate") > 0.05)
    )  # fmt: skip
    return full.filter(pl.len().over(unit) > 5000)


def log_runs(table: pl.DataFrame, column: str) -> list[np.ndarray]:
    """Per unit and week: log of the value over the median of that week."""
    week = [pl.col("oris_id"), pl.col("unit"), pl.col("time").dt.truncate("1w")]
    logs = table.with_columns(
        (pl.col(column) / pl.col(column).median().over(week)).log().alias("log"),
        pl.col("time").dt.truncate("1w").alias("week"),
    ).filter(pl.len().over(week) > 100)
    parts = logs.partition_by("oris_id", "unit", "week", maintain_order=True)
    return [part["log"].to_numpy() for part in parts]


def coal(folder: Path) -> dict[str, object]:
    """Base-load boiler: load by hour of the day, and residuals of load, NOx and SO2 rate."""
    table = coal_hours(folder)
    shape = table.with_columns(
        pl.col("time").dt.hour().alias("hour"), (pl.col("time").dt.weekday() > 5).alias("rest")
    )
    mean = shape.group_by("rest", "hour").agg(pl.col("share").mean()).sort("rest", "hour")["share"]
    values = [round(float(value), 3) for value in mean]
    return {
        "weekday": values[:24], "weekend": values[24:], "load": residual(log_runs(table, "share")),
        "nox": residual(log_runs(table, "nox_rate_lb_mmbtu")), "so2": residual(log_runs(table, "so2_rate")),
    }  # fmt: skip


def turbine(folder: Path) -> dict[str, object]:
    """Gas turbine: residual of log NOx after a linear fit on load, ambient and inlet temperature."""
    table = pl.read_parquet(folder / "gas_turbine.parquet").sort("row")
    predictors = table.select("TEY", "AT", "TIT", "TAT").to_numpy()
    design = np.column_stack([np.ones(len(table)), predictors])
    target = np.log(table["NOX"].to_numpy())
    fit, *_ = np.linalg.lstsq(design, target, rcond=None)
    return {"nox": residual(np.array_split(target - design @ fit, 200))}


def wwtp(folder: Path) -> dict[str, object]:
    """Municipal plants: median inlet and outlet (mg/L), electricity per cubic metre, spread of the inlet."""
    table = pl.read_csv(folder / "cn_wwtp_stats.csv")
    names = ["cod", "nh3n", "tn", "tp"]
    medians = {f"{name}_{end}": round(float(table[f"{name}_{end}"].median()), 3)  # type: ignore[arg-type]
               for name in names for end in ("in", "out")}  # fmt: skip
    power = [round(float(table["kwh_per_m3"].quantile(q) or 0), 3) for q in (0.25, 0.5, 0.75)]
    spread = round(float(np.log(table["cod_in"].drop_nulls().to_numpy()).std()), 3)
    return {**medians, "kwh_per_m3": power, "cod_in_log_sd": spread}


def main(folder: Path) -> None:
    """Write `profiles.json` beside this file."""
    tables = {
        "z": Z_GRID.tolist(), "steel": steel(folder), "coal": coal(folder), "turbine": turbine(folder),
        "wwtp": wwtp(folder),
    }  # fmt: skip
    target = Path(__file__).with_name("profiles.json")
    target.write_text(json.dumps(tables, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
