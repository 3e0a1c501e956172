from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuanjian.wire.hj212 import (
    FrameReader,
    LocalError,
    Rejected,
    build_frame,
    crc16,
    decrypt,
    encrypt,
    needs_encryption,
    peek_mn,
    split_frame,
    unseal,
)

KEY = b"0" * 16
PLAIN = (
    b"QN=20240520210700000;ST=31;CN=2051;PW=123456;MN=010000A8900016F000169DC0;Flag=9;"
    b"CP=&&DataTime=20240520210600;a01011-Min=1.35,a01011-Avg=1.35,a01011-Max=1.35,a01011-Flag=N&&"
)


def test_sm4_itself() -> None:
    """GB/T 32907-2016 Annex A example 1, as the body of a CP."""
    key = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
    assert encrypt(b"CP=&&" + key + b"&&", key)[5:-2].hex() == "681edf34d206965e86b3e94f536e4246"


def test_the_first_block_of_the_printed_example() -> None:
    sealed = encrypt(PLAIN, KEY)
    assert sealed[85:101].hex().upper() == "E43E159ACFAB242CB53155FB8B9281A1"
    assert len(sealed) == len(PLAIN)
    assert sealed[:85] == PLAIN[:85]
    assert sealed.endswith(PLAIN[85 + (len(PLAIN) - 87) // 16 * 16 :])


def test_the_right_key_is_found() -> None:
    sealed, crc = encrypt(PLAIN, KEY), crc16(PLAIN)
    assert decrypt(sealed, crc, [b"1" * 16, KEY]) == PLAIN
    assert decrypt(sealed, crc.lower(), [KEY]) == PLAIN
    assert decrypt(sealed, crc, [b"1" * 16]) is None
    assert decrypt(sealed, crc, []) is None


def test_the_printed_form_is_understood() -> None:
    sealed = encrypt(PLAIN, KEY)
    body, tail = sealed[85:-2][:80], sealed[85:-2][80:]
    printed = b"{" + b",".join(b"0x%02X" % byte for byte in body) + b"}"
    assert decrypt(PLAIN[:85] + printed + tail + b"&&", crc16(PLAIN), [KEY]) == PLAIN
    assert decrypt(PLAIN[:85] + b"{0xZZ}&&", crc16(PLAIN), [KEY]) is None


def test_the_checksum_alone_is_not_believed() -> None:
    """With 256 checksum values a wrong key passes now and then, but does not read like an upload."""
    noise = encrypt(b"CP=&&" + b"x" * 16 + b"&&", KEY)
    plain = b"CP=&&" + b"x" * 16 + b"&&"
    assert decrypt(noise, crc16(plain), [KEY]) is None
    broken = b"CP=&&DataTime=\xff123456&&"
    assert decrypt(encrypt(broken, KEY), crc16(broken), [KEY]) is None
    control = b"CP=&&DataTime=\x07123456&&"
    assert decrypt(encrypt(control, KEY), crc16(control), [KEY]) is None


@pytest.mark.parametrize("segment", [b"", b"ST=31", b"CP=&&", b"&&CP=&&"])
def test_without_a_body_nothing_happens(segment: bytes) -> None:
    assert encrypt(segment, KEY) == segment
    assert decrypt(segment, crc16(segment), [KEY]) is None


@pytest.mark.parametrize("key", [b"", b"short", b"0" * 17])
def test_keys_have_16_bytes(key: bytes) -> None:
    with pytest.raises(LocalError) as caught:
        encrypt(PLAIN, key)
    assert caught.value.code == "hj212.key"


@pytest.mark.parametrize(
    ("cn", "secret"),
    [
        ("2011", True),
        ("2999", True),
        ("1014", True),
        ("3020", True),
        ("1013", False),
        ("9015", False),
        ("20", False),
    ],
)
def test_what_must_be_encrypted(cn: str, secret: bool) -> None:
    assert needs_encryption(cn) is secret
    assert not needs_encryption("2x11")


def test_from_the_stream() -> None:
    (item,) = FrameReader().feed(build_frame(PLAIN, key=KEY))
    assert isinstance(item, Rejected)
    assert peek_mn(item.raw) == "010000A8900016F000169DC0"
    opened = unseal(item.raw, [KEY])
    assert opened is not None
    assert (opened.raw, opened.segment) == (item.raw, PLAIN)


def test_what_is_not_sealed() -> None:
    assert unseal(b"noise", [KEY]) is None
    assert peek_mn(b"noise") is None
    assert peek_mn(b"##0000ST=1;CN=1;CP=&&") is None
    assert peek_mn(b"##0000MN=\xff;CP=&&") is None
    assert peek_mn(b"##0000ST=1;MN=" + b"A" * 65 + b";CP=&&") is None


@given(
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=200),
    st.binary(min_size=16, max_size=16),
)
def test_round_trip(text: str, key: bytes) -> None:
    segment = f"ST=31;CN=2011;MN=A;CP=&&DataTime={text}&&".encode()
    assert decrypt(encrypt(segment, key), crc16(segment), [key]) == segment
    assert split_frame(build_frame(segment, key=key))[1].decode() == crc16(segment)


@given(st.binary(max_size=200))
def test_any_bytes(noise: bytes) -> None:
    for segment in (noise, b"CP=&&" + noise + b"&&", b"CP=&&{0x" + noise + b"&&"):
        plain = decrypt(segment, "0000", [KEY])
        assert plain is None or crc16(plain) == "0000"
    assert unseal(noise, [KEY]) is None or noise.lstrip().startswith(b"##")
    assert peek_mn(noise) is None or b"MN=" in noise.upper().replace(b" ", b"")
