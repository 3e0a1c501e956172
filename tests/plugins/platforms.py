"""Another platform that frames are relayed to, and a real forwarder process."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from devices import hold

from yuanjian.wire.hj212 import (
    FrameReader,
    Message,
    RawFrame,
    answer,
    build_frame,
    build_segment,
    parse_segment,
)

RUN = """
import sys
from yuanjian import config
from yuanjian.gateway import forward
from yuanjian.gateway.relay import Pace
sys.exit(forward.main(config.load(), Pace(**eval(sys.argv[1]))))
"""
QUICK = {
    "answer_s": 15.0,  # a busy machine may take its time; tests of deaf peers set less
    "backoff_s": (0.05, 0.2),
    "poll_s": 0.05,
    "save_s": 0.05,
    "reload_s": 0.2,
    "connect_s": 1.0,
}


class Platform:
    """Listens, keeps what comes, and answers what ``answers`` approves of."""

    def __init__(self, answers: Callable[[Message], bool] = lambda message: True) -> None:
        self.answers = answers
        self.frames: list[bytes] = []
        self.connections = 0
        held = hold(0)  # as long as this object lives, also while nobody listens
        weakref.finalize(self, held.close)
        self.port = int(held.getsockname()[1])
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.start()

    def start(self) -> None:
        """Listen, on the same port as before."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self._accepting = threading.Thread(target=self._accept, args=(self._listener,), daemon=True)
        self._accepting.start()

    def die(self) -> None:
        """End as a machine does that loses power: no farewell to the connections."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join()  # now nobody is added to those who are cut off
        self._listener.close()
        for each in self._open:
            with contextlib.suppress(OSError):  # the peer has closed it
                each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                each.shutdown(socket.SHUT_RD)
        for thread in self._threads:
            thread.join()
        self._open, self._threads = [], []

    def got(self, count: int, seconds: float = 15) -> list[bytes]:
        """Wait until so many frames have come; returns all."""
        deadline = time.monotonic() + seconds
        while len(self.frames) < count:
            assert time.monotonic() < deadline, f"{len(self.frames)} frames, wanted {count}"
            time.sleep(0.02)
        return list(self.frames)

    def say(self, data: bytes) -> None:
        """Send something to every peer."""
        for each in self._open:
            each.sendall(data)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(peer)
            thread = threading.Thread(target=self._serve, args=(peer,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, peer: socket.socket) -> None:
        reader = FrameReader()
        with peer:
            try:
                while data := peer.recv(65536):
                    for item in reader.feed(data):
                        self._take(peer, item)
            except OSError:
                return

    def _take(self, peer: socket.socket, item: object) -> None:
        assert isinstance(item, RawFrame), item
        self.frames.append(item.raw)
        message = parse_segment(item.segment)
        due = answer(message)
        if due is not None and self.answers(message):
            peer.sendall(build_frame(build_segment(due)))


def add(typed: Callable[..., int], platform: Platform, *more: str) -> None:
    """Make the platform a target, as an operator does."""
    assert typed("forward", "add", "province", f"127.0.0.1:{platform.port}", *more) == 0


class ForwarderProcess:
    """A forwarder in a process of its own."""

    def __init__(self, database_url: str, home: Path, **pace: Any) -> None:
        self._environ = os.environ | {"DATABASE_URL": database_url, "YUANJIAN_HOME": str(home)}
        self._pace = QUICK | pace
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", RUN, repr(self._pace)],
            env=self._environ,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline().startswith("ready forwarder")

    def terminate(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.end()

    def kill(self) -> None:
        self.process.kill()
        self.end()

    def end(self) -> int:
        status = self.process.wait(15)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return status


@pytest.fixture
def platform() -> Iterator[Platform]:
    made = Platform()
    yield made
    made.die()


@pytest.fixture
def start_forwarder(database_url: str, tmp_path: Path) -> Iterator[Callable[..., ForwarderProcess]]:
    started: list[ForwarderProcess] = []

    def start(**pace: Any) -> ForwarderProcess:
        started.append(ForwarderProcess(database_url, tmp_path, **pace))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.kill()
