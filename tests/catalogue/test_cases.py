"""Every case of every model."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from yuanjian.screening import cases, catalogue

CATALOGUE = catalogue.load()
CASES = [case for model in CATALOGUE for case in cases.read(model.code)]
every = pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code}-{case.name}")
MARKED_ONLY = {
    "M101", "M103", "M117", "M120", "M121", "M124", "M128", "M217", "M219", "M235", "M237", "M238", "M239",
    "M240", "M241", "M242", "M303", "M305", "M326", "M414", "M416", "M417", "M418", "M419", "M420", "M724",
    "M726",
}  # fmt: skip
"""Models whose stopped plant is told by its mark alone; the others' power shows it too."""


@every
def test_the_case_comes_out_as_it_says(case: cases.Case) -> None:
    outcome = cases.run(case, CATALOGUE[case.code])
    assert outcome.problems == ()


@every
def test_only_positive_cases_expect_findings(case: cases.Case) -> None:
    assert bool(case.expect) == (case.kind == "positive")


@every
def test_the_last_hours_give_what_the_whole_gives(case: cases.Case) -> None:
    model = CATALOGUE[case.code]
    late = case.end - timedelta(hours=30)
    whole = [finding for finding in cases.findings(case, model) if finding.end > late]
    assert list(cases.findings(case, model, start=late)) == whole


@pytest.mark.parametrize("code", sorted(MARKED_ONLY))
def test_without_its_mark_the_stopped_plant_would_be_accused(code: str) -> None:
    case = next(case for case in cases.read(code) if case.kind == "stopped_plant")
    unmarked = replace(case, registry=replace(case.registry, periods=()))
    assert cases.findings(unmarked, CATALOGUE[code])
