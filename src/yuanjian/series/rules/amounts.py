"""Emission amounts of hours and days.

``G = C · Qsn``: the concentration as measured, dry, never the one at reference oxygen [B]. Gas in mg/m³ and
m³/s, waste water in mg/L and L/s, as HJ 212 codes them: the same number either way.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from yuanjian.series.aggregate import day_water
from yuanjian.series.cube import Bools

Floats = npt.NDArray[np.float64]

KG_PER_HOUR: Final = 3600.0 * 1e-6
"""mg/m³ · m³/s (or mg/L · L/s) over an hour, in kg."""
HOURS: Final = 24
_MILLI: Final = {
    **dict.fromkeys(("毫克", "mg"), 1.0),
    **dict.fromkeys(("微克", "μg", "µg", "ug"), 1e-3),
    **dict.fromkeys(("纳克", "ng"), 1e-6),
}


def in_milligrams(unit: str) -> float:
    """What a value of a concentration's unit (毫克/升, µg/m³ …) is in milligrams.

    Raises `ValueError` for a unit that is no mass per volume.
    """
    mass, slash, _ = unit.partition("/")
    if not slash or mass not in _MILLI:
        raise ValueError(f"no concentration: {unit}")
    return _MILLI[mass]


def hourly(c: npt.ArrayLike, flow: npt.ArrayLike) -> Floats:
    """kg of each hour; NaN without one of the two. Negative concentrations and flows count as 0 [D]."""
    there, moved = np.asarray(c, np.float64), np.asarray(flow, np.float64)
    return np.asarray(np.maximum(there, 0.0) * np.maximum(moved, 0.0) * KG_PER_HOUR)


def water_days(c: npt.ArrayLike, flow: npt.ArrayLike, valid: Bools, due: Bools) -> Floats:
    """kg of each day of waste water: flow-weighted mean · volume, ``Σ c_d · Q_d``. [S, T] → [S, T / 24]

    0 where nothing was due, NaN where the mean is not valid (HJ 356-2019: 75 % of the hours due [C]). The
    volume of hours due without a flow value is that of the mean hour [D].
    """
    moved = np.asarray(flow, np.float64)
    known = due & np.isfinite(moved)
    volume = _by_day(np.where(known, np.maximum(moved, 0.0), 0.0))
    hours, owed = _by_day(known), _by_day(due)
    volume = volume * np.where(hours > 0, owed / np.maximum(hours, 1), 1.0)
    mean = day_water(np.asarray(c, np.float32), moved.astype(np.float32), valid & due, owed)
    return np.asarray(np.where(owed > 0, mean.astype(np.float64) * volume * KG_PER_HOUR, 0.0))


def _by_day(hours: npt.ArrayLike) -> Floats:
    cells = np.asarray(hours, np.float64)
    return np.asarray(cells.reshape(len(cells), -1, HOURS).sum(axis=2))
