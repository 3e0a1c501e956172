"""Notices: their life, every refusal, both sides of the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

import pytest
from harness import DetailEndpoint, Endpoint, ListEndpoint
from stories import DAY, Town, a_clue, a_notice, a_rectification, activities, an_item, get, send, signed_in

from yuanjian.clock import utcnow
from yuanjian.platform.clues import services as clues
from yuanjian.platform.common.errors import NotFound, Refused
from yuanjian.platform.portal import jobs, services
from yuanjian.platform.portal.models import Notice


class TestNotices(ListEndpoint):
    path = "/api/notices"

    def prepare(self, world: Any) -> None:
        town = Town.of(world)
        world.extra["own"] = a_notice(town)
        clue = a_clue(town, outlet=world.other.gas)
        clues.decide(world.foreign["analyst"], clue.pk, "warn")
        world.extra["other"] = clue.notices.get()

    def ids(self, body: Any) -> set[Any]:
        return {row["id"] for row in body["items"]}

    def own(self, world: Any) -> set[Any]:
        return {world.extra["own"].pk}

    def other(self, world: Any) -> set[Any]:
        return {world.extra["other"].pk}


class TestNotice(DetailEndpoint):
    path = "/api/notices/{id}"

    def prepare(self, world: Any) -> None:
        world.extra["own"] = a_notice(Town.of(world))

    def url(self, world: Any, plant: Any) -> str:
        return f"/api/notices/{world.extra['own'].pk}"


class TestHome(Endpoint):
    path = "/api/portal/home"
    role: ClassVar[str] = "enterprise"

    def prepare(self, world: Any) -> None:
        world.users["enterprise"] = world.own.user
        town = Town.of(world)
        world.extra |= {"notice": a_notice(town), "duty": a_rectification(town)}

    def test_regulators_get_403(self, world: Any, client_of: Any) -> None:
        self.get(client_of, world.users["analyst"], self.path, 403)

    def test_the_enterprise_sees_its_own(self, world: Any, client_of: Any) -> None:
        body = self.get(client_of, world.own.user, self.path)
        assert body["enterprise"]["id"] == world.own.enterprise.pk
        assert {row["code"] for row in body["outlets"]} == {"DA001", "DW001"}
        assert {row["factor"] for outlet in body["outlets"] for row in outlet["limits"]} >= {
            "a21026",
            "w01018",
        }
        assert [row["id"] for row in body["notices"]] == [world.extra["notice"].pk]
        assert [row["id"] for row in body["rectifications"]] == [world.extra["duty"].pk]

    def test_another_enterprise_sees_nothing_of_it(self, world: Any, client_of: Any) -> None:
        body = self.get(client_of, world.other.user, self.path)
        assert body["enterprise"]["id"] == world.other.enterprise.pk
        assert (body["notices"], body["rectifications"]) == ([], [])


def codes(call: Any, *args: Any, **given: Any) -> Any:
    with pytest.raises(Refused) as caught:
        call(*args, **given)
    return caught.value.details["codes"]


def test_reading_leaves_a_receipt_once(town: Town) -> None:
    notice = a_notice(town)
    first = services.read(town.enterprise, notice.pk)
    again = services.read(town.enterprise, notice.pk)
    assert (again.state, again.read_at) == ("read", first.read_at)
    assert activities(notice) == ["notices.sent", "notices.read"]


@pytest.mark.parametrize(("kind", "state"), [("answer", "answered"), ("objection", "objected")])
def test_an_answer_with_a_file(town: Town, kind: str, state: str) -> None:
    notice, proof = a_notice(town), an_item(town.enterprise)
    notice = services.answer(town.enterprise, notice.pk, kind=kind, text="已检修", file_ids=[proof.pk])
    assert notice.state == state
    assert notice.read_at is not None
    reply = notice.replies.get()
    assert (reply.kind, list(reply.files.all())) == (kind, [proof])


def test_another_ones_file_cannot_be_attached(town: Town) -> None:
    notice, foreign = a_notice(town), an_item(town.other_enterprise)
    with pytest.raises(NotFound):
        services.answer(town.enterprise, notice.pk, kind="answer", text="x", file_ids=[foreign.pk])
    notice.refresh_from_db()
    assert notice.state == "sent"


def test_refusals(town: Town) -> None:
    notice = a_notice(town)
    assert codes(services.answer, town.enterprise, notice.pk, kind="answer", text="  ") == ["notice.text"]
    assert codes(services.answer, town.analyst, notice.pk, kind="answer", text="x") == ["notice.role"]
    assert codes(services.review, town.analyst, notice.pk, accept=True) == ["notice.state"]
    services.answer(town.enterprise, notice.pk, kind="answer", text="x")
    assert codes(services.answer, town.enterprise, notice.pk, kind="answer", text="x") == ["notice.state"]
    assert codes(services.review, town.enterprise, notice.pk, accept=True) == ["notice.role"]
    assert codes(services.review, town.analyst, notice.pk, accept=False, note=" ") == ["notice.note"]
    services.review(town.analyst, notice.pk, accept=True)
    assert codes(services.review, town.analyst, notice.pk, accept=True) == ["notice.state"]


def test_out_of_scope_is_not_found(town: Town) -> None:
    notice = a_notice(town)
    for who in ("other_enterprise", "stranger"):
        with pytest.raises(NotFound):
            services.read(getattr(town, who), notice.pk)


def test_accepting_closes_the_clue_and_asks_for_verdicts(town: Town) -> None:
    notice = a_notice(town)
    services.answer(town.enterprise, notice.pk, kind="answer", text="已检修")
    said = [{"model_code": "M101", "right": "yes", "reason": "企业承认"}]
    services.review(town.analyst, notice.pk, accept=True, verdicts=said)
    notice.clue.refresh_from_db()
    assert (notice.clue.state, notice.clue.verdicts.get().right) == ("closed", "yes")


def test_rejecting_sends_the_clue_back_to_judging(town: Town) -> None:
    notice = a_notice(town)
    services.answer(town.enterprise, notice.pk, kind="objection", text="数据有误")
    services.review(town.analyst, notice.pk, accept=False, note="证据不足")
    notice.refresh_from_db()
    clue = notice.clue
    clue.refresh_from_db()
    assert (notice.state, clue.state, clue.claimed_by) == ("rejected", "claimed", town.analyst)
    clues.decide(town.analyst, clue.pk, "order", reason="异议不成立")
    assert clue.orders.count() == 1


def test_rejecting_and_asking_again(town: Town) -> None:
    notice = a_notice(town)
    services.answer(town.enterprise, notice.pk, kind="answer", text="x")
    services.review(town.analyst, notice.pk, accept=False, note="请补充维修记录")
    clues.decide(town.analyst, notice.clue_id, "warn")
    assert list(notice.clue.notices.order_by("id").values_list("state", flat=True)) == ["rejected", "sent"]


def test_a_clue_that_went_on_to_an_order_follows_the_order(town: Town) -> None:
    notice = a_notice(town)
    clues.decide(town.analyst, notice.clue_id, "order", reason="情况加重")
    services.answer(town.enterprise, notice.pk, kind="answer", text="x")
    services.review(town.analyst, notice.pk, accept=True)
    notice.clue.refresh_from_db()
    assert notice.clue.state == "ordered"


def test_overdue_is_shown_and_told_on_both_timelines(town: Town) -> None:
    notice, fresh = a_notice(town), a_notice(town)
    Notice.objects.filter(pk=notice.pk).update(due_at=utcnow() - timedelta(minutes=1))
    assert services.expire() == 1
    assert services.expire() == 0
    notice.refresh_from_db()
    fresh.refresh_from_db()
    assert (notice.state, fresh.state) == ("overdue", "sent")
    assert activities(notice)[-1] == "notices.overdue"
    assert activities(notice.clue)[-1] == "clues.notice_overdue"
    row = get(town.enterprise, f"/notices/{notice.pk}")
    assert (row["overdue"], row["state_text"]) == (True, "逾期未答复")
    assert services.read(town.enterprise, notice.pk).state == "overdue"  # reading late does not heal it
    assert services.answer(town.enterprise, notice.pk, kind="answer", text="迟").state == "answered"


def test_the_job_marks_overdue_ones(town: Town) -> None:
    notice = a_notice(town)
    Notice.objects.update(due_at=utcnow() - DAY)
    jobs.expire(0)
    notice.refresh_from_db()
    assert notice.state == "overdue"


def test_send_refuses_a_covert_clue_whoever_calls(town: Town) -> None:
    clue = a_clue(town, "M205")
    assert codes(services.send, clue, town.analyst, "warning") == ["clue.covert"]


def test_numbers_and_text(town: Town) -> None:
    reminder, warning = a_notice(town, "remind"), a_notice(town)
    assert (reminder.number[:2], warning.number[:2]) == ("TX", "JG")
    assert "异议" in warning.text
    clue = a_clue(town)
    clues.decide(town.analyst, clue.pk, "warn", text="请说明", due_days=9)
    own = clue.notices.get()
    assert own.text == "请说明"
    assert own.due_at - own.sent_at == 9 * DAY


def test_the_enterprise_does_not_learn_of_the_clue(town: Town) -> None:
    notice = a_notice(town)
    body = get(town.enterprise, f"/notices/{notice.pk}")
    assert body["clue_id"] is None
    assert get(town.analyst, f"/notices/{notice.pk}")["clue_id"] == notice.clue_id
    assert {row["action"] for row in body["timeline"]} == {"notices.sent"}
    assert [(row["action"], row["allowed"]) for row in body["actions"]] == [
        ("read", True),
        ("answer", True),
        ("object", True),
    ]


def test_the_story_over_the_api(town: Town) -> None:
    path, proof = f"/notices/{a_notice(town).pk}", an_item(town.enterprise)
    assert send(town.enterprise, f"{path}/read", {})["state"] == "read"
    body = send(
        town.enterprise, f"{path}/answer", {"kind": "answer", "text": "已检修", "file_ids": [proof.pk]}
    )
    assert body["replies"][0]["files"][0]["id"] == proof.pk
    assert send(town.analyst, f"{path}/review", {"accept": True})["state"] == "accepted"


@pytest.mark.parametrize(
    ("name", "body", "wrong"),
    [
        ("read", {}, "analyst"),
        ("answer", {"text": "x"}, "analyst"),
        ("review", {"accept": True}, "enterprise"),
    ],
)
def test_wrong_role_region_and_nobody(town: Town, client: Any, name: str, body: Any, wrong: str) -> None:
    path = f"/notices/{a_notice(town).pk}/{name}"
    send(getattr(town, wrong), path, body, 403)
    send(town.stranger if wrong == "enterprise" else town.other_enterprise, path, body, 404)
    assert client.post(f"/api{path}", data=body, content_type="application/json").status_code == 401


def test_states_filter_and_counts(town: Town) -> None:
    a_notice(town)
    services.read(town.enterprise, a_notice(town).pk)
    body = get(town.enterprise, "/notices?state=read")
    assert (body["total"], len(body["items"]), body["counts"]["sent"], body["counts"]["read"]) == (1, 1, 1, 1)


def test_a_long_list_takes_no_more_queries(town: Town, django_assert_num_queries: Any) -> None:
    notice = a_notice(town)
    same = {
        name: getattr(notice, name) for name in ("clue", "enterprise", "outlet", "region_code", "sent_by")
    }
    same |= {"level": 2, "kind": "warning", "text": "x", "due_at": notice.due_at}
    Notice.objects.bulk_create(Notice(number=f"JG{n:04d}", **same) for n in range(205))
    client = signed_in(town.analyst)
    with django_assert_num_queries(4):  # session, user, counts, rows
        body = client.get("/api/notices?size=200").json()
    assert (len(body["items"]), body["total"]) == (200, 206)
