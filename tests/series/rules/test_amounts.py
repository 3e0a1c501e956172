"""Periods, transmission, standard state and amounts, with numbers worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuanjian.series import FlagCode, MarkKind
from yuanjian.series.cube import Grid
from yuanjian.series.rules import amounts, emissions, flow, periods, transmission
from yuanjian.series.rules.substitution import Origin

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OCTOBER = datetime(2026, 9, 30, 16, tzinfo=UTC)  # 2026-10-01 00:00 in Beijing
NAN = float("nan")
number = st.floats(0, 1e4)


def grid(hours: int, start: datetime = OCTOBER, step: timedelta = HOUR) -> Grid:
    return Grid(start, step, hours)


def yes(*shape: int) -> np.ndarray:
    return np.ones(shape, np.bool_)


# --- periods


def test_months_and_quarters_begin_at_beijing_midnight() -> None:
    hours = grid(24 * 32, OCTOBER - DAY)
    assert np.flatnonzero(periods.begins(hours, periods.MONTHS)).tolist() == [24]
    assert np.flatnonzero(periods.begins(grid(24 * 32), periods.MONTHS)).tolist() == [0, 24 * 31]
    assert np.flatnonzero(periods.begins(grid(24 * 32), periods.QUARTERS)).tolist() == [0]
    assert not periods.begins(grid(24 * 32), periods.YEARS).any()
    days = grid(400, OCTOBER, DAY)
    assert np.flatnonzero(periods.begins(days, periods.YEARS)).tolist() == [92]


def test_numbers_and_sums_of_periods() -> None:
    starts = np.array([False, True, False, True])
    assert periods.numbered(starts).tolist() == [0, 1, 1, 2]
    assert periods.numbered(np.array([True, False])).tolist() == [0, 0]
    assert periods.sums([[1, 2, NAN, 4]], np.array([0, 1, 1, 2])).tolist() == [[1, 2, 4]]
    assert periods.since_begin(np.array([[1, 2, 3, 4]]), starts).tolist() == [[1, 2, 5, 4]]


@given(st.lists(st.integers(0, 9), min_size=1, max_size=40), st.data())
def test_running_sums_end_with_the_sums(cells: list[int], data: st.DataObject) -> None:
    starts = np.array(data.draw(st.lists(st.booleans(), min_size=len(cells), max_size=len(cells))))
    values = np.array([cells])
    running, number_ = periods.since_begin(values, starts), periods.numbered(starts)
    last = np.append(np.flatnonzero(np.diff(number_)), len(cells) - 1)
    assert running[0, last].tolist() == periods.sums(values, number_)[0].tolist()


# --- transmission


def test_effective_transmission_by_hand() -> None:
    # 24 due, 20 came; 22 had to be valid, 18 were: 20/24 · 18/22
    assert float(transmission.effective(24, 20, 22, 18)) == pytest.approx(0.681818, abs=1e-6)
    assert np.isnan(transmission.effective(0, 0, 0, 0))
    assert float(transmission.effective(24, 24, 0, 0)) == 1.0  # all in calibration


@given(st.integers(1, 1000), st.data())
def test_the_rate_is_a_share_and_falls_with_every_loss(due: int, data: st.DataObject) -> None:
    received = data.draw(st.integers(1, due))
    valid_due = data.draw(st.integers(1, due))
    valid = data.draw(st.integers(1, valid_due))
    rate = float(transmission.effective(due, received, valid_due, valid))
    assert 0 < rate <= 1
    assert float(transmission.effective(due, received - 1, valid_due, valid)) < rate
    assert float(transmission.effective(due, received, valid_due, valid - 1)) < rate


# --- flow


def test_dry_standard_flow_by_hand() -> None:
    # F 4 m², V 10 m/s: 144 000 m³/h; 127 °C: 273/400; -1.325 kPa under 101.325: 100/101.325; 10 % water: 0.9
    raw = flow.stack_flow(4, 10)
    assert float(raw) == 144_000
    assert float(flow.dry_standard_flow(raw, 127, -1.325, 10)) == pytest.approx(
        144_000 * 0.6825 * 0.986923 * 0.9, rel=1e-6
    )
    assert float(flow.dry_standard_concentration(50, 127, -1.325, 10)) == pytest.approx(
        50 / (0.6825 * 0.986923 * 0.9), rel=1e-6
    )


def test_impossible_states_give_nothing() -> None:
    states = [(-300, 0, 5), (20, -200, 5), (20, 0, 100), (20, 0, -1)]
    assert all(np.isnan(flow.dry_standard_flow(1, *state)) for state in states)
    assert np.isnan(flow.dry_standard_concentration(1, -273, 0, 0))


def test_parts_per_million() -> None:
    assert float(flow.ppm_to_mg(100, 64)) == pytest.approx(285.714, abs=1e-3)  # SO2
    assert pytest.approx(1.5333, abs=1e-4) == flow.NO2_PER_NO


@given(number, st.floats(-50, 500), st.floats(-20, 20), st.floats(0, 60))
def test_the_mass_flow_is_the_same_wet_and_dry(c: float, heat: float, pressure: float, water: float) -> None:
    dry = float(flow.dry_standard_concentration(c, heat, pressure, water))
    assert dry * float(flow.dry_standard_flow(7, heat, pressure, water)) == pytest.approx(7 * c)


@given(st.floats(-50, 500), st.floats(0, 60))
def test_hot_or_wet_gas_is_less_gas(heat: float, water: float) -> None:
    assert flow.dry_standard_flow(1, heat + 1, 0, water) < flow.dry_standard_flow(1, heat, 0, water)
    assert flow.dry_standard_flow(1, heat, 0, water + 1) < flow.dry_standard_flow(1, heat, 0, water)


# --- amounts


def test_units_of_mass() -> None:
    assert [amounts.in_milligrams(unit) for unit in ("毫克/立方米", "µg/L", "纳克/升")] == [1, 1e-3, 1e-6]
    for unit in ("℃", "米/秒"):
        with pytest.raises(ValueError, match="no concentration"):
            amounts.in_milligrams(unit)


def test_an_hour_by_hand() -> None:
    # 35 mg/m³ in 100 m³/s: 360 000 m³/h · 35 mg = 12.6 kg
    kg = amounts.hourly([[35, -1, NAN, 35]], [[100, 100, 100, -5]])
    assert kg[0, [0, 1, 3]].tolist() == pytest.approx([12.6, 0, 0])
    assert np.isnan(kg[0, 2])


def test_a_day_of_water_by_hand() -> None:
    # 12 h of 40 mg/L in 10 L/s, 12 h of 80 in 30: mean 70 mg/L; 480 L/s·h = 1 728 m³; 120.96 kg
    c, q = [[40.0] * 12 + [80.0] * 12], [[10.0] * 12 + [30.0] * 12]
    valid = yes(1, 24)
    assert amounts.water_days(c, q, valid, valid)[0, 0] == pytest.approx(120.96)
    half = q[0].copy()
    half[12:18] = [NAN] * 6  # the volume of six hours is that of the mean hour
    # 12 · 10 + 6 · 30 = 300 in 18 h: 400 L/s·h = 1 440 m³; (4 800 + 14 400) / 300 = 64 mg/L: 92.16 kg
    assert amounts.water_days(c, [half], valid, valid)[0, 0] == pytest.approx(92.16)
    assert np.isnan(amounts.water_days([[NAN] * 7 + c[0][7:]], q, valid, valid)[0, 0])
    assert amounts.water_days(c, q, valid, ~valid)[0, 0] == 0


# --- together


def test_gas_with_a_gap_by_hand() -> None:
    hours = grid(24 * 20)
    c = np.full((1, 480), 50.0)
    c[0, 100] = 100.0
    q = np.full((1, 480), 10.0)  # 1.8 kg an hour, 3.6 at hour 100
    valid, due = yes(1, 480), yes(1, 480)
    valid[0, 200:210] = False
    due[0, 300:324] = False
    found = emissions.of_gas(hours, c, q, valid, due)
    assert found.capture[0, 0] == pytest.approx(446 / 456)
    assert found.amount[0, 200:210].tolist() == pytest.approx([3.6] * 10)
    assert found.amount[0, 300:324].tolist() == [0.0] * 24
    total = found.totals(np.zeros(480, np.int64))
    assert total.kg[0, 0] == pytest.approx(445 * 1.8 + 3.6 + 36)
    assert (total.measured[0, 0], total.substituted[0, 0], total.unknown[0, 0]) == (446, 10, 0)
    assert found.days()[0, :3].tolist() == pytest.approx([43.2] * 3)
    assert found.days()[0, 8] == pytest.approx(14 * 1.8 + 36)
    assert found.days().sum() == pytest.approx(float(total.kg[0, 0]))


def test_water_days_with_a_lost_day() -> None:
    hours = grid(24 * 5 + 7)
    c = np.full((1, hours.size), 50.0)
    c[0, 24:48] = 100.0
    q = np.full((1, hours.size), 10.0)
    valid = yes(1, hours.size)
    valid[0, 72:96] = False
    due = yes(1, hours.size)
    due[0, 96:120] = False
    found = emissions.of_water(hours, c, q, valid, due)
    assert found.grid == Grid(OCTOBER, DAY, 5)
    assert found.amount[0].tolist() == pytest.approx([43.2, 86.4, 43.2, 43.2, 0.0])
    assert found.days()[0].tolist() == found.amount[0].tolist()
    assert found.filled.origin[0].tolist() == [
        Origin.MEASURED, Origin.MEASURED, Origin.MEASURED, Origin.MEAN, Origin.NOT_DUE,
    ]  # fmt: skip
    assert found.measured[0].tolist() == [True, True, True, False, False]
    assert found.substituted[0].tolist() == [False, False, False, True, False]


def test_what_counts_of_an_outlet() -> None:
    hours = grid(24)
    c, q = np.full((1, 24), 50.0), np.full((1, 24), 10.0)
    flags = np.full((1, 24), FlagCode.N, np.uint8)
    other = flags.copy()
    other[0, [1, 2]] = FlagCode.D, FlagCode.F
    c[0, 3] = q[0, 4] = NAN
    marks = np.zeros((1, 24), np.uint16)
    marks[0, [5, 6, 7]] = MarkKind.STOPPED, MarkKind.CALIBRATION, MarkKind.STARTING
    gas = emissions.of_outlet("gas", hours, c, q, (flags, other), marks).filled.origin[0]
    # 18 of the 22 hours due are valid: 82 %
    lost = [Origin.MAX_MOST if at in (1, 3, 4, 6) else Origin.MEASURED for at in range(24)]
    assert gas.tolist() == [Origin.NOT_DUE if at in (2, 5) else lost[at] for at in range(24)]
    q[0, :3] = 0.0
    water = emissions.of_outlet("water", hours, c, q, (flags, other), marks)
    # 20 hours due of 10 L/s: three without flow and one stopped are not, one of unknown flow is
    assert water.amount[0].tolist() == pytest.approx([50 * 10 * 20 * 0.0036])


def test_a_part_of_the_cells() -> None:
    hours = grid(24)
    c = np.arange(24.0)[None, :]
    found = emissions.of_gas(hours, c, np.full((1, 24), 1 / 0.0036), yes(1, 24), yes(1, 24))
    part = found.between(OCTOBER + 2.5 * HOUR, OCTOBER + 6 * HOUR)
    assert part.grid == Grid(OCTOBER + 3 * HOUR, HOUR, 3)
    assert part.amount[0].tolist() == pytest.approx([3, 4, 5])
    assert part.measured.all()
    whole = found.between(OCTOBER - DAY, OCTOBER + 9 * DAY)
    assert whole.grid == hours
    assert (whole.amount == found.amount).all()
