"""`yuanjian models score`: what it prints, what it writes, what it refuses."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from yuanjian.cli import scores
from yuanjian.errors import UserFault
from yuanjian.screening import catalogue
from yuanjian.simulator.patterns import bases, clean
from yuanjian.simulator.patterns.judge import Tally

MODELS = [model for model in catalogue.load() if model.code in {"M205", "M418"}]


def test_a_part_of_the_patterns_is_printed_and_writes_no_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "load", lambda: MODELS)
    page = tmp_path / "page.md"
    assert scores.run(seed=1, number=1, only=["door_forced"], as_json=True, page=page) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["pattern_recall"] == 1.0
    assert told["level1_false_per_20_outlet_years"] is None
    assert told["patterns"] == {"door_forced": {"recall": 1.0, "precision": 1.0, "n": 1}}
    assert told["models"]["M418"]["recall"] == 1.0
    assert told["missed"] == []
    assert not page.exists()


def test_a_pattern_nobody_knows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserFault) as fault:
        scores.run(seed=1, number=1, only=["nonsense"], as_json=True, page=tmp_path / "page.md")
    assert fault.value.code == "cli.no_such_pattern"


def test_the_page_tells_how_it_was_made_and_what_came_out() -> None:
    tally = Tally(missed=["gap #0 (a, b)"])
    tally.pattern("gap").update(n=2, found=1, spoke=4, right=3)
    tally.model("M418").update(n=2, found=2, spoke=10, right=9, said=20, so=10, anyway=8)
    year = clean.screen(MODELS, bases.all_plants()[:1], hours=24 * 30)
    report = {"seed": 7, "draws": 2, **scores.told(tally, MODELS, year)}
    page = "\n".join(scores.text(report, MODELS))
    assert "yuanjian models score --seed 7 --draws 2" in page
    assert "**0.5**" in page
    assert "| gap | 数据中断 · all data missing | M117 | 2 | 0.50 | 0.75 |" in page
    assert "Missed: gap #0 (a, b)." in page
    title = "Door tampered, forced or faulty"
    assert f"| M418 | {title} | live | 2 | 1.00 | 0.90 | 0.50 | 0.80 | 0.00 / 0.00 / 0.00 | 0 |" in page
    assert clean.allow_list()[0].reason in page


@pytest.mark.parametrize(
    ("changed", "deserves"),
    [({}, True), ({"status": "live"}, False), ({"precision": 0.89}, False), ({"recall": 0.0}, False),
     ({"level1_false": 1}, False), ({"per_outlet_year": {"2": 2.1}}, False), ({"recall": None}, False)],
)  # fmt: skip
def test_who_deserves_to_go_live(changed: dict[str, Any], deserves: bool) -> None:
    row = {
        "status": "trial", "precision": 0.9, "recall": 0.5, "level1_false": 0, "per_outlet_year": {"2": 2.0}
    }  # fmt: skip
    assert scores.deserves_live(row | changed) is deserves


def test_without_a_year_nobody_is_judged_quiet() -> None:
    tally = Tally()
    tally.model("M418").update(n=1, found=1, spoke=1, right=1)
    told = scores.told(tally, MODELS, None)
    assert told["deserve_live"] == []
    assert told["pattern_recall"] is None
    assert Counter(told["models"]["M205"].values())[None] == 4
