"""Tax and price, with numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuanjian.errors import UserFault
from yuanjian.series.rules import price, tax
from yuanjian.wire.hj212.codes import factor

NAN = float("nan")
kg = st.floats(0, 1e6)


def test_every_equivalent_is_a_known_factor() -> None:
    for known in tax.equivalents().values():
        found = factor(known.factor)
        assert found is not None
        assert found.medium == known.medium
        assert known.kg > 0
        assert known.certainty == "A"
        assert known.class_ in tax.TAXED


def test_equivalents_by_hand() -> None:
    assert tax.units("a21026", 1900) == pytest.approx(2000)  # 0.95 kg each
    assert tax.units("w20111", 0.001) == pytest.approx(2)
    with pytest.raises(UserFault) as refused:
        tax.units("a19001", 1)
    assert refused.value.code == "tax.factor"


@pytest.mark.parametrize(
    ("share", "exceeded", "percent"),
    [
        (0.49, False, 50),
        (0.5, False, 25),
        (0.69, False, 25),
        (0.7, False, 0),
        (0.1, True, 0),
        (NAN, False, 0),
    ],
)
def test_reductions(share: float, exceeded: bool, percent: int) -> None:
    assert tax.reduction(share, exceeded) == percent


def test_what_is_taxed() -> None:
    air = {"a21026": 10.0, "a21002": 30.0, "a34013": 20.0, "a21005": 5.0}
    assert tax.taxed(air) == {"a21002", "a34013", "a21026"}
    water = {"w01018": 9.0, "w01017": 10.0, "w21003": 3.0, "w21011": 2.0, "w22001": 1.0, "w20111": 0.1}
    assert tax.taxed(water) == {"w01017", "w21003", "w21011", "w20111"}  # one of COD and BOD; class 1 apart


def test_a_month_by_hand() -> None:
    # SO2 1 900 kg: 2 000 units · 1.2 · 75 %; NOx 950 kg: 1 000 · 1.2; oxygen is not taxed
    found = tax.charges({"a21002": 950, "a21026": 1900, "a19001": 3}, {"a21026": 25}, {"gas": 1.2})
    assert [(one.factor, round(one.units), round(one.yuan)) for one in found] == [
        ("a21026", 2000, 1800), ("a21002", 1000, 1200),
    ]  # fmt: skip
    assert [one.reduction for one in found] == [25, 0]
    for rate in (1.19, 12.01):
        with pytest.raises(UserFault) as refused:
            tax.charges({}, {}, {"gas": rate})
        assert refused.value.code == "tax.rate"


def test_the_fourth_pollutant_costs_nothing() -> None:
    found = tax.charges(dict.fromkeys(("a21026", "a21002", "a21022", "a21024"), 100.0), {}, {"gas": 2.0})
    assert [(one.factor, one.taxed, one.yuan > 0) for one in found][-1] == ("a21024", False, False)


@given(kg, kg, st.sampled_from([0, 25, 50]))
def test_more_is_dearer_and_a_reduction_cheaper(one: float, more: float, percent: int) -> None:
    (less,) = tax.charges({"w01018": one}, {"w01018": percent}, {"water": 1.4})
    (full,) = tax.charges({"w01018": one}, {}, {"water": 1.4})
    (greater,) = tax.charges({"w01018": one + more}, {}, {"water": 1.4})
    assert 0 <= less.yuan <= full.yuan <= greater.yuan


# --- price


def test_price_hours_by_hand() -> None:
    ratio = np.array([0.9, 1.0, 1.2, 2.0, 3.0, 1.5, 1.5])
    load = np.array([300, 300, 300, 300, 300, 0, NAN])
    assert price.deducted(ratio, load).tolist() == [False, False, True, True, True, False, True]
    assert price.fined(ratio, load).tolist() == [False, False, False, True, True, False, False]


def test_the_price_of_hours() -> None:
    hours = np.array([True, True, False])
    # 300 MWh at 1.5 fen: 4 500 yuan; unknown energy is none
    assert price.confiscated(hours, [300_000, NAN, 300_000], "a21026").tolist() == [4500, 0, 0]
    assert price.confiscated(hours, 1000.0, "a34013").tolist() == [2, 2, 0]
    assert price.FINE == 5


def test_ultra_low_shares() -> None:
    shares = [price.ultra_low_share(compliant) for compliant in (1.0, 0.99, 0.9, 0.8, 0.79)]
    assert shares == [1.0, 1.0, 0.9, 0.8, 0.0]
    assert price.ULTRA_LOW["existing"] > price.ULTRA_LOW["new"]


@given(st.lists(st.tuples(st.floats(0, 5), st.floats(-1, 400)), min_size=1, max_size=30))
def test_fined_hours_are_deducted_hours(cells: list[tuple[float, float]]) -> None:
    ratio, load = np.array(cells).T
    assert (price.deducted(ratio, load) | ~price.fined(ratio, load)).all()
