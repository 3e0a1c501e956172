"""Incinerators and coating works made of other outlets: their load, stops, variation; levels of the trade.

All synthetic: no public data of such plants exist by the hour. What is real is the course: hours of
operation, load, NOx, SO2 and electricity of the units and works they are made of, the variation of ambient
stations.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from yuanjian.series import FlagCode
from yuanjian.simulator.patterns import layers, surroundings
from yuanjian.simulator.patterns.layers import Doubles
from yuanjian.simulator.patterns.plants import OXYGEN, SLOTS, Gauge, Mark, Plant, Series
from yuanjian.simulator.patterns.process import NOX, SO2, Course, bypass, sensed

DUST, CO, HCL, NMHC = "a34013", "a21005", "a21024", "a24088"
HOUR_LIMITS = {DUST: 30.0, NOX: 300.0, SO2: 100.0, HCL: 60.0, CO: 100.0}
DAY_LIMITS = {DUST: 20.0, NOX: 250.0, SO2: 80.0, HCL: 50.0, CO: 80.0}
"""mg/m³ at 11 % oxygen, of the order of GB 18485-2014 and GB 18484-2020."""
UNITS = ("MS 2049/4", "MS 6061/2", "MS 6073/1", "NC 2727/4", "MS 2049/5")
"""Units with few stops, as furnaces for waste have; the last two burn hazardous waste."""
COATERS = ("NC 10525/ES5A", "NC 2720/8", "sewage 2", "sewage 4")
"""Lines that run day and night, and lines with the shifts of the works."""
SPECIES = {"a25002": 0.05, "a25003": 0.38, "a25004": 0.12, "a25005": 0.3}
"""Share of each species measured in the NMHC, as carbon."""
BRIEF = 0.95
"""Longest visit to the instruments of a furnace, h: two hours a week would use up the 30 h of a quarter in
which they may be maintained (部令第10号), and no repair could follow."""
DAY = 24


def made_of(plants: Sequence[Plant]) -> Iterator[Plant]:
    """The synthetic outlets of both trades."""
    known = {plant.name: plant for plant in plants}
    stations = [plant for plant in plants if plant.kind == "station"]
    for at, name in enumerate(UNITS):
        yield _furnace(at, known[name], stations[at % len(stations)], hazardous=at >= 3)
    for at, name in enumerate(COATERS):
        yield _coater(at, known[name], stations[at % len(stations)])


def _scores(own: Series) -> Doubles:
    """A real series as scores: its logarithm over six hours, in deviations, cut at 2.5; gaps are bridged."""
    values = np.where(np.isfinite(own.values), np.maximum(own.values, 0.1), np.nan).astype(np.float64)
    place = np.arange(values.size)
    known = np.isfinite(values)
    logs = np.log(np.interp(place, place[known], values[known]))
    smooth = np.convolve(logs, np.ones(6) / 6.0, mode="same")
    return np.asarray(np.clip((smooth - smooth.mean()) / smooth.std(), -2.5, 2.5))


def _furnace(at: int, unit: Plant, station: Plant, *, hazardous: bool) -> Plant:
    """A furnace with the load, the stops, the NOx and the SO2 of a unit."""
    rng = np.random.default_rng([2031, at])
    course = Course.of(unit)
    flags = np.where(course.on, FlagCode.N, FlagCode.F).astype(np.uint8)
    lit = np.zeros(course.on.size, np.bool_)
    marks = [mark for mark in unit.marks if mark.kind in {"stopped", "starting", "stopping"}]
    for mark in marks:
        lit[int(mark.first) : int(mark.last)] |= mark.kind != "stopped"
    one, two, three = (_scores(station.series[code]) for code in (SO2, DUST, CO))
    made = {
        NOX: _scaled(unit, NOX, 130.0, course),
        SO2: _scaled(unit, SO2, 22.0, course),
        HCL: 16.0 * np.exp(0.3 * one + 0.05 * rng.standard_normal(one.size)),
        DUST: np.where(lit, rng.uniform(12.0, 60.0, one.size), 4.5 * np.exp(0.25 * two)),
        CO: np.where(lit, 60.0, 14.0) * np.exp(0.35 * three + 0.1 * rng.standard_normal(one.size)),
    }
    shown = {
        code: layers.series(np.where(course.on, values, 0.0), 1 + (code == DUST), flags)
        for code, values in made.items()
    }
    shown[OXYGEN] = unit.series[OXYGEN].part(slice(0, unit.hours))
    shown["a00000"] = layers.series(0.05 * course.flow, 2, flags)
    shown["a01012"] = layers.series(
        np.where(course.on, 150.0 + 3.0 * layers.noise(rng, one.size), 28.0), 1, flags
    )
    name = f"{'hazardous' if hazardous else 'incinerator'} {at + 1}"
    plant = Plant(name, name.split()[0], "gas", shown, {}, dict(HOUR_LIMITS), 11.0, dict(DAY_LIMITS),
                  marks=marks, enterprise=name, synthetic=True)  # fmt: skip
    refer(plant)
    _machines(plant, unit, rng)
    layers.serve(plant, rng, BRIEF)
    _heat(plant, course, lit, 1165.0 if hazardous else 930.0, 1100.0 if hazardous else 850.0, rng)
    return plant


def refer(plant: Plant) -> None:
    """Values at reference oxygen."""
    oxygen = np.minimum(plant.series[OXYGEN].values.astype(np.float64), 19.0)
    for code in plant.pollutants:
        own = plant.series[code]
        own.reference = np.round(own.values * (21.0 - 11.0) / (21.0 - oxygen), own.decimals + 1).astype(
            np.float32
        )


def _scaled(unit: Plant, code: str, level: float, course: Course) -> Doubles:
    """A real series at another level, its swings damped as by a treatment that is controlled."""
    values = unit.series[code].values.astype(np.float64)
    return np.asarray(level * (values / np.median(values[course.on])) ** 0.6)


def _machines(plant: Plant, unit: Plant, rng: np.random.Generator) -> None:
    """Grate, fan and lime, with the load of the unit."""
    own = next(meter for meter in unit.meters.values() if meter.role == "production")
    slots = own.kw.astype(np.float64) / own.rated
    longer = (slots > 0) | (np.roll(slots, 1) > 0) | (np.roll(slots, -1) > 0)
    plant.meters["炉排与给料"] = layers.meter("production", 200.0, slots, rng)
    for name, rated in (("引风机", 350.0), ("脱酸系统", 60.0)):
        plant.meters[name] = layers.meter("treatment", rated, np.where(longer, 0.45 + 0.4 * slots, 0.0), rng)


def _heat(
    plant: Plant, course: Course, lit: np.ndarray, hot: float, bound: float, rng: np.random.Generator
) -> None:
    """Temperature of the furnace by the minute, with spells of wet waste; feed stops while it is too cold."""
    size = course.on.size
    heat = hot + 0.04 * hot * (course.load - 0.8) + 8.0 * layers.noise(rng, size, 0.8)
    for at in rng.integers(0, size - 4, 10):
        heat[at : at + int(rng.integers(1, 4))] = bound + rng.uniform(26.0, 45.0)
    heat[int(rng.integers(0, size))] = bound + 15.0
    for mark in plant.marks:
        part = slice(int(mark.first), int(mark.last))
        if mark.kind == "starting":  # by burners; waste is fed once it is hot
            heat[part] *= np.linspace(0.6, 1.0, 4)[: int(mark.last - mark.first)]
        if mark.kind == "stopped" and mark.last - mark.first > 2:
            heat[part] = 80.0
    shown = sensed(rng, heat, 1, share=0.0)
    broken = int(rng.integers(200, size - 200))
    shown.values[broken : broken + 5] = 25.0
    shown.flags[broken : broken + 5] = FlagCode.D
    plant.edges |= {broken, broken + 5}
    plant.gauges["p10101"] = Gauge("furnace_temperature", shown, bound, [(0, size)])
    if plant.kind == "hazardous":
        fed = np.where(course.on & (heat > bound) & ~lit, 4.0 * course.load, 0.0)
        fed[rng.integers(0, size, 300)] = 0.0
        plant.gauges["feed"] = Gauge("feed", sensed(rng, fed, 2, share=0.05))
    bypass(plant, rng)


def _coater(at: int, source: Plant, station: Plant) -> Plant:
    """Ovens whose air goes through an oxidiser, with the electricity of another outlet's production."""
    rng = np.random.default_rng([2033, at])
    own = next(meter for meter in source.meters.values() if meter.role == "production")
    slots = own.kw.astype(np.float64) / own.rated
    slots = np.where(slots > 0.12, np.clip(0.3 + 0.7 * slots, 0.0, 1.0), 0.0)
    load = slots.reshape(-1, SLOTS).mean(axis=1)
    wave = _scores(station.series[CO])
    size = load.size
    inlet = np.where(load > 0.02, 520.0 * np.maximum(load, 0.3) ** 0.5 * np.exp(0.25 * wave), 8.0)
    inlet = inlet * np.exp(0.08 * rng.standard_normal(size))
    kept = np.clip(0.045 * np.exp(0.2 * layers.noise(rng, size, 0.98)), 0.02, 0.12)
    after = np.where(load > 0.02, inlet * kept, 2.5 * np.exp(0.1 * wave)) * np.exp(
        0.03 * rng.standard_normal(size)
    )
    flow = np.where(load > 0.02, 12.0 * (0.6 + 0.4 * load), 1.5) * (1.0 + 0.015 * rng.standard_normal(size))
    shown = {
        NMHC: layers.series(after, 2),
        "a00000": layers.series(flow, 2),
        OXYGEN: layers.series(19.8 + 0.25 * layers.noise(rng, size) + np.where(load > 0.02, 0.0, 0.6), 2),
        "a01012": layers.series(np.where(load > 0.02, 95.0, 55.0) + 3.0 * layers.noise(rng, size), 1),
    }
    name = f"voc {at + 1}"
    plant = Plant(name, "voc", "gas", shown, {}, {NMHC: 60.0}, enterprise=name, synthetic=True)
    _mark_holidays(plant, load)
    ahead = np.maximum.reduce([slots > 0, np.roll(slots, -2) > 0, np.roll(slots, 3) > 0])
    plant.meters["涂装线"] = layers.meter("production", 300.0, slots, rng)
    plant.meters["引风机"] = layers.meter("treatment", 110.0, np.where(ahead, 0.4 + 0.45 * slots, 0.0), rng)
    plant.meters["燃烧装置"] = layers.meter("treatment", 40.0, np.where(ahead, 0.7, 0.0), rng)
    layers.serve(plant, rng)
    _oxidiser(plant, load, inlet, flow, rng)
    _analyser(plant, after, rng)
    return plant


