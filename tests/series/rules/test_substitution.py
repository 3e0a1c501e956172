"""What stands in for invalid hours: the table of HJ 75 by hand, and what must hold for any data."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuanjian.series.rules.substitution import HJ75, HJ356, HJT356, Origin, Table, capture_rate, substitute


def row(count: int) -> np.ndarray:
    """1, 2, 3 … kg: what came later is more."""
    return np.arange(1.0, count + 1)[None, :]


def gap(count: int, first: int, length: int) -> np.ndarray:
    valid = np.ones((1, count), np.bool_)
    valid[0, first : first + length] = False
    return valid


@pytest.mark.parametrize(
    ("capture", "length", "origin", "back"),
    [
        (0.95, 24, Origin.MAX_SHORT, 180),
        (0.90, 25, Origin.MAX_LONG, 720),
        (0.89, 1, Origin.MAX_MOST, 2160),
        (0.75, 1, Origin.MAX_MOST, 2160),
    ],
)
def test_the_table(capture: float, length: int, origin: Origin, back: int) -> None:
    amounts = -row(3000) + 5000  # the greatest is the oldest that is looked at
    valid, due = gap(3000, 2500, length), np.ones((1, 3000), np.bool_)
    found = substitute(amounts, valid, due, np.full((1, 3000), capture))
    assert found.amount[0, 2500 : 2500 + length].tolist() == [amounts[0, 2500 - back]] * length
    assert set(found.origin[0, 2500 : 2500 + length]) == {origin}


def test_below_75_percent_there_is_nothing() -> None:
    valid, due = gap(100, 50, 3), np.ones((1, 100), np.bool_)
    for capture in (0.7499, float("nan")):
        found = substitute(row(100), valid, due, np.full((1, 100), capture))
        assert np.isnan(found.amount[0, 50:53]).all()
        assert found.origin[0, 50:53].tolist() == [Origin.NONE] * 3


def test_what_is_too_old_or_not_there_does_not_count() -> None:
    amounts, due, capture = row(100), np.ones((1, 100), np.bool_), np.ones((1, 100))
    assert np.isnan(substitute(amounts, gap(100, 0, 5), due, capture).amount[0, :5]).all()
    near = substitute(amounts, gap(100, 50, 5), due, capture, Table(reach=3))
    assert near.amount[0, 50:55].tolist() == [50.0] * 5
    due[0, 10:60] = False
    far = substitute(amounts, gap(100, 60, 5), due, capture, Table(reach=10))
    assert np.isnan(far.amount[0, 60:65]).all()


def test_each_part_of_a_gap_goes_by_its_own_quarter() -> None:
    valid, due = gap(1000, 800, 40), np.ones((1, 1000), np.bool_)
    capture = np.full((1, 1000), 0.95)
    capture[0, 810:] = 0.5
    capture[0, 830:] = 0.8
    found = substitute(row(1000), valid, due, capture)
    assert found.origin[0, 800:840].tolist() == (
        [Origin.MAX_LONG] * 10 + [Origin.NONE] * 20 + [Origin.MAX_MOST] * 10
    )
    assert np.isnan(found.amount[0, 810:830]).all()


def test_a_stop_ends_a_gap() -> None:
    valid, due = gap(100, 40, 30), np.ones((1, 100), np.bool_)
    due[0, 50:60] = False
    found = substitute(row(100), valid, due, np.ones((1, 100)))
    assert found.origin[0, 40:70].tolist() == (
        [Origin.MAX_SHORT] * 10 + [Origin.NOT_DUE] * 10 + [Origin.MAX_SHORT] * 10
    )
    assert found.amount[0, 50:60].tolist() == [0.0] * 10


def test_water_takes_the_mean_of_as_many_days_as_are_lost() -> None:
    valid, due = gap(50, 30, 4), np.ones((1, 50), np.bool_)
    found = substitute(row(50), valid, due, np.zeros((1, 50)), HJT356)
    assert found.amount[0, 30:34].tolist() == [28.5] * 4  # 27, 28, 29, 30
    assert found.origin[0, 30:34].tolist() == [Origin.MEAN] * 4


def test_or_the_greatest_of_thirty_whatever_the_rate() -> None:
    assert HJ356.choose(0.1, 1) == (Origin.MAX_LONG, 30)
    assert HJ75.choose(0.1, 1) == (Origin.NONE, 0)


def test_the_capture_rate_of_quarters() -> None:
    quarter = np.array([0] * 4 + [1] * 4)
    due = np.array([[True] * 4 + [False] * 4, [True] * 3 + [False] + [True] * 4])
    valid = np.array([[True] * 3 + [False] * 5, [True] * 8])
    rate = capture_rate(valid, due, quarter)
    assert rate.tolist() == [[0.75] * 4 + [1.0] * 4, [1.0] * 8]


cells = st.lists(st.tuples(st.floats(0, 1e3), st.booleans(), st.booleans()), min_size=1, max_size=60)


@given(cells, st.floats(0, 1))
def test_substitutes_are_never_below_what_was_measured_just_before(
    drawn: list[tuple[float, bool, bool]], capture: float
) -> None:
    amounts = np.array([[cell[0] for cell in drawn]])
    valid = np.array([[cell[1] for cell in drawn]])
    due = np.array([[cell[2] for cell in drawn]])
    table = Table(short=2, few=3, more=5, most=8, reach=20)
    found = substitute(amounts, valid, due, np.full(amounts.shape, capture), table)
    good = valid & due
    assert (found.amount[good] == amounts[good]).all()
    assert (found.amount[~due] == 0).all()
    for at in np.flatnonzero((due & ~valid)[0]):
        first = at
        while first and (due & ~valid)[0, first - 1]:
            first -= 1
        before = amounts[0, :first][good[0, :first] & (np.arange(first) >= first - 20)]
        if np.isnan(found.amount[0, at]):
            assert capture < 0.75 or not before.size
        else:
            assert found.amount[0, at] >= before[-3:].max()
            assert found.amount[0, at] in before


@given(cells, st.floats(0.75, 0.99))
def test_a_worse_quarter_never_lowers_an_amount(
    drawn: list[tuple[float, bool, bool]], capture: float
) -> None:
    amounts = np.array([[cell[0] for cell in drawn]])
    valid, due = (np.array([[cell[at] for cell in drawn]]) for at in (1, 2))
    table = Table(short=60, few=3, more=5, most=8)
    worse, better = (
        substitute(amounts, valid, due, np.full(amounts.shape, rate), table).amount for rate in (capture, 1.0)
    )
    assert (np.nan_to_num(worse) >= np.nan_to_num(better)).all()
