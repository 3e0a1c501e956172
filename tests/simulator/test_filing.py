"""How far the papers were filed survives whatever ends the simulator."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from yuanjian.simulator.filing import keep_filing

FIRST = datetime(2026, 10, 1, 16, tzinfo=UTC)
DAY = timedelta(days=1)


class Killed(BaseException):
    """Stands for a kill: nothing catches it."""


def test_a_kill_while_the_position_is_written_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "papers.txt"
    path.write_text(FIRST.isoformat(), encoding="utf-8")
    written = Path.write_text

    def torn(self: Path, data: str, **more: str) -> int:
        written(self, data[:5], **more)
        raise Killed

    monkeypatch.setattr(Path, "write_text", torn)
    with pytest.raises(Killed):
        asyncio.run(keep_filing(lambda *_: 0, lambda: FIRST + DAY, FIRST, path, asyncio.Event()))
    assert datetime.fromisoformat(path.read_text(encoding="utf-8")) == FIRST
