"""Scope, shape and query counts of the register's endpoints."""

from __future__ import annotations

from typing import Any, ClassVar

from harness import DetailEndpoint, ListEndpoint, SharedEndpoint


class TestEnterprises(ListEndpoint):
    path = "/api/enterprises"

    def ids(self, body: Any) -> set[Any]:
        return {row["id"] for row in body["items"]}

    def own(self, world: Any) -> set[Any]:
        return {world.own.enterprise.pk}

    def other(self, world: Any) -> set[Any]:
        return {world.other.enterprise.pk}


class TestEnterprise(DetailEndpoint):
    path = "/api/enterprises/{id}"

    def url(self, world: Any, plant: Any) -> str:
        return f"/api/enterprises/{plant.enterprise.pk}"


class TestRegions(ListEndpoint):
    path = "/api/regions"

    def ids(self, body: Any) -> set[Any]:
        return {row["code"] for row in body}

    def own(self, world: Any) -> set[Any]:
        return {"640105"}

    def other(self, world: Any) -> set[Any]:
        return {"640205"}


class TestIndustries(ListEndpoint):
    path = "/api/industries"

    def url(self, world: Any, plant: Any) -> str:
        world.other.enterprise.industry_code = "D4430"
        world.other.enterprise.save()
        return self.path

    def ids(self, body: Any) -> set[Any]:
        return {row["code"] for row in body}

    def own(self, world: Any) -> set[Any]:
        return {"C44"}

    def other(self, world: Any) -> set[Any]:
        return {"D44", "D4430"}


class TestBoundaries(SharedEndpoint):
    path = "/api/geo/{region_code}"
    enterprise: ClassVar[str] = "shared"

    def url(self, world: Any, plant: Any) -> str:
        return "/api/geo/640000"


class TestFactors(SharedEndpoint):
    path = "/api/factors"
    enterprise: ClassVar[str] = "shared"


class TestRoles(SharedEndpoint):
    path = "/api/signal-roles"
    enterprise: ClassVar[str] = "shared"


class TestStandards(SharedEndpoint):
    path = "/api/standards"
    enterprise: ClassVar[str] = "shared"


class TestStandard(SharedEndpoint):
    path = "/api/standards/{name}"
    enterprise: ClassVar[str] = "shared"

    def url(self, world: Any, plant: Any) -> str:
        return "/api/standards/DB44/765-2019"
