"""`yuanjian devices` over the database of an installation."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
import world as make

from yuanjian.cli import main
from yuanjian.cli.integrators import KEY
from yuanjian.platform.common import sql
from yuanjian.platform.common.activity import timeline

SECRET = "0123456789abcdef"


@pytest.fixture
def say(world: Any, postgres_server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Any:
    """The command line beside a running database; Django itself stays at the test's own."""
    monkeypatch.setenv("DATABASE_URL", postgres_server)
    monkeypatch.setenv("YUANJIAN_HOME", str(tmp_path))
    return lambda *words: main.main(["devices", *words])


def test_loggers_are_listed_and_shown(world: Any, say: Any, capsys: pytest.CaptureFixture[str]) -> None:
    mn = world.own.logger.mn
    make.link(mn)
    make.execute("UPDATE intake.link SET clock_skew_s = 900 WHERE mn = %s", mn)
    assert say("list") == 0
    out = capsys.readouterr().out
    assert mn in out
    assert "clock" in out
    assert "在线 online 1" in out
    assert say("list", "--problem", "clock", "--json") == 0
    [row] = json.loads(capsys.readouterr().out)["items"]
    assert row["mn"] == mn
    assert say("show", mn) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["link"]["problems"][0]["text"] == "时钟偏差 900 秒"
    assert say("show", "NEVER") == 1


def test_settings_are_changed_one_by_one(world: Any, say: Any, capsys: pytest.CaptureFixture[str]) -> None:
    mn = world.own.logger.mn
    words = ("--profile", "hebei", "--tolerate", "swapped", "modbus", "--clear", "no", "--re-count", "5")
    assert say("set", mn, "--standard", "2025", *words, "--reason", "新装") == 0
    assert say("set", mn, "--profile", "none", "--tolerate", "--reason", "恢复") == 0
    [row] = sql.rows(
        "SELECT standard, profile, tolerate, allow_clear, over_time, re_count FROM intake.device"
    )
    assert row == {
        "standard": "2025",
        "profile": None,
        "tolerate": [],
        "allow_clear": False,
        "over_time": 10.0,
        "re_count": 5,
    }
    last = timeline(world.own.logger)[-1]
    assert (last["actor"], last["text"]) == (
        "系统",
        "修改设置：编码表 hebei → —；CRC 放行 hj212.crc_modbus、hj212.crc_swapped → —，理由：恢复",
    )
    assert say("set", mn, "--over-time", "0", "--reason", "x") == 1
    assert say("set", mn, "--re-count", "-1", "--reason", "x") == 1
    assert say("set", mn, "--profile", "atlantis", "--reason", "x") == 1
    assert say("set", "NEVER", "--reason", "x") == 1
    assert "devices.profile" in capsys.readouterr().err


def test_a_key_comes_from_the_environment_or_standard_input(
    world: Any, say: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    mn = world.own.logger.mn
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{SECRET}\n"))
    assert say("key", mn, "--reason", "首次") == 0
    monkeypatch.setenv(KEY, "00" * 16)
    assert say("key", mn, "--reason", "换") == 0
    [row] = sql.rows("SELECT key_current, key_previous FROM intake.device")
    assert (bytes(row["key_current"]), bytes(row["key_previous"])) == (bytes(16), SECRET.encode())
    monkeypatch.setenv(KEY, "short")
    assert say("key", mn, "--reason", "x") == 1
    assert say("show", mn) == 0
    assert say("key", mn, "--remove", "--reason", "停用") == 0
    assert say("key", mn, "--remove", "--reason", "停用") == 1
    said = capsys.readouterr()
    assert SECRET not in said.out + said.err
    assert "short" not in said.err


def test_an_mn_is_assigned_and_withdrawn(world: Any, say: Any) -> None:
    mn = world.own.logger.mn
    make.execute("INSERT INTO intake.activation (hardware, infos, peer) VALUES ('HW-1', '{}', 'x')")
    assert say("activate", "HW-1", "--mn", mn, "--reason", "新装") == 0
    assert sql.rows("SELECT mn FROM intake.activation") == [{"mn": mn}]
    assert say("activate", "HW-1", "--off", "--reason", "拆除") == 0
    assert sql.rows("SELECT mn FROM intake.activation") == [{"mn": None}]
    assert say("activate", "HW-2", "--mn", mn, "--reason", "x") == 1
