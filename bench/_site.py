"""A throw-away installation for benchmarks: database, settings, processes of our own."""

from __future__ import annotations

import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import psycopg

from yuanjian.cli import postgres
from yuanjian.wire.hj212 import Standard, build_upload

FACTORS = ("a21026", "a21002", "a34013", "a19001", "a01012", "a01011")
BASE = datetime(2026, 3, 1)  # noqa: DTZ001 - Beijing wall time, as devices write it


def upload(mn: str, number: int, factors: Sequence[str] = FACTORS) -> bytes:
    """The number-th minute record of a logger: with all factors 392 bytes, as a stack's are."""
    [frame] = build_upload(
        standard=Standard.V2017,
        st="31",
        cn="2051",
        pw="123456",
        mn=mn,
        qn=f"20260301{number % 1_000_000_000:09d}",
        data_time=BASE + timedelta(minutes=number),
        factors=[
            (code, {"avg": f"{number % 90 + 9.5}", "min": "9.10", "max": "99.90", "flag": "N"})
            for code in factors
        ],
    )
    return frame


def raise_descriptor_limit(wanted: int) -> int:
    """Let this process and its children open so many files; returns how many it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(wanted, soft), max(wanted, hard)))
    except (ValueError, OSError):  # only root may raise the hard limit
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Site:
    """A folder with a running database, and the environment of its processes."""

    def __init__(self, home: Path, **settings: object) -> None:
        self.home, self.port = home, free_port()
        self.url = postgres.start(home / "postgres")
        self.environ = {
            **os.environ,
            "DATABASE_URL": self.url,
            "YUANJIAN_HOME": str(home),
            "YUANJIAN_GATEWAY_PORT": str(self.port),
            **{f"YUANJIAN_{name.upper()}": str(value) for name, value in settings.items()},
        }
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, name: str, **settings: object) -> subprocess.Popen[bytes]:
        """Start one of our processes and wait until it is ready."""
        changed = {f"YUANJIAN_{key.upper()}": str(value) for key, value in settings.items()}
        process = subprocess.Popen(
            [sys.executable, "-m", "yuanjian.cli.main", name],
            env=self.environ | changed,
            stdout=subprocess.PIPE,
            stderr=(self.home / f"{name}.log").open("ab"),
        )
        self.processes.append(process)
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line.startswith(b"ready"):
            raise SystemExit((self.home / f"{name}.log").read_text()[-2000:])
        return process

    def database_pids(self) -> list[int]:
        """The database server and its live children."""
        pid = int((self.home / "postgres/data/postmaster.pid").read_text().split()[0])
        return [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]

    def value(self, query: str) -> int:
        """The single number a query gives."""
        with psycopg.connect(self.url) as connection:
            row = connection.execute(query.encode()).fetchone()
        return int(row[0] or 0) if row else 0


@contextmanager
def site(**settings: object) -> Iterator[Site]:
    """An installation that is gone afterwards."""
    home = Path(tempfile.mkdtemp(prefix="yuanjian-bench-"))
    made = Site(home, **settings)
    try:
        yield made
    finally:
        for process in made.processes:
            process.terminate()
        for process in made.processes:
            process.wait(20)
        postgres.stop(home / "postgres")
        shutil.rmtree(home, ignore_errors=True)


def resident_kib(pid: int) -> int:
    """Memory of a process that is in RAM."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def processor_s(pids: Sequence[int]) -> float:
    """Processor seconds of processes and of their children that have ended (fields 14-17 of proc(5) stat)."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
        ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def descriptors(pid: int) -> int:
    """Files a process has open, connections included."""
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
