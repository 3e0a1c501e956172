"""A real gateway process on a free port, and devices that talk to it over real sockets.

The fixtures are taken into a `conftest.py` by the folders that use them.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from yuanjian.clock import to_beijing
from yuanjian.wire.hj212 import FrameReader, RawFrame, Standard, build_upload, parse_segment

MN = "0100A8900016F000169DC001"

RUN = """
import sys
from yuanjian import config
from yuanjian.gateway import server
from yuanjian.gateway.limits import Limits
sys.exit(server.main(config.load(), Limits(**eval(sys.argv[1]))))
"""


def hold(port: int) -> socket.socket:
    """A socket that keeps a port (0: any) from being given to others and never listens.

    Whoever sets SO_REUSEADDR, as servers do, may serve there all the same.
    """
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    with contextlib.suppress(OSError):  # somebody serves there: then it is nobody else's anyway
        holder.bind(("127.0.0.1", port))
    return holder


class GatewayProcess:
    """A gateway in a process of its own."""

    def __init__(
        self, database_url: str, home: Path, environ: Mapping[str, str] | None = None, **limits: float
    ) -> None:
        self._environ = os.environ | {
            "DATABASE_URL": database_url,
            "YUANJIAN_HOME": str(home),
            "YUANJIAN_GATEWAY_PORT": "0",
            **(environ or {}),
        }
        self._limits = {"links_s": 0.1} | limits

    def start(self, port: int = 0) -> None:
        """Start and wait until it listens; a port it had before is kept for it."""
        with hold(port) if port else contextlib.nullcontext():
            self.launch(port)
            self.wait_ready()

    def launch(self, port: int = 0) -> None:
        """Start only."""
        self.process = subprocess.Popen(
            [sys.executable, "-c", RUN, repr(self._limits)],
            env=self._environ | {"YUANJIAN_GATEWAY_PORT": str(port)},
            stdout=subprocess.PIPE,
            text=True,
        )

    def wait_ready(self) -> None:
        assert self.process.stdout is not None
        line = self.process.stdout.readline().split()
        assert line[:2] == ["ready", "gateway"], line
        self.port = int(line[2].rpartition(":")[2])

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


class Device:
    """One TCP connection of a data logger."""

    def __init__(
        self, port: int, mn: str = MN, *, source: str = "127.0.0.1", tls: ssl.SSLContext | None = None
    ) -> None:
        self.mn = mn
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10, source_address=(source, 0))
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_hostname="localhost")
        self.reader = FrameReader()
        self.heard: list[str] = []
        self.count = 0

    def __enter__(self) -> Device:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def upload(self, **changes: Any) -> tuple[str, bytes]:
        """Send one minute frame; returns its QN and bytes."""
        qn, frame = self.frame(**changes)
        self.send(frame)
        return qn, frame

    def frame(self, **changes: Any) -> tuple[str, bytes]:
        self.count += 1
        return minute_frame(self.mn, self.count, **changes)

    def answers(self, count: int, seconds: float = 10) -> list[str]:
        """Wait for so many answers; returns the QNs they name, in order."""
        deadline = time.monotonic() + seconds
        while len(self.heard) < count:
            self.socket.settimeout(max(deadline - time.monotonic(), 0.01))
            data = self.socket.recv(65536)
            if not data:
                raise ConnectionError("closed by the gateway")
            for item in self.reader.feed(data):
                assert isinstance(item, RawFrame), item
                message = parse_segment(item.segment)
                assert message.st == "91"
                assert message.mn == self.mn
                self.heard.append(f"{message.cn}:{message.qn}")
        found, self.heard = self.heard[:count], self.heard[count:]
        return found

    def hear(self, *wanted: bytes, times: int = 1) -> bytes:
        """All that comes until each of these was among it so many times."""
        self.socket.settimeout(20)
        heard = b""
        while any(heard.count(each) < times for each in wanted):
            data = self.socket.recv(4096)
            assert data, f"hung up before {wanted}: {heard!r}"
            heard += data
        return heard

    def silent(self, seconds: float = 0.3) -> bool:
        """True when nothing comes for a while."""
        self.socket.settimeout(seconds)
        try:
            return self.socket.recv(1) == b"never"
        except TimeoutError:
            return True

    def closed(self, seconds: float = 10) -> bool:
        """True when the gateway closes the connection."""
        self.socket.settimeout(seconds)
        try:
            while self.socket.recv(65536):
                pass
        except ConnectionError:
            return True
        except TimeoutError:
            return False
        return True


def minute_frame(
    mn: str, number: int, *, cn: str = "2051", ack: bool = True, value: str = "12.50", resent: bool = False
) -> tuple[str, bytes]:
    """The number-th minute upload of a device and its QN."""
    wall = to_beijing(datetime.now(UTC)).replace(tzinfo=None, microsecond=0)
    qn = f"{wall:%Y%m%d%H%M%S}{number % 1000:03d}"
    start = wall.replace(second=0) - timedelta(minutes=1 + number)
    fields = (
        {"avg": value, "min": value, "max": value, "flag": "N"}
        if cn != "2011"
        else {"rtd": value, "flag": "N"}
    )
    [frame] = build_upload(
        standard=Standard.V2025 if resent else Standard.V2017,
        st="31",
        cn=cn,
        pw="123456",
        mn=mn,
        qn=qn,
        data_time=start,
        factors=[("a21026", fields)],
        ack=ack,
        resent=resent,
    )
    return qn, frame


class Intake:
    """The intake tables as an operator's query sees them."""

    def __init__(self, url: str) -> None:
        self.url = url

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(query, parameters).fetchall()

    def value(self, query: str, *parameters: object) -> Any:
        rows = self.rows(query, *parameters)
        return rows[0][0] if rows else None

    def frames(self) -> list[tuple[int, str | None, str | None, bytes]]:
        """seq, mn, fault, raw of every row in order."""
        return self.rows("SELECT seq, mn, fault, raw FROM intake.frame ORDER BY seq")

    def until(self, query: str, wanted: object, seconds: float = 10) -> None:
        """Wait until a query has the wanted single value."""
        deadline = time.monotonic() + seconds
        while (found := self.value(query)) != wanted:
            assert time.monotonic() < deadline, f"{query}: {found!r}, wanted {wanted!r}"
            time.sleep(0.05)


