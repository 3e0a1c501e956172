"""What makes two rows the same: keys, duplicates, corrections, and which row is current."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from yuanjian.clock import beijing_day
from yuanjian.series.schema import EVENT_CONTENT, EVENT_KEY, ORDER, READING_CONTENT, READING_KEY
from yuanjian.series.table import LakeTable


@dataclass(frozen=True)
class Identity:
    """Rows with equal `key` speak of the same thing; with equal `content` they also say the same."""

    key: tuple[str, ...]
    content: tuple[str, ...]


READING: Final = Identity(READING_KEY, READING_CONTENT)
EVENT: Final = Identity(EVENT_KEY, EVENT_CONTENT)


_WIDTHS: Final = ("10m", "1d")
_MOST_WINDOWS: Final = 200
"""A live batch lies in a few windows of ten minutes, a back-fill of a month in thirty of a day."""


@dataclass(frozen=True)
class Novel:
    """The rows of a batch that say something new, and how the batch was judged."""

    rows: pl.DataFrame
    duplicates: int
    corrections: int


def same(columns: Collection[str], as_row: int) -> pl.Expr:
    """Whether a row equals the row `as_row` places before it (negative: after it); nulls are equal."""
    return pl.all_horizontal(pl.col(name).eq_missing(pl.col(name).shift(as_row)) for name in columns)


def current(rows: pl.LazyFrame, key: Collection[str]) -> pl.LazyFrame:
    """The newest row of each key, of rows sorted by key and then `ORDER`."""
    return rows.filter(~same(key, -1))


def without_repeats(rows: pl.DataFrame, key: Collection[str], content: Collection[str]) -> pl.DataFrame:
    """Rows sorted by key and `ORDER`, less those that repeat the one before them.

    A value that changes and changes back is three statements, not a repetition.
    """
    return rows.sort(*key, *ORDER).filter(~same((*key, *content), 1))


def novel(table: LakeTable, batch: pl.DataFrame, identity: Identity) -> Novel:
    """Judge a batch against the table and itself: in the order of receipt, is a row a repetition?

    A row of a known key with the content of the row before it is a duplicate and dropped; with other
    content it is a correction and kept. The order is that of receipt, so the answer does not depend on
    which of two shards was consumed first.
    """
    if batch.is_empty():
        return Novel(batch, 0, 0)
    stored = _stored(table, batch, identity)
    everything = pl.concat([stored, batch.with_columns(known=False)], how="diagonal")
    judged = (
        everything.sort(*identity.key, *ORDER, maintain_order=True)
        .with_columns(again=same(identity.key, 1), repeats=same((*identity.key, *identity.content), 1))
        .filter(~pl.col("known"), ~pl.col("repeats"))
    )
    rows = judged.select(batch.columns)
    return Novel(rows, batch.height - rows.height, int(judged["again"].sum()))


def between(points: tuple[int, int], start: datetime, end: datetime, **partition: str) -> pl.Expr:
    """Which files may hold rows of these points and instants, both ends included; see `LakeTable.scan`."""
    fixed = [pl.col(f"partition.{name}") == value for name, value in partition.items()]
    fits = pl.all_horizontal(
        *fixed,
        pl.col("partition.day").is_between(beijing_day(start), beijing_day(end)),
        pl.col("min.time") <= end,
        pl.col("max.time") >= start,
        pl.col("min.point") <= points[1],
        pl.col("max.point") >= points[0],
    )
    return fits.fill_null(value=True)  # a file without statistics may hold anything


def _stored(table: LakeTable, batch: pl.DataFrame, identity: Identity) -> pl.DataFrame:
    """Rows of the table with a key of the batch, marked as known; reads only what may hold some."""
    columns = [*identity.key, *identity.content, *ORDER]
    partition = [name for name in identity.key if name in table.partitions]
    parts = batch.partition_by(partition, as_dict=True).items() if partition else [((), batch)]
    found = []
    for values, part in parts:
        fixed = dict(zip(partition, values, strict=True))
        rows = _near(table, part, fixed).with_columns(
            **{name: pl.lit(value) for name, value in fixed.items()}
        )
        found.append(rows.select(columns))
    keys = batch.lazy().select(identity.key).unique()
    return pl.concat(found).join(keys, on=identity.key, how="semi").with_columns(known=True).collect()


def _near(table: LakeTable, batch: pl.DataFrame, fixed: dict[str, str]) -> pl.LazyFrame:
    """Stored rows in the windows of time and point that hold the batch, of one cadence."""
    windows = list(_windows(batch).iter_rows(named=True))
    where = (between((each["least"], each["most"]), each["start"], each["end"], **fixed) for each in windows)
    inside = (
        pl.col("time").is_between(each["start"], each["end"])
        & pl.col("point").is_between(each["least"], each["most"])
        for each in windows
    )
    return table.scan(pl.any_horizontal(where)).filter(pl.any_horizontal(inside))


def _windows(batch: pl.DataFrame) -> pl.DataFrame:
    """Narrow windows that hold the batch, so that one late row does not make a day be read; not too many."""
    tried = (_split(batch, width) for width in _WIDTHS)
    return next((windows for windows in tried if windows.height <= _MOST_WINDOWS), _split(batch, "30d"))


def _split(batch: pl.DataFrame, width: str) -> pl.DataFrame:
    return batch.group_by(pl.col("time").dt.truncate(width).alias("window")).agg(
        least=pl.col("point").min(),
        most=pl.col("point").max(),
        start=pl.col("time").min(),
        end=pl.col("time").max(),
    )
