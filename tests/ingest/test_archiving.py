"""Ingest archives what is due while it goes on, and goes on when it cannot."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from devices import Device, GatewayProcess, Intake
from journals import fill, hours
from lake import IngestProcess

from yuanjian import config
from yuanjian.clock import utcnow
from yuanjian.gateway import verification
from yuanjian.ingest import archiving
from yuanjian.ingest.archiving import Archiving
from yuanjian.series import SeriesStore


def wait_for(work: Archiving) -> None:
    work.idle()
    assert work._thread is not None
    work._thread.join(30)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> config.Settings:
    fill(database_url, hours(3, 4))
    return config.load({"YUANJIAN_HOME": str(tmp_path), "DATABASE_URL": database_url})


def test_a_running_ingest_archives_by_itself(
    gateway: GatewayProcess, database_url: str, tmp_path: Path, intake: Intake
) -> None:
    fill(database_url, hours(2, 4))
    process = IngestProcess(database_url, tmp_path)
    intake.until("SELECT count(*)::int FROM intake.archive", 2, 90)  # it rests four times as long as it works
    with Device(gateway.port) as device:
        device.upload()
        intake.until("SELECT count(*)::int FROM intake.latest", 1, 20)
    assert process.terminate() == 0
    assert verification.verify(tmp_path / "archive").frames == 8


def test_ingest_goes_on_when_nothing_can_be_archived(
    gateway: GatewayProcess, database_url: str, tmp_path: Path, intake: Intake
) -> None:
    fill(database_url, hours(1, 4))
    (tmp_path / "archive").write_text("a file where the folder should be")
    process = IngestProcess(database_url, tmp_path)
    with Device(gateway.port) as device:
        device.upload()
        intake.until("SELECT count(*)::int FROM intake.latest", 1, 20)
    assert intake.value("SELECT count(*)::int FROM intake.archive") == 0
    assert process.terminate() == 0


def test_it_looks_once_a_minute(settings: config.Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    work = Archiving(settings, SeriesStore.open(settings.lake_uri))
    wait_for(work)
    first = work._thread
    work.idle()
    assert work._thread is first
    monkeypatch.setattr(work, "_next", time.monotonic() - 1)
    wait_for(work)
    assert work._thread is not first


@pytest.mark.parametrize(("days", "left"), [(0, 12), (30, 4)])
def test_frames_leave_the_journal_only_if_asked_for(
    settings: config.Settings, intake: Intake, monkeypatch: pytest.MonkeyPatch, days: int, left: int
) -> None:
    monkeypatch.setattr(archiving, "utcnow", lambda: utcnow() + timedelta(days=400))
    store = SeriesStore.open(settings.lake_uri)
    store.append(None, None, app="ingest-0", version=12)
    wait_for(Archiving(replace(settings, journal_days=days), store))
    assert intake.value("SELECT count(*)::int FROM intake.frame") == left


def test_a_batch_is_followed_by_a_rest(settings: config.Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    rests: list[float] = []
    work = Archiving(settings, SeriesStore.open(settings.lake_uri))
    monkeypatch.setattr(work._stop, "wait", lambda seconds: rests.append(seconds))
    wait_for(work)
    assert len(rests) == 3
    assert min(rests) > 0


def test_a_stop_does_not_wait_for_the_batches_to_come(settings: config.Settings, intake: Intake) -> None:
    work = Archiving(settings, SeriesStore.open(settings.lake_uri))
    assert work.finished(0)
    wait_for(work)
    assert intake.value("SELECT count(*)::int FROM intake.archive") == 1
