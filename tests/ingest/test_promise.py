"""The promise of the house: what is acknowledged is in the journal, what is journaled is in the lake once.

Devices send under load while gateway, ingest and the database's postmaster are killed at random.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from devices import Device, GatewayProcess, Intake
from lake import IngestProcess

from yuanjian.cli import postgres
from yuanjian.wire.hj212 import Standard, build_upload

BASE = datetime(2026, 3, 1)  # noqa: DTZ001 - Beijing wall time
DEVICES, WINDOW, KILLS = 8, 10, 9


def upload(mn: str, number: int) -> bytes:
    """The number-th record of a device; it says its number in time, value and QN."""
    [frame] = build_upload(
        standard=Standard.V2017,
        st="31",
        cn="2051",
        pw="123456",
        mn=mn,
        qn=f"20260301{number:09d}",
        data_time=BASE + timedelta(minutes=number),
        factors=[("a21026", {"avg": f"{number}.5", "flag": "N"})],
    )
    return frame


class Sender(threading.Thread):
    """A device as the standard wants it: what was not acknowledged is sent again."""

    def __init__(self, port: int, mn: str, stop: threading.Event) -> None:
        super().__init__(name=mn)
        self._port, self.mn, self._stopped = port, mn, stop
        self.acknowledged = 0  # records 0 … acknowledged - 1

    def run(self) -> None:
        while not self._stopped.is_set():
            try:
                with Device(self._port, self.mn) as device:
                    self._talk(device)
            except OSError:  # refused, reset or silent: the gateway or the database was killed
                time.sleep(0.1)

    def _talk(self, device: Device) -> None:
        while not self._stopped.is_set():
            numbers = range(self.acknowledged, self.acknowledged + WINDOW)
            device.send(b"".join(upload(self.mn, number) for number in numbers))
            for number in numbers:
                assert device.answers(1, 5) == [f"9014:20260301{number:09d}"]
                self.acknowledged = number + 1


class House:
    """Database, gateway and ingest, each of which may be killed and is started again."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "postgres"
        self.intake = Intake(postgres.start(self.folder))
        self.gateway = GatewayProcess(self.intake.url, home)
        self.gateway.start()
        self.ingest = IngestProcess(self.intake.url, home)

    def kill(self, victim: str) -> None:
        if victim == "gateway":
            self.gateway.kill()
            self.gateway.start(self.gateway.port)
        elif victim == "ingest":
            self.ingest.kill()
            self.ingest.start()
        else:
            pid = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
            os.kill(pid, signal.SIGKILL)
            postgres.start(self.folder)

    def close(self) -> None:
        for process in (self.gateway, self.ingest):
            if process.process.poll() is None:
                process.kill()
        postgres.stop(self.folder)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    house.close()


def test_acknowledged_is_journaled_and_journaled_is_ingested_exactly_once(house: House) -> None:
    stop = threading.Event()
    senders = [Sender(house.gateway.port, f"DEVICE{number}", stop) for number in range(DEVICES)]
    for sender in senders:
        sender.start()
    chance = random.Random(20260301)
    victims = ["gateway", "ingest", "postmaster"] * (KILLS // 3)
    chance.shuffle(victims)
    for victim in victims:
        time.sleep(chance.uniform(0.2, 0.9))
        house.kill(victim)
    enough(senders)
    stop.set()
    for sender in senders:
        sender.join(20)
    acknowledged = {(sender.mn, number) for sender in senders for number in range(sender.acknowledged)}
    judge(house, acknowledged)


def enough(senders: list[Sender], seconds: float = 60) -> None:
    """Wait until every device was heard after all that, and some hundred records are there."""
    before = [sender.acknowledged for sender in senders]
    deadline = time.monotonic() + seconds
    while True:
        now = [sender.acknowledged for sender in senders]
        if sum(now) > 500 and all(map(int.__gt__, now, before)):
            return
        assert time.monotonic() < deadline, f"acknowledged: {before}, later {now}"
        time.sleep(0.1)


def judge(house: House, acknowledged: set[tuple[str, int]]) -> None:
    assert house.gateway.terminate() == 0  # first: it may hold frames of those who gave up waiting
    last = house.intake.value("SELECT max(seq) FROM intake.frame")
    house.intake.until("SELECT seq FROM intake.progress", last, 30)
    assert house.ingest.terminate() == 0

    rows = house.intake.rows("SELECT seq, mn, qn, fault, raw FROM intake.frame ORDER BY seq")
    assert [row[0] for row in rows] == list(range(1, last + 1))
    journaled = {(mn, int(qn[8:])) for _, mn, qn, fault, _ in rows if fault is None}
    assert all(
        raw.strip() == upload(mn, int(qn[8:])).strip() for _, mn, qn, fault, raw in rows if fault is None
    )
    assert acknowledged <= journaled

    points = dict(house.intake.rows("SELECT point_id, mn FROM intake.route"))
    lake = house.ingest.readings(history=True).select("point", "value", minute=minute_number())
    stored = [(points[point], number) for point, value, number in lake.rows() if value == number + 0.5]
    assert len(stored) == lake.height == len(journaled)
    assert set(stored) == journaled


def minute_number() -> pl.Expr:
    wall = pl.col("time").dt.convert_time_zone("Asia/Shanghai").dt.replace_time_zone(None)
    return (wall - BASE).dt.total_minutes()
