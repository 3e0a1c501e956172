"""Scope, shape and query counts of the model builder."""

from __future__ import annotations

from typing import Any, ClassVar

from builder_forms import a_form
from harness import DetailEndpoint, ListEndpoint, SharedEndpoint

from yuanjian.platform.clues import builder
from yuanjian.platform.clues.models import OwnModel


class TestBuilder(SharedEndpoint):
    path = "/api/model-builder"
    enterprise: ClassVar[str] = "closed"
    role: ClassVar[str] = "author"


class TestOwnModels(ListEndpoint):
    path = "/api/own-models"
    enterprise: ClassVar[str] = "closed"
    role: ClassVar[str] = "author"

    def prepare(self, world: Any) -> None:
        builder.begin(world.users["author"], a_form(region="640105"))
        builder.begin(world.users["author"], a_form(region="640105", title="另一个"))
        builder.begin(world.foreign["author"], a_form(region="640205"))

    def ids(self, body: Any) -> set[Any]:
        return {row["id"] for row in body["items"]}

    def own(self, world: Any) -> set[Any]:
        return set(OwnModel.objects.filter(region_code="640105").values_list("pk", flat=True))

    def other(self, world: Any) -> set[Any]:
        return set(OwnModel.objects.filter(region_code="640205").values_list("pk", flat=True))


class TestOwnModel(DetailEndpoint):
    path = "/api/own-models/{id}"
    enterprise: ClassVar[str] = "closed"
    role: ClassVar[str] = "author"

    def prepare(self, world: Any) -> None:
        builder.begin(world.users["author"], a_form(region="640105"))

    def url(self, world: Any, plant: Any) -> str:
        return self.path.replace("{id}", str(OwnModel.objects.get().pk))
