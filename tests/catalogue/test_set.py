"""What holds for every model of the catalogue."""

from __future__ import annotations

import json
from datetime import date

import pytest

from yuanjian.screening import cases, catalogue, subjects
from yuanjian.screening.catalogue import AFTER_CLUES, CLASSES, LEVELS, RUNS, SHORT_MEMORY, STATUSES
from yuanjian.screening.exclusions import RULES
from yuanjian.screening.methods import METHODS
from yuanjian.screening.model import Model
from yuanjian.screening.thresholds import text
from yuanjian.wire.hj212.codes import factor

MODELS = list(catalogue.load())
OLD_LAW, NEW_LAW = date(2026, 8, 14), date(2026, 8, 15)
every = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.code)


def test_the_twelve_models_of_the_first_edition_are_there() -> None:
    wanted = ["M101", "M102", "M103", "M117", "M205", "M215", "M216", "M217", "M235", "M301", "M312", "M415"]
    assert {model.code for model in MODELS if model.status == "live"} >= set(wanted)


def test_titles_are_unique() -> None:
    assert len({model.title for model in MODELS}) == len({model.title_en for model in MODELS}) == len(MODELS)


def test_the_lock_fits() -> None:
    lock = json.loads((catalogue.folder() / "lock.json").read_text(encoding="utf-8"))
    assert catalogue.unlocked(catalogue.load(), lock) == []


@every
def test_it_names_what_exists(model: Model) -> None:
    assert model.class_ in CLASSES
    assert model.status in STATUSES
    assert model.run in RUNS
    assert (model.kernel in METHODS) == (model.run != AFTER_CLUES)
    assert set(model.excludes) <= set(RULES)
    assert model.inputs["subject"] in subjects.SUBJECTS
    assert set(model.inputs["needs"]) <= subjects.NEEDS
    factors = model.inputs["factors"]
    assert factors == "*" or all(factor(code) for code in factors)


@every
def test_the_minute_lane_loads_little(model: Model) -> None:
    assert model.run != "minute" or model.lookback <= SHORT_MEMORY


@every
def test_every_level_is_set_and_differs(model: Model) -> None:
    for medium, levels in model.levels.items():
        assert set(levels) == set(LEVELS.values())
        for english in (False, True):
            assert len({text(model, condition, english=english) for condition in levels.values()}) == 3, (
                medium
            )


@every
def test_a_measure_used_by_two_levels_needs_more_for_the_more_severe(model: Model) -> None:
    for levels in model.levels.values():
        for severe, mild in ((1, 2), (2, 3), (1, 3)):
            for one in levels[severe]:
                for other in levels[mild]:
                    if set(other) == set(one):
                        assert any(one[name] > other[name] for name in other)
                        assert all(one[name] >= other[name] for name in other)


@every
def test_thresholds_name_measures(model: Model) -> None:
    for levels in model.levels.values():
        used = {name for condition in levels.values() for one in condition for name in one}
        assert used <= set(model.measures)


@every
@pytest.mark.parametrize("day", [OLD_LAW, NEW_LAW])
def test_it_has_a_legal_basis_before_and_after_the_code(model: Model, day: date) -> None:
    basis = model.basis_on(day, day)
    assert basis
    assert any("生态环境法典" in line for line in basis) == (day == NEW_LAW)


@every
def test_an_act_that_straddles_the_code_shows_both(model: Model) -> None:
    both = model.basis_on(OLD_LAW, NEW_LAW)
    assert set(both) == set(model.basis_on(OLD_LAW, OLD_LAW)) | set(model.basis_on(NEW_LAW, NEW_LAW))
    assert len(both) > len(model.basis_on(NEW_LAW, NEW_LAW))


@every
def test_it_tells_people_what_to_do(model: Model) -> None:
    assert model.false_positives
    assert len(model.check_on_site) >= 2
    assert model.evidence
    assert model.description
    assert model.description_en
    assert (catalogue.folder() / model.code / "notes.md").is_file()


@every
def test_falsification_never_notifies(model: Model) -> None:
    assert model.notify_enterprise == (model.class_ != "data-falsification")


@every
def test_unconfirmed_numbers_need_a_person(model: Model) -> None:
    confirmed = set(model.certainty) <= {"A", "B"}
    assert (model.level1_confirmed_by is not None) == confirmed


@pytest.mark.parametrize(
    "model", [model for model in MODELS if model.run != AFTER_CLUES], ids=lambda model: model.code
)
def test_it_has_a_case_of_each_kind(model: Model) -> None:
    kinds = {case.kind for case in cases.read(model.code)}
    assert kinds == set(cases.KINDS)
