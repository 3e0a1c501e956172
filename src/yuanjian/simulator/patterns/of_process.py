"""Process parameters that contradict what is reported, and treatment that does not treat."""

from __future__ import annotations

import numpy as np

from yuanjian.simulator.patterns.plants import FLOW, OXYGEN
from yuanjian.simulator.patterns.stage import DAY, Doubles, Stage, slots

VELOCITY, SO2 = "a01011", "a21026"


def _around(stage: Stage, level: float, step: float) -> Doubles:
    """A level with the noise of a sensor, over the hours of the violation."""
    return level + step * stage.rng.standard_normal(stage.last - stage.first)


def _inlet(stage: Stage) -> Doubles:
    """What comes in of the factor; the day before where the sensor is silent."""
    values = stage.plant.gauges[stage.factor].own.values.astype(np.float64)
    known = np.isfinite(values)
    return np.asarray(np.interp(np.arange(values.size), np.flatnonzero(known), values[known])[stage.part])


# ---- what is reported cannot be


def false_velocity(stage: Stage) -> None:
    """The velocity is a fraction of the true one, the fan works as ever."""
    stage.change(stage.part, stage.size["share"], [VELOCITY, FLOW["gas"]])


def below_fuel(stage: Stage) -> None:
    """Far less flue gas than the fuel burnt makes."""
    stage.change(stage.part, stage.size["share"], [VELOCITY, FLOW["gas"]])


def frozen_velocity(stage: Stage) -> None:
    """The velocity is a number, the fan follows the load."""
    for code in (VELOCITY, FLOW["gas"]):
        own = stage.plant.series[code]
        own.put(stage.part, np.full(stage.last - stage.first, own.values[stage.first - 1]))


def starved(stage: Stage) -> None:
    """Far less ammonia than the NOx that is said to be removed would need."""
    own = stage.gauge("ammonia_flow")
    own.put(stage.part, own.values[stage.part] * stage.size["share"])


def without_slurry(stage: Stage) -> None:
    """Hardly any SO2 is left although no slurry flows."""
    stage.gauge("slurry_flow").put(stage.part, np.zeros(stage.last - stage.first))
    stage.show(stage.part, _inlet(stage) * _around(stage, stage.size["share"], 0.002))


def calm_dust(stage: Stage) -> None:
    """A dust monitor that looks at nothing: load, pressure drop and cleaning leave it as it is."""
    level = float(np.median(stage.own.values[stage.first - DAY : stage.first]))
    stage.show(stage.part, _around(stage, level, level * stage.size["cv"]))


def lifted_oxygen(stage: Stage) -> None:
    """The oxygen cell draws air, carbon dioxide is measured elsewhere."""
    own = stage.plant.series[OXYGEN]
    own.put(stage.part, np.minimum(own.values[stage.part] + _around(stage, stage.size["oxygen"], 0.1), 18.5))


def flame_out(stage: Stage) -> None:
    """The flame of the detector is out, the last value stays."""
    stage.gauge("flame_temperature").put(stage.part, _around(stage, 45.0, 3.0))
    stage.show(stage.part, _around(stage, stage.size["level"], 0.004))


def washed(stage: Stage) -> None:
    """Clean water at the intake: next to nothing is left of what came in."""
    stage.show(stage.part, _inlet(stage) * stage.size["share"] * _around(stage, 1.0, 0.15))


def fixed_rest(stage: Stage) -> None:
    """The effluent is computed: always the same share of what came in."""
    stage.show(stage.part, _inlet(stage) * stage.size["share"])


def stuck_oxygen(stage: Stage) -> None:
    """Dissolved oxygen is a number, the blowers rest for hours of each day."""
    own = stage.gauge("dissolved_oxygen")
    own.put(stage.part, _around(stage, stage.size["level"], 0.06))
    rest = round(stage.size["hours"])
    for at in stage.days():
        for meter in stage.machines("blower"):
            part = slots(slice(at + 1, at + 1 + rest))
            meter.kw[part] = np.round(meter.kw[part] * stage.size["share"], 1)


