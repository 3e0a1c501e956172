"""The journal's writer alone: a broken connection never makes a row twice, nor loses one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import psycopg
import pytest
from devices import Intake

from yuanjian.gateway.entry import Entry, Origin
from yuanjian.gateway.journal import Journal
from yuanjian.gateway.limits import Limits


class Nobody:
    def send(self, packet: bytes) -> bool:
        raise AssertionError(packet)

    def reply(self, answers: Sequence[bytes]) -> None:
        raise AssertionError(answers)


def entry(number: int) -> Entry:
    return Entry(datetime.now(UTC), Origin("test", number, Nobody()), b"%d" % number, fault="hj212.garbage")


class Breaking(Journal):
    """Breaks its connection around the first write, before or after the database has committed it."""

    when = "never"

    async def _write(self, batch: Sequence[Entry]) -> None:
        when, self.when = self.when, "never"
        if when == "before":
            self._tried = self._next
            raise psycopg.OperationalError("cut off before the commit")
        await super()._write(batch)
        if when == "after":
            raise psycopg.OperationalError("cut off after the commit")


async def write(url: str, when: str, count: int) -> list[bytes]:
    """Write entries through a breaking journal; returns what it said to have committed."""
    told: list[bytes] = []
    journal = Breaking(url, 0, Limits(), lambda batch: told.extend(one.raw for one in batch), lambda: None)
    await journal.open()
    journal.when = when
    task = asyncio.create_task(journal.run())
    for number in range(count):
        journal.put(entry(number))
    await asyncio.wait_for(journal.drained(), 20)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await journal.close()
    return told


@pytest.mark.parametrize("when", ["never", "before", "after"])
def test_a_row_is_written_once_wherever_the_connection_breaks(database_url: str, when: str) -> None:
    wanted = [b"%d" % number for number in range(5)]
    assert asyncio.run(write(database_url, when, 5)) == wanted
    rows = Intake(database_url).frames()
    assert [(row[0], row[3]) for row in rows] == list(enumerate(wanted, 1))


def test_rows_of_another_writer_are_not_taken_for_ones_own(database_url: str) -> None:
    asyncio.run(write(database_url, "never", 3))
    assert asyncio.run(write(database_url, "before", 3)) == [b"0", b"1", b"2"]
    assert [row[3] for row in Intake(database_url).frames()] == [b"0", b"1", b"2"] * 2


def test_reading_stops_when_the_queue_is_full_and_goes_on_after(database_url: str) -> None:
    async def fill() -> tuple[bool, bool, int]:
        eased: list[bool] = []
        journal = Journal(database_url, 0, Limits(queue=3), lambda batch: None, lambda: eased.append(True))
        assert journal.saturated  # no database yet
        await journal.open()
        for number in range(3):
            journal.put(entry(number))
        full, before = journal.saturated, len(eased)
        task = asyncio.create_task(journal.run())
        await asyncio.wait_for(journal.drained(), 20)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        empty = not journal.saturated
        await journal.close()
        return full, empty, len(eased) - before

    assert asyncio.run(fill()) == (True, True, 1)
