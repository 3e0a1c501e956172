"""What the plants of the virtual province file: rows as an integrator would deliver them, by kind of record.

Everything follows from the physics, so the papers of a law-abiding plant agree with its readings; what is
filed wrongly, or not at all, follows from the violations of `misdeeds`. Rates and amounts a unit are
invented magnitudes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from yuanjian.clock import BEIJING, to_beijing
from yuanjian.simulator import physics, upkeep
from yuanjian.simulator.hours import Periods, summarise
from yuanjian.simulator.injection import LEAD
from yuanjian.simulator.noise import Floats
from yuanjian.simulator.slots import day_of, slot_of, start_of
from yuanjian.simulator.upkeep import Row, done, iso, row_of

if TYPE_CHECKING:
    from yuanjian.simulator.fleet import Fleet
    from yuanjian.simulator.physics import Day
    from yuanjian.simulator.world import Enterprise, Outlet, World

Papers = dict[str, list[Row]]
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
INSPECTED = 0.02
"""Share of the enterprises inspected on a day."""
HEADROOM = 1.5
"""Permitted amount of a year over what the plant usually emits."""


@dataclass(frozen=True, slots=True)
class Trade:
    """What a kind of plant makes and burns: product, its unit, kWh a unit; fuel, its unit, m³ of dry gas."""

    product: str
    unit: str
    energy: float
    fuel: tuple[str, str, float] | None = None


TRADES: Mapping[str, Trade] = {
    "power": Trade("供热量", "GJ", 22.0, ("原煤", "t", 7200.0)),
    "sinter": Trade("烧结矿", "t", 38.0, ("焦粉", "t", 8100.0)),
    "cement": Trade("熟料", "t", 31.0, ("原煤", "t", 7000.0)),
    "boiler": Trade("蒸汽", "t", 14.0, ("原煤", "t", 7200.0)),
    "incinerator": Trade("处理垃圾", "t", 75.0, ("生活垃圾", "t", 3600.0)),
    "glass": Trade("平板玻璃", "重量箱", 9.0, ("天然气", "km3", 8600.0)),
    "sewage": Trade("处理水量", "km3", 260.0),
    "chemical": Trade("有机原料", "t", 420.0),
    "dyeing": Trade("印染布", "km", 350.0),
    "plating": Trade("电镀件", "t", 900.0),
}


@dataclass
class Totals:
    """What a window adds up to: kg [N,P], kWh [N] and days; by Beijing month kg [N,P] and days."""

    kilograms: Floats
    energy: Floats
    days: int = 0
    months: dict[tuple[int, int], tuple[Floats, int]] = field(default_factory=dict)


def papers(world: World, start: datetime, end: datetime, since: datetime | None = None) -> Papers:
    """The rows of [start, end) by kind of record, each kind in order of its plants.

    ``since``: what was to be filed before has been; only what came to it is told, from that day on.
    """
    if since is None:
        return _all(world, start, end, start)
    month = max(start, _month(since))
    found = _all(world, start, end, month if _month(end) > month else since)
    return {kind: [row for row in rows if _is_new(kind, row, since)] for kind, rows in found.items()}


def _month(instant: datetime) -> datetime:
    """The first midnight of a month: declarations are of whole months."""
    return to_beijing(instant).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _is_new(kind: str, row: Row, since: datetime) -> bool:
    """Declarations are filed when their month is over, all else on the day it begins."""
    day = to_beijing(since).replace(hour=0, minute=0, second=0, microsecond=0)
    return datetime.fromisoformat(row["end" if kind == "declared_tax" else "start"]) >= day


def _all(world: World, start: datetime, end: datetime, first: datetime) -> Papers:
    """The rows of [start, end), ledgers from the day of ``first`` on."""
    found: Papers = defaultdict(list)
    totals = Totals(np.zeros(world.fleet.inlet.shape), np.zeros(len(world.outlets)))
    for outlet in world.outlets:
        found["qc"] += upkeep.checks(world, outlet, start, end)
        found["parameter"] += upkeep.parameters(world, outlet, start)
    for number in range(day_of(slot_of(first)), day_of(slot_of(end))):
        _day(world, number, found, totals)
    for enterprise in world.enterprises:
        _amounts(world, enterprise, (start, end), totals, found)
        found["visit"] += _visits(world, enterprise, start, end)
    found["declared_tax"] = list(_tax(world, totals))
    return dict(found)


# --- day by day ---------------------------------------------------------------------------------------------


def _day(world: World, number: int, found: Papers, totals: Totals) -> None:
    """Ledgers of one Beijing day, manual results, and what the day adds to the totals."""
    today = physics.day(world, number)
    hours = summarise(world.fleet, today)
    midnight = _midnight(number)
    emitted = np.nan_to_num((hours.amount * hours.due[:, None]).sum(-1))
    month = (to_beijing(midnight).year, to_beijing(midnight).month)
    totals.kilograms += emitted
    totals.energy += _energy(today)
    totals.days += 1
    kilograms, days = totals.months.get(month, (np.zeros_like(emitted), 0))
    totals.months[month] = (kilograms + emitted, days + 1)
    whole = (midnight, midnight + DAY)
    found["fuel"] += _fuel(world, today, whole)
    _firm_day(world, today, whole, found)
    found["manual_result"] += _manual(world, today, hours, midnight)
    for period in today.plan.periods:
        if not midnight <= start_of(period.start) < midnight + DAY:
            continue
        outlet, begun, over = world.outlets[period.outlet], start_of(period.start), start_of(period.end)
        if period.kind in upkeep.ORDERED:
            found["maintenance_order"].append(upkeep.order(world, outlet, period))
        if period.kind == "fault":
            found["fault_report"].append(
                row_of(outlet, begun, over, reported_at=iso(begun + HOUR), repaired_at=iso(over),
                     reason="分析仪故障")
            )  # fmt: skip
            found["manual_result"] += _instead(world, today, outlet, begun, over)


def _energy(today: Day) -> Floats:
    """kWh of the day by outlet."""
    return np.asarray(np.nansum(today.power, axis=1).sum(-1) / 6)


def _midnight(number: int) -> datetime:
    return datetime.combine(date(1970, 1, 1) + number * DAY, datetime.min.time(), BEIJING)


def _fuel(world: World, today: Day, whole: tuple[datetime, datetime]) -> Iterator[Row]:
    """The fuel whose dry flue gas, with the excess air the oxygen tells, is the day's flow."""
    fleet = world.fleet
    without_air = np.where(today.plan.running, today.flow * (21 - np.minimum(today.oxygen, 20.9)) / 21, 0.0)
    volume = without_air.sum(-1) * 600
    for outlet in world.outlets:
        fuel = TRADES[outlet.kind.key].fuel
        if fuel is None or not fleet.gas[outlet.index] or volume[outlet.index] <= 0:
            continue
        material, unit, gas = fuel
        noise = _noise(world, outlet.index, today, 0.01)
        yield row_of(
            outlet, *whole, material=material, unit=unit, gas_per_unit=gas,
            amount=round(float(volume[outlet.index]) / gas * noise, 3),
        )  # fmt: skip


