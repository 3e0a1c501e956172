from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuanjian.wire.hj212 import Fault, FrameReader, PeerError, RawFrame, Rejected, build_frame, parse_frame

GOOD = build_frame(b"QN=20240601085857223;ST=32;CN=2011;PW=123456;MN=A;Flag=9;CP=&&DataTime=20240601085857&&")
CRC_MODBUS = b"##0070QN=20170516010101001;ST=22;CN=2012;PW=123456;MN=ABCDEFG1234567;CP=&&&&B388\r\n"
SEALED = build_frame(
    b"ST=31;CN=2051;PW=1;MN=A;Flag=9;CP=&&DataTime=20240520210600;a01011-Min=1.35,a01011-Avg=1.35&&",
    key=b"k" * 16,
)
LONG = GOOD.replace(b"##0087", b"##0093")  # six bytes too many, a known sender's mistake
SHORT = GOOD.replace(b"##0087", b"##0081")


def test_the_fixtures_are_what_they_say() -> None:
    assert GOOD.startswith(b"##0087")
    assert LONG != GOOD != SHORT


def test_a_good_frame_is_handed_out_without_waiting_for_line_end() -> None:
    reader = FrameReader()
    (item,) = reader.feed(GOOD[:-2])
    assert isinstance(item, RawFrame)
    assert item.segment == GOOD[6:-6]
    assert item.tolerated is None
    assert reader.feed(b"\r\n") == []
    assert reader.pending == 2
    assert reader.flush() == []
    assert reader.pending == 0


def test_a_late_line_end_belongs_to_the_next_packet() -> None:
    reader = FrameReader()
    reader.feed(GOOD[:-1])
    (item,) = reader.feed(b"\n" + GOOD)
    assert item.raw == b"\n" + GOOD
    assert parse_frame(item.raw).cn == "2011"


@pytest.mark.parametrize("wrong", [LONG, SHORT])
@pytest.mark.parametrize("step", [1, 5, 1000])
def test_wrong_length_right_checksum(wrong: bytes, step: int) -> None:
    stream = wrong + GOOD
    reader = FrameReader()
    found = [item for at in range(0, len(stream), step) for item in reader.feed(stream[at : at + step])]
    assert isinstance(found[0], Rejected)
    assert found[0].fault is Fault.LENGTH
    assert found[0].detail.endswith("!= 87")
    assert isinstance(found[1], RawFrame)
    assert len(found) == 2


def test_a_wrong_length_may_be_tolerated() -> None:
    reader = FrameReader(tolerate=frozenset({Fault.LENGTH, Fault.CRC_MODBUS}))
    long, short, modbus = reader.feed(LONG + SHORT + CRC_MODBUS)
    assert isinstance(long, RawFrame)
    assert long.segment == GOOD[6:-6]
    assert (long.tolerated, short.raw) == (Fault.LENGTH, SHORT)
    assert isinstance(modbus, RawFrame)
    assert modbus.tolerated is Fault.CRC_MODBUS
    assert modbus.segment == CRC_MODBUS[6:-6]


def test_wrong_length_is_recognised_before_the_next_packet_comes() -> None:
    (item,) = FrameReader().feed(LONG)
    assert isinstance(item, Rejected)
    assert item.fault is Fault.LENGTH


def test_wrong_length_without_line_end_ends_at_the_next_mark() -> None:
    reader = FrameReader()
    wrong, good = reader.feed(LONG.strip() + GOOD)
    assert isinstance(wrong, Rejected)
    assert (wrong.raw, wrong.fault) == (LONG.strip(), Fault.LENGTH)
    assert good.raw == GOOD


def test_a_cut_packet_does_not_swallow_those_behind_it() -> None:
    reader = FrameReader()
    cut = b"##0900" + GOOD[6:60]
    rejected, good = reader.feed(cut + GOOD)
    assert isinstance(rejected, Rejected)
    assert (rejected.raw, rejected.fault, rejected.detail) == (cut, Fault.LENGTH, "900 > 54")
    assert good.raw == GOOD


