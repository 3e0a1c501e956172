"""Link states in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from yuanjian.gateway.entry import Entry, Origin
from yuanjian.gateway.links import COLUMNS, FAULT_COLUMNS, LinkBook, clock_skew
from yuanjian.wire.hj212 import Message, Seal

NOW = datetime(2026, 5, 1, 0, 0, 3, tzinfo=UTC)
MESSAGE = Message("20260501080000123", "31", "2011", "123456", "A", flag=5)


class Nobody:
    def reply(self, answers: Sequence[bytes]) -> None:
        raise AssertionError(answers)

    def send(self, packet: bytes) -> bool:
        raise AssertionError(packet)


def seen(connection: int, mn: str = "A", raw: bytes = b"1", at: datetime = NOW) -> Entry:
    return Entry(at, Origin(f"peer{connection}", connection, Nobody()), raw, replace(MESSAGE, mn=mn))


def states(book: LinkBook) -> dict[object, tuple[object, ...]]:
    """(peer, connected, frames, faults, duplicates) by MN, of what changed."""
    names = ("peer", "connected", "frames", "faults", "duplicates")
    return {row["mn"]: tuple(row[name] for name in names) for row in written(book)}


def written(book: LinkBook) -> list[dict[str, object]]:
    return [dict(zip(COLUMNS, row, strict=True)) for row in book.changes().links]


def test_counts_start_anew_after_each_write() -> None:
    book = LinkBook(0)
    book.see(seen(1))
    book.see(seen(1, raw=b"2"))
    assert states(book) == {"A": ("peer1", True, 2, 0, 0)}
    assert not book.changes()
    book.see(seen(1, raw=b"2"))
    assert states(book) == {"A": ("peer1", True, 1, 0, 1)}


def test_an_old_connection_neither_takes_over_nor_ends_the_link() -> None:
    book = LinkBook(0)
    book.see(seen(1))
    book.see(seen(2))
    book.see(seen(1))
    book.closed(1)
    assert states(book)["A"][:2] == ("peer2", True)
    book.closed(2)
    assert states(book)["A"][:2] == ("peer2", False)
    book.see(seen(1))  # it was alive after all
    assert states(book)["A"][:2] == ("peer1", True)


def test_one_connection_may_carry_many_links() -> None:
    book = LinkBook(0)
    for mn in "ABC":
        book.see(seen(1, mn))
    book.changes()
    book.closed(1)
    book.closed(9)
    assert {mn: state[1] for mn, state in states(book).items()} == {"A": False, "B": False, "C": False}


def test_only_switches_are_announced() -> None:
    book = LinkBook(0)
    book.see(seen(1))
    assert book.changes().notices == ['{"kind": "link", "mn": "A", "connected": true}']
    book.see(seen(2))
    assert book.changes().notices == []


def test_faults_count_on_known_links_and_are_kept_apart_otherwise() -> None:
    book = LinkBook(0)
    book.see(seen(1))
    for mn in ("A", "B", "B", None):
        book.see(Entry(NOW, Origin("peer", 1, Nobody()), b"?", fault="hj212.crc", claimed_mn=mn))
    changes = book.changes()
    link = dict(zip(COLUMNS, changes.links[0], strict=True))
    assert link["faults"] == link["crc_faults"] == 1
    [fault] = [dict(zip(FAULT_COLUMNS, row, strict=True)) for row in changes.faults]
    assert (fault["mn"], fault["faults"], fault["crc_faults"], fault["last_frame_at"]) == ("B", 2, 2, NOW)


def test_frames_from_a_wrong_address_are_told_apart_from_broken_ones() -> None:
    book = LinkBook(0)
    book.see(seen(1))
    for mn in ("A", "B"):
        book.see(Entry(NOW, Origin("far", 2, Nobody()), b"?", fault="gateway.address", claimed_mn=mn))
    changes = book.changes()
    for names, row in ((COLUMNS, changes.links[0]), (FAULT_COLUMNS, changes.faults[0])):
        found = dict(zip(names, row, strict=True))
        told = (found["faults"], found["crc_faults"], found["strangers"], found["stranger_peer"])
        assert told == (1, 0, 1, "far")


def test_a_device_is_up_since_its_last_long_pause_however_often_it_connects() -> None:
    book = LinkBook(0)
    times = [NOW + timedelta(minutes=minutes) for minutes in (0, 9, 18, 30, 35)]
    told = []
    for number, at in enumerate(times):
        book.see(seen(number, at=at))
        told.append(written(book)[0]["up_since"])
        book.closed(number)
        book.changes()
    assert told == [times[0], times[0], times[0], times[3], times[3]]


def test_a_frame_without_mn_is_no_link() -> None:
    book = LinkBook(0)
    book.see(seen(1, ""))
    assert not book.changes()


@pytest.mark.parametrize(
    ("change", "skew"),
    [
        ({}, -3.0),
        ({"cn": "2061"}, None),  # may be sent late
        ({"rf": True}, None),
        ({"qn": None}, None),
        ({"qn": "2026"}, None),
        ({"qn": "20261399000000000"}, None),
        ({"cn": "9015", "qn": "20260501080110000"}, 67.0),
    ],
)
def test_the_clock_of_a_device(change: dict[str, object], skew: float | None) -> None:
    assert clock_skew(replace(MESSAGE, **change), NOW) == skew  # type: ignore[arg-type]


def test_the_last_skew_known_stays() -> None:
    book = LinkBook(0)
    book.see(seen(1))
    late = seen(1, raw=b"2", at=NOW + timedelta(hours=1))
    assert late.message is not None
    book.see(replace(late, message=replace(late.message, cn="2061")))
    assert written(book)[0]["clock_skew_s"] == -3.0


@pytest.mark.parametrize(
    ("peer", "public"),
    [
        ("41.0.0.9:4000", True),
        ("2a00::9:4000", True),
        ("::ffff:41.0.0.9:4000", True),
        ("10.8.0.7:4000", False),
        ("192.168.1.2:1", False),
        ("100.64.0.9:4000", False),  # a carrier's own network
        ("127.0.0.1:4000", False),
        ("unknown:0", False),
    ],
)
def test_clear_frames_are_exposed_only_when_they_cross_the_internet(peer: str, public: bool) -> None:
    book, came = LinkBook(0), seen(1)
    origin = replace(came.origin, peer=peer)
    for seal in (Seal.CLEAR, Seal.CURRENT, Seal.NOT_DUE):
        book.see(replace(came, origin=origin, seal=seal))
    [row] = written(book)
    assert (row["clear"], row["exposed"], row["exposed_at"] is not None) == (1, int(public), public)
