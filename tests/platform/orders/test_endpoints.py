"""Scope, shape and query counts of orders, officers and rectifications."""

from __future__ import annotations

from typing import Any, ClassVar

from harness import DetailEndpoint, ListEndpoint
from stories import Town, a_rectification, an_order

from yuanjian.platform.orders.models import WorkOrder


def other_order(world: Any) -> WorkOrder:
    """An order of the other city."""
    town = Town.of(world)
    town.people["analyst"], town.people["officer"] = world.foreign["analyst"], world.foreign["officer"]
    return an_order(town, outlet=world.other.gas)


class TestOrders(ListEndpoint):
    path = "/api/orders"
    enterprise: ClassVar[str] = "closed"

    def prepare(self, world: Any) -> None:
        world.extra |= {"own": an_order(Town.of(world)), "other": other_order(world)}

    def ids(self, body: Any) -> set[Any]:
        return {row["id"] for row in body["items"]}

    def own(self, world: Any) -> set[Any]:
        return {world.extra["own"].pk}

    def other(self, world: Any) -> set[Any]:
        return {world.extra["other"].pk}


class TestOrder(DetailEndpoint):
    path = "/api/orders/{id}"
    enterprise: ClassVar[str] = "closed"

    def prepare(self, world: Any) -> None:
        world.extra["own"] = an_order(Town.of(world), "rectifying")

    def url(self, world: Any, plant: Any) -> str:
        return f"/api/orders/{world.extra['own'].pk}"


class TestOfficers(ListEndpoint):
    path = "/api/officers"
    enterprise: ClassVar[str] = "closed"

    def ids(self, body: Any) -> set[Any]:
        return {row["id"] for row in body}

    def own(self, world: Any) -> set[Any]:
        return {world.users["officer"].pk}

    def other(self, world: Any) -> set[Any]:
        return {world.foreign["officer"].pk}


class TestRectifications(ListEndpoint):
    path = "/api/rectifications"

    def prepare(self, world: Any) -> None:
        world.extra["own"] = a_rectification(Town.of(world))

    def ids(self, body: Any) -> set[Any]:
        return {row["id"] for row in body["items"]}

    def own(self, world: Any) -> set[Any]:
        return {world.extra["own"].pk}

    def other(self, world: Any) -> set[Any]:
        return set()
