"""Process parameters and machines beside the real hours of a plant, as its control system shows them.

Synthetic: derived from the load, flow, oxygen and concentrations the outlet has, with what sensors do (noise,
slow drift, outages, calibrations) and what operators do (interlocks, duty and standby, a new set of bags).
Levels are textbook magnitudes, no measured plant.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from yuanjian.simulator.patterns import layers, surroundings
from yuanjian.simulator.patterns.layers import Bools, Doubles
from yuanjian.simulator.patterns.plants import OXYGEN, SLOTS, Gauge, Meter, Paper, Plant, Series

NOX, SO2, COD = "a21002", "a21026", "w01018"
EACH = 3
"""Every third outlet of a kind has its control system connected."""
AMMONIA_PER_NOX = 17.0 / 46.0
"""kg of NH3 that reduce a kg of NOx counted as NO2."""
FUEL_CO2 = {"coal": 18.7, "gas": 11.8, "turbine": 11.8}
"""CO2 of the dry flue gas without excess air, vol-%: bituminous coal, natural gas."""
GAS_OF_COAL = 6900.0
"""Dry flue gas of a ton of bituminous coal without excess air, m³."""
COLDEST = 300.0
"""°C below which an SCR must not be fed with ammonia."""
DAY = 24
MINUTES = 6
"""Every sixth outlet of a kind that measures gas sends minutes in the first weeks of the year."""
FINE = (7 * DAY, 42 * DAY)


def equipped(plants: Sequence[Plant]) -> Iterator[Plant]:
    """The plants, some of them with process parameters."""
    of_kind: dict[str, int] = {}
    for plant in plants:
        at = of_kind[plant.kind] = of_kind.get(plant.kind, -1) + 1
        own = replace(plant, gauges={}, meters=dict(plant.meters), papers=list(plant.papers))
        rng = np.random.default_rng([2029, len(of_kind), at])
        if plant.kind == "coal" and at % EACH == 0:
            _boiler(own, rng)
        if plant.kind == "turbine" or (plant.kind == "gas" and at % EACH == 0):
            carbon_dioxide(own, rng)
        if plant.kind == "gas" and at % EACH == 0:
            draught(own, rng)
        if plant.kind == "sewage":
            _basins(own, rng)
        if plant.kind in {"turbine", "works"}:
            main_meter(own, rng)
        if at % EACH == 1:
            surroundings.station(own, rng)
        if plant.medium == "gas" and at % MINUTES == MINUTES - 1:
            own.detail = [*plant.detail, FINE]
        yield own


@dataclass(frozen=True)
class Course:
    """Hours of a plant: share of full load, whether it burns, flow in m³/s. [T]"""

    load: Doubles
    on: Bools
    flow: Doubles

    @classmethod
    def of(cls, plant: Plant) -> Course:
        """From its meters and its flow."""
        own = [meter for meter in plant.meters.values() if meter.role == "production"]
        kw = np.sum([meter.kw for meter in own], axis=0).astype(np.float64).reshape(-1, SLOTS).mean(axis=1)
        load = kw / sum(meter.rated for meter in own)
        return cls(load, load > 0.02, np.nan_to_num(plant.series["a00000"].values.astype(np.float64)))


def _boiler(plant: Plant, rng: np.random.Generator) -> None:
    """Fan, desulphurisation, denitrification, filter, CO2, by-pass."""
    course = Course.of(plant)
    draught(plant, rng)
    _scrubber(plant, course, rng)
    _catalyst(plant, course, rng)
    _filter(plant, course, rng)
    carbon_dioxide(plant, rng)
    bypass(plant, rng)
    _coal(plant, course, rng)


def sensed(
    rng: np.random.Generator,
    values: Doubles,
    decimals: int,
    *,
    share: float = 0.01,
    step: float = 0.0,
    drift: float = 0.0,
) -> Series:
    """A series as a sensor shows it.

    White noise by share and step, a slow drift, and some outages of two to six hours in a year.
    """
    size = values.size
    noise = rng.standard_normal(size)
    shown = values * (1.0 + share * noise + drift * layers.noise(rng, size, 0.999)) + step * noise
    for at in rng.integers(0, size - 8, 6):
        shown[at : at + int(rng.integers(2, 7))] = np.nan
    return layers.series(shown, decimals)


def usual(plant: Plant, code: str, on: Bools) -> Doubles:
    """Mean of the last 24 hours that burnt, of a factor. [T]"""
    own = plant.series[code]
    known = on & own.valid(slice(None))
    kept = np.cumsum(np.where(known, own.values, 0.0), dtype=np.float64)
    count = np.cumsum(known)
    back = np.maximum(np.arange(kept.size) - DAY, 0)
    number: Doubles = (count - count[back]).astype(np.float64)
    mean = (kept - kept[back]) / np.maximum(number, 1)
    return np.where(number > 0, mean, np.median(own.values[known]))


def _scrubber(plant: Plant, course: Course, rng: np.random.Generator) -> None:
    """Three slurry pumps, of which one or two run by load and each rests for three weeks in turn."""
    after = np.nan_to_num(plant.series[SO2].values.astype(np.float64))
    wave = np.exp(0.04 * layers.noise(rng, after.size, 0.8))
    before = np.maximum(usual(plant, SO2, course.on) / (1.0 - rng.uniform(0.86, 0.95)) * wave, 1.3 * after)
    busy = course.load > 0.6 * np.quantile(course.load, 0.95)
    wanted = np.where(_settled(busy), 2, 1)
    works = course.on | np.roll(course.on, 1) | np.roll(course.on, -1)
    runs = _duty(np.where(works, wanted, 0), 3)
    for number, share in enumerate(runs, 1):
        slots = np.repeat(0.82 * share, SLOTS)
        name = f"浆液循环泵{number}"
        plant.meters[name] = layers.meter("treatment", 450.0, slots, rng, "slurry_pump")
    acid = 5.5 + 0.12 * layers.noise(rng, after.size, 0.97) + 0.03 * rng.standard_normal(after.size)
    acid[int(rng.integers(0, 300)) :: 14 * DAY] = rng.choice([4.0, 6.86])  # an hour in a buffer
    plant.gauges["a21026"] = Gauge("inlet", sensed(rng, np.where(course.on, before, 0.0), 0, share=0.02))
    plant.gauges["g11101"] = Gauge("slurry_ph", sensed(rng, acid, 2, share=0.0))
    pumped = 6500.0 * np.sum(runs, axis=0)
    plant.gauges["slurry_flow"] = Gauge("slurry_flow", sensed(rng, pumped, 0, share=0.015))


def _settled(wanted: Bools) -> Bools:
    """A switch that follows only what has held for three hours."""
    shown = wanted.copy()
    for at in range(3, shown.size):
        shown[at] = wanted[at] if (wanted[at - 2 : at + 1] == wanted[at]).all() else shown[at - 1]
    return shown


def _duty(wanted: Doubles, machines: int, weeks: int = 3) -> list[Doubles]:
    """Which of some machines run where ``wanted`` of them have to; they rest in turn, an hour of both."""
    turn = np.arange(wanted.size) // (weeks * 7 * DAY)
    found = []
    for machine in range(machines):
        place = (machine - turn) % machines
        on = place < wanted
        before = np.concatenate([on[:1], on[:-1]])
        handed = (np.diff(turn, prepend=turn[0]) > 0) & (wanted > 0)
        found.append((on | (before & handed)).astype(np.float64))
    return found


def _catalyst(plant: Plant, course: Course, rng: np.random.Generator) -> None:
    """Ammonia for what is taken out, with a little surplus, and only while the catalyst is warm enough."""
    after = np.nan_to_num(plant.series[NOX].values.astype(np.float64))
    heat = _warmth(course, 285.0, 85.0) + 3.0 * layers.noise(rng, after.size)
    fed = _interlock(heat, COLDEST, COLDEST + 5.0) & course.on
    wave = np.exp(0.04 * layers.noise(rng, after.size, 0.8))
    before = usual(plant, NOX, course.on) / (1.0 - rng.uniform(0.55, 0.8)) * wave
    before = np.where(fed, np.maximum(before, 1.25 * after), after)
    removed = (before - after) * course.flow * 3.6e-3
    dosed = removed * AMMONIA_PER_NOX * rng.uniform(1.02, 1.12)
    slip = np.where(fed, 1.2 * np.exp(0.4 * layers.noise(rng, after.size)), 0.0)
    plant.gauges["a21002"] = Gauge("inlet", sensed(rng, before, 0, share=0.02))
    plant.gauges["p10201"] = Gauge("scr_temperature", sensed(rng, heat, 1, share=0.003), COLDEST)
    plant.gauges["p10401"] = Gauge("ammonia_flow", sensed(rng, dosed, 2, share=0.02, drift=0.02))
    plant.gauges["ammonia_slip"] = Gauge("ammonia_slip", sensed(rng, slip, 2, share=0.1))


def _warmth(course: Course, least: float, more: float) -> Doubles:
    """Temperature that follows the flow within hours, and cools slowly while nothing burns."""
    full = course.flow / np.quantile(course.flow, 0.99)
    shown = np.empty(course.load.size)
    now = least if course.on[0] else 60.0
    for at, on in enumerate(course.on):
        goal, keep = (least + more * full[at], 0.6) if on else (60.0, 0.93)
        now = goal + keep * (now - goal)
        shown[at] = now
    return shown


def _interlock(values: Doubles, off: float, on: float) -> Bools:
    """On from one value, off below a lower one."""
    shown = np.zeros(values.size, np.bool_)
    for at in range(1, values.size):
        shown[at] = values[at] > (off if shown[at - 1] else on)
    return shown


def _filter(plant: Plant, course: Course, rng: np.random.Generator) -> None:
    """A pressure drop that follows the flow and grows with the age of the bags, changed once in the year."""
    size = course.load.size
    full = course.flow / np.quantile(course.flow, 0.99)
    age = (np.arange(size) - int(rng.integers(0, size))) % size / size
    drop = 1200.0 * full * (0.85 + 0.3 * age) * np.exp(0.05 * layers.noise(rng, size, 0.7))
    pulses = rng.poisson(np.where(course.on, 24.0 * drop / 1200.0, 0.0)).astype(np.float64)
    shown = sensed(rng, np.where(course.on, drop, 0.0), 0, share=0.02, step=4.0)
    plant.gauges["p10301"] = Gauge("pressure_drop", shown)
    plant.gauges["cleaning_pulse"] = Gauge("cleaning_pulse", layers.series(pulses, 0))


def draught(plant: Plant, rng: np.random.Generator) -> None:
    """An induced-draught fan: with a converter its power goes with the cube of the flow, else a damper."""
    course = Course.of(plant)
    speed = np.nan_to_num(plant.series["a01011"].values.astype(np.float64))
    full = np.minimum(speed / np.quantile(speed, 0.995), 1.1)
    resistance = 1.0 + 0.04 * layers.noise(rng, speed.size, 0.998)
    converter = rng.random() < 0.6
    share = 0.06 + 0.84 * full**3 * resistance if converter else 0.48 + 0.42 * full
    on = course.on | np.roll(course.on, 1)
    load = np.interp(np.arange(speed.size * SLOTS) / SLOTS - 0.42, np.arange(speed.size), share)
    plant.meters["引风机"] = layers.meter(
        "treatment", 1500.0, np.where(np.repeat(on, SLOTS), load, 0.0), rng, "fan"
    )


def carbon_dioxide(plant: Plant, rng: np.random.Generator) -> None:
    """What the fuel makes at the oxygen shown: fuel that varies, an analyser that drifts between checks."""
    course = Course.of(plant)
    size = course.load.size
    oxygen = np.minimum(np.nan_to_num(plant.series[OXYGEN].values.astype(np.float64), nan=20.6), 20.6)
    months = 1.0 + 0.012 * rng.standard_normal(size // 720 + 1)
    fuel = FUEL_CO2[plant.kind] * np.repeat(months, 720)[:size] * (1 + 0.008 * layers.noise(rng, size, 0.98))
    week = np.arange(size) % (7 * DAY) / (7 * DAY)
    zero = 0.15 * np.repeat(rng.standard_normal(size // (7 * DAY) + 1), 7 * DAY)[:size] * week
    shown = np.where(course.on, fuel * (20.9 - oxygen) / 20.9 + zero, 0.04)
    design = FUEL_CO2[plant.kind] if rng.random() < 0.5 else None
    plant.gauges["a05001"] = Gauge("carbon_dioxide", sensed(rng, shown, 2, share=0.008), design)


def _coal(plant: Plant, course: Course, rng: np.random.Generator) -> None:
    """What the belt scales say of each day, or of each week; the gas a ton makes is known to some percent."""
    oxygen = np.minimum(np.nan_to_num(plant.series[OXYGEN].values.astype(np.float64), nan=20.6), 20.6)
    tons = 3600.0 * course.flow * (20.9 - oxygen) / 20.9 / GAS_OF_COAL
    days = 7 if rng.random() < 0.3 else 1
    told = round(GAS_OF_COAL * float(rng.normal(1.0, 0.03)), -1)
    for first in range(0, plant.hours - days * DAY + 1, days * DAY):
        last = first + days * DAY
        amount = round(float(tons[first:last].sum()) * float(rng.normal(1.0, 0.03)))
        facts = {"material": "原煤", "amount": float(amount), "unit": "t", "gas_per_unit": told}
        plant.papers.append(Paper("fuel", first, last, last + float(rng.uniform(2.0, 72.0)), facts))


def bypass(plant: Plant, rng: np.random.Generator) -> None:
    """A shut valve whose feedback does not stand at zero; open while the boiler is lit, as it is marked."""
    size = plant.hours
    seat = rng.choice([0.0, 0.0, 1.2])
    shown = np.abs(seat + 0.2 * rng.standard_normal(size))
    for mark in plant.marks:
        if mark.kind == "starting":
            shown[int(mark.first) : int(mark.last) - 1] = 100.0
    plant.gauges["p10501"] = Gauge("bypass_valve", sensed(rng, shown, 1, share=0.0))


def main_meter(plant: Plant, rng: np.random.Generator) -> None:
    """A site's main meter: its machines and a tenth more, and offices that have their hours."""
    parts = np.sum([meter.kw for meter in plant.meters.values()], axis=0).astype(np.float64)
    rated = sum(meter.rated for meter in plant.meters.values())
    hour = np.arange(parts.size) / SLOTS % DAY
    offices = 0.02 * rated * (0.5 + np.clip(np.sin((hour - 7.0) / 12.0 * np.pi), 0.0, None))
    kw = np.round(
        parts * rng.uniform(1.06, 1.14) * (1 + 0.004 * rng.standard_normal(parts.size)) + offices, 1
    )
    amperes = np.round(kw / layers.PER_VOLT, 1)
    plant.meters["总表"] = Meter("total", 1.3 * rated, kw.astype(np.float32), amperes.astype(np.float32))