def _mark_holidays(plant: Plant, load: Doubles) -> None:
    """Two days and more without production are marked as a stop."""
    idle = np.concatenate([[False], load <= 0.02, [False]]).astype(np.int8)
    for first, last in np.flatnonzero(np.diff(idle)).reshape(-1, 2):
        if last - first >= 2 * DAY:
            plant.marks.append(Mark("stopped", int(first), int(last)))


def _oxidiser(plant: Plant, load: Doubles, inlet: Doubles, flow: Doubles, rng: np.random.Generator) -> None:
    """Hot before production starts, on hold over night; what comes in; a by-pass that stays shut."""
    size = load.size
    soon = np.zeros(size, np.bool_)
    for ahead in range(3):
        soon |= np.roll(load > 0.02, -ahead)
    heat = np.where(soon, 822.0 + 6.0 * layers.noise(rng, size, 0.7), 640.0 + 10.0 * layers.noise(rng, size))
    for at in rng.integers(0, size, 12):
        heat[at] -= rng.uniform(20.0, 55.0)  # the burner trips and is lit again
    outside = surroundings.ambient(rng, size)
    plant.gauges[NMHC] = Gauge("inlet", sensed(rng, inlet, 1, share=0.03, drift=0.02))
    plant.gauges["inlet_flow"] = Gauge("inlet_flow", sensed(rng, 0.97 * flow * 3600.0, 0, share=0.02))
    plant.gauges["p10102"] = Gauge("oxidiser_temperature", sensed(rng, heat, 1, share=0.0), 760.0)
    plant.gauges["p10502"] = Gauge(
        "bypass_temperature", sensed(rng, outside + 5.0 + 0.01 * (heat - 640.0), 1)
    )
    plant.gauges["a01001"] = Gauge("ambient_temperature", sensed(rng, outside, 1, share=0.0, step=0.2))


def _analyser(plant: Plant, after: Doubles, rng: np.random.Generator) -> None:
    """A flame ionisation detector, and a chromatograph whose species are most of what it sees."""
    size = after.size
    week = np.arange(size) % (9 * DAY) / (9 * DAY)
    plant.gauges["flame_temperature"] = Gauge(
        "flame_temperature", sensed(rng, np.full(size, 262.0), 1, step=3.0)
    )
    pressure = sensed(rng, 165.0 - 50.0 * week, 1, share=0.01)
    plant.gauges["hydrogen_pressure"] = Gauge("hydrogen_pressure", pressure, 100.0)
    plant.gauges["methane"] = Gauge("methane", sensed(rng, np.full(size, 1.6), 2, share=0.06))
    answer = 1.0 + 0.04 * layers.noise(rng, size, 0.99)
    for code, share in SPECIES.items():
        mix = np.exp(0.2 * layers.noise(rng, size, 0.95))
        plant.gauges[code] = Gauge("species", sensed(rng, share * answer * mix * after, 2, share=0.05))
