"""Which key fits, and what is noted where none was used (HJ 212-2025 section 6.4)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from yuanjian.wire.hj212 import (
    Fault,
    FrameReader,
    LocalError,
    Opened,
    RawFrame,
    Rejected,
    Seal,
    Standard,
    build_frame,
    build_upload,
    crc16,
    open_frame,
    parse_segment,
    peek_mn,
)

OLD, NEW = b"0" * 16, b"0123456789abcdef"
PLAIN = (
    b"QN=20240520210700000;ST=31;CN=2051;PW=123456;MN=010000A8900016F000169DC0;Flag=9;"
    b"CP=&&DataTime=20240520210600;a21026-Avg=1.35,a21026-Flag=N&&"
)


def arrived(raw: bytes) -> RawFrame | Rejected:
    (item,) = FrameReader().feed(raw)
    return item


def seal(found: Opened | Rejected) -> Seal | Fault:
    return found.seal if isinstance(found, Opened) else found.fault


@pytest.mark.parametrize(
    ("key", "current", "previous", "expected"),
    [
        (NEW, NEW, OLD, Seal.CURRENT),
        (OLD, NEW, OLD, Seal.PREVIOUS),
        (OLD, NEW, None, Fault.SEALED),
        (OLD, None, None, Fault.SEALED),
        (None, NEW, OLD, Seal.CLEAR),
        (None, None, None, Seal.CLEAR),
    ],
)
def test_current_previous_or_none(
    key: bytes | None, current: bytes | None, previous: bytes | None, expected: Seal | Fault
) -> None:
    raw = build_frame(PLAIN, key=key)
    found = open_frame(arrived(raw), Standard.V2025, current, previous)
    assert seal(found) is expected
    if isinstance(found, Opened):
        assert (found.frame.raw, found.frame.segment) == (raw, PLAIN)
    else:
        assert found.raw == raw
        assert found.fault.zh == "已加密，现有密钥均无法解开"


def test_clear_is_a_note_not_a_fault() -> None:
    assert Seal.CLEAR.value == "hj212.seal.clear"
    assert Seal.CLEAR.zh == "应加密而未加密（互联网传输违反规定）"


@pytest.mark.parametrize(
    ("change", "standard"),
    [
        ((b"CN=2051", b"CN=9015"), Standard.V2025),
        ((b"CN=2051", b"CN=3019"), Standard.V2025),
        ((b"DataTime=20240520210600;a21026-Avg=1.35,a21026-Flag=N", b""), Standard.V2025),
        ((b"", b""), Standard.V2017),
    ],
)
def test_not_due(change: tuple[bytes, bytes], standard: Standard) -> None:
    raw = build_frame(PLAIN.replace(*change))
    assert seal(open_frame(arrived(raw), standard, NEW, OLD)) is Seal.NOT_DUE


def test_2017_devices_do_not_encrypt() -> None:
    item = arrived(build_frame(PLAIN, key=NEW))
    assert open_frame(item, Standard.V2017, NEW, OLD) is item


def test_clear_text_that_opens_strangely() -> None:
    raw = build_frame(PLAIN.replace(b"DataTime=20240520210600;", b""))
    assert seal(open_frame(arrived(raw), Standard.V2025, NEW)) is Seal.CLEAR


def test_other_faults_stay() -> None:
    wrong = build_frame(PLAIN).replace(b"Avg=1.35", b"Avg=1.36")
    for raw, fault in ((wrong, Fault.CRC), (b"##9999" + PLAIN, Fault.OVERSIZE)):
        reader = FrameReader()
        item = (reader.feed(raw) or reader.flush())[0]
        found = open_frame(item, Standard.V2025, NEW, OLD)
        assert found is item or fault is Fault.OVERSIZE
    garbage = Rejected(PLAIN, Fault.LENGTH)
    assert open_frame(garbage, Standard.V2025, NEW, OLD) is garbage


def test_a_matching_crc_proves_nothing() -> None:
    """One encrypted packet in 256 has bytes with the CRC of its plaintext: it must be opened all the same."""
    for minute in range(2000):
        moment = datetime(2026, 3, 1 + minute // 1440, minute // 60 % 24, minute % 60)  # noqa: DTZ001
        (raw,) = build_upload(
            standard=Standard.V2025, st="31", cn="2011", pw="123456", mn="M" * 24, qn="20260301000000000",
            data_time=moment, factors=[("a21026", {"rtd": str(minute)})], key=NEW,
        )  # fmt: skip
        item = arrived(raw)
        if isinstance(item, RawFrame):
            break
    else:
        pytest.fail("no such packet among 2000")
    assert crc16(item.segment).encode() == raw.strip()[-4:]
    found = open_frame(item, Standard.V2025, NEW)
    assert isinstance(found, Opened)
    assert found.seal is Seal.CURRENT
    assert parse_segment(found.frame.segment).cp.startswith("DataTime=20260")
    assert seal(open_frame(item, Standard.V2025, OLD)) is Fault.SEALED


def test_printed_form(samples: list[Any]) -> None:
    """``{0xE4,0x3E,…}`` as the standard prints cipher bytes, which some senders take literally."""
    for sample in samples:
        if sample.encrypted:
            head, _, rest = sample.raw.partition(b"CP=&&")
            body, _, tail = rest.rpartition(b"&&")
            whole = len(body) // 16 * 16
            printed = b"{" + b",".join(b"0x%02X" % byte for byte in body[:whole]) + b"}" + body[whole:]
            length = b"##%04d" % (int(head[2:6]) + len(printed) - len(body))
            raw = length + head[6:] + b"CP=&&" + printed + b"&&" + tail
            reader = FrameReader()
            (item,) = reader.feed(raw) or reader.flush()
            assert seal(open_frame(item, Standard.V2025, NEW, OLD)) is Seal.PREVIOUS


def test_printed_key_of_wrong_size() -> None:
    with pytest.raises(LocalError):
        open_frame(arrived(build_frame(PLAIN, key=NEW)), Standard.V2025, b"short")


@pytest.mark.parametrize(
    ("raw", "mn"),
    [
        (b"##0099MN=abc;CP=&&", "abc"),
        (b"MN=abc;CP=&&", "abc"),
        (b"##0099ST=32; mn = abc ;CP=&&", "abc"),
        (b"##0099ST=32;CP=&&", None),
        (b"##0099MN=abc", None),
    ],
)
def test_mn_of_what_cannot_be_read(raw: bytes, mn: str | None) -> None:
    assert peek_mn(raw) == mn
