"""Honest process parameters agree with what the outlet emits, furnaces and ovens with their trade."""

from __future__ import annotations

import numpy as np
import pytest

from yuanjian.series import FlagCode
from yuanjian.simulator.patterns import bases, kilns, layers, process
from yuanjian.simulator.patterns.layers import Doubles
from yuanjian.simulator.patterns.plants import SLOTS, Gauge, Plant
from yuanjian.simulator.patterns.readings import PROCESS, PlantReadings, instant, registry

PLANTS = bases.all_plants()


def of_kind(kind: str) -> list[Plant]:
    return [plant for plant in PLANTS if plant.kind == kind]


def shown(plant: Plant, role: str) -> Doubles:
    return next(g for g in plant.gauges.values() if g.role == role).own.values.astype(np.float64)


BOILER = next(plant for plant in of_kind("coal") if "p10401" in plant.gauges)


def test_few_outlets_have_a_control_system_and_all_sensors_fail_at_times() -> None:
    boilers = [plant for plant in of_kind("coal") if "p10401" in plant.gauges]
    assert 10 <= len(boilers) <= len(of_kind("coal")) / 2
    for plant in (*boilers, *of_kind("voc"), *of_kind("incinerator")):
        missing = [np.isnan(gauge.own.values).mean() for gauge in plant.gauges.values()]
        assert 0 < max(missing) < 0.02


def test_ammonia_is_what_the_removal_needs_and_none_below_the_coldest() -> None:
    nox, before = BOILER.series["a21002"].values, BOILER.gauges["a21002"].own.values
    need = (before - nox) * BOILER.series["a00000"].values * 3.6e-3 * process.AMMONIA_PER_NOX
    fed = shown(BOILER, "ammonia_flow")
    known = np.isfinite(need) & np.isfinite(fed) & (fed > 1.0)
    assert np.median(fed[known] / need[known]) == pytest.approx(1.07, abs=0.06)
    cold = shown(BOILER, "scr_temperature") < process.COLDEST - 5.0
    assert not (fed[cold] > 0.0).any()
    assert (fed > 0).mean() > 0.4


def test_carbon_dioxide_follows_oxygen() -> None:
    oxygen, carbon = BOILER.series["a19001"].values, shown(BOILER, "carbon_dioxide")
    burns = np.isfinite(carbon) & (oxygen < 15)
    assert np.median(carbon[burns] * 20.9 / (20.9 - oxygen[burns])) == pytest.approx(18.7, rel=0.04)


def test_pumps_rest_in_turn_and_never_all_while_it_burns() -> None:
    pumps = np.stack([meter.kw for meter in BOILER.meters.values() if meter.machine == "slurry_pump"]) > 0
    runs = pumps.sum(axis=0)
    line = BOILER.meters["发电机组"].kw > 0
    assert (runs[line] > 0).mean() > 0.999
    assert (pumps.mean(axis=1) < 0.95).all()
    assert set(np.unique(runs)) <= {0, 1, 2, 3}


def test_a_fan_takes_more_for_more_flow() -> None:
    (fan,) = [meter for meter in BOILER.meters.values() if meter.machine == "fan"]
    kw = fan.kw.reshape(-1, SLOTS).mean(axis=1)
    speed = BOILER.series["a01011"].values
    burns = (speed > 1.0) & (kw > 0)
    assert np.corrcoef(np.log(kw[burns]), np.log(speed[burns]))[0, 1] > 0.9


def test_a_main_meter_shows_a_little_more_than_its_machines() -> None:
    for plant in (of_kind("turbine")[0], of_kind("works")[0]):
        total = plant.meters["总表"].kw
        parts = np.sum([m.kw for m in plant.meters.values() if m.role != "total"], axis=0)
        assert 0.7 < parts.sum() / total.sum() < 0.97
        (context,) = registry([plant]).outlets()
        assert context.chain is not None
        assert [meter.kind for meter in context.chain.total] == ["total"]


def test_ledgers_of_coal_make_the_gas_of_the_stack() -> None:
    oxygen = np.minimum(BOILER.series["a19001"].values.astype(np.float64), 20.6)
    gas = 3600.0 * np.nansum(BOILER.series["a00000"].values * (20.9 - oxygen) / 20.9)
    told = sum(p.facts["amount"] * p.facts["gas_per_unit"] for p in BOILER.papers if p.kind == "fuel")
    assert told == pytest.approx(gas, rel=0.12)


