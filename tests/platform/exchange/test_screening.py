"""What the engine gets: records as frames, who delivers what, how far back it has to look."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from stories import DAY, HOUR, Town, an_order
from world import NOW

from yuanjian.platform.clues import services as clues
from yuanjian.platform.clues.models import ModelRun
from yuanjian.platform.clues.screening_ports import Register
from yuanjian.platform.exchange import selectors, services
from yuanjian.platform.inspections.models import Inspection
from yuanjian.screening import records
from yuanjian.screening.model import Model

START = datetime(2026, 11, 1, tzinfo=UTC)


def deliver(world: Any, kind: str, *rows: dict[str, Any]) -> None:
    told = [{"enterprise": str(world.own.enterprise.pk), "start": START.isoformat(), **row} for row in rows]
    batch = services.deliver(kind, told, None, "test")
    assert batch.refused == 0, list(batch.refused_rows.values("code", "column"))


def fault(**given: Any) -> dict[str, Any]:
    return {"outlet": "DA001", "factor": "a21026", **given}


def test_records_come_as_the_kind_describes_them(world: Any) -> None:
    deliver(
        world, "fault_report", fault(reported_at="2026-11-01 09:00", reason="泵坏"), fault(outlet="DW001")
    )
    frame = Register().records("fault_report", [world.own.enterprise.pk], START, START + HOUR)
    assert frame.schema == records.schema("fault_report")
    first = frame.filter(outlet=world.own.gas.pk).row(0, named=True)
    assert first["reported_at"] == START + HOUR
    assert (first["enterprise"], first["reason"], first["source"]) == (
        world.own.enterprise.pk,
        "泵坏",
        "test",
    )
    assert first["received"] > NOW
    assert len(frame) == 2


@pytest.mark.parametrize(
    ("start", "end", "found"), [(-2, -1, 0), (-2, 0, 0), (-2, 1, 1), (3, 4, 1), (4, 5, 1), (5, 6, 0)]
)
def test_records_that_touch_the_window(world: Any, start: int, end: int, found: int) -> None:
    deliver(world, "bypass_notice", {"outlet": "DA001", "end": (START + 4 * HOUR).isoformat()})
    window = (START + start * HOUR, START + end * HOUR)
    assert len(selectors.records("bypass_notice", [world.own.enterprise.pk], *window)) == found
    assert selectors.records("bypass_notice", [world.other.enterprise.pk], *window).is_empty()


def test_only_the_newest_version_counts(world: Any) -> None:
    for reason in ("一", "二"):
        deliver(world, "fault_report", fault(reason=reason, external_id="F1"))
    frame = selectors.records("fault_report", [world.own.enterprise.pk], START, START + HOUR)
    assert frame["reason"].to_list() == ["二"]


def test_contexts_know_what_is_delivered(world: Any) -> None:
    deliver(world, "fault_report", fault())
    deliver(world, "product", {"end": (START + DAY).isoformat(), "product": "水泥", "amount": 3})
    kinds = {outlet.outlet: outlet.records for outlet in Register().outlets()}
    assert kinds[world.own.gas.pk] == {"fault_report", "product"}
    assert kinds[world.own.water.pk] == {"product"}
    assert kinds[world.other.gas.pk] == frozenset()


def test_contexts_cost_the_same_however_much_is_delivered(world: Any) -> None:
    deliver(world, "utility", {"end": (START + DAY).isoformat(), "kind": "water", "amount": 3})
    with CaptureQueriesContext(connection) as few:
        Register()
    deliver(world, "fault_report", *(fault(reason=str(n)) for n in range(20)))
    deliver(world, "utility", {"end": (START + DAY).isoformat(), "kind": "gas", "amount": 3})
    with CaptureQueriesContext(connection) as many:
        Register()
    assert len(many) == len(few)


def test_our_own_inspections_are_visits(town: Town) -> None:
    order = an_order(town, "on_site")
    firm = order.enterprise_id
    window = (NOW - DAY, NOW + 2 * DAY)
    assert selectors.records("visit", [firm], *window).is_empty(), "not before it ended"
    assert "visit" not in selectors.delivered().get(order.outlet_id, ())
    visit = Inspection.objects.get(order=order)
    visit.finished_at = visit.started_at + timedelta(hours=2)
    visit.save()
    deliver(town.world, "visit", {"end": (START + HOUR).isoformat(), "purpose": "双随机"})
    frame = selectors.records("visit", [firm], START, NOW + 2 * DAY)
    assert frame["purpose"].to_list() == ["双随机", order.title]
    assert frame["id"].to_list()[1] == -visit.pk
    assert frame["start"].to_list() == [START, visit.started_at]
    assert "visit" in selectors.delivered()[order.outlet_id]
    assert selectors.records("visit", [firm], NOW + 3 * DAY, NOW + 4 * DAY).is_empty()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets when deliveries are received."""

    def set_(moment: datetime) -> datetime:
        monkeypatch.setattr("yuanjian.platform.exchange.services.utcnow", lambda: moment)
        return moment

    return set_


def read_by_day(kinds: tuple[str, ...]) -> property:
    """As if the models of the day lane read these kinds of records."""
    return property(lambda model: kinds if model.run == "day" else ())


def test_the_day_lane_looks_back_to_what_was_delivered_late(
    town: Town, monkeypatch: pytest.MonkeyPatch, clock: Any
) -> None:
    monkeypatch.setattr(Model, "records", read_by_day(("fault_report",)))
    monkeypatch.setattr(Model, "grace", timedelta(0))
    clues.screen_recent(NOW - DAY)
    about = NOW - 20 * DAY
    clock(NOW - HOUR)
    deliver(town.world, "fault_report", fault(start=about.isoformat()))
    deliver(town.world, "qc", fault(start=(NOW - 25 * DAY).isoformat(), kind="zero"))
    assert starts(NOW, "hour") == {NOW - 3 * DAY}
    assert starts(NOW, "day") == {NOW - 3 * DAY, about}
    assert starts(NOW + HOUR, "day") == {NOW - 2 * DAY}


def test_a_month_at_most(town: Town, monkeypatch: pytest.MonkeyPatch, clock: Any) -> None:
    monkeypatch.setattr(Model, "records", read_by_day(("capacity", "fault_report")))
    monkeypatch.setattr(Model, "grace", timedelta(0))
    clues.screen_recent(NOW - DAY)
    clock(NOW - HOUR)
    deliver(town.world, "fault_report", fault(start=(NOW - 40 * DAY).isoformat()))
    assert starts(NOW, "day") == {NOW - 3 * DAY}, "nothing of the last month"
    clock(NOW + HOUR)
    year = {"start": (NOW - 300 * DAY).isoformat(), "end": (NOW + 60 * DAY).isoformat()}
    deliver(town.world, "capacity", {**year, "product": "水泥", "amount": 1e6})
    assert starts(NOW + 2 * HOUR, "day") == {NOW + 2 * HOUR - 31 * DAY}


def starts(now: datetime, lane: str) -> set[datetime]:
    clues.screen_recent(now, [lane])
    return set(ModelRun.objects.filter(at=now).values_list("start", flat=True))
