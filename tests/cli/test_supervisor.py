"""The supervisor with real processes: ready, crash, restart, order of stopping."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pytest

from yuanjian.cli.supervisor import Child, Supervisor
from yuanjian.errors import OwnFault

SERVE = """
import os, signal, sys, time
name, folder = sys.argv[1], sys.argv[2]
def leave(*_):
    open(f"{folder}/stopped", "a").write(name + "\\n")
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
open(f"{folder}/{name}.pid", "w").write(str(os.getpid()))
print("loading", flush=True)
print(f"ready {name} 127.0.0.1:1234", flush=True)
while True:
    time.sleep(0.05)
"""
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready x", flush=True)
time.sleep(60)
"""


class Slow(Supervisor):
    """Everything is read a moment after it was said."""

    def _pump(self, child: Child, output: IO[bytes]) -> None:
        time.sleep(0.3)
        super()._pump(child, output)


@pytest.fixture(params=[Supervisor, Slow])
def supervisor(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Supervisor]:
    def command(name: str) -> list[str]:
        script = {"broken": "print('no database'); raise SystemExit(3)", "stubborn": STUBBORN}.get(
            name, SERVE
        )
        return [sys.executable, "-c", script, name, str(tmp_path)]

    with request.param(tmp_path / "log", os.environ, command) as made:
        yield made


def eventually(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.02)


def test_start_waits_for_the_ready_line_and_returns_its_detail(supervisor: Supervisor) -> None:
    assert supervisor.start("gateway") == "127.0.0.1:1234"
    assert "loading" in (supervisor.log / "gateway.log").read_text()


def test_a_process_that_ends_before_it_is_ready_is_an_error_with_the_end_of_its_log(
    supervisor: Supervisor,
) -> None:
    with pytest.raises(OwnFault) as error:
        supervisor.start("broken")
    assert error.value.code == "cli.not_ready"
    assert "no database" in error.value.zh


def test_processes_stop_in_reverse_order(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start_all(["gateway", "ingest", "web"])
    supervisor.stop()
    assert (tmp_path / "stopped").read_text().split() == ["web", "ingest", "gateway"]
    assert supervisor.children == {}


def test_a_killed_process_is_restarted_and_the_others_are_left_alone(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    supervisor.start_all(["gateway", "ingest"])
    first, other = supervisor.children["gateway"].process, supervisor.children["ingest"].process
    watcher = threading.Thread(target=supervisor.watch, kwargs={"every": 0.05})
    watcher.start()
    try:
        first.kill()
        eventually(lambda: supervisor.restarts.get("gateway") == 1)
        eventually(supervisor.children["gateway"].ready.is_set)
    finally:
        supervisor.ask_stop()
        watcher.join()
    assert (tmp_path / "gateway.pid").read_text() == str(supervisor.children["gateway"].process.pid)
    assert other.poll() is None
    assert supervisor.restarts == {"gateway": 1}


def test_what_ignores_sigterm_is_killed(supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("yuanjian.cli.supervisor.STOP_SECONDS", 0.3)
    supervisor.start("stubborn")
    assert supervisor.stop_one("stubborn") == -signal.SIGKILL


def test_the_tick_is_called_while_watching(supervisor: Supervisor) -> None:
    ticks: list[int] = []

    def tick() -> None:
        ticks.append(1)
        if len(ticks) >= 3:
            supervisor.ask_stop()

    supervisor.watch(tick, every=0.01)
    assert len(ticks) >= 3
    assert supervisor.stopping


def test_a_log_that_is_full_makes_room(supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("yuanjian.cli.supervisor.LOG_BYTES", 10)
    supervisor.log.mkdir(exist_ok=True)
    (supervisor.log / "gateway.log").write_text("an earlier run\n")
    supervisor.start("gateway")
    supervisor.stop()
    kept = (supervisor.log / "gateway.log.1").read_text() + (supervisor.log / "gateway.log").read_text()
    assert "ready gateway" in kept
