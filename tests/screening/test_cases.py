"""The case runner: what it reads and what it complains about."""

from __future__ import annotations

import runpy
import sys
from dataclasses import replace

import pytest
from province import HOUR, START, outlet

from yuanjian.screening import cases, wording
from yuanjian.screening.catalogue import Catalogue
from yuanjian.screening.task import Subject


@pytest.fixture(scope="module")
def positive() -> cases.Case:
    return next(case for case in cases.read("M101") if case.name == "positive")


def test_a_case_is_read(positive: cases.Case) -> None:
    (context,) = positive.registry.outlets()
    assert (context.medium, context.factors) == ("gas", ("a21026", "a19001"))
    assert (positive.start, positive.end) == (START + 31 * 24 * HOUR, START + 35 * 24 * HOUR)
    rows = positive.readings.rows.filter(positive.readings.rows["factor"] == "a21026")
    assert rows["decimals"].unique().to_list() == [2]
    assert rows["reference"].null_count() == 0


def test_the_window_may_be_given() -> None:
    case = cases.read("M117")[0]
    assert (case.start, case.end) == (START + 31 * 24 * HOUR, START + 34 * 24 * HOUR)


def test_doors_and_meters() -> None:
    case = next(case for case in cases.read("M415") if case.kind == "positive")
    (context,) = case.registry.outlets()
    assert context.door_points == (cases.DOOR,)
    assert context.chain is not None
    assert [meter.name for meter in context.chain.production] == ["生产线"]
    assert case.readings.event_rows.height == 1


def test_sampler_events() -> None:
    raw = {"sampler": ["2026-11-01 08:00"], "doors": ["2026-11-01 09:00"]}
    assert [row[1] for row in cases._events(raw)] == ["door", "state"]


@pytest.mark.parametrize(
    ("expect", "problem"),
    [
        ((), "expected 0, found 1"),
        (({"level": 3},), "level: expected 3, got 1"),
        (({"factor": "a21002"},), "factor: expected a21002, got a21026"),
        (({"start": "2026-11-03 01:00"},), "start: expected 2026-11-03 01:00, got 2026-11-02T18:00:00+00:00"),
        (({"measures": {"run": 5}},), "run: expected 5, got 6.0"),
        (({"measures": {"kind": "浓度"}},), "kind: expected 浓度, got 折算浓度"),
        (({"measures": {"run": "六"}},), "run: expected 六, got 6.0"),
    ],
)
def test_every_difference_is_told(
    models: Catalogue, positive: cases.Case, expect: tuple[dict[str, object], ...], problem: str
) -> None:
    assert cases.run(replace(positive, expect=expect), models["M101"]).problems == (problem,)


def test_the_command_prints_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert cases.main(["M101"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1 + len(cases.read("M101"))
    assert lines[1].split() == ["M101", "calibration", "near_miss", "0", "ok"]


def test_the_command_fails_with_a_case(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    case = replace(cases.read("M102")[0], expect=({"level": 1},))
    monkeypatch.setattr(cases, "read", lambda code: [case] if code == "M102" else [])
    assert cases.main([]) == 1
    assert "expected 1, found 0" in capsys.readouterr().out


@pytest.mark.parametrize(("module", "arguments"), [("cases", ["M117"]), ("catalogue", ["check"])])
def test_both_commands_run_as_modules(
    module: str, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"yuanjian.screening.{module}"
    monkeypatch.setattr(sys, "argv", [module, *arguments])
    monkeypatch.delitem(sys.modules, name)
    with pytest.raises(SystemExit) as left:
        runpy.run_module(name, run_name="__main__")
    assert left.value.code == 0


@pytest.mark.parametrize(
    ("first", "last", "shown"),
    [
        (2, 8, "2026-10-01 02:00 至 08:00"),
        (2, 32, "2026-10-01 02:00 至 2026-10-02 08:00"),
        (0, 24, "2026-10-01 00:00 至 24:00"),
        (0, 72, "2026-10-01 00:00 至 2026-10-03 24:00"),
        (24, 24, "2026-10-02 00:00 至 00:00"),
    ],
)
def test_periods(first: int, last: int, shown: str) -> None:
    assert wording.period(START + first * HOUR, START + last * HOUR) == shown


def test_periods_in_english() -> None:
    assert wording.period(START, START + HOUR, english=True) == "2026-10-01 00:00 to 01:00"


def test_factors_without_a_name_show_their_code() -> None:
    assert wording.factor_words("a21026") == (("二氧化硫", "Sulfur dioxide"), "mg/m³")
    assert wording.factor_words("zz999") == (("zz999", "zz999"), "")
    assert wording.factor_words(None) == (("", ""), "")


def test_a_claim_holds_no_needless_blanks(models: Catalogue) -> None:
    words = {"what": ("全部因子", "all factors")}
    measures = {"hours": 5.0, "missing30": 7.0, "long30": 0.0}
    here = outlet(1)
    zh, en = wording.claim(models["M117"], Subject(here, here.point), (START, START + HOUR), measures, words)
    told = "1号排放口全部因子小时数据连续缺失 5 小时且未标记；30 天内累计缺失 7 小时。"
    assert zh == f"2026-10-01 00:00 至 01:00，{told}"
    assert "of all factors for 5 hours" in en


@pytest.mark.parametrize(
    ("hours", "missing", "said"),
    [
        (1.0, 1.0, "for 1 hour, unmarked; 1 missing hour in 30 days."),
        (11.0, 21.0, "for 11 hours, unmarked; 21 missing hours in 30 days."),
    ],
)
def test_one_is_not_many_in_english(models: Catalogue, hours: float, missing: float, said: str) -> None:
    here, words = outlet(1), {"what": ("", "")}
    measures = {"hours": hours, "missing30": missing, "long30": 0.0}
    claim = wording.claim(models["M117"], Subject(here, here.point), (START, START + HOUR), measures, words)
    assert claim[1].endswith(said)
