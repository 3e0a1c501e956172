"""M727: lines between emission, electricity and products, and weeks that leave them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from scipy import stats

from yuanjian.errors import UserFault
from yuanjian.screening import cases, catalogue, training
from yuanjian.screening.learnt import lines
from yuanjian.screening.learnt.artefact import Shelf
from yuanjian.screening.learnt.lines import Prior
from yuanjian.screening.training import __main__ as examples

MODEL = catalogue.load()["M727"]
POSITIVE = next(case for case in cases.read("M727") if case.kind == "positive")
ANYTHING = Prior(np.zeros(2), np.zeros(2))


def points(seed: int = 3, count: int = 60) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    given = np.stack([np.ones(count), rng.normal(12.0, 0.3, count)], axis=1)
    return given, given @ [2.0, 0.7] + 0.05 * rng.standard_normal(count)


def test_without_bad_points_it_is_least_squares() -> None:
    given, values = points()
    line = lines.fit(given, values, ANYTHING, 0.0)
    theirs = np.linalg.lstsq(given, values, rcond=None)[0]
    assert given @ line.coefficients == pytest.approx(given @ theirs, abs=0.02)
    assert line.spread == pytest.approx(0.05, rel=0.25)


def test_a_few_bad_points_do_not_move_it() -> None:
    given, values = points()
    clean = lines.fit(given, values, ANYTHING, 0.0)
    values[[5, 17, 40]] -= 3.0
    line = lines.fit(given, values, ANYTHING, 0.0)
    assert given @ line.coefficients == pytest.approx(given @ clean.coefficients, abs=0.02)
    assert line.distance(given[[5]], values[[5]])[0] < -20.0


def test_what_the_data_cannot_tell_apart_the_prior_does() -> None:
    given, values = points()
    twice = np.column_stack([given, given[:, 1]])
    line = lines.fit(twice, values, Prior(np.array([0.0, 0.5, 0.5]), np.array([0.0, 4.0, 4.0])), 0.01)
    assert line.coefficients[1] == pytest.approx(line.coefficients[2])
    assert line.coefficients[1:].sum() == pytest.approx(0.7, abs=0.1)


def test_nothing_is_measured_better_than_the_floor() -> None:
    given, _ = points()
    line = lines.fit(given, given @ [2.0, 0.7], ANYTHING, 0.02)
    assert line.spread == 0.02


def test_far_from_what_was_seen_the_error_of_the_line_counts() -> None:
    given, values = points()
    line = lines.fit(given, values, ANYTHING, 0.0)
    near, far = np.array([[1.0, 12.0]]), np.array([[1.0, 16.0]])
    off = [line.distance(at, at @ line.coefficients + 0.2)[0] for at in (near, far)]
    assert off[0] > 1.5 * off[1] > 0


@pytest.mark.parametrize(("square", "freedom"), [(0.0, 20.0), (3.0, 5.0), (40.0, 22.0), (9.0, 400.0)])
def test_the_chance_is_that_of_the_f_distribution(square: float, freedom: float) -> None:
    theirs = stats.f.sf((freedom - 1) / (2 * freedom) * square, 2, freedom - 1)
    assert 10.0 ** -float(lines.surprise(square, freedom)) == pytest.approx(theirs)
    assert lines.square_of(theirs, freedom) == pytest.approx(square, abs=1e-9)


def test_products_that_are_not_written_down_are_seen() -> None:
    honest = next(case for case in cases.read("M727") if case.kind == "near_miss")
    rows = honest.registry.told["product"]
    half = rows.with_columns(amount=rows["amount"] * np.where(np.arange(len(rows)) == 1, 0.5, 1.0))
    registry = replace(honest.registry, told={"product": half})
    [found] = cases.findings(replace(honest, registry=registry), MODEL)
    assert found.start - honest.start == timedelta(days=7)
    assert "产量为按用电预期的 49%" in found.claim


def test_without_records_of_products_nothing_is_said() -> None:
    rows = POSITIVE.registry.told["product"]
    registry = replace(POSITIVE.registry, told={"product": rows.clear()})
    assert cases.findings(replace(POSITIVE, registry=registry), MODEL) == ()


def test_a_factor_it_was_not_trained_on_is_not_judged() -> None:
    own = POSITIVE.trained.of(MODEL, POSITIVE.registry.outlets()[0])
    assert own is not None
    other = replace(own, facts={**own.facts, "series": [[1, "a21002"]]})
    assert cases.findings(replace(POSITIVE, trained=Shelf([other])), MODEL) == ()


@pytest.mark.parametrize("days", [3, 30])
def test_too_few_weeks_are_refused(days: int) -> None:
    with pytest.raises(UserFault, match="too little"):
        training.train(
            MODEL, POSITIVE.readings, POSITIVE.registry, start=POSITIVE.start,
            end=POSITIVE.start + timedelta(days=days),
        )  # fmt: skip


def test_weeks_that_were_wild_in_training_need_more_to_be_odd() -> None:
    example = cases.one("M727", catalogue.folder() / "M727" / "training")
    rows = example.registry.told["product"]
    wild = np.where(np.arange(len(rows)) >= 17, np.tile([0.6, 1.5], 20)[: len(rows)], 1.0)
    registry = replace(example.registry, told={"product": rows.with_columns(amount=rows["amount"] * wild)})
    made = training.train(MODEL, example.readings, registry, start=example.start, end=example.end)
    assert made.arrays["widen"][0] > 2.0 > examples.from_example(MODEL).arrays["widen"][0]
