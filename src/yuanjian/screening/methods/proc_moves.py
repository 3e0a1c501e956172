"""Quantities that tell how series move, and whether one answers another."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from yuanjian.screening.kernels.moments import rolling_moments
from yuanjian.screening.kernels.ranks import rank_correlation
from yuanjian.screening.methods.proc_sight import Floats, Sight, Spec

MIN_SHARE = 0.75
"""Share of the hours of a window that must be known [D]."""


def cv(sight: Sight, spec: Spec, count: int) -> Floats:
    """Coefficient of variation of the last ``count`` known samples."""
    mean, spread, _ = _moments(sight, spec, count)
    return _relative(spread, mean)


def extent(sight: Sight, spec: Spec, count: int) -> Floats:
    """(max - min) / mean of the last ``count`` known samples."""
    mean, _, spread = _moments(sight, spec, count)
    return _relative(spread, mean)


def _relative(spread: Floats, mean: Floats) -> Floats:
    """Spread over mean; 0 for what does not move, also at zero."""
    return np.where(spread == 0, 0.0, spread / np.where(mean > 0, mean, np.nan))


def _moments(sight: Sight, spec: Spec, count: int) -> tuple[Floats, Floats, Floats]:
    values = sight.of(spec)
    valid = np.isfinite(values) & sight.task.allowed
    return rolling_moments(np.where(valid, values, 0.0), valid, count, 2 * count)


def cv_days(sight: Sight, spec: Spec, days: int) -> Floats:
    """Coefficient of variation over the last ``days`` days up to each complete day, said of all its hours."""

    def of_window(row: int, hours: slice) -> float:
        known = _known(sight, row, hours, values)[0]
        return float(known.std() / known.mean()) if known.size and known.mean() > 0 else np.nan

    values = sight.of(spec)
    return by_day(sight, days, of_window)


def spearman(sight: Sight, one: Spec, other: Spec, days: int) -> Floats:
    """Rank correlation of two quantities over the last ``days`` days up to each complete day.

    0 if one of them does not move: then it does not answer.
    """

    def of_window(row: int, hours: slice) -> float:
        some, others = _known(sight, row, hours, first, second)
        return float(np.nan_to_num(rank_correlation(some, others))) if some.size else np.nan

    first, second = sight.of(one), sight.of(other)
    return by_day(sight, days, of_window)


def response(sight: Sight, days: int, max_cv: float, min_cv: float) -> Floats:
    """The greatest |ρ| of the subject's values with load, cleaning pulses and pressure drop.

    Only for windows in which the values vary by less than ``max_cv``, and with those that vary by more than
    ``min_cv`` themselves; NaN without any.
    """
    calm = sight.of(["cv_days", "own", days]) < max_cv
    specs: list[Spec] = ["load", ["signal", "cleaning_pulse"], ["signal", "pressure_drop"]]
    greatest = np.full(sight.task.shape, np.nan)
    for spec in specs:
        other = sight.of(spec)

        def of_window(row: int, hours: slice, other: Floats = other) -> float:
            if not calm[row, hours.stop - 1]:
                return np.nan
            values, told = _known(sight, row, hours, sight.of("own"), other)
            moving = told.size > 0 and told.std() > min_cv * abs(told.mean())
            return abs(rank_correlation(values, told)) if moving else np.nan

        greatest = np.fmax(greatest, by_day(sight, days, of_window))
    return greatest


def silent_cleanings(sight: Sight, days: int, least: float) -> Floats:
    """How many cleanings of the filter left the values as they were, 0 if any of them was seen.

    A cleaning: an hour with more than twice the median of pulses in the window. Seen: the value of it or
    the next hour is off that of the hour before by more than the share ``least``.
    """
    pulses, values = sight.of(["signal", "cleaning_pulse"]), sight.of("own")

    def of_window(row: int, hours: slice) -> float:
        inside = pulses[row, hours]
        if not np.isfinite(inside).any():
            return np.nan
        at = hours.start + np.flatnonzero(inside > 2.0 * max(float(np.nanmedian(inside)), 0.5))
        at = at[(at > hours.start) & (at + 1 < hours.stop)]
        before = np.where(values[row, at - 1] > 0, values[row, at - 1], np.nan)
        moved = np.fmax(np.abs(values[row, at] - before), np.abs(values[row, at + 1] - before)) / before
        return float(np.isfinite(moved).sum()) if not (moved > least).any() else 0.0

    return by_day(sight, days, of_window)


def _known(sight: Sight, row: int, hours: slice, *values: Floats) -> list[Floats]:
    """The hours of a window in which all of them are known; none if too few."""
    parts = np.stack([some[row, hours] for some in values])
    known = np.isfinite(parts).all(axis=0) & sight.task.allowed[row, hours]
    enough = known.sum() >= MIN_SHARE * known.size
    return list(parts[:, known & enough])


def by_day(sight: Sight, days: int, of_window: Callable[[int, slice], float]) -> Floats:
    """What a function says of the ``days`` days up to the end of each complete day from ``task.since`` on."""
    result = np.full(sight.task.shape, np.nan)
    first = max(24 * days, sight.task.index(sight.task.since) + 24)
    for row in range(len(result)):
        for end in range(first, result.shape[1] + 1, 24):
            result[row, end - 24 : end] = of_window(row, slice(end - 24 * days, end))
    return result
