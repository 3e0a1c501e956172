"""Flue gas that is thinned, frozen or computed wrongly; reports that do not fit each other."""

from __future__ import annotations

import numpy as np

from yuanjian.series import FlagCode
from yuanjian.simulator.patterns.plants import FLOW, OXYGEN, Mark, Version
from yuanjian.simulator.patterns.stage import DAY, Stage, refer

AUXILIARIES = ("a01012", "a01013", "a01014")


def diluted(stage: Stage) -> None:
    """Air is drawn in before the probe: more oxygen, less of everything else."""
    own = stage.plant.series[OXYGEN]
    before = own.values[stage.part].astype(np.float64)
    wave = 0.15 * stage.rng.standard_normal(before.size)
    after = np.minimum(before + stage.size["oxygen"] + wave, 18.5)
    own.put(stage.part, after)
    thinner = (21.0 - after) / (21.0 - before)
    stage.change(stage.part, thinner, stage.plant.pollutants)


def oxygen_conversion(stage: Stage) -> None:
    """Values at reference oxygen are sent lower than the formula gives."""
    own = stage.own
    assert own.reference is not None
    own.reference[stage.part] = np.round(own.reference[stage.part] * stage.size["share"], own.decimals + 1)


def flow_recompute(stage: Stage) -> None:
    """Less flow than velocity, temperature, pressure and moisture give."""
    stage.change(stage.part, stage.size["share"], [FLOW["gas"]])


def aggregation(stage: Stage) -> None:
    """Hour values lower than their minutes."""
    stage.own.fine = stage.own.values.copy()
    stage.change(stage.part, stage.size["share"])


def aggregation_of_days(stage: Stage) -> None:
    """Day values lower than their hours."""
    for at in stage.days():
        good = stage.own.valid(slice(at, at + DAY))
        mean = float(stage.own.values[at : at + DAY][good].mean())
        stage.plant.days[stage.factor, at // DAY] = mean * stage.size["share"]


def nox_as_no(stage: Stage) -> None:
    """NO is sent as NOx: the molar masses are not converted."""
    no, no2 = (stage.plant.series[code].values[stage.part] for code in ("a21003", "a21004"))
    stage.show(stage.part, no + no2)


def clock_shift(stage: Stage) -> None:
    """The clock of the logger is wrong."""
    stage.plant.drift = stage.size["minutes"] * float(stage.rng.choice([-1.0, 1.0]))


def rewritten(stage: Stage) -> None:
    """Hours are sent again days later, lower."""
    own, share = stage.own, stage.size["share"]
    received = stage.last + DAY * stage.size["days"]
    for hour in range(stage.first, stage.last):
        if own.valid(slice(hour, hour + 1)).all():
            reference = None if own.reference is None else float(own.reference[hour]) * share
            value = float(own.values[hour]) * share
            stage.plant.versions.append(Version(stage.factor, hour, value, reference, received))


def stop_mark(stage: Stage) -> None:
    """Marked as stopped while everything runs."""
    stage.plant.marks.append(Mark("stopped", stage.first, stage.last, accepted=False))


def frozen_auxiliaries(stage: Stage) -> None:
    """Temperature, pressure and moisture are parameters, not measured."""
    for code in AUXILIARIES:
        own = stage.plant.series[code]
        own.put(stage.part, np.full(stage.last - stage.first, own.values[stage.first - 1]))


def pulled_probe(stage: Stage) -> None:
    """The probe hangs in ambient air: cold, wet with oxygen, nothing in it."""
    size = stage.last - stage.first
    stage.plant.series["a01012"].put(stage.part, 25.0 + 3.0 * stage.rng.standard_normal(size))
    stage.plant.series[OXYGEN].put(stage.part, 20.0 + 0.2 * stage.rng.standard_normal(size))
    stage.change(stage.part, 0.08, stage.plant.pollutants)


def leaking_probe(stage: Stage) -> None:
    """The gas cools on its way: the temperature is far too low, everything else as before."""
    own = stage.plant.series["a01012"]
    own.put(stage.part, own.values[stage.part] - stage.size["kelvin"])


def stop_with_power(stage: Stage) -> None:
    """Filed as stopped, data as of a stop, but power is drawn."""
    stage.plant.marks = [m for m in stage.plant.marks if m.last <= stage.first or m.first >= stage.last]
    stage.plant.marks.append(Mark("stopped", stage.first, stage.last))
    for own in stage.plant.series.values():
        own.values[stage.part] = 0.0
        own.flags[stage.part] = FlagCode.F
    refer(stage.plant, stage.part)
