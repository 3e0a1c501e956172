"""What makes two rows the same: keys, duplicates, corrections, and which row is current."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from yuanjian.clock import beijing_day
from yuanjian.series.schema import EVENT_CONTENT, EVENT_KEY, ORDER, READING_CONTENT, READING_KEY
from yuanjian.series.table import LakeTable, sql_instant


@dataclass(frozen=True)
class Identity:
    """Rows with equal `key` speak of the same thing; with equal `content` they also say the same."""

    key: tuple[str, ...]
    content: tuple[str, ...]


READING: Final = Identity(READING_KEY, READING_CONTENT)
EVENT: Final = Identity(EVENT_KEY, EVENT_CONTENT)


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
    stored = _stored(table, batch, identity)
    everything = pl.concat([stored, batch.with_columns(known=False)], how="diagonal")
    judged = (
        everything.sort(*identity.key, *ORDER, maintain_order=True)
        .with_columns(again=same(identity.key, 1), repeats=same((*identity.key, *identity.content), 1))
        .filter(~pl.col("known"), ~pl.col("repeats"))
    )
    rows = judged.select(batch.columns)
    return Novel(rows, batch.height - rows.height, int(judged["again"].sum()))


def between(points: tuple[int, int], start: datetime, end: datetime) -> str:
    """SQL for the files that may hold rows of these points and instants, both ends included."""
    return (
        f"day BETWEEN '{beijing_day(start)}' AND '{beijing_day(end)}'"
        f" AND time BETWEEN '{sql_instant(start)}' AND '{sql_instant(end)}'"
        f" AND point BETWEEN {points[0]} AND {points[1]}"
    )


def _stored(table: LakeTable, batch: pl.DataFrame, identity: Identity) -> pl.DataFrame:
    """Rows of the table with a key of the batch, marked as known; reads only files that may hold some."""
    partition = ["cadence"] if "cadence" in identity.key else []
    keys = batch.select(identity.key).unique()
    found = []
    for group in _windows(batch, partition).iter_rows(named=True):
        where = between((group["least"], group["most"]), group["start"], group["end"])
        if partition:
            where += f" AND cadence = '{group['cadence']}'"
        rows = table.scan(where).filter(pl.col("time").is_between(group["start"], group["end"]))
        found.append(rows.with_columns(pl.lit(group[name]).alias(name) for name in partition))
    columns = [*identity.key, *identity.content, *ORDER]
    if not found:
        return batch.clear().select(columns).with_columns(known=pl.lit(True))
    rows = pl.concat(found).select(columns).join(keys.lazy(), on=identity.key, how="semi")
    return rows.with_columns(known=True).collect()


def _windows(batch: pl.DataFrame, partition: list[str]) -> pl.DataFrame:
    """Narrow windows of time that hold the batch, so that one late row does not make a day be read."""
    width = pl.when(pl.col("cadence").is_in(["hour", "day"])).then(pl.lit("1d")).otherwise(pl.lit("10m"))
    bucket = pl.col("time").dt.convert_time_zone("Asia/Shanghai").dt.truncate(width if partition else "1d")
    return batch.group_by(*partition, bucket.alias("bucket")).agg(
        least=pl.col("point").min(),
        most=pl.col("point").max(),
        start=pl.col("time").min(),
        end=pl.col("time").max(),
    )
