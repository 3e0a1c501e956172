"""What the models of electricity see that their cases do not show."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from province import HOUR, START, outlet
from tools import COD, FLOW, SO2, Row, Run, hours, of, readings, wobble

from yuanjian.screening.kernels.power import OFF, ON, UNKNOWN
from yuanjian.screening.methods.power_load import _day_before, _peak, _usual
from yuanjian.screening.methods.power_meters import current_code, moments
from yuanjian.screening.methods.power_steps import early, late
from yuanjian.screening.operation import Power
from yuanjian.screening.ports import Chain, OutletContext, PowerMeter
from yuanjian.series import Cube
from yuanjian.series.cube import Grid

WALL = timedelta(minutes=10)


def _states(text: str) -> np.ndarray:
    return np.array([{"1": ON, "0": OFF, "?": UNKNOWN}[sign] for sign in text], np.int8)


@pytest.mark.parametrize(
    ("production", "treatment", "expected"),
    [
        ("0011111", "0000111", (2, 4)),
        ("0011111", "0111111", (2, 2)),
        ("0011001", "0000000", (2, 4)),
        ("0011111", "0000??1", (2, 4)),
        ("0011111", "0000000", (2, 6)),
    ],
)
def test_how_late_treatment_followed(production: str, treatment: str, expected: tuple[int, int]) -> None:
    assert late(_states(production), _states(treatment), 2, 4) == expected


@pytest.mark.parametrize(
    ("treatment", "expected"),
    [
        ("1111000", (4, 6)),
        ("1111111", (6, 6)),
        ("0000000", (6, 6)),
        ("1000000", (6, 6)),
        ("00??000", (6, 6)),
    ],
)
def test_how_early_treatment_stopped(treatment: str, expected: tuple[int, int]) -> None:
    assert early(_states("1111110"), _states(treatment), 6, 4) == expected


def _context(*names: str) -> OutletContext:
    line = PowerMeter(1, "生产线", "production", 500, "d20701", 1000.0)
    pumps = tuple(
        PowerMeter(2 + at, name, "treatment", 500, f"d3070{at + 1}", 200.0) for at, name in enumerate(names)
    )
    return outlet(1, factors=(SO2,), chain=Chain((line,), pumps))


def _minutes(factor: str, values: list[float | None]) -> list[Row]:
    return [
        (500, factor, "minute", START + at * WALL, v, None, "N", 1)
        for at, v in enumerate(values)
        if v is not None
    ]


@of("M302")
def test_one_of_two_pumps_is_enough(run: Run) -> None:
    line = _minutes("d20701", [2.0] * 36 + [800.0] * 36)
    first = _minutes("d30701", [1.0] * 36 + [150.0] * 36)
    second = _minutes("d30702", [1.0] * 48 + [150.0] * 24)
    standby = _context("1号循环泵", "2号循环泵")
    assert run.find(readings(line + first + second), [standby], 12) == []
    (found,) = run.find(readings(line + first + second), [_context("循环泵", "除尘风机")], 12)
    assert (found.measures["minutes"], found.measures["facility"]) == (120.0, "除尘风机")
    results = {item["code"]: item["result"] for item in found.exclusions}
    assert results["meter_gap"] == "excluded", "before the first sample nothing was known"


def _as(context: OutletContext, machine: str) -> OutletContext:
    """The first treatment machine does that."""
    chain = context.chain
    assert chain is not None
    own, *others = chain.treatment
    treatment = (replace(own, machine=machine), *others)
    return replace(context, chain=replace(chain, treatment=treatment))


@of("M302")
def test_a_dosing_pump_may_pause(run: Run) -> None:
    line = _minutes("d20701", [2.0] * 36 + [800.0] * 36)
    late_pump = _minutes("d30701", [1.0] * 60 + [150.0] * 12)
    fan = _minutes("d30702", [1.0] * 36 + [150.0] * 36)
    rows = readings(line + late_pump + fan)
    assert len(run.find(rows, [_context("加药泵", "除尘风机")], 12)) == 1
    assert run.find(rows, [_as(_context("加药泵", "除尘风机"), "dosing_pump")], 12) == []
    alone = _as(_context("加药泵"), "dosing_pump")
    assert len(run.find(readings(line + late_pump), [alone], 12)) == 1, "there is nothing else to judge"


@of("M304")
def test_a_fan_is_judged_by_its_flow_and_pumps_by_their_number(run: Run) -> None:
    line = _minutes("d20701", wobble(800.0, 1296))
    machine = _minutes("d30701", [*wobble(150.0, 1224), *wobble(40.0, 72)])
    rows = readings(line + machine)
    (found,) = run.find(rows, [_context("除尘机")], 216)
    assert found.measures["missing"] == pytest.approx(0.73, abs=0.05)
    assert run.find(rows, [_as(_context("除尘机"), "fan")], 216) == [], "cube root of 0.27: 64 % of the flow"
    assert run.find(rows, [_as(_context("除尘机"), "slurry_pump")], 216) == []


def test_a_treatment_machine_runs_at_less_power_than_production() -> None:
    meters = [PowerMeter(1, "一", kind, 1, kind, 100.0) for kind in ("production", "treatment")]
    cube = Cube.empty(
        [(1, meter.factor) for meter in meters], "minute", Grid.covering(START, START + HOUR, WALL)
    )
    cube.values[:] = 5.0
    assert [row[-1] for row in Power.of(meters, cube).state] == [OFF, ON]


def test_usual_power_by_decile() -> None:
    production = np.arange(100.0)
    usual = _usual(production, 2 * production, np.array([3.0, 97.0, 500.0]))
    assert usual.tolist() == [9.0, 189.0, 189.0]


def test_a_decile_nobody_was_in_takes_the_median_of_all() -> None:
    production = np.array([1.0] * 50 + [9.0] * 50)
    assert _usual(production, production * 10, np.array([5.0]))[0] == pytest.approx(50.0)


def test_peak_of_the_days_before() -> None:
    kw = np.repeat([5.0, 9.0, 1.0, 1.0], 24)[:80]
    assert _peak(kw, 2)[::24].tolist() == [0.0, 5.0, 9.0, 9.0]


def test_the_day_before_a_night() -> None:
    kw = np.repeat([10.0, 20.0], 24)
    kw[30:40] = np.nan
    before = _day_before(kw)
    assert np.isnan(before[:22]).all()
    assert before[22:46].tolist() == [10.0] * 24
    assert np.isnan(before[46:]).all()


def test_moments_of_what_is_used() -> None:
    a, b = np.array([1.0, 2.0, 3.0, np.nan]), np.array([2.0, 4.0, 6.0, 9.0])
    mean, spread, _, other, rho = moments(a, b, np.isfinite(a))
    assert (float(mean), round(float(other / spread), 6), round(float(rho), 6)) == (2.0, 2.0, 1.0)
    assert [float(item) for item in moments(a, b, np.zeros(4, np.bool_))] == [0.0] * 5


def test_current_beside_power() -> None:
    assert current_code("d20705") == "d20405"


@of("M313")
def test_power_that_flows_backwards_needs_no_current(run: Run) -> None:
    pump = [150.0] * 60 + [-150.0] * 24 + [150.0] * 60
    data = readings(_minutes("d20701", [800.0] * 144) + _minutes("d30701", pump))
    (found,) = run.find(data, [_context("循环泵")], 24)
    assert (found.factor, found.measures["hours"], found.measures["loaded"]) == ("d30701", 4.0, 1.0)
    assert "反接" in found.claim


@of("M314")
def test_a_lone_meter_is_vouched_for_by_the_monitor(run: Run) -> None:
    context = _context()
    line = _minutes("d20701", [800.0] * 48 + [None] * 30 + [800.0] * 66)
    assert run.find(readings(line), [context], 24) == []
    (found,) = run.find(readings(line + hours(1, SO2, wobble(20, 24))), [context], 24)
    assert (found.measures["hours"], found.measures["gaps30"]) == (5.0, 1.0)


@of("M725")
def test_suspicion_grows_with_what_is_known(run: Run) -> None:
    door = (2001, "door", "i3310", START + timedelta(hours=30, minutes=20), '{"state": "1"}')
    values = [*wobble(48, 31), *wobble(10, 17)]
    context = _context()
    with_power = _minutes("d20701", [800.0] * 288)
    known = run.find(readings(hours(1, SO2, values, reference=True) + with_power, [door]), [context], 48)
    blind = run.find(readings(hours(1, SO2, values, reference=True), [door]), [context], 48)
    assert [f.level for f in (*known, *blind)] == [2, 3]
    assert known[0].measures["p"] > blind[0].measures["p"]


def _sampled() -> list[Row]:
    flow = [5.0 + 0.01 * at if at % 6 == 0 else 12.0 + 0.01 * at for at in range(120)]
    return hours(3, FLOW, flow) + hours(3, COD, wobble(30, 120))


@of("M726")
def test_a_door_at_sampling_time_makes_it_a_warning(run: Run) -> None:
    context = outlet(3, "water", factors=(COD, FLOW), chain=None)
    events = [(2003, "door", "i3310", START + timedelta(hours=48, minutes=5), '{"state": "1"}')]
    (alone,) = run.find(readings(_sampled()), [context], 120)
    (seen,) = run.find(readings(_sampled(), events), [context], 120)
    assert (alone.level, seen.level) == (3, 2)
    assert ("开门 1 次" in seen.claim, alone.measures["acted"]) == (True, 0.0)
    assert alone.input_hash != seen.input_hash


@of("M726")
def test_reported_starts_of_the_sampler_count(run: Run) -> None:
    context = outlet(3, "water", factors=(COD, FLOW), chain=None, sampler_hours=(), sampler_starts=True)
    starts = [(3, "state", "i32001", START + at * HOUR, '{"sampler": "start"}') for at in range(0, 120, 6)]
    door = (2003, "door", "i3310", START + 54 * HOUR, '{"state": "1"}')
    (found,) = run.find(readings(_sampled(), [*starts, door]), [context], 120)
    assert (found.level, found.measures["acted"]) == (2, 1.0)


@of("M308")
def test_a_stop_without_usual_days_says_nothing(run: Run) -> None:
    context = replace(_context(), factors=(SO2,))
    data = readings(_minutes("d20701", [800.0] * 144 * 3))
    assert run.find(data, [context], 72) == []
