"""Opening an encrypted packet that came out of the ``FrameReader`` as rejected."""

from __future__ import annotations

from collections.abc import Sequence

from .cipher import decrypt
from .faults import PeerError
from .frame import split_frame
from .message import FIELD_LIMIT
from .reader import RawFrame


def peek_mn(raw: bytes) -> str | None:
    """The MN in the clear header of a packet whose CP cannot be read (yet); ``None`` when there is none."""
    head, found, _ = raw.partition(b"CP=&&")
    for part in head.split(b";") if found else []:
        name, _, value = part.partition(b"=")
        if name.strip().upper() == b"MN" and value.isascii() and len(value) <= FIELD_LIMIT:
            return value.decode().strip()
    return None


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
