"""Decisions: what they do, and every reason to refuse them."""

from __future__ import annotations

from typing import Any

import pytest
from stories import Town, a_clue, a_notice, activities, an_order

from yuanjian.platform.clues import services
from yuanjian.platform.clues.models import Clue, Verdict
from yuanjian.platform.clues.states import CLUE
from yuanjian.platform.common.errors import Invalid, NotFound, Refused


def codes(town: Town, clue: Clue, action: str, who: str = "analyst", **given: Any) -> list[str]:
    """Why a decision is refused; nothing may have changed."""
    before = Clue.objects.filter(pk=clue.pk).values().get()
    with pytest.raises(Refused) as caught:
        services.decide(getattr(town, who), clue.pk, action, **given)
    assert Clue.objects.filter(pk=clue.pk).values().get() == before
    assert caught.value.code == "clue.refused"
    assert len(caught.value.details["unmet"]) == len(caught.value.details["codes"])  # type: ignore[arg-type]
    return list(caught.value.details["codes"])  # type: ignore[call-overload]


def test_claim(town: Town) -> None:
    clue = services.decide(town.analyst, a_clue(town).pk, "claim")
    assert (clue.state, clue.claimed_by) == ("claimed", town.analyst)
    assert codes(town, clue, "claim") == ["clue.state"]


def test_only_who_judges_may_decide(town: Town) -> None:
    for who in ("officer", "oversight", "author", "integrator"):
        assert codes(town, a_clue(town), "claim", who) == ["clue.role"]


def test_out_of_scope_is_not_found(town: Town) -> None:
    clue = a_clue(town)
    for who in ("stranger", "enterprise", "other_enterprise"):
        with pytest.raises(NotFound):
            services.decide(getattr(town, who), clue.pk, "claim")


def test_an_unknown_action_is_invalid(town: Town) -> None:
    for action in ("destroy", "answer_accepted", "order_closed"):
        with pytest.raises(Invalid):
            services.decide(town.analyst, a_clue(town).pk, action)


def test_invalid_needs_a_reason_and_says_no(town: Town) -> None:
    clue = a_clue(town)
    assert codes(town, clue, "invalid") == ["clue.reason"]
    assert codes(town, clue, "invalid", reason="other") == ["clue.note"]
    clue = services.decide(town.analyst, clue.pk, "invalid", reason="device", note="分析仪故障")
    assert (clue.state, clue.reason, clue.note) == ("invalid", "device", "分析仪故障")
    assert clue.finished_at is not None
    verdict = clue.verdicts.get()
    assert (verdict.model_id, verdict.right, verdict.reason) == (
        "M101",
        "no",
        "监测设备故障或维护：分析仪故障",
    )


def test_a_reason_in_own_words_is_kept(town: Town) -> None:
    clue = services.decide(town.analyst, a_clue(town).pk, "invalid", reason="探头结露")
    assert (clue.reason, clue.note) == ("other", "探头结露")


def test_a_verdict_given_with_invalid_wins(town: Town) -> None:
    said = [{"model_code": "M101", "right": "unsure", "reason": "证据不足"}]
    clue = services.decide(town.analyst, a_clue(town).pk, "invalid", reason="process", verdicts=said)
    assert clue.verdicts.get().right == "unsure"


@pytest.mark.parametrize(("action", "level", "kind"), [("remind", 3, "reminder"), ("warn", 2, "warning")])
def test_a_notice_as_suggested(town: Town, action: str, level: int, kind: str) -> None:
    clue = services.decide(town.analyst, a_clue(town, level=level).pk, action)
    notice = clue.notices.get()
    assert (clue.state, notice.kind, notice.level, notice.state) == ("noticed", kind, level, "sent")
    assert clue.findings.get().claim in notice.text
    assert notice.enterprise == town.plant


@pytest.mark.parametrize(
    ("level", "action"), [(3, "warn"), (2, "remind"), (1, "warn"), (3, "order"), (2, "order")]
)
def test_another_decision_needs_a_reason(town: Town, level: int, action: str) -> None:
    clue = a_clue(town, level=level)
    assert codes(town, clue, action) == ["clue.override_reason"]
    services.decide(town.analyst, clue.pk, action, reason="企业近期屡次超标")


