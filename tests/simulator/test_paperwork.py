"""The papers of the plants agree with their readings; what is filed wrongly is found."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from yuanjian.clock import BEIJING, to_beijing
from yuanjian.errors import OwnFault
from yuanjian.screening import catalogue, engine
from yuanjian.screening.findings import Finding
from yuanjian.screening.records import KINDS
from yuanjian.screening.thresholds import CataloguePolicy, Confirmation
from yuanjian.simulator import World, misdeeds, offline
from yuanjian.simulator.filing import keep_filing
from yuanjian.simulator.paperwork import Papers, papers

DAYS = 31
"""A whole month, so that the monthly models have one to judge."""
READ = {f"record:{kind}" for kind in KINDS}


@pytest.fixture(scope="module")
def world() -> World:
    made = World.build(seed=3, outlets=36)
    made.inject(3, days=DAYS, rate=0, paper=0.6)
    return made


@pytest.fixture(scope="module")
def filed(world: World) -> Papers:
    return papers(world, world.midnight(), world.midnight(DAYS))


@pytest.fixture(scope="module")
def found(world: World) -> list[Finding]:
    """What the models over records and process parameters say, each of them allowed every level."""
    start, end = world.midnight(), world.midnight(DAYS)
    names = {name for kind in misdeeds.KINDS.values() for name in kind.models}
    models = [model for model in catalogue.load() if model.code in names or _reads(model)]
    policy = CataloguePolicy(
        {model.code: model for model in models},
        {model.code: Confirmation("test", "test") for model in models},
    )
    registry = offline.registry(world, start, end, papers=True)
    report = engine.run(
        models, offline.readings(world, start, end), registry, policy, start=start, end=end, now=end
    )
    return list(report.findings)


def _reads(model: Any) -> bool:
    needs = model.inputs["needs"]
    return bool(READ & set(needs) or model.inputs.get("signals"))


def test_every_kind_of_paper_is_filed(filed: Papers) -> None:
    kinds = {"qc", "parameter", "permit_amount", "capacity", "visit", "fuel", "product", "utility"}
    kinds |= {"maintenance_order"}
    assert set(filed) == kinds | {"declared_tax", "manual_result", "fault_report"}
    assert all(filed.values())
    for kind, rows in filed.items():
        known = {"enterprise", "outlet", "start", "end", *KINDS[kind].columns}
        assert all(set(row) <= known for row in rows), kind


def test_papers_are_the_same_every_time(world: World, filed: Papers) -> None:
    again = World.from_dict(world.as_dict())
    assert papers(again, again.midnight(), again.midnight(DAYS)) == filed


def test_all_four_parties_agree_on_parameters_of_the_honest(world: World, filed: Papers) -> None:
    guilty = _outlets(world, "parameter_changed")
    told: dict[Any, set[float]] = {}
    for row in filed["parameter"]:
        key = (row["enterprise"], row["outlet"])
        if key not in guilty:
            told.setdefault((*key, row["factor"], row["name"]), set()).add(row["value"])
    assert told
    assert all(len(values) == 1 for values in told.values())


OF_A_YEAR = {"permit_amount", "capacity"}


def test_papers_go_on_where_they_ended(world: World, filed: Papers) -> None:
    start, middle, end = world.midnight(), world.midnight(12) + timedelta(hours=10), world.midnight(DAYS)
    first = papers(world, start, middle)
    later = papers(world, start, end, middle)
    for kind, rows in filed.items():
        told = [*first.get(kind, []), *later.get(kind, [])]
        if kind not in OF_A_YEAR:
            assert {_text(row) for row in told} == {_text(row) for row in rows}, kind
            assert min(row["end" if kind == "declared_tax" else "start"] for row in later[kind]) >= _text_of(
                world.midnight(12)
            )
    assert not any(later[kind] for kind in OF_A_YEAR), "they were told for the whole year"


def _text(row: dict[str, Any]) -> str:
    return repr(sorted(row.items()))


def _text_of(instant: datetime) -> str:
    return to_beijing(instant).isoformat()


def test_a_new_year_brings_new_permits(world: World) -> None:
    start = world.midnight()
    new_year = datetime(to_beijing(start).year + 1, 1, 1, tzinfo=BEIJING)
    told = papers(world, start, new_year + timedelta(days=1), new_year - timedelta(days=1))
    assert {row["start"] for kind in OF_A_YEAR for row in told[kind]} == {new_year.isoformat()}


def test_whose_papers_end_is_overdue_and_whose_go_on_is_not(world: World) -> None:
    start, middle, end = world.midnight(), world.midnight(8), world.midnight(DAYS)
    model = catalogue.load()["M120"]
    registry = offline.registry(world, start, end, papers=True)
    readings = offline.readings(world, start, end)
    policy = CataloguePolicy({"M120": model}, {})
    checks = registry.told["qc"]
    seen = []
    for told in (checks.filter(pl.col("start") < middle.astimezone(UTC)), checks):
        ports = readings, replace(registry, told={"qc": told})
        report = engine.run([model], *ports, policy, start=middle, end=end, now=end)
        seen.append({finding.outlet for finding in report.findings})
    guilty = {v.outlet for v in world.violations if v.kind.name == "qc_overdue"}
    assert len(seen[0]) > 0.9 * len(world.outlets)
    assert seen[1] <= guilty


def test_filing_goes_on_each_night_and_after_a_failure(tmp_path: Path) -> None:
    days = [datetime(2026, 11, day, 3, tzinfo=BEIJING) for day in (3, 3, 4, 6)]
    since, path = datetime(2026, 11, 2, 15, tzinfo=BEIJING), tmp_path / "papers.txt"
    asked: list[tuple[int, int]] = []
    stop = asyncio.Event()

    def clock() -> datetime:
        if len(days) == 1:
            stop.set()
        return days.pop(0)

    def deliver(first: datetime, until: datetime) -> int:
        asked.append((to_beijing(first).day, until.day))
        if len(asked) == 1:
            raise OwnFault("simulator.papers_later", "", "")
        return 1

    asyncio.run(keep_filing(deliver, clock, since, path, stop, every=0.001))
    assert asked == [(2, 3), (2, 3), (3, 4), (4, 6)]
    days = [datetime(2026, 11, 7, 3, tzinfo=BEIJING)]
    stop = asyncio.Event()
    asyncio.run(keep_filing(deliver, clock, since, path, stop, every=0.001))
    assert asked[-1] == (6, 7)


def test_checks_come_in_time_and_pass(world: World, filed: Papers) -> None:
    guilty = _outlets(world, "qc_overdue") | _outlets(world, "check_ignored")
    last: dict[Any, datetime] = {}
    spread = Counter[float]()
    for row in sorted(filed["qc"], key=lambda row: row["start"]):
        key = (row["enterprise"], row["outlet"], row["factor"], row["kind"])
        if key[:2] in guilty or row["kind"] in {"verification", "comparison"}:
            continue
        assert row["passed"]
        limit = timedelta(hours=25) if row["kind"] == "standard" else timedelta(days=7, hours=1)
        at = datetime.fromisoformat(row["start"])
        assert at - last.get(key, at) < limit
        last[key] = at
        spread[row["error"]] += 1
    assert len(spread) > 0.5 * spread.total(), "checks that are all alike look invented"


def test_a_law_abiding_plant_is_left_alone(world: World, found: list[Finding]) -> None:
    guilty = {violation.outlet for violation in world.violations}
    firms = {world.outlets[n].enterprise.serial for n in guilty}
    # A reminder because values rose at the hour of a visit is what chance does to one visit in many.
    wrong = [f for f in found if f.enterprise not in firms and (f.model, f.level) != ("M219", 3)]
    assert [(f.model, f.level, f.claim) for f in wrong] == []


def test_what_is_done_wrong_is_found(world: World, found: list[Finding]) -> None:
    missed = []
    for violation in world.violations:
        truth = violation.truth
        about = [
            f
            for f in found
            if f.outlet == violation.outlet and f.model in truth.models and f.end >= truth.start
        ]
        if truth.models and not any(f.level <= truth.level for f in about):
            missed.append((truth.kind, truth.level, [(f.model, f.level) for f in about]))
    assert missed in ([], [("parameter_changed", 1, [("M240", 2)])]), "noise may hide that readings fell, too"
    assert {violation.kind.name for violation in world.violations} == set(misdeeds.KINDS)


def _outlets(world: World, kind: str) -> set[tuple[str, str]]:
    return {(v.truth.enterprise, v.truth.outlet) for v in world.violations if v.kind.name == kind}
