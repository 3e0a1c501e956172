"""Who hears what, slow browsers, heartbeats."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from psycopg import Notify

from yuanjian import config
from yuanjian.platform import push
from yuanjian.platform.pushing.feed import Feed
from yuanjian.platform.pushing.hub import LONGEST_QUEUE, Hub, Listener, event
from yuanjian.platform.pushing.users import session_key

ADMIN = Listener(1, "admin", "", None)
CITY = Listener(2, "analyst", "640100", None)
PLANT = Listener(3, "enterprise", "", 7)
LOST = Listener(4, "enterprise", "", None)
HOMELESS = Listener(5, "analyst", "", None)


@pytest.mark.parametrize(
    ("region", "enterprise", "hearing"),
    [
        ("640105", 7, {1, 2, 3}),
        ("640105", None, {1, 2}),
        ("640205", 7, {1, 3}),
        ("640205", 8, {1}),
        (None, None, {1}),
    ],
)
def test_everybody_hears_what_lies_in_his_scope(
    region: str | None, enterprise: int | None, hearing: set[int]
) -> None:
    listeners = (ADMIN, CITY, PLANT, LOST, HOMELESS)
    assert {listener.user for listener in listeners if listener.hears(region, enterprise)} == hearing


def test_an_event_is_two_lines_and_a_blank() -> None:
    assert event("clue", {"title": "恒值\n"}) == 'event: clue\ndata: {"title":"恒值\\n"}\n\n'.encode()


async def _blocks(subscriber: Any, heartbeat: float, gone: asyncio.Task[None]) -> list[bytes]:
    return [block async for block in subscriber.blocks(heartbeat, gone)]


def test_a_browser_too_slow_to_read_is_dropped_and_the_others_go_on() -> None:
    async def story() -> tuple[int, list[bytes]]:
        hub = Hub()
        slow, quick = hub.join(ADMIN), hub.join(ADMIN)
        for number in range(LONGEST_QUEUE + 1):
            hub.send("order", {"id": number}, None, None)
            quick.queue.get_nowait()
        gone = asyncio.create_task(asyncio.sleep(60))
        left = await _blocks(slow, 60, gone)
        gone.cancel()
        return len(hub), left

    assert asyncio.run(story()) == (1, [])


def test_silence_is_filled_with_comments_until_the_browser_leaves() -> None:
    async def story() -> list[bytes]:
        hub = Hub()
        leave = asyncio.Event()
        subscriber = hub.join(ADMIN)
        gone: asyncio.Task[Any] = asyncio.create_task(leave.wait())
        heard = []
        async for block in subscriber.blocks(0.01, gone):
            heard.append(block)
            if len(heard) == 3:
                leave.set()
            elif len(heard) == 1:
                hub.send("order", {"id": 1}, None, None)
        return heard

    assert asyncio.run(story())[:3] == [b": \n\n", event("order", {"id": 1}), b": \n\n"]


def test_the_end_of_the_hub_ends_all() -> None:
    async def story() -> tuple[list[bytes], int]:
        hub = Hub()
        subscriber = hub.join(CITY)
        hub.send("order", {"id": 1}, "640105", None)
        hub.close()
        gone = asyncio.create_task(asyncio.sleep(60))
        left = await _blocks(subscriber, 60, gone)
        gone.cancel()
        return left, len(hub)

    assert asyncio.run(story()) == ([], 0)


@pytest.mark.parametrize("payload", ["no json", "[1]", '{"no": "kind"}', "7"])
def test_notifications_of_others_are_passed_over(payload: str, caplog: pytest.LogCaptureFixture) -> None:
    hub = Hub()
    subscriber = hub.join(ADMIN)
    feed = Feed("", hub)
    with caplog.at_level(logging.WARNING):
        asyncio.run(feed.tell(Notify("yuanjian", payload, 1)))
    assert subscriber.queue.empty()
    assert "not a notification of ours" in caplog.text


def test_without_listeners_nothing_is_looked_up() -> None:
    feed = Feed("", Hub())
    asyncio.run(feed.tell(Notify("yuanjian", '{"kind": "latest", "points": [1]}', 1)))


def test_before_the_database_is_there_nothing_is_sent() -> None:
    hub = Hub()
    subscriber = hub.join(ADMIN)
    asyncio.run(Feed("", hub).tell(Notify("yuanjian", '{"kind": "latest", "points": [1]}', 1)))
    assert subscriber.queue.empty()


@pytest.mark.parametrize(
    ("cookie", "key"), [("a=1; sessionid=abc", "abc"), ("", None), ("csrftoken=x", None), ("sessionid", None)]
)
def test_the_session_is_found_among_the_cookies(cookie: str, key: str | None) -> None:
    assert session_key(cookie) == key


def _visit(
    answers: list[Listener | None], monkeypatch: pytest.MonkeyPatch, **headers: str
) -> list[dict[str, Any]]:
    """What a browser is sent whose session is judged as `answers` say, one after the other."""
    sent: list[dict[str, Any]] = []

    async def judge(cookie: str) -> Listener | None:
        assert cookie == "sessionid=abc"
        return answers.pop(0)

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    monkeypatch.setattr(push, "scope_of_cookie", judge)
    application = push.Application(config.load({"YUANJIAN_SECRET_KEY": "x" * 40}), heartbeat=0.01, recheck=0)
    raw = [
        (b"cookie", b"sessionid=abc"),
        *((name.encode(), value.encode()) for name, value in headers.items()),
    ]
    scope = {"type": "http", "method": "GET", "path": "/events", "headers": raw}
    asyncio.run(application(scope, receive, send))
    assert len(application.hub) == 0
    return sent


@pytest.mark.parametrize("after", [None, Listener(2, "analyst", "640200", None)], ids=["signed out", "moved"])
def test_a_stream_ends_with_the_session_it_was_opened_with(
    after: Listener | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = _visit([CITY, CITY, after], monkeypatch)
    assert sent[0]["status"] == 200
    assert [message["body"] for message in sent[1:]] == [b"retry: 3000\n\n", b": \n\n", b""]
    assert sent[-1].get("more_body") is None


def test_nobody_gets_no_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = _visit([None], monkeypatch, origin="http://localhost:8080")
    assert sent[0]["status"] == 401
    assert (b"access-control-allow-origin", b"http://localhost:8080") in sent[0]["headers"]
