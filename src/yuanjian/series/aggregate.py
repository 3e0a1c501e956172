"""Means over periods and the conversion to reference oxygen content.

Arrays are [S, T] with T a whole number of hours or Beijing days; the result is [S, T / n] and NaN where
the period is not valid. Sums are float64. Certainty marks as in `validity`.
"""

from __future__ import annotations

from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt

from yuanjian.series.cube import Bools, Floats
from yuanjian.series.validity import day_valid_gas, day_valid_water, hour_valid

_Cell = TypeVar("_Cell", bound=np.generic)

_AIR: Final = 21.0
OVERFLOW: Final = np.float32(9999.99)
_HOURS: Final = 24


def computable(reference: Floats) -> Floats:
    """Reference values as received, NaN where the device says "not computable".

    HJ 212-2025: if O₂ ≥ 21 % the device sends the greatest number of the default type, ±9999.99 [A].
    """
    return np.where(np.abs(reference) == OVERFLOW, np.float32(np.nan), reference)


def convert(c: npt.ArrayLike, o2: npt.ArrayLike, o2_ref: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Concentration at the reference oxygen content: ``c · (21 − o2_ref) / (21 − o2)``, contents in vol-%.

    GB 13271, GB 4915, GB 18484 formula (5), GB 26453 [A]. NaN where O₂ ≥ 21 or negative: not computable.
    Near 21 % the factor explodes; whether such air still counts as flue gas is judged by the model
    (default 19–20 % by industry [D]), not here. Not for pure-oxygen combustion (GB 26453-2011 [A]).
    Raises `ValueError` for a reference content outside 0…21.
    """
    oxygen, reference = np.asarray(o2, np.float64), np.asarray(o2_ref, np.float64)
    if not ((reference >= 0) & (reference < _AIR)).all():
        raise ValueError("the reference oxygen content must be at least 0 and below 21 %")
    usable = (oxygen >= 0) & (oxygen < _AIR)
    room = np.where(usable, _AIR - oxygen, np.nan)
    return np.asarray(np.asarray(c, np.float64) * (_AIR - reference) / room)


def hour_from_minutes(values: Floats, valid: Bools, *, step_minutes: int = 1) -> Floats:
    """Mean of the valid minutes of each hour with at least 45 of them. HJ 75-2017 §12.1 [C].

    A value every `step_minutes` stands for as many minutes.
    """
    per_hour = 60 // step_minutes
    mean, count = _mean(values, valid, per_hour)
    return _where(hour_valid(count * step_minutes), mean)


def day_gas(hours: Floats, valid: Bools) -> Floats:
    """Mean of the valid hours of each day with at least 20 of them.

    GB 18484-2020, GB 39707-2020 formula (4) for incinerators [A]; other flue gas, HJ 75-2017 [C].
    """
    mean, count = _mean(hours, valid, _HOURS)
    return _where(day_valid_gas(count), mean)


def day_water(c: Floats, flow: Floats, valid: Bools, due: npt.ArrayLike = _HOURS) -> Floats:
    """Flow-weighted mean Σc·Q/ΣQ of each day with at least 75 % of the `due` hours valid. HJ 356-2019 [C].

    Hours without flow and negative values are not valid. `due` is one number or [S, days].
    """
    weight = np.nan_to_num(flow, nan=0.0)
    usable = valid & (c >= 0) & (weight > 0)
    amount = _by(np.where(usable, c, 0).astype(np.float64) * weight, _HOURS).sum(axis=2)
    water = _by(np.where(usable, weight, 0).astype(np.float64), _HOURS).sum(axis=2)
    enough = day_valid_water(_by(usable, _HOURS).sum(axis=2), due) & (water > 0)
    return _where(enough, amount / np.where(enough, water, 1))


def day_ph(values: Floats, valid: Bools, due: npt.ArrayLike = _HOURS) -> Floats:
    """Median of the valid hours of each day with at least 75 % of the `due` hours valid.

    pH is logarithmic and is judged by the median or instant, never by a mean. HJ 356-2019 [C].
    """
    usable = _by(valid & np.isfinite(values), _HOURS)
    count = usable.sum(axis=2)
    ranked = np.sort(np.where(usable, _by(values, _HOURS), np.inf), axis=2)
    middle = np.stack([np.maximum(count - 1, 0) // 2, count // 2], axis=2)
    middle = np.minimum(middle, _HOURS - 1)
    median = np.take_along_axis(ranked, middle, axis=2).mean(axis=2)
    return _where(day_valid_water(count, due), median)


def _mean(values: Floats, valid: Bools, size: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Mean and number of the valid values in each run of `size`; 0 where there is none."""
    usable = valid & np.isfinite(values)
    count = _by(usable, size).sum(axis=2)
    total = _by(np.where(usable, values, 0).astype(np.float64), size).sum(axis=2)
    return total / np.maximum(count, 1), count


def _by(array: npt.NDArray[_Cell], size: int) -> npt.NDArray[_Cell]:
    """[S, T] as [S, T / size, size]; raises `ValueError` if T is not a whole number of periods."""
    series, periods = array.shape
    if periods % size:
        raise ValueError(f"{periods} values are not a whole number of periods of {size}")
    return array.reshape(series, periods // size, size)


def _where(valid: Bools, values: npt.NDArray[np.floating[Any]]) -> Floats:
    return np.where(valid, values, np.nan).astype(np.float32)
