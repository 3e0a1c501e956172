"""Overview, map and to-do list."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import chain, repeat
from typing import Any, ClassVar

import pytest
from harness import Endpoint, ListEndpoint, SharedEndpoint
from stories import (
    DAY,
    HOUR,
    T0,
    Town,
    a_clue,
    a_notice,
    a_rectification,
    an_order,
    found,
    get,
    signed_in,
    take,
)
from world import NOW, execute, frame, link

from yuanjian.clock import beijing_day, utcnow
from yuanjian.platform.clues import services as clues
from yuanjian.platform.clues.models import Clue, Finding
from yuanjian.platform.monitoring.services import make_mark, review_mark
from yuanjian.platform.orders import services as orders
from yuanjian.platform.orders.models import WorkOrder
from yuanjian.platform.portal import services as portal
from yuanjian.platform.registry.models import Enterprise


class TestOverview(SharedEndpoint):
    path = "/api/overview"
    enterprise: ClassVar[str] = "closed"

    def prepare(self, world: Any) -> None:
        an_order(Town.of(world))


class TestMap(ListEndpoint):
    path = "/api/overview/map"
    enterprise: ClassVar[str] = "closed"

    def prepare(self, world: Any) -> None:
        Enterprise.objects.update(lon=106.2, lat=38.5)

    def ids(self, body: Any) -> set[Any]:
        return {row["id"] for row in body["enterprises"]}

    def own(self, world: Any) -> set[Any]:
        return {world.own.enterprise.pk}

    def other(self, world: Any) -> set[Any]:
        return {world.other.enterprise.pk}


class TestTodo(Endpoint):
    path = "/api/todo"

    def prepare(self, world: Any) -> None:
        a_clue(Town.of(world))


def test_counts(town: Town) -> None:
    link(town.world.own.logger.mn)
    for level in (1, 2, 2):
        a_clue(town, level=level)
    a_clue(town, outlet=town.other_outlet)
    a_notice(town)
    late = an_order(town)
    WorkOrder.objects.filter(pk=late.pk).update(due_at=utcnow() - DAY)
    an_order(town, "closed")
    assert get(town.analyst, "/overview")["counts"] == {
        "enterprises": 1,
        "outlets": 2,
        "loggers": 1,
        "online": 1,
        "clues_open": {"1": 2, "2": 3, "3": 0},
        "orders_open": 1,
        "orders_overdue": 1,
        "notices_open": 1,
    }
    everything = get(town.province, "/overview")["counts"]
    assert (everything["enterprises"], everything["clues_open"]["2"]) == (2, 4)


def test_the_funnel_counts_the_period(town: Town) -> None:
    an_order(town, "closed")
    an_order(town)
    notice = a_notice(town)
    portal.answer(town.enterprise, notice.pk, kind="answer", text="x")
    portal.review(town.analyst, notice.pk, accept=True)
    old = a_clue(town)
    Clue.objects.filter(pk=old.pk).update(created_at=utcnow() - timedelta(days=31))
    recent = utcnow() - timedelta(days=1)
    Clue.objects.exclude(pk=old.pk).update(created_at=recent)
    Finding.objects.exclude(clue=old).update(created_at=recent)
    old.findings.update(created_at=utcnow() - timedelta(days=31))
    body = get(town.analyst, "/overview")
    assert body["period_days"] == 30
    assert body["funnel"] == {"findings": 3, "clues": 3, "orders": 2, "closed": 2}


@pytest.mark.parametrize(("minutes", "told"), [(3, False), (8, True)])
def test_the_overview_says_when_data_wait_to_be_taken_in(town: Town, minutes: int, told: bool) -> None:
    execute("INSERT INTO intake.progress (shard, seq) VALUES (0, 0)")
    at = utcnow() - timedelta(minutes=minutes)
    frame(1, b"##", at=at)
    until = get(town.analyst, "/overview")["known_until"]
    assert (None if until is None else datetime.fromisoformat(until)) == (at if told else None)


@pytest.mark.parametrize("late", [timedelta(), timedelta(milliseconds=1)])
def test_the_trend_has_every_day(town: Town, monkeypatch: pytest.MonkeyPatch, late: timedelta) -> None:
    midnight = datetime(2026, 11, 12, 16, tzinfo=UTC)  # strikes while the page is made
    times = chain([midnight - timedelta(milliseconds=1)], repeat(midnight - timedelta(milliseconds=1) + late))
    monkeypatch.setattr("yuanjian.platform.analytics.selectors.utcnow", lambda: next(times))
    clue = a_clue(town, level=1)
    at = midnight - timedelta(days=3, seconds=1)
    Clue.objects.filter(pk=clue.pk).update(first_at=at, last_at=at)
    trend = get(town.analyst, "/overview")["trend"]
    assert len(trend) == 31
    assert trend[-1]["day"] == "2026-11-12"
    told = [row for row in trend if row["1"] or row["2"] or row["3"]]
    assert told == [{"day": beijing_day(at).isoformat(), "1": 1, "2": 0, "3": 0}]


def test_regions_and_map_show_the_worst_open_level(town: Town) -> None:
    Enterprise.objects.filter(pk=town.plant.pk).update(lon=106.2, lat=38.5)
    a_clue(town, level=3)
    worst = a_clue(town, level=2)
    [region] = get(town.analyst, "/overview")["regions"]
    assert (region["code"], region["enterprises"], region["worst_level"]) == ("640105", 1, 2)
    assert region["clues"] == {"1": 0, "2": 1, "3": 1}
    clues.decide(town.analyst, worst.pk, "invalid", reason="device")
    [point] = get(town.analyst, "/overview/map")["enterprises"]
    assert (point["worst_level"], point["outlets"], point["online"]) == (3, 2, False)


def kinds(user: Any) -> list[str]:
    return sorted(item["kind"] for item in get(user, "/todo")["items"])


def test_everyone_sees_what_waits_for_him(town: Town) -> None:
    a_clue(town)
    an_order(town)
    an_order(town, "draft")
    a_notice(town)
    duty = a_rectification(town)
    assert kinds(town.analyst) == ["clue"]
    assert kinds(town.dispatcher) == ["clue", "order"]
    assert kinds(town.officer) == ["order"]
    assert kinds(town.officer2) == []
    assert kinds(town.enterprise) == ["notice", "rectification"]
    assert kinds(town.other_enterprise) == []
    assert kinds(town.oversight) == []
    assert kinds(town.stranger) == []
    orders.report(town.enterprise, duty.pk, text="已改")
    assert kinds(town.enterprise) == ["notice"]
    assert kinds(town.analyst) == ["clue", "rectification"]
    assert kinds(town.officer) == ["order"]  # his own work is for another to review
    assert kinds(town.officer2) == ["rectification"]


def test_the_dispatcher_chases_what_is_late_and_closes_what_is_done(town: Town) -> None:
    late, done = an_order(town), an_order(town, "submitted")
    assert [item["id"] for item in get(town.dispatcher, "/todo")["items"]] == [done.pk]
    WorkOrder.objects.filter(pk=late.pk).update(due_at=utcnow() - DAY)
    assert [item["id"] for item in get(town.dispatcher, "/todo")["items"]] == [late.pk, done.pk]


def test_answers_wait_for_review(town: Town) -> None:
    notice = a_notice(town)
    portal.answer(town.enterprise, notice.pk, kind="objection", text="x")
    [item] = get(town.analyst, "/todo")["items"]
    assert (item["kind"], item["id"], item["title"]) == ("notice", notice.pk, notice.number)


def test_an_unanswered_notice_waits_for_the_regulator_until_an_order_is_made(town: Town) -> None:
    notice = a_notice(town)
    assert kinds(town.analyst) == []
    portal.expire(notice.due_at + DAY)
    assert kinds(town.analyst) == ["notice"]
    assert kinds(town.enterprise) == ["notice"]
    clues.decide(town.analyst, notice.clue_id, "order", reason="other", note="逾期未答复")
    assert kinds(town.analyst) == []


def test_a_mark_waits_for_who_reviews_it(town: Town) -> None:
    point = town.world.own.points["gas"]
    mark = make_mark(town.enterprise, point, kind="power_loss", start=NOW - DAY, end=NOW)
    [item] = get(town.analyst, "/todo")["items"]
    assert (item["kind"], item["id"], item["level"]) == ("mark", mark.pk, 3)
    assert (item["title"], item["title_en"]) == (
        "甲厂 DA001 标记“断电”待审核", "甲厂 DA001: review the mark “power loss”"
    )  # fmt: skip
    assert item["due_at"].endswith("T12:00:00+08:00")
    assert [kinds(user) for user in (town.enterprise, town.officer, town.stranger)] == [[], [], []]
    review_mark(town.analyst, mark, accept=True)
    assert kinds(town.analyst) == []


def test_a_noticed_clue_that_rises_to_level_1_is_judged_again(town: Town) -> None:
    notice, known = a_notice(town), a_clue(town, level=1)
    clues.decide(town.analyst, known.pk, "warn", reason="other", note="先警告")
    assert kinds(town.analyst) == []
    row = notice.clue.findings.get()
    worse = found(town.outlet, row.model_id, 1, row.start, key=row.key)
    take(worse, now=row.end + HOUR, start=row.start - DAY)
    [item] = get(town.analyst, "/todo")["items"]
    assert (item["kind"], item["id"], item["level"]) == ("clue", notice.clue_id, 1)


def test_the_worst_clue_is_the_most_urgent(town: Town) -> None:
    mild, bad = a_clue(town, level=3), a_clue(town, level=1)
    Clue.objects.update(created_at=utcnow())
    assert [item["id"] for item in get(town.analyst, "/todo")["items"]] == [bad.pk, mild.pk]


@pytest.mark.parametrize(
    ("path", "queries"), [("/api/overview", 18), ("/api/overview/map", 5), ("/api/todo", 8)]
)
def test_queries_do_not_grow_with_rows(
    town: Town, django_assert_max_num_queries: Any, path: str, queries: int
) -> None:
    take(
        *(found(town.outlet, "M101", 2, T0 - n * 3 * DAY) for n in range(205)),
        now=utcnow(),
        start=T0 - 9000 * DAY,
    )
    client = signed_in(town.dispatcher)
    with django_assert_max_num_queries(queries):
        assert client.get(path).status_code == 200