def less_than_species(stage: Stage) -> None:
    """Non-methane hydrocarbons far below the species they are made of."""
    stage.change(stage.part, stage.size["share"])


def replayed(stage: Stage) -> None:
    """A programme makes the value: a level that swings with a period of its own."""
    level = float(np.median(stage.own.values[stage.first - DAY : stage.first]))
    stage.show(stage.part, _around(stage, level, 0.02 * level))
    stage.own.beats.append((stage.first, stage.last, stage.size["period"], stage.size["share"]))


# ---- treatment does not treat


def weak_removal(stage: Stage) -> None:
    """Much of what comes in goes out."""
    stage.show(stage.part, _inlet(stage) * stage.size["share"] * _around(stage, 1.0, 0.04))


def cold_oxidiser(stage: Stage) -> None:
    """The oxidiser saves gas."""
    stage.gauge("oxidiser_temperature").put(stage.part, _around(stage, stage.size["celsius"], 6.0))


def pumps_off(stage: Stage) -> None:
    """No slurry pump runs."""
    _rest(stage, "slurry_pump", 0.0)
    stage.gauge("slurry_flow").put(stage.part, np.zeros(stage.last - stage.first))


def ammonia_off(stage: Stage) -> None:
    """The catalyst is warm and gets no ammonia."""
    stage.gauge("ammonia_flow").put(stage.part, np.zeros(stage.last - stage.first))


def torn_bags(stage: Stage) -> None:
    """Bags are torn, or the gas passes beside them."""
    own = stage.gauge("pressure_drop")
    own.put(stage.part, own.values[stage.part] * stage.size["share"])


def blocked_bags(stage: Stage) -> None:
    """Bags are blocked."""
    own = stage.gauge("pressure_drop")
    own.put(stage.part, own.values[stage.part] * stage.size["ratio"])


def open_bypass(stage: Stage) -> None:
    """The valve of the by-pass is open."""
    stage.gauge("bypass_valve").put(stage.part, _around(stage, stage.size["percent"], 0.5))


def hot_bypass(stage: Stage) -> None:
    """Hot gas in the by-pass."""
    own = stage.gauge("bypass_temperature")
    own.put(stage.part, own.values[stage.part] + _around(stage, stage.size["kelvin"], 2.0))


def aeration_off(stage: Stage) -> None:
    """The blowers hardly run."""
    _rest(stage, "blower", stage.size["share"])


def dosing_off(stage: Stage) -> None:
    """Nothing is dosed."""
    _rest(stage, "dosing_pump", 0.0)


def _rest(stage: Stage, machine: str, share: float) -> None:
    """Machines draw a share of their power."""
    for meter in stage.machines(machine):
        part = slots(stage.part)
        meter.kw[part] = np.round(meter.kw[part] * share, 1)
        meter.amperes[part] = np.round(meter.amperes[part] * share, 1)


# ---- meters and rooms


def low_sub_meters(stage: Stage) -> None:
    """The meters of the machines count a part of what the main meter counts."""
    part = slots(stage.part)
    for meter in (*stage.meters("production"), *stage.meters("treatment")):
        meter.kw[part] = np.round(meter.kw[part] * stage.size["share"], 1)


def hot_station(stage: Stage) -> None:
    """Nobody mends the cooling of the station."""
    stage.gauge("station_temperature").put(stage.part, _around(stage, stage.size["celsius"], 0.5))


def damp_station(stage: Stage) -> None:
    """Nobody dries the station."""
    stage.gauge("station_humidity").put(stage.part, _around(stage, stage.size["percent"], 1.0))


def dark_station(stage: Stage) -> None:
    """The station has no power."""
    stage.gauge("station_power").put(stage.part, np.zeros(stage.last - stage.first))
