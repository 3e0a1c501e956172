"""Data that do not come."""

from __future__ import annotations

from yuanjian.series import FlagCode
from yuanjian.simulator.patterns.stage import DAY, Stage, flag


def gap(stage: Stage) -> None:
    """Nothing comes at all."""
    stage.lose(stage.part)


def single_factor_gap(stage: Stage) -> None:
    """One factor does not come."""
    stage.lose(stage.part, [stage.factor])


def scattered_gaps(stage: Stage) -> None:
    """A share of all hours does not come."""
    for hour in range(stage.first, stage.last):
        if stage.rng.random() < stage.size["share"]:
            stage.lose(slice(hour, hour + 1))


def night_gaps(stage: Stage) -> None:
    """Some hours of most nights do not come."""
    for night in stage.nights():
        if stage.rng.random() < stage.size["nights"]:
            begin = int(stage.rng.integers(night.start, night.stop - 4))
            stage.lose(slice(begin, begin + round(stage.size["hours"])))


def selective_gaps(stage: Stage) -> int:
    """After an hour near the limit, hours do not come."""
    high = stage.judged > 0.85 * stage.limit
    hour, acts = stage.first, 0
    while hour < stage.last:
        if high[hour - 1] and stage.rng.random() < stage.size["share"]:
            stage.lose(slice(hour, hour + int(stage.rng.integers(1, 3))))
            hour, acts = hour + 2, acts + 1
        hour += 1
    return acts


def drop_after_gap(stage: Stage) -> int:
    """A gap, and a lower level for half a day; several times."""
    length = round(stage.size["hours"])
    times = stage.steady_hours(length + 8, 4 * DAY)[:3]
    for at in times:
        stage.change(slice(at + length, at + length + 12), 1.0 - stage.size["drop"])
        stage.lose(slice(at, at + length))
    return len(times)


def flagged_fault(stage: Stage) -> None:
    """The hours carry the flag of a fault."""
    flag(stage, stage.part, FlagCode.D)


def quarter_invalid(stage: Stage) -> None:
    """On most days of some weeks the hours carry the flag of a fault."""
    for day in stage.days():
        if stage.rng.random() < stage.size["share"]:
            flag(stage, slice(day, day + DAY), FlagCode.D)
