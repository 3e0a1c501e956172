"""Frozen inputs: what is kept, byte by byte, and when it is kept again."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from stories import DAY, HOUR, Town, activities, found, take
from world import NOW, frame, readings

from yuanjian.platform.clues import freezing
from yuanjian.platform.clues.models import Clue
from yuanjian.platform.evidence.models import Item
from yuanjian.platform.monitoring.store import store

START = NOW - 10 * HOUR


@pytest.fixture
def clue(town: Town) -> Clue:
    point = town.world.own.points["gas"].pk
    frame(1, b"##0010ST=31;\xff\r\n", mn="TEST00000000000000000001")
    frame(2, b"not used")
    readings(point, "a21026", [float(n) for n in range(96)], start=START - 48 * HOUR)
    readings(point, "a21026", [1.5, 2.5], start=START, cadence="minute", step=timedelta(minutes=10))
    take(found(town.outlet, level=2, start=START, open=True), now=NOW)
    return Clue.objects.get()


def kept(clue: Clue, settings: Any) -> dict[str, bytes]:
    """The files of a clue by the end of their name; their hash must be that of their bytes."""
    found: dict[str, bytes] = {}
    for item in clue.evidence.order_by("id"):
        data = (Path(settings.YUANJIAN.files) / item.path).read_bytes()
        assert hashlib.sha256(data).hexdigest() == item.sha256
        assert len(data) == item.size
        found[item.name.removeprefix(clue.number + "-")] = data
    return found


def test_readings_frames_and_claims_are_kept(clue: Clue, settings: Any) -> None:
    assert freezing.freeze_due(store()) == 1
    files = kept(clue, settings)
    assert set(files) == {"findings.json", "readings.parquet", "frames.jsonl"}
    rows = pl.read_parquet(files["readings.parquet"])
    assert set(rows["cadence"]) == {"hour"}  # M101 reads hours only
    assert (rows["time"].min(), rows["time"].max()) == (START - DAY, START + 27 * HOUR - HOUR)
    assert rows.height == 24 + 3 + 24
    [line] = files["frames.jsonl"].decode().splitlines()
    said = json.loads(line)
    assert said["raw"].encode("latin-1") == b"##0010ST=31;\xff\r\n"
    assert (said["shard"], said["seq"], said["mn"]) == (0, 1, "TEST00000000000000000001")


def test_the_claim_names_model_thresholds_and_limits(clue: Clue, settings: Any) -> None:
    freezing.freeze_due(store())
    claims = json.loads(kept(clue, settings)["findings.json"])
    [finding] = claims["findings"]
    stored = clue.findings.get()
    assert (finding["model_hash"], finding["model_version"]) == (stored.model_hash, stored.model_version)
    assert finding["thresholds"] == stored.thresholds
    assert finding["input_hash"] == stored.input_hash
    assert [limit["high"] for limit in claims["limits"]] == [50.0]
    assert (claims["readings"], claims["raw_frames"], claims["events"]) == (51, 1, [])


def test_a_model_that_reads_power_keeps_minutes(clue: Clue, town: Town, settings: Any) -> None:
    take(found(town.outlet, "M301", 2, START), now=NOW)
    freezing.freeze_due(store())
    rows = pl.read_parquet(kept(clue, settings)["readings.parquet"])
    assert rows.group_by("cadence").len().sort("cadence").rows() == [("hour", 51), ("minute", 2)]
    assert rows.select("point", "factor", "cadence", "time").is_duplicated().sum() == 0


def test_frozen_once_until_something_happens(clue: Clue, town: Town) -> None:
    assert freezing.freeze_due(store()) == 1
    assert freezing.freeze_due(store()) == 0
    take(found(town.outlet, level=2, start=START, hours=4, open=True), now=NOW)  # goes on
    assert freezing.freeze_due(store()) == 0
    take(found(town.outlet, level=1, start=START, hours=5, open=True), now=NOW)  # gets worse
    assert freezing.freeze_due(store()) == 1
    take(found(town.outlet, level=1, start=START, hours=5, open=False), now=NOW)  # ends
    assert freezing.freeze_due(store()) == 1
    assert activities(clue).count("clues.frozen") == 3
    assert clue.evidence.count() == 9


def test_level_three_is_not_frozen(town: Town) -> None:
    take(found(town.outlet, level=3, start=START), now=NOW)
    assert freezing.freeze_due(store()) == 0
    assert not Item.objects.exists()


def test_frozen_items_are_not_the_enterprises(clue: Clue, town: Town) -> None:
    freezing.freeze_due(store())
    assert not Item.objects.visible_to(town.enterprise).exists()
    assert Item.objects.visible_to(town.analyst).count() == 3


def test_without_readings_the_claim_alone_is_kept(town: Town, settings: Any) -> None:
    take(found(town.outlet, level=1, start=START), now=NOW)
    freezing.freeze_due(store())
    assert set(kept(Clue.objects.get(), settings)) == {"findings.json"}
