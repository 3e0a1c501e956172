"""What goes wrong without anybody cheating: broken instruments, and upkeep done badly."""

from __future__ import annotations

import numpy as np

from yuanjian.series import FlagCode
from yuanjian.simulator.patterns import layers
from yuanjian.simulator.patterns.plants import Mark
from yuanjian.simulator.patterns.stage import DAY, Stage, flag, refer

SERVICE = "运维甲"


def logger_frozen(stage: Stage) -> None:
    """Every factor repeats its last value, until somebody comes and starts the logger again."""
    for own in stage.plant.series.values():
        before = own.values[stage.first - 1]
        if np.isfinite(before):
            own.put(stage.part, np.full(stage.last - stage.first, before))
    refer(stage.plant, stage.part)
    _visit(stage, stage.last)


def spikes(stage: Stage) -> None:
    """Single hours jump to many times the value or to nothing; some carry the device's own flag."""
    own = stage.own
    for hour in range(stage.first, stage.last):
        if stage.rng.random() < stage.size["share"]:
            one = slice(hour, hour + 1)
            stage.show(one, own.values[one] * (0.0 if stage.rng.random() < 0.5 else stage.size["times"]))
            if stage.rng.random() < 0.3:
                own.flags[one] = FlagCode.D


def dead_analyser(stage: Stage) -> None:
    """The value falls to nothing at once; the device notices late, a fault is reported at the end."""
    stage.show(stage.part, 0.0)
    _flag_from(stage)
    stage.plant.marks.append(Mark("fault", stage.last - 2, stage.last + 3, stage.factor))


def blocked_line(stage: Stage) -> None:
    """Less and less comes through; after the end somebody cleans it and marks that."""
    length = stage.last - stage.first
    stage.change(stage.part, stage.size["share"] ** (np.arange(length) / length * 2.0).clip(0, 1))
    _visit(stage, stage.last)


def stuck_signal(stage: Stage) -> None:
    """One factor repeats its value; the device may notice, somebody comes at the end."""
    stage.show(stage.part, stage.own.values[stage.first - 1])
    _flag_from(stage)
    _visit(stage, stage.last)


def unmarked_calibration(stage: Stage) -> None:
    """Somebody comes, zero and span gas are measured, and nobody marks it."""
    for at in range(stage.first, stage.last - 8, round(stage.size["apart"])):
        length = round(stage.size["hours"])
        layers.opening(stage.plant, at - 0.1, SERVICE)
        layers.closing(stage.plant, at + length)
        half = max(length // 2, 1)
        stage.show(slice(at, at + half), 0.0)
        stage.show(slice(at + half, at + length), 0.8 * stage.limit)


def wrong_span(stage: Stage) -> None:
    """From a marked calibration on values are too low, until the next one."""
    _calibrated(stage, stage.first)
    stage.change(slice(stage.first + 2, stage.last), stage.size["share"])
    _calibrated(stage, stage.last)


def left_in_calibration(stage: Stage) -> None:
    """After a marked calibration the gas of the cylinder goes on being measured."""
    _calibrated(stage, stage.first)
    level = stage.size["level"] * stage.limit
    stage.show(slice(stage.first + 2, stage.last), level * (1.0 + 0.001 * stage.rng.standard_normal()))
    layers.opening(stage.plant, stage.last, SERVICE)


def wrong_settings(stage: Stage) -> None:
    """After service the flow is computed with a wrong section or velocity factor."""
    _visit(stage, stage.first - 3)
    flow = stage.plant.series["a00000"]
    flow.put(stage.part, flow.values[stage.part] * stage.size["share"])


def long_service(stage: Stage) -> None:
    """Work on the instrument goes on long after its mark; values are flagged or missing."""
    length = stage.last - stage.first
    marked = stage.first + max(round(stage.size["marked"] * length), 2)
    stage.plant.marks.append(Mark("maintenance", stage.first, marked))
    for day in range(stage.first, stage.last, DAY // 2):
        layers.opening(stage.plant, day + 0.2, SERVICE)
        layers.closing(stage.plant, day + 3.0)
    flag(stage, slice(stage.first, marked), FlagCode.M)
    stage.lose(slice(marked, stage.last), stage.plant.pollutants)


def _flag_from(stage: Stage) -> None:
    """The device's own flag from some hour on."""
    first = stage.last - round(stage.size["flagged"] * (stage.last - stage.first))
    stage.own.flags[first : stage.last] = FlagCode.D


def _visit(stage: Stage, hour: int) -> None:
    """Somebody comes, repairs and marks it."""
    layers.visit(stage.plant, hour + 0.2, person=SERVICE)


def _calibrated(stage: Stage, hour: int) -> None:
    layers.opening(stage.plant, hour - 0.2, SERVICE)
    layers.closing(stage.plant, hour + 1.4)
    layers.calibration(stage.plant, hour)
