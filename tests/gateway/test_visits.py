"""Commands to devices that connect for a frame and are gone with its answer."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from devices import MN, Device, GatewayProcess, Intake, ask, outcome

from yuanjian.clock import utcnow
from yuanjian.gateway.devices import Device as Settings
from yuanjian.gateway.entry import Origin
from yuanjian.gateway.orders import Order, Running, prepare
from yuanjian.gateway.seats import Seat
from yuanjian.wire.hj212 import (
    CommandExchange,
    FrameReader,
    Message,
    RawFrame,
    Standard,
    build_frame,
    build_request,
    build_segment,
    parse_segment,
)


class Nobody:
    def reply(self, answers: Sequence[bytes]) -> None:
        raise AssertionError(answers)

    def send(self, packet: bytes) -> bool:
        raise AssertionError(packet)


def visit(gateway: GatewayProcess, *more: bytes, mn: str = MN) -> bytes:
    """Connect, send, leave with the last answer; returns all that came until then."""
    with Device(gateway.port, mn) as device:
        qn, frame = device.frame()
        device.send(b"".join(more) + frame)
        return device.hear(b"CN=9014", qn.encode())


def visited_until(gateway: GatewayProcess, wanted: bytes, mn: str = MN) -> Message:
    """Visit until a command comes with an answer."""
    for _ in range(500):
        heard = visit(gateway, mn=mn)
        if wanted in heard:
            found = [item.segment for item in FrameReader().feed(heard) if isinstance(item, RawFrame)]
            return parse_segment(next(segment for segment in found if wanted in segment))
        time.sleep(0.02)
    raise AssertionError(wanted)


def said(cn: str, qn: str | None, cp: str, **more: Any) -> bytes:
    message = Message(qn, "91", cn, "123456", MN, flag=4, cp=cp)
    return build_frame(build_segment(replace(message, **more)))


def test_a_command_reaches_a_device_that_connects_for_every_frame(
    gateway: GatewayProcess, intake: Intake
) -> None:
    number = ask(intake, "2061", BeginTime="20261101000000", EndTime="20261101010000")
    command = visited_until(gateway, b"CN=2061")
    cp = "DataTime=20261101000000;a21026-Avg=1.0,a21026-Flag=N"
    history = said("2061", "20261101090000001", cp, st="31", flag=5)
    visit(gateway, said("9011", command.qn, "QnRtn=1"), history, said("9012", command.qn, "ExeRtn=1"))
    assert outcome(intake, number) == ("done", 1, 1, None, {"packets": 1})


def test_a_device_that_never_heeds_is_asked_at_a_few_visits(gateway: GatewayProcess, intake: Intake) -> None:
    intake.rows("INSERT INTO intake.device (mn, over_time, re_count) VALUES (%s, 0.2, 1) RETURNING mn", MN)
    number = ask(intake, "1061")
    visited_until(gateway, b"CN=1061")
    over = "SELECT state <> 'queued' AND done_at IS NOT NULL FROM intake.command"
    for _ in range(500):
        if intake.value(over):
            break
        visit(gateway)  # at one of them it comes again, unless a visit ends that very moment
    assert outcome(intake, number)[::3] == ("failed", "unanswered")
    assert intake.value("SELECT tries FROM intake.command") == 2
    assert b"CN=1061" not in visit(gateway)


def test_what_must_not_be_done_twice_goes_only_to_who_stays(gateway: GatewayProcess, intake: Intake) -> None:
    number = ask(intake, "3012", PolId="w01018")
    ask(intake, "1061", mn="OTHER")
    visited_until(gateway, b"CN=1061", mn="OTHER")  # so the gateway knows of both
    assert b"CN=3012" not in visit(gateway)
    with Device(gateway.port) as device:
        device.upload()
        device.hear(b"CN=3012")
    assert intake.value("SELECT state FROM intake.command WHERE id = %s", number) == "sent"


@pytest.mark.parametrize(
    ("cn", "sends", "state", "tries"),
    [
        ("1061", [False], "queued", 0),
        ("1061", [True, False], "queued", 1),
        ("1061", [True, True, False], "failed", 2),
        ("3013", [False], "queued", 0),  # it never went out, so it was not done
        ("3013", [True, False], "sent", 1),
    ],
)
def test_a_device_that_has_gone_is_waited_for(cn: str, sends: list[bool], state: str, tries: int) -> None:
    values = {"PolId": "w01018"} if cn == "3013" else {}
    request = build_request(
        cn, standard=Standard.V2017, st="32", mn=MN, pw="123456", qn="20260601085857223", values=values
    )
    running = Running(Order(1, MN, cn, None, {}), CommandExchange(request, Standard.V2017), b"", attempts=2)
    running.follow(running.exchange.start(0))
    for sent in sends:
        running.note_send(sent=sent)
    row = running.row()
    assert (row["state"], row["tries"]) == (state, tries)
    assert row["error"] == ("unanswered" if state == "failed" else None)
    assert running.is_open is (state == "sent")


@pytest.mark.parametrize(("before", "sends"), [(0, 3), (1, 2), (2, 1), (9, 1)])
def test_all_visits_together_have_the_tries_of_one(before: int, sends: int) -> None:
    """However long a visit lasts: one may be there when the answer is overdue."""
    seat = Seat(Origin("visitor", 1, Nobody()), "123456", "31", Standard.V2017, 0)
    settings = Settings(MN, over_time=1, re_count=2)
    running = prepare(Order(1, MN, "1061", None, {}, before), seat, settings, utcnow())
    events, now = running.exchange.start(0), 0
    while running.follow(events):
        running.note_send(sent=True)
        now += 2
        events = running.exchange.tick(now)
    assert (running.sends, running.row()["state"]) == (sends, "failed")
