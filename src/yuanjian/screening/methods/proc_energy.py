"""Energy against products: for each unit of product, and against the permitted capacity."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from yuanjian.clock import to_beijing
from yuanjian.screening.methods.proc_balance import main_meters
from yuanjian.screening.methods.proc_sight import Floats
from yuanjian.screening.peers import Gathered
from yuanjian.screening.ports import OutletContext
from yuanjian.screening.scene import DAY, HOUR
from yuanjian.screening.task import Hit, Task, Words

Counts = npt.NDArray[np.int64]
COVERED = 0.95
"""Share of a month its records must tell about [D]."""
YEAR_DAYS = 365.0


class Month(NamedTuple):
    """A Beijing month, ``[start, end)``."""

    start: datetime
    end: datetime

    def before(self, count: int) -> Month:
        """The month ``count`` months earlier."""
        number = to_beijing(self.start).year * 12 + to_beijing(self.start).month - 1 - count
        return Month(_first(self.start, number), _first(self.start, number + 1))


def _first(like: datetime, number: int) -> datetime:
    """Begin of a month by its number since year 0, in the zone of an instant."""
    local = to_beijing(like)
    return local.replace(year=number // 12, month=number % 12 + 1, day=1).astimezone(like.tzinfo)


def unit_energy(task: Task) -> list[Hit]:
    """Months whose electricity for a unit of product is far from usual: own months before, and peers.

    Electricity and products as recorded; own: median of ``months`` before, at least ``min_months``; peers:
    the same industry, at least ``min_peers``. Where both are known the smaller deviation counts. Months with
    less than ``at_work`` of both the usual electricity and products are left out: the plant stood for long.
    Measures:
    ``deviation``, ``z`` its robust z against the own months, ``months`` in a row beyond ``far``.
    """
    hits = []
    firms, months = _firms(task), list(_months(task))
    units = _unit_table(task, list(firms), months)
    for at, month in enumerate(months):
        told = [units[month.before(back)] for back in range(task.params["months"] + 1)]
        peers = _peer_medians(task, at, [task.subjects[firms[firm]].outlet for firm in told[0]])
        for firm in told[0]:
            used = _at_work(task, [known.get(firm) for known in told])
            own = [unit for unit in used if unit is not None]
            if used[0] is None or len(own) <= task.params["min_months"]:
                continue
            deviation, z = _deviation(own[0], np.array(own[1:]), peers.get(firm))
            far = _far(task, used, deviation)
            measures = {"deviation": deviation, "z": z, "months": float(far)}
            words = {"unit_energy": _shown(own[0]), "usual": _shown(float(np.median(own[1:])))}
            seen = repr((own, peers.get(firm))).encode()
            row = firms[firm]
            hits.append(Hit(task.subjects[row], (row,), *month, measures, words, seen))
    return hits


def _at_work(task: Task, told: Sequence[tuple[float, float] | None]) -> list[float | None]:
    """kWh for a unit of each month, newest first; None where nothing is known or the plant stood long."""
    past = np.array([(kwh, kwh / unit) for unit, kwh in filter(None, told[1:])]).reshape(-1, 2)
    least = task.params["at_work"] * np.median(past, axis=0) if len(past) else np.full(2, np.inf)
    return [
        month[0] if month is not None and (month[1] >= least[0] or month[1] / month[0] >= least[1]) else None
        for month in told
    ]


def _deviation(now: float, past: Floats, peers: float | None) -> tuple[float, float]:
    usual = float(np.median(past))
    spread = 1.4826 * float(np.median(np.abs(past - usual)))
    off = abs(now / usual - 1.0)
    z = abs(now - usual) / max(spread, 0.02 * usual)
    return (off if peers is None else min(off, abs(now / peers - 1.0))), z


def _far(task: Task, units: Sequence[float | None], deviation: float) -> int:
    """Months in a row, this one included, beyond ``far`` against the own months before each."""
    if deviation < task.params["far"]:
        return 0
    before = [unit for unit in units[2:] if unit is not None]
    last = units[1] or 0.0
    again = last > 0 and len(before) >= task.params["min_months"]
    return 1 + bool(again and abs(last / float(np.median(before)) - 1.0) >= task.params["far"])


def monthly_units(task: Task) -> Gathered:
    """kWh for a unit of product of each enterprise month by month."""
    firms, months = _firms(task), list(_months(task))
    units = _unit_table(task, list(firms), months)
    told = [[units[month].get(firm, (np.nan,))[0] for month in months] for firm in firms]
    table = np.array(told, np.float64).reshape(len(firms), len(months))
    return Gathered(tuple(task.subjects[row] for row in firms.values()), {"units": table})


def _peer_medians(task: Task, month: int, outlets: Sequence[OutletContext]) -> dict[int, float]:
    """Median of the others of the same industry by enterprise, where there are enough."""
    everybody = task.peers
    trades = everybody.once("trades", lambda: _trades(everybody))
    found = {}
    for one in outlets:
        places, firms = trades[one.industry]
        units = everybody["units"][places, month]
        others = units[(firms != one.enterprise) & np.isfinite(units)]
        if len(others) >= task.params["min_peers"]:
            found[one.enterprise] = float(np.median(others))
    return found


def _trades(everybody: Gathered) -> dict[str, tuple[Counts, Counts]]:
    """Places of the enterprises of each industry, and which these are."""
    trade = np.array([subject.outlet.industry for subject in everybody.subjects])
    firm = np.array([subject.outlet.enterprise for subject in everybody.subjects])
    return {str(one): ((at := np.flatnonzero(trade == one)), firm[at]) for one in np.unique(trade)}


def _unit_table(
    task: Task, firms: list[int], months: Sequence[Month]
) -> dict[Month, dict[int, tuple[float, float]]]:
    """kWh for a unit of product, and kWh, by enterprise for the months and those they are compared with.

    Only where records tell the whole month and all products of it have one unit.
    """
    wanted = {month.before(back) for month in months for back in range(task.params["months"] + 1)}
    if not wanted:
        return {}
    span = min(month.start for month in wanted), max(month.end for month in wanted)
    registry = task.scene.registry
    energy = registry.records("utility", firms, *span).filter(pl.col("kind") == "power")
    products = registry.records("product", firms, *span)
    table: dict[Month, dict[int, tuple[float, float]]] = {}
    for month in wanted:
        used, made = amounts(energy, month), amounts(products, month, unit="unit")
        both = {firm for firm in used if used[firm] > 0 and made.get(firm, 0.0) > 0}
        table[month] = {firm: (used[firm] / made[firm], used[firm]) for firm in sorted(both)}
    return table


def amounts(rows: pl.DataFrame, month: Month, unit: str | None = None) -> dict[int, float]:
    """What records tell of a month by enterprise, amounts spread over their time.

    Only enterprises whose records tell the whole month, in one ``unit`` if such a column is named.
    """
    end = pl.max_horizontal("end", pl.col("start") + DAY)
    inside = pl.min_horizontal(end, pl.lit(month.end)) - pl.max_horizontal("start", pl.lit(month.start))
    length = (end - pl.col("start")).dt.total_seconds()
    told = (
        rows.with_columns(inside=inside.dt.total_seconds(), length=length)
        .filter(pl.col("inside") > 0)
        .group_by("enterprise")
        .agg(
            amount=(pl.col("amount") * pl.col("inside") / pl.col("length")).sum(),
            told=pl.col("inside").sum(),
            units=pl.col(unit).n_unique() if unit else pl.lit(1),
        )
        .filter(pl.col("told") >= COVERED * (month.end - month.start).total_seconds(), pl.col("units") == 1)
    )
    return dict(told.select("enterprise", "amount").iter_rows())


def over_capacity(task: Task) -> list[Hit]:
    """Months whose electricity makes more than the permitted capacity, at the verified energy of a unit.

    Electricity of the main meters, or as recorded where they do not tell the month. Capacity by days of the
    year; only where one product is permitted. Measures: ``share`` of the capacity.
    """
    hits = []
    for month in _months(task):
        for row in _firms(task).values():
            outlet = task.subjects[row].outlet
            capacity = _capacity(task, outlet, month)
            energy = None if capacity is None else _energy(task, outlet, month)
            if capacity is not None and energy is not None:
                allowed = capacity[0] * ((month.end - month.start) / DAY) / YEAR_DAYS
                made = energy / capacity[1]
                words = {"made": _shown(made), "allowed": _shown(allowed)}
                measures = {"share": made / allowed}
                seen = repr((capacity, energy)).encode()
                hits.append(Hit(task.subjects[row], (row,), *month, measures, words, seen))
    return hits


def _capacity(task: Task, outlet: OutletContext, month: Month) -> tuple[float, float] | None:
    """Units a year and kWh a unit, where exactly one permitted product is verified."""
    rows = task.scene.records("capacity", outlet).filter(
        pl.col("start") < month.end,
        (pl.col("end") > month.start) | (pl.col("end") == pl.col("start")),
        pl.col("amount") > 0,
        pl.col("energy_per_unit") > 0,
    )
    return None if len(rows) != 1 else (float(rows["amount"][0]), float(rows["energy_per_unit"][0]))


def _energy(task: Task, outlet: OutletContext, month: Month) -> float | None:
    """kWh of a month."""
    totals = main_meters(task.scene.outlets, outlet.enterprise)
    power = task.scene.power(task.step)
    part = slice(*((instant - power.cube.start) // task.step for instant in month))
    kw = power.kw[power.rows(totals), part].sum(axis=0)
    known = np.isfinite(kw)
    if totals and known.mean() >= COVERED:
        return float(kw[known].mean() * ((month.end - month.start) / HOUR))
    rows = task.scene.records("utility", outlet).filter(pl.col("kind") == "power")
    return amounts(rows, month).get(outlet.enterprise)


def _shown(amount: float) -> Words:
    """Three digits at least."""
    return (f"{amount:.0f}" if amount >= 100 else f"{amount:.3g}",) * 2


def _firms(task: Task) -> dict[int, int]:
    """Row of the first outlet of each enterprise."""
    rows: dict[int, int] = {}
    for row, subject in enumerate(task.subjects):
        rows.setdefault(subject.outlet.enterprise, row)
    return rows


def _months(task: Task) -> Iterator[Month]:
    """Complete Beijing months of the grid from ``task.since`` on."""
    days = (task.grid.end - task.since) // DAY
    firsts = [task.since + day * DAY for day in range(days + 1)]
    edges = [instant for instant in firsts if to_beijing(instant).day == 1]
    for start, end in pairwise(edges):
        yield Month(start, end)
