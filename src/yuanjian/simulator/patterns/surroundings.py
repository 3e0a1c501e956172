"""The air around a plant, and the room of its instruments. Synthetic."""

from __future__ import annotations

import numpy as np

from yuanjian.simulator.patterns import layers
from yuanjian.simulator.patterns.layers import Doubles
from yuanjian.simulator.patterns.plants import Gauge, Plant

DAY, YEAR = 24, 8760


def ambient(rng: np.random.Generator, size: int) -> Doubles:
    """°C of the air outside, from New Year on: season, day and weather. [T]"""
    hour = np.arange(size)
    season = 11.0 - 14.0 * np.cos((hour - 400) / YEAR * 2 * np.pi)
    return np.asarray(
        season - 5.0 * np.cos((hour % DAY - 3.0) / DAY * 2 * np.pi) + 4.0 * layers.noise(rng, size, 0.98)
    )


def station(plant: Plant, rng: np.random.Generator) -> None:
    """A cooled room: steady but for some failures of cooling and power, mended within half a day."""
    size = plant.hours
    outside = ambient(rng, size)
    inside = 22.5 + 0.07 * (outside - 12.0) + 0.5 * layers.noise(rng, size)
    moisture = 44.0 + 0.35 * np.clip(outside - 10.0, 0.0, None) + 3.0 * layers.noise(rng, size, 0.95)
    supply = np.ones(size)
    for at in rng.integers(0, size - DAY, 3):
        hours = int(rng.integers(3, 12))
        inside[at : at + hours] += np.minimum(2.0 * np.arange(1, hours + 1), 12.0)
        moisture[at : at + hours] += 8.0
    for at in rng.integers(0, size - DAY, 2):
        supply[at : at + int(rng.integers(1, 4))] = 0.0
    plant.gauges["p10601"] = Gauge("station_temperature", layers.series(inside, 1))
    plant.gauges["p10701"] = Gauge("station_humidity", layers.series(moisture, 1))
    plant.gauges["station_power"] = Gauge("station_power", layers.series(supply, 0))
