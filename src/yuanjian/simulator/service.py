"""The process that plays the loggers of the virtual province."""

from __future__ import annotations

import asyncio
import logging
import signal
from datetime import datetime
from typing import TYPE_CHECKING, Any

from yuanjian.clock import utcnow
from yuanjian.errors import OwnFault
from yuanjian.simulator.filing import delivery, keep_filing
from yuanjian.simulator.live import State, run_live
from yuanjian.simulator.world import World

if TYPE_CHECKING:
    from yuanjian.config import Settings

log = logging.getLogger(__name__)
WORLD = "simulator/world.json"
STATE = "simulator/live.json"
TRUTH = "simulator/truth.jsonl"
FILED = "simulator/papers.txt"
"""Files under the home folder: parameters, live position, ground truth, until when papers were filed."""


def main(settings: Settings) -> int:
    """Run live senders until SIGTERM or SIGINT; returns 0.

    Reads ``home/simulator/world.json`` as `World.save` wrote it; two more keys may stand there:
    ``time_factor`` (default 1) and ``live_from`` (ISO instant a first run begins at; default now).
    """
    path = settings.home / WORLD
    if not path.exists():
        raise OwnFault(
            "simulator.no_world",
            f"虚拟省未建立：缺少 {path}",
            f"there is no virtual province: {path} is missing",
        )
    return asyncio.run(_serve(settings, *World.load_with_extras(path)))


async def _papers(
    settings: Settings, world: World, since: datetime, factor: float, stop: asyncio.Event
) -> None:  # fmt: skip
    """A province the platform knows goes on filing where its history ended."""

    def clock() -> datetime:
        now = utcnow()
        return State.resume(settings.home / STATE, since, factor, now).clock.at(now)

    await keep_filing(delivery(world), clock, since, settings.home / FILED, stop)


def complain(papers: asyncio.Task[None]) -> None:
    """Tell at once, not at the end, that nothing is filed any more: the loggers go on."""
    if not papers.cancelled() and (error := papers.exception()):
        log.error("papers are no longer filed", exc_info=error)


async def _serve(settings: Settings, world: World, extras: dict[str, Any]) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    numbers = {outlet.mn for outlet in world.outlets} | {outlet.meter_mn for outlet in world.outlets}
    print(f"ready simulator {len(numbers)} loggers", flush=True)
    since = datetime.fromisoformat(extras["live_from"]) if "live_from" in extras else None
    factor, state = float(extras.get("time_factor", 1)), settings.home / STATE
    papers = asyncio.create_task(_papers(settings, world, since, factor, stop)) if since else None
    if papers is not None:
        papers.add_done_callback(complain)
    counters = await run_live(
        world, settings.gateway_host, settings.gateway_port, time_factor=factor, stop_event=stop,
        state_path=state, start=since,
    )  # fmt: skip
    if papers is not None:
        await papers
    print(f"simulator sent {counters.sent}, acknowledged {counters.acknowledged}", flush=True)
    return 0
