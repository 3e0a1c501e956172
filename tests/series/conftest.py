"""Rows as ingest writes them, and a store in a folder whose name has blanks and Chinese in it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from yuanjian.series import SeriesStore

MIDNIGHT = datetime(2026, 11, 20, 16, tzinfo=UTC)  # 2026-11-21 00:00 in Beijing
HOUR = timedelta(hours=1)

Rows = Callable[..., pl.DataFrame]


def make_rows(*rows: dict[str, Any], **common: Any) -> pl.DataFrame:
    """Readings from dicts over defaults; `seq` counts up."""
    base = {
        "point": 1,
        "factor": "a21026",
        "cadence": "hour",
        "time": MIDNIGHT,
        "value": 1.0,
        "low": None,
        "high": None,
        "amount": None,
        "reference": None,
        "flag": "N",
        "decimals": 2,
        "source": "live",
        "received": MIDNIGHT + timedelta(days=1),
        "shard": 0,
    }
    full = [{**base, "seq": seq, **common, **row} for seq, row in enumerate(rows)]
    floats = dict.fromkeys(("value", "low", "high", "amount", "reference"), pl.Float64)
    times = dict.fromkeys(("time", "received"), pl.Datetime("us", "UTC"))
    return pl.DataFrame(full, schema_overrides={**floats, **times, "flag": pl.String})


def make_events(*rows: dict[str, Any], **common: Any) -> pl.DataFrame:
    """Events from dicts over defaults."""
    base = {
        "point": 9,
        "kind": "door",
        "code": "i31001",
        "time": MIDNIGHT,
        "text": '{"person": "Zhang"}',
        "received": MIDNIGHT,
        "shard": 0,
    }
    return pl.DataFrame([{**base, "seq": seq, **common, **row} for seq, row in enumerate(rows)])


@pytest.fixture
def lake(tmp_path: Path) -> str:
    return str(tmp_path / "数据 湖")


@pytest.fixture
def store(lake: str) -> SeriesStore:
    return SeriesStore.open(lake)


@pytest.fixture
def rows() -> Rows:
    return make_rows


@pytest.fixture
def events() -> Rows:
    return make_events


@pytest.fixture
def midnight() -> datetime:
    return MIDNIGHT
