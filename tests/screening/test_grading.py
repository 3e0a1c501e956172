"""The level of findings together: statistical signs need a second, independent model for level 1."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from yuanjian.screening import catalogue
from yuanjian.screening.grading import TOGETHER, level_of, worst

HOUR = timedelta(hours=1)
NOON = datetime(2026, 11, 1, 4, tzinfo=UTC)
RULE = replace(catalogue.load()["M101"], code="R", kernel="rule", second_model=False)
MODELS = {
    "R": RULE,
    "S": replace(RULE, code="S", kernel="statistics", second_model=True),
    "S2": replace(RULE, code="S2", kernel="statistics", second_model=True),
    "T": replace(RULE, code="T", kernel="shape", second_model=True),
    "D": replace(RULE, code="D", kernel="gap_run", second_model=False),
}


@dataclass
class Told:
    model: str
    level: int
    start: datetime = NOON
    hours: float = 3

    @property
    def end(self) -> datetime:
        return self.start + self.hours * HOUR


@pytest.mark.parametrize(
    ("findings", "level"),
    [
        ([Told("R", 1)], 1),
        ([Told("S", 1)], 2),
        ([Told("S", 2)], 2),
        ([Told("S", 3)], 3),
        ([Told("S", 1), Told("S", 1, NOON + 5 * HOUR)], 2),
        ([Told("S", 1), Told("S2", 1)], 2),
        ([Told("S", 1), Told("R", 3)], 2),
        ([Told("S", 1), Told("R", 2)], 1),
        ([Told("S", 1), Told("T", 2)], 1),
        ([Told("S", 1), Told("T", 1)], 1),
        ([Told("S", 1), Told("T", 2, NOON + 3 * HOUR + TOGETHER)], 1),
        ([Told("S", 1), Told("T", 2, NOON + 3.5 * HOUR + TOGETHER)], 2),
        ([Told("S", 1), Told("T", 2, NOON - 3 * HOUR - TOGETHER)], 1),
        ([Told("S", 1), Told("T", 2, NOON - 4 * HOUR - TOGETHER)], 2),
        ([Told("S", 1), Told("D", 2)], 2),
        ([Told("D", 1)], 1),
        ([Told("S", 1), Told("gone", 1)], 1),
        ([Told("S", 1), Told("gone", 2)], 2),
    ],
)
def test_the_level_of_a_clue(findings: list[Told], level: int) -> None:
    assert worst(findings, MODELS) == level


def test_models_that_write_their_method_out_differ_by_what_they_write() -> None:
    own = replace(MODELS["S"], code="A", kernel="condition_run", params={"of": "x"})
    same, other = replace(own, code="B"), replace(own, code="C", params={"of": "y"})
    models = {model.code: model for model in (own, same, other)}
    assert worst([Told("A", 1), Told("B", 2)], models) == 2
    assert worst([Told("A", 1), Told("C", 2)], models) == 1


def test_each_finding_gives_its_own_level() -> None:
    findings = [Told("S", 1), Told("T", 2), Told("R", 1)]
    assert [level_of(one, findings, MODELS) for one in findings] == [1, 2, 1]
    assert [level_of(one, [one], MODELS) for one in findings] == [2, 2, 1]


def test_nothing_has_no_level() -> None:
    with pytest.raises(ValueError, match="empty"):
        worst([], MODELS)


@pytest.mark.parametrize(
    ("rules", "beside", "level"),
    [
        (1, ["T"], 2),
        (1, ["R"], 1),
        (2, ["R"], 2),
        (2, ["R", "T"], 2),
        (2, ["R", "R"], 2),
        (2, ["R", "R2"], 1),
    ],
)
def test_what_has_learned_needs_rules_beside_it(rules: int, beside: list[str], level: int) -> None:
    models = MODELS | {
        "L": replace(RULE, code="L", kernel="learnt", second_model=True, rules=rules),
        "R2": replace(RULE, code="R2", kernel="other rule"),
    }
    own = Told("L", 1)
    assert level_of(own, [own, *(Told(code, 2) for code in beside)], models) == level
