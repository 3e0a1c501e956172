from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuanjian.wire.hj212 import crc16, crc16_modbus

OFFICIAL = [
    (
        b"QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;CP=&&RtdInterval=30&&",
        "1C80",
        "0759",
    ),
    (
        b"QN=20240601085857223;ST=32;CN=1011;PW=123456;MN=010000A8900016F000169DC0;Flag=9;CP=&&&&",
        "2200",
        "CCF4",
    ),
]


def by_the_text(segment: bytes) -> str:
    """Annex A word for word: the high byte XOR the next byte, then eight shifts."""
    register = 0xFFFF
    for byte in segment:
        register = (register >> 8) ^ byte
        for _ in range(8):
            out = register & 1
            register >>= 1
            if out:
                register ^= 0xA001
    return f"{register:04X}"


@pytest.mark.parametrize(("segment", "right", "modbus"), OFFICIAL)
def test_printed_examples(segment: bytes, right: str, modbus: str) -> None:
    assert crc16(segment) == right
    assert crc16_modbus(segment) == modbus


@given(st.binary(max_size=200))
def test_folding_changes_nothing(segment: bytes) -> None:
    assert crc16(segment) == by_the_text(segment)


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 15, 16, 17, 1024, 1025, 4096])
def test_every_alignment(size: int) -> None:
    segment = bytes((index * 7 + 3) % 251 for index in range(size))
    assert crc16(segment) == by_the_text(segment)


def test_modbus_check_value() -> None:
    assert crc16_modbus(b"123456789") == "4B37"
    assert crc16_modbus(b"") == "FFFF"


def test_only_256_values_exist() -> None:
    assert len({crc16(bytes(pair)) for pair in zip(range(256), range(255, -1, -1), strict=True)}) <= 256
    assert len({crc16(bytes((byte,))) for byte in range(256)}) == 256


def test_the_checksum_cannot_see_bytes_eight_apart_exchanged() -> None:
    """A weakness of the standard: structure must be checked as well."""
    assert crc16(b"A1234567B") == crc16(b"B1234567A")
    assert crc16(b"A123456B") != crc16(b"B123456A")
