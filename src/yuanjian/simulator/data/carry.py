"""Carry a year of real hours out of five public data sets; run once by hand, never at run time.

    python -m yuanjian.simulator.data.carry FOLDER_OF_DATA_SETS

Units with a whole year and half of it in operation; columns that the models need, as small integers.
Sources and licences: README.md beside this file.
"""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

HERE = Path(__file__).parent
HOURS = 8760
STATES = ("MS", "NC")
FILLED = 3
"""Flags from here on: the hour was filled by the missing-data procedure of 40 CFR 75."""
MONDAYS = (datetime(2013, 3, 4), datetime(2015, 3, 2))  # noqa: DTZ001 - local times of the source
"""First days of the two years of each station: Mondays, as 2007-01-01 is one."""
STATIONS = ("Aotizhongxin", "Dingling", "Shunyi")
TURBINE_YEARS = (7411, 7628, 7152, 7158, 7384)
PLANTS = 12


def write(name: str, table: pl.DataFrame) -> None:
    """A small file of the folder."""
    table.write_parquet(HERE / name, compression="zstd", compression_level=19, statistics=False)


def scaled(column: str, factor: int, kind: type[pl.DataType]) -> pl.Expr:
    """A column as an integer of 1/factor."""
    return (pl.col(column) * factor).round().cast(kind)


def stacks(folder: Path) -> None:
    """Unit-hours of the stacks, ordered by unit and hour; and which unit is which."""
    table = pl.concat(pl.read_parquet(folder / "epa_cems_2007" / f"cems_{state}.parquet") for state in STATES)
    unit = ["state", "oris_id", "unit"]
    busy = pl.when(pl.col("nox_rate_lb_mmbtu") > 0).then(pl.col("op_time")).otherwise(0.0)
    known = table.filter(pl.len().over(unit) == HOURS, (busy > 0).sum().over(unit) >= HOURS // 2)
    key = pl.struct(unit).rank("dense").cast(pl.UInt8).alias("id")
    ordered = known.with_columns(key).sort("id", "time")
    filled = [
        (pl.col(f"flag_{name}") >= FILLED).fill_null(value=False) for name in ("nox_rate", "heat_input")
    ]
    write(
        "stacks.parquet",
        ordered.select(
            "id",
            op=scaled("op_time", 100, pl.Int8),
            nox=scaled("nox_rate_lb_mmbtu", 1000, pl.Int16),
            so2=scaled("so2_mass_lb", 10, pl.Int32),
            heat=scaled("heat_input_mmbtu", 10, pl.Int32),
            load=scaled("gross_load_mw", 1, pl.Int16),
            filled=(filled[0].cast(pl.Int8) + 2 * filled[1].cast(pl.Int8)),
        ),
    )
    ordered.select("id", *unit).unique(maintain_order=True).write_csv(HERE / "stacks.csv")


def stations(folder: Path) -> None:
    """Two years of each station, pollutants in µg/m³ (carbon monoxide in 100 µg/m³, as it is coarse)."""
    table = pl.read_parquet(folder / "beijing_aq.parquet")
    parts = []
    for number, (station, first) in enumerate((s, day) for s in STATIONS for day in MONDAYS):
        hours = pl.DataFrame({"time": [first + timedelta(hours=hour) for hour in range(HOURS)]})
        mine = table.filter(pl.col("station") == station)
        joined = hours.with_columns(pl.col("time").cast(mine["time"].dtype)).join(mine, on="time", how="left")
        parts.append(
            joined.select(
                id=pl.lit(number + 1, pl.UInt8),
                dust=scaled("PM2.5", 1, pl.Int16),
                so2=scaled("SO2", 1, pl.Int16),
                no2=scaled("NO2", 1, pl.Int16),
                co=pl.col("CO").truediv(100).round().cast(pl.Int16),
                celsius=scaled("TEMP", 10, pl.Int16),
            )
        )
    write("stations.parquet", pl.concat(parts))


def turbine(folder: Path) -> None:
    """Five years of one gas turbine in the order of the source, which has no times."""
    ids = [year for year, rows in enumerate(TURBINE_YEARS, 1) for _ in range(rows)]
    table = pl.read_parquet(folder / "gas_turbine.parquet").sort("row")
    write(
        "turbine.parquet",
        table.select(
            id=pl.Series(ids, dtype=pl.UInt8),
            nox=scaled("NOX", 10, pl.Int16),
            co=scaled("CO", 100, pl.Int16),
            energy=scaled("TEY", 10, pl.Int16),
        ),
    )


def steel(folder: Path) -> None:
    """Quarter-hours of a works' power in kW, from Monday 2018-01-01 on."""
    table = pl.read_parquet(folder / "steel_energy.parquet").sort("time")
    write("steel.parquet", table.select(kw=scaled("Usage_kWh", 40, pl.Int32) // 10))


def sewage(folder: Path) -> None:
    """Levels of the largest plants with complete and plausible values; nothing is picked."""
    names = ["cod_out", "nh3n_out", "tn_out", "tp_out", "ss_out"]
    table = pl.read_csv(folder / "cn_wwtp_stats.csv").select("vol_10k_m3_y", *names).drop_nulls()
    whole = table.filter(
        pl.col("nh3n_out") * 3 < pl.col("tn_out"), pl.col("tn_out") > 5, pl.col("ss_out") < 10
    )
    whole.sort("vol_10k_m3_y", descending=True).head(PLANTS).write_csv(HERE / "sewage.csv")


if __name__ == "__main__":
    for carry in (stacks, stations, turbine, steel, sewage):
        carry(Path(sys.argv[1]))
