"""The province without a database: what its loggers send arrives at the models, and the figures add up."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from yuanjian.series import SeriesKey
from yuanjian.simulator import offline
from yuanjian.simulator.world import World


@pytest.fixture(scope="module")
def world() -> World:
    return World.build(seed=3, outlets=24, start=date(2026, 10, 1))


def test_every_hour_of_every_outlet_arrives(world: World) -> None:
    told: list[tuple[int, int]] = []
    start, end = world.midnight(), world.midnight(2)
    rows = offline.readings(world, start, end, lambda *said: told.append(said))
    register = offline.registry(world, start, end)
    assert told[-1] == (2, 2)
    for outlet in register.outlets():
        cube = rows.cube(
            [SeriesKey(outlet.point, factor) for factor in outlet.factors],
            cadence="hour",
            start=start,
            end=end,
        )
        assert (cube.flags[:, :-1] > 0).mean() > 0.8
        assert outlet.chain is not None
        meters = [SeriesKey(m.point, m.factor) for m in (*outlet.chain.production, *outlet.chain.treatment)]
        power = rows.cube(meters, cadence="minute", start=start, end=end, step=timedelta(minutes=10))
        assert (power.flags[:, :-1] > 0).mean() > 0.8
    assert {limit.averaging for outlet in register.outlets() for limit in outlet.limits} == {"hour", "day"}


def test_doors_and_marks_arrive(world: World) -> None:
    start, end = world.midnight(), world.midnight(20)
    register = offline.registry(world, start, end)
    points = [point for outlet in register.outlets() for point in outlet.door_points]
    assert register.marks([outlet.point for outlet in register.outlets()], start, end)
    rows = offline.readings(world, start, world.midnight(3))
    visits = rows.events(points, ["door"], start=utc(start), end=utc(end))
    assert visits.height > 0


def utc(instant: datetime) -> datetime:
    return instant.astimezone(UTC)
