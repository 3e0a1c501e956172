"""How long from a logger's frame to a clue: `yuanjian bench clue [--outlets N] [--seconds S] [--share 0.2]`.

A throw-away installation with gateway, ingest and worker; every outlet sends its hour frame once, evenly over
the time, as loggers do after a full hour; a share of them is above the limit. Measured is the time from the
frame's first byte until the database tells of the clue (the push process and the page add some ten ms).
Prints JSON: outlets, seconds, frames_acknowledged, clues, p50_s, p99_s, max_s.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import threading
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import psycopg
from _site import Site, site

from yuanjian.cli import province
from yuanjian.clock import to_beijing, utcnow
from yuanjian.simulator.client import Sender
from yuanjian.wire.hj212 import Standard, build_upload

FACTOR, LIMIT = "a21026", 50.0
PATIENCE_S = 120.0


def register(outlets: int) -> None:
    """Enterprises with one stack and one logger each."""
    from yuanjian.platform.registry import services

    for number in range(outlets):
        plant = services.register_enterprise(None, name=f"排污单位{number}（虚拟）", region_code="640105")
        stack = services.register_outlet(None, plant, code="DA001", name="烟囱", medium="gas")
        services.set_limit(
            None,
            stack,
            factor=FACTOR,
            averaging="hour",
            high=LIMIT,
            basis="bench",
            valid_from=date(2020, 1, 1),
        )
        point = services.PointSpec(stack, "31", "gas")
        services.register_logger(None, mn=mn(number), enterprise=plant, points=[point])


def mn(number: int) -> str:
    """The device number of a logger."""
    return f"BENCH{number:019d}"


def frame(number: int, hour: datetime, value: float) -> bytes:
    """The hour frame of a logger for the Beijing hour that begins then."""
    [built] = build_upload(
        standard=Standard.V2017, st="31", cn="2061", pw="123456", mn=mn(number),
        qn=f"{datetime.now():%Y%m%d%H%M%S}{number % 1000:03d}",  # noqa: DTZ005 - as devices write it
        data_time=hour, factors=[(FACTOR, {"avg": f"{value:.1f}", "flag": "N"})],
    )  # fmt: skip
    return built


class Clues(threading.Thread):
    """Notes when the database tells of each clue."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self._url, self.seen, self.ready = url, dict[int, float](), threading.Event()
        self.end = False

    def run(self) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute("LISTEN yuanjian")
            self.ready.set()
            while not self.end:
                for notification in connection.notifies(timeout=0.5):
                    said = json.loads(notification.payload)
                    if said["kind"] == "clue":
                        self.seen.setdefault(said["id"], time.time())


async def send(port: int, outlets: int, seconds: float, bad: set[int]) -> tuple[int, dict[str, float]]:
    """Every logger's frame at its moment; frames acknowledged, and when those above the limit were sent."""
    hour = to_beijing(utcnow()).replace(minute=0, second=0, microsecond=0, tzinfo=None) - timedelta(hours=1)
    order = random.Random(7).sample(range(outlets), outlets)
    sent: dict[str, float] = {}
    sender = Sender("127.0.0.1", port, window=64, timeout=20)
    begun = time.time()
    for turn, number in enumerate(order):
        await asyncio.sleep(max(0.0, begun + turn * seconds / outlets - time.time()))
        if number in bad:
            sent[mn(number)] = time.time()
        await sender.send(frame(number, hour, 4 * LIMIT if number in bad else 0.4 * LIMIT))
    return (await sender.finish()).acknowledged, sent


def delays(at: Site, seen: dict[int, float], sent: dict[str, float]) -> Iterator[float]:
    """Seconds from frame to clue."""
    with psycopg.connect(at.url) as connection:
        rows = connection.execute(
            "SELECT c.id, l.mn FROM clues_clue c JOIN registry_datalogger l USING (enterprise_id)"
        ).fetchall()
    for clue, device in rows:
        if clue in seen and device in sent:
            yield seen[clue] - sent[device]


def measure(outlets: int, seconds: float, share: float) -> dict[str, Any]:
    """Install, send, listen."""
    bad = set(random.Random(3).sample(range(outlets), round(share * outlets)))
    with site(screen_every=60) as at:
        os.environ.update({key: at.environ[key] for key in ("DATABASE_URL", "YUANJIAN_HOME")})
        for name in ("gateway", "ingest", "worker"):
            at.start(name)
        province.setup_django()
        register(outlets)
        clues = Clues(at.url)
        clues.start()
        clues.ready.wait()
        acknowledged, sent = asyncio.run(send(at.port, outlets, seconds, bad))
        until = time.time() + PATIENCE_S
        while len(clues.seen) < len(bad) and time.time() < until:
            time.sleep(0.2)
        clues.end = True
        clues.join()
        found = sorted(delays(at, clues.seen, sent))
    return {
        "outlets": outlets,
        "seconds": seconds,
        "frames_acknowledged": acknowledged,
        "above_limit": len(bad),
        "clues": len(found),
        "p50_s": round(found[len(found) // 2], 2),
        "p99_s": round(found[min(len(found) - 1, len(found) * 99 // 100)], 2),
        "max_s": round(found[-1], 2),
        "load": round(os.getloadavg()[0], 1),
    }


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--outlets", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--share", type=float, default=0.2)
    parser.add_argument("--json", action="store_true", help="accepted for uniformity: it always prints JSON")
    asked = parser.parse_args()
    print(json.dumps(measure(asked.outlets, asked.seconds, asked.share), indent=1))


if __name__ == "__main__":
    main()
