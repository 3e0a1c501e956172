"""Settings of instruments: the same in the permit, the platform, the logger and the analyser, and in time."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

LOWERING = {
    "slope": -1,
    "intercept": -1,
    "stack_area": -1,
    "pitot": -1,
    "velocity_factor": -1,
    "oxygen_base": 1,
}
"""Settings that enter the result, and which change of them lowers it (1: a greater value does)."""
AIR = 21.0
"""Oxygen of air in the conversion to reference oxygen, vol-% (GB 13271 and others)."""


def _versions(settings: pl.DataFrame, memory: timedelta, end: datetime) -> pl.DataFrame:
    """Each setting with ``until`` when the next of its origin came or it is forgotten."""
    by = ["s", "factor", "name", "origin"]
    following = pl.col("start").shift(-1).over(by).fill_null(end)
    return settings.with_columns(until=pl.min_horizontal(following, pl.col("start") + memory))


def differing(
    settings: pl.DataFrame,
    memory: timedelta,
    end: datetime,
    rounding: float = 1e-6,
    settle: timedelta = timedelta(0),
) -> pl.DataFrame:
    """Periods in which two origins tell different things of one setting, by more than a share ``rounding``.

    Where the newer of the two was approved, the other has the time ``settle`` to follow.

    ``name``, ``origin`` and ``value`` (``text``) of the one and the other (``…_right``), ``start``, ``end``
    and ``effect``: relative difference of the result it makes, 0 for settings that do not enter it, null for
    an intercept, whose effect depends on the values. A version older than ``memory`` is forgotten.
    """
    versions = _versions(settings, memory, end)
    pairs = versions.join(versions, on=["s", "factor", "name"], how="inner", nulls_equal=True)
    newest = pl.max_horizontal("start", "start_right")
    approved = pl.when(pl.col("start") >= pl.col("start_right")).then("approved").otherwise("approved_right")
    first = newest + pl.when(approved).then(settle).otherwise(timedelta(0))
    together = pairs.filter(pl.col("origin") < pl.col("origin_right")).with_columns(
        start=first, end=pl.min_horizontal("until", "until_right")
    )
    mine, other = pl.col("value"), pl.col("value_right")
    scale = pl.max_horizontal(mine.abs(), other.abs())
    differs = ((mine - other).abs() > rounding * scale).fill_null(value=False) | (
        pl.col("text") != pl.col("text_right")
    ).fill_null(value=False)
    found = together.filter(differs, pl.col("start") < pl.col("end"))
    return found.with_columns(effect=_effect(mine, other)).sort(
        "s", "start", "name", "origin", "origin_right"
    )


def _effect(one: pl.Expr, other: pl.Expr) -> pl.Expr:
    """Relative difference of the result; the greater of both ways round."""
    name = pl.col("name")
    plain = pl.max_horizontal(one / other, other / one) - 1
    oxygen = pl.max_horizontal((AIR - one) / (AIR - other), (AIR - other) / (AIR - one)) - 1
    scales = name.is_in(["slope", "stack_area", "pitot", "velocity_factor"])
    return (
        pl.when(name == "oxygen_base")
        .then(oxygen)
        .when(name == "intercept")
        .then(None)
        .otherwise(pl.when(scales).then(plain).otherwise(0.0))
    )


def changes(settings: pl.DataFrame, names: list[str], least: float, memory: timedelta) -> pl.DataFrame:
    """Changes of a numerical setting at one origin against the version before, at most ``memory`` older.

    ``before``, ``value``, ``change`` (relative; null from 0), ``effect`` as in `differing`, ``lowers`` (it
    makes results lower) and
    ``same``: how many of this and the two changes before are of at least ``least`` and go the same way.
    """
    by = ["s", "factor", "name", "origin"]
    versions = settings.filter(pl.col("name").is_in(names), pl.col("value").is_not_null())
    sense = pl.col("name").replace_strict(LOWERING, default=0, return_dtype=pl.Int8)
    relative = pl.when(pl.col("before") != 0).then(pl.col("value") / pl.col("before") - 1)
    moved = (
        versions.with_columns(before=pl.col("value").shift(1).over(by), old=pl.col("start").shift(1).over(by))
        .filter(pl.col("before") != pl.col("value"))
        .with_columns(
            change=relative,
            lowers=(pl.col("value") - pl.col("before")).sign() == sense,
            effect=_effect(pl.col("value"), pl.col("before")),
        )
    )
    sign, like = pl.col("change").sign(), []
    for back in range(3):
        large = pl.col("change").abs().shift(back).over(by) >= least
        recent = pl.col("old").shift(back).over(by) >= pl.col("start") - memory
        same_way = sign.shift(back).over(by) == sign
        like.append((large & recent & same_way).fill_null(value=False).cast(pl.Float64))
    counted = moved.with_columns(same=like[0] * (1 + like[1] * (1 + like[2])))
    return counted.filter(pl.col("old") >= pl.col("start") - memory)
