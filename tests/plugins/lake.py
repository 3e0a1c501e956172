"""A real ingest process and its lake."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from yuanjian.series import SeriesStore

RUN = """
import sys
from yuanjian import config
from yuanjian.ingest import service
sys.exit(service.main(config.load()))
"""
ALWAYS = {"start": datetime(2005, 1, 1, tzinfo=UTC), "end": datetime(2100, 1, 1, tzinfo=UTC)}


class IngestProcess:
    """An ingest in a process of its own."""

    def __init__(self, database_url: str, home: Path) -> None:
        self.lake = home / "lake"
        self._environ = os.environ | {"DATABASE_URL": database_url, "YUANJIAN_HOME": str(home)}
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", RUN], env=self._environ, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == f"ready ingest {self.lake}\n"

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

    def readings(self, cadence: str = "minute", *, history: bool = False) -> pl.DataFrame:
        return SeriesStore.open(str(self.lake)).readings(None, cadence=cadence, history=history, **ALWAYS)

    def events(self) -> pl.DataFrame:
        return SeriesStore.open(str(self.lake)).events(**ALWAYS)


@pytest.fixture
def ingest(database_url: str, tmp_path: Path) -> Iterator[IngestProcess]:
    process = IngestProcess(database_url, tmp_path)
    yield process
    if process.process.poll() is None:
        process.kill()
