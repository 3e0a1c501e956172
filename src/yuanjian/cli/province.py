"""A virtual province made ready: seeded, its history sent through the gateway, screened once.

Used by `yuanjian demo`, `yuanjian doctor --end-to-end` and the browser story: all three show the same job.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import psycopg

from yuanjian import config
from yuanjian.cli.progress import Advance, Steps
from yuanjian.cli.supervisor import Supervisor
from yuanjian.clock import to_beijing, utcnow
from yuanjian.errors import OwnFault
from yuanjian.series.store import SeriesStore
from yuanjian.simulator.client import send_history
from yuanjian.simulator.frames import Frame, history_frames
from yuanjian.simulator.service import TRUTH, WORLD
from yuanjian.simulator.truth import Truth, write_truth
from yuanjian.simulator.world import World

INJECTED = 0.4  # share of outlets that do something wrong in the virtual province
PAPER = 0.1  # and share of those whose papers or process parameters alone tell
CONFIRMED = ("M101", "M102", "M205", "M216", "M235", "M301")  # may raise level 1 in the virtual province
INGEST_SECONDS = 900.0  # no progress for this long means that ingest hangs


@dataclass
class Counts:
    """What went in and what came of it: the four numbers of frames are equal, so are the two of readings."""

    sent: int = 0
    acknowledged: int = 0
    journaled: int = 0
    ingested: int = 0
    appended: int = 0
    readings: int = 0
    findings: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Province:
    """A prepared province: its world, the truth injected, accounts, counts; `gateway` is host:port."""

    world: World
    truths: list[Truth]
    accounts: Mapping[str, Any]
    counts: Counts
    end: datetime
    gateway: str


def prepare(
    settings: config.Settings, supervisor: Supervisor, steps: Steps, *, outlets: int, days: int, seed: int
) -> Province:
    """Build, seed, replay and screen a province of `outlets` outlets with `days` of history up to now."""
    end = utcnow().replace(minute=0, second=0, microsecond=0)
    world, truths = _build(settings, steps, outlets=outlets, days=days, seed=seed, end=end)
    with steps.step("seed", "写入企业、排放口与账号 · seeding the registry"):
        accounts = _seed(world, start=world.midnight(), end=end)
    if "gateway" not in supervisor.children:
        supervisor.start_all(["gateway", "ingest"])
    counts = Counts()
    _replay(settings, supervisor, steps, world, end, counts)
    _await_ingest(settings, steps, counts)
    with steps.step("screen", "模型筛查 · screening") as advance:
        counts.findings = _screen(world.midnight(), end, advance)
    return Province(world, truths, accounts, counts, end, supervisor.children["gateway"].detail)


def _build(
    settings: config.Settings, steps: Steps, *, outlets: int, days: int, seed: int, end: datetime
) -> tuple[World, list[Truth]]:
    with steps.step("build", "构建虚拟省 · building the virtual province"):
        first = to_beijing(end).date() - timedelta(days=days)
        world = World.build(seed=seed, outlets=outlets, start=first)
        truths = world.inject(seed, start=first, days=days, rate=INJECTED, paper=PAPER)
        world.save(settings.home / WORLD, live_from=end.isoformat())
        write_truth(settings.home / TRUTH, truths)
    return world, truths


def _seed(world: World, *, start: datetime, end: datetime) -> Mapping[str, Any]:
    setup_django()
    from yuanjian.simulator import seeding

    accounts = seeding.seed(world, start=start, end=end).accounts
    _confirm_level1(accounts["roles"]["author"]["username"])
    return accounts


def _confirm_level1(author: str) -> None:
    """Numbers of these models are design proposals: only a named person lets them make work orders."""
    from yuanjian.platform.accounts.models import User
    from yuanjian.platform.clues import services

    services.sync_catalogue()
    user = User.objects.get(username=author)
    for code in CONFIRMED:
        services.switch_level1(user, code, on=True, reason="虚拟省演示，由模型作者确认阈值")


def _replay(
    settings: config.Settings,
    supervisor: Supervisor,
    steps: Steps,
    world: World,
    end: datetime,
    counts: Counts,
) -> None:
    host, port = supervisor.children["gateway"].detail.rsplit(":", 1)
    start = world.midnight()
    with steps.step("send", "经 TCP 发送历史报文（小时）· sending history over TCP (hours)") as advance:
        frames = _told(history_frames(world, start, end), start, end, advance)
        sent = asyncio.run(send_history(host, int(port), frames))
    counts.sent, counts.acknowledged = sent.sent, sent.acknowledged


def _told(frames: Iterator[Frame], start: datetime, end: datetime, advance: Advance) -> Iterator[Frame]:
    """The same frames; tells for every hour of simulated time how far they are."""
    hour = timedelta(hours=1)
    total, told = (end - start) // hour, -1
    for frame in frames:
        done = (frame.time - start) // hour
        if done > told:
            told = done
            advance(min(done, total), total)
        yield frame


def _await_ingest(settings: config.Settings, steps: Steps, counts: Counts) -> None:
    """Wait until ingest has said of every journaled frame what became of it, and count what is there."""
    store = SeriesStore.open(settings.lake_uri, settings.lake_options)
    with (
        steps.step("ingest", "入湖 · ingesting") as advance,
        psycopg.connect(settings.database_url, autocommit=True) as database,
    ):
        last = _one(database, "SELECT coalesce(max(seq), 0) FROM intake.frame WHERE shard = 0")
        done, moved = -1, time.monotonic()
        while (now := _one(database, "SELECT seq FROM intake.progress WHERE shard = 0")) < last:
            if now != done:
                done, moved = now, time.monotonic()
                advance(now, last)
            if time.monotonic() - moved > INGEST_SECONDS:
                raise OwnFault(
                    "cli.ingest_stuck", "入湖停滞，见 ingest 日志", "ingest does not move, see its log"
                )
            time.sleep(0.2)
        advance(last, last)
        counts.journaled = _one(database, "SELECT count(*) FROM intake.frame WHERE fault IS NULL")
        # Three parties count: the journal its rows, ingest what it could read, the lake what it holds.
        counts.ingested = _one(database, "SELECT sum(frames - skipped) FROM intake.progress")
        counts.appended = _one(database, "SELECT sum(readings) FROM intake.progress")
    counts.readings = store.count()


def _screen(start: datetime, end: datetime, advance: Advance) -> list[dict[str, Any]]:
    setup_django()
    from yuanjian.platform.clues.models import Finding
    from yuanjian.platform.clues.screening_run import screen

    screen(start, end, utcnow(), progress=lambda _, done, total: advance(done, total))
    names = ("model", "outlet", "factor", "level", "start", "end")
    rows = Finding.objects.filter(trial=False, withdrawn_at=None).select_related("outlet__enterprise")
    values = (
        (
            row.model_id,
            f"{row.outlet.enterprise.credit_code}/{row.outlet.code}",
            row.factor,
            row.level,
            row.start,
            row.end,
        )
        for row in rows
    )
    return [dict(zip(names, value, strict=True)) for value in values]


def setup_django() -> None:
    """Load Django once; `DATABASE_URL` must be in the environment by now."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yuanjian.platform.settings")
    import django

    django.setup()


def _one(database: psycopg.Connection[Any], query: str) -> int:
    row = database.execute(query.encode()).fetchone()
    assert row is not None
    return int(row[0])
