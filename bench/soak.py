"""Send for minutes while gateway, ingest and database are killed; prints JSON: `yuanjian bench soak`.

Loggers behave as the standard has it: what was not acknowledged is sent again. In the end every acknowledged
record must be in the lake, exactly once. The status is 1 if one is missing or there twice.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import polars as pl
import psycopg
from _site import BASE, Site, site, upload

from yuanjian import config
from yuanjian.cli import up
from yuanjian.cli.supervisor import Supervisor
from yuanjian.clock import from_beijing
from yuanjian.series import SeriesStore
from yuanjian.simulator.client import Sender

FACTOR = "a21026"
PAUSE_S = (10.0, 40.0)  # between two kills: some 25 in ten minutes, and the supervisor forgets after 30 s
ALWAYS = {"start": datetime(2005, 1, 1, tzinfo=UTC), "end": datetime(2100, 1, 1, tzinfo=UTC)}


async def logger(number: int, port: int, rate: float, until: float) -> Counter[str]:
    """One logger: a new record every so often, until the time is up and all is acknowledged."""
    sender, records = Sender("127.0.0.1", port, window=64, timeout=5), 0
    started = time.monotonic()
    while (now := time.monotonic()) < until:
        if records <= (now - started) * rate:
            records += 1
            await sender.send(upload(f"SOAK{number:020d}", records, (FACTOR,)))
        else:
            await asyncio.sleep(1 / rate)
    done = await sender.finish()
    return Counter(acknowledged=done.acknowledged, sent=done.sent, resent=done.resent, records=records)


async def load(place: Site, loggers: int, rate: float, seconds: float) -> Counter[str]:
    """All loggers together."""
    until = time.monotonic() + seconds
    each = (logger(number, place.port, rate / loggers, until) for number in range(loggers))
    return sum(await asyncio.gather(*each), Counter())


def kill(supervisor: Supervisor, place: Site, chance: random.Random, stop: threading.Event) -> Counter[str]:
    """Kill -9 one of the three at random times; the supervisor starts it again."""
    kills: Counter[str] = Counter()
    while not stop.wait(chance.uniform(*PAUSE_S)):
        name = chance.choice(("gateway", "ingest", "database"))
        with suppress(ProcessLookupError, FileNotFoundError):
            if name == "database":
                pid = int((place.home / "postgres/data/postmaster.pid").read_text().split()[0])
            else:
                pid = supervisor.children[name].process.pid
            os.kill(pid, signal.SIGKILL)
            kills[name] += 1
    return kills


def caught_up(place: Site) -> None:
    """Wait until ingest has taken all in."""
    query = (
        "SELECT (SELECT max(seq) FROM intake.frame f WHERE f.shard = p.shard) = p.seq FROM intake.progress p"
    )
    while True:
        with suppress(psycopg.OperationalError):
            if place.value(query):
                return
        time.sleep(1)


def stored(place: Site, done: Counter[str], loggers: int) -> dict[str, int]:
    """What the lake holds: records, rows too many, and records that were never sent."""
    rows = SeriesStore.open(str(place.home / "lake")).readings(None, cadence="minute", history=True, **ALWAYS)
    records = rows.select("point", "time").unique().height
    first = from_beijing(BASE)
    strange = rows.filter(
        (pl.col("time") <= first) | (pl.col("time") > first + timedelta(minutes=done["records"]))
    )
    points = rows["point"].n_unique()
    return {
        "frames_stored": records,
        "duplicates": rows.height - records,
        "strange": strange.height + abs(points - loggers),
    }


def run(place: Site, wanted: argparse.Namespace) -> dict[str, int]:
    """Start, send, kill, wait, compare."""
    settings = config.load(place.environ)
    chance, stop = random.Random(wanted.seed), threading.Event()
    result: list[Counter[str]] = []
    with Supervisor(place.home / "log", place.environ) as supervisor:
        supervisor.start_all(["gateway", "ingest"])
        keep = threading.Thread(target=supervisor.watch, args=(lambda: up.keep_database(settings), 0.1))
        killer = threading.Thread(target=lambda: result.append(kill(supervisor, place, chance, stop)))
        keep.start()
        killer.start()
        done = asyncio.run(load(place, wanted.loggers, wanted.rate, wanted.seconds))
        stop.set()
        killer.join()
        caught_up(place)
        journaled = place.value("SELECT count(*) FROM intake.frame WHERE fault IS NULL")
        found = stored(place, done, wanted.loggers)
        supervisor.ask_stop()
        keep.join()
    kills = {f"kills_{name}": count for name, count in sorted(result[0].items())}
    totals = {"frames_sent": done["sent"], "frames_resent": done["resent"], "frames_journaled": journaled}
    return {
        "frames_acknowledged": done["acknowledged"],
        **found,
        "kills": result[0].total(),
        **kills,
        **totals,
    }


def main() -> int:
    """Run in a folder of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--rate", type=float, default=2_000, help="frames a second")
    parser.add_argument("--loggers", type=int, default=100)
    parser.add_argument("--seed", type=int, default=212, help="the same seed kills in the same order")
    wanted = parser.parse_args()
    with site() as place:
        report = run(place, wanted)
    print(json.dumps({**report, "seconds": wanted.seconds, "rate": wanted.rate}, indent=2))
    whole = report["frames_acknowledged"] == report["frames_stored"]
    return 0 if whole and not report["duplicates"] and not report["strange"] else 1


if __name__ == "__main__":
    sys.exit(main())
