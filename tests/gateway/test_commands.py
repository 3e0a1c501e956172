"""Both directions over real sockets: a simulated logger, the gateway, and the rows an operator sees."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import psycopg
import pytest
from devices import MN, GatewayProcess, Intake, ask, outcome, row
from devices import Device as Socket

from yuanjian.clock import to_beijing, utcnow
from yuanjian.simulator.device import Device
from yuanjian.simulator.site import Site
from yuanjian.wire.hj212 import (
    Message,
    Standard,
    build_frame,
    build_segment,
    crc16_modbus,
)

KEY, OTHER_KEY = b"0123456789abcdef", b"fedcba9876543210"
STATE = "SELECT state FROM intake.command ORDER BY id DESC LIMIT 1"


class Logger:
    """A simulated logger in a thread of its own."""

    def __init__(self, port: int, standard: Standard, **site: Any) -> None:
        self.site = Site(MN, standard, **site)
        self._ready = threading.Event()
        self._port = port
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    async def _run(self) -> None:
        self.loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self.device = Device("127.0.0.1", self._port, self.site, live=False)
        task = asyncio.create_task(self.device.run(self._stop))
        await self.device.connected.wait()
        self._ready.set()
        await task

    def upload(self, cn: str = "2011", ago: timedelta = timedelta()) -> bool:
        """Send one upload; True if it was answered."""
        now = self.device.now()
        packets = self.site.upload(cn, (now - ago).replace(microsecond=0), now)
        return asyncio.run_coroutine_threadsafe(self.device.send(packets), self.loop).result(60)

    def report(self, cn: str) -> bool:
        packet = self.site.report(cn, self.device.now())
        return asyncio.run_coroutine_threadsafe(self.device.send([packet]), self.loop).result(60)

    def __enter__(self) -> Logger:
        self._thread.start()
        assert self._ready.wait(30)
        return self

    def __exit__(self, *_: object) -> None:
        self.loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)


@pytest.fixture
def logger(gateway: GatewayProcess) -> Callable[..., Any]:
    @contextmanager
    def start(standard: Standard = Standard.V2017, **site: Any) -> Iterator[Logger]:
        with Logger(gateway.port, standard, **site) as logger:
            yield logger

    return start


@pytest.mark.parametrize("standard", list(Standard))
def test_history_is_asked_for_and_arrives_in_the_journal(
    logger: Callable[..., Any], intake: Intake, standard: Standard
) -> None:
    begin = to_beijing(utcnow()).replace(minute=0, second=0, microsecond=0) - timedelta(hours=5)
    with logger(standard) as device:
        assert device.upload()
        span = {"BeginTime": f"{begin:%Y%m%d%H%M%S}", "EndTime": f"{begin + timedelta(hours=2):%Y%m%d%H%M%S}"}
        state = outcome(intake, ask(intake, "2061", **span))
        assert state == ("done", 1, 1, None, {"packets": 3})
        assert intake.value("SELECT count(*) FROM intake.frame WHERE cn = '2061' AND fault IS NULL") == 3
        empty = {"BeginTime": "20990101000000", "EndTime": "20990101010000"}
        assert outcome(intake, ask(intake, "2061", **empty))[:4] == ("done", 1, 100, None)


def test_settings_are_read_and_written(logger: Callable[..., Any], intake: Intake) -> None:
    with logger() as device:
        assert device.upload()
        assert outcome(intake, ask(intake, "1062", RtdInterval=60))[:3] == ("done", 1, 1)
        assert outcome(intake, ask(intake, "1061"))[4]["values"] == {"RtdInterval": "60"}
        assert outcome(intake, ask(intake, "1064", MinInterval=5))[0] == "done"
        assert outcome(intake, ask(intake, "1063"))[4]["values"] == {"MinInterval": "5"}
        assert outcome(intake, ask(intake, "1000", OverTime=5, ReCount=4))[0] == "done"
        assert (device.site.over_time, device.site.re_count) == (5, 4)
        serial = outcome(intake, ask(intake, "3019", PolId="a21026"))
        assert serial[4]["factors"] == {"a21026": {"sn": "VIRTUAL0001"}}
        assert outcome(intake, ask(intake, "3012", PolId="w01018"))[:3] == ("done", 1, 1)
        assert device.site.executed[-1] == "3012"


def test_the_clock_is_set_when_the_device_asks(logger: Callable[..., Any], intake: Intake) -> None:
    with logger(offset=timedelta(hours=-2)) as device:
        assert device.report("1013")  # answered by 9013
        intake.until(STATE, "done")
        assert intake.rows("SELECT cn, requested_by FROM intake.command") == [("1012", "auto:1013")]
        assert abs(device.site.offset) < timedelta(minutes=1)  # as late as it was told
        told = outcome(intake, ask(intake, "1011"))[4]["values"]["SystemTime"]
        assert told[:13] in {f"{to_beijing(utcnow() - timedelta(seconds=s)):%Y-%m-%d %H}" for s in (0, 120)}


def test_commands_go_one_after_the_other_and_some_are_refused(
    logger: Callable[..., Any], intake: Intake
) -> None:
    with logger() as device:
        assert device.upload()
        numbers = [ask(intake, "1061") for _ in range(3)]
        assert [outcome(intake, number)[0] for number in numbers] == ["done"] * 3
        times = intake.rows("SELECT sent_at, done_at FROM intake.command ORDER BY id")
        assert all(before[1] <= after[0] for before, after in pairwise(times))
        assert outcome(intake, ask(intake, "1062", RtdInterval=5))[::3] == ("failed", "hj212.field")
        assert outcome(intake, ask(intake, "1002"))[::3] == ("failed", "hj212.command")
        device.site.pw = "999999"  # it does not know its own password any more
        assert outcome(intake, ask(intake, "1061"))[:4] == ("failed", 3, None, "refused")


def test_no_answer_means_the_same_packet_again_and_then_failure(
    gateway: GatewayProcess, intake: Intake
) -> None:
    with Socket(gateway.port) as device:
        device.upload()
        device.answers(1)
        with psycopg.connect(intake.url) as late:
            late.execute("SET session_replication_role = replica")  # the row is there, the word of it is not
            late.execute("INSERT INTO intake.device (mn, over_time, re_count) VALUES (%s, 0.6, 1)", (MN,))
        number = ask(intake, "1061")
        packets = device.hear(b"CN=1061", times=2)
        assert outcome(intake, number)[::3] == ("failed", "unanswered")
        first, second = packets.split(b"##")[1:]
        assert first == second
        assert intake.value("SELECT tries FROM intake.command") == 2


def test_who_is_away_gets_his_command_later_or_never(logger: Callable[..., Any], intake: Intake) -> None:
    waiting = ask(intake, "1061")
    late = ask(intake, "1063", mn="NEVERSEEN")
    intake.rows("UPDATE intake.command SET expires_at = now() WHERE id = %s RETURNING id", late)
    assert outcome(intake, late)[0] == "expired"
    assert row(intake, waiting)[0] == "queued"
    with logger() as device:
        assert device.upload()
        assert outcome(intake, waiting)[0] == "done"


def test_a_command_under_way_at_a_kill_has_failed(
    start_gateway: Callable[..., GatewayProcess], intake: Intake
) -> None:
    gateway = start_gateway()
    with Socket(gateway.port) as device:
        device.upload()
        device.answers(1)
        ask(intake, "3012", PolId="w01018")
        intake.until(STATE, "sent")
        gateway.kill()
    start_gateway()
    intake.until(STATE, "failed")
    assert intake.value("SELECT error FROM intake.command") == "gateway.restarted"


def test_a_killed_gateway_has_no_last_word(
    start_gateway: Callable[..., GatewayProcess], intake: Intake
) -> None:
    """What it was just writing about a command must not come after what its successor makes of it."""
    gateway, number = start_gateway(), ask(intake, "3012", PolId="w01018")
    waits = (
        "SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() "
        "AND application_name = 'yuanjian-gateway-desk' AND wait_event_type = 'Lock'"
    )
    with psycopg.connect(intake.url) as slow:
        slow.execute("SELECT FROM intake.command FOR UPDATE")
        with Socket(gateway.port) as device:
            device.upload()
            device.answers(1)
            intake.until(waits, 1, 20)
            gateway.kill()
        successor = start_gateway()
    with Socket(successor.port) as device:
        device.upload()
        device.hear(b"CN=3012")
    assert row(intake, number)[0] == "sent"


# --- encryption ---


def device_row(intake: Intake, **values: Any) -> None:
    names = ", ".join(values)
    marks = ", ".join(["%s"] * len(values))
    intake.rows(
        f"INSERT INTO intake.device (mn, {names}) VALUES (%s, {marks}) RETURNING mn", MN, *values.values()
    )


def link(intake: Intake, column: str) -> Any:
    return intake.value(f"SELECT {column} FROM intake.link WHERE mn = %s", MN)


def test_frames_are_opened_by_current_and_previous_key(logger: Callable[..., Any], intake: Intake) -> None:
    device_row(intake, standard="2025", key_current=KEY, key_previous=OTHER_KEY)
    with logger(Standard.V2025, key=KEY) as device:
        assert device.upload()
        intake.until("SELECT seal FROM intake.link", "hj212.seal.current")
        device.site.key = OTHER_KEY
        assert device.upload()
        intake.until("SELECT seal FROM intake.link", "hj212.seal.previous")
        device.site.key = None
        assert device.upload()
        intake.until("SELECT seal FROM intake.link", "hj212.seal.clear")
        assert link(intake, "clear") >= 1  # more if its answer came late
        device.site.key = b"no key we know.."
        device.site.over_time, device.site.re_count = 1, 0
        assert not device.upload()
    faults = [fault for _, _, fault, _ in intake.frames()]
    assert faults[-4:] == [None, None, None, "hj212.sealed"]  # before: until the gateway knew the keys


def test_a_key_is_asked_for_issued_and_taken_into_use(logger: Callable[..., Any], intake: Intake) -> None:
    device_row(intake, standard="2025", key_current=KEY)
    with logger(Standard.V2025, key=KEY) as device:
        assert device.report("1014")
        intake.until(STATE, "done")
        intake.until("SELECT key_coming IS NULL AND key_previous IS NOT NULL FROM intake.device", True)
        assert device.site.key != KEY
        assert intake.rows("SELECT key_current, key_previous FROM intake.device") == [(device.site.key, KEY)]
        assert device.upload()
        assert {key for (key,) in intake.rows("SELECT key FROM intake.device_key")} == {KEY, device.site.key}
        assert intake.value("SELECT params::text || coalesce(result::text, '') FROM intake.command") == "{}"


def test_a_logger_without_an_mn_is_given_the_one_assigned(gateway: GatewayProcess, intake: Intake) -> None:
    request = Message(
        "20261121100000001", "31", "1001", "123456", "", flag=9, cp="i23005-Info=CPU0000000000001"
    )
    with Socket(gateway.port, mn="") as device:
        device.send(build_frame(build_segment(request)))
        intake.until("SELECT hardware FROM intake.activation", "CPU0000000000001")
        intake.rows("UPDATE intake.activation SET mn = %s RETURNING mn", MN)
        device.send(build_frame(build_segment(request)))
        heard = device.hear(b"CN=1002")
        assert b"CN=9013" in heard
        assert f"MN={MN};".encode() in heard.partition(b"CN=1002")[2]
        assert b"i23005-Info=CPU0000000000001" in heard


def test_modbus_crc_is_taken_where_it_is_tolerated(gateway: GatewayProcess, intake: Intake) -> None:
    def modbus(frame: bytes) -> bytes:
        segment = frame[6:-6]
        return frame[:-6] + crc16_modbus(segment).encode() + b"\r\n"

    with Socket(gateway.port) as device:
        device.upload()
        device.answers(1)
        device.send(modbus(device.frame()[1]))
        intake.until("SELECT crc_faults::int FROM intake.link", 1)
        device_row(intake, tolerate=["hj212.crc_modbus"])
        for _ in range(50):  # until the gateway has heard of it
            device.send(modbus(device.frame()[1]))
            if not device.silent(0.2):
                break
        intake.until("SELECT tolerated > 0 FROM intake.link", True)
    faults = [fault for _, _, fault, _ in intake.frames()]
    assert faults[-1] is None
    assert set(faults) == {None, "hj212.crc_modbus"}


def test_two_devices_with_one_mn_are_seen(gateway: GatewayProcess, intake: Intake) -> None:
    with Socket(gateway.port) as first, Socket(gateway.port) as second:
        for device in (first, second, first, second):
            device.upload()
            device.answers(1)
        intake.until("SELECT rivals::int FROM intake.link", 1)
        assert link(intake, "rival_peer").startswith("127.0.0.1:")


def test_nothing_in_a_row_or_frame_stops_the_desk(gateway: GatewayProcess, intake: Intake) -> None:
    """Odd activations, odd parameters: the gateway lives, and the next command goes out."""
    odd = Message("20261121100000001", "31", "1001", "1", "", flag=9, cp="i23005-Info=" + "长" * 200)
    with Socket(gateway.port) as device:
        device.upload()
        device.answers(1)
        device.send(build_frame(build_segment(odd)))
        device.send(build_frame(build_segment(replace(odd, cp=""))))
        for params in ({"RtdInterval": {"a": [1]}}, {"a-b-c": None}, {"RtdInterval": "x" * 2000}):
            assert outcome(intake, ask(intake, "1062", **params))[0] == "failed"
        for cn in ("9999", "", "2061", "9014"):
            assert outcome(intake, ask(intake, cn))[0] == "failed"
        number = ask(intake, "1061")
        intake.until(f"SELECT state FROM intake.command WHERE id = {number}", "sent")


def test_a_claim_that_was_never_sent_does_not_block(
    start_gateway: Callable[..., GatewayProcess], intake: Intake
) -> None:
    gateway = start_gateway()
    with Socket(gateway.port) as device:
        device.upload()
        device.answers(1)
        intake.rows(
            "INSERT INTO intake.command (mn, cn, requested_by, state, shard) "
            "VALUES (%s, '1061', 'test', 'sent', 0) RETURNING id",
            MN,
        )
        number = ask(intake, "1063")
        intake.rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s",
            "yuanjian-gateway-desk",
        )
        intake.until(f"SELECT state FROM intake.command WHERE id = {number}", "sent", 20)
