"""How far an automatic value may lie from a manual one: HJ 75-2017 for flue gas, HJ 355-2019 for water [C].

Gas limits are given in µmol/mol for SO2 and NOx; here in mg/m³ (SO2 × 2.86, NOx as NO2 × 2.05).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Band = tuple[float, Literal["share", "amount"], float]
"""(From this manual value on, kind, allowed): a share of the manual value or an amount in its unit."""

BANDS: Mapping[str, tuple[Band, ...]] = {
    "a21026": ((0, "amount", 17), (57, "share", 0.30), (143, "amount", 57), (715, "share", 0.15)),
    "a21002": ((0, "amount", 12), (41, "share", 0.30), (103, "amount", 41), (513, "share", 0.15)),
    "a34013": (
        (0, "amount", 5),
        (10, "amount", 6),
        (20, "share", 0.30),
        (50, "share", 0.25),
        (100, "share", 0.20),
        (200, "share", 0.15),
    ),
    "a19001": ((0, "amount", 1.0), (5, "share", 0.15)),
    "a01011": ((0, "share", 0.12), (10, "share", 0.10)),
    "a01012": ((0, "amount", 3),),
    "a01014": ((0, "amount", 1.5), (5, "share", 0.25)),
    "w01018": ((0, "amount", 5), (30, "share", 0.30), (60, "share", 0.20), (100, "share", 0.15)),
    "w21003": ((0, "amount", 0.3), (2, "share", 0.15)),
    "w21011": ((0, "amount", 0.06), (0.4, "share", 0.15)),
    "w21001": ((0, "amount", 0.3), (2, "share", 0.15)),
    "w01001": ((0, "amount", 0.5),),
    "w01010": ((0, "amount", 0.5),),
}


def allowed(factor: str | None, manual: float, otherwise: float) -> float:
    """Allowed difference from a manual value; ``otherwise`` the share for factors no table names."""
    bands: tuple[Band, ...] = BANDS.get(factor or "", ((0.0, "share", otherwise),))
    _, kind, amount = [band for band in bands if band[0] <= max(manual, 0.0)][-1]
    return amount * manual if kind == "share" else amount
