"""The demo, told to stop while it still prepares its province."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from yuanjian.cli import demo, doctor, postgres


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_the_first_preparation_can_be_stopped_and_leaves_nothing_running(
    tmp_path: Path, by: signal.Signals
) -> None:
    ports = {f"YUANJIAN_{name}_PORT": str(doctor.free_port()) for name in ("GATEWAY", "WEB", "PUSH")}
    process = subprocess.Popen(
        [sys.executable, "-m", "yuanjian.cli.main", "demo", "--outlets", "2", "--days", "1"],
        env={**os.environ, **ports, "YUANJIAN_HOME": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout as output:
        next(line for line in output if "启动数据库" in line)
        process.send_signal(by)
        rest = output.read()
    assert process.wait() == demo.INTERRUPTED, rest
    assert "准备中已停止" in rest
    assert "Traceback" not in rest
    assert not postgres.running(tmp_path / demo.FOLDER / "postgres")
    assert not (tmp_path / demo.FOLDER / "demo.json").exists()
