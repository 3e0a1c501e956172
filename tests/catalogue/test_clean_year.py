"""An honest year of real hours: a fixed part of it raises no work order outside the reviewed list."""

from __future__ import annotations

from datetime import timedelta

import pytest

from yuanjian.screening import catalogue
from yuanjian.simulator.patterns import bases, clean
from yuanjian.simulator.patterns.clean import Year
from yuanjian.simulator.patterns.readings import instant

LIVE, RUN = frozenset({"live"}), frozenset({"live", "trial"})
PART = slice(1, None, 6)
"""Every sixth outlet, all year; `yuanjian models score --clean` runs all of them."""


@pytest.fixture(scope="module")
def year() -> Year:
    models = [model for model in catalogue.load() if model.status in RUN]
    return clean.screen(models, bases.all_plants()[PART])


def test_no_work_order_of_a_live_model_outside_the_list(year: Year) -> None:
    told = {(f.model, year.plants[f.outlet].name, f.claim) for f in year.work_orders(LIVE)}
    assert told == set()
    assert year.clues(LIVE) == 0


def test_every_live_model_looked_and_warnings_are_rare(year: Year) -> None:
    assert year.outlet_years >= 10
    rates = year.rates()
    judged = {
        code for code, model in year.models.items() if model.status == "live" and model.class_ != "exceedance"
    }
    assert {code: rates[code] for code in judged if rates[code]["2"] > 2.5} == {}


def test_a_finding_is_on_the_list_by_unit_model_factor_and_days(year: Year) -> None:
    entry = next(entry for entry in clean.allow_list() if entry.factor)
    finding = next(f for f in year.findings if f.factor)
    on = instant(0) + timedelta(days=(entry.first - instant(10).date()).days, hours=5)
    like = type(finding)(
        **{**finding.as_dict(), "model": entry.model, "factor": entry.factor, "start": on, "end": on}
    )
    assert entry.covers(entry.unit, like)
    assert not entry.covers("another", like)
    for changed in (
        {"factor": "x"},
        {"model": "M101"},
        {"start": on - timedelta(days=3)},
        {"end": on + timedelta(days=90)},
    ):
        assert not entry.covers(entry.unit, type(like)(**{**like.as_dict(), **changed}))


def test_the_list_names_outlets_and_models_that_exist() -> None:
    names = {plant.name for plant in bases.all_plants()}
    known = {model.code for model in catalogue.load()}
    entries = clean.allow_list()
    assert {entry.unit for entry in entries} <= names
    assert {entry.model for entry in entries} <= known
    assert all(entry.reason and entry.first <= entry.last for entry in entries)
    assert len({(e.unit, e.model, e.factor, e.first) for e in entries}) == len(entries)