def test_a_quoted_packet_in_a_log_is_no_packet() -> None:
    text = b"//sent " + GOOD.strip() + b" twice//"
    outer = build_frame(
        b"ST=32;CN=3020;PW=1;MN=A;Flag=4;CP=&&DataTime=20240601085857;i11001-Info=" + text + b"&&"
    )
    for at in range(len(outer)):
        reader = FrameReader()
        found = reader.feed(outer[:at]) + reader.feed(outer[at:])
        assert [type(item) for item in found] == [RawFrame]


def test_three_marks() -> None:
    reader = FrameReader()
    noise, good = reader.feed(b"#" + GOOD)
    assert isinstance(noise, Rejected)
    assert (noise.raw, noise.fault, good.raw) == (b"#", Fault.GARBAGE, GOOD)


def test_oversize() -> None:
    reader = FrameReader(max_segment=1024)
    rejected, good = reader.feed(b"##1025" + b"x" * 50 + b"\r\n" + GOOD)
    assert isinstance(rejected, Rejected)
    assert (rejected.fault, rejected.detail, len(rejected.raw)) == (Fault.OVERSIZE, "1025 > 1024", 58)
    assert good.raw == GOOD


def test_an_oversize_packet_comes_out_in_bounded_pieces() -> None:
    reader = FrameReader()
    found = reader.feed(b"##9999" + b"x" * 10003)
    assert [len(item.raw) for item in found] == [4096, 4096]
    assert [item.fault for item in found if isinstance(item, Rejected)] == [Fault.OVERSIZE, Fault.GARBAGE]
    assert reader.pending == 10009 - 8192


def test_noise_comes_out_in_bounded_pieces_and_keeps_half_a_mark() -> None:
    reader = FrameReader()
    assert [len(item.raw) for item in reader.feed(b"x" * 4095 + b"#")] == [4095]
    assert [item.raw for item in reader.feed(GOOD[1:])] == [GOOD]
    assert [len(item.raw) for item in reader.feed(b"x" * 9000)] == [4096, 4096]
    assert reader.pending == 808
    assert [(item.fault, len(item.raw)) for item in reader.flush()] == [(Fault.GARBAGE, 808)]


def test_many_line_ends_are_noise() -> None:
    reader = FrameReader()
    noise, good = reader.feed(b"\r\n" * 5 + GOOD)
    assert isinstance(noise, Rejected)
    assert (noise.raw, good.raw) == (b"\r\n" * 5, GOOD)
    reader.feed(b"\r\n" * 5)
    assert [item.raw for item in reader.flush()] == [b"\r\n" * 5]


def test_a_few_line_ends_are_not() -> None:
    reader = FrameReader()
    assert [item.raw for item in reader.feed(b"\r\n\r\n" + GOOD)] == [b"\r\n\r\n" + GOOD]
    assert reader.feed(b"\n\n") + reader.flush() == []


def test_an_unfinished_packet_is_reported_when_the_peer_is_gone() -> None:
    reader = FrameReader()
    assert reader.feed(GOOD[:50]) == []
    (item,) = reader.flush()
    assert (item.raw, item.fault) == (GOOD[:50], Fault.UNFINISHED)
    assert [found.raw for found in reader.feed(GOOD)] == [GOOD]


def test_a_broken_ending_counts_against_the_checksum() -> None:
    broken = GOOD[:-8] + b"?!" + GOOD[-6:]
    (item,) = FrameReader().feed(broken)
    assert isinstance(item, Rejected)
    assert (item.raw, item.fault) == (broken, Fault.CRC)


def test_a_length_that_ends_in_the_middle_of_nothing() -> None:
    reader = FrameReader()
    assert reader.feed(b"##0010" + b"x" * 30) == []
    rejected, good = reader.feed(GOOD)
    assert isinstance(rejected, Rejected)
    assert (rejected.fault, rejected.detail) == (Fault.LENGTH, "10")
    assert good.raw == GOOD


@pytest.mark.parametrize("inner", [b"##", b"##12", b"##12ab", b"##0003abc", b"##0001x0000\r\n"])
def test_marks_inside_an_unfinished_packet_prove_nothing(inner: bytes) -> None:
    segment = b"ST=32;CN=3020;PW=1;MN=A;CP=&&i11001-Info=//" + inner + b"//&&"
    raw = build_frame(segment)
    for at in range(6, len(raw) - 2):
        reader = FrameReader()
        assert reader.feed(raw[:at]) == []
        assert [item.raw for item in reader.feed(raw[at:])] == [raw]


