"""Means over periods and the conversion to reference oxygen content."""

from __future__ import annotations

from typing import Final

import numpy as np

from yuanjian.series.cube import Floats

_AIR: Final = 21.0
_OVERFLOW: Final = np.float32(9999.99)


def computable(reference: Floats) -> Floats:
    """Reference values as received, NaN where the device says "not computable" (±9999.99).

    HJ 212-2025: if O₂ ≥ 21 % the device sends the greatest number of the default type [A].
    """
    return np.where(np.abs(reference) == _OVERFLOW, np.float32(np.nan), reference)