def _noise(world: World, index: int, today: Day, spread: float) -> float:
    return 1 + spread * float(np.random.default_rng([world.seed, 7, today.plan.number, index]).normal())


def _firm_day(world: World, today: Day, whole: tuple[datetime, datetime], found: Papers) -> None:
    """Product and electricity, gas and water of the enterprises."""
    rated = np.nansum(world.fleet.rated, axis=1)
    made = rated * today.load.sum(-1) / 6
    used = _energy(today)
    start, end = map(iso, whole)
    firms: dict[str, list[Outlet]] = defaultdict(list)
    for outlet in world.outlets:
        firms[outlet.enterprise.credit_code].append(outlet)
    for code, outlets in firms.items():
        own = [outlet.index for outlet in outlets]
        trade = TRADES[outlets[0].enterprise.kind.key]
        about = {"enterprise": code, "start": start, "end": end}
        product, energy = float(made[own].sum()), float(used[own].sum())
        noise = _noise(world, own[0], today, 0.01)
        found["product"].append(
            about
            | {
                "product": trade.product,
                "unit": trade.unit,
                "amount": round(product / trade.energy * noise, 3),
            }
        )
        for kind, amount in (
            ("power", energy),
            ("gas", 0.02 * product * noise),
            ("water", 0.006 * product / noise),
        ):
            found["utility"].append(about | {"kind": kind, "amount": round(amount, 2)})


# --- manual results -----------------------------------------------------------------------------------------


def _manual(world: World, today: Day, hours: Periods, midnight: datetime) -> Iterator[Row]:
    """Self-monitoring once in 30 days, at ten o'clock of a day of the plant's own, if it runs then."""
    for outlet in world.outlets:
        for at, factor in _sampled(world, outlet, today.plan.number, midnight):
            hour, n = (at - midnight) // HOUR, outlet.index
            runs = today.load[n, hour * 6 : hour * 6 + 6].min() > 0.2
            plain = hours.due[n, hour] and hours.flag[n, hour] == 0
            if not (runs and plain):
                continue
            value = float(hours.reference[n, 0, hour]) / factor
            spread = _noise(world, n, today, 0.03)
            yield row_of(
                outlet, at, at + HOUR, factor=outlet.kind.pollutants[0].code, purpose="own",
                value=round(value * spread, outlet.kind.pollutants[0].decimals + 1),
            )  # fmt: skip