def _basins(plant: Plant, rng: np.random.Generator) -> None:
    """A municipal works: load before it, blowers led by the oxygen in the basins, a dosing pump."""
    flow = plant.series["w00000"].values.astype(np.float64)
    after = plant.series[COD].values.astype(np.float64)
    size = flow.size
    level = rng.uniform(190.0, 280.0)
    strength = np.exp(0.15 * layers.noise(rng, size, 0.97)) * (after / np.median(after)) ** 0.5
    before = level * strength / np.maximum(flow / np.median(flow), 0.5) ** 0.3
    need = np.convolve(before * flow / np.median(before * flow), np.ones(9) / 9.0, mode="same")
    led = np.clip(0.55 * np.roll(need, 2) ** 0.7 * np.exp(0.05 * layers.noise(rng, size, 0.7)), 0.28, 0.95)
    oxygen = np.clip(2.0 + 1.5 * (led / 0.55 - need) + 0.25 * layers.noise(rng, size, 0.8), 0.2, 8.0)
    slots = np.repeat(led, SLOTS)
    plant.meters["曝气风机"] = layers.meter("treatment", 160.0, slots, rng, "blower")
    dosed = np.repeat(np.clip(0.6 * need, 0.2, 0.95), SLOTS) * (1 + 0.1 * rng.standard_normal(size * SLOTS))
    for at in rng.integers(0, size - 2, 40):
        dosed[at * SLOTS : at * SLOTS + int(rng.integers(2, 8))] = 0.0  # the tank is filled
    plant.meters["加药泵"] = layers.meter("treatment", 15.0, np.clip(dosed, 0.0, 1.0), rng, "dosing_pump")
    plant.gauges[COD] = Gauge("inlet", sensed(rng, before, 0, share=0.04), 320.0)
    plant.gauges["inlet_flow"] = Gauge(
        "inlet_flow", sensed(rng, np.roll(flow, -4) * 3.6 * 1.02, 0, share=0.02)
    )
    plant.gauges["e50601"] = Gauge("dissolved_oxygen", sensed(rng, oxygen, 1, share=0.03, drift=0.05))
