"""Gas, water and electricity that no longer fit each other."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest

from yuanjian.screening import cases, catalogue
from yuanjian.screening.methods.records_joint import _surprise


def test_a_week_in_which_the_plant_stood_is_not_compared() -> None:
    model = catalogue.load()["M325"]
    case = next(case for case in cases.read("M325") if case.name == "positive")
    told = case.registry.told["utility"]
    (found,) = cases.findings(case, model)
    week = pl.col("start").is_between(found.start - timedelta(hours=1), found.end - timedelta(hours=1))
    amount = pl.when(week).then(0.3 * pl.col("amount")).otherwise(pl.col("amount"))
    stood = replace(case.registry, told={"utility": told.with_columns(amount=amount)})
    assert not cases.findings(replace(case, registry=stood), model)


@pytest.mark.parametrize(
    ("square", "chance"), [(0.0, 1.0), (6.251, 0.1), (7.815, 0.05), (11.345, 0.01), (16.266, 0.001)]
)
def test_the_chance_is_that_of_three_degrees_of_freedom(square: float, chance: float) -> None:
    assert 10.0 ** -_surprise(square) == pytest.approx(chance, rel=2e-3)


def test_the_surprise_grows_beyond_what_a_float_can_hold() -> None:
    values = [_surprise(square) for square in (1300.0, 1399.0, 1401.0, 5000.0)]
    assert values == sorted(values)
    assert values[2] == pytest.approx(values[1], rel=0.01)
    assert values[3] == pytest.approx(1085.7, abs=0.1)


def test_a_year_is_asked_for_before_anything_is_said() -> None:
    model = catalogue.load()["M325"]
    case = next(case for case in cases.read("M325") if case.name == "positive")
    told = case.registry.told["utility"]
    short = type(case.registry)(
        case.registry.contexts, case.registry.periods, {"utility": told.tail(3 * (26 + 4))}
    )
    assert cases.findings(case, model)
    assert not cases.findings(type(case)(**{**vars(case), "registry": short}), model)
