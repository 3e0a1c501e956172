"""Scope, shape and query counts of clues and models; the answers themselves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

import pytest
from harness import DetailEndpoint, ListEndpoint, SharedEndpoint
from stories import DAY, HOUR, T0, Town, a_clue, found, get, send, signed_in, take

from yuanjian.platform.clues import services
from yuanjian.platform.clues.catalogue import catalogue
from yuanjian.platform.clues.models import Clue, Verdict


def clue_ids(plant: Any) -> set[int]:
    return set(Clue.objects.filter(enterprise=plant.enterprise).values_list("pk", flat=True))


def both(world: Any) -> None:
    take(*(found(plant.gas, model) for plant in (world.own, world.other) for model in ("M101", "M205")))


class TestClues(ListEndpoint):
    path = "/api/clues"
    enterprise: ClassVar[str] = "closed"

    def prepare(self, world: Any) -> None:
        both(world)

    def ids(self, body: Any) -> set[Any]:
        return {row["id"] for row in body["items"]}

    def own(self, world: Any) -> set[Any]:
        return clue_ids(world.own)

    def other(self, world: Any) -> set[Any]:
        return clue_ids(world.other)


class TestClue(DetailEndpoint):
    path = "/api/clues/{id}"
    enterprise: ClassVar[str] = "closed"

    def prepare(self, world: Any) -> None:
        both(world)

    def url(self, world: Any, plant: Any) -> str:
        return f"/api/clues/{min(clue_ids(plant))}"


class TestModels(SharedEndpoint):
    path = "/api/models"
    enterprise: ClassVar[str] = "closed"


class TestModel(SharedEndpoint):
    path = "/api/models/{code}"
    enterprise: ClassVar[str] = "closed"

    def prepare(self, world: Any) -> None:
        both(world)

    def url(self, world: Any, plant: Any) -> str:
        return "/api/models/M101"


def test_who_may_decide(town: Town) -> None:
    path = f"/clues/{a_clue(town).pk}/decide"
    for who, status in (("officer", 403), ("enterprise", 403), ("stranger", 404), ("analyst", 200)):
        send(getattr(town, who), path, {"action": "claim"}, status)


def test_nobody_decides_unsigned(town: Town, client: Any) -> None:
    path = f"/api/clues/{a_clue(town).pk}"
    for name in ("decide", "verdicts"):
        answer = client.post(f"{path}/{name}", data={"action": "claim"}, content_type="application/json")
        assert answer.status_code == 401


def test_a_refusal_lists_texts_and_codes(town: Town) -> None:
    body = send(town.analyst, f"/clues/{a_clue(town, 'M205').pk}/decide", {"action": "warn"}, 409)
    assert body["code"] == "clue.refused"
    assert body["details"]["codes"] == ["clue.covert", "clue.override_reason"]
    assert body["details"]["unmet"][0] in body["message"]


def test_a_wrong_decision_is_told_before_anything_happens(town: Town) -> None:
    path = f"/clues/{a_clue(town).pk}/decide"
    send(town.analyst, path, {"action": "destroy"}, 422)
    send(town.analyst, path, {"action": "warn", "due_days": 0}, 422)
    send(town.analyst, path, {}, 422)


def test_the_pool_is_sorted_filtered_and_counted(town: Town) -> None:
    for level, model in ((3, "M101"), (1, "M205"), (2, "M117"), (2, "M101")):
        a_clue(town, model, level)
    services.decide(town.analyst, a_clue(town, level=3).pk, "claim")
    body = get(town.analyst, "/clues")
    assert [row["level"] for row in body["items"]] == [1, 2, 2, 3, 3]
    assert body["total"] == 5
    assert body["counts"]["level"] == {"1": 1, "2": 2, "3": 2}
    assert (body["counts"]["state"]["open"], body["counts"]["state"]["claimed"]) == (4, 1)
    for query, total in (
        ("level=2", 2),
        ("level=1,2", 3),
        ("state=claimed", 1),
        ("state=active&level=3", 2),
        ("class=exceedance", 3),
        ("model=M117", 1),
        ("mine=true", 1),
        ("region=640105", 5),
        ("region=640200", 0),
        ("q=XS2", 5),
        ("q=nothing", 0),
    ):
        assert get(town.analyst, f"/clues?{query}")["total"] == total, query


def test_counts_beside_the_filters_leave_their_own_filter_out(town: Town) -> None:
    for level in (1, 2, 3):
        a_clue(town, level=level)
    body = get(town.analyst, "/clues?level=1&state=open")
    assert body["total"] == 1
    assert body["counts"]["level"] == {"1": 1, "2": 1, "3": 1}
    assert body["counts"]["state"]["open"] == 1


def test_a_row_says_all_a_list_needs(town: Town) -> None:
    take(found(town.outlet, level=2), found(town.outlet, "M301", 1, factor=None, open=True), now=T0 + DAY)
    [row] = get(town.analyst, "/clues")["items"]
    assert row["enterprise"] == {"id": town.plant.pk, "name": "甲测试厂（虚拟）"}
    assert row["factors"] == [{"code": "a21026", "name": "二氧化硫", "name_en": "Sulfur dioxide"}]
    assert [model["code"] for model in row["models"]] == ["M301", "M101"]
    assert (row["findings"], row["open"], row["level"], row["class"]) == (2, True, 1, "power")
    assert (row["suggested"], row["state_text"], row["claimed_by"]) == ("order", "待处置", None)
    assert row["first_at"] == "2026-11-10T08:00:00+08:00"


def test_pages(town: Town) -> None:
    clues = [a_clue(town) for _ in range(5)]
    pages = [get(town.analyst, f"/clues?order=number&size=2&page={page}")["items"] for page in (1, 2, 3)]
    assert [row["number"] for page in pages for row in page] == sorted(clue.number for clue in clues)


def test_the_detail_holds_what_a_judge_needs(town: Town) -> None:
    older = a_clue(town)
    services.decide(town.analyst, older.pk, "invalid", reason="device")
    elsewhere = found(town.other_outlet, start=T0 + HOUR)
    take(found(town.outlet, level=2), elsewhere, now=T0 + DAY)
    clue = Clue.objects.get(enterprise=town.plant, state="open")
    body = get(town.province, f"/clues/{clue.pk}")
    [finding] = body["findings"]
    entry = catalogue()["M101"]
    assert finding["model"]["hash"] == entry.hash
    assert (finding["false_positives"], finding["check_on_site"]) == (
        list(entry.false_positives),
        list(entry.check_on_site),
    )
    assert finding["precision"]["value"] == 0.0
    assert finding["episodes"] == [[T0.isoformat(), (T0 + 3 * HOUR).isoformat()]]
    assert body["window"] == {"start": "2026-11-09T08:00:00+08:00", "end": "2026-11-11T11:00:00+08:00"}
    assert (body["history"]["clues"], body["history"]["rejected"], body["history"]["confirmed"]) == (1, 1, 0)
    assert [row["id"] for row in body["history"]["items"]] == [older.pk]
    assert [row["enterprise"]["id"] for row in body["similar"]] == [town.other_outlet.enterprise_id]
    assert [row["action"] for row in body["timeline"]] == ["clues.raised"]
    assert body["timeline"][0]["text"] == "模型发现1项异常，生成2级线索"
    assert {row["action"] for row in body["actions"]} == {
        "claim",
        "invalid",
        "remind",
        "warn",
        "order",
        "merge",
    }
    assert get(town.analyst, f"/clues/{clue.pk}")["similar"] == []


def judge(town: Town, *rights: str) -> None:
    for right in rights:
        said = [{"model_code": "M101", "right": right, "reason": ""}]
        services.give_verdicts(town.analyst, a_clue(town).pk, said)


def test_precision_is_right_over_judged(town: Town) -> None:
    judge(town, "yes", "yes", "no", "unsure", "yes")
    Verdict.objects.filter(pk=Verdict.objects.earliest("pk").pk).update(version=0)
    models = {row["code"]: row for row in get(town.analyst, "/models")["items"]}
    precision = models["M101"]["precision"]
    assert {key: precision[key] for key in ("right", "wrong", "unsure", "value")} == {
        "right": 3,
        "wrong": 1,
        "unsure": 1,
        "value": 0.75,
    }
    assert [(row["version"], row["right"], row["wrong"], row["value"]) for row in precision["versions"]] == [
        (0, 1, 0, 1.0),
        (catalogue()["M101"].version, 2, 1, 2 / 3),
    ]
    nothing = models["M205"]["precision"]
    assert (nothing["right"], nothing["wrong"], nothing["unsure"], nothing["value"]) == (0, 0, 0, None)


def test_only_unsure_is_no_precision(town: Town) -> None:
    judge(town, "unsure")
    precision = get(town.analyst, "/models/M101")["precision"]
    assert (precision["unsure"], precision["value"]) == (1, None)


def test_the_models_page(town: Town) -> None:
    a_clue(town)
    body = get(town.author, "/models")
    assert body["total"] == len(catalogue())
    row = next(row for row in body["items"] if row["code"] == "M101")
    assert (row["last_count"], row["coverage"], row["runtime_ms"]) == (1, 1.0, 10)
    assert "废气" in row["inputs"]
    assert "二氧化硫" in row["inputs"]
    assert row["levels"]["1"].startswith("未启用")
    services.switch_level1(town.chief, "M101", on=True, reason="确认")
    detail = get(town.author, "/models/M101")
    assert not detail["levels"]["1"].startswith("未启用")
    assert (len(detail["clues"]), len(detail["runs"])) == (1, 1)
    assert detail["description"] == catalogue()["M101"].description
    get(town.author, "/models/M000", 404)


def test_verdicts_over_the_api(town: Town) -> None:
    path = f"/clues/{a_clue(town).pk}/verdicts"
    body = send(town.analyst, path, {"verdicts": [{"model_code": "M101", "right": "yes"}]})
    assert [(row["model_code"], row["right_text"]) for row in body["verdicts"]] == [("M101", "属实")]
    send(town.analyst, path, {"verdicts": []}, 422)
    send(town.officer, path, {"verdicts": [{"model_code": "M101", "right": "yes"}]}, 403)


def test_a_long_pool_takes_no_more_queries(town: Town, django_assert_num_queries: Any) -> None:
    start = T0 - timedelta(days=4000)
    take(*(found(town.outlet, "M101", 1 + n % 3, start + n * 3 * DAY) for n in range(205)), now=T0)
    client = signed_in(town.analyst)
    # session, user, facets, rows, findings
    with django_assert_num_queries(5):
        body = client.get("/api/clues?size=200").json()
    assert (len(body["items"]), body["total"]) == (200, 205)


@pytest.mark.parametrize("asked", ["level=9", "level=1;2", "state=opn", "state=open,", "order=worst"])
def test_a_misspelt_filter_is_refused(town: Town, asked: str) -> None:
    a_clue(town)
    body = get(town.analyst, f"/clues?{asked}", status=422)
    assert body["code"] == "api.invalid"


@pytest.mark.parametrize("asked", ["level=1,2,3", "state=active", "state=open,claimed", "order=-last_at"])
def test_filters_take_several_values(town: Town, asked: str) -> None:
    clue = a_clue(town)
    assert [row["id"] for row in get(town.analyst, f"/clues?{asked}")["items"]] == [clue.pk]
