"""Columns of the two tables of the lake, and how rows are brought into them.

Instants are UTC with microseconds; `day` is the Beijing day of `time` and is always computed here,
never taken from the caller, so a partition cannot disagree with its rows.
"""

from __future__ import annotations

from typing import Final, Literal, get_args

import polars as pl

from yuanjian.clock import BEIJING
from yuanjian.errors import OwnFault

Cadence = Literal["realtime", "minute", "hour", "day"]
CADENCES: Final[tuple[str, ...]] = get_args(Cadence)
INSTANT: Final = pl.Datetime("us", "UTC")

READINGS: Final = pl.Schema(
    {
        "point": pl.Int32(),  # monitoring point (intake.route.point_id)
        "factor": pl.String(),  # HJ 212 factor code, e.g. a21026
        "cadence": pl.String(),  # realtime, minute, hour, day (partition)
        "day": pl.Date(),  # Beijing day of `time` (partition)
        "time": INSTANT,  # start of the period; the instant itself for realtime
        "value": pl.Float64(),  # Rtd or Avg, in the unit of the factor
        "low": pl.Float64(),  # Min of the period
        "high": pl.Float64(),  # Max of the period
        "amount": pl.Float64(),  # Cou: discharged amount of the period
        "reference": pl.Float64(),  # Zs…: value at the reference oxygen content
        "flag": pl.String(),  # device mark as sent (N, F, M, …)
        "decimals": pl.Int8(),  # digits after the point as sent: the resolution
        "source": pl.String(),  # live, backfill, resent, manual
        "received": INSTANT,  # when the frame reached the gateway
        "shard": pl.Int16(),  # journal shard of the raw frame
        "seq": pl.Int64(),  # journal number of the raw frame in its shard
    }
)

EVENTS: Final = pl.Schema(
    {
        "point": pl.Int32(),
        "kind": pl.String(),  # door, state, log, facility
        "code": pl.String(),  # HJ 212 info or state code
        "time": INSTANT,
        "day": pl.Date(),  # Beijing day of `time` (partition)
        "text": pl.String(),  # door: JSON {id, method, type, user, state, person, card}; else as sent
        "received": INSTANT,
        "shard": pl.Int16(),
        "seq": pl.Int64(),
    }
)

ORDER: Final = ("received", "shard", "seq")
"""Newest last: of several rows of one key the one with the greatest (received, shard, seq) is current."""

# Keys begin with the time, and batches are written in their order: the few late rows of a batch then lie in
# one row group, and the others keep narrow bounds of time and point.
READING_KEY: Final = ("time", "point", "factor", "cadence")
READING_CONTENT: Final = ("value", "low", "high", "amount", "reference", "flag")
EVENT_KEY: Final = ("time", "point", "kind", "code")
EVENT_CONTENT: Final = ("text",)

_OPTIONAL: Final = frozenset({"day", "low", "high", "amount", "reference", "flag", "decimals", "text"})


def conform(frame: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    """`frame` in exactly the columns and types of `schema`; optional columns may be absent.

    Raises `OwnFault` if a required column is absent or holds nulls, a cadence is unknown or `time` has
    no zone: such rows come from a bug of ours, as wire and ingest have already judged the peer's data.
    """
    absent = [name for name in schema if name not in frame.columns]
    if missing := [name for name in absent if name not in _OPTIONAL]:
        raise _bad_rows(f"没有列 {missing}", f"no column {missing}")
    times = frame.schema["time"]
    if not (isinstance(times, pl.Datetime) and times.time_zone):
        raise _bad_rows("time 没有时区", "time has no zone")
    frame = frame.with_columns(pl.lit(None).alias(name) for name in absent)
    frame = frame.with_columns(day=beijing_day("time")).select(schema.names()).cast(schema)
    _check(frame)
    return frame


def beijing_day(column: str) -> pl.Expr:
    """The Beijing calendar day of an instant column."""
    return pl.col(column).dt.convert_time_zone(BEIJING.key).dt.date()


def _check(frame: pl.DataFrame) -> None:
    required = [name for name in frame.columns if name not in _OPTIONAL and name != "value"]
    if empty := [name for name in required if frame[name].null_count()]:
        raise _bad_rows(f"列 {empty} 有空值", f"nulls in {empty}")
    if "cadence" in frame.columns and (unknown := set(frame["cadence"].unique()) - set(CADENCES)):
        raise _bad_rows(f"未知的数据类型 {sorted(unknown)}", f"unknown cadence {sorted(unknown)}")


def _bad_rows(zh: str, en: str) -> OwnFault:
    return OwnFault("series.bad_rows", f"写入数据湖的行有误：{zh}", f"rows for the lake are wrong: {en}")
