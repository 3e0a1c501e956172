from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from devices import MN, device, gateway, intake, start_gateway
from journals import HOUR, bad, fill, frame, row
from platforms import platform, start_forwarder

from yuanjian.cli import main

__all__ = ["device", "gateway", "intake", "platform", "start_forwarder", "start_gateway"]


@pytest.fixture
def typed(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """`yuanjian` as an operator types it."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("YUANJIAN_HOME", str(tmp_path))
    return lambda *words: main.main([str(word) for word in words])


@pytest.fixture
def journal(database_url: str) -> list[bytes]:
    """Twenty frames of two devices, noise between them."""
    frames = [frame(number, MN if number % 2 else "OTHER") for number in range(1, 21)]
    rows: list[tuple[object, ...]] = []
    for number, raw in enumerate(frames, 1):
        at = HOUR + timedelta(seconds=number)
        rows.append(row(2 * number - 1, at, raw, mn=MN if number % 2 else "OTHER"))
        rows.append(bad(2 * number, at, b"noise"))
    fill(database_url, rows)
    return frames
