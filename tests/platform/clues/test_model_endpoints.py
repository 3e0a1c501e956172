"""Scope, shape and query counts of what people adjust and try about models."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from harness import DetailEndpoint, ListEndpoint, SharedEndpoint
from stories import DAY, T0, found

from yuanjian.clock import utcnow
from yuanjian.platform.clues import adjusting, screening_run
from yuanjian.platform.clues.backtest import Question, ask
from yuanjian.platform.clues.models import Backtest, Finding, Suppression, Threshold
from yuanjian.screening.findings import RunReport


class Closed(ListEndpoint):
    enterprise: ClassVar[str] = "closed"
    role: ClassVar[str] = "author"

    def ids(self, body: Any) -> set[Any]:
        return {row["id"] for row in body["items"]}

    def plants(self, world: Any) -> Any:
        return (world.own, world.other)


class TestModelThresholds(Closed):
    path = "/api/models/{code}/thresholds"

    def prepare(self, world: Any) -> None:
        for plant in self.plants(world):
            adjusting.set_threshold(
                world.admin, "M101", scope="enterprise", value=str(plant.enterprise.pk),
                levels={"3": [{"n24": 2}]}, valid_from=date(2026, 1, 1), reason="x",
            )  # fmt: skip

    def url(self, world: Any, plant: Any) -> str:
        return self.path.replace("{code}", "M101")

    def own(self, world: Any) -> set[Any]:
        return self.of(world.own)

    def other(self, world: Any) -> set[Any]:
        return self.of(world.other)

    def of(self, plant: Any) -> set[Any]:
        return set(Threshold.objects.filter(value=str(plant.enterprise.pk)).values_list("pk", flat=True))


class TestThresholds(TestModelThresholds):
    path = "/api/thresholds"


class TestSuppressions(Closed):
    path = "/api/suppressions"

    def prepare(self, world: Any) -> None:
        now = utcnow()
        for plant in self.plants(world):
            adjusting.suppress(
                world.admin, plant.enterprise, outlet=plant.gas, start=now, end=now + DAY, reason="x"
            )

    def own(self, world: Any) -> set[Any]:
        return self.of(world.own)

    def other(self, world: Any) -> set[Any]:
        return self.of(world.other)

    def of(self, plant: Any) -> set[Any]:
        return set(Suppression.objects.filter(enterprise=plant.enterprise).values_list("pk", flat=True))


class TestUnheard(Closed):
    path = "/api/models/{code}/unheard"

    def prepare(self, world: Any) -> None:
        quiet = [found(plant.gas) for plant in self.plants(world)]
        screening_run.take(RunReport([], [], quiet), T0 - DAY, utcnow(), utcnow())

    def url(self, world: Any, plant: Any) -> str:
        return self.path.replace("{code}", "M101")

    def own(self, world: Any) -> set[Any]:
        return self.of(world.own)

    def other(self, world: Any) -> set[Any]:
        return self.of(world.other)

    def of(self, plant: Any) -> set[Any]:
        return set(Finding.objects.filter(enterprise=plant.enterprise).values_list("pk", flat=True))


def backtests(world: Any) -> None:
    for plant in (world.own, world.other):
        region = plant.enterprise.region_code[:4] + "00"
        ask(world.admin, Question("M101", T0 - DAY, T0, region))


class TestBacktests(Closed):
    path = "/api/models/{code}/backtests"

    def prepare(self, world: Any) -> None:
        backtests(world)

    def url(self, world: Any, plant: Any) -> str:
        return self.path.replace("{code}", "M101")

    def own(self, world: Any) -> set[Any]:
        return set(Backtest.objects.filter(region_code="640100").values_list("pk", flat=True))

    def other(self, world: Any) -> set[Any]:
        return set(Backtest.objects.filter(region_code="640200").values_list("pk", flat=True))


class TestBacktest(DetailEndpoint):
    path = "/api/backtests/{id}"
    enterprise: ClassVar[str] = "closed"
    role: ClassVar[str] = "author"

    def prepare(self, world: Any) -> None:
        backtests(world)

    def url(self, world: Any, plant: Any) -> str:
        return f"/api/backtests/{Backtest.objects.get(region_code='640100').pk}"


class TestEvaluation(SharedEndpoint):
    path = "/api/models/{code}/evaluation"
    enterprise: ClassVar[str] = "closed"

    def url(self, world: Any, plant: Any) -> str:
        return "/api/models/M101/evaluation"
