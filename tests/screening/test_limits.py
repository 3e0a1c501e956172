"""Permit before standard, by date; what a finding says of its limits; numbers nobody has checked."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from province import START, outlet
from tools import COD, SO2, Run, hours, of, readings, wobble

from yuanjian.screening import limits
from yuanjian.screening.ports import Limit

DAY = date(2026, 10, 1)
PERMIT = Limit(SO2, "hour", None, 100.0, None, date(2020, 1, 1), None, "许可证")
STANDARD = replace(PERMIT, high=50.0, basis="GB 13271-2014 表2", origin="standard")
STRICT = replace(STANDARD, high=30.0)
BAD = [*wobble(20, 20), *[120.0] * 8, *wobble(20, 20)]


@pytest.mark.parametrize(
    ("held", "high"),
    [
        ([STANDARD, PERMIT], 100.0),
        ([PERMIT, replace(PERMIT, high=80.0), STRICT], 80.0),
        ([STANDARD, STRICT], 30.0),
        ([replace(PERMIT, valid_to=date(2026, 9, 30)), STANDARD], 50.0),
        ([replace(PERMIT, averaging="day"), STANDARD], 50.0),
        ([replace(PERMIT, high=None, low=1.0), STANDARD], 50.0),
        ([replace(PERMIT, factor=COD)], None),
        ([replace(PERMIT, valid_from=date(2026, 10, 2))], None),
    ],
)
def test_the_permit_goes_first_then_the_strictest_standard(held: list[Limit], high: float | None) -> None:
    found = limits.strictest(held, SO2, ("hour", "day"), DAY)
    assert (found and found.high) == high


def test_days_on_which_limits_change() -> None:
    held = [replace(PERMIT, valid_to=date(2026, 10, 3)), replace(PERMIT, valid_from=date(2026, 12, 1))]
    assert limits.changes(held, DAY, date(2026, 10, 31)) == [DAY, date(2026, 10, 4)]


def test_where_one_is_taken_the_permit_is_the_last() -> None:
    assert limits.by_origin([PERMIT, STANDARD]) == [STANDARD, PERMIT]


def test_what_a_statement_rests_on() -> None:
    span = START, START
    cod = replace(PERMIT, factor=COD)
    context = outlet(1, factors=(SO2, "a00000"), limits=(PERMIT, STRICT, cod))
    assert limits.behind(context, [SO2], [("hour",)], span) == [PERMIT]
    assert limits.behind(context, ["a00000"], [("hour",)], span) == []
    assert set(limits.behind(context, [None], [("hour", "day"), ("hour",)], span)) == {PERMIT, cod}
    assert limits.behind(context, [SO2], [], span) == []


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        (PERMIT, "限值依据：许可证（许可限值）"),
        (STANDARD, "限值依据：GB 13271-2014 表2（排放标准限值）"),
        (replace(STANDARD, certainty="B"), "限值依据：GB 13271-2014 表2（排放标准限值，资料等级 B）"),
        (
            replace(STANDARD, certainty="C"),
            "限值依据：GB 13271-2014 表2（排放标准限值，资料等级 C，待核实，核实前不作一级判定）",
        ),
        (
            replace(STANDARD, certainty="C-", confirmed_by="张三"),
            "限值依据：GB 13271-2014 表2（排放标准限值，已由张三核实）",
        ),
    ],
)
def test_how_a_limit_is_named(limit: Limit, said: str) -> None:
    assert limits.text(limit) == said


@of("M101")
@pytest.mark.parametrize(
    ("held", "level", "named"),
    [
        ((STANDARD,), 1, "表2"),
        ((replace(STANDARD, certainty="C"),), 2, "待核实"),
        ((replace(STANDARD, certainty="C", confirmed_by="张三"),), 1, "张三"),
        ((replace(PERMIT, high=50.0), replace(STRICT, certainty="C")), 1, "许可限值"),
    ],
)
def test_an_unchecked_number_never_gives_level_1(
    run: Run, held: tuple[Limit, ...], level: int, named: str
) -> None:
    context = outlet(1, factors=(SO2,), limits=held)
    (found,) = run.find(readings(hours(1, SO2, BAD)), [context], 48)
    assert found.level == level
    told = [text for text in found.basis if text.startswith("限值依据")]
    assert len(told) == 1
    assert named in told[0]


def test_what_is_said_of_a_limit_is_said_in_english_too() -> None:
    name = "GB 18485-2014（含2019年修改单） 表4"
    unsure = replace(STANDARD, basis=name, certainty="C-")
    said = {
        replace(STANDARD, basis=name): f"limit by {name} (standard)",
        unsure: f"limit by {name} (standard, certainty C-, to be confirmed, no level 1 until then)",
        replace(unsure, confirmed_by="张三"): f"limit by {name} (standard, confirmed by 张三)",
        replace(unsure, certainty="B"): f"limit by {name} (standard, certainty B)",
        replace(PERMIT, basis=name): f"limit by {name} (permit)",
    }
    assert [limits.in_english(limits.text(limit)) for limit in said] == list(said.values())
    assert limits.in_english("《环境保护税法》") == "《环境保护税法》"


@of("M101")
def test_the_permit_is_judged_by_even_where_a_standard_is_stricter(run: Run) -> None:
    context = outlet(1, factors=(SO2,), limits=(PERMIT, STRICT))
    assert run.find(readings(hours(1, SO2, wobble(60, 48))), [context], 48) == []
    assert run.find(readings(hours(1, SO2, wobble(60, 48))), [replace(context, limits=(STRICT,))], 48) != []


@of("M205")
def test_a_model_that_looks_at_no_limit_names_none(run: Run) -> None:
    context = outlet(1, factors=(SO2,), limits=(replace(STRICT, certainty="C"),))
    found = run.find(readings(hours(1, SO2, [20.0] * 96)), [context], 96)
    assert found
    assert not any("限值依据" in text for item in found for text in item.basis)
