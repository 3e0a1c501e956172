"""Papers about the plant: ledgers, orders and how it obeyed them, visits, doors, video, carbon and sludge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from yuanjian.simulator.patterns import layers
from yuanjian.simulator.patterns.desk import DAY, WEEK, YEARS_BEFORE, Desk, Doubles, energy
from yuanjian.simulator.patterns.papers_of_amounts import YEAR, kilograms, weighed
from yuanjian.simulator.patterns.papers_of_instruments import spells
from yuanjian.simulator.patterns.plants import OXYGEN, SLOTS, Gauge, Plant
from yuanjian.simulator.patterns.readings import code_of

WEEKS_BEFORE = 52 * YEARS_BEFORE
PRODUCT, UNIT = "产品", "t"
ENERGY = {"coal": 22.0, "gas": 18.0, "turbine": 15.0, "sewage": 45.0, "incinerator": 75.0, "hazardous": 110.0}
"""kWh for a unit of product, an invented magnitude of the trade."""
SOON = (DAY, 9.0 * DAY)
BASE = 14
"""Days before an order by which the honest plant reckons."""
ORDERS = 3
FAN = "引风机"


def ledgers(desk: Desk) -> None:
    """Products and electricity, gas and water by the week; before the series the years were like them."""
    made, used = weekly(desk.firm) if desk.firm else (np.zeros(0), np.zeros(0))
    if not made.any():
        return
    unit = ENERGY.get(desk.plant.kind, 30.0) * float(desk.rng.uniform(0.85, 1.2))
    base = 0.04 * float(np.quantile(used, 0.95))
    for week in range(-WEEKS_BEFORE, made.size):
        wobble = 1.0 + desk.rng.normal(0.0, 0.03, 4)
        winter = 1.0 + np.cos(2.0 * np.pi * week / 52.0)
        product = made[week % made.size] / unit * wobble[0]
        write_week(desk, week, {
            "product": product,
            "power": (used[week % made.size] + base * (1.0 + 0.3 * winter)) * (1.0 + 0.3 * (wobble[1] - 1.0)),
            "gas": (0.02 * product + 0.002 * made.max() / unit * winter) * wobble[2],
            "water": (0.006 * product + 0.001 * made.max() / unit) * wobble[3],
        })  # fmt: skip
    _capacity(desk, made / unit, used + base)


def weekly(firm: Sequence[Plant]) -> tuple[Doubles, Doubles]:
    """kWh of production, and of all machines, by the week. [W], [W]"""
    made = energy(firm, "production")
    used = made + energy(firm, "treatment")
    whole = made.size // 7 * 7
    return tuple(own[:whole].reshape(-1, 7).sum(axis=1) for own in (made, used))


def write_week(desk: Desk, week: int, amounts: dict[str, float]) -> None:
    """The readings of one week."""
    first, last = WEEK * week, WEEK * (week + 1)
    for kind, amount in amounts.items():
        shown = float(f"{amount:.5g}")
        if kind == "product":
            desk.put(kind, first, last, late=SOON, whole=True, product=PRODUCT, unit=UNIT, amount=shown)
        else:
            desk.put("utility", first, last, late=SOON, whole=True, kind=kind, amount=shown)


def _capacity(desk: Desk, made: Doubles, used: Doubles) -> None:
    """Permitted is what it makes at full load all year, or some more; verified at full load."""
    full = made >= 0.8 * np.quantile(made, 0.98)
    amount = float(np.quantile(made, 0.98)) * YEAR / WEEK * desk.rng.uniform(1.0, 1.2)
    verified = float(np.median(used[full] / made[full])) * desk.rng.uniform(1.0, 1.05)
    desk.put(
        "capacity", -YEAR, 5 * YEAR, known=True, whole=True, product=PRODUCT, amount=float(f"{amount:.3g}"),
        energy_per_unit=float(f"{verified:.3g}"),
    )  # fmt: skip


def orders(desk: Desk) -> None:
    """Orders lie where the plant did reduce: it obeyed each of them, though without much to spare."""
    used = energy([desk.plant], "production")
    found = [spell for spell in _reduced(used) if spell[1] - spell[0] <= 6]
    for number, (first, last, share) in enumerate(desk.rng.permutation(found)[:ORDERS].tolist()):
        most = float(used[int(first) : int(last)].max())
        write = (_emergency, _quota, _stop)[number % 3] if share >= 0.98 else (_emergency, _quota)[number % 2]
        write(desk, DAY * first, DAY * last, most if write is _quota else share)


def _reduced(used: Doubles) -> Iterator[tuple[int, int, float]]:
    """Runs of at least two whole days below the median of the normal days before, and by what share."""
    usual = np.array([_normal(used[max(day - 30, 0) : day]) for day in range(used.size)])
    for first, last in spells(used < 0.9 * usual):
        least = min(usual[first], usual[first - 1])
        if last - first >= 2 and least > 0 and used[first:last].max() <= 0.85 * least:
            yield first, last, 1.0 - float(used[first:last].max()) / least


def _normal(before: Doubles) -> float:
    """Median of the last normal days of a month; nothing before a month is known."""
    normal = before[before > 0.3 * before.max(initial=0.0)][-BASE:]
    return float(np.median(normal)) if before.size == 30 and normal.size == BASE else 0.0


def _emergency(desk: Desk, first: float, last: float, share: float) -> None:
    """Heavy pollution: reduce by a share; the permit has an amount for such days."""
    asked = min(np.floor(20.0 * (share - 0.02)) / 20.0, 0.5)
    start = first - desk.rng.uniform(1.0, 10.0)
    desk.put("order", start, last, known=True, kind="emergency", grade="橙色", share=asked)
    for code in weighed(desk.plant):
        sent = float(kilograms(desk.plant, code)[int(first // DAY) : int(last // DAY)].max()) / 1000.0
        amount = float(f"{sent * desk.rng.uniform(1.03, 1.3) + 1e-4:.4g}")
        desk.put(
            "permit_amount", first, last, known=True, factor=code, kind="day", amount=amount,
        )  # fmt: skip


def _quota(desk: Desk, first: float, last: float, most: float) -> None:
    """Staggered production with a daily quota of energy, which was kept."""
    quota = most * desk.rng.uniform(1.0, 1.1)
    desk.put(
        "order", first - desk.rng.uniform(1.0, 10.0), last, known=True, kind="staggered",
        quota=float(np.ceil(quota)),
    )  # fmt: skip


def _stop(desk: Desk, first: float, last: float, _: float) -> None:
    """The lines have to stop; they stood in time."""
    desk.put(
        "order", first, last, known=True, kind="suspension", facilities=listed(desk.plant.meters),
        allowance=60.0,
    )  # fmt: skip


def listed(meters: dict[str, layers.Meter]) -> str:
    """Numbers of the production lines."""
    return ",".join(code_of(name) for name, meter in meters.items() if meter.role == "production")


def visits(desk: Desk) -> None:
    """Officers come some times a year, on working days."""
    for _ in range(int(desk.rng.poisson(5.0 * desk.plant.hours / YEAR)) + 1):
        day = int(desk.rng.integers(2, desk.plant.hours // DAY - 1))
        at = DAY * (day - max(day % 7 - 4, 0)) + desk.rng.uniform(9.0, 16.0)
        desk.put("visit", at, at + 1.5, late=(0.0, 48.0), purpose="双随机抽查")


def cards(desk: Desk) -> None:
    """A face for each service, and for somebody who cleans once a month without a mark."""
    cleaning = WEEK * 4
    times = [*range(layers.VISIT, desk.plant.hours, WEEK), *range(30, desk.plant.hours, cleaning)]
    for at in times:
        distance = float(np.clip(desk.rng.normal(0.35, 0.09), 0.1, 0.7))
        persons = 2.0 if at % WEEK == layers.VISIT and desk.rng.uniform() < 0.1 else 1.0
        desk.put(
            "face_check", at + 0.1, late=(0.0, 0.1), card_owner="运维甲", distance=round(distance, 3),
            persons=persons,
        )  # fmt: skip


def video(desk: Desk) -> None:
    """The network of the cameras fails once a month or so."""
    for _ in range(int(desk.rng.poisson(12.0 * desk.plant.hours / YEAR)) + 1):
        at = float(desk.rng.uniform(1.0, desk.plant.hours - 8.0))
        desk.put("video_gap", at, at + desk.rng.uniform(0.3, 6.0), camera="采样平台")


def sludge(desk: Desk) -> None:
    """A press works on most working days; what it made is moved within the week, now and then in the next."""
    if desk.plant.kind != "sewage":
        return
    hours = np.arange(desk.plant.hours)
    day, week = hours // DAY, hours // WEEK
    works = (desk.rng.uniform(size=day[-1] + 1) < 0.9)[day] & (day % 7 < 5)
    length = desk.rng.uniform(5.0, 10.0, size=day[-1] + 1)[day]
    on = works & (hours % DAY >= 8) & (hours % DAY < 8 + length)
    press = layers.meter("treatment", 30.0, np.repeat(np.where(on, 0.75, 0.0), SLOTS), desk.rng)
    press.machine = "sludge_press"
    desk.plant.meters["污泥压滤机"] = press
    tonnes = np.bincount(week, on) * 0.75 * 30.0 / desk.rng.uniform(5.0, 9.0)
    for number, amount in enumerate(tonnes[: desk.plant.hours // WEEK]):
        _moved(desk, number, float(amount))


def _moved(desk: Desk, week: int, amount: float) -> None:
    """Two lorries a week, weighed."""
    for part in (0.5, 0.5):
        later = WEEK * float(desk.rng.uniform() < 0.05)
        at = WEEK * week + DAY * int(desk.rng.integers(1, 5)) + desk.rng.uniform(9.0, 17.0) + later
        weight = round(amount * part * (1.0 + float(desk.rng.normal(0.0, 0.1))), 2)
        if weight > 0:
            desk.put("sludge", at, amount=weight, moisture=round(float(desk.rng.normal(79.0, 1.0)), 1))


def carbon(desk: Desk) -> None:
    """A bed for weak air: its carbon is changed when the fan has run for about its design interval."""
    if desk.plant.kind != "voc":
        return
    fan = desk.plant.meters[FAN] = replace(desk.plant.meters[FAN], machine="fan")
    design = float(desk.rng.choice([500.0, 720.0]))
    ran = np.cumsum((fan.kw.reshape(-1, SLOTS).mean(axis=1) > 0.1 * fan.rated).astype(np.int64))
    at, used = -desk.rng.uniform(0.0, 200.0), 0.0
    while at < desk.plant.hours:
        desk.put("carbon_change", at, late=(0.0, 5.0 * DAY), amount=800.0, design_hours=design)
        used += design * desk.rng.uniform(0.85, 1.0)
        at = float(np.searchsorted(ran, used)) + desk.rng.uniform(0.0, 8.0)


def standby(desk: Desk) -> None:
    """A fire pump no permit names is tried for an hour or two each week while the plant runs."""
    hours = np.arange(desk.plant.hours)
    tried = (hours % WEEK >= 34) & (hours % WEEK < 35 + (hours // WEEK % 2)) & desk.plant.runs()
    pump = layers.meter("production", 15.0, np.repeat(np.where(tried, 0.8, 0.0), SLOTS), desk.rng)
    pump.in_permit = False
    desk.plant.meters["消防水泵"] = pump


def load(desk: Desk) -> None:
    """The load of a coal unit, as its control room sees it."""
    if desk.plant.kind == "coal":
        own = [meter.kw for meter in desk.plant.meters.values() if meter.role == "production"]
        kw = np.nansum(own, axis=0).reshape(-1, SLOTS).mean(axis=1)
        shown = kw / 20.0 * (1.0 + 0.005 * desk.rng.standard_normal(kw.size))
        desk.plant.gauges["load"] = Gauge("load", layers.series(shown, 1))


def sample_line(desk: Desk) -> None:
    """What the analyser sucks in, whose filter clogs between two services, and oxygen on the hot side."""
    oxygen = desk.plant.series.get(OXYGEN)
    if desk.plant.kind not in {"coal", "gas"} or oxygen is None:
        return
    hours = np.arange(desk.plant.hours)
    clogged = ((hours - layers.VISIT) % WEEK) / WEEK
    wobble = desk.rng.standard_normal((3, hours.size))
    flow = 2.0 * (1.0 - 0.08 * clogged) * (1.0 + 0.01 * wobble[0])
    pressure = -12.0 * (1.0 + 0.05 * clogged + 0.02 * wobble[1])
    hot = oxygen.values - 0.15 + 0.1 * wobble[2] + 0.1 * layers.noise(desk.rng, hours.size, 0.99)
    for role, values, decimals in (
        ("sample_flow", flow, 2), ("sample_pressure", pressure, 2), ("hot_side_oxygen", hot, 2),
    ):  # fmt: skip
        desk.plant.gauges[role] = Gauge(role, layers.series(values, decimals, oxygen.flags))
