"""The first account of an installation, with a real database."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from yuanjian.cli import postgres


def yuanjian(home: Path, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return subprocess.run(
        [sys.executable, "-m", "yuanjian.cli.main", *words],
        env=environment | {"YUANJIAN_HOME": str(home)},
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_account_needs_a_migrated_database(tmp_path: Path) -> None:
    account = ("account", "li.wei", "--role", "admin")
    try:
        early = yuanjian(tmp_path, *account, given="a long enough secret\n")
        assert early.returncode == 1
        said, code = early.stderr.splitlines()
        assert "yuanjian migrate" in said
        assert code.startswith("cli.not_migrated:")
        assert yuanjian(tmp_path, "migrate").returncode == 0
        made = yuanjian(tmp_path, *account, given="a long enough secret\n")
        assert made.returncode == 0, made.stderr
        assert "li.wei" in made.stdout
    finally:
        postgres.stop(tmp_path / "postgres")


def test_other_errors_keep_their_traceback(tmp_path: Path) -> None:
    (tmp_path / "postgres").write_text("a file where the folder of the database should be")
    failed = yuanjian(tmp_path, "account", "li.wei", "--role", "admin", given="secret\n")
    assert failed.returncode == 1
    assert "Traceback" in failed.stderr
