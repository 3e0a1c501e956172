"""The conformance test passes our own logger, and finds out loggers that do it wrong."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from yuanjian.cli.main import main
from yuanjian.gateway import conform_host
from yuanjian.gateway.conform import Outcome
from yuanjian.gateway.conform_host import Host
from yuanjian.gateway.conform_listen import CHECKS, run
from yuanjian.simulator.device import Device
from yuanjian.simulator.site import Packet, Site
from yuanjian.wire.hj212 import Message, Standard, build_frame, build_segment, crc16_modbus, parse_segment

MN, KEY = "010000A8900016F000169DC0", b"0123456789abcdef"
FAST = 40.0


@contextmanager
def connected(port: int, site: Site) -> Iterator[Device]:
    """A simulated logger that connects to the port, in a thread of its own."""
    made, loop = Device("127.0.0.1", port, site, speed=FAST), asyncio.new_event_loop()
    stop = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(made.run(stop)), daemon=True)
    thread.start()
    try:
        yield made
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(30)
        loop.close()


def judged(site: Site, *only: str, **options: Any) -> dict[str, Outcome]:
    settings = {"timeout": 20.0, "wait": 20.0} | options
    host = Host(0, host="127.0.0.1", standard=site.standard, key=site.key, **settings)
    try:
        with connected(host.port, site):
            return {outcome.name: outcome for outcome in run(host, only)}
    finally:
        host.close()


@pytest.mark.parametrize("standard", list(Standard))
def test_our_own_logger_conforms(standard: Standard) -> None:
    mn = MN[:14] if standard is Standard.V2005 else MN
    key = KEY if standard is Standard.V2025 else None
    site = Site(mn, standard, key=key, rtd_interval=30)
    found = judged(site, may_rekey=True, wait=10.0)
    assert [(each.name, each.detail) for each in found.values() if each.passed is False] == []
    assert len(found) == len(CHECKS)
    skipped = {each.name for each in found.values() if each.passed is None}
    only_2025 = {"heartbeat", "sealed", "rekey"} if standard is not Standard.V2025 else set()
    older = {"minutes"} if standard is Standard.V2005 else set()
    assert skipped == {"split", "clock-request"} | only_2025 | older
    assert (site.key, site.rtd_interval, site.min_interval) == (key, 30, 10)  # as it was before
    assert abs(site.offset.total_seconds()) < 60


def test_a_logger_whose_clock_is_set_back_goes_on_sending() -> None:
    found = judged(Site(MN, Standard.V2017, offset=timedelta(hours=1)), "set-time", "reconnect")
    assert [each.detail for each in found.values()] == [""] * 3


class Broken(Site):
    """A logger that does one thing wrong in its answers."""

    def respond(self, message: Message, now: datetime) -> Iterator[Packet | float]:
        for step in super().respond(message, now):
            if isinstance(step, Packet):
                sent = self.spoil(parse_segment(step.raw[6:-6]))
                if sent is not None:
                    yield Packet(build_frame(build_segment(sent)), step.qn)

    def spoil(self, message: Message) -> Message | None:
        return message


class WrongEcho(Broken):
    def spoil(self, message: Message) -> Message | None:
        return replace(message, qn="20200101000000000") if message.cn == "9011" else message


class Mute(Broken):
    def spoil(self, message: Message) -> Message | None:
        return None if message.cn == "9012" else message


class OwnSystem(Broken):
    def spoil(self, message: Message) -> Message | None:
        return replace(message, st="31") if message.cn in ("9011", "9012") else message


class Credulous(Broken):
    """Takes any password and any MN."""

    def respond(self, message: Message, now: datetime) -> Iterator[Packet | float]:
        return super().respond(replace(message, pw=self.pw, mn=self.mn), now)


class Forgetful(Broken):
    """Says yes to everything and does nothing."""

    def _execute(self, typed: Any, now: datetime) -> None:
        """Nothing."""


class OutOfSpan(Broken):
    def spoil(self, message: Message) -> Message | None:
        return replace(message, cp=message.cp.replace("DataTime=20", "DataTime=19"))


class NoNumber(Site):
    """Says that its packets are split, and not which one it is."""

    def upload(self, *arguments: Any, **more: Any) -> list[Packet]:
        return [spoilt(packet, pnum=2, flag=5) for packet in super().upload(*arguments, **more)]


class Modbus(Site):
    def upload(self, *arguments: Any, **more: Any) -> list[Packet]:
        good = super().upload(*arguments, **more)
        crc = [crc16_modbus(packet.raw[6:-6]).encode() for packet in good]
        return [Packet(each.raw[:-6] + sum_ + b"\r\n", each.qn) for each, sum_ in zip(good, crc, strict=True)]


class LowerMn(Site):
    def upload(self, *arguments: Any, **more: Any) -> list[Packet]:
        return [spoilt(packet, mn=self.mn.lower()) for packet in super().upload(*arguments, **more)]


def spoilt(packet: Packet, **changes: Any) -> Packet:
    message = replace(parse_segment(packet.raw[6:-6]), **changes)
    return Packet(build_frame(build_segment(message)), packet.qn)


@pytest.mark.parametrize(
    ("site", "check", "word"),
    [
        (WrongEcho, "get-time", "20200101000000000"),
        (Mute, "get-time", "no 9012"),
        (Mute, "history-hour", "no 9012"),
        (OwnSystem, "answers", "ST=31"),
        (Credulous, "password", "QnRtn=1"),
        (Credulous, "mn", "executed"),
        (Forgetful, "set-time", "still"),
        (Forgetful, "interval", "RtdInterval"),
        (OutOfSpan, "history-hour", "outside"),
        (NoNumber, "split", "Flag"),
        (LowerMn, "header", "MN=010000a8"),
    ],
)
def test_a_wrong_logger_is_found_out(
    site: type[Site], check: str, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conform_host, "REFUSED_S", 20.0)  # what it should not do may come late
    commands = ("get-time",) if check == "answers" else ()
    patience = {"timeout": 3.0} if site is Mute else {}  # what it keeps back is waited for in vain
    found = judged(site(MN, Standard.V2017), check, *commands, **patience)
    assert found["connect"].passed
    assert found[check].passed is False
    assert found[check].must
    assert word in found[check].detail


def test_data_that_are_not_sent_again_or_have_a_wrong_crc_are_found_out() -> None:
    found = judged(Site(MN, Standard.V2017, re_count=0, over_time=100_000), "resend", timeout=1.0)
    assert "not sent again" in found["resend"].detail
    found = judged(Modbus(MN, Standard.V2017), wait=2.0)
    assert (found["connect"].passed, list(found)) == (False, ["connect"])  # not one valid frame


def test_data_in_clear_are_found_out_where_a_key_is_due() -> None:
    site = Site(MN, Standard.V2025)
    host = Host(0, host="127.0.0.1", standard=Standard.V2025, key=KEY, timeout=2, wait=10)
    try:
        with connected(host.port, site):
            found = {outcome.name: outcome for outcome in run(host, ("realtime", "sealed"))}
    finally:
        host.close()
    assert found["realtime"].passed
    assert found["sealed"].passed is False
    assert "in clear" in found["sealed"].detail


def test_the_report_of_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["conform"]) != 0  # neither address nor port
    with connected_later() as port:
        status = main(["conform", "--listen", str(port), "--only", "get-time", "split", "--wait", "10"])
    shown = capsys.readouterr().out.splitlines()
    assert status == 0
    assert shown[0] == f"ready conform :{port}"
    assert [line[0] for line in shown[1:] if not line.startswith(" ")] == ["✓", "✓", "–", "2"]
    assert "[17 C2; 25 C4]" in shown[2]


@contextmanager
def connected_later() -> Iterator[int]:
    """A port that is free, and a logger that will find it open."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = int(server.getsockname()[1])
    with connected(port, Site(MN, Standard.V2017)):
        yield port
