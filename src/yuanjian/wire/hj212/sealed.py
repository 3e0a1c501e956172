"""Opening encrypted packets: which key fits, and what to note when none was used (HJ 212-2025 section 6.4).

An encrypted packet carries the CRC of its plaintext, so it comes out of the ``FrameReader`` as rejected,
except one in 256 whose bytes happen to have that CRC too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .cipher import decrypt, is_plain, needs_encryption
from .faults import Fault, PeerError, Worded
from .frame import split_frame
from .message import FIELD_LIMIT, Standard
from .reader import RawFrame, Rejected

_SHORTEST = 16  # a shorter CP has no whole block and looks the same encrypted
_CRC_FAULTS = (Fault.CRC, Fault.CRC_MODBUS, Fault.CRC_SWAPPED)


class Seal(Worded):
    """How a packet was protected."""

    NOT_DUE = "hj212.seal.not_due", "无需加密", "no encryption due"
    CURRENT = "hj212.seal.current", "已用当前密钥加密", "encrypted with the current key"
    PREVIOUS = "hj212.seal.previous", "已用上一密钥加密", "encrypted with the previous key"
    CLEAR = "hj212.seal.clear", "应加密而未加密（互联网传输违反规定）", "in clear where encryption is due"
    """A violation over the internet, a recommendation not followed on a private line."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A packet with its plaintext segment, and how it was protected."""

    frame: RawFrame
    seal: Seal


def open_frame(
    item: RawFrame | Rejected, standard: Standard, current: bytes | None = None, previous: bytes | None = None
) -> Opened | Rejected:
    """Judge what the reader hands out for a device with the version and keys given.

    Only a 2025 device encrypts, and only the commands ``needs_encryption`` names. Both keys are tried, the
    current first, as a rotation overlaps. Where no key fits, ``Rejected`` has the fault SEALED if the
    packet is no text, else stays what it was. Raises LocalError for a key that is not 16 bytes.
    """
    cn = peek(item.raw, b"CN") if standard is Standard.V2025 else None
    if cn is None or not needs_encryption(cn):
        return Opened(item, Seal.NOT_DUE) if isinstance(item, RawFrame) else item
    if isinstance(item, RawFrame) and is_plain(item.segment):
        return Opened(item, _seal_of_clear(item.segment))
    if isinstance(item, Rejected) and item.fault not in _CRC_FAULTS:
        return item
    for key, seal in ((current, Seal.CURRENT), (previous, Seal.PREVIOUS)):
        opened = unseal(item.raw, [key]) if key else None
        if opened:
            return Opened(opened, seal)
    return _not_opened(item)


def _not_opened(item: RawFrame | Rejected) -> Opened | Rejected:
    """No key fits: text is what it seems, in clear or with a wrong CRC; anything else was encrypted."""
    try:
        item.raw.decode()
    except UnicodeDecodeError:
        return Rejected(item.raw, Fault.SEALED)
    return Opened(item, _seal_of_clear(item.segment)) if isinstance(item, RawFrame) else item


def _seal_of_clear(segment: bytes) -> Seal:
    body = segment.partition(b"CP=&&")[2].rpartition(b"&&")[0]
    return Seal.CLEAR if len(body) >= _SHORTEST else Seal.NOT_DUE


def peek(raw: bytes, wanted: bytes) -> str | None:
    """A field of the clear header of a packet whose CP cannot be read (yet); ``None`` when there is none."""
    head, found, _ = raw.partition(b"CP=&&")
    start = head.find(b"##")
    body = head[start + 6 :] if start >= 0 else head
    for part in body.split(b";") if found else []:
        name, _, value = part.partition(b"=")
        if name.strip().upper() == wanted and value.isascii() and len(value) <= FIELD_LIMIT:
            return value.decode().strip()
    return None


def peek_mn(raw: bytes) -> str | None:
    """The MN in the clear header of a packet whose CP cannot be read (yet); ``None`` when there is none."""
    return peek(raw, b"MN")


def unseal(raw: bytes, keys: Sequence[bytes]) -> RawFrame | None:
    """The packet with its plaintext segment under the first key that fits (current first, then previous).

    ``None`` when ``raw`` is no packet or no key fits. Source: HJ 212-2025 Annex A.2.
    """
    try:
        segment, crc = split_frame(raw)
    except PeerError:
        return None
    plain = decrypt(segment, crc.decode("latin-1"), keys)
    return None if plain is None else RawFrame(raw, plain)
