"""`yuanjian models backtest` and `promote` over the database of an installation."""

from __future__ import annotations

import json
from typing import Any

import pytest
from stories import DAY, Town, exceed
from world import NOW

from yuanjian.cli import main
from yuanjian.clock import to_beijing
from yuanjian.platform.clues.models import Finding, Model

WINDOW = [
    "--from",
    f"{to_beijing(NOW - 5 * DAY):%Y-%m-%dT%H:%M}",
    "--to",
    f"{to_beijing(NOW):%Y-%m-%dT%H:%M}",
]


@pytest.fixture
def command(town: Town, postgres_server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Any:
    """The command line beside a running database; Django itself stays at the test's own."""
    monkeypatch.setenv("DATABASE_URL", postgres_server)
    monkeypatch.setenv("YUANJIAN_HOME", str(tmp_path))
    return main.main


def test_a_backtest_in_words_and_as_json(
    town: Town, command: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    exceed(town)
    assert command(["models", "backtest", "M101", "M205", *WINDOW, "--level1", "--json"]) == 0
    answers = json.loads(capsys.readouterr().out)
    assert [answer["code"] for answer in answers] == ["M101", "M205"]
    assert answers[0]["levels"] == {"1": 1, "2": 0, "3": 0}
    assert answers[0]["work_orders"] == 1
    assert command(["models", "backtest", "M101", *WINDOW, "--region", "640100"]) == 0
    assert "work orders it would have made: 0" in capsys.readouterr().out
    assert Finding.objects.count() == 0


def test_an_empty_window(command: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(["models", "backtest", "M101", "--from", "2026-11-02", "--to", "2026-11-01"]) == 1
    assert "--from must be before --to" in capsys.readouterr().err


def test_a_promotion(town: Town, command: Any, capsys: pytest.CaptureFixture[str]) -> None:
    step = ["models", "promote", "M101", "trial", "--reason", "复核"]
    assert command([*step, "--by", town.chief.username]) == 0
    assert Model.objects.get(pk="M101").decided_by == town.chief
    assert command([*step, "--by", "nobody"]) == 1
    assert "no account nobody" in capsys.readouterr().err
