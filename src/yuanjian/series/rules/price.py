"""Hours in which coal power loses its price for desulphurisation, denitration and dust removal.

发改价格〔2014〕536号 [B]: hourly means decide; an excess below one limit costs the price of the hour, from
one limit on also a fine of up to five times. The extra for ultra-low emission by 发改价格〔2015〕2835号 [C-].
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from yuanjian.series.cube import Bools

Floats = npt.NDArray[np.float64]

FEN: Final = {"a21026": 1.5, "a21002": 1.0, "a34013": 0.2}
"""Fen per kWh for SO2, NOx and dust [B]."""
FINE: Final = 5.0
"""The fine is at most so many times the confiscated price [B]."""
ULTRA_LOW: Final = {"existing": 1.0, "new": 0.5}
"""Fen per kWh for units connected before 2016 and later [C-]."""
ULTRA_LOW_FULL, ULTRA_LOW_LEAST = 0.99, 0.8
ABOVE: Final = 1.0 + 1e-6
"""Just over the limit, as a value equal to it stored as float32 does not exceed it."""


def deducted(ratio: npt.ArrayLike, load: npt.ArrayLike) -> Bools:
    """Hours whose mean is above the limit (``ratio`` = mean / limit) while the unit has load.

    An hour with a load of 0 does not count, one whose load nobody knows does [D].
    """
    return np.asarray((np.asarray(ratio, np.float64) > ABOVE) & ~(np.asarray(load, np.float64) <= 0))


def fined(ratio: npt.ArrayLike, load: npt.ArrayLike) -> Bools:
    """Of those the hours whose excess is at least one limit: mean ≥ 2 · limit."""
    return np.asarray(deducted(ratio, load) & (np.asarray(ratio, np.float64) >= 2.0))


def confiscated(hours: Bools, energy: npt.ArrayLike, factor: str) -> Floats:
    """Yuan for the ``energy`` (kWh) delivered in the deducted hours; raises `KeyError` for another factor."""
    delivered = np.nan_to_num(np.asarray(energy, np.float64), nan=0.0)
    return np.asarray(np.where(hours, delivered, 0.0) * FEN[factor] / 100.0)


def ultra_low_share(compliant: float) -> float:
    """Share of the ultra-low price that is paid, by the share of the hours of a quarter in limits [C-]."""
    if compliant >= ULTRA_LOW_FULL:
        return 1.0
    return compliant if compliant >= ULTRA_LOW_LEAST else 0.0
