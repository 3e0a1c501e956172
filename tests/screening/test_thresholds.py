"""Which thresholds are in force, which level is reached, and what is said about it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from province import outlet

from yuanjian.errors import OwnFault
from yuanjian.screening import durations, thresholds
from yuanjian.screening.catalogue import Catalogue
from yuanjian.screening.ports import ResolvedLevels
from yuanjian.screening.thresholds import Confirmation, Override, resolve

DAY = date(2026, 11, 3)
HERE = outlet(1)


def override(scope: Any, target: str, **changes: Any) -> Override:
    values: dict[str, Any] = {
        "levels": {2: ({"run": 5.0},)},
        "valid_from": date(2026, 1, 1),
        "valid_to": None,
        "author": "张三",
        "reason": "试点",
    }
    return Override(scope, target, **(values | changes))


@pytest.mark.parametrize(("text", "hours"), [("6 h", 6), ("2 d", 48), ("90 min", 1.5)])
def test_durations(text: str, hours: float) -> None:
    assert durations.parse(text) == timedelta(hours=hours)


@pytest.mark.parametrize("text", ["6", "h", "six h", "6 weeks", "-1 h", None])
def test_other_durations_are_refused(text: object) -> None:
    with pytest.raises(OwnFault) as caught:
        durations.parse(text)
    assert caught.value.code == "catalogue.duration"


def test_level_1_needs_a_person(models: Catalogue) -> None:
    assert set(resolve(models["M101"], HERE, DAY).values) == {2, 3}
    confirmed = resolve(models["M101"], HERE, DAY, confirmation=Confirmation("李四", "已用本地数据校准"))
    assert set(confirmed.values) == {1, 2, 3}
    assert (confirmed.source, confirmed.author) == ("confirmed", "李四")


def test_confirmed_numbers_need_nobody(models: Catalogue) -> None:
    assert set(resolve(models["M103"], HERE, DAY).values) == {1, 2, 3}


@pytest.mark.parametrize(
    ("given_override", "applies"),
    [
        (override("industry", "C30"), True),
        (override("industry", "D44"), False),
        (override("region", "6401"), True),
        (override("region", "65"), False),
        (override("enterprise", "1"), True),
        (override("enterprise", "2"), False),
        (override("enterprise", "1", valid_from=date(2026, 11, 4)), False),
        (override("enterprise", "1", valid_to=date(2026, 11, 2)), False),
        (override("enterprise", "1", valid_to=DAY), True),
    ],
)
def test_whom_an_override_touches(models: Catalogue, given_override: Override, applies: bool) -> None:
    levels = resolve(models["M101"], HERE, DAY, [given_override])
    assert (levels.values[2] == ({"run": 5.0},)) is applies
    assert (levels.author == "张三") is applies


def test_the_narrower_scope_wins_then_the_later(models: Catalogue) -> None:
    given_overrides = [
        override("enterprise", "1", levels={2: ({"run": 7.0},)}, valid_from=date(2026, 5, 1)),
        override("enterprise", "1", levels={2: ({"run": 6.0},)}),
        override("region", "64", levels={2: ({"run": 4.0},), 3: None}),
    ]
    levels = resolve(models["M101"], HERE, DAY, given_overrides)
    assert levels.values == {2: ({"run": 7.0},)}
    assert levels.source == "enterprise"


def test_a_person_may_switch_a_level_on_by_override(models: Catalogue) -> None:
    levels = resolve(models["M101"], HERE, DAY, [override("region", "64", levels={1: ({"n24": 8.0},)})])
    assert levels.values[1] == ({"n24": 8.0},)


LEVELS = {3: ({"a": 1.0},), 2: ({"a": 2.0}, {"b": 1.0, "c": 4.0}), 1: ({"a": 4.0},)}


@pytest.mark.parametrize(
    ("measures", "expected"),
    [
        ({"a": 0.9, "b": 0, "c": 0}, None),
        ({"a": 1.0, "b": 0, "c": 0}, (3, 0)),
        ({"a": 2.0, "b": 0, "c": 0}, (2, 0)),
        ({"a": 0.0, "b": 2, "c": 4}, (2, 1)),
        ({"a": 0.0, "b": 2, "c": 3.9}, None),
        ({"a": 9.0, "b": 9, "c": 9}, (1, 0)),
    ],
)
def test_the_most_severe_level_reached_counts(
    measures: dict[str, float], expected: tuple[int, int] | None
) -> None:
    assert thresholds.reached(LEVELS, measures) == expected


def test_the_score_is_the_way_to_the_top() -> None:
    assert thresholds.score(LEVELS, {"a": 3.0, "b": 0, "c": 0}) == 0.75


def test_sentences(models: Catalogue) -> None:
    model = models["M215"]
    levels = dict(model.levels["gas"])
    measures = {"drop": 0.72, "events": 1.0, "before": 0.95, "steady": 1.0, "door": 0.0, "hours": 3.0}
    assert thresholds.reached(levels, measures) == (2, 0)
    crossed = thresholds.crossed(model, levels, (2, 0), measures)
    assert crossed["text"] == "降幅 72% ≥ 70% 且 生产负荷平稳（变化不超过 10%）"
    assert crossed["text_en"].startswith("share lost 72% ≥ 70% and production load steady")
    assert (crossed["measure"], crossed["value"], crossed["unit"]) == ("drop", 72.0, "%")
    following = thresholds.next_level(model, levels, 2, measures)
    assert following is not None
    assert following["level"] == 1
    assert "前后 15 分钟内站房开门 否" in following["text"]
    assert "production load steady (within 10 %) yes" in following["text_en"]
    assert thresholds.next_level(model, levels, 1, measures) is None


def test_the_next_level_may_be_off(models: Catalogue) -> None:
    levels = {3: models["M101"].levels["gas"][3]}
    following = thresholds.next_level(models["M101"], levels, 3, {"n24": 1.0})
    assert following is not None
    assert "未启用" in following["text"]
    assert "off" in following["text_en"]


def test_every_source_has_its_words() -> None:
    for source in ("default", "confirmed", "industry", "region", "enterprise"):
        assert thresholds.source_text(ResolvedLevels({}, source, "甲", "乙")).endswith("：甲（乙）")
    assert thresholds.source_text(ResolvedLevels({}, "lab", "甲", "乙")) == "lab：甲（乙）"


def test_what_is_stored_can_be_read_in_english(models: Catalogue) -> None:
    for model in models:
        for medium in model.media:
            zh, en = (
                thresholds.texts(model, model.levels[medium], english=english) for english in (False, True)
            )
            assert {level: thresholds.in_english(model, text) for level, text in zh.items()} == en


def test_a_source_in_english_keeps_what_people_wrote() -> None:
    by_default = thresholds.source_text(ResolvedLevels({}, "default", "模型目录", "M101 v2"))
    assert thresholds.source_in_english(by_default) == "model default: model catalogue（M101 v2）"
    by_hand = thresholds.source_text(ResolvedLevels({}, "region", "张三", "冬季"))
    assert thresholds.source_in_english(by_hand) == "threshold of the region: 张三（冬季）"
    assert thresholds.source_in_english("别的来源：张三") == "别的来源：张三"
