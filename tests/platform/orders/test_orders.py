"""Work orders and rectifications: their life, every refusal, the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from stories import (
    DAY,
    Town,
    a_rectification,
    activities,
    an_item,
    an_order,
    answers,
    finish,
    get,
    send,
    signed_in,
    verdicts,
)

from yuanjian.clock import utcnow
from yuanjian.platform.clues.catalogue import catalogue
from yuanjian.platform.clues.models import Verdict
from yuanjian.platform.common.errors import NotFound, Refused
from yuanjian.platform.inspections.models import Inspection
from yuanjian.platform.orders import services
from yuanjian.platform.orders.models import WorkOrder


def codes(call: Any, *args: Any, **given: Any) -> Any:
    with pytest.raises(Refused) as caught:
        call(*args, **given)
    return caught.value.details["codes"]


# --- dispatch -----------------------------------------------------------------------------------------------


def test_instructions_come_from_the_models_with_the_claim(town: Town) -> None:
    order = an_order(town, "draft")
    assert order.clue is not None
    entry, claim = catalogue()["M101"], order.clue.findings.get().claim
    assert [step["text"] for step in order.instructions] == list(entry.check_on_site)
    assert [step["n"] for step in order.instructions] == list(range(1, len(order.instructions) + 1))
    assert order.instructions[0]["why"] == f"M101 {entry.title}：{claim}"


def test_a_draft_is_dispatched_without_a_reason(town: Town) -> None:
    order = an_order(town, "draft")
    order = services.reassign(town.dispatcher, order.pk, assignee_id=town.officer.pk)
    assert (order.state, order.assignee) == ("dispatched", town.officer)
    assert activities(order) == ["orders.created", "orders.dispatched"]


@pytest.mark.parametrize("state", ["dispatched", "accepted", "on_site"])
def test_reassigning_needs_a_reason_and_starts_over(town: Town, state: str) -> None:
    order = an_order(town, state)
    given = {"assignee_id": town.officer2.pk}
    assert codes(services.reassign, town.dispatcher, order.pk, **given) == ["order.reason"]
    order = services.reassign(town.dispatcher, order.pk, reason="请假", **given)
    assert (order.state, order.assignee) == ("dispatched", town.officer2)
    assert activities(order)[-1] == "orders.reassigned"


def test_only_an_officer_of_the_region_is_sent(town: Town) -> None:
    order = an_order(town, "draft")
    for wrong in (town.stranger_officer.pk, town.analyst.pk, 10**6):
        assert codes(services.reassign, town.dispatcher, order.pk, assignee_id=wrong) == ["order.officer"]


def test_the_new_officer_goes_on_in_the_visit_begun(town: Town) -> None:
    order = an_order(town, "on_site")
    services.reassign(town.dispatcher, order.pk, assignee_id=town.officer2.pk, reason="换人")
    services.accept(town.officer2, order.pk)
    services.start(town.officer2, order.pk)
    visit = Inspection.objects.get()
    assert (visit.officer, visit.lon) == (town.officer2, 106.2)


# --- on site ------------------------------------------------------------------------------------------------


def test_only_the_assigned_officer_works(town: Town) -> None:
    calls: list[tuple[str, Any, dict[str, Any]]] = [
        ("dispatched", services.accept, {}),
        ("accepted", services.start, {}),
        ("on_site", services.save_inspection, {"answers": []}),
    ]
    for state, call, given in calls:
        order = an_order(town, state)
        assert codes(call, town.officer2, order.pk, **given) == ["order.assignee"]
        assert codes(call, town.dispatcher, order.pk, **given) == ["order.role"]
    assert "order.assignee" in codes(finish_as, town, town.officer2, an_order(town, "on_site"))


def finish_as(town: Town, user: Any, order: WorkOrder, **given: Any) -> WorkOrder:
    return services.finish(user, order.pk, **{"conclusion": "", "summary": "", "verdicts": []} | given)


def test_steps_in_order(town: Town) -> None:
    order = an_order(town, "draft")
    for call, given in (
        (services.accept, {}),
        (services.start, {}),
        (services.save_inspection, {"answers": []}),
    ):
        assert codes(call, town.officer, order.pk, **given) == ["order.state"]
    assert codes(finish_as, town, town.officer, order) == ["order.state"]
    assert codes(services.close, town.dispatcher, order.pk) == ["order.state"]


def test_finish_says_everything_that_is_missing(town: Town) -> None:
    order = an_order(town, "on_site")
    assert codes(finish_as, town, town.officer, order, next="rectify") == [
        "order.answers",
        "order.conclusion",
        "order.summary",
        "order.verdicts",
        "order.requirement",
        "order.rectify_without_problem",
    ]
    half = [{"n": 1, "result": "not_checked", "note": " ", "file_ids": []}, *answers(order)[1:]]
    services.save_inspection(town.officer, order.pk, answers=half)
    wrong = [{"model_code": "M101", "right": "no", "reason": ""}]
    given = {"conclusion": "no_problem", "summary": "x", "verdicts": wrong}
    assert codes(finish_as, town, town.officer, order, **given) == [
        "order.answer_note",
        "order.verdict_reason",
    ]
    services.save_inspection(town.officer, order.pk, answers=answers(order)[1:])
    assert codes(finish_as, town, town.officer, order, **given | {"verdicts": verdicts(order)}) == [
        "order.answers"
    ]
    assert not Verdict.objects.exists()


def test_finish_stores_conclusion_and_verdicts(town: Town) -> None:
    order = finish(
        town,
        an_order(town, "on_site"),
        verdicts=[{"model_code": "M101", "right": "no", "reason": "校准未标记"}],
    )
    assert (order.state, order.finished_by) == ("submitted", town.officer)
    visit = Inspection.objects.get()
    assert (visit.conclusion, visit.summary) == ("problem", "已查")
    assert visit.finished_at is not None
    verdict = Verdict.objects.get()
    assert (verdict.right, verdict.reason, verdict.by) == ("no", "校准未标记", town.officer)


def test_an_order_without_models_needs_no_verdict(town: Town) -> None:
    order = an_order(town, "dispatched")
    assert order.clue is not None
    WorkOrder.objects.filter(pk=order.pk).update(clue=None)
    services.accept(town.officer, order.pk)
    services.start(town.officer, order.pk)
    order.refresh_from_db()
    finish(town, order, verdicts=[], conclusion="no_problem")
    assert services.close(town.dispatcher, order.pk).state == "closed"


# --- closing ------------------------------------------------------------------------------------------------


def test_close_closes_the_clue(town: Town) -> None:
    order = services.close(town.dispatcher, an_order(town, "submitted").pk, note="销号")
    assert order.clue is not None
    order.clue.refresh_from_db()
    assert (order.state, order.clue.state) == ("closed", "closed")
    assert order.closed_at is not None


def test_nobody_closes_his_own_work(town: Town) -> None:
    order = an_order(town, "submitted")
    assert codes(services.close, town.officer, order.pk) == ["order.own_work"]
    assert codes(services.close, town.analyst, order.pk) == ["order.role"]
    services.close(town.officer2, order.pk)
    assert codes(services.close, town.dispatcher, order.pk) == ["order.state"]


def test_no_close_without_conclusion_or_verdict(town: Town) -> None:
    """Not reachable by the table; asked again at the last step, whatever was done to the rows."""
    order = an_order(town, "submitted")
    Verdict.objects.all().delete()
    assert codes(services.close, town.dispatcher, order.pk) == ["order.no_verdict"]
    Inspection.objects.update(conclusion="")
    assert codes(services.close, town.dispatcher, order.pk) == ["order.no_conclusion", "order.no_verdict"]


# --- rectification ------------------------------------------------------------------------------------------


def test_returned_and_reported_again(town: Town) -> None:
    row = a_rectification(town)
    proof = an_item(town.enterprise)
    services.report(town.enterprise, row.pk, text="已改", file_ids=[proof.pk])
    row = services.review(town.dispatcher, row.pk, accept=False, note="缺照片")
    assert (row.state, row.review_note, row.order.state) == ("returned", "缺照片", "rectifying")
    services.report(town.enterprise, row.pk, text="已补")
    row = services.review(town.analyst, row.pk, accept=True)
    row.order.refresh_from_db()
    assert (row.state, row.order.state, list(row.files.all())) == ("accepted", "submitted", [proof])
    services.close(town.dispatcher, row.order_id)


def test_rectification_refusals(town: Town) -> None:
    row = a_rectification(town)
    assert codes(services.report, town.enterprise, row.pk, text=" ") == ["rectification.report"]
    assert codes(services.report, town.analyst, row.pk, text="x") == ["rectification.role"]
    assert codes(services.review, town.analyst, row.pk, accept=True) == ["rectification.state"]
    services.report(town.enterprise, row.pk, text="已改")
    assert codes(services.report, town.enterprise, row.pk, text="x") == ["rectification.state"]
    assert codes(services.review, town.officer, row.pk, accept=True) == ["rectification.own_work"]
    assert codes(services.review, town.enterprise, row.pk, accept=True) == ["rectification.role"]
    assert codes(services.review, town.analyst, row.pk, accept=False) == ["rectification.note"]
    assert codes(services.close, town.dispatcher, row.order_id) == ["order.state"]
    for who, call in (("other_enterprise", services.report), ("stranger", services.review)):
        with pytest.raises(NotFound):
            call(
                getattr(town, who), row.pk, **({"text": "x"} if call is services.report else {"accept": True})
            )


# --- lists --------------------------------------------------------------------------------------------------


def test_overdue_first_and_counted(town: Town) -> None:
    closed, late, soon = an_order(town, "closed"), an_order(town), an_order(town, "draft")
    waiting = an_order(town, "submitted")
    past = utcnow() - timedelta(hours=1)
    WorkOrder.objects.filter(pk__in=[late.pk, waiting.pk, closed.pk]).update(due_at=past)
    body = get(town.dispatcher, "/orders")
    assert [row["id"] for row in body["items"]] == [late.pk, waiting.pk, soon.pk, closed.pk]
    assert [row["overdue"] for row in body["items"]] == [True, False, False, False]
    assert {key: n for key, n in body["counts"].items() if n} == {
        "draft": 1,
        "dispatched": 1,
        "submitted": 1,
        "closed": 1,
        "overdue": 1,
    }
    for query, found in (
        ("overdue=true", [late.pk]),
        ("overdue=true&state=draft", []),
        ("state=draft,closed", [soon.pk, closed.pk]),
        ("state=nothing", []),
    ):
        body = get(town.dispatcher, f"/orders?{query}")
        assert ([row["id"] for row in body["items"]], body["total"]) == (found, len(found)), query


def test_an_order_is_overdue_while_the_enterprise_is_late(town: Town) -> None:
    row = a_rectification(town)
    assert get(town.dispatcher, "/orders")["counts"]["overdue"] == 0
    type(row).objects.update(due_at=utcnow() - DAY)
    [shown] = get(town.dispatcher, "/orders?overdue=true")["items"]
    assert (shown["id"], shown["state"], shown["overdue"]) == (row.order_id, "rectifying", True)
    assert get(town.dispatcher, "/overview")["counts"]["orders_overdue"] == 1
    services.report(town.enterprise, row.pk, text="已改")
    assert get(town.dispatcher, "/orders")["counts"]["overdue"] == 0  # now it waits for us


def test_mine(town: Town) -> None:
    own = an_order(town)
    an_order(town, "draft")
    assert [row["id"] for row in get(town.officer, "/orders?mine=true")["items"]] == [own.pk]
    assert get(town.officer2, "/orders?mine=true")["items"] == []


def test_officers_by_load(town: Town) -> None:
    an_order(town)
    an_order(town, "closed")
    found = get(town.dispatcher, "/officers")
    assert [(row["id"], row["open_orders"]) for row in found] == [(town.officer2.pk, 0), (town.officer.pk, 1)]
    assert len(get(town.admin, "/officers")) == 3


def test_a_long_list_takes_no_more_queries(town: Town, django_assert_num_queries: Any) -> None:
    order = an_order(town)
    same = {
        name: getattr(order, name) for name in ("enterprise", "outlet", "region_code", "created_by", "level")
    }
    same |= {"title": "x", "instructions": [], "due_at": order.due_at}
    WorkOrder.objects.bulk_create(WorkOrder(number=f"GD{n:04d}", **same) for n in range(205))
    client = signed_in(town.dispatcher)
    with django_assert_num_queries(5):  # session, user, counts, rows, English titles
        body = client.get("/api/orders?size=200").json()
    assert (len(body["items"]), body["total"]) == (200, 206)


# --- the API ------------------------------------------------------------------------------------------------


def test_the_story_over_the_api(town: Town) -> None:
    order = an_order(town)
    path, photo = f"/orders/{order.pk}", an_item(town.officer)
    send(town.officer, f"{path}/accept", {})
    body = send(town.officer, f"{path}/start", {"lon": 106.2, "lat": 38.5})
    assert (body["state"], body["inspection"]["lon"]) == ("on_site", 106.2)
    form = {"answers": answers(order), "summary": "已查", "file_ids": [photo.pk]}
    body = send(town.officer, f"{path}/inspection", form, method="put")
    assert [item["id"] for item in body["inspection"]["files"]] == [photo.pk]
    given = {"conclusion": "problem", "summary": "属实", "verdicts": verdicts(order), "next": "rectify"}
    wanted = {"requirement": "修复", "due_days": 10}
    body = send(town.officer, f"{path}/finish", {**given, "rectification": wanted})
    [row] = body["rectifications"]
    assert (body["state"], row["requirement"], row["state_text"]) == ("rectifying", "修复", "待整改")
    send(town.enterprise, f"/rectifications/{row['id']}/report", {"text": "已修复"})
    row = send(town.dispatcher, f"/rectifications/{row['id']}/review", {"accept": True})
    assert (row["state"], row["reviewed_by"]) == ("accepted", town.dispatcher.name)
    body = send(town.dispatcher, f"{path}/close", {"note": "销号"})
    assert (body["state"], body["clue"]["state"]) == ("closed", "closed")
    assert body["inspection"]["conclusion"] == "problem"
    assert body["claim"] == order.clue.findings.get().claim  # type: ignore[union-attr]


def test_actions_tell_why_not(town: Town) -> None:
    order = an_order(town, "submitted")
    actions = {row["action"]: row for row in get(town.officer, f"/orders/{order.pk}")["actions"]}
    assert actions["close"]["unmet"] == ["检查人员不能办结自己的工单"]
    assert actions["close"]["unmet_en"] == ["whoever finished the check may not close it"]
    assert set(actions) == {"accept", "start", "inspect", "finish", "close"}
    actions = {row["action"]: row for row in get(town.dispatcher, f"/orders/{order.pk}")["actions"]}
    assert actions["close"] == {
        "action": "close",
        "text": "办结",
        "allowed": True,
        "unmet": [],
        "unmet_en": [],
    }
    assert set(actions) == {"reassign", "close"}


@pytest.mark.parametrize(
    ("name", "body", "method", "wrong"),
    [
        ("accept", {}, "post", "dispatcher"),
        ("start", {}, "post", "dispatcher"),
        ("inspection", {"answers": []}, "put", "dispatcher"),
        ("finish", {}, "post", "dispatcher"),
        ("reassign", {"assignee_id": 1}, "post", "officer"),
        ("close", {}, "post", "analyst"),
    ],
)
def test_wrong_role_region_and_nobody(
    town: Town, client: Any, name: str, body: Any, method: str, wrong: str
) -> None:
    path = f"/orders/{an_order(town).pk}/{name}"
    send(getattr(town, wrong), path, body, 403, method)
    send(town.enterprise, path, body, 403, method)
    stranger = town.stranger_officer if wrong == "dispatcher" else town.stranger_dispatcher
    send(stranger, path, body, 404, method)
    call = getattr(client, method)
    assert call(f"/api{path}", data=body, content_type="application/json").status_code == 401


@pytest.mark.parametrize(
    ("name", "body", "wrong", "elsewhere"),
    [
        ("report", {"text": "x"}, "analyst", "other_enterprise"),
        ("review", {"accept": True}, "enterprise", "stranger"),
    ],
)
def test_rectifications_by_wrong_people(
    town: Town, client: Any, name: str, body: Any, wrong: str, elsewhere: str
) -> None:
    path = f"/rectifications/{a_rectification(town).pk}/{name}"
    send(getattr(town, wrong), path, body, 403)
    send(getattr(town, elsewhere), path, body, 404)
    assert client.post(f"/api{path}", data=body, content_type="application/json").status_code == 401


def test_overdue_rectification_is_shown(town: Town) -> None:
    row = a_rectification(town)
    type(row).objects.update(due_at=utcnow() - DAY)
    [shown] = get(town.enterprise, "/rectifications?state=pending")["items"]
    assert (shown["overdue"], shown["order_number"]) == (True, row.order.number)
    assert get(town.enterprise, "/rectifications?state=accepted")["total"] == 0