def _sampled(
    world: World, outlet: Outlet, number: int, midnight: datetime
) -> Iterator[tuple[datetime, float]]:
    """When samples are taken on a day, and the automatic value over the manual one they will show."""
    for violation in done(world, outlet.index, "manual_far"):
        for nth in range(violation.length // (4 * 144) + 1):
            at = start_of(violation.start) + nth * 4 * DAY
            if midnight <= at < midnight + DAY:
                yield at.replace(minute=0), violation.strength
    busy = [v for v in world.violations if v.outlet == outlet.index]
    at = midnight + 10 * HOUR
    quiet = all(not v.start - LEAD <= slot_of(at) < v.end + LEAD for v in busy)
    if (number + 7 * outlet.index) % 30 == 3 and quiet:
        yield at, 1.0


def _instead(world: World, today: Day, outlet: Outlet, start: datetime, end: datetime) -> Iterator[Row]:
    """What people measured while the analyser was broken: every four hours."""
    at = start
    while at < end:
        slot = min(slot_of(at) - slot_of(_midnight(today.plan.number)), 143)
        for place, pollutant in enumerate(outlet.kind.pollutants):
            value = today.concentration[outlet.index, place, slot] * today.conversion[outlet.index, slot]
            measured = round(float(value), pollutant.decimals + 1)
            told = {"factor": pollutant.code, "purpose": "outage", "value": measured}
            yield row_of(outlet, at, at + HOUR, **told)
        at += 4 * HOUR


# --- permits, tax, visits -----------------------------------------------------------------------------------


def _amounts(
    world: World, enterprise: Enterprise, window: tuple[datetime, datetime], totals: Totals, found: Papers
) -> None:
    """The permit: tonnes a year of each pollutant, and capacity."""
    outlets = [outlet for outlet in world.outlets if outlet.enterprise.serial == enterprise.serial]
    year = to_beijing(window[1] - timedelta(seconds=1)).year
    span = [datetime(year + more, 1, 1, tzinfo=BEIJING) for more in (0, 1)]
    about = {"enterprise": enterprise.credit_code, "start": iso(span[0]), "end": iso(span[1])}
    fleet, tonnes, emitted = world.fleet, defaultdict[str, float](float), defaultdict[str, float](float)
    for outlet in outlets:
        for place, pollutant in enumerate(outlet.kind.pollutants):
            tonnes[pollutant.code] += _usual(fleet, outlet, place) * 8.76 * HEADROOM
            emitted[pollutant.code] += float(totals.kilograms[outlet.index, place]) / 1000
    for violation in done(world, outlets[0].index, "permit_exceeded"):
        code = outlets[0].kind.pollutants[0].code
        tonnes[code] = emitted[code] / violation.strength
    for code, amount in tonnes.items():
        found["permit_amount"].append(about | {"factor": code, "kind": "year", "amount": round(amount, 4)})
    found["capacity"].append(about | _capacity(world, outlets, totals))


def _usual(fleet: Fleet, outlet: Outlet, place: int) -> float:
    """kg/h at full load: reference concentration times flow at reference O2 (the conversion cancels)."""
    n = outlet.index
    return float(fleet.inlet[n, place] * fleet.passing[n, place] * fleet.flow[n]) * physics.KG_PER_HOUR


def _capacity(world: World, outlets: Sequence[Outlet], totals: Totals) -> Row:
    """Units a year at full load, verified at full load; less than it makes where that is the violation."""
    trade = TRADES[outlets[0].enterprise.kind.key]
    own = [outlet.index for outlet in outlets]
    year = float(np.nansum(world.fleet.rated[own])) * 8760
    for violation in done(world, own[0], "over_capacity"):
        year = float(totals.energy[own].sum()) / totals.days * 365 / violation.strength
    return {
        "product": trade.product,
        "amount": round(year / trade.energy, 1),
        "energy_per_unit": trade.energy,
    }


def _tax(world: World, totals: Totals) -> Iterator[Row]:
    """Declared for whole months: what was measured."""
    for (year, month), (kilograms, days) in totals.months.items():
        first = datetime(year, month, 1, tzinfo=BEIJING)
        following = (first + 32 * DAY).replace(day=1)
        if days < (following - first) // DAY:
            continue
        for outlet in world.outlets:
            for place, pollutant in enumerate(outlet.kind.pollutants):
                amount = round(float(kilograms[outlet.index, place]), 2)
                yield row_of(outlet, first, following, factor=pollutant.code, amount=amount)


def _visits(world: World, enterprise: Enterprise, start: datetime, end: datetime) -> Iterator[Row]:
    """An inspection now and then, each day's luck by itself."""
    for number in range(day_of(slot_of(start)), day_of(slot_of(end))):
        rng = np.random.default_rng([world.seed, 8, enterprise.serial, number])
        if rng.uniform() < INSPECTED:
            at = _midnight(number) + int(rng.integers(9, 16)) * HOUR
            yield {
                "enterprise": enterprise.credit_code,
                "start": iso(at),
                "end": iso(at + timedelta(minutes=90)),
                "purpose": "双随机抽查",
            }
