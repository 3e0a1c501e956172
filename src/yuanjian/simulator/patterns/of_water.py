"""Waste water: sensors that hang elsewhere, parts larger than their whole, flow that knows the sampler."""

from __future__ import annotations

import numpy as np

from yuanjian.simulator.patterns.plants import FLOW
from yuanjian.simulator.patterns.stage import DAY, Stage

PH, CONDUCTIVITY, AMMONIA, NITROGEN = "w01001", "w01014", "w21003", "w21001"


def stuck_ph(stage: Stage) -> None:
    """The electrode stands in a buffer."""
    own = stage.plant.series[PH]
    size = stage.last - stage.first
    own.put(stage.part, stage.size["level"] + 0.004 * stage.rng.standard_normal(size))


def hierarchy(stage: Stage) -> None:
    """More ammonia than total nitrogen."""
    whole = stage.plant.series[NITROGEN].values[stage.part]
    stage.plant.series[AMMONIA].put(stage.part, whole * stage.size["ratio"])


def sampler_flow(stage: Stage) -> None:
    """Little flow whenever the sampler draws."""
    starts = [hour for hour in range(stage.first, stage.last) if hour % DAY in stage.plant.sampler_hours]
    for hour in starts:
        stage.change(slice(hour, hour + 1), stage.size["share"], [FLOW["water"]])


def day_exceedance(stage: Stage) -> None:
    """Days above the limit."""
    for at in stage.days():
        stage.show(
            slice(at, at + DAY), stage.limit * stage.size["ratio"] * stage.rng.uniform(0.95, 1.05, DAY)
        )


def many_days(stage: Stage) -> None:
    """Single days above the limit, again and again."""
    days = list(stage.days())
    for at in stage.rng.choice(days, round(stage.size["days"]), replace=False):
        stage.show(slice(at, at + DAY), stage.limit * stage.rng.uniform(1.1, 1.3, DAY))


def odd_ph(stage: Stage) -> None:
    """Acid or lye."""
    level = 7.5 + stage.size["away"] * float(stage.rng.choice([-1.0, 1.0]))
    stage.plant.series[PH].put(stage.part, level + 0.1 * stage.rng.standard_normal(stage.last - stage.first))


def other_water(stage: Stage) -> None:
    """The intake hangs in clean water."""
    stage.change(stage.part, stage.size["share"], stage.plant.pollutants)
    own = stage.plant.series[CONDUCTIVITY]
    own.put(stage.part, own.values[stage.part] * np.sqrt(stage.size["share"]))