@pytest.mark.parametrize("kind", ["incinerator", "hazardous"])
def test_an_honest_furnace_keeps_its_temperature_and_its_limits(kind: str) -> None:
    for plant in of_kind(kind):
        gauge = next(g for g in plant.gauges.values() if g.role == "furnace_temperature")
        own, bound = gauge.own, gauge.design
        assert bound is not None
        fit = (own.flags == FlagCode.N) & ~plant.marked("stopped", "starting", "stopping")
        fit &= shown(plant, "bypass_valve") < 50.0
        assert (own.values[fit] >= bound).mean() > 0.999
        assert gauge.detail == [(0, plant.hours)]
        usable = plant.series["a21024"].valid(slice(None)) & ~plant.marked("starting", "stopping")
        for code, limit in kilns.HOUR_LIMITS.items():
            judged = plant.series[code].reference
            assert judged is not None
            assert np.quantile(judged[usable], 0.99) < limit
        assert plant.day_limits == kilns.DAY_LIMITS


def test_an_honest_furnace_keeps_within_the_hours_its_instruments_may_be_maintained() -> None:
    for plant in (*of_kind("incinerator"), *of_kind("hazardous")):
        upkeep = np.zeros(plant.hours, np.bool_)
        for mark in plant.marks:
            upkeep[int(mark.first) : int(np.ceil(mark.last))] |= mark.kind == "maintenance"
        quarters = upkeep[: 4 * 90 * 24].reshape(4, -1).sum(axis=1)
        assert (quarters > 0).all()
        assert quarters.max() < 0.7 * 30


def test_an_honest_oven_is_hot_while_the_line_runs_and_removes() -> None:
    for plant in of_kind("voc"):
        line = plant.meters["涂装线"].kw.reshape(-1, SLOTS).min(axis=1) > 20
        heat = shown(plant, "oxidiser_temperature")[line]
        assert (heat[np.isfinite(heat)] > 760).mean() > 0.999
        removed = 1.0 - plant.series[kilns.NMHC].values / plant.gauges[kilns.NMHC].own.values
        assert 0.9 < np.nanmedian(removed[line]) < 0.99


def test_the_port_shows_process_parameters_by_hour_and_minute() -> None:
    plant = of_kind("incinerator")[0].part(slice(100, 400))
    (context,) = registry([plant]).outlets()
    (signal,) = context.signals_of("furnace_temperature")
    assert (signal.point % 20, signal.design) == (PROCESS, 850.0)
    window = {"start": instant(10), "end": instant(20)}
    keys = [(signal.point, signal.factor), (signal.point, "nothing")]
    hours = PlantReadings([plant]).cube(keys, cadence="hour", **window).values[0]
    minutes = PlantReadings([plant]).cube(keys[:1], cadence="minute", **window).values[0]
    assert minutes.reshape(10, 60).mean(axis=1) == pytest.approx(hours, rel=2e-3)
    day = [limit for limit in context.limits if limit.averaging == "day"]
    assert {limit.factor: limit.high for limit in day} == kilns.DAY_LIMITS


def test_minutes_carry_their_value_at_reference_oxygen() -> None:
    plant = next(plant for plant in of_kind("coal") if plant.detail)
    span = plant.detail[0]
    own = plant.series["a21002"]
    assert own.reference is not None
    hour = span[0] + 5
    cube = PlantReadings([plant]).cube(
        [(0, "a21002")], cadence="minute", start=instant(hour), end=instant(hour + 1)
    )
    assert cube.reference[0].mean() == pytest.approx(own.reference[hour], rel=0.01)


def test_a_beat_swings_the_minutes_of_its_hours_only() -> None:
    own = layers.series(np.full(48, 100.0), 1)
    plant = Plant("x", "coal", "gas", {"a21002": own}, {}, {}, gauges={"g": Gauge("load", own)})
    own.beats.append((10, 20, 40.0, 0.2))
    minutes = layers.minutes(plant, own, 0, 48, 1).reshape(48, 60)
    spread = minutes.std(axis=1) / 100.0
    assert (spread[10:20] > 0.1).all()
    assert (np.delete(spread, np.s_[10:20]) < 0.02).all()
    copy = plant.part(slice(5, 30))
    copy.gauges["g"].own.values[:] = 0.0
    assert own.values.min() == 100.0
