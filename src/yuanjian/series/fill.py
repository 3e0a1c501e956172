"""Filling a cube from rows of which several may belong to one cell: the order of receipt decides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from yuanjian.series.aggregate import computable
from yuanjian.series.cube import Cube, SeriesKey
from yuanjian.series.flags import flag_codes
from yuanjian.series.schema import ORDER

_ROWS_AT_ONCE: Final = 8_000_000
"""Cells to load at a time: about half a gigabyte of rows."""


def pieces(cube: Cube) -> Iterator[tuple[datetime, datetime]]:
    """The cube's time in pieces small enough to load at once, cut where its periods are."""
    periods = max(1, _ROWS_AT_ONCE // max(1, len(cube.keys)))
    for first in range(0, cube.grid.size, periods):
        yield cube.time(first), cube.time(min(first + periods, cube.grid.size))


def series_of(cube: Cube, keys: Sequence[SeriesKey]) -> pl.LazyFrame:
    """Which row of the cube each of some (point, factor) is."""
    return pl.LazyFrame(
        {
            "point": [key.point for key in keys],
            "factor": [key.factor for key in keys],
            "series": [cube.row(key) for key in keys],
        },
        schema={"point": pl.Int32, "factor": pl.String, "series": pl.Int64},
    )


def fill(cube: Cube, rows: pl.LazyFrame, series: pl.LazyFrame) -> None:
    """Put rows into the cells of their period; of several rows in one cell the latest, newest one counts."""
    loaded = (
        rows.join(series, on=["point", "factor"])
        .select(
            (pl.col("series") * cube.grid.size + _period(cube)).alias("cell"),
            pl.col("value", "reference").cast(pl.Float32).fill_null(np.nan),
            flag_codes("flag").alias("flag"),
            pl.col("decimals").fill_null(0),
            "time",
            *ORDER,
        )
        .collect()
    )
    cells = loaded["cell"].to_numpy()
    _put(cube, cells, loaded)
    np.maximum.at(cube.decimals, cells // cube.grid.size, loaded["decimals"].to_numpy())
    contested = np.bincount(cells, minlength=0)[cells] > 1 if cells.size else np.zeros(0, np.bool_)
    if contested.any():
        cube.contested[cells[contested] // cube.grid.size] = True
        again = loaded.filter(pl.Series(contested)).sort("time", *ORDER)
        _put(cube, again["cell"].to_numpy(), again)


def _period(cube: Cube) -> pl.Expr:
    step = int(cube.step.total_seconds() * 1e6)
    return (pl.col("time") - pl.lit(cube.start)).dt.total_microseconds() // step


def _put(cube: Cube, cells: npt.NDArray[np.int64], rows: pl.DataFrame) -> None:
    """Assign cells; where a cell comes more than once NumPy keeps the last."""
    cube.values.reshape(-1)[cells] = rows["value"].to_numpy()
    cube.reference.reshape(-1)[cells] = computable(rows["reference"].to_numpy())
    cube.flags.reshape(-1)[cells] = rows["flag"].to_numpy()
