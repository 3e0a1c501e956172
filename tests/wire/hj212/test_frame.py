from __future__ import annotations

import pytest

from yuanjian.errors import OwnFault, PeerFault
from yuanjian.wire.hj212 import Fault, LocalError, PeerError, build_frame, parse_frame, split_frame

SEGMENT = (
    b"QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;CP=&&RtdInterval=30&&"
)
FRAME = b"##0101" + SEGMENT + b"1C80\r\n"


def test_the_printed_example_of_2017() -> None:
    assert build_frame(SEGMENT) == FRAME
    message = parse_frame(FRAME)
    assert (message.cn, message.cp, message.flag) == ("1062", "RtdInterval=30", 5)
    assert parse_frame(FRAME.replace(b"1C80\r\n", b"1c80")) == message


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (b"", Fault.GARBAGE),
        (b"##", Fault.GARBAGE),
        (b"##01", Fault.GARBAGE),
        (b"##0001", Fault.GARBAGE),
        (b"#!0001x0000", Fault.GARBAGE),
        (b"##00x1x0000", Fault.GARBAGE),
        (FRAME.replace(b"##0101", b"##0102"), Fault.LENGTH),
        (FRAME + FRAME, Fault.LENGTH),
        (FRAME.replace(b"##0101", b"##4097"), Fault.OVERSIZE),
        (FRAME.replace(b"1C80", b"1C81"), Fault.CRC),
        (FRAME.replace(b"1C80", b"\xff\xfe\xfd\xfc"), Fault.CRC),
        (FRAME.replace(b"1C80", b"0759"), Fault.CRC_MODBUS),
        (FRAME.replace(b"1C80", b"5907"), Fault.CRC_SWAPPED),
        (b"##0000FFFF", Fault.SEGMENT),
    ],
)
def test_wrong_frames(raw: bytes, fault: Fault) -> None:
    with pytest.raises(PeerError) as caught:
        parse_frame(raw)
    assert caught.value.fault is fault


def test_split_frame_does_not_judge() -> None:
    assert split_frame(FRAME.replace(b"##0101", b"##0001")) == (SEGMENT, b"1C80")


def test_the_standards_limit_binds_us() -> None:
    assert len(build_frame(b"x" * 1024)) == 1036
    with pytest.raises(LocalError) as caught:
        build_frame(b"x" * 1025)
    assert caught.value.code == "hj212.too_long"
    assert isinstance(caught.value, OwnFault)
    assert isinstance(caught.value, ValueError)


def test_faults_speak_both_languages() -> None:
    assert Fault("hj212.crc") is Fault.CRC
    assert str(Fault.CRC) == "hj212.crc"
    for fault in Fault:
        assert fault.value.startswith("hj212.")
        assert not fault.zh.isascii()
        assert fault.en.isascii()


def test_peer_error() -> None:
    error = PeerError(Fault.CRC, "1C81 != 1C80")
    assert isinstance(error, PeerFault)
    assert error.as_dict() == {
        "code": "hj212.crc",
        "message": "CRC 校验错误：1C81 != 1C80",
        "message_en": "wrong CRC: 1C81 != 1C80",
        "details": {"detail": "1C81 != 1C80"},
    }
    assert PeerError(Fault.CRC).zh == "CRC 校验错误"
