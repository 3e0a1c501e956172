"""Encryption of HJ 212-2025 section 6.4 and Annex A.2: SM4, ECB, no padding, over the text of CP.

The CRC belongs to the plaintext, the last incomplete block stays clear, the length does not change.
Nothing in a packet says that it is encrypted: a receiver finds out by trying its keys.
"""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from .checksum import crc16
from .faults import LocalError

_BLOCK = 16
_OPENINGS = ("DATATIME=", "SKCREATETIME=", "POLID=")


def needs_encryption(cn: str) -> bool:
    """True for the commands a 2025 device shall encrypt over the internet: 2000–2999, 1014 and 3020."""
    return cn in ("1014", "3020") or (len(cn) == 4 and cn.isdigit() and cn[0] == "2")


def encrypt(segment: bytes, key: bytes) -> bytes:
    """The segment with its CP encrypted. Raises LocalError for a key that is not 16 bytes."""
    start, end = _body(segment)
    return segment[:start] + _sm4(segment[start:end], key, decrypting=False) + segment[end:]


def decrypt(segment: bytes, crc: str, keys: Sequence[bytes]) -> bytes | None:
    """The plaintext segment under the first key that fits, or ``None``.

    A key fits when the plaintext has the packet's CRC (four hex digits) and reads like an upload: with only
    256 different CRC values the CRC alone would accept every 256th wrong key. The printed form
    ``{0xE4,0x3E,…}`` of the standard's example is accepted too. Raises LocalError for a key not of 16 bytes.
    """
    start, end = _body(segment)
    body = _unprinted(segment[start:end])
    for key in keys:
        plain = _sm4(body, key, decrypting=True)
        found = segment[:start] + plain + segment[end:]
        if crc16(found) == crc.upper() and _reads_well(plain):
            return found
    return None


def is_plain(segment: bytes) -> bool:
    """True when CP reads like an upload as it stands, so that no key need be tried."""
    start, end = _body(segment)
    return _reads_well(segment[start:end])


def _body(segment: bytes) -> tuple[int, int]:
    """Where the text of CP starts and ends; an empty stretch when there is none."""
    start = segment.find(b"CP=&&") + 5
    end = segment.rfind(b"&&")
    return (start, end) if start >= 5 and end >= start else (len(segment), len(segment))


def _sm4(body: bytes, key: bytes, *, decrypting: bool) -> bytes:
    if len(key) != _BLOCK:
        raise LocalError("hj212.key", "SM4 密钥必须为 16 字节", "an SM4 key has 16 bytes", size=len(key))
    whole = len(body) // _BLOCK * _BLOCK
    sm4 = Cipher(algorithms.SM4(key), modes.ECB())  # the mode is the standard's
    step = sm4.decryptor() if decrypting else sm4.encryptor()
    return step.update(body[:whole]) + step.finalize() + body[whole:]


def _unprinted(body: bytes) -> bytes:
    """Bytes of the printed form ``{0xE4,0x3E}tail``; anything else unchanged."""
    if not body.startswith(b"{0x"):
        return body
    printed, _, tail = body[1:].partition(b"}")
    try:
        return bytes.fromhex(printed.decode("ascii").replace("0x", "").replace(",", " ")) + tail
    except ValueError:
        return body


def _reads_well(plain: bytes) -> bool:
    try:
        text = plain.decode()
    except UnicodeDecodeError:
        return False
    return text.isprintable() and text.lstrip().upper().startswith(_OPENINGS)
