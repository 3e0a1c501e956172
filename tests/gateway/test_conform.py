"""The conformance test passes our own gateway, and finds out platforms that do it wrong."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

import pytest
from devices import GatewayProcess

from yuanjian.gateway import conform
from yuanjian.gateway.conform import CHECKS, run
from yuanjian.wire.hj212 import (
    FrameReader,
    Message,
    RawFrame,
    answer,
    build_frame,
    build_segment,
    parse_segment,
)

MN = "CONFORM00000000000000001"
Answers = Callable[[RawFrame | object], bytes | None]


def test_our_own_gateway_conforms(gateway: GatewayProcess) -> None:
    found = list(run(("127.0.0.1", gateway.port), mn=MN, timeout=10))
    assert [(outcome.name, outcome.detail) for outcome in found if not outcome.passed] == []
    assert len(found) == len(CHECKS)


@contextmanager
def platform(
    spoil: Callable[[Message, Message | None], Message | None], strict: bool = True
) -> Iterator[int]:
    """A platform that answers as told; not strict: it takes frames whatever their CRC."""
    server = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def serve(connection: socket.socket) -> None:
        reader = FrameReader()
        with connection, suppress(OSError):  # a logger that has heard enough hangs up on us
            while data := connection.recv(65536):
                for item in reader.feed(data):
                    if strict and not isinstance(item, RawFrame):
                        continue
                    body = item.raw.strip(b"\r\n")[6:-4]
                    if not body.startswith(b"QN="):
                        continue
                    message = parse_segment(body)
                    due = spoil(message, answer(message))
                    if due is not None:
                        connection.sendall(build_frame(build_segment(due)))

    def listen() -> None:
        while not stop.is_set():
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    try:
        yield server.getsockname()[1]
    finally:
        stop.set()
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(5)


def as_due(_: Message, due: Message | None) -> Message | None:
    return due


def wrong_mn(_: Message, due: Message | None) -> Message | None:
    return replace(due, mn="SOMEBODYELSE") if due else None


def always(message: Message, due: Message | None) -> Message | None:
    return due or answer(replace(message, flag=(message.flag or 0) | 1))


def mute(_: Message, due: Message | None) -> Message | None:
    return None


def no_clock(message: Message, due: Message | None) -> Message | None:
    return due


@pytest.mark.parametrize(
    ("spoil", "strict", "check", "word"),
    [
        (wrong_mn, True, "ack-2017", "MN=SOMEBODYELSE"),
        (mute, True, "ack-2005", "9014"),
        (mute, True, "heartbeat", "9013"),
        (always, True, "no-ack", "9014"),
        (as_due, False, "crc", "9014"),
        (as_due, False, "crc-modbus", "9014"),
        (no_clock, True, "clock", "1012"),
    ],
)
def test_a_wrong_platform_is_found_out(
    spoil: Callable[[Message, Message | None], Message | None],
    strict: bool,
    check: str,
    word: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(conform, "REFUSED_S", 20.0)  # what they should not say may come late
    timeout = {mute: 2, no_clock: 5}.get(spoil, 20)  # these are waited for in vain
    with platform(spoil, strict) as port:
        [outcome] = run(("127.0.0.1", port), mn=MN, timeout=timeout, only=(check,))
    assert not outcome.passed
    assert outcome.must
    assert word in outcome.detail


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    [outcome] = run(("127.0.0.1", port), mn=MN, timeout=1, only=("ack-2017",))
    assert "cannot connect" in outcome.detail
