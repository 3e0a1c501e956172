"""The forwarder process: relays frames from the journal to other platforms, each at its own pace.

A target's queue is a position in the journal, kept in PostgreSQL. A peer that is dead, slow or deaf holds up
its own queue and nothing else: intake does not know of it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from dataclasses import dataclass
from typing import Any

import psycopg

from yuanjian.config import Settings

from . import schema
from .notes import brief
from .relay import Pace, Relay, Target
from .runtime import loop_factory, raise_descriptor_limit, stop_event, within

log = logging.getLogger(__name__)

TARGETS = "SELECT name, host, port, mns, answers FROM intake.forward WHERE active ORDER BY name"
GOODBYE_S = 5.0  # for the last positions to be written


def main(settings: Settings, pace: Pace | None = None) -> int:
    """Run until SIGTERM or SIGINT, then end the process; prints ``ready forwarder`` and how many targets."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    raise_descriptor_limit()
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        status = runner.run(Forwarder(settings.database_url, pace or Pace()).serve())
        # A name that is being looked up cannot be called back: the loop would wait for it, longer than the
        # supervisor waits for us.
        sys.stdout.flush()
        os._exit(status)


@dataclass(slots=True)
class Running:
    """A relay at work."""

    stop: asyncio.Event
    task: asyncio.Task[None]


class Forwarder:
    """One relay per target; the table is read again every few seconds."""

    def __init__(self, url: str, pace: Pace) -> None:
        self._url, self._pace = url, pace
        self._running: dict[Target, Running] = {}
        self._announced = False

    async def serve(self) -> int:
        """Follow the table until told to stop."""
        stop = stop_event()
        while True:
            try:
                await self._follow(await self._targets())
            except psycopg.OperationalError as error:
                log.warning("targets not read: %s", brief(error))
            if await within(stop, self._pace.reload_s if self._announced else self._pace.backoff_s[0]):
                break
        await self._follow(set())
        return 0

    async def _targets(self) -> set[Target]:
        async with await psycopg.AsyncConnection.connect(
            self._url, autocommit=True, connect_timeout=10, application_name="yuanjian-forwarder"
        ) as connection:
            if not self._announced:
                await connection.execute(schema.SQL.encode())
            cursor = await connection.execute(TARGETS)
            return {
                Target(name, host, port, tuple(mns), answers)
                async for name, host, port, mns, answers in cursor
            }

    async def _follow(self, wanted: set[Target]) -> None:
        """Stop relays that are no longer wanted, or wanted otherwise; start the others."""
        gone = [self._running.pop(target) for target in set(self._running) - wanted]
        for each in gone:
            each.stop.set()
        await self._ended(gone)
        for target in wanted - set(self._running):
            stop = asyncio.Event()
            task = asyncio.create_task(Relay(self._url, target, self._pace, stop).run())
            task.add_done_callback(_report)
            self._running[target] = Running(stop, task)
        for target in [target for target, each in self._running.items() if each.task.done()]:
            del self._running[target]  # a bug of ours ended it: it is started again at the next look
        if not self._announced:
            print(f"ready forwarder {len(wanted)} targets", flush=True)
            self._announced = True

    async def _ended(self, gone: list[Running]) -> None:
        if not gone:
            return
        _, slow = await asyncio.wait([each.task for each in gone], timeout=GOODBYE_S)
        for task in slow:
            task.cancel()
        await asyncio.gather(*slow, return_exceptions=True)


def _report(task: asyncio.Task[Any]) -> None:
    if not task.cancelled() and task.exception() is not None:
        log.error("a relay ended", exc_info=task.exception())
