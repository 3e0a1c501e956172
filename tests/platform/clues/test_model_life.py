"""A model's life, its thresholds and suppressions: who may do what, and what follows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from stories import DAY, HOUR, T0, Town, activities, found, get, send, take

from yuanjian.clock import beijing_day, utcnow
from yuanjian.platform.clues import adjusting, life, screening_run, services
from yuanjian.platform.clues.catalogue import catalogue
from yuanjian.platform.clues.models import Clue, Finding, Model, Suppression, Threshold
from yuanjian.platform.clues.screening_ports import People
from yuanjian.platform.common.errors import Forbidden, Invalid, NotFound, Refused
from yuanjian.screening.findings import RunReport

LEVELS: dict[str, Any] = {"3": [{"n24": 2}]}
SINCE = date(2026, 1, 1)


# --- life ----------------------------------------------------------------------------------------------


def test_a_promotion_is_written_down_and_outlives_the_catalogue(town: Town) -> None:
    for status in ("trial", "draft", "trial", "live", "retired", "draft"):
        life.promote(town.chief, "M101", status, reason="复核")
    model = Model.objects.get(pk="M101")
    assert (model.status, model.decided_by, model.decided_reason) == ("draft", town.chief, "复核")
    assert activities(model) == ["models.promoted"] * 6
    assert services.sync_catalogue() == 0
    assert "M101" not in {entry.code for entry in life.running()}


@pytest.mark.parametrize(("status", "reason"), [("draft", "x"), ("live", "x"), ("banana", "x")])
def test_only_the_steps_of_the_table(town: Town, status: str, reason: str) -> None:
    with pytest.raises(Refused):
        life.promote(town.chief, "M101", status, reason=reason)


def test_a_promotion_needs_a_reason_a_role_and_a_model(town: Town) -> None:
    with pytest.raises(Invalid):
        life.promote(town.chief, "M101", "trial", reason=" ")
    with pytest.raises(Forbidden):
        life.promote(town.analyst, "M101", "trial", reason="x")
    with pytest.raises(NotFound):
        life.promote(town.chief, "M999", "trial", reason="x")


def test_what_the_catalogue_withdrew_stays_withdrawn(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    assert life.effective("retired", "live") == "retired"
    entry = catalogue()["M101"]
    withdrawn = {**catalogue().models, "M101": replace(entry, status="retired")}
    monkeypatch.setattr("yuanjian.platform.clues.life.catalogue", lambda: type(catalogue())(withdrawn))
    with pytest.raises(Refused):
        life.promote(town.chief, "M101", "trial", reason="x")
    assert life.statuses()["M101"] == "retired"


def test_a_model_on_trial_raises_nothing_until_it_is_live(town: Town) -> None:
    life.promote(town.chief, "M101", "trial", reason="先试")
    take(found(town.outlet))
    row = Finding.objects.get()
    assert (row.trial, row.clue) == (True, None)
    take(found(town.outlet))
    assert Clue.objects.count() == 0
    life.promote(town.chief, "M101", "live", reason="可靠")
    take(found(town.outlet, hours=5))
    row.refresh_from_db()
    assert (row.trial, row.end) == (False, T0 + 5 * HOUR)
    assert row.clue == Clue.objects.get()
    assert activities(row.clue) == ["clues.raised"]


@pytest.mark.parametrize(
    ("lane", "now", "due"),
    [
        ("minute", "2026-11-20T05:59:00", "2026-11-20T05:59:00"),
        ("hour", "2026-11-20T06:04:59", "2026-11-20T05:05:00"),
        ("hour", "2026-11-20T06:05:00", "2026-11-20T06:05:00"),
        ("day", "2026-11-20T17:29:59", "2026-11-19T17:30:00"),
        ("day", "2026-11-20T17:30:00", "2026-11-20T17:30:00"),
    ],
)
def test_when_a_lane_is_due(lane: str, now: str, due: str) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert life.last_due(lane, at) == datetime.fromisoformat(due).replace(tzinfo=UTC)


# --- thresholds ----------------------------------------------------------------------------------------


def threshold(user: Any, **given: Any) -> Threshold:
    wanted: dict[str, Any] = {
        "scope": "region", "value": "640100", "levels": LEVELS, "valid_from": SINCE, "reason": "试行",
    }  # fmt: skip
    return adjusting.set_threshold(user, "M101", **wanted | given)


def levels_in_force(town: Town) -> Any:
    context = next(o for o in screening_run.Register().outlets() if o.outlet == town.outlet.pk)
    return People(T0, T0 + DAY).levels("M101", context, beijing_day(T0)).values


def test_level_one_needs_a_second_person(town: Town) -> None:
    row = threshold(town.author, levels={"1": [{"n24": 8}]})
    assert row.state == "proposed"
    assert 1 not in levels_in_force(town)
    with pytest.raises(Refused) as caught:
        adjusting.decide_threshold(town.author, row.pk, approve=True, reason="我同意我自己")
    assert caught.value.code == "threshold.second_person"
    adjusting.decide_threshold(town.admin, row.pk, approve=True, reason="同意")
    assert levels_in_force(town)[1] == ({"n24": 8},)
    row.refresh_from_db()
    assert (row.state, row.decided_by, row.decided_reason) == ("in_force", town.admin, "同意")
    assert activities(row.model) == ["models.threshold_proposed", "models.threshold_approved"]
    with pytest.raises(Refused):
        adjusting.decide_threshold(town.admin, row.pk, approve=True, reason="再来")


def test_who_proposed_may_withdraw(town: Town) -> None:
    row = threshold(town.author, levels={"1": None})
    assert adjusting.decide_threshold(town.author, row.pk, approve=False, reason="撤回").state == "rejected"
    assert 1 not in levels_in_force(town)


def test_a_threshold_ends(town: Town) -> None:
    row = threshold(town.author)
    assert levels_in_force(town)[3] == ({"n24": 2},)
    adjusting.end_threshold(town.author, row.pk, reason="到期", last_day=beijing_day(T0) - DAY)
    assert levels_in_force(town)[3] == catalogue()["M101"].levels["gas"][3]
    with pytest.raises(Refused):
        adjusting.end_threshold(town.author, row.pk, reason="再次")
    later = threshold(town.author, valid_from=date(2030, 1, 1))
    ended = adjusting.end_threshold(town.author, later.pk, reason="不用了")
    assert ended.valid_to == date(2029, 12, 31)


@pytest.mark.parametrize(
    "levels",
    [
        {}, {"4": [{"n24": 2}]}, {"3": []}, {"3": [{}]}, {"3": [{"banana": 2}]}, {"3": [{"n24": 0}]},
        {"3": [{"n24": 4}]}, {"1": [{"n24": 2}]},
    ],
)  # fmt: skip
def test_levels_are_checked(town: Town, levels: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        threshold(town.author, levels=levels)


def test_whom_a_threshold_may_be_for(town: Town) -> None:
    for scope, value in (("region", "640200"), ("region", "640000"), ("industry", "C44")):
        with pytest.raises(Forbidden):
            threshold(town.author, scope=scope, value=value)
    with pytest.raises(NotFound):
        threshold(town.author, scope="enterprise", value=str(town.other_outlet.enterprise_id))
    with pytest.raises(NotFound):
        threshold(town.author, scope="enterprise", value="甲")
    with pytest.raises(Invalid):
        threshold(town.author, value="64")
    with pytest.raises(Invalid):
        threshold(town.author, valid_to=date(2025, 1, 1))
    with pytest.raises(NotFound):
        adjusting.set_threshold(town.author, "M999", scope="region", value="640100", levels=LEVELS,
                                valid_from=SINCE, reason="x")  # fmt: skip
    town.province.role = "author"
    town.province.save()
    threshold(town.province, scope="industry", value="C44")
    threshold(town.province, scope="enterprise", value=str(town.plant.pk))


def test_a_model_that_left_gets_no_threshold(town: Town) -> None:
    Model.objects.create(code="M000", version=1, hash="x", status="retired")
    with pytest.raises(NotFound):
        adjusting.set_threshold(town.author, "M000", scope="region", value="640100", levels=LEVELS,
                                valid_from=SINCE, reason="x")  # fmt: skip


def test_thresholds_of_regions_around_are_seen_and_left_alone(town: Town) -> None:
    wide = threshold(town.admin, value="640000")
    industry = threshold(town.admin, scope="industry", value="C44")
    far = threshold(town.admin, value="640200")
    assert set(adjusting.thresholds(town.author)) == {wide, industry}
    assert set(adjusting.thresholds(town.admin)) == {wide, industry, far}
    assert not adjusting.thresholds(town.enterprise)
    for row in (wide, industry):
        with pytest.raises(Forbidden):
            adjusting.end_threshold(town.author, row.pk, reason="x")
    with pytest.raises(NotFound):
        adjusting.end_threshold(town.author, far.pk, reason="x")


# --- suppressions --------------------------------------------------------------------------------------


def quiet(*findings: Any) -> Any:
    return screening_run.take(RunReport([], [], list(findings)), T0 - 30 * DAY, utcnow(), utcnow())


def test_a_suppressed_finding_is_kept_without_a_clue_until_it_is_heard_again(town: Town) -> None:
    quiet(found(town.outlet))
    quiet(found(town.outlet, hours=4))
    row = Finding.objects.get()
    assert (row.suppressed, row.clue, row.end) == (True, None, T0 + 4 * HOUR)
    take(found(town.outlet, hours=4))
    row.refresh_from_db()
    assert (row.suppressed, row.clue) == (False, Clue.objects.get())


def test_a_clue_does_not_grow_while_its_model_is_quiet(town: Town) -> None:
    take(found(town.outlet))
    quiet(found(town.outlet, hours=9))
    assert Finding.objects.get().end == T0 + 3 * HOUR


def test_suppressions_end(town: Town) -> None:
    now = utcnow()
    given: dict[str, Any] = {"reason": "改造"}
    row = adjusting.suppress(town.author, town.plant, start=now - DAY, end=now + DAY, **given)
    assert adjusting.end_suppression(town.author, row.pk, reason="完工").end <= utcnow()
    with pytest.raises(Refused):
        adjusting.end_suppression(town.author, row.pk, reason="再次")
    later = adjusting.suppress(town.author, town.plant, start=now + DAY, end=now + 2 * DAY, **given)
    assert adjusting.end_suppression(town.author, later.pk, reason="不用了").end <= utcnow()
    assert activities(later) == ["models.suppressed", "models.suppression_ended"]
    with pytest.raises(NotFound):
        adjusting.end_suppression(town.stranger_author, row.pk, reason="x")


def test_a_suppression_is_for_a_time_and_a_place(town: Town) -> None:
    now = utcnow()
    for end in (now, now + timedelta(days=400)):
        with pytest.raises(Invalid):
            adjusting.suppress(town.author, town.plant, start=now, end=end, reason="x")
    with pytest.raises(Invalid):
        adjusting.suppress(
            town.author, town.plant, start=now, end=now + DAY, reason="x", outlet=town.other_outlet
        )


# --- over HTTP -----------------------------------------------------------------------------------------


def test_who_may_adjust(town: Town) -> None:
    now = utcnow()
    body = {
        "/models/M101/status": {"status": "trial", "reason": "x"},
        "/models/M101/level1": {"on": True, "reason": "x"},
        "/models/M101/thresholds": {
            "scope": "region", "value": "640100", "levels": LEVELS, "valid_from": "2026-01-01", "reason": "x",
        },
        "/suppressions": {
            "enterprise_id": town.plant.pk, "outlet_id": town.outlet.pk, "model_code": "M101",
            "start": now.isoformat(), "end": (now + DAY).isoformat(), "reason": "x",
        },
        "/models/M101/backtests": {},
    }  # fmt: skip
    for path, given in body.items():
        for who in ("analyst", "officer", "enterprise"):
            send(getattr(town, who), path, given, 403)
        everywhere = path.endswith(("status", "level1"))
        send(town.author, path, given, 403 if everywhere else 200)
        if everywhere:
            send(town.chief, path, given)
    row = Threshold.objects.get()
    quiet_row = Suppression.objects.get()
    send(town.analyst, f"/thresholds/{row.pk}/end", {"reason": "x"}, 403)
    send(town.analyst, f"/suppressions/{quiet_row.pk}/end", {"reason": "x"}, 403)
    assert send(town.author, f"/thresholds/{row.pk}/end", {"reason": "x"})["valid_to"]
    assert send(town.author, f"/suppressions/{quiet_row.pk}/end", {"reason": "x"})["active"] is False


def test_what_waits_for_a_second_person(town: Town) -> None:
    row = threshold(town.author, levels={"1": [{"n24": 8}], "2": None})
    threshold(town.author)
    [shown] = get(town.author, "/thresholds?state=proposed")["items"]
    assert (shown["may_approve"], shown["may_end"], shown["state_text"]) == (False, True, "待审批")
    assert shown["texts"] == {"1": "24 小时内超标小时数 ≥ 8 h", "2": "停用"}
    assert shown["texts_en"] == {"1": "exceeding hours in 24 h ≥ 8 h", "2": "off"}
    [shown] = get(town.admin, "/thresholds?state=proposed")["items"]
    assert shown["may_approve"] is True
    answer = send(town.admin, f"/thresholds/{row.pk}/decide", {"approve": True, "reason": "同意"})
    assert (answer["state"], answer["decided_by"]["id"]) == ("in_force", town.admin.pk)


def test_the_thresholds_page_has_what_a_form_needs(town: Town) -> None:
    threshold(town.author, scope="enterprise", value=str(town.plant.pk))
    body = get(town.author, "/models/M101/thresholds")
    assert body["defaults"]["gas"]["3"] == [dict(one) for one in catalogue()["M101"].levels["gas"][3]]
    assert {item["name"] for item in body["measures"]} == set(catalogue()["M101"].measures)
    assert body["level1"]["on"] is False
    assert body["items"][0]["value_text"] == town.plant.name
    assert send(town.chief, "/models/M101/level1", {"on": True, "reason": "x"})["on"] is True
    get(town.author, "/models/M999/thresholds", 404)


def test_a_threshold_of_a_model_that_left(town: Town) -> None:
    row = threshold(town.author)
    Model.objects.create(code="M000", version=1, hash="x", status="retired")
    Threshold.objects.filter(pk=row.pk).update(model_id="M000")
    [shown] = get(town.author, "/thresholds")["items"]
    assert (shown["model_title"], shown["texts"]) == ("M000", {})


def test_what_is_unheard_is_listed_and_counted(town: Town) -> None:
    now = utcnow()
    adjusting.suppress(
        town.author, town.plant, outlet=town.outlet, start=now - DAY, end=now + DAY, reason="改造"
    )
    adjusting.suppress(town.author, town.plant, code="M205", start=now - DAY, end=now + DAY, reason="改造")
    quiet(found(town.outlet))
    life.promote(town.chief, "M101", "trial", reason="先试")
    take(found(town.outlet, start=T0 + 5 * DAY, factor=None))
    rows = get(town.author, "/models/M101/unheard")["items"]
    assert [(row["why"], row["outlet"]["code"]) for row in rows] == [
        ("trial", "DA001"),
        ("suppressed", "DA001"),
    ]
    assert [row["findings"] for row in get(town.author, "/suppressions?active=true")["items"]] == [0, 1]
    assert get(town.author, "/suppressions?model=M205")["total"] == 2  # its own, and that of every model
    assert get(town.author, "/suppressions?model=M101")["total"] == 1


def test_the_model_page_says_who_decided(town: Town) -> None:
    assert get(town.analyst, "/models/M101")["decided"] is None
    body = send(town.chief, "/models/M101/status", {"status": "trial", "reason": "复核"})
    assert (body["status"], body["recommended"], body["run"]) == ("trial", "live", "minute")
    assert body["decided"]["by"] == town.chief.name
    assert [row["text"] for row in body["timeline"]] == [f"{town.chief.name}将模型由运行改为试运行：复核"]


def test_the_page_offers_what_holds_everywhere_to_whom_it_concerns(town: Town) -> None:
    offered = {who: get(getattr(town, who), "/models/M101")["may_decide"] for who in
               ("author", "chief", "admin", "province")}  # fmt: skip
    assert offered == {"author": False, "chief": True, "admin": True, "province": False}


def test_a_threshold_names_its_industry_in_both_languages(town: Town) -> None:
    threshold(town.admin, scope="industry", value="D44")
    [row] = get(town.author, "/thresholds")["items"]
    assert (row["value_text"], row["value_text_en"]) == (
        "D44 电力、热力生产和供应业",
        "D44 Electricity and heat",
    )
