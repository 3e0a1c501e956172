"""Process parameters on the wire, and what is done to them."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import numpy as np
import pytest

from yuanjian.clock import from_beijing
from yuanjian.simulator import World, frames, signals
from yuanjian.simulator.physics import day
from yuanjian.simulator.slots import PER_HOUR, day_of, first_slot, slot_of, start_of
from yuanjian.wire.hj212 import factor, parse_frame, read_upload

WORLD = World.build(seed=12, outlets=40)


def test_every_role_and_code_is_known() -> None:
    from yuanjian.screening.signals import ROLES

    for sensors in signals.SENSORS.values():
        assert len(sensors) <= 3
        assert {sensor.role for sensor in sensors} <= set(ROLES)
        assert all(factor(sensor.code) for sensor in sensors)


def test_frames_carry_the_means() -> None:
    begin = WORLD.midnight(1)
    shown = signals.values(WORLD, day(WORLD, day_of(slot_of(begin))))
    by_mn = {outlet.meter_mn: outlet for outlet in WORLD.outlets}
    seen: Counter[tuple[str, str]] = Counter()
    window = (begin + timedelta(minutes=1), begin + timedelta(hours=2, minutes=1))
    for frame in frames(WORLD, *window, {"signal"}):
        message = parse_frame(frame.raw)
        upload = read_upload(message)
        assert upload is not None
        outlet = by_mn[message.mn]
        seen[outlet.kind.key, upload.cadence] += 1
        per = PER_HOUR if upload.cadence == "hour" else 1
        minutes = upload.data_time.hour * 60 + upload.data_time.minute
        period = minutes // (10 * per)
        means = shown[outlet.index][:, period * per : period * per + per].mean(-1)
        assert message.st == "45"
        assert [item.code for item in upload.factors] == [s.code for s in signals.sensors(outlet)]
        sent = [float(item.fields["avg"]) for item in upload.factors]
        assert sent == pytest.approx(means, abs=0.51)
    kinds = Counter(outlet.kind.key for outlet in WORLD.outlets if signals.sensors(outlet))
    assert {key: seen[key, "hour"] for key in kinds} == {key: 2 * n for key, n in kinds.items()}
    assert {cadence for _, cadence in seen} == {"hour"}, "minutes only where they count"


@pytest.mark.parametrize("name", ["furnace_cold", "bypass_open"])
def test_minutes_are_sent_where_they_count(name: str) -> None:
    world = World.build(seed=12, outlets=40)
    world.inject(2, days=20, rate=0, paper=0.6)
    violation = next(v for v in world.violations if v.kind.name == name)
    outlet = world.outlets[violation.outlet]
    begin = start_of(violation.start)
    hour = begin - timedelta(minutes=begin.minute)
    sent = [
        upload
        for frame in frames(
            world, hour - timedelta(hours=2), hour + timedelta(hours=1, minutes=1), {"signal"}
        )
        if frame.mn == outlet.meter_mn and (upload := read_upload(parse_frame(frame.raw)))
    ]
    minutes = [from_beijing(upload.data_time) for upload in sent if upload.cadence == "minute"]
    assert minutes == [hour + timedelta(minutes=10 * n) for n in range(6)]


def test_a_law_abiding_plant_keeps_to_its_design() -> None:
    for number in range(3):
        today = day(WORLD, day_of(slot_of(WORLD.midnight(number))))
        for outlet in WORLD.outlets:
            steady = today.plan.running[outlet.index] & (today.plan.ramp[outlet.index] == 1)
            rows = signals.values(WORLD, today).get(outlet.index, ())
            for sensor, row in zip(signals.sensors(outlet), rows, strict=True):
                if sensor.role in {"furnace_temperature", "scr_temperature"}:
                    assert (row[steady] > sensor.design).all()
                if sensor.role == "bypass_valve":
                    assert not row.any()
                if sensor.role == "station_temperature":
                    assert ((row > 18) & (row < 28)).all()


def test_nothing_is_fed_to_a_plant_that_stands() -> None:
    stopped = 0
    for number in range(30):
        today = day(WORLD, day_of(slot_of(WORLD.midnight(number))))
        shown = signals.values(WORLD, today)
        for outlet in WORLD.outlets:
            still = ~today.plan.running[outlet.index]
            for sensor, row in zip(signals.sensors(outlet), shown.get(outlet.index, ()), strict=True):
                if still.any() and sensor.role in {"ammonia_flow", "pressure_drop"}:
                    assert not row[still].any()
                    stopped += 1
    assert stopped


@pytest.mark.parametrize(
    ("name", "role", "low", "high"),
    [
        ("furnace_cold", "furnace_temperature", 700, 850),
        ("scr_cold", "scr_temperature", 200, 280),
        ("ammonia_off", "ammonia_flow", 0, 0),
        ("bypass_open", "bypass_valve", 40, 100),
    ],
)
def test_what_a_violation_shows(name: str, role: str, low: float, high: float) -> None:
    world = World.build(seed=12, outlets=40)
    world.inject(2, days=20, rate=0, paper=0.6)
    violation = next(v for v in world.violations if v.kind.name == name)
    number = day_of(violation.start)
    first = violation.start - first_slot(number)
    outlet = world.outlets[violation.outlet]
    at = [sensor.role for sensor in signals.sensors(outlet)].index(role)
    row = signals.values(world, day(world, number))[outlet.index][at]
    during = row[first : min(first + violation.length, 144)]
    assert low <= during.min() <= during.max() <= high
    honest = signals.values(WORLD, day(WORLD, number))[outlet.index][at]
    before = slice(0, max(first - 1, 0))
    assert np.array_equal(row[before] == 0, honest[before] == 0)
