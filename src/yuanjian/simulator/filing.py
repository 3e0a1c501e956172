"""The papers of the living province: each night what the day came to is filed, as long as it lives."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from yuanjian.clock import to_beijing
from yuanjian.errors import OwnFault

if TYPE_CHECKING:
    from yuanjian.simulator.world import World

log = logging.getLogger(__name__)
EVERY = 30.0
"""Wall seconds between two looks at the clock."""
Deliver = Callable[[datetime, datetime], int]
"""Files what came to the papers of [since, until); how many rows were new; `OwnFault` if it cannot now."""


def delivery(world: World) -> Deliver:
    """Into the platform, whose first papers began with the world."""

    def deliver(since: datetime, until: datetime) -> int:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yuanjian.platform.settings")
        import django
        from django import db

        django.setup()
        from yuanjian.simulator import seeding

        try:
            return seeding.file_papers(world, world.midnight(), until, since)
        except db.Error as error:
            db.connections.close_all()  # the next attempt gets a new one
            raise OwnFault(
                "simulator.papers_later", "台账暂时无法报送", "papers cannot be filed now"
            ) from error

    return deliver


async def keep_filing(
    deliver: Deliver, clock: Callable[[], datetime], since: datetime, path: Path, stop: asyncio.Event,
    every: float = EVERY,
) -> None:  # fmt: skip
    """File whole Beijing days from ``since`` on by a simulated clock until ``stop`` is set.

    ``path`` keeps how far it got. What cannot be filed now is tried again; the same row twice is one row.
    """
    filed = datetime.fromisoformat(path.read_text(encoding="utf-8")) if path.exists() else since
    while not stop.is_set():
        until = to_beijing(clock()).replace(hour=0, minute=0, second=0, microsecond=0)
        if until > filed:
            try:
                count = await asyncio.to_thread(deliver, filed, until)
            except OwnFault as fault:
                log.warning("%s", fault)
            else:
                filed = until
                draft = path.with_suffix(".tmp")  # written whole or not at all
                draft.write_text(filed.isoformat(), encoding="utf-8")
                draft.replace(path)
                log.info("filed %d papers up to %s", count, filed)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), every)
