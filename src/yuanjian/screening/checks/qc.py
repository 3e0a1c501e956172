"""Quality control: checks that are overdue, that failed, and that look too good."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import polars as pl

Bounds = tuple[float, float]
"""Technical requirement and out-of-control limit of an error, in percent."""
MONTH = timedelta(days=30)
FEW = 5
"""Fewer different results than this are no result of few digits alone."""
COARSE = 0.005
"""Results told no finer than this share of them repeat by themselves: an honest error is of that size [D]."""


def overdue(checks: pl.DataFrame, limit: timedelta, memory: timedelta, end: datetime) -> pl.DataFrame:
    """Periods in which the next check was overdue: ``s``, ``since`` (the last one), ``start``, ``end``.

    A check older than ``memory`` is forgotten, and with it what was due after it: nothing is said where
    nobody has ever reported a check.
    """
    done = checks.filter(pl.col("end") < end).select("s", since="end").unique().sort("s", "since")
    following = pl.col("since").shift(-1).over("s").fill_null(end)
    return done.with_columns(
        start=pl.col("since") + limit, end=pl.min_horizontal(following, pl.col("since") + memory)
    ).filter(pl.col("start") < pl.col("end"))


def drifts(checks: pl.DataFrame, bounds: Mapping[str, Bounds]) -> pl.DataFrame:
    """Checks of the kinds that have bounds, with ``drift`` and ``out``: error over each of its bounds.

    The error is the one reported, else that of the measured against the expected value; a check reported as
    not passed counts as out of control whatever its numbers are. Rows of which nothing can be said are
    left out.
    """
    computed = (pl.col("measured") - pl.col("expected")) / pl.col("expected") * 100
    size = pl.coalesce("error", pl.when(pl.col("expected") != 0).then(computed)).abs()
    failed = (~pl.col("passed")).cast(pl.Float64)
    technical = {kind: bound[0] for kind, bound in bounds.items()}
    control = {kind: bound[1] for kind, bound in bounds.items()}
    known = checks.filter(pl.col("kind").is_in(list(bounds)))
    return known.with_columns(
        drift=pl.max_horizontal(
            size / pl.col("kind").replace_strict(technical, return_dtype=pl.Float64), failed
        ),
        out=pl.max_horizontal(size / pl.col("kind").replace_strict(control, return_dtype=pl.Float64), failed),
    ).filter(pl.col("drift").is_not_null())


def failures(drifted: pl.DataFrame, memory: timedelta) -> pl.DataFrame:
    """Rows of `drifts` beyond a technical requirement.

    ``since``: the last check of the kind that was not out of control, at most ``memory`` before;
    ``fails30``: checks out of control in the 30 days up to this one.
    """
    time = pl.col("start")
    last = pl.when(pl.col("out") < 1).then(time).shift(1).forward_fill().over("s", "kind")
    counted = (
        drifted.filter(pl.col("out") >= 1)
        .sort("s", "start")
        .rolling("start", period=MONTH, group_by="s")
        .agg(fails30=pl.len().cast(pl.Float64))
        .unique(["s", "start"], keep="last")
    )
    rows = drifted.with_columns(since=pl.max_horizontal(pl.coalesce(last, time), time - memory))
    return (
        rows.filter(pl.col("drift") >= 1)
        .join(counted, on=["s", "start"], how="left", maintain_order="left")
        .with_columns(pl.col("fails30").fill_null(0.0))
    )


def too_perfect(checks: pl.DataFrame) -> pl.DataFrame:
    """Checks of each calendar quarter (Beijing) taken together, one row per ``s`` and quarter.

    ``start``, ``end`` of the first and last; ``count``, ``sigma`` of the errors in percent (null below two);
    ``equal`` longest run of equal measured values (0 where too few digits are told to tell),
    ``raw`` longest run of raw signals that are missing, where half of them came, or equal to the one before.
    """
    computed = (pl.col("measured") - pl.col("expected")) / pl.col("expected") * 100
    rows = checks.sort("s", "start", "id").with_columns(
        quarter=pl.col("start").dt.convert_time_zone("Asia/Shanghai").dt.truncate("1q"),
        size=pl.coalesce("error", pl.when(pl.col("expected") != 0).then(computed)),
    )
    measured, raw = pl.col("measured"), pl.col("raw_signal")
    step = measured.unique().sort().diff().min()
    coarse = (measured.n_unique() >= FEW) & (step > measured.std() / 2)
    coarse |= _finest(measured) >= COARSE * measured.median()
    missing = pl.when(raw.is_not_null().mean() >= 0.5).then(_longest(raw.is_null(), raw.is_null()))
    return rows.group_by("s", "quarter", maintain_order=True).agg(
        start=pl.col("start").first(),
        end=pl.col("end").last(),
        count=pl.col("size").count(),
        sigma=pl.col("size").std(),
        equal=pl.when(coarse).then(0).otherwise(_longest(measured, measured.is_not_null())),
        raw=pl.max_horizontal(missing, _longest(raw, raw.is_not_null())),
    )


def _finest(value: pl.Expr) -> pl.Expr:
    """The last place values are told to: 1, 0.1, 0.01, or 0.001 for anything finer."""
    steps = pl.lit(0.001)
    for digits in (2, 1, 0):
        whole = (value - value.round(digits)).abs().max() < 1e-9
        steps = pl.when(whole).then(10.0**-digits).otherwise(steps)
    return steps


def _longest(value: pl.Expr, among: pl.Expr) -> pl.Expr:
    """Length of the longest run of equal values, of the runs whose rows are ``among``."""
    return value.rle_id().filter(among).value_counts().struct.field("count").max().fill_null(0)