NOISE = st.binary(min_size=1, max_size=40)
PIECES = st.one_of(
    st.sampled_from(
        [GOOD, GOOD.strip(), CRC_MODBUS, SEALED, LONG, SHORT, LONG.strip(), b"\r\n", b"##", b"#", b"##9999"]
    ),
    NOISE,
    st.integers(0, len(GOOD)).map(lambda size: GOOD[:size]),
    st.integers(0, len(GOOD)).map(lambda size: GOOD[size:]),
)


def fed(stream: bytes, cuts: list[int]) -> tuple[list[RawFrame | Rejected], int]:
    reader = FrameReader()
    edges = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    found = [item for begin, end in pairwise(edges) for item in reader.feed(stream[begin:end])]
    return found, reader.pending


@given(st.lists(PIECES, max_size=12).map(b"".join), st.lists(st.integers(0, 10_000), max_size=8))
def test_no_byte_is_lost(stream: bytes, cuts: list[int]) -> None:
    found, pending = fed(stream, cuts)
    handed_out = b"".join(item.raw for item in found)
    assert handed_out == stream[: len(handed_out)]
    assert len(handed_out) + pending == len(stream)
    for item in found:
        assert isinstance(item, Rejected) or item.segment in item.raw


@given(st.lists(PIECES, max_size=8).map(b"".join), st.lists(st.integers(0, 10_000), max_size=8))
def test_flush_leaves_nothing_but_a_line_end(stream: bytes, cuts: list[int]) -> None:
    reader = FrameReader()
    handed_out = b"".join(item.raw for item in reader.feed(stream) + reader.flush())
    assert reader.pending == 0
    assert stream.startswith(handed_out)
    assert len(stream) - len(handed_out) <= 8
    assert not stream[len(handed_out) :].strip(b"\r\n")


@given(st.lists(PIECES, max_size=8).map(b"".join), st.lists(st.integers(0, 10_000), max_size=8))
def test_the_verdict_does_not_depend_on_how_the_stream_is_cut(stream: bytes, cuts: list[int]) -> None:
    def verdicts(found: list[RawFrame | Rejected]) -> list[object]:
        return [(getattr(item, "fault", None), item.raw.strip(b"\r\n")) for item in found]

    assert verdicts(fed(stream, cuts)[0]) == verdicts(fed(stream, [])[0])


@given(st.lists(st.sampled_from([GOOD, GOOD.strip(), SEALED, CRC_MODBUS, LONG]), max_size=10), st.data())
def test_however_the_stream_is_cut_the_packets_are_the_same(
    packets: list[bytes], data: st.DataObject
) -> None:
    stream = b"".join(packets)
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=20))
    whole, _ = fed(stream, [])
    pieces, _ = fed(stream, cuts)
    assert [item.raw.strip() for item in pieces] == [item.raw.strip() for item in whole]
    assert [type(item) for item in pieces] == [type(item) for item in whole]
    assert len(whole) == len(packets)


def test_a_broken_packet_does_not_reach_into_the_next() -> None:
    """Its length would end just after the ``CP=&&`` of the good packet."""
    reader = FrameReader()
    broken = b"##0087QN=2024060108&&1C80"
    rejected, good = reader.feed(broken + GOOD)
    assert isinstance(rejected, Rejected)
    assert (rejected.raw, rejected.fault, good.raw) == (broken, Fault.CRC, GOOD)


@given(st.lists(st.binary(max_size=30).filter(lambda noise: b"#" not in noise), max_size=6))
def test_every_good_frame_is_found_between_noise(noises: list[bytes]) -> None:
    found, _ = fed(b"".join(noise + GOOD for noise in noises), [])
    assert sum(isinstance(item, RawFrame) for item in found) == len(noises)


@given(st.binary(max_size=300))
def test_any_bytes_parse_or_are_the_peers_fault(raw: bytes) -> None:
    for candidate in (raw, b"##0010" + raw, GOOD[: len(raw)] + raw):
        code = None
        try:
            parse_frame(candidate)
        except PeerError as error:
            code = error.code
        assert code is not None or candidate.strip(b"\r\n").startswith(b"##")
