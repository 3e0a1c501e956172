"""Fewer points of a curve without losing what an eye looks for."""

from __future__ import annotations

import polars as pl

MOST = 2000


def thin(series: pl.DataFrame, most: int = MOST) -> pl.DataFrame:
    """At most `most` rows of a time-ordered series: of each stretch those with the least and greatest value.

    Every peak stays at its own time; rows without a value go first. The first and last row stay.
    """
    if series.height <= most:
        return series
    stretches = (most - 2) // 2
    rows = series.with_row_index("row").with_columns(stretch=pl.col("row") * stretches // series.height)
    valued = rows.filter(pl.col("value").is_not_null())
    ends = valued.group_by("stretch").agg(
        pl.col("row").get(pl.col("value").arg_min()).alias("least"),
        pl.col("row").get(pl.col("value").arg_max()).alias("greatest"),
    )
    kept = {0, series.height - 1, *ends["least"], *ends["greatest"]}
    return rows.filter(pl.col("row").is_in(sorted(kept))).select(series.columns)
