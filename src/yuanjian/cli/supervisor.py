"""Starts processes in order, restarts the one that crashes, stops them in reverse order.

A process is ready when it prints a line beginning with ``ready``; everything it prints goes to
``home/log/<name>.log``.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from yuanjian.cli.services import SUPERVISOR
from yuanjian.errors import OwnFault

READY_SECONDS = 60.0  # a cold Numba or Django import on a slow disk takes 20 s
STOP_SECONDS = 15.0  # the gateway flushes and the worker ends its job within 10 s
HEALTHY_SECONDS = 30.0  # after this long a crash counts as the first one again
MAX_BACKOFF = 30.0
LOG_BYTES = 20 * 1024 * 1024  # a log and its predecessor stay below this each: months of a quiet process


@dataclass
class Child:
    """One process under watch."""

    name: str
    process: subprocess.Popen[bytes]
    ready: threading.Event = field(default_factory=threading.Event)
    detail: str = ""
    started: float = field(default_factory=time.monotonic)
    pump: threading.Thread | None = None


def yuanjian(name: str) -> list[str]:
    """The command of one of our own processes."""
    return [sys.executable, "-m", "yuanjian.cli.main", name]


class Supervisor:
    """Keeps named processes running; use as a context manager."""

    def __init__(
        self, log: Path, environ: Mapping[str, str], command: Callable[[str], list[str]] = yuanjian
    ) -> None:
        self.log = log
        self.command = command
        self.environ = {**environ, SUPERVISOR: str(os.getpid()), "PYTHONUNBUFFERED": "1"}
        self.children: dict[str, Child] = {}
        self.restarts: dict[str, int] = {}
        self._failures: dict[str, int] = {}
        self._retry_at: dict[str, float] = {}
        self._stopping = threading.Event()
        log.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Supervisor:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, name: str) -> str:
        """Start a process and wait until it is ready; returns what it said after ``ready NAME``."""
        child = self._spawn(name)
        deadline = time.monotonic() + READY_SECONDS
        while not child.ready.wait(0.05):
            if child.process.poll() is not None or time.monotonic() > deadline:
                raise self._not_ready(name)
        return child.detail

    def start_all(self, names: Sequence[str]) -> dict[str, str]:
        """Start several processes at the same time and wait for all of them."""
        for name in names:
            self._spawn(name)
        deadline = time.monotonic() + READY_SECONDS
        for name in names:
            child = self.children[name]
            while not child.ready.wait(0.05):
                if child.process.poll() is not None or time.monotonic() > deadline:
                    raise self._not_ready(name)
        return {name: self.children[name].detail for name in names}

    def watch(self, tick: Callable[[], None] | None = None, every: float = 0.5) -> None:
        """Restart what crashes until `ask_stop`; `tick` is called on every round."""
        while not self._stopping.wait(every):
            for name, child in list(self.children.items()):
                if child.process.poll() is not None:
                    self._restart(name, child)
            if tick is not None:
                tick()

    def ask_stop(self, *_: object) -> None:
        """End `watch`; safe in a signal handler, which may run while `watch` holds the event's own lock."""
        threading.Thread(target=self._stopping.set).start()

    @property
    def stopping(self) -> bool:
        """Whether `ask_stop` was called."""
        return self._stopping.is_set()

    def stop(self) -> None:
        """Stop every process, the last started first; kills what does not end in time."""
        self._stopping.set()
        for name in reversed(list(self.children)):
            self.stop_one(name)

    def stop_one(self, name: str) -> int:
        """Stop one process and forget it; returns its exit status."""
        child = self.children.pop(name)
        process = child.process
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
        if child.pump is not None:
            child.pump.join(STOP_SECONDS)  # the end of its log is on disk
        return process.wait()

    def _spawn(self, name: str) -> Child:
        # A session of its own: Ctrl-C reaches the supervisor only, which then stops them in order.
        process = subprocess.Popen(
            self.command(name),
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        child = self.children[name] = Child(name, process)
        assert process.stdout is not None
        child.pump = threading.Thread(target=self._pump, args=(child, process.stdout), daemon=True)
        child.pump.start()
        return child

    def _pump(self, child: Child, output: IO[bytes]) -> None:
        path = self.log / f"{child.name}.log"
        with output:
            for line in output:
                if path.exists() and path.stat().st_size > LOG_BYTES:
                    path.replace(path.with_suffix(".log.1"))
                with path.open("ab", buffering=0) as file:
                    file.write(line)
                if line.startswith(b"ready") and not child.ready.is_set():
                    child.detail = line.decode(errors="replace").partition(child.name)[2].strip()
                    child.ready.set()

    def _restart(self, name: str, child: Child) -> None:
        now = time.monotonic()
        if name not in self._retry_at:
            healthy = now - child.started > HEALTHY_SECONDS
            failures = self._failures[name] = 1 if healthy else self._failures.get(name, 0) + 1
            self._retry_at[name] = now + min(MAX_BACKOFF, 0.25 * 2.0**failures)
        if now >= self._retry_at[name]:
            del self._retry_at[name]
            self._spawn(name)
            self.restarts[name] = self.restarts.get(name, 0) + 1

    def _not_ready(self, name: str) -> OwnFault:
        child, log = self.children[name], self.log / f"{name}.log"
        if child.process.poll() is not None and child.pump is not None:
            child.pump.join(STOP_SECONDS)  # its last words are on disk
        tail = log.read_text(errors="replace").splitlines()[-12:] if log.exists() else []
        text = "\n".join(tail)
        return OwnFault(
            "cli.not_ready",
            f"进程 {name} 未能启动，日志：{log}\n{text}",
            f"process {name} did not start, see {log}",
        )
