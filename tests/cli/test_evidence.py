"""The words about evidence, as an operator types them."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from journals import fill, hours

from yuanjian.cli import main
from yuanjian.gateway import chain


@pytest.fixture
def home(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("YUANJIAN_HOME", str(tmp_path))
    fill(database_url, hours(2, 5))
    return tmp_path


def test_archive_then_verify_then_prove(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["archive"]) == 0
    head = chain.read(home / "archive")[-1].head
    assert f"head: {head}" in capsys.readouterr().out
    assert main.main(["evidence", "verify", "--head", head]) == 0
    assert f"frames 10, problems 0\n链值 · head: {head}" in capsys.readouterr().out
    assert main.main(["evidence", "proof", "0", "7"]) == 0
    (home / "proof.json").write_text(capsys.readouterr().out)
    assert main.main(["evidence", "check", str(home / "proof.json")]) == 0
    assert f"head of batch 1: {head}" in capsys.readouterr().out


def test_a_change_is_named_and_the_status_says_so(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main.main(["archive"])
    path = home / "archive" / chain.read(home / "archive")[1].file
    pl.read_parquet(path).with_columns(peer=pl.lit("10.0.0.1:1")).write_parquet(path)
    capsys.readouterr()
    assert main.main(["evidence", "verify"]) == 1
    assert "批次 1 报文 0/6" in capsys.readouterr().out
    assert main.main(["evidence", "verify", "--folder", str(home / "archive"), "--json"]) == 1
    [problem] = json.loads(capsys.readouterr().out)["problems"]
    assert (problem["code"], problem["seq"]) == ("archive.row", 6)
    assert main.main(["evidence", "verify", "--from", "2024-11-21", "--to", "2024-11-21T11:00"]) == 0
    assert main.main(["evidence", "verify", "--from", "2024-11-21T11:00"]) == 1


def test_what_cannot_be_done_is_said_in_one_line(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["evidence", "verify", "--from", "yesterday"]) == 1
    assert main.main(["evidence", "proof", "0", "99"]) == 1
    assert main.main(["evidence", "check", str(home / "none.json")]) == 1
    (home / "bad.json").write_text("{}")
    assert main.main(["evidence", "check", str(home / "bad.json")]) == 1
    said = capsys.readouterr().err
    for code in ("cli.bad_time", "archive.not_archived", "cli.bad_file", "archive.bad_proof"):
        assert code in said


def test_the_embedded_database_is_left_as_it_was_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from yuanjian.cli import postgres

    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("YUANJIAN_HOME", str(tmp_path))
    folder = tmp_path / "postgres"
    assert main.main(["archive"]) == 0
    assert not postgres.running(folder)
    postgres.start(folder)
    assert main.main(["archive"]) == 0
    assert postgres.running(folder)
    postgres.stop(folder)
    assert "head: -" in capsys.readouterr().out
