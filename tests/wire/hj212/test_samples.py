"""Every sample frame, judged as its flags say, however it arrives."""

from __future__ import annotations

from typing import Any

import pytest

from yuanjian.wire.hj212 import (
    Fault,
    FrameReader,
    PeerError,
    RawFrame,
    Rejected,
    answer,
    build_frame,
    build_segment,
    crc16,
    parse_frame,
    parse_segment,
    read_upload,
    split_frame,
    unseal,
)

KEY = b"0" * 16


def expected(sample: Any) -> Fault | None:
    if sample.valid and not sample.encrypted:
        return None
    if sample.modbus:
        return Fault.CRC_MODBUS
    return Fault.CRC_SWAPPED if "bytes swapped" in sample.note else Fault.CRC


def judge(item: RawFrame | Rejected) -> Fault | None:
    return item.fault if isinstance(item, Rejected) else None


def test_there_are_173(samples: list[Any]) -> None:
    assert len(samples) == 173
    assert sum(sample.valid for sample in samples) == 138
    assert sum(expected(sample) is Fault.CRC_MODBUS for sample in samples) == 26
    assert sum(expected(sample) is Fault.CRC_SWAPPED for sample in samples) == 3


def test_checksum(sample: Any) -> None:
    segment, _ = split_frame(sample.raw)
    assert len(segment) == sample.actual
    assert (crc16(segment) == sample.crc) is not sample.encrypted


def test_whole(sample: Any) -> None:
    reader = FrameReader()
    (item,) = reader.feed(sample.raw) + reader.flush()
    assert item.raw == sample.raw
    assert judge(item) is expected(sample)


def test_byte_by_byte(sample: Any) -> None:
    reader = FrameReader()
    found = [item for at in range(len(sample.raw)) for item in reader.feed(sample.raw[at : at + 1])]
    rest = reader.pending
    found += reader.flush()
    (item,) = found
    assert item.raw == sample.raw[: len(sample.raw) - rest]
    assert sample.raw[len(sample.raw) - rest :] in (b"", b"\n", b"\r\n")
    assert judge(item) is expected(sample)


@pytest.mark.parametrize("noise", [b"noise", b"\x00\xff#", b"##", b"##12", b"##abcd", b"#"])
def test_with_noise_behind_and_before(sample: Any, noise: bytes) -> None:
    reader = FrameReader()
    found = reader.feed(sample.raw + noise) + reader.flush()
    assert b"".join(item.raw for item in found) == sample.raw + noise
    assert (found[0].raw, judge(found[0])) == (sample.raw, expected(sample))
    found = reader.feed(noise + sample.raw) + reader.flush()
    assert b"".join(item.raw for item in found) == noise + sample.raw
    if not noise.endswith(b"#"):  # a mark of noise and a mark of a packet run together
        assert judge(found[-1]) is expected(sample)


def test_all_in_one_stream(samples: list[Any]) -> None:
    reader = FrameReader()
    found = reader.feed(b"".join(sample.raw for sample in samples))
    assert [judge(item) for item in found] == [expected(sample) for sample in samples]
    assert [item.raw for item in found] == [sample.raw for sample in samples]


def test_without_line_ends(samples: list[Any]) -> None:
    reader = FrameReader()
    whole = [sample for sample in samples if sample.declared == sample.actual]
    found = reader.feed(b"".join(sample.raw.strip() for sample in whole))
    assert [judge(item) for item in found] == [expected(sample) for sample in whole]


def test_parse_frame_agrees(sample: Any) -> None:
    if expected(sample) is None:
        message = parse_frame(sample.raw)
        segment, crc = split_frame(sample.raw)
        assert parse_segment(segment) == message
        assert crc.decode().upper() == crc16(segment)
    else:
        with pytest.raises(PeerError) as caught:
            parse_frame(sample.raw)
        wrong_length = sample.declared != sample.actual
        assert caught.value.fault is (Fault.LENGTH if wrong_length else expected(sample))


def test_messages_survive_writing(sample: Any) -> None:
    if expected(sample) is None:
        message = parse_frame(sample.raw)
        assert parse_segment(build_segment(message)) == message
        due = answer(message)
        if due is not None:
            assert parse_frame(build_frame(build_segment(due))) == due


def test_uploads_can_be_read(sample: Any) -> None:
    if expected(sample) is None:
        message = parse_frame(sample.raw)
        upload = read_upload(message)
        asked = "DataTime" not in message.cp
        if message.cn in ("2011", "2051", "2061", "2031", "2021", "2041", "3020"):
            assert (upload is None) is asked
            assert upload is None or upload.factors or upload.infos
        else:
            assert upload is None


def test_encrypted_packets_open(sample: Any) -> None:
    if sample.encrypted:
        opened = unseal(sample.raw, [b"1" * 16, KEY])
        assert opened is not None
        assert crc16(opened.segment) == sample.crc
        message = parse_segment(opened.segment)
        upload = read_upload(message)
        assert upload is not None
        assert upload.data_time.isoformat() == "2024-05-20T21:06:00"
        assert upload.factors[0].code == "a01011"
        assert build_frame(opened.segment, key=KEY) == sample.raw
    elif sample.valid:
        opened = unseal(sample.raw, [KEY])
        body = sample.raw.partition(b"CP=&&")[2].rpartition(b"&&")[0]
        assert opened is None or (len(body) < 16 and opened.segment in sample.raw)  # too short to encrypt
