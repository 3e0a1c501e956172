"""The papers an honest outlet files: every kind of record some model reads, in agreement with its series.

Everything here is synthetic but what it agrees with: papers come days late, are rounded, differ by the
tolerance of instruments, and honest checks fail now and then. `desk` tells how they are written.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from yuanjian.simulator.patterns import (
    papers_of_amounts,
    papers_of_instruments,
    papers_of_plants,
    papers_of_upkeep,
)
from yuanjian.simulator.patterns.desk import Desk
from yuanjian.simulator.patterns.plants import Plant

CLERKS = (
    papers_of_instruments.checks,
    papers_of_instruments.settings,
    papers_of_instruments.faults,
    papers_of_instruments.outages,
    papers_of_instruments.samples,
    papers_of_instruments.exports,
    papers_of_amounts.permits,
    papers_of_amounts.taxes,
    papers_of_amounts.substituted,
    papers_of_plants.ledgers,
    papers_of_plants.orders,
    papers_of_plants.visits,
    papers_of_plants.cards,
    papers_of_plants.video,
    papers_of_plants.sludge,
    papers_of_plants.carbon,
    papers_of_plants.standby,
    papers_of_plants.load,
    papers_of_plants.sample_line,
    papers_of_upkeep.maintenance,
    papers_of_upkeep.patrols,
)


def file(plants: Sequence[Plant], rng: np.random.Generator) -> None:
    """Add the papers of all hours to the outlets of one enterprise, and of the years before."""
    for plant in plants:
        desk = Desk(plant, rng, plants if plant is plants[0] else ())
        for clerk in CLERKS:
            clerk(desk)
        plant.papers += desk.papers


def filed(plants: Sequence[Plant]) -> tuple[Plant, ...]:
    """Outlets with their papers; those given stay as they are. Ambient stations have none."""
    own = tuple(
        replace(
            plant,
            meters=dict(plant.meters),
            gauges=dict(plant.gauges),
            marks=list(plant.marks),
            events=list(plant.events),
            papers=list(plant.papers),
        )
        for plant in plants
    )
    firms: dict[str, list[Plant]] = {}
    for plant in own:
        if plant.kind != "station":
            firms.setdefault(plant.enterprise, []).append(plant)
    for name, members in firms.items():
        file(members, np.random.default_rng([2026, zlib.crc32(name.encode())]))
    return own
