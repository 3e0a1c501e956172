"""What the models that learn are worth on real hours: `yuanjian bench learning [--units N] [--models CODE…]`.

Learned from the first half of the honest year of `simulator/data` (real concentrations and loads of US
stacks and a gas turbine; what is synthetic is told in its README), asked about the second half: how often
they speak of honest outlets, and how often of the same outlets with a simple violation laid over some days.
A violation counts as found if a finding touches it that the honest outlet does not have as severe. Injected
violations are not real ones: the figures compare methods, they promise nothing for the field. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import _sequences
import _trends
import numpy as np

from yuanjian.screening import catalogue, engine, training
from yuanjian.screening.findings import Finding
from yuanjian.screening.learnt.artefact import Artefact, Shelf
from yuanjian.screening.model import Model
from yuanjian.series import Cube, SeriesKey
from yuanjian.simulator.patterns import bases, layers
from yuanjian.simulator.patterns.judge import policy
from yuanjian.simulator.patterns.plants import SLOTS, Paper, Plant
from yuanjian.simulator.patterns.readings import INDUSTRY, POINTS, PlantReadings, instant, registry

HALF, YEAR, DAY, WEEK = 182 * 24, 364 * 24, 24, 168
HOUR = timedelta(hours=1)
KINDS = ("coal", "gas", "turbine")
FACTOR = "a21002"
Change = Callable[[Plant, slice], None]


def scaled(plant: Plant, part: slice, share: float = 0.4) -> None:
    """A share of the true value."""
    own = plant.series[FACTOR]
    own.put(part, share * own.values[part])


def constant(plant: Plant, part: slice) -> None:
    """The first value all the time."""
    own = plant.series[FACTOR]
    own.put(part, np.full(part.stop - part.start, own.values[part.start]))


def copied(plant: Plant, part: slice) -> None:
    """The day before, again and again."""
    own = plant.series[FACTOR]
    own.put(part, np.tile(own.values[part.start - DAY : part.start], (part.stop - part.start) // DAY))


def unsold(plant: Plant, part: slice) -> None:
    """Of the products of the weeks half are written down."""
    plant.papers = [
        replace(paper, facts={**paper.facts, "amount": 0.5 * paper.facts["amount"]})
        if paper.kind == "product" and part.start < paper.last and paper.first < part.stop
        else paper
        for paper in plant.papers
    ]


def invented(plant: Plant, part: slice) -> None:
    """The right level with noise instead of a course."""
    own = plant.series[FACTOR]
    rng = np.random.default_rng(part.start)
    own.put(part, own.values[part].mean() * (1.0 + 0.1 * rng.standard_normal(part.stop - part.start)))


Violations = dict[str, tuple[Change, int]]
SHORT: Violations = {
    "scaled to 40 % for 5 days": (scaled, 5 * DAY),
    "constant for 1 day": (constant, DAY),
    "day copied for 3 days": (copied, 3 * DAY),
}
LONG: Violations = {
    "scaled to 40 % for 3 weeks": (scaled, 21 * DAY),
    "scaled to 70 % for 3 weeks": (partial(scaled, share=0.7), 21 * DAY),
    "half of the products unrecorded for 3 weeks": (unsold, 21 * DAY),
}
FINE: Violations = {**SHORT, "invented for 3 days": (invented, 3 * DAY)}
OF_MODEL: dict[str, Violations] = {"M727": LONG, "M732": FINE}


class Minutely(PlantReadings):
    """Plants that send minutes all year (synthetic between the real hours), drawn when asked for."""

    def _minutes(self, cube: Cube, row: int, key: SeriesKey) -> None:
        own = self._series(key)
        if own is None:
            self._meter(cube, row, key)
            return
        plant, per_hour = self.plants[key.point // POINTS], round(HOUR / cube.step)
        first = max((cube.start - instant(0)) // HOUR, 0)
        last = min(first + cube.grid.size // per_hour, plant.hours)
        values = layers.minutes(plant, own, first, last, key.point).reshape(-1, 60 // per_hour)
        cube.values[row, : len(values)] = values.mean(axis=1)
        cube.flags[row, : len(values)] = np.repeat(own.flags[first:last], per_hour)
        cube.decimals[row] = own.decimals + 1


def readings_of(model: Model, plants: Sequence[Plant]) -> PlantReadings:
    """With minutes for the model that looks at them."""
    return (Minutely if model.code == "M732" else PlantReadings)(plants)


def with_products(plant: Plant, seed: int) -> Plant:
    """Weekly products: the real load of the week, with 2 % of noise (synthetic); each a firm of its own."""
    rng = np.random.default_rng([727, seed, zlib.crc32(plant.name.encode())])
    made = replace(plant.part(slice(0, plant.hours)), enterprise=plant.name)
    load = sum(own.kw for own in plant.meters.values() if own.role == "production")
    for first in range(0, plant.hours - WEEK + 1, WEEK):
        amount = float(np.nansum(load[first * SLOTS : (first + WEEK) * SLOTS])) / SLOTS / 1000.0
        facts = {
            "product": "电",
            "unit": "MWh",
            "amount": amount * float(np.exp(0.02 * rng.standard_normal())),
        }
        made.papers.append(Paper("product", first, first + WEEK, first + WEEK + 30, facts, whole=True))
    return made


def main(arguments: Sequence[str]) -> int:
    """Train, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, default=0, help="the first N outlets of each kind; 0: all")
    parser.add_argument("--models", nargs="+", default=["M731", "M327"])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sequences", action="store_true", help="compare ways to tell odd minutes")
    parser.add_argument("--trends", action="store_true", help="changes and peers beside PELT and LOF")
    parser.add_argument(
        "--peer-python", default=sys.executable, help="interpreter with ruptures and scikit-learn"
    )
    given = parser.parse_args(arguments)
    every = [[plant for plant in bases.all_plants() if plant.kind == kind] for kind in KINDS]
    plants = [plant for some in every for plant in (some[: given.units] if given.units else some)]
    if given.sequences:
        print(json.dumps(_sequences.report(plants, given.seed), ensure_ascii=False, indent=1))
        return 0
    if given.trends:
        told = _trends.report(plants, given.seed, given.peer_python)
        print(json.dumps(told, ensure_ascii=False, indent=1))
        return 0
    models = catalogue.load()
    report: dict[str, Any] = {"seed": given.seed, "outlets": len(plants), "models": {}}
    for code in given.models:
        report["models"][code] = of_model(models[code], plants, given.seed)
    print(json.dumps(report, ensure_ascii=False, indent=1))
    return 0


