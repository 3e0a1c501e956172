"""Drawing: which outlet does what, when and how much. The same seed gives the same draws."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from yuanjian.simulator.patterns import bases
from yuanjian.simulator.patterns.library import Pattern
from yuanjian.simulator.patterns.plants import Plant
from yuanjian.simulator.patterns.stage import DAY, Doubles, Stage, steady

WEEK = 7 * DAY
SPAN = 26 * WEEK
"""Hours a draw is cut out of the year, by whole weeks."""
EARLIEST = 18 * WEEK
"""Violations begin in the three weeks from here on, sooner if they are long: models have learned."""
LATITUDE = 3 * WEEK
REST = 2 * DAY
TRIES = 400
BY_DAY = frozenset({"works", "voc", "plating"})
"""Kinds whose production stands by night."""
MOSTLY = 0.3
MIN_STEPS = 60
"""A series whose level is fewer steps of its resolution has nothing to falsify."""


@dataclass(frozen=True)
class Draw:
    """A violation: the outlets with it (the first one cheats), the same without, and where it is."""

    pattern: Pattern
    number: int
    source: str
    plants: tuple[Plant, ...]
    twins: tuple[Plant, ...]
    first: int
    last: int
    factor: str


def draws(patterns: Sequence[Pattern], seed: int, count: int) -> Iterator[Draw]:
    """``count`` draws of each pattern, each from a generator of its own: no draw depends on another."""
    for pattern in patterns:
        for number in range(count):
            yield draw(pattern, seed, number)


def draw(pattern: Pattern, seed: int, number: int) -> Draw:
    """One draw; raises `LookupError` if no outlet fits in `TRIES` tries."""
    rng = np.random.default_rng([seed, number, zlib.crc32(pattern.name.encode())])
    plants = [plant for plant in bases.all_plants() if plant.kind in pattern.at]
    for _ in range(TRIES):
        found = _try(pattern, number, plants, rng)
        if found is not None:
            return found
    raise LookupError(f"no outlet fits {pattern.name}")


def _try(pattern: Pattern, number: int, plants: Sequence[Plant], rng: np.random.Generator) -> Draw | None:
    whole = plants[int(rng.integers(len(plants)))]
    offset = WEEK * int(rng.integers(whole.hours // WEEK - SPAN // WEEK + 1))
    length = int(rng.integers(pattern.hours[0], pattern.hours[1] + 1))
    first = EARLIEST + int(rng.integers(min(LATITUDE, SPAN - REST - EARLIEST - length)))
    factor = _factor(pattern, whole, rng)
    if factor is None or not _works(pattern, whole, offset + first, offset + first + length):
        return None
    cut = slice(offset, offset + SPAN)
    size = {name: float(rng.uniform(low, high)) for name, (low, high) in pattern.size.items()}
    honest = [whole.part(cut), *_companions(pattern, whole, plants, cut, rng)]
    twin = Stage(honest[0], first, first + length, factor, size, rng, honest[1:])
    if not _fits(pattern, twin):
        return None
    pattern.prepared(twin)
    if "tighten" in pattern.prepare and not _has_room(twin, pattern.needs.get("above", 0.0)):
        return None
    guilty = [plant.part(slice(0, SPAN)) for plant in honest]
    acts = pattern.act(replace(twin, plant=guilty[0], others=guilty[1:]))
    if acts is not None and acts < pattern.needs.get("acts", 1):
        return None
    names = f"{pattern.name} {number}"
    cheats, honesty = _named(guilty, f"{names} cheats"), _named(honest, f"{names} honest")
    return Draw(pattern, number, whole.name, cheats, honesty, first, first + length, factor)


def _named(plants: Sequence[Plant], enterprise: str) -> tuple[Plant, ...]:
    """Outlets of one enterprise of their own."""
    return tuple(replace(plant, enterprise=enterprise) for plant in plants)


def _factor(pattern: Pattern, plant: Plant, rng: np.random.Generator) -> str | None:
    """The pattern's factor, or one of the outlet's pollutants that has a level worth falsifying."""
    if pattern.factor and pattern.factor != "pollutant":
        return (
            pattern.factor if pattern.factor in plant.series and _is_worth_it(plant, pattern.factor) else None
        )
    able = [code for code in plant.pollutants if _is_worth_it(plant, code)]
    return able[int(rng.integers(len(able)))] if able else None


def _is_worth_it(plant: Plant, code: str) -> bool:
    own = plant.series[code]
    values = own.values[own.valid(slice(None))]
    return float(np.median(values)) >= MIN_STEPS * 10.0**-own.decimals


def _works(pattern: Pattern, plant: Plant, first: int, last: int) -> bool:
    """Production is on almost throughout (some stand by night) and has been most of the time before."""
    least = 0.0 if plant.kind in BY_DAY else 0.97
    runs = plant.runs()
    return bool(
        runs[first - 2 * DAY : last].mean() >= least and runs[first - 40 * DAY : first].mean() > 0.6 * least
    )


def _companions(
    pattern: Pattern, whole: Plant, plants: Sequence[Plant], cut: slice, rng: np.random.Generator
) -> list[Plant]:
    """A second outlet of the same kind where the pattern needs a pair."""
    if "pair" not in pattern.prepare:
        return []
    others = [plant for plant in plants if plant.kind == whole.kind and plant.name != whole.name]
    return [others[int(rng.integers(len(others)))].part(cut)]


def _fits(pattern: Pattern, scene: Stage) -> bool:
    """Valid data, and what the pattern needs of load, level and movement."""
    needs, load = pattern.needs, scene.load()
    around = slice(scene.first - DAY, scene.last)
    valid = all(s.own.valid(around).mean() > 0.9 for s in (scene, *_scenes(scene)))
    conditions = (
        valid,
        needs.get("has", scene.factor) in scene.plant.series,
        "gauge" not in needs or needs["gauge"] in {gauge.role for gauge in scene.plant.gauges.values()},
        "machine" not in needs or bool(scene.machines(needs["machine"])),
        load[scene.part].mean() >= needs.get("load", 0.0),
        _moves(scene, load, np.isfinite(load)) >= needs.get("varies", 0.0),
        "steady" not in needs or steady(load, scene.first),
        "level" not in needs or np.median(scene.judged[around]) >= needs["level"] * scene.limit,
        "moves" not in needs or _moves_by_itself(scene, needs["moves"]) >= 0.05,
        "unmarked" not in needs or not scene.plant.marked("maintenance", "fault")[scene.part].any(),
    )
    return bool(all(conditions))


def _moves(scene: Stage, values: Doubles, known: npt.NDArray[np.bool_]) -> float:
    """Least coefficient of variation on a whole day of the violation; infinite without whole days."""
    days = [values[at : at + DAY][known[at : at + DAY]] for at in scene.days()]
    return min((float(day.std() / day.mean()) for day in days if day.size and day.mean() > 0), default=np.inf)


def _moves_by_itself(scene: Stage, code: str) -> float:
    own = scene.plant.series[code]
    if not _is_worth_it(scene.plant, code):
        return 0.0
    return _moves(scene, own.values.astype(np.float64), own.valid(slice(None)))


def _scenes(scene: Stage) -> list[Stage]:
    return [replace(scene, plant=other) for other in scene.others]


def _has_room(scene: Stage, above: float) -> bool:
    """Does the outlet not live at the limit it has been given, and often enough exceed it during the time?"""
    before = slice(scene.first - 30 * DAY, scene.first)
    usual = scene.judged[before][scene.own.valid(before)] / scene.limit
    judged = scene.judged[scene.part][scene.own.valid(scene.part)]
    return bool(((usual > 0.9) & (usual <= 1.0)).mean() < MOSTLY and (judged > scene.limit).mean() >= above)
