"""What is stored in Chinese and read in English."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from stories import DAY, T0, Town, a_clue, found, get, make_user, send, take

from yuanjian.clock import utcnow
from yuanjian.platform.clues import details, english, services
from yuanjian.platform.clues.catalogue import built_in, catalogue
from yuanjian.platform.clues.model_rows import condition_texts
from yuanjian.platform.clues.models import Clue, Finding
from yuanjian.platform.clues.states import INVALID_REASONS, INVALID_REASONS_EN
from yuanjian.screening import thresholds


@pytest.mark.parametrize(
    ("speakers", "said"),
    [
        ([], "DA001: Exceedance"),
        ([("M101", "a21026")], "DA001: Hourly stack-gas exceedance (Sulfur dioxide)"),
        ([("M101", None)], "DA001: Hourly stack-gas exceedance"),
        ([("M000", None), ("M000", None)], "DA001: M000"),
        ([("M101", None), ("M301", None), ("M301", None)], "DA001: Hourly stack-gas exceedance and 1 more"),
    ],
)
def test_a_title_says_the_worst_and_how_many_more(speakers: Any, said: str) -> None:
    assert english.title("DA001", "exceedance", speakers) == said


def test_the_pool_the_detail_and_what_follows_have_english_titles(town: Town) -> None:
    take(found(town.outlet, level=2), found(town.outlet, "M301", 1, factor=None), now=T0 + DAY)
    [row] = get(town.analyst, "/clues")["items"]
    assert row["title_en"] == "DA001 甲排放口: Production on, treatment off and 1 more".replace(
        "DA001 甲排放口", f"{town.outlet.code} {town.outlet.name}"
    )
    assert (row["class_text_en"], row["factors"][0]["name_en"]) == ("Power and operation", "Sulfur dioxide")
    services.decide(town.analyst, row["id"], "order", reason="x", assignee_id=town.officer.pk)
    [order] = get(town.analyst, "/orders")["items"]
    assert order["title_en"] == row["title_en"]
    assert [item["title_en"] for item in get(town.officer, "/todo")["items"]] == [row["title_en"]]
    detail = get(town.officer, f"/orders/{order['id']}")
    assert len(detail["claim_en"].splitlines()) == len(detail["claim"].splitlines()) == 2


def test_a_clue_whose_findings_went_elsewhere_keeps_a_title(town: Town) -> None:
    first, second = a_clue(town), a_clue(town)
    services.decide(town.analyst, first.pk, "merge", into=second.pk)
    body = get(town.analyst, f"/clues/{first.pk}")
    assert body["title_en"] == f"{town.outlet.code} {town.outlet.name}: Exceedance"


def test_a_finding_says_thresholds_and_their_source_in_english(town: Town) -> None:
    model = catalogue()["M101"]
    said = thresholds.texts(model, model.levels["gas"])
    clue = a_clue(town)
    Finding.objects.filter(clue=clue).update(
        thresholds=said, threshold_source="模型默认：模型目录（M101 v2）"
    )
    [finding] = get(town.analyst, f"/clues/{clue.pk}")["findings"]
    assert finding["thresholds_en"] == thresholds.texts(model, model.levels["gas"], english=True)
    assert finding["threshold_source_en"] == "model default: model catalogue（M101 v2）"
    assert english.levels("M000", {"3": "原文"}) == {"3": "原文"}


def test_refusals_and_reasons_have_both_languages(town: Town) -> None:
    clue = a_clue(town, "M205", 2)
    body = get(town.analyst, f"/clues/{clue.pk}")
    [remind] = [row for row in body["actions"] if row["action"] == "remind"]
    assert len(remind["unmet"]) == len(remind["unmet_en"]) == 1
    assert remind["unmet_en"][0].isascii()
    assert INVALID_REASONS.keys() == INVALID_REASONS_EN.keys() == {row["code"] for row in body["reasons"]}
    error = send(town.analyst, f"/clues/{clue.pk}/decide", {"action": "invalid"}, 409)
    assert error["details"]["unmet_en"] == ["say why the clue is not valid"]
    services.decide(town.analyst, clue.pk, "invalid", reason="device")
    closed = get(town.analyst, f"/clues/{clue.pk}")["actions"]
    assert closed[0]["unmet_en"] == ["not possible in the state “invalid”"]


def test_the_platform_itself_has_a_name_in_both_languages(town: Town) -> None:
    [raised] = get(town.analyst, f"/clues/{a_clue(town).pk}")["timeline"]
    assert (raised["actor"], raised["actor_en"]) == ("系统", "System")


def test_models_speak_english(town: Town) -> None:
    rows = {row["code"]: row for row in get(town.analyst, "/models")["items"]}
    row = rows["M101"]
    assert (row["class_text_en"], row["status_text_en"]) == ("Exceedance", "live")
    assert row["inputs_en"][:2] == ["stack gas", "hour values"]
    assert row["levels_en"]["3"] == "exceeding hours in 24 h ≥ 1 h"
    assert row["levels_en"]["1"].startswith("off until a named person confirms it: ")
    assert rows["M103"]["levels_en"]["3"] == "exceedance days in 30 days ≥ 1 d"
    assert all(text.isascii() or "≥" in text for one in rows.values() for text in one["inputs_en"])


def test_hits_of_a_month_are_counted_on_trial_or_not(town: Town) -> None:
    recent = utcnow() - timedelta(days=2)
    take(
        found(town.outlet, start=recent),
        found(town.outlet, start=T0 - 300 * DAY),
        now=utcnow(),
        start=T0 - 301 * DAY,
    )
    Finding.objects.filter(start=recent).update(trial=True)
    hits = {row["code"]: row["hits_30d"] for row in get(town.analyst, "/models")["items"]}
    assert (hits["M101"], hits["M301"]) == (1, 0)
    away = {row["code"]: row["hits_30d"] for row in get(make_user("officer", "640400"), "/models")["items"]}
    assert away["M101"] == 0, "findings of another city"


def test_officers_offered_for_a_clue_are_in_charge_of_its_region(town: Town) -> None:
    away = make_user("officer", "640400")
    clue = a_clue(town)
    order = services.decide(town.analyst, clue.pk, "order", reason="x").orders.get()
    assert away.pk in {row["id"] for row in get(town.admin, "/officers")}
    near = {row["id"] for row in get(town.admin, f"/officers?clue={clue.pk}")}
    assert near == {row["id"] for row in get(town.admin, f"/officers?order={order.pk}")}
    assert town.officer.pk in near
    assert away.pk not in near
    assert Clue.objects.count() == 1
    get(town.admin, "/officers?clue=999999", 404)


def test_conditions_of_a_threshold_are_said_in_both_languages() -> None:
    levels = {"3": None, "2": [{"run": 3}, {"n24": 4}]}
    assert condition_texts(built_in()["M101"], levels, english=True) == {
        "3": "off",
        "2": "consecutive exceeding hours ≥ 3 h or exceeding hours in 24 h ≥ 4 h",
    }
    assert condition_texts(built_in()["M101"], levels)["3"] == "停用"


def test_every_sentence_of_the_catalogue_is_there_in_english() -> None:
    said = {
        text
        for model in built_in()
        for text in (*model.false_positives, *model.check_on_site, *(basis.text for basis in model.basis))
    }
    assert [text for text in said if english.sentences([text]) == [text]] == []
    assert english.sentences(["自己写的一句", *sorted(said)[:1]])[0] == "自己写的一句"


def test_a_finding_gives_advice_basis_and_measures_in_both_languages(town: Town) -> None:
    measures = {"drop": 0.62, "steady": 1.0, "door": 0.0, "kind": "折算浓度", "limit": 50.0}
    basis = [*catalogue()["M215"].basis_on(T0.date(), T0.date()), "限值依据：许可证（许可限值）"]
    take(found(town.outlet, "M215", measures=measures, basis=basis), now=T0 + DAY)
    [row] = get(town.analyst, f"/clues/{Clue.objects.get().pk}")["findings"]
    assert row["measured"] == [
        {"text": "降幅：62%", "text_en": "share lost: 62%"},
        {
            "text": "生产负荷平稳（变化不超过 10%）：是",
            "text_en": "production load steady (within 10 %): yes",
        },
        {"text": "前后 15 分钟内站房开门：否", "text_en": "station door opened within 15 min: no"},
    ]
    assert (row["description"], row["description_en"]) == (
        catalogue()["M215"].description,
        catalogue()["M215"].description_en,
    )
    assert row["basis_en"][-1] == "limit by 许可证 (permit)"
    for name in ("basis", "false_positives", "check_on_site"):
        assert len(row[f"{name}_en"]) == len(row[name]) > 0
        assert row[f"{name}_en"] != row[name]


def test_thresholds_are_told_by_medium_only_where_they_differ() -> None:
    model = built_in()["M215"]
    told = details.levels_text(model, confirmed=False, english=True)
    assert told["3"] == "share lost ≥ 50%"
    assert told["1"].startswith("off until a named person confirms it: share lost")
    gas = {**model.levels["gas"], 3: ({"drop": 0.4},)}
    apart = details.levels_text(
        replace(model, levels={**model.levels, "gas": gas}), confirmed=True, english=False
    )
    assert apart["3"] == "废气：降幅 ≥ 40%\n废水：降幅 ≥ 50%"
    del gas[3]
    only = details.levels_text(
        replace(model, levels={**model.levels, "gas": gas}), confirmed=True, english=False
    )
    assert only["3"] == "废水：降幅 ≥ 50%"
