"""How devices in the field stray from the standard: what is accepted or refused, what is read on screen.

The same cases stand in docs/hj212.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from yuanjian.wire.hj212 import (
    Fault,
    FrameReader,
    PeerError,
    RawFrame,
    Rejected,
    Remark,
    Standard,
    answer,
    build_frame,
    build_segment,
    crc16,
    crc16_modbus,
    open_frame,
    parse_segment,
    read_upload,
    remarks,
)

V2005, V2017, V2025 = Standard
QN, MN = "QN=20240601085857223", "MN=010000A8900016F000169DC0"
HEAD = f"{QN};ST=32;CN=2011;PW=123456;{MN};Flag=5;"
DATA = "CP=&&DataTime=20240601085857;w01018-Rtd=2.2,w01018-Flag=N&&"


def packet(segment: str | bytes, *, crc: str = "", length: int | None = None, end: bytes = b"\r\n") -> bytes:
    body = segment if isinstance(segment, bytes) else segment.encode()
    digits = (crc or crc16(body)).encode()
    return b"##%04d" % (len(body) if length is None else length) + body + digits + end


def receive(raw: bytes, tolerate: frozenset[Fault] = frozenset()) -> RawFrame | Rejected:
    reader = FrameReader(tolerate=tolerate)
    found: list[RawFrame | Rejected] = [*reader.feed(raw), *reader.flush()]
    (item,) = found
    assert item.raw == raw
    return item


PLAIN = (HEAD + DATA).encode()
LONG = HEAD + "CP=&&DataTime=20240601085857" + ";w01018-Rtd=2.2,w01018-Flag=N" * 40 + "&&"


@dataclass(frozen=True)
class Refused:
    """A packet not accepted: its fault and what is read on screen."""

    raw: bytes
    fault: Fault
    zh: str


MODBUS = crc16_modbus(PLAIN)
REFUSED = {
    "modbus": Refused(packet(PLAIN, crc=MODBUS), Fault.CRC_MODBUS, "CRC 用了 MODBUS 算法"),
    "modbus-swapped": Refused(
        packet(PLAIN, crc=MODBUS[2:] + MODBUS[:2]), Fault.CRC_SWAPPED, "CRC 用了 MODBUS 算法且高低字节颠倒"
    ),
    "random-crc": Refused(packet(PLAIN, crc="1234"), Fault.CRC, "CRC 校验错误：1234 != A501"),
    "placeholder-crc": Refused(packet(PLAIN, crc="ABCD"), Fault.CRC, "CRC 校验错误：ABCD != A501"),
    "length-6-more": Refused(
        packet(PLAIN, length=len(PLAIN) + 6), Fault.LENGTH, "数据段长度与实际不符：145 != 139"
    ),
    "length-less": Refused(
        packet(PLAIN, length=len(PLAIN) - 1), Fault.LENGTH, "数据段长度与实际不符：138 != 139"
    ),
    "length-and-crc": Refused(
        packet(PLAIN, length=len(PLAIN) + 26, crc="ABCD"), Fault.CRC, "CRC 校验错误：ABCD != A501; 165 != 139"
    ),
    "over-the-cap": Refused(
        packet(b"x" * 4100)[:60] + b"\r\n", Fault.OVERSIZE, "数据段长度超过上限：4100 > 4096"
    ),
    "no-packet": Refused(b"GET / HTTP/1.1\r\n", Fault.GARBAGE, "不是 HJ 212 数据包"),
    "half": Refused(packet(PLAIN)[:80], Fault.UNFINISHED, "数据包不完整"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    case = REFUSED[name]
    item = receive(case.raw)
    assert isinstance(item, Rejected)
    assert item.fault is case.fault
    assert case.fault.explain(item.detail)[0].startswith(case.zh)
    assert case.fault.explain(item.detail)[1].startswith(case.fault.en)


@pytest.mark.parametrize("name", ["modbus", "modbus-swapped", "length-6-more", "length-less"])
def test_tolerated_by_setting(name: str) -> None:
    """A device may be allowed its own mistake; the frame stays marked."""
    case = REFUSED[name]
    item = receive(case.raw, frozenset({case.fault}))
    assert isinstance(item, RawFrame)
    assert (item.segment, item.tolerated) == (PLAIN, case.fault)
    assert remarks(parse_segment(item.segment), V2017, item) == (Remark.TOLERATED,)


SEGMENT_FAULTS = {
    "no-cp": (HEAD, "数据段内容无法解析：CP=&&...&&"),
    "cp-not-closed": (HEAD + "CP=&&DataTime=20240601085857", "数据段内容无法解析：CP=&&...&&"),
    "no-mn": (f"{QN};ST=32;CN=2011;PW=123456;{DATA}", "数据段内容无法解析：MN"),
    "no-st": (f"{QN};CN=2011;PW=123456;{MN};{DATA}", "数据段内容无法解析：ST"),
    "no-cn": (f"{QN};ST=32;PW=123456;{MN};{DATA}", "数据段内容无法解析：CN"),
    "two-mn": (f"{HEAD}{MN};{DATA}", "数据段内容无法解析：MN"),
    "gbk": ((HEAD + "CP=&&i11001-Info=//清洗//&&").encode("gbk"), "数据段内容无法解析：UTF-8"),
    "nul": (HEAD + "CP=&&a=\0&&", "数据段内容无法解析：NUL"),
    "flag-300": (HEAD.replace("Flag=5", "Flag=300") + DATA, "数据段内容无法解析：FLAG=300"),
    "stray-word": ("hello;" + HEAD + DATA, "数据段内容无法解析：hello"),
}


@pytest.mark.parametrize("name", SEGMENT_FAULTS)
def test_right_crc_wrong_contents(name: str) -> None:
    segment, zh = SEGMENT_FAULTS[name]
    item = receive(packet(segment))
    assert isinstance(item, RawFrame)
    with pytest.raises(PeerError) as caught:
        parse_segment(item.segment)
    assert (caught.value.fault, caught.value.zh) == (Fault.SEGMENT, zh)


@pytest.mark.parametrize("stamp", ["", "2024060108585", "20240631085857", "20240601085860", "now"])
def test_no_valid_time(stamp: str) -> None:
    message = parse_segment((HEAD + DATA.replace("20240601085857", stamp)).encode())
    with pytest.raises(PeerError) as caught:
        read_upload(message)
    assert caught.value.zh.startswith("数据时间缺失或无效")


@dataclass(frozen=True)
class Accepted:
    """A packet accepted all the same, and what the operator may read about it."""

    raw: bytes
    noted: tuple[Remark, ...] = ()
    standard: Standard = V2017


LOWER = next(
    text
    for text in (HEAD + DATA.replace("2.2", str(value)) for value in range(100))
    if crc16(text.encode()).lower() != crc16(text.encode())
)
ACCEPTED = {
    "by-the-book": Accepted(packet(PLAIN)),
    "no-line-end": Accepted(packet(PLAIN, end=b"")),
    "only-lf": Accepted(packet(PLAIN, end=b"\n")),
    "crc-lower": Accepted(packet(LOWER, crc=crc16(LOWER.encode()).lower()), (Remark.CRC_CASE,)),
    "no-qn": Accepted(packet(HEAD.removeprefix(QN + ";") + DATA), (Remark.NO_QN,)),
    "no-qn-2005": Accepted(packet(f"ST=32;CN=2011;PW=123456;MN=XX999900000096;{DATA}"), standard=V2005),
    "qn-unix-ms": Accepted(
        packet((HEAD + DATA).replace("20240601085857223", "1717203537223")), (Remark.QN_FORM,)
    ),
    "qn-no-time": Accepted(
        packet((HEAD + DATA).replace("20240601085857223", "20241301085857223")), (Remark.QN_FORM,)
    ),
    "no-flag": Accepted(packet((HEAD + DATA).replace("Flag=5;", "")), (Remark.NO_FLAG,)),
    "flag-empty": Accepted(packet((HEAD + DATA).replace("Flag=5;", "Flag=;")), (Remark.NO_FLAG,)),
    "flag-of-2025": Accepted(packet((HEAD + DATA).replace("Flag=5", "Flag=9")), (Remark.VERSION,)),
    "flag-3-in-2017": Accepted(
        packet((HEAD + DATA).replace("Flag=5", "Flag=3")), (Remark.VERSION, Remark.PART_NUMBERS)
    ),
    "st-101": Accepted(packet((HEAD + DATA).replace("ST=32", "ST=101")), (Remark.ST_UNKNOWN,)),
    "cn-9021": Accepted(packet((HEAD + DATA).replace("CN=2011", "CN=9021")), (Remark.CN_UNKNOWN,)),
    "pw-24": Accepted(packet((HEAD + DATA).replace("123456", "0123456789ABCDEF01234567")), (Remark.PW_FORM,)),
    "no-pw": Accepted(packet((HEAD + DATA).replace("PW=123456;", "")), (Remark.PW_FORM,)),
    "mn-empty": Accepted(packet((HEAD + DATA).replace(MN, "MN=")), (Remark.MN_EMPTY,)),
    "mn-3": Accepted(packet((HEAD + DATA).replace(MN, "MN=Abc")), (Remark.MN_FORM,)),
    "mn-underscore": Accepted(packet((HEAD + DATA).replace(MN, "MN=XXDM01_AIR01_0055")), (Remark.MN_FORM,)),
    "answer-st-21": Accepted(
        packet(f"{QN};ST=21;CN=9012;PW=123456;{MN};Flag=5;CP=&&ExeRtn=1&&"), (Remark.ANSWER_ST,)
    ),
    "pno-before-pnum": Accepted(packet((HEAD + DATA).replace("Flag=5", "PNO=0002;PNUM=0002;Flag=7"))),
    "pno-without-flag": Accepted(
        packet((HEAD + DATA).replace("Flag=5", "PNO=0002;PNUM=0002")), (Remark.NO_FLAG, Remark.PART_NUMBERS)
    ),
    "names-lower": Accepted(packet((HEAD + DATA).replace("ST=", "st=").replace("Flag=5", "flag=5"))),
    "time-17": Accepted(packet((HEAD + DATA).replace("085857;w", "085857000;w")), (Remark.TIME_WIDTH,)),
    "flag-alone": Accepted(packet((HEAD + DATA).replace(",w01018-Flag", ";Flag")), (Remark.NO_FACTOR,)),
    "flag-first": Accepted(
        packet((HEAD + DATA).replace("w01018-Rtd=2.2,w01018-Flag=N", "w01018-Flag=N,w01018-Rtd=2.2"))
    ),
    "separators-mixed": Accepted(
        packet((HEAD + DATA).replace("w01018-Rtd=2.2,w", "w01018-Rtd=2.2;w").replace("57;w", "57,w"))
    ),
    "spaces": Accepted(
        packet((HEAD + DATA).replace("&&DataTime=", "&& DataTime= ").replace("2.2,", " 2.2 , "))
    ),
    "extra-sub-fields": Accepted(packet((HEAD + DATA).replace("N&&", "N,w01018-ValidNum=10&&"))),
    "position": Accepted(packet((HEAD + DATA).replace("N&&", "N;l01001-Flag=N,l01001-Rtd=105.00000&&"))),
    "unknown-code": Accepted(packet((HEAD + DATA).replace("N&&", "N;ele01-Rtd=1;PMD-Rtd=2&&"))),
    "three-dots": Accepted(packet((HEAD + DATA).replace("N&&", "N;...&&")), (Remark.NO_VALUE,)),
    "empty-item": Accepted(packet((HEAD + DATA).replace("N&&", "N;;&&"))),
    "chinese-log": Accepted(
        packet(
            f"{HEAD}CP=&&DataTime=20240601085857;w01018-Rtd=2.2;i11001-Info=//清洗;管路//&&".replace(
                "2011", "3020"
            )
        )
    ),
    "over-1024": Accepted(packet(LONG), (Remark.LONG,)),
    "vendor-header": Accepted(packet("Ver=1;" + HEAD + DATA)),
    "resent": Accepted(packet(HEAD.replace("Flag=5", "Flag=9") + "RF=1;" + DATA), standard=V2025),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_accepted(name: str) -> None:
    case = ACCEPTED[name]
    item = receive(case.raw)
    assert isinstance(item, RawFrame)
    assert item.tolerated is None
    message = parse_segment(item.segment)
    assert remarks(message, case.standard, item) == case.noted
    assert all(remark.zh and remark.en and remark.value.startswith("hj212.remark.") for remark in case.noted)
    upload = read_upload(message)
    if message.cn in ("2011", "3020"):
        assert upload is not None
        (value, *_) = (factor for factor in upload.factors if factor.code == "w01018")
        assert value.fields["rtd"] in {*map(str, range(100)), "2.2"}
    due = answer(message)
    assert (due is not None) == (message.wants_answer and upload is not None)


def test_without_a_frame() -> None:
    """The length of the packet cannot be judged by its message."""
    assert remarks(parse_segment(LONG.encode()), V2017) == ()


BINARY = [b"\r\n", b"&&", b"##", b"\r\n##0010", b"&&\r\n"]


@pytest.mark.parametrize("inside", BINARY)
def test_binary_that_looks_like_an_end(inside: bytes) -> None:
    """Cipher bytes may hold any of the marks; length and CRC decide, in one piece or byte by byte."""
    body = b"\x01\x02" * 20 + inside + b"\xfe" * 30
    segment = f"{QN};ST=32;CN=2011;PW=123456;{MN};Flag=9;CP=&&".encode() + body + b"&&"
    good, bad = packet(segment), packet(segment, crc="0000")
    for raw, fault in ((good, None), (bad, Fault.CRC)):
        reader = FrameReader()
        found = [item for at in range(len(raw)) for item in reader.feed(raw[at : at + 1])]
        (item,) = found
        assert (item.fault if isinstance(item, Rejected) else None) is fault
        assert item.raw == raw[:-2]  # the line end comes after the packet was handed out
        whole = receive(raw)
        assert (whole.fault if isinstance(whole, Rejected) else None) is fault


def test_encrypted_without_a_key() -> None:
    raw = build_frame((HEAD.replace("Flag=5", "Flag=9") + DATA).encode(), key=b"0123456789abcdef")
    found = open_frame(receive(raw), V2025)
    assert isinstance(found, Rejected)
    assert found.fault.explain()[0] == "已加密，现有密钥均无法解开"


def test_remarks_of_all_samples(samples: list[Any]) -> None:
    """What section 7 lists as odd is what the samples show."""
    seen: set[Remark] = set()
    for sample in samples:
        item = (FrameReader().feed(sample.raw) or [None])[0]
        if isinstance(item, RawFrame):
            message = parse_segment(item.segment)
            noted = remarks(message, message.standard, item)
            seen.update(noted)
            assert (Remark.QN_FORM in noted) == ("Unix" in sample.note)
            assert (Remark.CRC_CASE in noted) == ("lower-case CRC" in sample.note)
            assert (Remark.TIME_WIDTH in noted) == ("17 digits" in sample.note)
            assert (Remark.NO_FACTOR in noted) == ("without factor" in sample.note)
            assert (Remark.ANSWER_ST in noted) >= ("ST=21" in sample.note)
            assert (Remark.ST_UNKNOWN in noted) >= ("3-digit ST" in sample.note)
    assert {Remark.MN_FORM, Remark.PW_FORM, Remark.MN_EMPTY, Remark.CN_UNKNOWN} <= seen


def test_answers_are_free_of_remarks() -> None:
    message = parse_segment(PLAIN)
    due = answer(message)
    assert due is not None
    item = receive(build_frame(build_segment(due)))
    assert isinstance(item, RawFrame)
    assert remarks(due, V2017, item) == ()
