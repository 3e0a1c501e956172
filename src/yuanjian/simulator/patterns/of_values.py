"""Values other than the true ones: repeated, copied, scaled, capped, impossible."""

from __future__ import annotations

import numpy as np

from yuanjian.simulator.patterns import layers
from yuanjian.simulator.patterns.stage import DAY, Stage


def constant(stage: Stage) -> None:
    """The value stands still."""
    stage.show(stage.part, stage.own.values[stage.first - 1])


def low_variation(stage: Stage) -> None:
    """The value hardly moves about its mean."""
    mean = np.median(stage.own.values[stage.part][stage.own.valid(stage.part)])
    stage.show(stage.part, mean * (1.0 + stage.size["cv"] * _draws(stage)))


def copied_days(stage: Stage) -> None:
    """Days are those of some days before, hour by hour."""
    lag = round(stage.size["lag"]) * DAY
    for at in stage.days():
        stage.show(slice(at, at + DAY), stage.own.values[at - lag : at - lag + DAY])


def copied_pieces(stage: Stage) -> None:
    """Now and then some hours repeat earlier ones."""
    length = round(stage.size["hours"])
    for at in range(stage.first, stage.last - length, round(stage.size["apart"])):
        back = int(stage.rng.integers(2 * length, 15 * DAY))
        source = slice(at - back, at - back + length)
        if stage.own.valid(source).all():
            stage.show(slice(at, at + length), stage.own.values[source])


def copied_outlet(stage: Stage) -> None:
    """Another outlet of the enterprise shows the same course at another level."""
    other = Stage(stage.others[0], stage.first, stage.last, stage.factor, stage.size, stage.rng)
    share = stage.size["share"]
    other.show(stage.part, stage.own.values[stage.part] * share)


def fixed_ratio(stage: Stage) -> None:
    """One factor is computed from another."""
    source = stage.plant.series["a21026"]
    known = stage.own.valid(stage.part) & source.valid(stage.part) & (source.values[stage.part] > 0)
    ratio = np.median(stage.own.values[stage.part][known] / source.values[stage.part][known])
    stage.show(stage.part, source.values[stage.part] * ratio * (1.0 + stage.size["cv"] * _draws(stage)))


def odd_digits(stage: Stage) -> None:
    """Values invented by hand: they end in some digits only."""
    step = 10.0**-stage.own.decimals
    values = stage.own.values[stage.part]
    stage.show(stage.part, np.round(values / step / 5.0) * 5.0 * step)


def few_values(stage: Stage) -> None:
    """A handful of values again and again."""
    known = stage.own.values[stage.part][stage.own.valid(stage.part)]
    levels = np.quantile(known, np.linspace(0.02, 0.98, round(stage.size["values"])))
    nearest = np.abs(stage.own.values[stage.part, None] - levels[None]).argmin(axis=1)
    stage.show(stage.part, levels[nearest])


def zero(stage: Stage) -> None:
    """(Almost) zero while production runs."""
    stage.change(stage.part, 0.0)


def scaled(stage: Stage) -> None:
    """All pollutants times a factor."""
    stage.change(stage.part, stage.size["share"], stage.plant.pollutants)


def capped(stage: Stage) -> None:
    """What would lie above the limit reads just below it."""
    below = stage.limit * (1.0 - stage.size["below"] * stage.rng.random(stage.last - stage.first))
    judged = stage.judged[stage.part]
    stage.show_judged(stage.part, np.where(judged > below, below, judged))


def near_limit(stage: Stage) -> None:
    """A share of the hours reads 90 to 100 % of the limit."""
    size = stage.last - stage.first
    chosen = stage.rng.random(size) < stage.size["share"]
    shown = stage.limit * stage.rng.uniform(0.905, 0.995, size)
    stage.show_judged(stage.part, np.where(chosen, shown, stage.judged[stage.part]))


def truncated(stage: Stage) -> None:
    """What would lie above the limit is spread below it."""
    judged = stage.judged[stage.part]
    spread = stage.limit * stage.rng.uniform(0.9, 0.998, judged.size)
    stage.show_judged(stage.part, np.where(judged >= 0.998 * stage.limit, spread, judged))


def drops(stage: Stage) -> int:
    """Values fall for some hours at a time although the load is steady."""
    hours = round(stage.size["hours"])
    times = stage.steady_hours(hours, 2 * DAY)[: round(stage.size["times"])]
    for at in times:
        stage.change(slice(at, at + hours), 1.0 - stage.size["drop"])
    return len(times)


def simultaneous_drops(stage: Stage) -> int:
    """All pollutants fall within a minute, several times a week."""
    hours = round(stage.size["hours"])
    times = stage.steady_hours(hours + 1, 30)[: round(stage.size["times"])]
    for at in times:
        stage.change(slice(at, at + hours), 1.0 - stage.size["drop"], stage.plant.pollutants)
        stage.plant.edges |= {at, at + hours}
    return len(times)


def exceedance(stage: Stage) -> None:
    """A real exceedance of the limit."""
    size = stage.last - stage.first
    stage.show_judged(stage.part, stage.limit * stage.size["ratio"] * stage.rng.uniform(0.95, 1.05, size))


def collapse(stage: Stage) -> int:
    """Treatment fails or is by-passed for some hours at steady load: the value is a multiple of before."""
    hours, times = round(stage.size["hours"]), stage.size["times"]
    high = stage.judged * times > 0.9 * stage.limit
    occasions = [at for at in stage.steady_hours(hours, DAY) if high[at : at + hours].all()][:2]
    for at in occasions:
        stage.change(slice(at, at + hours), times)
    return len(occasions)


def impossible(stage: Stage) -> None:
    """Values below zero."""
    step = 10.0**-stage.own.decimals
    size = stage.last - stage.first
    stage.show(stage.part, -step * stage.size["steps"] * stage.rng.uniform(0.9, 1.5, size))


def jump_after_visit(stage: Stage) -> int:
    """From each visit on the level is lower for a day and a half. Visits between days of equal load count."""
    load, acts = stage.load(), 0
    for mark in [m for m in stage.plant.marks if m.kind == "maintenance"]:
        if stage.first <= mark.first and mark.last + 36 <= stage.last:
            first, last = int(mark.first), int(mark.last)
            stage.change(slice(last, last + 36), 1.0 - stage.size["drop"], stage.plant.pollutants)
            sides = load[first - DAY : first].mean(), load[last : last + DAY].mean()
            acts += abs(sides[1] / sides[0] - 1.0) < 0.08
    return acts


def calibration_masking(stage: Stage) -> int:
    """Hours near the limit are marked as calibration."""
    high = stage.judged > 0.92 * stage.limit
    hour, acts = stage.first, 0
    while hour < stage.last - 3:
        if high[hour - 1] and stage.rng.random() < stage.size["share"]:
            layers.calibration(stage.plant, hour, 2, accepted=False)
            hour, acts = hour + round(stage.size["apart"]), acts + 1
        hour += 1
    return acts


def _draws(stage: Stage) -> np.ndarray:
    return stage.rng.standard_normal(stage.last - stage.first)
