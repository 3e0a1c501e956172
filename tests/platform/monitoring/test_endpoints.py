"""Scope, shape and query counts of the monitoring endpoints."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import world as make
from harness import DetailEndpoint, ListEndpoint

RAW = b"##0101QN=20261121100000000;ST=31;CN=2011;PW=123456;MN=TEST00000000000000000001;Flag=5;CP=&&&&1C80\r\n"


class TestLinks(ListEndpoint):
    path = "/api/links"
    enterprise = "closed"

    def prepare(self, world: Any) -> None:
        for plant in (world.own, world.other):
            make.link(plant.logger.mn)

    def ids(self, body: Any) -> set[Any]:
        return {row["mn"] for row in body["items"]}

    def own(self, world: Any) -> set[Any]:
        return {world.own.logger.mn}

    def other(self, world: Any) -> set[Any]:
        return {world.other.logger.mn}


class TestFaults(ListEndpoint):
    path = "/api/faults"
    enterprise = "closed"

    def prepare(self, world: Any) -> None:
        for seq, plant in enumerate((world.own, world.other), 1):
            make.frame(seq, RAW, mn=plant.logger.mn, fault="hj212.crc")

    def ids(self, body: Any) -> set[Any]:
        return {row["seq"] for row in body["items"]}

    def own(self, world: Any) -> set[Any]:
        return {1}

    def other(self, world: Any) -> set[Any]:
        return {2}


class TestFrame(DetailEndpoint):
    path = "/api/frames/{shard}/{seq}"
    enterprise = "closed"

    def prepare(self, world: Any) -> None:
        make.frame(1, RAW, mn=world.own.logger.mn)

    def url(self, world: Any, plant: Any) -> str:
        return "/api/frames/0/1"


class TestLatest(ListEndpoint):
    path = "/api/latest"

    def prepare(self, world: Any) -> None:
        for plant in (world.own, world.other):
            make.latest(plant.points["gas"].pk, "a21026", 40.0, reference=48.0)
            make.latest(plant.points["water"].pk, "w01018", 40.0)

    def ids(self, body: Any) -> set[Any]:
        return {row["outlet_id"] for row in body["items"]}

    def own(self, world: Any) -> set[Any]:
        return {world.own.gas.pk, world.own.water.pk}

    def other(self, world: Any) -> set[Any]:
        return {world.other.gas.pk, world.other.water.pk}


class TestCurve(DetailEndpoint):
    path = "/api/outlets/{id}/curve"

    def prepare(self, world: Any) -> None:
        point, start = world.own.points["gas"].pk, make.NOW - timedelta(hours=5)
        make.readings(point, "a21026", [30.0, 31.0, None, 33.0], start=start)
        make.readings(
            world.own.points["electricity"].pk, "d20701", [60.0] * 12, start=start, cadence="minute"
        )
        make.door(world.own.points["door"].pk, start, '{"person": "张三", "state": "开门"}')

    def url(self, world: Any, plant: Any) -> str:
        return f"/api/outlets/{plant.gas.pk}/curve"


class TestMarks(ListEndpoint):
    path = "/api/marks"

    def prepare(self, world: Any) -> None:
        from yuanjian.platform.monitoring.services import make_mark

        span = {"start": make.NOW - timedelta(hours=3), "end": make.NOW}
        for plant in (world.own, world.other):
            mark = make_mark(plant.user, plant.points["gas"], kind="calibration", **span)
            world.extra[plant.enterprise.pk] = mark.pk

    def ids(self, body: Any) -> set[Any]:
        return {row["id"] for row in body["items"]}

    def own(self, world: Any) -> set[Any]:
        return {world.extra[world.own.enterprise.pk]}

    def other(self, world: Any) -> set[Any]:
        return {world.extra[world.other.enterprise.pk]}
