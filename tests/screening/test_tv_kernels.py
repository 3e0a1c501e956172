"""Kernels of the three-value models, compiled and as plain Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yuanjian.screening.kernels import copies, day_quantile, glances, moments, shapes, steps
from yuanjian.screening.kernels.baselines import quantile_before
from yuanjian.screening.kernels.copies import (
    _near_days,
    _prepared,
    _seen_last,
    _take_out,
    any_day_alike,
    likest_day,
    repeated_pieces,
    twin_days,
)
from yuanjian.screening.kernels.moments import held_run, rolling_moments
from yuanjian.screening.kernels.shapes import _between, density_break, digit_shape, rare_pairs
from yuanjian.screening.kernels.steps import far_above, median_at_falls

Call = Callable[..., Any]
NAN = float("nan")
ALL = (-1.0, 0.0)
"""Days need not be like any other to be told."""
EVERY = (0.0, 0.0)
"""Samples need not be odd to be told."""
odd_enough = st.tuples(st.sampled_from([2.0, 10.0]), st.sampled_from([20.0, 28.0]))


@pytest.fixture(params=["compiled", "python"])
def plain(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[[Call], Call]:
    """The kernel as it is or, with all it calls, as plain Python."""
    if request.param == "compiled":
        return lambda kernel: kernel
    for module in (copies, glances, moments, shapes, steps):
        for name, kernel in vars(module).items():
            if hasattr(kernel, "py_func"):
                monkeypatch.setattr(module, name, kernel.py_func)
    return lambda kernel: getattr(kernel, "py_func", kernel)


def yes(*values: int) -> np.ndarray:
    return np.array([values], np.bool_)


def test_moments_of_the_last_valid_samples(plain: Callable[[Call], Call]) -> None:
    values = np.array([[1.0, 9.0, 3.0, 5.0, 7.0, 0.0, 0.0, 0.0, 11.0]])
    valid = yes(1, 0, 1, 1, 1, 0, 0, 0, 1)
    mean, spread, extent = plain(rolling_moments)(values, valid, 2, 4)
    assert np.array_equal(mean, [[NAN, NAN, 2, 4, 6, NAN, NAN, NAN, NAN]], equal_nan=True)
    assert np.array_equal(spread, [[NAN, NAN, 1, 1, 1, NAN, NAN, NAN, NAN]], equal_nan=True)
    assert np.array_equal(extent, [[NAN, NAN, 2, 2, 2, NAN, NAN, NAN, NAN]], equal_nan=True)


def test_moments_do_not_depend_on_how_samples_lie(plain: Callable[[Call], Call]) -> None:
    sample = np.random.default_rng(3).normal(5, 1, 11)
    sparse = np.zeros((1, 22))
    sparse[0, ::2] = sample
    valid = np.arange(22)[None] % 2 == 0
    together = [part[0, -1] for part in plain(rolling_moments)(sample[None], yes(*[1] * 11), 9, 9)]
    apart = [part[0, -2] for part in plain(rolling_moments)(sparse, valid, 9, 18)]
    assert together == apart
    assert together == pytest.approx([sample[2:].mean(), sample[2:].std(), np.ptp(sample[2:])])


def test_a_held_run_pauses_but_not_for_long(plain: Callable[[Call], Call]) -> None:
    good = yes(1, 0, 1, 1, 0, 0, 0, 1, 1, 0, 1)
    usable = yes(1, 0, 1, 1, 0, 0, 0, 1, 1, 1, 1)
    found = plain(held_run)(good, usable, 2)
    assert list(zip(*(part.tolist() for part in found), strict=True)) == [
        (0, 0, 4, 3), (0, 7, 9, 2), (0, 10, 11, 1),
    ]  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**31), missing=st.floats(0, 0.6), least=st.sampled_from([0.0, 0.5, 2.0]))
def test_samples_far_above_those_before(
    seed: int, missing: float, least: float, plain: Callable[[Call], Call]
) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(0, 1, (2, 40)).round(2)
    values[rng.random(values.shape) < 0.05] = NAN
    valid = rng.random(values.shape) >= missing
    found = plain(far_above)(values, valid, 6, 3, (least, 0.25))
    for s, t in np.ndindex(values.shape):
        usable = valid[s] & np.isfinite(values[s])
        before = values[s, max(0, t - 6) : t][usable[max(0, t - 6) : t]]
        expected = 0.0
        if usable[t] and before.size >= 3 and values[s, t] - np.median(before) >= least:
            spread = 1.4826 * np.median(np.abs(before - np.median(before)))
            expected = (values[s, t] - np.median(before)) / max(spread, 0.25)
        assert found[s, t] == pytest.approx(expected)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**31), missing=st.floats(0, 0.6), share=st.sampled_from([0.3, 0.5, 1.0]))
def test_the_median_where_a_sample_falls(
    seed: int, missing: float, share: float, plain: Callable[[Call], Call]
) -> None:
    rng = np.random.default_rng(seed)
    values = rng.exponential(1, (2, 40)).round(2)
    valid = rng.random(values.shape) >= missing
    found = plain(median_at_falls)(values, valid, 6, 3, share)
    for s, t in np.ndindex(values.shape):
        before = values[s, max(0, t - 6) : t][valid[s, max(0, t - 6) : t]]
        if not np.isnan(found[s, t]):
            assert valid[s, t]
            assert found[s, t] == pytest.approx(np.median(before))
        elif valid[s, t] and before.size >= 3:
            assert values[s, t] > share * np.median(before)


def test_one_quantile_is_that_of_the_days_before() -> None:
    rng = np.random.default_rng(6)
    values, valid = rng.normal(0, 1, (1, 240)), rng.random((1, 240)) < 0.8
    every = day_quantile(values, valid, 24, 3, 0.3, 30)
    one = [quantile_before(values[0], valid[0], 24, 3, 0.3, 30, day) for day in range(10)]
    assert np.array_equal(every[0], one, equal_nan=True)
    assert np.isnan(one[:2]).all()
    assert np.isfinite(one[2:]).all()


def test_the_likest_day(plain: Callable[[Call], Call]) -> None:
    curves = [[1, 2, 4, 3], [2, 4, 8, 6], [9, 2, 4, 0], [5, 5, 5, 5], [1, 2, 4, 3]]
    days = np.array([curves], np.float64)
    valid = np.ones(days.shape, np.bool_)
    valid[0, 2, 3] = False
    rho, equal, lag = plain(likest_day)(days, valid, np.array([0.1]), 3, 3, ALL)
    assert rho[0, 1] == pytest.approx(1.0)
    assert (equal[0, 1], lag[0, 1]) == (0.0, 1)
    assert (equal[0, 2], lag[0, 2]) == (pytest.approx(2 / 3), 2)
    assert (rho[0, 3], equal[0, 3], lag[0, 3]) == (0.0, 0.0, 0)
    assert (equal[0, 4], lag[0, 4]) == (pytest.approx(2 / 3), 2)
    assert plain(likest_day)(days, valid, np.array([0.1]), 4, 4, ALL)[1][0, 4] == 1.0


def test_too_few_common_hours_say_nothing(plain: Callable[[Call], Call]) -> None:
    days = np.ones((1, 2, 4)) * np.arange(4.0)
    valid = np.ones(days.shape, np.bool_)
    valid[0, 1, :2] = False
    assert plain(likest_day)(days, valid, np.array([0.1]), 1, 3, ALL)[1].max() == 0.0


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**31), missing=st.floats(0, 0.3), noise=st.sampled_from([0.0, 0.01, 0.1, 1.0]))
def test_days_like_no_other_are_passed_over(
    seed: int, missing: float, noise: float, plain: Callable[[Call], Call]
) -> None:
    rng = np.random.default_rng(seed)
    days = rng.normal(10, 1, (2, 9, 24)).round(1)
    days[:, 5:7] = (days[:, 1:3] + noise * rng.normal(size=(2, 2, 24))).round(1)
    valid = rng.random(days.shape) >= missing
    valid[1, 3] = False
    values = np.where(valid, days, 0.0)
    call = values, valid, np.array([0.049, 0.049]), 6, 12
    least = 0.9, 0.5
    rho, equal, lag = likest_day(*call, ALL)
    told = (rho >= least[0]) | (equal >= least[1])
    for got, whole in zip(plain(likest_day)(*call, least), (rho, equal, lag), strict=True):
        assert got[told] == pytest.approx(whole[told])
        assert not got[~told & (rho < 0.85) & (equal < 0.45)].any()


def test_a_day_alike_is_seen_at_a_glance(plain: Callable[[Call], Call]) -> None:
    rng = np.random.default_rng(9)
    days = rng.normal(10, 1, (3, 6, 24)).round(1)
    days[1, 4] = days[1, 2]
    days[2, 4, :20] = days[2, 1, :20]
    valid = np.ones(days.shape, np.bool_)
    valid[2, 4, 20:] = False
    valid[2, 5] = False
    call = days, valid, np.full(3, 0.049), 3, 12, (0.99, 0.5)
    assert plain(any_day_alike)(*call).tolist() == [False, True, True]
    limits = 0.99, 0.5, 12
    assert plain(_near_days)(days[2], valid[2], 0.049, 3, limits, False).tolist() == [False] * 4 + [
        True,
        False,
    ]
    assert plain(_near_days)(days[1], valid[1], 0.049, 1, limits, True).tolist() == [False] * 6
    days[0, 3] = 7.0
    raw, unit, known = plain(_prepared)(days[0], valid[0])
    assert (raw[3].tolist(), unit[3].tolist(), known.tolist()) == ([7.0] * 24, [0.0] * 24, [24] * 6)
    assert (unit**2).sum(axis=1) == pytest.approx([1, 1, 1, 0, 1, 1], abs=1e-5)
    assert plain(_prepared)(days[2], valid[2])[2].tolist() == [24, 24, 24, 24, 20, 0]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(numbers=st.lists(st.integers(-2, 2), min_size=2, max_size=60))
def test_where_the_same_was_last(numbers: list[int], plain: Callable[[Call], Call]) -> None:
    last: dict[tuple[int, int], int] = {}
    steps, slots = np.array(numbers), np.full(256, 3)  # what another series left is empty
    for start in range(len(numbers) - 1):
        pair = numbers[start], numbers[start + 1]
        assert plain(_seen_last)(steps, start, 2, slots, 100) == last.get(pair, start)
        last[pair] = start


def test_windows_in_one_slot_are_told_apart(plain: Callable[[Call], Call]) -> None:
    steps, slots = np.arange(6), np.full(4, -1)
    found = [plain(_seen_last)(steps[[at, at + 1]], 0, 2, slots, 0) for at in range(3)]
    assert found == [0, 0, 0]
    steps = np.array([1, 2, 3, 1, 2, 3])
    slots = np.full(4, -1)
    assert [plain(_seen_last)(steps, at, 2, slots, 0) for at in range(4)] == [0, 1, 2, 0]


def test_repeated_pieces_are_joined_and_not_too_near(plain: Callable[[Call], Call]) -> None:
    steps = np.arange(40)[None].repeat(2, axis=0)
    steps[1, 20:28] = steps[1, 2:10]
    steps[1, 33:39] = steps[1, 30:36]
    whole = np.ones(steps.shape, np.bool_)
    pieces = plain(repeated_pieces)
    assert pieces(steps, whole, 6, 12, 100).tolist() == [[1, 20, 28, 18]]
    assert pieces(steps, whole, 6, 12, 15).tolist() == []
    whole[1, 24] = False
    assert pieces(steps, whole, 6, 12, 100).tolist() == []
    nothing = np.zeros((1, 40), np.int64)
    assert pieces(nothing, np.ones(nothing.shape, np.bool_), 6, 12, 100).tolist() == []
    assert pieces(steps[:, :3], whole[:, :3], 6, 12, 100).tolist() == []


def test_a_cut_distribution_breaks_and_a_whole_one_does_not() -> None:
    rng = np.random.default_rng(1)
    sample = rng.normal(0.95, 0.06, 700)
    assert abs(density_break(sample, 1.0, 0.02, 0.1)[1]) < 2
    theta, z = density_break(np.where(sample > 1, rng.uniform(0.95, 1.0, 700), sample), 1.0, 0.02, 0.1)
    assert theta > 1.5
    assert z > 4


def test_a_value_at_the_limit_lies_below_it() -> None:
    theta, z = density_break(np.array([1.0] * 30 + [0.5] * 70), 1.0, 0.02, 0.1)
    assert theta > 0
    assert z > 0


def test_last_digits_and_different_values(plain: Callable[[Call], Call]) -> None:
    samples = [np.arange(1000), np.arange(0, 5000, 5), np.arange(0, 10000, 10), np.arange(1000) % 20 * 100]
    peaked = np.where(np.arange(1000) % 5 > 0, 500, np.arange(1000))
    mostly_small = np.arange(1000) % 70
    steps = np.stack([*samples, np.zeros(1000, np.int64), -np.arange(1000), peaked, mostly_small])
    few, chi2 = plain(digit_shape)(steps, np.ones(steps.shape, np.bool_), 1000, 50, EVERY)
    assert few.tolist() == [1.0] * 8
    assert chi2.tolist() == pytest.approx([0.0, 3960.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    always = plain(digit_shape)(10 * np.arange(1000)[None] + 7, yes(*([1] * 1000)), 1000, 50, EVERY)[1]
    assert always.tolist() == [pytest.approx(800**2 / 200 + 4 * 200, rel=0.01)]
    tens = np.repeat(np.arange(10, 110), 10)
    near_forty = 10 * tens + np.where(tens < 60, [40, 41, 42, 43, 44] * 200, np.arange(1000) % 10)
    assert plain(digit_shape)(near_forty[None], yes(*([1] * 1000)), 1000, 50, EVERY)[1][0] < 100
    few, chi2 = plain(digit_shape)(np.arange(1000)[None] // 2 * 7, yes(*([1] * 999), 0), 999, 5000, EVERY)
    assert few.tolist() == [999 / 500]
    assert chi2.tolist() == [0.0]
    few, chi2 = plain(digit_shape)(steps, np.ones(steps.shape, np.bool_), 1001, 50, EVERY)
    assert not few.any()
    assert not chi2.any()


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**31), spread=st.sampled_from([3, 30, 300, 3000]), odd=odd_enough)
def test_samples_that_are_not_odd_need_not_be_sorted(
    seed: int, spread: int, odd: tuple[float, float], plain: Callable[[Call], Call]
) -> None:
    rng = np.random.default_rng(seed)
    steps = np.rint(500 + spread * rng.normal(size=(3, 500))).astype(np.int64)
    steps[1] -= steps[1] % 5
    whole = np.ones(steps.shape, np.bool_)
    few, chi2 = digit_shape(steps, whole, 400, 40, EVERY)
    told = plain(digit_shape)(steps, whole, 400, 40, odd)
    is_odd = (few >= odd[0]) | (chi2 >= odd[1])
    assert told[0][is_odd].tolist() == few[is_odd].tolist()
    assert told[1][is_odd].tolist() == chi2[is_odd].tolist()
    assert not ((told[0] >= odd[0]) | (told[1] >= odd[1]))[~is_odd].any()


@pytest.mark.parametrize("share", [0.0, 0.05, 0.5, 0.95, 1.0])
def test_a_quantile_lies_between_two_values(share: float, plain: Callable[[Call], Call]) -> None:
    ranked = np.sort(np.random.default_rng(5).integers(0, 900, 37))
    assert plain(_between)(ranked, share) == pytest.approx(np.quantile(ranked, share))


@pytest.mark.parametrize(("first", "second"), [(True, True), (False, True), (True, False), (False, False)])
def test_what_the_loads_explain_is_taken_out(
    first: bool, second: bool, plain: Callable[[Call], Call]
) -> None:
    by = np.random.default_rng(4).normal(50, 5, (2, 40))
    rest = np.stack([3 * by[0] + 7, 2 * by[1] + 1])
    by[0, 3], by[1, 5] = by[0, 3] if first else NAN, by[1, 5] if second else NAN
    plain(_take_out)(rest, by)
    left = np.abs(rest).max(axis=1) < 1e-9
    assert left.tolist() == [first, second]


def test_the_same_load_twice_is_taken_out_once(plain: Callable[[Call], Call]) -> None:
    by = np.repeat(np.arange(40.0)[None], 2, axis=0)
    rest = by * np.array([[2.0], [-3.0]])
    plain(_take_out)(rest, by)
    assert np.abs(rest).max() < 1e-9


def test_twins_are_one_curve_once_their_load_is_taken_out(plain: Callable[[Call], Call]) -> None:
    rng = np.random.default_rng(8)
    load = rng.uniform(50, 100, (2, 96))
    own = rng.normal(0, 1, 96)
    values = own + 0.3 * load
    steps = np.rint(values * 100).astype(np.int64)
    valid = np.ones(values.shape, np.bool_)

    def ask(by: np.ndarray, least: tuple[int, int] = (60, 10), valid: np.ndarray = valid) -> Any:
        return plain(twin_days)((values, steps, valid, by), (0, 1), 0.005, 3, 72, least, (0.0, 0.0))

    rho, equal = ask(load)
    assert rho[:3].tolist() == [0.0, 0.0, 0.0]
    assert rho[3:] == pytest.approx([1.0, 1.0], abs=0.05)
    assert equal.tolist() == [0.0] * 5
    unknown, _ = ask(np.full(load.shape, NAN))
    assert np.abs(unknown[3:]).max() < 0.5
    assert ask(np.ones(load.shape))[0] == pytest.approx(unknown)
    assert not ask(load, least=(73, 10))[0].any()
    assert not ask(load, least=(60, 73))[0].any()
    same_line = np.stack([load[0], load[0]])
    assert ask(same_line)[0][3:] == pytest.approx([0.4, 0.4], abs=0.3)
    gone = valid.copy()
    gone[1, 30:60] = False
    assert ask(load, valid=gone)[0][3:].tolist() == [0.0, 0.0]
    gone[1, 35:60] = True
    assert ask(load, valid=gone)[0][3:] == pytest.approx([1.0, 1.0], abs=0.05)
    values[1] = 0.8 * values[0]
    assert ask(load)[0][3:] == pytest.approx([1.0, 1.0], abs=1e-6), "a copy follows the load of the other"
    values[1] = values[0]
    assert ask(np.ones(load.shape))[1].tolist() == [0.0, 0.0, 0.0, 1.0, 1.0]
    values[:] = 3.0
    assert ask(load, least=(60, 1))[0].tolist() == [0.0] * 5


def test_rare_pairs_lie_off_the_cloud() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(8.0, 1.0, 2000)
    y = 40 - 2 * x + rng.normal(0.0, 1.0, 2000)
    rare = rare_pairs(x, y, np.array([8.0, 12.0, 8.0]), np.array([24.0, 8.0, 5.0]), 0.01)
    assert rare.tolist() == [False, True, True]
    constant = rare_pairs(np.full(50, 8.0), y[:50], np.array([8.0]), np.array([24.0]), 0.01)
    assert constant.tolist() == [False]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 2**31), missing=st.floats(0, 0.1), noise=st.sampled_from([0.0, 0.05, 0.3, 2.0]),
    level=st.sampled_from([0.0, 10.0, 1e6]),
)  # fmt: skip
def test_days_that_are_no_twins_are_passed_over(
    seed: int, missing: float, noise: float, level: float, plain: Callable[[Call], Call]
) -> None:
    rng = np.random.default_rng(seed)
    one = rng.normal(level, 1, 144).round(1)
    values = np.stack(
        [one, np.where(rng.random(144) < 0.5, (one + noise * rng.normal(size=144)).round(1), level)]
    )
    valid = rng.random(values.shape) >= missing
    steps = np.rint(values * 10).astype(np.int64)
    call = (values, steps, valid, np.full(values.shape, NAN)), (0, 1), 0.049, 3, 72, (40, 5)
    rho, equal = twin_days(*call, (-1.0, 0.0))
    found = plain(twin_days)(*call, (0.8, 0.6))
    told = (rho >= 0.8) | (equal >= 0.6)
    assert found[0][told] == pytest.approx(rho[told])
    assert found[1][told].tolist() == equal[told].tolist()
    assert not ((found[0] >= 0.8) | (found[1] >= 0.6))[~told].any()
