"""Kernels, compiled and as plain Python: both must say the same."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yuanjian.screening import kernels
from yuanjian.screening.kernels.power import OFF, ON, UNKNOWN

NAN = float("nan")
Call = Callable[..., Any]


@pytest.fixture(params=["compiled", "python"])
def get(request: pytest.FixtureRequest) -> Callable[[str], Call]:
    """A kernel by name, compiled or not."""

    def by_name(name: str) -> Call:
        function = getattr(kernels, name)
        return function if request.param == "compiled" else getattr(function, "py_func", function)

    return by_name


def row(*values: float) -> np.ndarray:
    return np.array([values], np.float64)


def yes(*values: int) -> np.ndarray:
    return np.array([values], np.bool_)


def runs(result: tuple[np.ndarray, ...]) -> list[tuple[int, ...]]:
    return list(zip(*(part.tolist() for part in result), strict=True))


def test_exceed_run_ends_at_invalid_low_and_the_edge(get: Callable[[str], Call]) -> None:
    values = np.array([[2, 2, 0, 2, 2, 2.0], [0, 2, 2, 2, 1, 2.0]])
    valid = np.array([[1, 1, 1, 1, 0, 1], [1, 1, 1, 1, 1, 1]], np.bool_)
    assert runs(get("exceed_run")(values, valid, 1.0, 1)) == [
        (0, 0, 2), (0, 3, 4), (0, 5, 6), (1, 1, 4), (1, 5, 6),
    ]  # fmt: skip
    assert runs(get("exceed_run")(values, valid, 1.0, 3)) == [(1, 1, 4)]


def test_exceed_run_of_nothing(get: Callable[[str], Call]) -> None:
    assert runs(get("exceed_run")(np.zeros((0, 5)), np.zeros((0, 5), np.bool_), 1.0, 1)) == []


def test_constant_run_is_held_to_its_first_value(get: Callable[[str], Call]) -> None:
    values = row(1.0, 1.004, 1.0, 1.02, 1.02, 5, 5, 5, 5)
    valid = yes(1, 1, 1, 1, 1, 1, 0, 1, 1)
    found = runs(get("constant_run")(values, valid, np.array([0.005]), 2))
    assert found == [(0, 0, 3), (0, 3, 5), (0, 7, 9)]


def test_a_slow_ramp_is_not_constant(get: Callable[[str], Call]) -> None:
    ramp = row(*(0.004 * step for step in range(10)))
    assert runs(get("constant_run")(ramp, np.ones_like(ramp, np.bool_), np.array([0.005]), 3)) == []


def test_gaps_begin_after_data_and_end(get: Callable[[str], Call]) -> None:
    absent = yes(1, 1, 0, 1, 1, 1, 0, 1)
    assert get("gaps_up_to")(absent, 2).tolist() == yes(0, 0, 0, 1, 1, 0, 0, 1).tolist()
    assert get("gaps_up_to")(absent, 9).tolist() == yes(0, 0, 0, 1, 1, 1, 0, 1).tolist()


def test_flags_that_occur(get: Callable[[str], Call]) -> None:
    values = np.array([[1.0, NAN, NAN, 2.0], [NAN, NAN, NAN, NAN], [3.0, np.inf, 4.0, 5.0]], np.float32)
    flags = np.array([[1, 0, 5, 255], [0, 0, 0, 0], [1, 1, 10, 1]], np.uint8)
    number, others, infinite = 1 << 16, 1 << 15, 1 << 10
    expected = [1 | 1 << 1 | 1 << 5 | others | number, 1, 1 << 1 | infinite | number]
    assert get("flags_seen")(values, flags).tolist() == expected


def test_values_that_may_be_used(get: Callable[[str], Call]) -> None:
    values = np.array([[1.0, NAN, 2.0, np.inf], [4.0, 5.0, 6.0, 7.0]], np.float32)
    flags = np.array([[1, 1, 5, 1], [1, 5, 0, 4]], np.uint8)
    good = np.isin(np.arange(256), (1, 4))
    told = get("usable")(values, flags, np.array([1, 0, 1]), good)
    assert told.tolist() == [
        yes(1, 0, 0, 1)[0].tolist(),
        yes(1, 0, 0, 0)[0].tolist(),
        yes(1, 0, 0, 1)[0].tolist(),
    ]


def test_steps_of_the_resolution(get: Callable[[str], Call]) -> None:
    values = np.array([[1.24, 1.25, -0.3, NAN], [7.0, 9.0, 11.0, 12.0]])
    valid = np.array([[1, 1, 1, 0], [1, 0, 1, 1]], np.bool_)
    told = get("in_steps")(values, valid, np.array([0.1, 2.0]))
    assert told.tolist() == [[12, 12, -3, 0], [4, 0, 6, 6]]  # halves go to the even number


def test_rows_in_double_precision(get: Callable[[str], Call]) -> None:
    values = np.array([[0.1, NAN], [2.0, 3.0]], np.float32)
    told = get("as_double")(values, np.array([1, 0, 1]))
    assert told.dtype == np.float64
    assert np.array_equal(told, values[[1, 0, 1]].astype(np.float64), equal_nan=True)


def test_lower_than_before(get: Callable[[str], Call]) -> None:
    values, valid = row(10, 9, 5, 10, 0, 5, 10, 4, 8, 2), yes(1, 1, 1, 1, 1, 1, 0, 1, 1, 1)
    lower = get("lower_than_before")(values, valid, 0.5)
    assert lower.tolist() == yes(0, 1, 0, 0, 1, 0, 0, 0, 1, 0).tolist()


def test_runs_of_hits(get: Callable[[str], Call]) -> None:
    hit = np.concatenate([yes(1, 1, 0, 1), yes(0, 0, 0, 0), yes(0, 1, 0, 1)])
    assert runs(get("runs_of")(hit)) == [(0, 0, 2), (0, 3, 4), (2, 1, 2), (2, 3, 4)]


def test_trailing_count_forgets(get: Callable[[str], Call]) -> None:
    assert get("trailing_count")(yes(1, 1, 0, 1, 0, 0, 0), 3).tolist() == [[1, 2, 2, 2, 1, 1, 0]]


def test_day_quantile_looks_at_whole_days_before(get: Callable[[str], Call]) -> None:
    values = row(1, 3, 10, 20, 100, 200, 7)
    result = get("day_quantile")(values, np.ones_like(values, np.bool_), 2, 2, 0.5, 2)
    assert result[0, 1:].tolist() == [2.0, 6.5, 60.0]
    assert np.isnan(result[0, 0])


def test_day_quantile_needs_enough(get: Callable[[str], Call]) -> None:
    values = row(1, 3, 10, 20)
    result = get("day_quantile")(values, yes(1, 0, 1, 1), 2, 2, 0.5, 2)
    assert np.isnan(result).all()


def test_trailing_median_leaves_itself_out(get: Callable[[str], Call]) -> None:
    result = get("trailing_median")(row(5, 1, 9, 100, 4), yes(1, 1, 0, 1, 1), 3, 2)
    assert np.isnan(result[0, :2]).all()
    assert result[0, 2:].tolist() == [3.0, 3.0, 50.5]


def test_trailing_median_is_that_of_each_window(get: Callable[[str], Call]) -> None:
    rng = np.random.default_rng(3)
    values = rng.integers(0, 9, (3, 60)).astype(np.float64)
    valid = rng.random((3, 60)) < 0.7
    result = get("trailing_median")(np.where(valid, values, NAN), valid, 7, 2)
    for s, t in np.ndindex(values.shape):
        before = values[s, max(0, t - 7) : t][valid[s, max(0, t - 7) : t]]
        assert result[s, t] == np.median(before) if before.size >= 2 else np.isnan(result[s, t])


def test_power_state_is_debounced_and_dated_back(get: Callable[[str], Call]) -> None:
    power = row(0, 0, 0, 9, 0, 9, 9, 9, 9, 0, NAN, 9, 9, 9)
    bound = np.full_like(power, 5.0)
    bound[0, -1] = NAN
    result = get("power_state")(power, np.isfinite(power), bound, 3)
    assert result[0].tolist() == [OFF] * 5 + [ON] * 5 + [UNKNOWN] * 4


def test_low_after_drop_finds_the_drop_and_its_end(get: Callable[[str], Call]) -> None:
    values = row(100, 100, 30, 20, 40, 80, 100)
    base = row(NAN, 100, 100, 100, 100, 100, 90)
    series, starts, ends, depth = get("low_after_drop")(
        values, np.ones_like(values, np.bool_), base, 0.5, 2, 24
    )
    assert (series.tolist(), starts.tolist(), ends.tolist(), depth.tolist()) == ([0], [2], [5], [0.8])


@pytest.mark.parametrize(
    ("values", "valid", "why"),
    [
        ([100, 70, 49, 40], [1, 1, 1, 1], "too slow"),
        ([100, 100, 30, 30], [1, 1, 0, 0], "invalid"),
        ([100, 100, 60, 60], [1, 1, 1, 1], "too small"),
    ],
)
def test_low_after_drop_passes(
    get: Callable[[str], Call], values: list[float], valid: list[int], why: str
) -> None:
    base = row(NAN, 100, 100, 100)
    onset = 1
    assert len(get("low_after_drop")(row(*values), yes(*valid), base, 0.5, onset, 24)[0]) == 0, why


def test_low_after_drop_is_followed_for_a_time_only(get: Callable[[str], Call]) -> None:
    values = row(100, 100, *[10.0] * 8)
    base = np.full_like(values, 100.0)
    assert get("low_after_drop")(values, np.ones_like(values, np.bool_), base, 0.5, 2, 3)[2].tolist() == [5]


def test_rank_test_tells_lower_from_equal(get: Callable[[str], Call]) -> None:
    low, high = np.arange(10.0), np.arange(10.0) + 8
    test = get("rank_test")
    assert test(low, high) < 0.001
    assert test(high, low) > 0.999
    assert test(low, low) == pytest.approx(0.5, abs=0.05)
    assert test(low[:0], high) == test(low, high[:0]) == 1.0
    assert test(np.ones(4), np.ones(5)) == 1.0


def test_rank_test_by_hand(get: Callable[[str], Call]) -> None:
    """U = 3.5, n = m = 5, one tie of two: variance 22.78, z = -8.5 / 4.773 = -1.781."""
    low, high = np.array([1.0, 2, 3, 4, 8]), np.array([4.0, 6, 7, 9, 10])
    assert get("rank_test")(low, high) == pytest.approx(0.03746, abs=0.0001)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.booleans(), min_size=1, max_size=30), min_size=1, max_size=1))
def test_runs_cover_exactly_the_hits(hits: list[list[bool]]) -> None:
    hit = np.array(hits)
    again = np.zeros_like(hit)
    for s, first, last in runs(kernels.exceed_run(hit * 1.0, hit, 0.5, 1)):
        assert first < last
        again[s, first:last] = True
    assert (again == hit).all()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=40), st.integers(1, 10))
def test_trailing_count_is_the_plain_sum(hits: list[bool], window: int) -> None:
    counted = kernels.trailing_count(np.array([hits]), window)[0].tolist()
    assert counted == [sum(hits[max(0, t - window + 1) : t + 1]) for t in range(len(hits))]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([0.0, 9.0, NAN]), min_size=1, max_size=40))
def test_power_state_changes_only_after_three(power: list[float]) -> None:
    values = np.array([power])
    state = kernels.power_state(values, np.isfinite(values), np.full_like(values, 5.0), 3)[0].tolist()
    lengths: list[list[int]] = []
    for before, now in pairwise([None, *state]):
        if now != before:
            lengths.append([now, 0])
        lengths[-1][1] += 1
    assert all(length >= 3 for value, length in lengths if value != UNKNOWN)
