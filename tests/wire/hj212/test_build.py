from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuanjian.wire.hj212 import (
    LocalError,
    Standard,
    build_upload,
    parse_frame,
    parse_segment,
    read_upload,
    unseal,
)

WHEN = datetime(2016, 8, 1, 8, 58, 57)  # noqa: DTZ001
MN = "010000A8900016F000169DC0"


def build(**changes: Any) -> list[bytes]:
    usual: dict[str, Any] = {
        "standard": Standard.V2017,
        "st": "32",
        "cn": "2011",
        "pw": "123456",
        "mn": MN,
        "qn": "20160801085857223",
        "data_time": WHEN,
        "factors": [("w01001", {"rtd": "7.1", "flag": "N"})],
    }
    return build_upload(**usual | changes)


def test_one_packet() -> None:
    (raw,) = build()
    assert raw[6:-6] == (
        b"QN=20160801085857223;ST=32;CN=2011;PW=123456;MN=010000A8900016F000169DC0;Flag=5;"
        b"CP=&&DataTime=20160801085857;w01001-Rtd=7.1,w01001-Flag=N&&"
    )


def test_the_printed_split_frame_is_what_we_would_send() -> None:
    """State upload of 2017 Annex C.15, byte for byte."""
    (raw,) = build(cn="2021", factors=[("SB1", {"rs": "1"}), ("SB2", {"rs": "0"})])
    assert raw.endswith(b"CP=&&DataTime=20160801085857;SB1-RS=1;SB2-RS=0&&F141\r\n")


def test_each_standard() -> None:
    (old,) = build(
        standard=Standard.V2005, qn=None, ack=False, factors=[("w01018", {"rtd": "1"}), ("x", {"rtd": "2"})]
    )
    assert old[6:-6] == (
        b"ST=32;CN=2011;PW=123456;MN=010000A8900016F000169DC0;Flag=0;CP=&&DataTime=20160801085857;011-Rtd=1;x-Rtd=2&&"
    )
    (gas,) = build(standard=Standard.V2005, st="31", factors=[("w01018", {"rtd": "1"})])
    assert b"w01018-Rtd=1" in gas
    (new,) = build(standard=Standard.V2025, resent=True)
    assert b";Flag=9;RF=1;CP=" in new
    (middle,) = build(resent=True)
    assert b"RF=" not in middle


def test_infos() -> None:
    infos = [("i11001", "清洗"), ("i3310J", "张三"), ("i13001", "a;b"), ("zz", "1")]
    (raw,) = build(cn="3020", factors=[], infos=infos, pol_id="w01018")
    lead, *texts = parse_frame(raw).cp.split(";", 2)
    assert (lead, texts[0]) == ("DataTime=20160801085857", "PolId=w01018")
    assert texts[1] == "i11001-Info=//清洗//;i3310J-Info=张三;i13001-Info=//a;b//;zz-Info=1"
    upload = read_upload(parse_frame(raw))
    assert upload is not None
    assert upload.infos == tuple(infos)


FACTORS = [
    (f"w{20000 + n}", {"min": "1.000", "avg": "2.000", "max": "3.000", "flag": "N"}) for n in range(40)
]


@pytest.mark.parametrize("standard", Standard)
def test_a_split_keeps_every_factor_whole(standard: Standard) -> None:
    parts = build(standard=standard, factors=FACTORS, cn="2061", qn="20161231235959999")
    messages = [parse_frame(raw) for raw in parts]
    assert len(parts) > 1
    assert [m.pno for m in messages] == list(range(1, len(parts) + 1))
    assert {m.pnum for m in messages} == {len(parts)}
    assert {m.flag for m in messages} == {standard.flag_bits | 3}
    assert [m.qn for m in messages[:3]] == ["20161231235959999", "20170101000000000", "20170101000000001"]
    uploads = [read_upload(m) for m in messages]
    codes = [value.code for upload in uploads if upload for value in upload.factors]
    assert codes == [code for code, _ in FACTORS]
    assert {upload.data_time for upload in uploads if upload} == {WHEN}
    limit = 960 if standard is Standard.V2005 else 950
    assert all(len(m.cp.encode()) + 7 <= limit for m in messages)
    assert all(len(raw) <= 1036 for raw in parts)
    assert all(len(raw) > 800 for raw in parts[:-1])


def test_a_split_without_qn() -> None:
    parts = build(standard=Standard.V2005, qn=None, factors=FACTORS)
    assert {parse_frame(raw).qn for raw in parts} == {None}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"factors": [("w01001", {"rtd": "7" * 960})]}, "hj212.too_long"),
        ({"standard": Standard.V2025, "factors": FACTORS * 5}, "hj212.too_long"),
        ({"mn": "A" * 1100, "factors": []}, "hj212.too_long"),
        ({"mn": "A" * 1100}, "hj212.too_long"),
        ({"qn": "1617936069734", "factors": FACTORS}, "hj212.qn"),
        ({"qn": "99991231235959999", "factors": FACTORS}, "hj212.qn"),
    ],
)
def test_what_cannot_be_sent(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(LocalError) as caught:
        build(**changes)
    assert caught.value.code == code


def test_encrypted() -> None:
    key = b"0123456789abcdef"
    (clear,) = build(standard=Standard.V2025)
    (sealed,) = build(standard=Standard.V2025, key=key)
    assert len(sealed) == len(clear)
    assert b"DataTime" not in sealed
    opened = unseal(sealed, [key])
    assert opened is not None
    assert parse_segment(opened.segment) == parse_frame(clear)


CODES = st.from_regex(r"[aw][0-9]{5}", fullmatch=True)
NUMBERS = st.decimals(-9999, 9999, places=3).map(str)
FIELDS = st.dictionaries(
    st.sampled_from(["rtd", "avg", "min", "max", "cou", "zsavg", "flag"]), NUMBERS, min_size=1
)


@given(
    st.sampled_from(Standard),
    st.sampled_from(["31", "32"]),
    st.dictionaries(CODES, FIELDS, min_size=1, max_size=30),
    st.booleans(),
)
def test_what_is_built_is_read(
    standard: Standard, system: str, factors: dict[str, dict[str, str]], ack: bool
) -> None:
    parts = build(standard=standard, st=system, cn="2051", factors=list(factors.items()), ack=ack)
    read: dict[str, dict[str, str]] = {}
    for raw in parts:
        message = parse_frame(raw)
        upload = read_upload(message)
        assert upload is not None
        assert message.wants_answer is ack
        assert message.standard is standard
        assert message.is_split is (len(parts) > 1)
        read |= {value.code: dict(value.fields) for value in upload.factors}
    assert read == factors
