"""Which readings may be used for means and for judging.

Certainty marks of sources: [A] official text, [B] secondary text, [C] professional knowledge to be
verified before it may support a level-1 result, [D] our own design.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from yuanjian.series.cube import Bools, Cube
from yuanjian.series.flags import FlagCode
from yuanjian.series.marks import MarkKind, Marks

HOUR_MINUTES: Final = 45
GAS_DAY_HOURS: Final = 20
WATER_DAY_SHARE: Final = 0.75

VALID_FLAGS: Final = (FlagCode.N, FlagCode.S)
"""Device marks of usable values: normal, and manual input (reference-method data in repair periods,
HJ 75-2017 §12.2.2 [C]). All others mean that the source stood or the device did not measure it [C];
an unknown mark is not trusted [D]."""

INVALID_MARKS: Final = (
    MarkKind.STOPPED
    | MarkKind.CALIBRATION
    | MarkKind.MAINTENANCE
    | MarkKind.FAULT
    | MarkKind.COMM_LOSS
    | MarkKind.POWER_LOSS
    | MarkKind.REPLACED
    | MarkKind.BLOWBACK
    | MarkKind.STANDARD_CHECK
)
"""Marks that take a period out of means and judging: stopped [B], device marks [C]
(标记规则, MEE announcement 2022 no. 21). Starting and stopping leave the data valid: their exemption
depends on the industry and is judged by the model [C]."""

_VALID_BY_FLAG: Final = np.isin(np.arange(256), VALID_FLAGS)


def hour_valid(minutes_valid: npt.ArrayLike) -> Bools:
    """An hour is valid with at least 45 minutes of valid data. HJ 75-2017 §12.1 [C]."""
    return np.asarray(np.asarray(minutes_valid) >= HOUR_MINUTES)


def day_valid_gas(hours_valid: npt.ArrayLike) -> Bools:
    """A day of flue gas is valid with at least 20 valid hours.

    GB 18484-2020 §3 and GB 39707-2020 §3.28–3.29 formula (4) for incinerators [A], other sources [C].
    """
    return np.asarray(np.asarray(hours_valid) >= GAS_DAY_HOURS)


def day_valid_water(valid: npt.ArrayLike, due: npt.ArrayLike) -> Bools:
    """A day of waste water is valid with at least 75 % of the values due; never if none was due.

    HJ 356-2019 [C]. Due: 24 for continuous discharge, the hours of discharge otherwise (HJ 355-2019 §6 [C]).
    """
    expected = np.asarray(due)
    return np.asarray((expected > 0) & (np.asarray(valid) >= WATER_DAY_SHARE * expected))


def valid_mask(cube: Cube, marks: Marks | None = None) -> Bools:
    """Cells that hold a number, carry a usable device mark and no invalidating mark; bool [S, T].

    "Only periods in which the source runs and the accepted CEMS works normally are valid":
    HJ 75-2017 §12.1 [C].
    """
    valid = np.isfinite(cube.values) & _VALID_BY_FLAG[cube.flags]
    return valid if marks is None else valid & ((marks & np.uint16(INVALID_MARKS)) == 0)
