"""Papers about amounts: what a permit allows, what is declared for the tax, what stands in for lost hours."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np

from yuanjian.screening.wording import factor_words
from yuanjian.series import FlagCode, MarkKind
from yuanjian.series.cube import Grid
from yuanjian.series.rules import amounts, emissions
from yuanjian.simulator.patterns.desk import DAY, Desk, Doubles
from yuanjian.simulator.patterns.papers_of_instruments import spells
from yuanjian.simulator.patterns.plants import FLOW, Plant
from yuanjian.simulator.patterns.readings import START

YEAR = 8760
KG = 3.6e-3
"""kg/h of 1 mg/m³ in 1 m³/s, and of 1 mg/L in 1 L/s."""


def month_spans(hours: int) -> list[tuple[int, int]]:
    """First and last (exclusive) hours of the calendar months that end within some hours."""
    firsts = [datetime(2007 + m // 12, m % 12 + 1, 1) for m in range(13)]  # noqa: DTZ001 — hours of one clock
    edges = [(first - firsts[0]) // timedelta(hours=1) for first in firsts]
    return [(a, b) for a, b in pairwise(edges) if b <= hours]


def emitted(plant: Plant, code: str) -> emissions.Emissions:
    """What the outlet emitted as its own system computes it: hours of gas, days of water, in kg."""
    own, flow = plant.series[code], plant.series[FLOW[plant.medium]]
    marks = np.zeros(own.values.size, np.uint16)
    for mark in plant.marks:
        if mark.factor in {None, code}:
            marks[max(int(mark.first), 0) : int(np.ceil(mark.last))] |= np.uint16(MarkKind[mark.kind.upper()])
    grid = Grid(START, timedelta(hours=1), own.values.size)
    both, milligrams = (own.flags[None], flow.flags[None]), own.values[None] * in_milligrams(code)
    return emissions.of_outlet(plant.medium, grid, milligrams, flow.values[None], both, marks[None])


def in_milligrams(code: str) -> float:
    """Milligrams in the mass of a factor's unit: HJ 212 tells some metals in micrograms."""
    return amounts.in_milligrams(factor_words(code)[1])


def weighed(plant: Plant) -> list[str]:
    """Pollutants at an outlet that measures its flow."""
    return plant.pollutants if FLOW[plant.medium] in plant.series else []


def kilograms(plant: Plant, code: str) -> Doubles:
    """Amount of each day. [D]"""
    found = emitted(plant, code)
    return found.days()[0] if plant.medium == "gas" else np.nan_to_num(found.amount[0])


def permits(desk: Desk) -> None:
    """The year's amount: the limit at the greatest flow for part of the hours, as permits are granted."""
    for code in weighed(desk.plant):
        flow = desk.plant.series[FLOW[desk.plant.medium]].values
        limit = desk.plant.limits[code] * in_milligrams(code)
        full = float(np.nanquantile(flow, 0.999)) * limit * KG * YEAR
        year = float(kilograms(desk.plant, code).sum()) * YEAR / desk.plant.hours
        amount = max(full * desk.rng.uniform(0.6, 0.9), 1.1 * year) / 1000.0
        desk.put(
            "permit_amount", 0, YEAR, known=True, factor=code, kind="year",
            amount=float(f"{amount:.4g}"),
        )  # fmt: skip


def taxes(desk: Desk) -> None:
    """Each month is declared within two weeks, and reduced where mean and greatest allow it."""
    step = 1 if desk.plant.medium == "gas" else DAY
    for code in weighed(desk.plant):
        amount, shares = emitted(desk.plant, code).amount[0], ratio(desk.plant, code)
        for first, last in month_spans(desk.plant.hours):
            kg = float(np.nansum(amount[first // step : last // step]))
            share = shares[first:last][np.isfinite(shares[first:last])]
            mean, most = (float(share.mean()), float(share.max())) if share.size else (1.0, 1.0)
            claimed = 0.0 if most > 0.99 or mean > 0.68 else 25.0 if mean > 0.48 else 50.0
            shown = round(kg * (1.0 + desk.rng.normal(0.0, 0.004)), 2)
            desk.put(
                "declared_tax", first, last, late=(72.0, 14.0 * DAY), factor=code, amount=shown,
                reduction=claimed,
            )  # fmt: skip


def ratio(plant: Plant, code: str) -> Doubles:
    """Normal values over the limit, NaN elsewhere. [T]"""
    own = plant.series[code]
    judged = own.values if own.reference is None else own.reference
    counts = np.isfinite(judged) & (own.flags == FlagCode.N)
    return np.where(counts, judged, np.nan) / plant.limits[code]


def substituted(desk: Desk) -> None:
    """What stands in for hours without valid data, spell by spell, at most to the month's end."""
    if desk.plant.medium == "water":
        return
    for code in weighed(desk.plant):
        found = emitted(desk.plant, code)
        used = bool(desk.rng.uniform() < 0.5)
        for first, last in month_spans(desk.plant.hours):
            for a, b in spells(found.substituted[0, first:last]):
                amount = float(found.amount[0, first + a : first + b].mean())
                desk.put(
                    "substituted", first + a, first + b, late=_filed(last - first - b), factor=code,
                    amount=float(f"{amount:.4g}"), used=used,
                )  # fmt: skip


def _filed(rest: float) -> tuple[float, float]:
    """Within ten days of the month's end, which is so many hours off."""
    return rest + DAY, rest + 10.0 * DAY
