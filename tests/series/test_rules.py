"""Marks, validity, means and conversion, with numbers worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from statistics import median

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuanjian.series import Cube, FlagCode, MarkKind, MarkPeriod, SeriesKey
from yuanjian.series.aggregate import (
    computable,
    convert,
    day_gas,
    day_ph,
    day_water,
    hour_from_minutes,
)
from yuanjian.series.cube import Grid
from yuanjian.series.marks import MARK_KINDS, rasterise
from yuanjian.series.validity import day_valid_gas, day_valid_water, hour_valid, valid_mask

MIDNIGHT = datetime(2026, 11, 20, 16, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
KEYS = (SeriesKey(1, "a21026"), SeriesKey(1, "a21002"), SeriesKey(2, "a21026"))


def cube(hours: int = 6) -> Cube:
    made = Cube.empty(KEYS, "hour", Grid.covering(MIDNIGHT, MIDNIGHT + hours * HOUR, HOUR))
    made.values[:] = 1
    made.flags[:] = FlagCode.N
    return made


def row(*values: float) -> npt.NDArray[np.float32]:
    return np.float32([values])


def all_valid(values: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    return np.ones(values.shape, np.bool_)


# --- marks


def test_a_mark_covers_the_periods_it_touches() -> None:
    bits = rasterise(
        [
            MarkPeriod(1, None, "stopped", MIDNIGHT + 1.5 * HOUR, MIDNIGHT + 3 * HOUR),
            MarkPeriod(1, "a21002", "calibration", MIDNIGHT + 2 * HOUR, MIDNIGHT + 2 * HOUR + MINUTE),
            MarkPeriod(2, "a21026", "standard_check", MIDNIGHT - 9 * HOUR, MIDNIGHT + MINUTE),
            MarkPeriod(2, "a21026", "fault", MIDNIGHT + 5 * HOUR, MIDNIGHT + 99 * HOUR),
            MarkPeriod(2, None, "fault", MIDNIGHT - 9 * HOUR, MIDNIGHT - HOUR),
            MarkPeriod(7, None, "fault", MIDNIGHT, MIDNIGHT + HOUR),
        ],
        cube(),
    )
    assert bits.dtype == np.uint16
    assert bits.tolist() == [[0, 1, 1, 0, 0, 0], [0, 1, 9, 0, 0, 0], [1024, 0, 0, 0, 0, 32]]


@given(st.integers(-600, 600), st.integers(1, 600))
def test_marks_touch_exactly_the_periods_they_overlap(start: int, length: int) -> None:
    begun, ended = MIDNIGHT + start * MINUTE, MIDNIGHT + (start + length) * MINUTE
    bits = rasterise([MarkPeriod(2, None, "blowback", begun, ended)], made := cube())
    touched = [begun < made.time(n) + HOUR and ended > made.time(n) for n in range(6)]
    assert (bits[2] == MarkKind.BLOWBACK).tolist() == touched
    assert not bits[:2].any()


def test_the_kinds_of_marks() -> None:
    assert MARK_KINDS == (
        "stopped",
        "starting",
        "stopping",
        "calibration",
        "maintenance",
        "fault",
        "comm_loss",
        "power_loss",
        "replaced",
        "blowback",
        "standard_check",
    )
    with pytest.raises(KeyError):
        _ = MarkPeriod(1, None, "holiday", MIDNIGHT, MIDNIGHT + HOUR).bit


# --- validity


def test_the_edges_of_validity() -> None:
    assert hour_valid([44, 45, 60]).tolist() == [False, True, True]
    assert day_valid_gas([19, 20]).tolist() == [False, True]
    assert day_valid_water([17, 18, 24], 24).tolist() == [False, True, True]
    assert day_valid_water([0, 5, 6], [0, 7, 8]).tolist() == [False, False, True]


def test_cells_that_may_be_used() -> None:
    made = cube(12)
    made.flags[0] = [*range(11), 255]
    made.values[1, 0] = np.nan
    made.values[1, 1] = np.inf
    mask = valid_mask(made)
    assert np.flatnonzero(mask[0]).tolist() == [FlagCode.N, FlagCode.S]
    assert np.flatnonzero(~mask[1]).tolist() == [0, 1]
    bits = np.zeros(made.shape, np.uint16)
    bits[2, :11] = list(MarkKind)
    usable = np.flatnonzero(valid_mask(made, bits)[2]).tolist()
    assert usable == [1, 2, 11]  # starting, stopping, unmarked


@given(st.lists(st.booleans(), min_size=6, max_size=6), st.lists(st.sampled_from(MARK_KINDS), max_size=4))
def test_marks_only_ever_take_away(usable: list[bool], kinds: list[str]) -> None:
    made = cube()
    made.flags[2] = [FlagCode.N if good else FlagCode.D for good in usable]
    marks = [MarkPeriod(2, None, kind, MIDNIGHT, MIDNIGHT + 3 * HOUR) for kind in kinds]
    before, after = valid_mask(made), valid_mask(made, rasterise(marks, made))
    assert not (after & ~before).any()
    assert (after[2, 3:] == before[2, 3:]).all()
    taken = bool(set(kinds) - {"starting", "stopping"})
    assert after[2, :3].any() == (before[2, :3].any() and not taken)


# --- aggregation


def test_an_hour_of_minutes() -> None:
    values = row(*range(60), *range(60))
    valid = all_valid(values)
    valid[0, :15] = False  # 45 valid minutes: 15 … 59
    valid[0, 60:76] = False  # 44
    np.testing.assert_array_equal(hour_from_minutes(values, valid), row(37.0, np.nan))


def test_an_hour_of_ten_minute_values() -> None:
    values = row(1, 2, 3, 4, 5, np.nan, 1, 2, 3, 4, np.nan, np.nan)
    means = hour_from_minutes(values, all_valid(values), step_minutes=10)
    np.testing.assert_array_equal(means, row(3.0, np.nan))  # 50 and 40 minutes


def test_a_day_of_flue_gas() -> None:
    hours = row(*[10.0] * 20, *[999.0] * 4, *[10.0] * 24)
    valid = all_valid(hours)
    valid[0, 20:24] = False
    valid[0, 24:29] = False
    np.testing.assert_array_equal(day_gas(hours, valid), row(10.0, np.nan))


def test_a_day_of_waste_water_is_weighted_by_flow() -> None:
    c = row(*[10.0] * 12, *[40.0] * 12)
    flow = row(*[1.0] * 12, *[2.0] * 12)
    np.testing.assert_allclose(day_water(c, flow, all_valid(c)), row(30.0))  # (120 + 960) / 36


@pytest.mark.parametrize("bad", ["no flow", "negative flow", "unknown flow", "negative value", "marked"])
def test_hours_of_water_that_do_not_count(bad: str) -> None:
    c, flow = row(*[10.0] * 24), row(*[1.0] * 24)
    valid = all_valid(c)
    c[0, :6] = 500.0
    if bad == "marked":
        valid[0, :6] = False
    elif bad == "negative value":
        c[0, :6] = -1.0
    else:
        flow[0, :6] = {"no flow": 0.0, "negative flow": -1.0, "unknown flow": np.nan}[bad]
    np.testing.assert_allclose(day_water(c, flow, valid), row(10.0))  # 18 of 24 hours: 75 %
    valid[0, 23] = False
    np.testing.assert_array_equal(day_water(c, flow, valid), row(np.nan))
    np.testing.assert_allclose(day_water(c, flow, valid, due=[[20]]), row(10.0))
    np.testing.assert_array_equal(day_water(c, flow * 0, valid, due=0), row(np.nan))


def test_a_day_of_ph() -> None:
    values = row(*[7.0] * 12, *[8.0] * 11, 14.0)
    np.testing.assert_array_equal(day_ph(values, all_valid(values)), row(7.5))
    valid = all_valid(values)
    valid[0, :6] = False
    np.testing.assert_array_equal(day_ph(values, valid), row(8.0))
    valid[0, 6] = False
    np.testing.assert_array_equal(day_ph(values, valid), row(np.nan))
    nothing = np.full((1, 24), np.nan, np.float32)
    np.testing.assert_array_equal(day_ph(nothing, all_valid(nothing)), row(np.nan))


def test_periods_must_be_whole() -> None:
    with pytest.raises(ValueError, match="whole number"):
        day_gas(row(*range(25)), all_valid(row(*range(25))))


cells = st.lists(st.one_of(st.none(), st.integers(0, 1000)), min_size=24, max_size=24)


@given(cells)
def test_days_agree_with_plain_arithmetic(values: list[int | None]) -> None:
    array = row(*(np.nan if value is None else value for value in values))
    given = [value for value in values if value is not None]
    mean = sum(given) / len(given) if len(given) >= 20 else np.nan
    middle = median(given) if len(given) >= 18 else np.nan
    np.testing.assert_allclose(day_gas(array, all_valid(array)), row(mean), rtol=1e-6)
    np.testing.assert_allclose(day_ph(array, all_valid(array)), row(middle), rtol=1e-6)


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 50)), min_size=24, max_size=24))
def test_the_flow_weighted_mean_lies_between_its_values(hours: list[tuple[int, int]]) -> None:
    c, flow = row(*(each[0] for each in hours)), row(*(each[1] for each in hours))
    running = [each for each in hours if each[1] > 0]
    mean = day_water(c, flow, all_valid(c))[0, 0]
    if len(running) < 18:
        assert np.isnan(mean)
        return
    exact = sum(value * water for value, water in running) / sum(water for _, water in running)
    np.testing.assert_allclose(mean, exact, rtol=1e-6)
    assert min(running)[0] - 1e-3 <= mean <= max(running)[0] + 1e-3


# --- conversion


def test_conversion_to_reference_oxygen() -> None:
    assert convert(100.0, 11.0, 6.0) == pytest.approx(150.0)  # coal boiler: 15 / 10
    assert convert(50.0, 6.0, 6.0) == pytest.approx(50.0)
    assert convert(80.0, 3.0, 11.0) == pytest.approx(44.444444)
    np.testing.assert_allclose(
        convert([10, 10, 10, 10], [20.9, 21, 25, -1], 6), [1500, np.nan, np.nan, np.nan]
    )
    assert np.isnan(convert(np.nan, 11.0, 6.0))
    for unfit in (21.0, -1.0, np.nan):
        with pytest.raises(ValueError, match="reference oxygen"):
            convert(1.0, 11.0, unfit)


@given(st.floats(0, 1e4), st.floats(0, 20.9), st.floats(0, 20))
def test_conversion_can_be_undone(c: float, o2: float, o2_ref: float) -> None:
    there = convert(c, o2, o2_ref)
    assert float(there) * (21 - o2) / (21 - o2_ref) == pytest.approx(c)


def test_the_overflow_of_2025_devices_is_no_value() -> None:
    sent = row(9999.99, -9999.99, 9999.98, 10000.0, 0.0, np.nan)
    np.testing.assert_array_equal(computable(sent), row(np.nan, np.nan, 9999.98, 10000.0, 0.0, np.nan))
