"""The gateway over real sockets and a real database: what is taken, answered, refused and recorded."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from devices import MN, RUN, Device, GatewayProcess, Intake, minute_frame

from yuanjian.wire.hj212 import Fault, FrameReader, Message, build_frame, build_segment

Start = Callable[..., GatewayProcess]


def segment_frame(segment: bytes) -> bytes:
    return build_frame(segment)


def flood(device: Device) -> None:
    while True:
        device.send(b"x" * 4096)
        time.sleep(0.01)


def send_for_ever(device: Device) -> None:
    while True:
        device.send(b"".join(device.frame()[1] for _ in range(100)))


def heartbeat(mn: str = MN) -> bytes:
    return build_frame(build_segment(Message("20260101000000001", "31", "9015", "123456", mn, flag=5)))


# --- the ordinary day ---


def test_frames_are_journaled_in_order_then_answered(device: Device, intake: Intake) -> None:
    sent = [device.upload() for _ in range(5)]
    assert device.answers(5) == [f"9014:{qn}" for qn, _ in sent]
    assert intake.frames() == [(seq, MN, None, raw) for seq, (_, raw) in enumerate(sent, 1)]
    row = intake.rows(
        "SELECT shard, st, cn, qn, flag, peer, received_at < now() FROM intake.frame WHERE seq = 1"
    )
    assert row == [(0, "31", "2051", sent[0][0], 5, "{}:{}".format(*device.socket.getsockname()), True)]


def test_no_answer_before_the_commit(device: Device, intake: Intake) -> None:
    with psycopg.connect(intake.url) as blocker:
        blocker.execute("LOCK TABLE intake.frame IN SHARE MODE")
        qn, _ = device.upload()
        assert device.silent(0.5)
    assert device.answers(1) == [f"9014:{qn}"]


def test_answers_only_where_one_is_due(device: Device, intake: Intake) -> None:
    device.upload(ack=False)
    device.send(heartbeat())
    assert device.answers(1) == ["9013:20260101000000001"]
    assert device.silent()
    assert [cn for (cn,) in intake.rows("SELECT cn FROM intake.frame ORDER BY seq")] == ["2051", "9015"]


def test_several_devices_share_one_connection(gateway: GatewayProcess, intake: Intake) -> None:
    with Device(gateway.port) as relay:
        for number in range(3):
            relay.mn = f"RELAY{number}"
            qn, _ = relay.upload()
            assert relay.answers(1) == [f"9014:{qn}"]
        intake.until("SELECT count(*) FROM intake.link WHERE connected", 3)


def test_a_device_may_stop_sending_and_still_get_its_answers(device: Device) -> None:
    qn, _ = device.upload()
    device.socket.shutdown(socket.SHUT_WR)
    assert device.answers(1) == [f"9014:{qn}"]
    assert device.closed()


def test_a_resent_frame_is_answered_again_and_counted(device: Device, intake: Intake) -> None:
    qn, frame = device.upload()
    device.send(frame)
    assert device.answers(2) == [f"9014:{qn}"] * 2
    intake.until("SELECT frames || ' ' || duplicates FROM intake.link", "2 1")


# --- bytes that are wrong ---


def wrong_crc(frame: bytes) -> bytes:
    return frame[:-6] + bytes([frame[-6] ^ 1]) + frame[-5:]


def wrong_length(frame: bytes) -> bytes:
    return b"##%04d" % (int(frame[2:6]) - 6) + frame[6:]


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (wrong_crc, "hj212.crc"),
        (wrong_length, "hj212.length"),
        (lambda frame: b"##9999" + frame[6:], "hj212.oversize"),
        (lambda frame: b"GET / HTTP/1.1\r\nHost: nobody\r\n\r\n", "hj212.garbage"),
        (lambda frame: segment_frame(b"no such thing"), "hj212.segment"),
    ],
)
def test_a_bad_frame_is_kept_unanswered_and_harms_nothing(
    device: Device, intake: Intake, spoil: Callable[[bytes], bytes], fault: str
) -> None:
    bad = spoil(device.frame()[1])
    device.send(bad)
    qn, good = device.upload()
    assert device.answers(1) == [f"9014:{qn}"]
    assert device.silent()
    rows = intake.frames()
    assert rows[-1][2:] == (None, good)
    assert {row[2] for row in rows[:-1]} == {fault}
    assert b"".join(row[3] for row in rows) == bad + good


def test_every_byte_of_a_mess_is_in_the_journal(gateway: GatewayProcess, intake: Intake) -> None:
    chance = random.Random(212)
    pieces: list[bytes] = []
    for number in range(60):
        frame = minute_frame(MN, number)[1]
        kinds = (frame, wrong_crc(frame), wrong_length(frame), frame[: chance.randrange(len(frame))])
        pieces += [chance.choice(kinds), chance.randbytes(chance.randrange(40))]
    sent = b"".join(pieces)
    with Device(gateway.port) as device:
        at = 0
        while at < len(sent):
            step = chance.randrange(1, 700)
            device.send(sent[at : at + step])
            at += step
        device.socket.shutdown(socket.SHUT_WR)
        assert device.closed()
    intake.until("SELECT sum(length(raw))::int FROM intake.frame", len(sent))
    rows = intake.frames()
    assert b"".join(row[3] for row in rows) == sent
    expected = FrameReader().feed(sent)
    assert {row[2] for row in rows} - {None} <= {fault.value for fault in Fault}
    assert sum(row[2] is None for row in rows) == sum(not hasattr(item, "fault") for item in expected)


def test_a_frame_that_stays_unfinished_is_given_up(start_gateway: Start, intake: Intake) -> None:
    gateway = start_gateway(unfinished_s=0.5)
    with Device(gateway.port) as device:
        _, frame = device.frame()
        device.send(frame[:40])
        intake.until("SELECT count(*) FROM intake.frame WHERE fault = 'hj212.unfinished'", 1)
        assert intake.frames()[0][3] == frame[:40]
        qn, _ = device.upload()
        assert device.answers(1) == [f"9014:{qn}"]


def test_a_slow_frame_is_taken(device: Device, intake: Intake) -> None:
    qn, frame = device.frame()
    line_end = frame[-2:]
    for at in range(len(frame) - 2):
        device.send(frame[at : at + 1])
        time.sleep(0.001)
    assert device.answers(1) == [f"9014:{qn}"]  # CR LF is optional: the frame is complete without it
    qn, after = device.frame()
    device.send(line_end + after)
    assert device.answers(1) == [f"9014:{qn}"]
    assert intake.frames() == [(1, MN, None, frame[:-2]), (2, MN, None, line_end + after)]


def test_a_flood_of_garbage_ends_that_connection_only(start_gateway: Start, intake: Intake) -> None:
    gateway = start_gateway(garbage=10_000)
    with Device(gateway.port) as good, Device(gateway.port, "OTHER") as bad:
        good.upload()
        good.answers(1)
        with pytest.raises(ConnectionError):
            flood(bad)
        qn, _ = good.upload()
        assert good.answers(1) == [f"9014:{qn}"]
    intake.until("SELECT count(*) FROM intake.frame WHERE fault = 'gateway.flood'", 1)
    assert intake.value("SELECT max(length(raw)) FROM intake.frame") <= 4096


def test_bad_frames_between_good_ones_never_end_a_connection(start_gateway: Start) -> None:
    gateway = start_gateway(garbage=2_000)
    with Device(gateway.port) as device:
        for _ in range(30):
            device.send(wrong_crc(device.frame()[1]))
            qn, _ = device.upload()
            assert device.answers(1) == [f"9014:{qn}"]


def test_silence_ends_a_connection(start_gateway: Start, intake: Intake) -> None:
    gateway = start_gateway(idle_s=5.0)
    with Device(gateway.port) as device:
        device.upload()
        device.answers(1)
        assert device.closed(30)
    intake.until("SELECT connected FROM intake.link", False)


def test_too_many_connections_are_refused_and_the_others_live(start_gateway: Start) -> None:
    gateway = start_gateway(connections=3)
    with ExitStack() as stack:
        kept = [stack.enter_context(Device(gateway.port, f"KEPT{n}")) for n in range(3)]
        for device in kept:
            device.upload()
            device.answers(1)
        extra = stack.enter_context(Device(gateway.port, "EXTRA"))
        assert extra.closed()
        for device in kept:
            qn, _ = device.upload()
            assert device.answers(1) == [f"9014:{qn}"]


# --- many, slow and gone ---


def test_a_peer_that_never_reads_its_answers_hinders_nobody(gateway: GatewayProcess, intake: Intake) -> None:
    with Device(gateway.port, "DEAF") as deaf, Device(gateway.port) as good:
        deaf.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.socket.settimeout(0.5)
        with pytest.raises(TimeoutError):  # the gateway stops reading from it, its bytes stay with it
            send_for_ever(deaf)
        qn, _ = good.upload()
        assert good.answers(1) == [f"9014:{qn}"]


def test_many_devices_at_once_each_get_their_own_answers(gateway: GatewayProcess, intake: Intake) -> None:
    with ExitStack() as stack:
        devices = [stack.enter_context(Device(gateway.port, f"MANY{n:03d}")) for n in range(200)]
        sent = {device.mn: [device.upload()[0] for _ in range(10)] for device in devices}
        for device in devices:
            assert device.answers(10) == [f"9014:{qn}" for qn in sent[device.mn]]
        assert intake.value("SELECT count(*) FROM intake.frame") == 2_000
        assert intake.value("SELECT max(seq) FROM intake.frame") == 2_000
        intake.until("SELECT count(*) FROM intake.link WHERE connected AND frames = 10", 200)
    intake.until("SELECT count(*) FROM intake.link WHERE connected", 0)


def test_a_slow_database_slows_reading_and_drops_nothing(start_gateway: Start, intake: Intake) -> None:
    gateway = start_gateway(queue=50, batch=20)
    with Device(gateway.port) as device:
        with psycopg.connect(intake.url) as blocker:
            blocker.execute("LOCK TABLE intake.frame IN SHARE MODE")
            sent = [device.upload()[0] for _ in range(2_000)]
            time.sleep(0.3)
        assert device.answers(2_000, 30) == [f"9014:{qn}" for qn in sent]
    assert intake.value("SELECT count(*) FROM intake.frame") == 2_000


# --- links ---


def test_a_link_tells_what_is_known(device: Device, intake: Intake) -> None:
    device.upload(cn="2011")
    device.answers(1)
    device.send(wrong_crc(device.frame()[1]))
    intake.until("SELECT faults FROM intake.link", 1)
    [(standard, peer, connected, frames, known, skew, recent)] = intake.rows(
        "SELECT standard, peer, connected, frames, known, abs(clock_skew_s) < 60, "
        "last_valid_at >= connected_at FROM intake.link"
    )
    assert (standard, connected, frames, known, skew, recent) == ("2017", True, 1, False, True, True)
    assert peer.startswith("127.0.0.1:")


def test_a_fault_alone_makes_no_link_but_counts_on_a_known_one(device: Device, intake: Intake) -> None:
    intake.rows("INSERT INTO intake.link (mn, known) VALUES ('REGISTERED', true) RETURNING mn")
    device.send(wrong_crc(minute_frame("STRANGER", 1)[1]) + wrong_crc(minute_frame("REGISTERED", 2)[1]))
    intake.until("SELECT faults FROM intake.link WHERE mn = 'REGISTERED'", 1)
    assert intake.value("SELECT count(*) FROM intake.link") == 1
    assert intake.value("SELECT known FROM intake.link WHERE mn = 'REGISTERED'") is True
    assert (
        intake.value("SELECT count(*) FROM intake.frame WHERE mn = 'STRANGER' AND fault = 'hj212.crc'") == 1
    )


def test_the_newest_connection_is_the_link(gateway: GatewayProcess, intake: Intake) -> None:
    with Device(gateway.port) as old, Device(gateway.port) as new:
        old.upload()
        old.answers(1)
        new.upload()
        new.answers(1)
        address = "{}:{}".format(*new.socket.getsockname())
        intake.until("SELECT peer FROM intake.link", address)
        old.upload()
        old.answers(1)
        old.socket.close()
        new.upload()
        new.answers(1)
        intake.until("SELECT frames FROM intake.link", 4)
        assert intake.rows("SELECT peer, connected FROM intake.link") == [(address, True)]
    intake.until("SELECT connected FROM intake.link", False)


def test_screens_hear_of_links_that_come_and_go(gateway: GatewayProcess, intake: Intake) -> None:
    with psycopg.connect(intake.url, autocommit=True) as screen:
        screen.execute("LISTEN yuanjian")
        with Device(gateway.port) as device:
            device.upload()
            device.answers(1)
            heard = [notice.payload for notice in screen.notifies(timeout=15, stop_after=1)]
        heard += [notice.payload for notice in screen.notifies(timeout=15, stop_after=1)]
    assert heard == [
        f'{{"kind": "link", "mn": "{MN}", "connected": true}}',
        f'{{"kind": "link", "mn": "{MN}", "connected": false}}',
    ]


# --- stops, crashes, losses ---


def test_sigterm_commits_and_answers_what_was_received(
    device: Device, gateway: GatewayProcess, intake: Intake
) -> None:
    sent = [device.upload()[0] for _ in range(300)]
    first = device.answers(1)
    gateway.process.send_signal(signal.SIGTERM)
    answered = list(first)
    try:
        while True:
            answered += device.answers(1)
    except ConnectionError:
        pass
    assert gateway.end() == 0
    journaled = [f"9014:{qn}" for (qn,) in intake.rows("SELECT qn FROM intake.frame ORDER BY seq")]
    assert answered == journaled == [f"9014:{qn}" for qn in sent[: len(journaled)]]
    assert intake.value("SELECT connected FROM intake.link") is False


def test_a_restart_goes_on_with_the_next_number_and_forgets_old_links(
    gateway: GatewayProcess, device: Device, intake: Intake
) -> None:
    device.upload()
    device.answers(1)
    intake.until("SELECT connected FROM intake.link", True)
    gateway.kill()
    gateway.start()
    assert intake.value("SELECT connected FROM intake.link") is False
    with Device(gateway.port) as again:
        again.upload()
        again.answers(1)
    assert [row[0] for row in intake.frames()] == [1, 2]


def test_a_second_gateway_waits_for_the_first(
    gateway: GatewayProcess, database_url: str, intake: Intake, tmp_path: Path
) -> None:
    second = GatewayProcess(database_url, tmp_path)
    second.launch()
    try:
        intake.until(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND wait_event = 'advisory'",
            1,
            30,
        )
        assert gateway.terminate() == 0
        second.wait_ready()
        assert second.terminate() == 0
    finally:
        if second.process.poll() is None:
            second.kill()


def test_a_stop_while_waiting_for_the_database_is_in_order(tmp_path: Path) -> None:
    environ = {"DATABASE_URL": "postgresql://nobody@/none?host=/nowhere", "YUANJIAN_HOME": str(tmp_path)}
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, "{}"], env=os.environ | environ, stderr=subprocess.PIPE
    )
    assert process.stderr is not None
    assert b"database lost" in process.stderr.readline()
    process.terminate()
    process.communicate(timeout=10)
    assert process.returncode == 0


def test_the_loss_of_its_database_session_costs_no_connection(
    gateway: GatewayProcess, device: Device, intake: Intake
) -> None:
    device.upload()
    device.answers(1)
    here = "datname = current_database() AND application_name = 'yuanjian-gateway'"
    for _ in range(5):
        intake.until(f"SELECT count(*) FROM pg_stat_activity WHERE {here}", 1)  # a cut one may end late
        intake.value(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {here}")
        sent = [device.upload()[0] for _ in range(20)]
        assert device.answers(20) == [f"9014:{qn}" for qn in sent]
    assert [row[0] for row in intake.frames()] == list(range(1, 102))