def of_model(model: Model, plants: Sequence[Plant], seed: int) -> dict[str, Any]:
    """The figures of one model."""
    if "record:product" in model.inputs["needs"]:
        plants = [with_products(plant, seed) for plant in plants]
    began = time.monotonic()
    artefacts = learn(model, plants, seed)
    took = time.monotonic() - began
    shelf = Shelf(artefacts)
    honest = ask(model, plants, shelf)
    known = {outlet for artefact in artefacts for outlet in artefact.outlets}
    years = len(known) * (YEAR - HALF) / (365 * DAY)
    return {
        "trained_s": round(took, 1),
        "trained": {artefact.facts["industry"]: dict(artefact.facts["metrics"]) for artefact in artefacts},
        "outlet_years": round(years, 1),
        "honest_per_outlet_year": {
            str(level): round(sum(f.level == level for f in honest) / years, 2) for level in (1, 2, 3)
        },
        "found": {
            name: violated(model, plants, shelf, honest, known, name, seed)
            for name in OF_MODEL.get(model.code, SHORT)
        },
    }


def learn(model: Model, plants: Sequence[Plant], seed: int) -> list[Artefact]:
    """One artefact for each industry."""
    data, outlets = readings_of(model, plants), registry(plants)
    industries = [INDUSTRY[kind] for kind in KINDS if any(plant.kind == kind for plant in plants)]
    return [
        training.train(
            model, data, outlets, start=instant(0), end=instant(HALF), industry=industry, seed=seed
        )
        for industry in industries
    ]


def ask(model: Model, plants: Sequence[Plant], shelf: Shelf) -> list[Finding]:
    """Findings of the second half."""
    return engine.run(
        [model], readings_of(model, plants), registry(plants), policy([model]), start=instant(HALF),
        end=instant(YEAR), now=instant(YEAR + 2), trained=shelf,
    ).findings  # fmt: skip


def violated(
    model: Model, plants: Sequence[Plant], shelf: Shelf, honest: Sequence[Finding], known: set[int],
    name: str, seed: int,
) -> dict[str, Any]:  # fmt: skip
    """How many of the violations laid over outlets it knows are found, by level."""
    change, hours = OF_MODEL.get(model.code, SHORT)[name]
    rng = np.random.default_rng([seed, len(name)])
    changed, parts = list(plants), dict[int, slice]()
    for at, plant in enumerate(plants):
        part = _while_running(plant, hours, rng)
        if at in known and part is not None:
            changed[at] = replace(plant.part(slice(0, plant.hours)), synthetic=plant.synthetic)
            change(changed[at], part)
            parts[at] = part
    found = ask(model, changed, shelf)
    worst = {at: _worst(at, part, found, honest) for at, part in parts.items()}
    reached = {f"level {level} or worse": sum(own <= level for own in worst.values()) for level in (3, 2, 1)}
    return {"n": len(parts), **reached}


def _while_running(plant: Plant, hours: int, rng: np.random.Generator) -> slice | None:
    """A span of whole days in the second half with production on and valid values, after such a day.

    Of weeks, nine hours of ten: nobody runs so long without service.
    """
    least = 1.0 if hours < WEEK else 0.9
    fit = plant.series[FACTOR].valid(slice(None)) & plant.runs()
    for _ in range(200):
        first = DAY * int(rng.integers(HALF // DAY + 1, (YEAR - hours) // DAY))
        if fit[first - DAY : first + hours].mean() >= least:
            return slice(first, first + hours)
    return None


def _worst(at: int, part: slice, found: Sequence[Finding], honest: Sequence[Finding]) -> int:
    """The most severe level said of the violation and not of the honest outlet; 4: nothing."""

    def level(findings: Sequence[Finding]) -> int:
        start, end = instant(part.start), instant(part.stop) + timedelta(hours=1)
        near = [f.level for f in findings if f.outlet == at and f.start < end and f.end > start]
        return min(near, default=4)

    said, anyway = level(found), level(honest)
    return said if said < anyway else 4


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
