"""Incinerators: days above the limit, too little heat, exemptions used up and misused."""

from __future__ import annotations

import numpy as np

from yuanjian.simulator.patterns.plants import Mark
from yuanjian.simulator.patterns.stage import DAY, Stage


def furnace_days(stage: Stage) -> None:
    """Days above the limit of the day."""
    limit = stage.plant.day_limits[stage.factor] * stage.size["ratio"]
    for at in stage.days():
        stage.show_judged(slice(at, at + DAY), limit * stage.rng.uniform(0.93, 1.07, DAY))


def cold_furnace(stage: Stage) -> None:
    """The furnace is colder than it must be while waste burns."""
    size = stage.last - stage.first
    bound = next(g.design for g in stage.plant.gauges.values() if g.role == "furnace_temperature")
    assert bound is not None
    level = bound - stage.size["kelvin"]
    stage.gauge("furnace_temperature").put(stage.part, level + 4.0 * stage.rng.standard_normal(size))


def used_exemptions(stage: Stage) -> None:
    """Hours of every day are marked as a fault of the furnace."""
    hours = round(stage.size["hours"])
    for at in stage.days():
        first = at + int(stage.rng.integers(0, DAY - hours))
        stage.plant.marks.append(Mark("fault", first, first + hours))


def dirty_exemption(stage: Stage) -> None:
    """The filter is by-passed in hours marked as a fault."""
    stage.plant.marks.append(Mark("fault", stage.first, stage.last))
    level = stage.size["level"] * stage.rng.uniform(0.97, 1.03, stage.last - stage.first)
    stage.show_judged(stage.part, np.asarray(level, np.float64))