def ask(intake: Intake, cn: str, mn: str = MN, **params: Any) -> int:
    """Queue a command; returns its number."""
    return int(
        intake.value(
            "WITH told AS (SELECT pg_notify('intake_desk', 'command')) "
            "INSERT INTO intake.command (mn, cn, params, requested_by) "
            "SELECT %s, %s, %s, 'test' FROM told RETURNING id",
            mn,
            cn,
            json.dumps(params),
        )
    )


def row(intake: Intake, number: int) -> tuple[Any, ...]:
    """(state, qn_rtn, exe_rtn, error, result)"""
    return intake.rows(
        "SELECT state, qn_rtn, exe_rtn, error, result FROM intake.command WHERE id = %s", number
    )[0]


def outcome(intake: Intake, number: int, seconds: float = 20) -> tuple[Any, ...]:
    """The row of a command once it is over."""
    over = f"SELECT state IN ('done', 'failed', 'expired') FROM intake.command WHERE id = {number}"
    intake.until(over, True, seconds)
    return row(intake, number)


@pytest.fixture
def intake(database_url: str) -> Intake:
    return Intake(database_url)


@pytest.fixture
def start_gateway(database_url: str, tmp_path: Path) -> Iterator[Callable[..., GatewayProcess]]:
    started: list[GatewayProcess] = []

    def start(
        url: str = database_url, environ: Mapping[str, str] | None = None, port: int = 0, **limits: float
    ) -> GatewayProcess:
        started.append(GatewayProcess(url, tmp_path, environ, **limits))
        started[-1].start(port)
        return started[-1]

    yield start
    for gateway in started:
        if gateway.process.poll() is None:
            gateway.kill()


@pytest.fixture
def gateway(start_gateway: Callable[..., GatewayProcess]) -> GatewayProcess:
    return start_gateway()


@pytest.fixture
def device(gateway: GatewayProcess) -> Iterator[Device]:
    with Device(gateway.port) as device:
        yield device
