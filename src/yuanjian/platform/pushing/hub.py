"""Who listens, and what each may hear."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from yuanjian.platform.common.scope import within

LONGEST_QUEUE = 256  # events a browser may be behind before it is dropped


@dataclass(frozen=True)
class Listener:
    """The scope of a user: everything, a region, or one enterprise."""

    user: int
    role: str
    region: str
    enterprise: int | None

    def hears(self, region: str | None, enterprise: int | None) -> bool:
        """Whether something that concerns this region and enterprise is for this user."""
        if self.role == "admin":
            return True
        if self.role == "enterprise":
            return enterprise is not None and enterprise == self.enterprise
        return region is not None and within(region, self.region)


@dataclass(eq=False)
class Subscriber:
    """One open connection."""

    listener: Listener
    queue: asyncio.Queue[bytes | None] = field(default_factory=lambda: asyncio.Queue(LONGEST_QUEUE))

    async def blocks(self, heartbeat: float, gone: asyncio.Task[None]) -> AsyncIterator[bytes]:
        """What to send: events, and a comment when nothing happened for `heartbeat` seconds."""
        while True:
            waiting = asyncio.ensure_future(self.queue.get())
            done, _ = await asyncio.wait(
                {waiting, gone}, timeout=heartbeat, return_when=asyncio.FIRST_COMPLETED
            )
            if waiting not in done:
                waiting.cancel()
                if gone in done:
                    return
                yield b": \n\n"
                continue
            block = waiting.result()
            if block is None:
                return
            yield block


class Hub:
    """All open connections."""

    def __init__(self) -> None:
        self._subscribers: set[Subscriber] = set()

    def __len__(self) -> int:
        return len(self._subscribers)

    def join(self, listener: Listener) -> Subscriber:
        """A new connection."""
        subscriber = Subscriber(listener)
        self._subscribers.add(subscriber)
        return subscriber

    def leave(self, subscriber: Subscriber) -> None:
        """A connection ended."""
        self._subscribers.discard(subscriber)

    def send(self, kind: str, data: dict[str, Any], region: str | None, enterprise: int | None) -> None:
        """Hand an event to everyone it concerns."""
        block = event(kind, data)
        for subscriber in list(self._subscribers):
            if subscriber.listener.hears(region, enterprise):
                self._put(subscriber, block)

    def close(self) -> None:
        """End all connections."""
        for subscriber in list(self._subscribers):
            self._drop(subscriber)

    def _put(self, subscriber: Subscriber, block: bytes) -> None:
        try:
            subscriber.queue.put_nowait(block)
        except asyncio.QueueFull:
            self._drop(subscriber)

    def _drop(self, subscriber: Subscriber) -> None:
        """Too slow, or the end: what is queued is not worth more than a clean end."""
        self.leave(subscriber)
        while not subscriber.queue.empty():
            subscriber.queue.get_nowait()
        subscriber.queue.put_nowait(None)


def event(kind: str, data: dict[str, Any]) -> bytes:
    """One server-sent event; JSON has no line break, so one data line is enough."""
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), orjson.dumps(data))
