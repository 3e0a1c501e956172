"""The province alive: every logger on a TCP connection of its own, in simulated time, across restarts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from yuanjian.clock import utcnow
from yuanjian.simulator.client import Counters, Sender
from yuanjian.simulator.clock import Clock
from yuanjian.simulator.frames import LIVE, Frame, frames

if TYPE_CHECKING:
    from yuanjian.simulator.world import World

STEP = 1.0
"""Wall seconds between two looks at the clock."""
CHUNK = timedelta(minutes=10)
"""Simulated time made at once when catching up."""
INSTANT_ONLY = timedelta(minutes=30)
"""Instant data older than this are not made up for; minute, hour and day data always are."""
BACKLOG = 300
"""Frames one logger may hold unsent before the clock waits for it."""


@dataclass
class State:
    """Where the province is: everything before ``done`` is acknowledged; the clock's anchors."""

    done: datetime
    clock: Clock

    def save(self, path: Path) -> None:
        """Write it whole or not at all."""
        data = {
            "done": self.done.isoformat(),
            "wall": self.clock.wall.isoformat(),
            "simulated": self.clock.simulated.isoformat(),
            "factor": self.clock.factor,
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".tmp")
        draft.write_text(json.dumps(data), encoding="utf-8")
        draft.replace(path)

    @classmethod
    def resume(cls, path: Path, start: datetime, factor: float, wall: datetime) -> State:
        """The saved state; or a new one from simulated ``start``. Another factor keeps the simulated now.

        In real time (factor 1) the simulated clock is the wall clock: what lies between ``start`` and now is
        caught up, not shifted, or every logger's clock would seem to be slow. Otherwise time runs from
        ``start`` on.
        """
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return cls(start, Clock(wall, wall if factor == 1 else start, factor))
        moments = {name: datetime.fromisoformat(data[name]) for name in ("done", "wall", "simulated")}
        clock = Clock(moments["wall"], moments["simulated"], data["factor"])
        if clock.factor != factor:
            clock = Clock(wall, clock.at(wall), factor)
        return cls(moments["done"], clock)


class Loggers:
    """A connection per MN, opened when it first has something to send."""

    def __init__(self, host: str, port: int, window: int = 4) -> None:
        self.host, self.port, self.window = host, port, window
        self._queues: dict[str, asyncio.Queue[bytes]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._senders: list[Sender] = []

    def offer(self, frame: Frame) -> bool:
        """Hand a frame to its logger; False when that logger's store is full."""
        if frame.mn not in self._queues:
            self._queues[frame.mn] = asyncio.Queue(BACKLOG)
            sender = Sender(self.host, self.port, window=self.window)
            self._senders.append(sender)
            self._tasks.append(asyncio.create_task(self._run(sender, self._queues[frame.mn])))
        if self._queues[frame.mn].full():
            return False
        self._queues[frame.mn].put_nowait(frame.raw)
        return True

    async def _run(self, sender: Sender, queue: asyncio.Queue[bytes]) -> None:
        while True:
            await sender.send(await queue.get())

    @property
    def settled(self) -> bool:
        """Is everything handed over acknowledged?"""
        return all(queue.empty() for queue in self._queues.values()) and not any(
            sender.waiting for sender in self._senders
        )

    @property
    def counters(self) -> Counters:
        """All loggers together."""
        return sum((sender.counters for sender in self._senders), Counters())

    async def close(self) -> None:
        """Stop all loggers."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(sender.close() for sender in self._senders))


async def run_live(
    world: World, host: str, port: int, *, time_factor: float, stop_event: asyncio.Event, state_path: Path,
    start: datetime | None = None, now: Callable[[], datetime] = utcnow,
) -> Counters:  # fmt: skip
    """Send what becomes due until ``stop_event`` is set; goes on where the state file says it was.

    ``start`` is the simulated instant a first run begins at (default: the wall clock's). Frames of the
    time it was down are sent late, as store-and-forward loggers do, instant data only for the last half
    hour. The state moves on only over what was acknowledged, so nothing is left out; some frames may
    arrive twice.
    """
    state = State.resume(state_path, start or now(), time_factor, now())
    loggers = Loggers(host, port)
    made = state.done
    try:
        while not stop_event.is_set():
            _remember(state, made, loggers, state_path)
            due = state.clock.at(now())
            upto = min(due, made + CHUNK)
            if upto > made and await _hand_over(
                loggers, frames(world, made, upto, _cadences(due - upto)), stop_event
            ):
                made = upto
            if made >= due:
                await _pause(stop_event, STEP)
        await _settle(loggers)
        _remember(state, made, loggers, state_path)
    finally:
        await loggers.close()
    return loggers.counters


def _remember(state: State, made: datetime, loggers: Loggers, path: Path) -> None:
    """Move the saved position on, if everything made so far is acknowledged."""
    if loggers.settled and (made > state.done or not path.exists()):
        state.done = made
        state.save(path)


async def _settle(loggers: Loggers) -> None:
    """Wait a little for the last answers."""
    for _ in range(30):
        if loggers.settled:
            return
        await asyncio.sleep(0.1)


def _cadences(age: timedelta) -> Collection[str]:
    return LIVE - {"realtime"} if age > INSTANT_ONLY else LIVE


async def _hand_over(loggers: Loggers, due: Iterable[Frame], stop_event: asyncio.Event) -> bool:
    """Hand frames to their loggers, waiting where a store is full; False when told to stop before the end."""
    for number, frame in enumerate(due):
        while not loggers.offer(frame):
            await _pause(stop_event, 0.2)
            if stop_event.is_set():
                return False
        if number % 64 == 63:
            await asyncio.sleep(0)
    return True


async def _pause(stop_event: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop_event.wait(), seconds)
