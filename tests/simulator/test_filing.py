"""How far the papers were filed survives whatever ends the simulator."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from yuanjian.simulator.filing import keep_filing
from yuanjian.simulator.service import complain

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


@pytest.mark.parametrize(("wrong", "told"), [(True, 1), (False, 0)])
def test_papers_that_stop_being_filed_are_told_at_once(
    wrong: bool, told: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stop = asyncio.Event()

    def deliver(_: datetime, until: datetime) -> int:
        if wrong:
            raise LookupError("no account")
        stop.set()
        return 1

    async def serve() -> None:
        papers = asyncio.create_task(
            keep_filing(deliver, lambda: FIRST + DAY, FIRST, tmp_path / "papers.txt", stop)
        )
        papers.add_done_callback(complain)
        await asyncio.wait([papers])
        await asyncio.sleep(0)

    asyncio.run(serve())
    assert [record.levelname for record in caplog.records].count("ERROR") == told
