"""Environmental protection tax: equivalents, what of an outlet is taxed, reductions, amount.

环境保护税法 art. 9 (ranking), 10, 13 (reductions), annexed tables (`data/tax_equivalents.csv`), 条例 art. 10
[A]. The law names 烟尘 and 一般性粉尘 apart; HJ 212 has one code for particulate matter, which counts as 烟尘
here [D].
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final, Literal

from yuanjian.errors import UserFault

Medium = Literal["gas", "water"]

RATES: Final = {"gas": (1.2, 12.0), "water": (1.4, 14.0)}
"""Yuan per equivalent; the province decides within these bounds, annexed table 1 [A]."""
TAXED: Final = {0: 3, 1: 5, 2: 3}
"""How many pollutants of an outlet are taxed, by class: art. 9 [A]."""
STEPS: Final = ((0.5, 50), (0.7, 25))
"""Below this share of the limit the tax is less by so many percent: art. 13 [A]."""


@dataclass(frozen=True, slots=True)
class Equivalent:
    """One pollutant of the annexed tables: ``kg`` of it are one pollution equivalent."""

    factor: str
    medium: Medium
    class_: int
    group: str
    name: str
    kg: float
    certainty: str


@dataclass(frozen=True, slots=True)
class Charge:
    """What one pollutant of an outlet costs; ``taxed`` False: it is not among the greatest."""

    factor: str
    kg: float
    units: float
    taxed: bool
    reduction: int
    yuan: float


@lru_cache
def equivalents() -> Mapping[str, Equivalent]:
    """The annexed tables by factor code."""
    text = (files("yuanjian.series.rules") / "data" / "tax_equivalents.csv").read_text(encoding="utf-8")
    rows = [row for row in csv.reader(text.splitlines()) if not row[0].startswith("#")]
    return MappingProxyType(
        {
            factor: Equivalent(
                factor, "gas" if medium == "gas" else "water", int(kind), group, name, float(kg), mark
            )
            for factor, medium, kind, group, name, kg, mark in rows
        }
    )


def units(factor: str, kg: float) -> float:
    """Pollution equivalents of an amount; raises `UserFault` (``tax.factor``) for what is not taxed so."""
    known = equivalents().get(factor)
    if known is None:
        raise UserFault("tax.factor", f"{factor} 没有污染当量值", f"no pollution equivalent of {factor}")
    return kg / known.kg


def reduction(mean_share: float, exceeded: bool) -> int:
    """Percent the tax is reduced by: 0, 25 or 50.

    ``mean_share``: monthly mean of the hourly (gas) or daily (water) means over the limit; ``exceeded``: one
    of those means was above the limit, then nothing is reduced. Art. 13, 条例 art. 10 [A].
    """
    if exceeded:
        return 0
    return next((percent for below, percent in STEPS if mean_share < below), 0)


def taxed(units_by_factor: Mapping[str, float]) -> frozenset[str]:
    """Pollutants of an outlet that are taxed: the greatest of each class, one of each group. Art. 9 [A]."""
    ranked = sorted(units_by_factor, key=lambda factor: (-units_by_factor[factor], factor))
    chosen: list[Equivalent] = []
    for known in (equivalents()[factor] for factor in ranked):
        alike = [one for one in chosen if one.group and one.group == known.group]
        same = [one for one in chosen if one.class_ == known.class_]
        if not alike and len(same) < TAXED[known.class_]:
            chosen.append(known)
    return frozenset(known.factor for known in chosen)


def charges(
    amounts: Mapping[str, float], reductions: Mapping[str, int], rate: Mapping[str, float]
) -> tuple[Charge, ...]:
    """What the kg of one outlet and month cost, greatest first; factors without an equivalent are left out.

    ``rate``: yuan per equivalent by medium. Raises `UserFault` (``tax.rate``) for one outside the law's
    bounds.
    """
    for medium, yuan in rate.items():
        low, high = RATES[medium]
        if not low <= yuan <= high:
            raise UserFault("tax.rate", f"税额应在 {low}–{high} 元之间", f"the rate is {low} to {high} yuan")
    by_factor = {factor: units(factor, kg) for factor, kg in amounts.items() if factor in equivalents()}
    counted = taxed(by_factor)
    found = []
    for factor, number in by_factor.items():
        percent = reductions.get(factor, 0)
        yuan = (
            number * rate[equivalents()[factor].medium] * (100 - percent) / 100 if factor in counted else 0.0
        )
        found.append(Charge(factor, amounts[factor], number, factor in counted, percent, yuan))
    return tuple(sorted(found, key=lambda charge: (-charge.units, charge.factor)))
