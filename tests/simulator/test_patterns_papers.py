"""The papers of honest outlets are complete, plausible and late; what is filed wrongly is seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from yuanjian.screening import catalogue, engine
from yuanjian.screening.records import KINDS
from yuanjian.simulator.patterns import bases, draws, judge, library, papers, papers_of_amounts
from yuanjian.simulator.patterns.plants import Paper, Plant
from yuanjian.simulator.patterns.readings import PlantReadings, instant, registry

NAMES = ("NC 2712/2", "turbine 2", "sewage 1", "sewage 2", "voc 1")
NEVER_FILED = {"bypass_notice", "process_change", "fuel", "fault_report"}
"""Nothing among these outlets happens that asks for them."""
SEEN = (
    "check_ignored", "checks_copied", "tax_low", "over_reduction", "unmetered", "metal_exceedance",
    "ordered_afterwards", "touched",
)  # fmt: skip
"""Patterns the models are run over here; `yuanjian models score` runs all."""


@pytest.fixture(scope="module")
def plain() -> list[Plant]:
    return [plant for plant in bases.all_plants() if plant.name in NAMES]


@pytest.fixture(scope="module")
def filed(plain: list[Plant]) -> tuple[Plant, ...]:
    return papers.filed(plain)


def test_every_kind_models_read_is_filed(filed: tuple[Plant, ...]) -> None:
    kinds = {paper.kind for plant in filed for paper in plant.papers}
    assert kinds >= set(KINDS) - NEVER_FILED
    for plant in filed:
        assert all(set(paper.facts) <= set(KINDS[paper.kind].columns) for paper in plant.papers)


def test_the_outlets_given_stay_as_they_are(plain: list[Plant], filed: tuple[Plant, ...]) -> None:
    assert not any(plant.papers for plant in plain)
    assert [set(b.meters) - set(a.meters) for a, b in zip(plain, filed, strict=True)] != [set()] * len(plain)
    assert papers.filed(plain)[0].papers == filed[0].papers
    station = next(plant for plant in bases.all_plants() if plant.kind == "station")
    assert papers.filed([station])[0].papers == []


def test_papers_come_late_and_what_has_not_come_is_not_known(filed: tuple[Plant, ...]) -> None:
    works = next(plant for plant in filed if plant.kind == "sewage")
    checks = [paper for paper in works.papers if paper.kind == "qc"]
    late = np.array([paper.received - paper.last for paper in checks])
    assert late.min() >= 0
    assert late.max() > 48
    known = registry([works]).told["qc"]
    assert len(known) == sum(paper.received <= works.hours for paper in checks) < len(checks)
    early = replace(works, papers=[Paper("qc", 5.0, 5.0, works.hours + 1.0, {})])
    assert "qc" not in registry([early]).told


def test_a_part_has_its_papers_at_its_own_hours() -> None:
    fault = Paper("fault_report", 100.0, 120.0, 130.0, {"reported_at": 104.0, "repaired_at": 120.0})
    plant = replace(bases.all_plants()[0], papers=[fault])
    (moved,) = plant.part(slice(48, 300)).papers
    assert (moved.first, moved.last, moved.received) == (52.0, 72.0, 82.0)
    assert moved.facts == {"reported_at": 56.0, "repaired_at": 72.0}
    row = registry([plant]).told["fault_report"].row(0, named=True)
    assert (row["start"], row["reported_at"]) == (instant(100), instant(104))


def test_a_month_is_declared_as_it_was(filed: tuple[Plant, ...]) -> None:
    plant = filed[0]
    spans = papers_of_amounts.month_spans(plant.hours)
    assert len(spans) == 12
    assert spans[1] == (31 * 24, 59 * 24)
    told = [p for p in plant.papers if p.kind == "declared_tax" and p.facts["factor"] == "a21002"]
    kg = np.nansum(papers_of_amounts.emitted(plant, "a21002").amount)
    assert sum(p.facts["amount"] for p in told) == pytest.approx(kg, rel=0.01)


@pytest.mark.parametrize("name", ["door_drop", "touched", "slope_lowered"])
def test_who_sends_other_values_declares_what_they_come_to(name: str) -> None:
    draw = draws.draw(library.patterns()[name], 7, 0)
    kg = []
    for plant in (draw.plants[0], draw.twins[0]):
        told = [p for p in plant.papers if p.kind == "declared_tax" and p.facts["factor"] == draw.factor]
        months = slice(0, max(int(p.last) for p in told))
        kg.append(np.nansum(papers_of_amounts.emitted(plant, draw.factor).amount[0, months]))
        assert sum(p.facts["amount"] for p in told) == pytest.approx(kg[-1], rel=0.005)
    assert kg[0] < kg[1]


def test_honest_papers_send_nobody_out(filed: tuple[Plant, ...]) -> None:
    models = [model for model in catalogue.load() if "record:" in str(model.inputs["needs"])]
    judged = [model for model in models if model.class_ != "exceedance" and model.status in {"live", "trial"}]
    report = engine.run(
        judged, PlantReadings(filed), registry(filed), judge.policy(judged), start=instant(0),
        end=instant(8760), now=instant(8762),
    )  # fmt: skip
    assert [(f.model, filed[f.outlet].name) for f in report.findings if f.level == 1] == []
    assert sum(f.level == 2 for f in report.findings) <= 3


def test_the_models_see_what_is_filed_wrongly() -> None:
    chosen = [library.patterns()[name] for name in SEEN]
    models = [model for model in catalogue.load() if any(model.code in p.models for p in chosen)]
    tally = judge.judge(models, draws.draws(chosen, 7, 1), len(chosen))
    assert tally.missed == []
    assert {name: counts["found"] for name, counts in tally.patterns.items()} == dict.fromkeys(SEEN, 1)
