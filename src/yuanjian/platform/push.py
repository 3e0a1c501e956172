"""Server-sent events: one small ASGI process, one LISTEN connection, thousands of browsers.

    database NOTIFY ──▶ Feed (one connection) ──▶ enrich ──▶ every subscriber whose scope covers it

A subscriber is a queue of bytes with the scope of its user; a browser too slow to read loses its
connection, not the others their pace (it comes back by itself: EventSource reconnects).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import uvicorn

from yuanjian.config import Settings
from yuanjian.platform.pushing.feed import Feed
from yuanjian.platform.pushing.hub import Hub, Subscriber
from yuanjian.platform.pushing.users import scope_of_cookie

HEARTBEAT_S = 15.0
RECHECK_S = 300.0  # how long a stream may outlive the session it was opened with
PATIENCE_S = 10.0  # how long the first browser waits for the database
Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Headers = list[tuple[bytes, bytes]]


@dataclass
class Visit:
    """A subscriber with the cookie he came with."""

    subscriber: Subscriber
    cookie: str
    checked: float = field(default_factory=time.monotonic)

    async def still_allowed(self, every: float) -> bool:
        """Whether the session is still that of the same user with the same scope; asked now and then."""
        if time.monotonic() - self.checked < every:
            return True
        self.checked = time.monotonic()
        return await scope_of_cookie(self.cookie) == self.subscriber.listener


class Application:
    """The ASGI application: `GET /events`, and nothing else."""

    def __init__(
        self, settings: Settings, heartbeat: float = HEARTBEAT_S, recheck: float = RECHECK_S
    ) -> None:
        self.hub = Hub()
        self.feed = Feed(settings.database_url, self.hub)
        self.heartbeat, self.recheck = heartbeat, recheck
        web = urlsplit(settings.web_url)
        self.origins = _origins(f"{web.scheme}://{web.netloc}")

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._request(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        task = asyncio.create_task(self.feed.run())
        # A browser let in before would miss what happens until then; a database that is away ends the wait.
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.feed.listening.wait(), PATIENCE_S)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        task.cancel()
        await send({"type": "lifespan.shutdown.complete"})

    async def _request(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        cors = self._cors(headers.get(b"origin", b""))
        if scope["path"] != "/events" or scope["method"] != "GET":
            await _plain(send, 404, b"404\n", cors)
            return
        cookie = headers.get(b"cookie", b"").decode("latin-1")
        who = await scope_of_cookie(cookie)
        if who is None:
            await _plain(send, 401, b"401\n", cors)
            return
        await self._stream(Visit(self.hub.join(who), cookie), receive, send, cors)

    async def _stream(self, visit: Visit, receive: Receive, send: Send, cors: Headers) -> None:
        head = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]
        head += [(b"x-accel-buffering", b"no"), *cors]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        gone = asyncio.create_task(_disconnected(receive))
        try:
            await send({"type": "http.response.body", "body": b"retry: 3000\n\n", "more_body": True})
            async for block in visit.subscriber.blocks(self.heartbeat, gone):
                if not await visit.still_allowed(self.recheck):
                    break
                await send({"type": "http.response.body", "body": block, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            gone.cancel()
            self.hub.leave(visit.subscriber)

    def _cors(self, origin: bytes) -> Headers:
        """Credentials only for the web client's own origin."""
        if origin.decode("latin-1") not in self.origins:
            return [(b"vary", b"Origin")]
        allow = [(b"access-control-allow-origin", origin), (b"access-control-allow-credentials", b"true")]
        return [*allow, (b"vary", b"Origin")]


def _origins(web: str) -> frozenset[str]:
    """The web origin; on a developer's machine 127.0.0.1 and localhost are the same place."""
    pairs: Iterable[str] = (
        web.replace("//127.0.0.1", "//localhost"),
        web.replace("//localhost", "//127.0.0.1"),
    )
    return frozenset({web, *pairs})


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _plain(send: Send, status: int, body: bytes, cors: Headers) -> None:
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(body)).encode()), *cors]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def main(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT; 0 then."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yuanjian.platform.settings")
    import django

    django.setup()
    application = Application(settings)
    config = uvicorn.Config(
        application,
        host=settings.web_host,
        port=settings.push_port,
        lifespan="on",
        log_level="warning",
        timeout_graceful_shutdown=3,
        server_header=False,
    )
    Server(config, application.hub, f"ready push {settings.events_url}").run()
    return 0


class Server(uvicorn.Server):
    """uvicorn that says when it serves, ends its streams first, and leaves with 0 when it is told to."""

    def __init__(self, config: uvicorn.Config, hub: Hub, ready: str) -> None:
        super().__init__(config)
        self._hub = hub
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Bind, then say so."""
        await super().startup(sockets)
        if self.started:
            print(self._ready, flush=True)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """A stream would never end by itself."""
        self._hub.close()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn does, but a signal that was obeyed is not raised once more at the end."""
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, self.handle_exit)
        yield
