"""The form of the model builder: what it offers, what is wrong with one, what model it makes."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from builder_forms import TODAY, a_form, every_block, says

from yuanjian.platform.clues.builder_blocks import TOKEN, blocks, exclusions
from yuanjian.platform.clues.builder_form import Form, bases, content, problems
from yuanjian.platform.clues.builder_words import RUNS, Words
from yuanjian.screening import catalogue, durations, subjects
from yuanjian.screening.catalogue import CLASSES, LEVELS
from yuanjian.screening.exclusions import RULES
from yuanjian.screening.methods import METHODS
from yuanjian.screening.thresholds import text

each = pytest.mark.parametrize("form", every_block(), ids=lambda form: form.block)


@each
def test_what_a_block_suggests_is_a_model_but_for_its_words(form: Form) -> None:
    assert problems(form, TODAY) == []
    model = catalogue.read("U001", content(form, "U001", 3), bases())
    assert (model.code, model.version, model.status, model.certainty) == ("U001", 3, "draft", "D")
    assert model.level1_confirmed_by is None
    assert model.kernel in METHODS
    assert model.class_ in CLASSES
    assert set(model.excludes) <= set(RULES)
    assert model.inputs["subject"] in subjects.SUBJECTS
    assert set(model.inputs["needs"]) <= subjects.NEEDS
    assert set(model.levels[form.medium]) == set(LEVELS.values())
    for english in (False, True):
        told = {text(model, condition, english=english) for condition in model.levels[form.medium].values()}
        assert len(told) == 3
    assert model.basis_on(TODAY, TODAY)


@each
def test_nothing_is_left_open_in_the_words(form: Form) -> None:
    made = content(form, "U001", 1)
    said = [made["claim"], made["claim_en"], made["description"], made["description_en"]]
    said += [measure[language] for measure in made["measures"].values() for language in ("zh", "en")]
    assert not [line for line in said if TOKEN.search(line) or "…" in line]
    assert "{" not in made["description"] + made["description_en"]


@each
def test_a_model_made_of_a_block_speaks_as_its_method_does(form: Form) -> None:
    """The placeholders of the claim are those a model of the catalogue with that method uses."""
    known = [model for model in catalogue.load() if model.kernel == form.found.kernel]  # type: ignore[union-attr]
    made = content(form, "U001", 1)
    for model in known[:1]:
        assert set(model.measures) == set(made["measures"])
        assert durations.parse(made["lookback"]) >= model.lookback
        assert set(made["params"]) == set(model.params)


def test_the_words_of_exclusions_are_those_of_the_engine() -> None:
    assert exclusions() == {code: (RULES[code].text, RULES[code].text_en) for code in exclusions()}
    used = {code for block in blocks().values() for code in (*block.excludes, *block.always)}
    assert used == set(exclusions())
    assert {block.run for block in blocks().values()} == set(RUNS)


def test_numbers_are_read_back_as_sentences() -> None:
    form = a_form()
    assert Words(form).sentence() == (
        "在银川市的废气排放口，二氧化硫的小时实测值高于 60 mg/m³；不计入停运标记、无效小时。"
        "连续小时数 ≥ 2 h，三级提醒。连续小时数 ≥ 4 h，或7 天内次数 ≥ 3，二级警告。"
        "连续小时数 ≥ 12 h，一级执法工单（须由指定人员确认后才启用）。"
        "间隔不到 3 小时的算同一次；每小时运行一次；通知企业。"
    )
    assert (
        Words(form)
        .sentence(english=True)
        .startswith(
            "At stack-gas outlets of 银川市: the hourly measured value of Sulfur dioxide is above 60 mg/m³; "
            "left out: marked as stopped, hours without a valid value. Hours in a row ≥ 2 h: "
        )
    )
    both = a_form(every=True, industry="C30", category="data-falsification")
    assert "连续小时数 ≥ 4 h且7 天内次数 ≥ 3，二级警告" in Words(both).sentence()
    assert "银川市、行业 C30 的废气" in Words(both).sentence()
    assert "核查前不通知企业" in Words(both).sentence()
    assert "银川市, industry C30: " in Words(both).sentence(english=True)


def test_an_incomplete_form_is_read_back_as_far_as_it_goes() -> None:
    form = Form(block="compare_hour")
    assert Words(form).sentence().startswith("在…的废气排放口，…的小时…… …；不计入无效小时。…，三级提醒。")
    assert Words(Form()).sentence() == ""
    power = Form(block="compare_power", params={"bound": "x"})
    assert "…的有功功率…" in Words(power).sentence()
    assert "不计入" not in Words(power).sentence()
    assert "left out" not in Words(power).sentence(english=True)


def test_percent_becomes_a_share_and_alternatives_follow_the_choice() -> None:
    form = next(form for form in every_block() if form.block == "near_limit")
    made = content(form, "U001", 1)
    assert made["levels"]["warning"] == [{"share": 0.4}]
    assert made["params"]["window_days"] == 7
    either, both = content(a_form(), "U001", 1), content(a_form(every=True), "U001", 1)
    assert either["levels"]["warning"] == [{"run": 4}, {"events": 3}]
    assert both["levels"]["warning"] == [{"run": 4, "events": 3}]
    low = next(form for form in every_block() if form.block == "low_variation")
    assert content(low, "U001", 1)["params"]["cv"] == [0.01, 0.005, 0.003]


def test_falsification_never_notifies_and_level_one_is_never_confirmed_by_the_form() -> None:
    made = content(a_form(category="data-falsification"), "U001", 1)
    assert (made["notify_enterprise"], made["level1_confirmed_by"]) == (False, None)


def test_all_factors_and_meters() -> None:
    gap = next(form for form in every_block() if form.block == "gap")
    made = content(gap.model_copy(update={"factors": ["*"]}), "U001", 1)
    assert made["inputs"]["factors"] == "*"
    needs = {
        subject: content(a_form("compare_power", subject=subject), "U001", 1)["inputs"]["needs"]
        for subject in ("production", "treatment", "meter")
    }
    assert needs == {"production": ["production_state"], "treatment": ["treatment"], "meter": []}
    assert "全部因子的小时数据缺失" in Words(gap.model_copy(update={"factors": ["*"]})).sentence()


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"block": ""}, "block", "请选择判断条件"),
        ({"medium": "water"}, "factors", "所选因子与介质不符"),
        ({"factors": []}, "factors", "请至少选择一个因子"),
        ({"factors": ["a00000x"]}, "factors", "所选因子与介质不符"),
        ({"factors": ["a21026", "a01012"]}, "factors", "与同一个数比较的因子须单位相同"),
        ({"factors": ["*"]}, "factors", "该条件须逐个选择因子"),
        ({"excludes": ["door"]}, "excludes", "该条件没有所选的排除项"),
        (
            {"params": {"side": "up", "bound": 35, "of": "hour", "window_days": 7}},
            "params.side",
            "请选择方向",
        ),
        ({"params": {"side": "above", "of": "hour", "window_days": 7}}, "params.bound", "请填写比较的数值"),
        (
            {"params": {"side": "above", "bound": 35, "of": "hour", "window_days": 7.5}},
            "params.window_days",
            "统计次数的回看天数须为 1–30 的整数",
        ),
        ({"levels": {"3": {"run": 2}, "2": {"run": 4}}}, "levels.1", "请填写一级执法工单的数值"),
        ({"levels": {"3": {"run": 0}, "2": {"run": 4}, "1": {"run": 8}}}, "levels.3", "分级数值须为正数"),
        ({"levels": {"3": {"ratio": 1}, "2": {"run": 4}, "1": {"run": 8}}}, "levels.3", "分级数值须为正数"),
        (
            {"levels": {"3": {"run": 4}, "2": {"run": 2}, "1": {"run": 8}}},
            "levels.2",
            "二级警告须严于三级提醒",
        ),
        (
            {"levels": {"3": {"run": 4}, "2": {"run": 4}, "1": {"run": 8}}},
            "levels.2",
            "二级警告须严于三级提醒",
        ),
        ({"category": "waste"}, "category", "请选择类别"),
        ({"title": " "}, "title", "请填写名称"),
        ({"purpose": ""}, "purpose", "请填写目的"),
        ({"check_on_site": ["一", " "]}, "check_on_site", "请写出至少两条现场核查要点"),
        ({"check_on_site": ["一", "长" * 201]}, "check_on_site", "每条不超过 200 字"),
        ({"false_positives": []}, "false_positives", "请写出容易误判的情形"),
        ({"basis": ["code-nothing"]}, "basis", "所选依据不在目录中"),
        ({"basis": ["air-exceed"]}, "basis", "请至少选择一条现行有效的依据"),
        ({"region": "64"}, "region", "请选择适用区域"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(changes: dict[str, Any], field: str, said: str) -> None:
    assert (field, said) in says(a_form(**changes))


def test_a_block_that_does_not_fit() -> None:
    zero = next(form for form in every_block() if form.block == "zero")
    assert ("medium", "该条件不适用于所选介质") in says(zero.model_copy(update={"medium": "water"}))
    assert ("subject", "请选择设施") in says(a_form("compare_power", subject="outlet"))


def test_equal_numbers_are_fine_where_all_have_to_hold() -> None:
    levels = {"3": {"run": 2}, "2": {"run": 4, "events": 2}, "1": {"run": 8, "events": 2}}
    assert says(a_form(every=True, levels=levels)) == []
    assert says(a_form(every=False, levels=levels)) == [("levels.1", "一级执法工单须严于二级警告")]
    drop = next(form for form in every_block() if form.block == "drop")
    flags = {"3": {"drop": 50}, "2": {"drop": 60, "steady": 1}, "1": {"drop": 70, "steady": 1}}
    assert says(drop.model_copy(update={"every": True, "levels": flags})) == []


def test_what_is_in_force_depends_on_the_day() -> None:
    form = a_form(basis=["air-exceed"])
    assert problems(form, date(2026, 8, 14)) == []