@pytest.mark.parametrize("level", [3, 2, 1])
def test_falsification_is_never_announced(town: Town, level: int) -> None:
    clue = a_clue(town, "M205", level)
    for action in ("remind", "warn"):
        assert "clue.covert" in codes(town, clue, action, reason="x")
    clue = services.decide(town.analyst, clue.pk, "order")
    assert clue.state == "ordered"
    assert not clue.notices.exists()


def test_order_with_and_without_officer(town: Town) -> None:
    order = services.decide(town.analyst, a_clue(town, level=1).pk, "order").orders.get()
    assert (order.state, order.assignee) == ("draft", None)
    clue = a_clue(town, level=1)
    for wrong in (town.stranger_officer.pk, town.analyst.pk, 10**6):
        assert codes(town, clue, "order", assignee_id=wrong) == ["clue.assignee"]
    order = services.decide(
        town.analyst, clue.pk, "order", assignee_id=town.officer2.pk, due_days=9
    ).orders.get()
    assert (order.state, order.assignee) == ("dispatched", town.officer2)
    assert (order.due_at - order.created_at).days in {8, 9}


def test_a_noticed_clue_can_still_become_an_order(town: Town) -> None:
    clue = a_notice(town).clue
    clue = services.decide(town.analyst, clue.pk, "order", reason="逾期未答复")
    assert clue.state == "ordered"


def test_merge(town: Town) -> None:
    target, clue = a_clue(town, level=3), a_clue(town, "M301", level=1)
    finding = clue.findings.get()
    clue = services.decide(town.analyst, clue.pk, "merge", into=target.pk)
    target.refresh_from_db()
    assert (clue.state, clue.merged_into) == ("merged", target)
    assert finding in target.findings.all()
    assert (target.level, target.first_at, target.category) == (1, finding.start, "power")
    assert target.title.endswith("等2项")
    assert activities(clue)[-1] == "clues.merged"
    assert activities(target)[-1] == "clues.absorbed"


def test_merge_refused(town: Town) -> None:
    clue = a_clue(town)
    assert codes(town, clue, "merge") == ["clue.merge_target"]
    assert codes(town, clue, "merge", into=clue.pk) == ["clue.merge_self"]
    assert codes(town, clue, "merge", into=a_clue(town, "M205").pk) == ["clue.merge_covert"]
    finished = services.decide(town.analyst, a_clue(town).pk, "invalid", reason="device")
    assert codes(town, clue, "merge", into=finished.pk) == ["clue.merge_finished"]
    town.analyst.region_code = "640000"
    town.analyst.save()
    elsewhere = a_clue(town, outlet=town.other_outlet)
    assert codes(town, clue, "merge", into=elsewhere.pk) == ["clue.merge_enterprise"]


def test_merge_into_a_clue_out_of_scope_is_no_target(town: Town) -> None:
    elsewhere = a_clue(town, outlet=town.other_outlet)
    assert codes(town, a_clue(town), "merge", into=elsewhere.pk) == ["clue.merge_target"]


def test_what_is_finished_stays_finished(town: Town) -> None:
    order = an_order(town, "closed")
    assert order.clue is not None
    for action in ("claim", "invalid", "remind", "warn", "order", "merge"):
        assert codes(town, order.clue, action, reason="device", into=order.clue.pk) == ["clue.state"]


def test_actions_name_what_is_unmet(town: Town) -> None:
    actions = {row["action"]: row for row in CLUE.actions(a_clue(town, "M205"), town.analyst)}
    assert set(actions) == {"claim", "invalid", "remind", "warn", "order", "merge"}
    assert not actions["warn"]["allowed"]
    assert actions["warn"]["unmet"] == ["涉嫌弄虚作假的线索，核查前不得通知企业"]
    assert actions["order"]["allowed"]
    assert CLUE.actions(a_clue(town), town.officer) == []


def test_verdicts_may_come_later_and_be_corrected(town: Town) -> None:
    clue = a_clue(town)
    for right in ("yes", "no"):
        services.give_verdicts(town.analyst, clue.pk, [{"model_code": "M101", "right": right, "reason": ""}])
    assert Verdict.objects.get().right == "no"
    with pytest.raises(Invalid) as caught:
        services.give_verdicts(town.analyst, clue.pk, [{"model_code": "M205", "right": "yes"}])
    assert caught.value.code == "verdict.model"
