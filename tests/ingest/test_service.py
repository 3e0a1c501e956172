"""From a device's socket to the lake and the latest values, with real processes."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import polars as pl
import psycopg
import pytest
from devices import MN, Device, GatewayProcess, Intake, minute_frame
from journals import frame
from lake import IngestProcess

from yuanjian.clock import beijing_day
from yuanjian.errors import OwnFault
from yuanjian.gateway import schema
from yuanjian.ingest.follower import Follower
from yuanjian.series import SeriesStore

ROW = ["point", "factor", "value", "flag", "source", "seq"]


def taken_in(intake: Intake, frames: int) -> None:
    intake.until("SELECT frames::int FROM intake.progress", frames, 20)


def test_a_frame_becomes_a_reading_a_latest_value_and_a_notice(
    device: Device, ingest: IngestProcess, intake: Intake
) -> None:
    with psycopg.connect(intake.url, autocommit=True) as screen:
        screen.execute("LISTEN yuanjian")
        device.upload()
        kinds = {}
        for notice in screen.notifies(timeout=10):
            payload = json.loads(notice.payload)
            kinds[payload["kind"]] = payload
            if len(kinds) == 2:
                break
    assert kinds["latest"] == {"kind": "latest", "points": [1]}
    assert ingest.readings()[ROW].rows() == [(1, "a21026", 12.5, "N", "live", 1)]
    taken_in(intake, 1)
    assert intake.rows("SELECT mn, st, point_id FROM intake.route") == [(MN, "31", 1)]
    assert intake.rows("SELECT point_id, factor, cadence, value, flag FROM intake.latest") == [
        (1, "a21026", "minute", 12.5, "N")
    ]


def test_duplicates_corrections_and_faults_are_told_apart(
    device: Device, ingest: IngestProcess, intake: Intake
) -> None:
    once, other = frame(1), frame(1, value="99.9")
    device.send(once + once + b"noise" + other + other[:-6] + b"0000\r\n")
    intake.until("SELECT count(*)::int FROM intake.frame", 5)
    taken_in(intake, 5)
    assert intake.rows("SELECT readings, duplicates, corrections, skipped, seq FROM intake.progress") == [
        (2, 1, 1, 2, 5)
    ]
    assert ingest.readings()["value"].to_list() == [99.9]
    assert ingest.readings(history=True)["value"].to_list() == [1.5, 99.9]
    assert intake.value("SELECT value FROM intake.latest") == 99.9


def test_an_older_reading_is_stored_but_is_not_the_latest(
    device: Device, ingest: IngestProcess, intake: Intake
) -> None:
    device.send(minute_frame(MN, 1, value="1.0")[1])
    intake.until("SELECT value FROM intake.latest", 1.0)
    device.send(minute_frame(MN, 200, value="2.0", resent=True)[1])
    taken_in(intake, 2)
    assert intake.value("SELECT value FROM intake.latest") == 1.0
    assert ingest.readings().sort("time")["source"].to_list() == ["resent", "live"]


def test_frames_that_hold_nothing_readable_are_counted_on_the_link(
    device: Device, ingest: IngestProcess, intake: Intake
) -> None:
    for number in (-3000, -3001):  # its clock is two days ahead
        device.send(minute_frame(MN, number)[1])
    device.send(minute_frame(MN, 1)[1])
    taken_in(intake, 3)
    assert ingest.readings().height == 1
    assert intake.rows("SELECT mn, skipped, skip_fault FROM intake.link") == [(MN, 2, "hj212.time")]
    assert intake.value("SELECT skipped_at > now() - interval '1 minute' FROM intake.link") is True


def test_the_days_a_batch_changed_are_noted(device: Device, ingest: IngestProcess, intake: Intake) -> None:
    device.send(frame(1) + frame(1 + 4 * 1440))
    taken_in(intake, 2)
    days = "SELECT array_agg(day ORDER BY day) FROM intake.touched"
    first, last = intake.value(days)
    assert (last - first).days == 4
    assert intake.value(days) == sorted(beijing_day(at) for at in ingest.readings()["time"])
    intake.rows("DELETE FROM intake.touched RETURNING 1")
    device.send(frame(1 + 4 * 1440))
    taken_in(intake, 3)
    assert intake.value("SELECT count(*)::int FROM intake.touched") == 0  # a duplicate changes nothing


def test_a_registered_route_keeps_its_point(device: Device, ingest: IngestProcess, intake: Intake) -> None:
    point = intake.value("INSERT INTO intake.route (mn, st) VALUES (%s, '31') RETURNING point_id", MN)
    device.upload()
    taken_in(intake, 1)
    assert ingest.readings()["point"].to_list() == [point]


def test_what_was_journaled_before_ingest_ran_is_taken_in_once(
    gateway: GatewayProcess, ingest: IngestProcess, intake: Intake
) -> None:
    assert ingest.terminate() == 0
    with Device(gateway.port) as device:
        for number in range(50):
            device.send(frame(number))
        device.answers(50)
    ingest.start()
    taken_in(intake, 50)
    ingest.kill()
    ingest.start()
    with Device(gateway.port, "ANOTHER") as device:
        device.upload()
        device.answers(1)
    taken_in(intake, 51)
    assert ingest.readings(history=True).height == 51
    assert ingest.readings(history=True)["seq"].n_unique() == 51


def test_latest_values_lost_in_a_crash_are_told_again(
    device: Device, ingest: IngestProcess, intake: Intake
) -> None:
    device.upload()
    taken_in(intake, 1)
    ingest.kill()
    intake.rows(
        "DELETE FROM intake.latest RETURNING 1"
    )  # as if killed after the lake's commit, before this one
    intake.rows("UPDATE intake.progress SET seq = 0, frames = 0 RETURNING 1")
    ingest.start()
    intake.until("SELECT value FROM intake.latest", 12.5)
    assert ingest.readings(history=True).height == 1


def test_a_lake_ahead_of_a_restored_database_is_refused(
    device: Device, ingest: IngestProcess, intake: Intake
) -> None:
    for _ in range(3):
        device.upload()
    taken_in(intake, 3)
    ingest.kill()
    store = SeriesStore.open(str(ingest.lake))
    with psycopg.connect(intake.url, autocommit=True) as connection:
        connection.execute("DELETE FROM intake.frame WHERE seq > 2")  # a backup from before the third frame
        connection.execute("UPDATE intake.progress SET seq = 2")
        with pytest.raises(OwnFault, match=r"ingest\.lake_ahead"):
            Follower(connection, store, 0)
        connection.execute("UPDATE intake.progress SET seq = 3")  # archived and purged, but remembered
        assert Follower(connection, store, 0).step() == 0


def test_door_records_go_to_a_point_of_their_own(
    device: Device, ingest: IngestProcess, intake: Intake
) -> None:
    from datetime import UTC, datetime

    from yuanjian.clock import to_beijing
    from yuanjian.wire.hj212 import Standard, build_upload

    [frame] = build_upload(
        standard=Standard.V2017,
        st="31",
        cn="3020",
        pw="123456",
        mn=MN,
        qn="20260101000000000",
        data_time=to_beijing(datetime.now(UTC)).replace(tzinfo=None),
        factors=[],
        infos=[("i3310A", "D1"), ("i3310J", "李四")],
    )
    device.send(frame)
    taken_in(intake, 1)
    assert intake.rows("SELECT mn, st FROM intake.route") == [(MN, "door")]
    [event] = ingest.events().to_dicts()
    assert (event["kind"], json.loads(event["text"])) == ("door", {"id": "D1", "person": "李四"})


def test_the_loss_of_its_database_session_is_survived(
    device: Device, ingest: IngestProcess, intake: Intake
) -> None:
    ours = "FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'yuanjian-ingest'"
    sessions = f"SELECT count(*)::int {ours}"
    for round_ in range(1, 4):
        device.send(frame(round_))
        taken_in(intake, round_)
        intake.until(sessions, 1)  # the one that was cut may take its time to end
        intake.value(f"SELECT pg_terminate_backend(pid) {ours}")
    assert ingest.process.poll() is None
    assert ingest.readings(history=True).height == 3
    ingest.process.send_signal(signal.SIGINT)
    assert ingest.end() == 0


def test_many_rows_are_taken_in_together(
    gateway: GatewayProcess, ingest: IngestProcess, intake: Intake
) -> None:
    total = 0
    for number in range(3):
        with Device(gateway.port, f"BULK{number}") as device:
            device.send(b"".join(frame(each, device.mn, ack=False) for each in range(900)))
            total += 900
            intake.until("SELECT count(*)::int FROM intake.frame", total, 20)
    taken_in(intake, total)
    rows = ingest.readings(history=True)
    assert rows.height == total == rows.select(pl.struct("point", "time").n_unique()).item()


def test_the_tables_are_made_once_by_many(database_url: str) -> None:
    for _ in range(2):
        with psycopg.connect(database_url) as connection:
            schema.ensure(connection)
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT count(*) FROM intake.frame").fetchone() == (0,)


IMPATIENT = """
from yuanjian.ingest import service
stop = service.stop_event()
print("ready", flush=True)
while not stop.wait(0):  # nearly always about to look at the event
    pass
"""


def test_a_signal_stops_ingest_whatever_it_is_about_to_do() -> None:
    for _ in range(3):  # a handler that sets the event itself hangs every other time
        with subprocess.Popen([sys.executable, "-c", IMPATIENT], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            process.terminate()
            try:
                assert process.wait(60) == 0
            finally:
                process.kill()
