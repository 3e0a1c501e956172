"""Electricity: treatment that does not work, meters that do not tell."""

from __future__ import annotations

import numpy as np

from yuanjian.simulator.patterns.plants import SLOTS, Meter
from yuanjian.simulator.patterns.stage import Stage, slots


def treatment_off(stage: Stage) -> None:
    """Treatment stands while production runs."""
    for meter in stage.meters("treatment"):
        _scale(meter, slots(stage.part), 0.0)


def late_start(stage: Stage) -> int:
    """Treatment starts long after production."""
    for start, _ in _runs(stage):
        for meter in stage.meters("treatment"):
            _scale(meter, slice(start - SLOTS, start + round(stage.size["slots"])), 0.0)
    return len(_runs(stage))


def early_stop(stage: Stage) -> int:
    """Treatment stops long before production."""
    for _, stop in _runs(stage):
        for meter in stage.meters("treatment"):
            _scale(meter, slice(stop - round(stage.size["slots"]), stop + 2 * SLOTS), 0.0)
    return len(_runs(stage))


def low_load(stage: Stage) -> None:
    """Treatment draws far less than it needs."""
    for meter in stage.meters("treatment"):
        _scale(meter, slots(stage.part), stage.size["share"])


def dummy_load(stage: Stage) -> None:
    """A heater instead of the machine: the same power all day."""
    meter = stage.meters("treatment")[0]
    part = slots(stage.part)
    level = meter.rated * stage.size["share"]
    wobble = 1.0 + 0.001 * stage.rng.standard_normal(part.stop - part.start)
    meter.kw[part] = np.round(level * wobble, 1)
    meter.amperes[part] = np.round(meter.kw[part] / 0.5594, 1)


def night_production(stage: Stage) -> None:
    """By night production runs without treatment."""
    for night in stage.nights():
        for meter in stage.meters("treatment"):
            _scale(meter, slots(night), stage.size["share"])


def ct_reversed(stage: Stage) -> None:
    """The current transformer sits the wrong way round."""
    meter = stage.meters("treatment")[0]
    meter.kw[slots(stage.part)] *= -1.0


def ct_bypassed(stage: Stage) -> None:
    """Part of the power flows past the meter, the current does not."""
    meter = stage.meters("treatment")[0]
    meter.kw[slots(stage.part)] *= stage.size["share"]


def meter_removed(stage: Stage) -> None:
    """A meter tells nothing any more."""
    _silence(stage.meters("production")[0], slots(stage.part))


def broken_series(stage: Stage) -> None:
    """A meter tells nothing for some hours, again and again."""
    length = round(stage.size["hours"])
    for at in range(stage.first, stage.last - length, round(stage.size["apart"])):
        _silence(stage.meters("treatment")[0], slots(slice(at, at + length)))


def switching(stage: Stage) -> None:
    """Treatment is switched off and on all day."""
    half = round(stage.size["slots"])
    part = slots(stage.part)
    for at in range(part.start, part.stop, 2 * half):
        _scale(stage.meters("treatment")[0], slice(at, min(at + half, part.stop)), 0.0)


def _scale(meter: Meter, part: slice, share: float) -> None:
    meter.kw[part] = np.round(meter.kw[part] * share, 1)
    meter.amperes[part] = np.round(meter.amperes[part] * share, 1)


def _silence(meter: Meter, part: slice) -> None:
    meter.kw[part] = np.nan
    meter.amperes[part] = np.nan


def _runs(stage: Stage) -> list[tuple[int, int]]:
    """Samples at which production starts and stops within the violation, runs of four hours and more."""
    kw = np.sum([meter.kw for meter in stage.meters("production")], axis=0)
    runs = (kw > 0.15 * sum(meter.rated for meter in stage.meters("production"))).astype(np.int8)
    part = slots(stage.part)
    edges = np.diff(runs)
    starts, stops = np.flatnonzero(edges == 1) + 1, np.flatnonzero(edges == -1) + 1
    pairs = [(int(a), int(stops[stops > a][0])) for a in starts if (stops > a).any()]
    return [(a, b) for a, b in pairs if a >= part.start and b <= part.stop and b - a >= 4 * SLOTS]
