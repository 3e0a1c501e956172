"""Frames relayed to other platforms over real sockets: dead, deaf and stubborn peers, restarts."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator

import psycopg
import pytest
from devices import MN, Device, GatewayProcess, Intake
from journals import HOUR, fill, frame, row
from platforms import ForwarderProcess, Platform, add

from yuanjian.gateway.queue import SPAN
from yuanjian.wire.hj212 import Message, build_frame, build_segment

Start = Callable[..., ForwarderProcess]
STATE = "SELECT sent::int, resent::int, answered::int, unanswered::int, ignored::int FROM intake.forward"


def position(intake: Intake, wanted: int) -> None:
    intake.until("SELECT max(seq)::int FROM intake.forward_position", wanted, 20)


def in_order(frames: list[bytes], wanted: list[bytes]) -> None:
    """All there, once each, in the order of each MN."""
    assert sorted(frames) == sorted(wanted)
    for mn in (MN.encode(), b"OTHER"):
        assert [raw for raw in frames if mn in raw] == [raw for raw in wanted if mn in raw]


def test_a_journal_is_relayed_byte_for_byte_in_order(
    typed: Callable[..., int],
    journal: list[bytes],
    platform: Platform,
    start_forwarder: Start,
    intake: Intake,
) -> None:
    add(typed, platform, "--from-start")
    process = start_forwarder()
    in_order(platform.got(20), journal)
    position(intake, 40)
    intake.until("SELECT connected FROM intake.forward", True)
    assert process.terminate() == 0
    assert intake.rows(STATE) == [(20, 0, 20, 0, 0)]
    assert intake.rows("SELECT connected, error FROM intake.forward") == [(False, None)]
    assert intake.value("SELECT last_answer_at >= last_sent_at FROM intake.forward")


def test_live_frames_follow_and_what_was_before_the_target_does_not(
    typed: Callable[..., int],
    journal: list[bytes],
    gateway: GatewayProcess,
    platform: Platform,
    start_forwarder: Start,
) -> None:
    add(typed, platform)
    start_forwarder(connect_s=20.0)
    with Device(gateway.port) as device:
        sent = [device.upload()[1] for _ in range(3)]
        device.answers(3)
        assert platform.got(3) == sent
    assert platform.connections == 1


@pytest.mark.parametrize(
    ("mns", "count"),
    [([MN], 10), (["OTH*"], 10), (["*"], 20), (["NOBODY", "01*", "OTHER"], 20), (["OTHE"], 0)],
)
def test_only_the_mns_asked_for_are_relayed(
    typed: Callable[..., int],
    journal: list[bytes],
    platform: Platform,
    start_forwarder: Start,
    intake: Intake,
    mns: list[str],
    count: int,
) -> None:
    add(typed, platform, "--from-start", "--mn", *mns)
    start_forwarder()
    position(intake, 40)
    assert len(platform.frames) == count


def test_what_belongs_to_the_conversation_with_us_is_not_relayed(
    typed: Callable[..., int],
    gateway: GatewayProcess,
    platform: Platform,
    start_forwarder: Start,
    intake: Intake,
) -> None:
    add(typed, platform)
    start_forwarder()
    with Device(gateway.port) as device:
        for cn in ("9014", "9011", "1013", "1014", "9015"):
            qn = f"20260101{cn}00000"
            device.send(build_frame(build_segment(Message(qn, "31", cn, "123456", MN, flag=5))))
        _, last = device.upload()
        frames = platform.got(2)
    assert b"CN=9015" in frames[0]
    assert frames[1] == last
    position(intake, 6)


def test_line_ends_are_as_the_standard_has_them_whatever_the_device_did(
    typed: Callable[..., int], database_url: str, platform: Platform, start_forwarder: Start
) -> None:
    whole = frame(1)
    fill(database_url, [row(1, HOUR, b"\r\n" + whole.rstrip(b"\r\n")), row(2, HOUR, frame(2))])
    add(typed, platform, "--from-start")
    start_forwarder()
    assert platform.got(2) == [whole, frame(2)]


def test_a_peer_that_dies_gets_the_rest_when_it_is_back(
    typed: Callable[..., int],
    gateway: GatewayProcess,
    platform: Platform,
    start_forwarder: Start,
    intake: Intake,
) -> None:
    add(typed, platform)
    start_forwarder()
    with Device(gateway.port) as device:
        sent = [device.upload()[1] for _ in range(5)]
        device.answers(5)
        platform.got(5)
        position(intake, 5)  # also the answer to the fifth has come back
        platform.die()
        intake.until("SELECT connected FROM intake.forward", False)
        for _ in range(30):  # intake does not notice
            qn, raw = device.upload()
            assert device.answers(1) == [f"9014:{qn}"]
            sent.append(raw)
        intake.until("SELECT position('refused' in lower(error)) > 0 FROM intake.forward", True)
        platform.start()
        assert platform.got(35) == sent
    position(intake, 35)
    intake.until("SELECT error FROM intake.forward", None)


def test_a_peer_that_dies_in_the_middle_misses_nothing(
    typed: Callable[..., int], database_url: str, platform: Platform, start_forwarder: Start, intake: Intake
) -> None:
    wanted = [frame(number, f"M{number % 7}") for number in range(1, 401)]
    fill(database_url, [row(seq, HOUR, raw, mn=f"M{seq % 7}") for seq, raw in enumerate(wanted, 1)])
    add(typed, platform, "--from-start")
    start_forwarder()
    for round_ in range(3):
        platform.got(60 * (round_ + 1))
        platform.die()
        time.sleep(0.1)
        platform.start()
    position(intake, 400)
    for mn in range(7):
        got = [raw for raw in platform.frames if b"MN=M%d;" % mn in raw]
        assert list(dict.fromkeys(got)) == [raw for raw in wanted if b"MN=M%d;" % mn in raw]


def test_a_peer_that_never_answers_keeps_its_queue(
    typed: Callable[..., int],
    journal: list[bytes],
    platform: Platform,
    start_forwarder: Start,
    intake: Intake,
) -> None:
    platform.answers = lambda message: False
    add(typed, platform, "--from-start")
    start_forwarder(answer_s=0.1)
    intake.until("SELECT resent > 8 FROM intake.forward", True, 20)
    assert intake.rows("SELECT seq::int FROM intake.forward_position") == [(0,)]
    assert intake.value("SELECT unanswered::int FROM intake.forward") == 0
    platform.answers = lambda message: True
    position(intake, 40)
    in_order(list(dict.fromkeys(platform.frames)), journal)


def test_a_peer_that_is_known_never_to_answer_gets_all(
    typed: Callable[..., int],
    journal: list[bytes],
    platform: Platform,
    start_forwarder: Start,
    intake: Intake,
) -> None:
    platform.answers = lambda message: False
    add(typed, platform, "--from-start", "--no-answers")
    start_forwarder()
    position(intake, 40)
    in_order(platform.got(20), journal)
    intake.until("SELECT sent::int FROM intake.forward", 20)


def test_a_frame_the_peer_does_not_take_is_let_go(
    typed: Callable[..., int],
    journal: list[bytes],
    platform: Platform,
    start_forwarder: Start,
    intake: Intake,
) -> None:
    refused = journal[2]
    qn = refused.partition(b"QN=")[2][:17].decode()
    platform.answers = lambda message: message.qn != qn
    add(typed, platform, "--from-start", "--mn", MN)
    start_forwarder(answer_s=0.5)
    position(intake, 40)
    intake.until("SELECT unanswered::int FROM intake.forward", 1)
    assert platform.frames.count(refused) >= 3
    assert list(dict.fromkeys(platform.frames)) == journal[::2]


def test_a_restart_continues_where_it_was(
    typed: Callable[..., int],
    gateway: GatewayProcess,
    platform: Platform,
    start_forwarder: Start,
    intake: Intake,
) -> None:
    add(typed, platform)
    process = start_forwarder()
    with Device(gateway.port) as device:
        sent = [device.upload()[1] for _ in range(10)]
        platform.got(10)
        position(intake, 10)
        assert process.terminate() == 0
        sent += [device.upload()[1] for _ in range(10)]
        device.answers(20)
        process.start()
        assert platform.got(20) == sent
        position(intake, 20)
        process.kill()
        sent += [device.upload()[1] for _ in range(10)]
        process.start()
        platform.got(30)
        position(intake, 30)
    assert platform.frames == sent


@pytest.fixture
def other() -> Iterator[Platform]:
    made = Platform()
    yield made
    made.die()


def test_targets_come_go_and_change_while_it_runs(
    typed: Callable[..., int],
    journal: list[bytes],
    platform: Platform,
    other: Platform,
    start_forwarder: Start,
    intake: Intake,
) -> None:
    process = start_forwarder()
    add(typed, platform, "--from-start")
    platform.got(20)
    position(intake, 40)
    assert typed("forward", "add", "nation", f"127.0.0.1:{other.port}", "--from-start", "--mn", MN) == 0
    assert other.got(10) == journal[::2]
    assert typed("forward", "pause", "province") == 0
    intake.until("SELECT connected FROM intake.forward WHERE name = 'province'", False)
    fill(intake.url, [row(41, HOUR, frame(41))])
    other.got(11)
    assert len(platform.frames) == 20
    assert typed("forward", "add", "province", f"127.0.0.1:{other.port}") == 0
    assert typed("forward", "resume", "province") == 0
    assert other.got(12)[-2:] == [frame(41)] * 2
    assert typed("forward", "remove", "nation") == 0
    intake.until("SELECT count(*)::int FROM intake.forward_position", 1)
    assert process.terminate() == 0


def test_two_forwarders_share_the_work_without_doing_it_twice(
    typed: Callable[..., int],
    journal: list[bytes],
    platform: Platform,
    start_forwarder: Start,
    intake: Intake,
) -> None:
    add(typed, platform, "--from-start")
    first, second = start_forwarder(), start_forwarder()
    platform.got(20)
    position(intake, 40)
    first.kill()
    fill(intake.url, [row(41, HOUR, frame(41))])
    assert platform.got(21)[-1] == frame(41)
    second.kill()
    assert len(platform.frames) == 21


def test_commands_and_noise_from_the_peer_are_counted_and_harm_nothing(
    typed: Callable[..., int],
    gateway: GatewayProcess,
    platform: Platform,
    start_forwarder: Start,
    intake: Intake,
) -> None:
    add(typed, platform)
    start_forwarder(connect_s=20.0)
    with Device(gateway.port) as device:
        device.upload()
        platform.got(1)
        position(intake, 1)
        command = Message("20260101000000001", "31", "1011", "123456", MN, flag=5)
        platform.say(
            build_frame(build_segment(command)) + build_frame(b"no such thing") + b"noise##noise\r\n"
        )
        device.upload()
        platform.got(2)
    position(intake, 2)
    intake.until("SELECT ignored >= 2 FROM intake.forward", True)
    assert intake.value("SELECT connections::int FROM intake.forward") == 1


def test_the_loss_of_the_database_is_survived(
    typed: Callable[..., int],
    gateway: GatewayProcess,
    platform: Platform,
    start_forwarder: Start,
    intake: Intake,
) -> None:
    cut = (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
        "WHERE datname = current_database() AND application_name = 'yuanjian-forwarder'"
    )
    add(typed, platform)
    process = start_forwarder()
    with Device(gateway.port) as device:
        for number in range(1, 4):
            device.upload()
            platform.got(number)
            position(intake, number)
            assert intake.value(cut) >= 1
    assert process.terminate() == 0


def test_a_target_can_be_removed_while_its_relay_writes(
    typed: Callable[..., int],
    journal: list[bytes],
    database_url: str,
    platform: Platform,
    start_forwarder: Start,
    intake: Intake,
) -> None:
    add(typed, platform, "--from-start")
    process = start_forwarder()
    position(intake, 40)
    waits = (
        "SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() "
        "AND application_name = 'yuanjian-forwarder' AND wait_event_type = 'Lock'"
    )
    with psycopg.connect(database_url) as remover:
        remover.execute("SELECT FROM intake.forward FOR UPDATE")
        intake.until(waits, 1, 20)
        # A relay that held its position by now would wait for us, and we for it.
        remover.execute("SELECT FROM intake.forward_position FOR UPDATE NOWAIT")
        remover.execute("DELETE FROM intake.forward")
    assert intake.value("SELECT count(*)::int FROM intake.forward_position") == 0
    assert process.terminate() == 0


def test_a_long_journal_is_read_piece_by_piece(
    typed: Callable[..., int], database_url: str, platform: Platform, start_forwarder: Start, intake: Intake
) -> None:
    size = 3 * SPAN + 7
    fill(database_url, [row(seq, HOUR, frame(seq, ack=False), flag=4, mn=MN) for seq in range(1, size + 1)])
    add(typed, platform, "--from-start")
    start_forwarder()
    assert platform.got(size, 30) == [frame(seq, ack=False) for seq in range(1, size + 1)]
    position(intake, size)


def test_an_address_where_nobody_is_costs_nothing(
    typed: Callable[..., int], journal: list[bytes], start_forwarder: Start, intake: Intake
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert typed("forward", "add", "gone", f"127.0.0.1:{port}", "--from-start") == 0
    assert typed("forward", "add", "nameless", "no-such-host.invalid:9212") == 0
    process = start_forwarder()
    intake.until("SELECT count(*)::int FROM intake.forward WHERE error IS NOT NULL", 2)
    assert process.terminate() == 0
    assert intake.value("SELECT seq::int FROM intake.forward_position WHERE name = 'gone'") == 0
