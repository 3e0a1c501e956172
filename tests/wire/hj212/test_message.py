from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuanjian.wire.hj212 import Fault, Message, PeerError, Standard, build_segment, parse_segment

FULL = Message(
    "20240601085857534",
    "32",
    "2061",
    "123456",
    "A1",
    flag=11,
    pnum=2,
    pno=1,
    rf=True,
    cp="a=1",
    extra=(("X", "y"),),
)


@pytest.mark.parametrize(
    ("standard", "segment"),
    [
        (
            Standard.V2005,
            "QN=20240601085857534;PNUM=2;PNO=1;ST=32;CN=2061;PW=123456;MN=A1;Flag=11;RF=1;X=y;CP=&&a=1&&",
        ),
        (
            Standard.V2017,
            "QN=20240601085857534;ST=32;CN=2061;PW=123456;MN=A1;Flag=11;PNUM=2;PNO=1;RF=1;X=y;CP=&&a=1&&",
        ),
        (
            Standard.V2025,
            "QN=20240601085857534;ST=32;CN=2061;PW=123456;MN=A1;Flag=11;PNUM=2;PNO=1;RF=1;X=y;CP=&&a=1&&",
        ),
    ],
)
def test_field_order(standard: Standard, segment: str) -> None:
    assert build_segment(FULL, standard) == segment.encode()
    assert parse_segment(segment.encode()) == FULL


def test_the_order_follows_flag_by_default() -> None:
    assert build_segment(FULL) == build_segment(FULL, Standard.V2025)
    bare = Message(None, "32", "2011", "1", "A", pnum=2, pno=2)
    assert build_segment(bare) == b"PNUM=2;PNO=2;ST=32;CN=2011;PW=1;MN=A;CP=&&&&"


@pytest.mark.parametrize(
    ("flag", "standard", "wants"),
    [
        (None, Standard.V2005, False),
        (0, Standard.V2005, False),
        (3, Standard.V2005, True),
        (4, Standard.V2017, False),
        (7, Standard.V2017, True),
        (8, Standard.V2025, False),
        (11, Standard.V2025, True),
        (13, Standard.V2025, True),
    ],
)
def test_flag(flag: int | None, standard: Standard, wants: bool) -> None:
    message = Message(None, "32", "2011", "", "", flag=flag)
    assert message.standard is standard
    assert message.wants_answer is wants


def test_version_bits() -> None:
    assert [standard.flag_bits for standard in Standard] == [0, 4, 8]


def test_split_is_more_than_one_part() -> None:
    assert FULL.is_split
    assert not Message(None, "32", "2011", "", "", pnum=1, pno=1).is_split
    assert not Message(None, "32", "2011", "", "").is_split


@pytest.mark.parametrize(
    "segment",
    [
        b"CP=&&x=1&&;PNO=0002;PNUM=0002;MN= A ;CN=2011;ST=32;Flag=",
        b"cp=&&x=1&&;pno=2;;pnum=2;mn=A;cn=2011;st=32",
        b"ST=32;CN=2011;MN=A;PNUM=2;PNO=2;RF=0;CP=&&x=1&&",
    ],
)
def test_any_order_case_and_padding(segment: bytes) -> None:
    message = parse_segment(segment)
    assert message == Message(None, "32", "2011", "", "A", pnum=2, pno=2, cp="x=1")


def test_the_last_ampersands_close() -> None:
    assert parse_segment(b"ST=1;CN=1;MN=;CP=&&a&&b&&").cp == "a&&b"
    assert parse_segment(b"ST=1;CN=1;MN=;CP=&&&&").cp == ""


def test_chinese_text() -> None:
    assert (
        parse_segment("ST=1;CN=1;MN=;CP=&&i11001-Info=//清洗管路//&&".encode()).cp
        == "i11001-Info=//清洗管路//"
    )


@pytest.mark.parametrize(
    "segment",
    [
        b"",
        b"ST=32;CN=2011;MN=A",
        b"ST=32;CN=2011;MN=A;CP=&&&",
        b"ST=32;CN=2011;MN=A;CP=&&x",
        b"CN=2011;MN=A;CP=&&&&",
        b"ST=32;MN=A;CP=&&&&",
        b"ST=32;CN=2011;CP=&&&&",
        b"ST=32;CN=2011;MN=A;noise;CP=&&&&",
        b"ST=32;CN=2011;MN=A;MN=B;CP=&&&&",
        b"ST=32;CN=2011;MN=" + b"A" * 65 + b";CP=&&&&",
        b"ST=32;CN=2011;MN=A;Flag=x;CP=&&&&",
        b"ST=32;CN=2011;MN=A;Flag=256;CP=&&&&",
        b"ST=32;CN=2011;MN=A;Flag=-1;CP=&&&&",
        "ST=32;CN=2011;MN=A;Flag=５;CP=&&&&".encode(),
        b"ST=32;CN=2011;MN=A;PNUM=10000;CP=&&&&",
        b"ST=32;CN=2011;MN=\xc3;CP=&&&&",
        b"ST=32;CN=2011;MN=A;CP=&&\xff&&",
        b"ST=32;CN=2011;MN=A;CP=&&\x00&&",
        b"ST=32;CN=2011;MN=\x00;CP=&&&&",
    ],
)
def test_what_cannot_be_read(segment: bytes) -> None:
    with pytest.raises(PeerError) as caught:
        parse_segment(segment)
    assert caught.value.fault is Fault.SEGMENT


NAME = st.text("ABCXYZabc019_", min_size=1, max_size=8)
VALUE = st.text("0123456789ABCabc._- 中", max_size=24).map(str.strip)
CP = st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), max_size=80)
MESSAGES = st.builds(
    Message,
    st.none() | VALUE,
    VALUE,
    VALUE,
    VALUE,
    VALUE,
    flag=st.none() | st.integers(0, 255),
    pnum=st.none() | st.integers(0, 9999),
    pno=st.none() | st.integers(0, 9999),
    rf=st.booleans(),
    cp=CP,
    extra=st.lists(
        st.tuples(st.just("X").flatmap(lambda x: NAME.map(lambda n: x + n)), VALUE), max_size=3
    ).map(tuple),
)


@given(MESSAGES, st.sampled_from(Standard))
def test_what_is_written_can_be_read(message: Message, standard: Standard) -> None:
    assert parse_segment(build_segment(message, standard)) == message


@given(st.binary(max_size=120))
def test_any_bytes(noise: bytes) -> None:
    for segment in (noise, b"ST=1;CN=2011;MN=1;CP=&&" + noise + b"&&", noise + b";ST=1;CN=1;MN=1;CP=&&&&"):
        fault = None
        try:
            message = parse_segment(segment)
        except PeerError as error:
            fault = error.fault
        assert fault is Fault.SEGMENT or message.cn in segment.decode()
