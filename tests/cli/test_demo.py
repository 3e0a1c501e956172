"""The demo and `up`, told to stop before they serve."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from yuanjian.cli import demo, doctor, postgres

# The signal comes while a destructor runs: Python tells of what is raised there, and drops it.
DROPPED = """
import os, signal, time
from yuanjian.cli import up
class Last:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGTERM)
        for _ in range(1000):
            pass
up.interrupt_on_signals()
try:
    Last()
    time.sleep(60)
except KeyboardInterrupt:
    print("interrupted")
"""


@contextmanager
def started(home: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A `yuanjian` command on an empty folder and ports of its own."""
    ports = {f"YUANJIAN_{name}_PORT": str(doctor.free_port()) for name in ("GATEWAY", "WEB", "PUSH")}
    environ = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    process = subprocess.Popen(
        [sys.executable, "-m", "yuanjian.cli.main", *words],
        env={**environ, **ports, "YUANJIAN_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def said(process: subprocess.Popen[str], word: str) -> None:
    """Wait for a line with that word."""
    assert process.stdout is not None
    heard = []
    for line in process.stdout:
        heard.append(line)
        if word in line:
            return
    pytest.fail(f"never said {word}:\n{''.join(heard)}")


def made(process: subprocess.Popen[str], path: Path) -> None:
    """Wait until there is such a file or folder."""
    while not path.exists():
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.001)


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("moment", ["data.new", "data/yuanjian.conf", "启动数据库"])
def test_the_first_preparation_can_be_stopped_and_leaves_nothing_running(
    tmp_path: Path, by: signal.Signals, moment: str
) -> None:
    folder = tmp_path / demo.FOLDER / "postgres"
    with started(tmp_path, "demo", "--outlets", "2", "--days", "1") as process:
        if moment == "启动数据库":
            said(process, moment)
        else:
            made(process, folder / moment)
        process.send_signal(by)
        rest = process.communicate()[0]
    assert process.returncode == demo.INTERRUPTED, rest
    assert "准备中已停止" in rest
    assert "Traceback" not in rest
    assert postgres._processes(folder / "data") | postgres._processes(folder / "data.new") == set()
    assert not (tmp_path / demo.FOLDER / "demo.json").exists()


def test_an_installation_stopped_while_it_starts_leaves_no_database(tmp_path: Path) -> None:
    with started(tmp_path, "up") as process:
        made(process, tmp_path / "postgres" / "data" / "postmaster.pid")
        process.terminate()
        rest = process.communicate()[0]
    assert (process.returncode, "已停止" in rest, "Traceback" in rest) == (0, True, False), rest
    assert not postgres.running(tmp_path / "postgres")


def test_a_signal_is_heard_wherever_it_comes() -> None:
    done = subprocess.run([sys.executable, "-c", DROPPED], capture_output=True, text=True, timeout=50)
    assert (done.stdout, done.stderr) == ("interrupted\n", "")
