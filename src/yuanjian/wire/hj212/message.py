"""A data segment as a message, and back (section 6 of HJ 212-2017; HJ 212-2025 and HJ/T 212-2005 alike).

A message is what stands between the length and the CRC of a packet. Reading accepts any field order and
missing optional fields, as real devices send them; writing follows the order of the standard asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from .faults import Fault, PeerError

FIELD_LIMIT = 64
"""Longest header value accepted, in characters: well above the standard's 24, yet an answer always fits."""


class Standard(StrEnum):
    """Version of the standard a device speaks. A property of the device; a Flag only hints at it."""

    V2005 = "2005"
    V2017 = "2017"
    V2025 = "2025"

    @property
    def flag_bits(self) -> int:
        """The version bits where they stand in Flag: 0, 4 or 8 (bits 7 to 2)."""
        return {"2005": 0, "2017": 4, "2025": 8}[self.value]


@dataclass(frozen=True, slots=True)
class Message:
    """One data segment. ``cp`` is the text between ``CP=&&`` and ``&&``, ``extra`` unknown header fields.

    ``rf`` is the re-sent mark of 2025. Numbers are ``None`` where the field was absent.
    """

    qn: str | None
    st: str
    cn: str
    pw: str
    mn: str
    flag: int | None = None
    pnum: int | None = None
    pno: int | None = None
    rf: bool = False
    cp: str = ""
    extra: tuple[tuple[str, str], ...] = ()

    @property
    def standard(self) -> Standard:
        """What the version bits of Flag claim: 2005 when there is no Flag, 2025 for bits not yet assigned."""
        return {0: Standard.V2005, 1: Standard.V2017}.get((self.flag or 0) >> 2, Standard.V2025)

    @property
    def wants_answer(self) -> bool:
        """True when the sender waits for an answer (bit 0 of Flag)."""
        return bool(self.flag and self.flag & 1)

    @property
    def is_split(self) -> bool:
        """True for one of several packets that carry one record (PNUM > 1)."""
        return (self.pnum or 0) > 1


def parse_segment(segment: bytes) -> Message:
    """Read one data segment. ST, CN and MN (which may be empty) must be there; PW may be missing.

    Raises PeerError(SEGMENT) for anything that is not text, has no ``CP=&&…&&`` or lacks a field.
    """
    start = segment.find(b"CP=&&")
    if start < 0:
        start = segment.upper().find(b"CP=&&")
    end = segment.rfind(b"&&")
    if start < 0 or end < start + 5:
        raise PeerError(Fault.SEGMENT, "CP=&&...&&")
    fields, extra = _header(_text(segment[:start] + segment[end + 2 :]))
    try:
        st, cn, mn = fields["ST"], fields["CN"], fields["MN"]
    except KeyError as missing:
        raise PeerError(Fault.SEGMENT, str(missing.args[0])) from None
    return Message(
        qn=fields.get("QN"),
        st=st,
        cn=cn,
        pw=fields.get("PW", ""),
        mn=mn,
        flag=_number(fields, "FLAG", 255),
        pnum=_number(fields, "PNUM", 9999),
        pno=_number(fields, "PNO", 9999),
        rf=fields.get("RF") == "1",
        cp=_text(segment[start + 5 : end]),
        extra=extra,
    )


_AS_WRITTEN = {name: name.upper() for name in ("QN", "ST", "CN", "PW", "MN", "Flag", "PNUM", "PNO", "RF")}
_KNOWN = frozenset(_AS_WRITTEN.values())


def _text(part: bytes) -> str:
    """UTF-8 without NUL, which no database column could hold."""
    try:
        text = part.decode()
    except UnicodeDecodeError:
        raise PeerError(Fault.SEGMENT, "UTF-8") from None
    if "\0" in text:
        raise PeerError(Fault.SEGMENT, "NUL")
    return text


def _header(text: str) -> tuple[dict[str, str], tuple[tuple[str, str], ...]]:
    """The fields in front of CP by upper-case name, and the unknown ones as sent."""
    fields: dict[str, str] = {}
    extra: list[tuple[str, str]] = []
    for part in text.split(";"):
        name, equals, value = part.partition("=")
        key = _AS_WRITTEN.get(name) or name.strip().upper()
        value = value.strip()
        if equals and key in _KNOWN:
            if key in fields or len(value) > FIELD_LIMIT:
                raise PeerError(Fault.SEGMENT, key)
            fields[key] = value
        elif equals:
            extra.append((name.strip(), value))
        elif key:
            raise PeerError(Fault.SEGMENT, name.strip()[:FIELD_LIMIT])
    return fields, tuple(extra)


def _number(fields: dict[str, str], key: str, highest: int) -> int | None:
    """A header number; ``None`` when absent or empty."""
    value = fields.get(key)
    if not value:
        return None
    if not (value.isascii() and value.isdigit()) or int(value) > highest:
        raise PeerError(Fault.SEGMENT, f"{key}={value}")
    return int(value)


_WRITE: dict[str, Callable[[Message], str | int | None]] = {
    "QN": lambda m: m.qn,
    "PNUM": lambda m: m.pnum,
    "PNO": lambda m: m.pno,
    "ST": lambda m: m.st,
    "CN": lambda m: m.cn,
    "PW": lambda m: m.pw,
    "MN": lambda m: m.mn,
    "Flag": lambda m: m.flag,
    "RF": lambda m: 1 if m.rf else None,
}
_ORDER_2017 = ("QN", "ST", "CN", "PW", "MN", "Flag", "PNUM", "PNO", "RF")
_ORDER = {
    Standard.V2005: ("QN", "PNUM", "PNO", "ST", "CN", "PW", "MN", "Flag", "RF"),
    Standard.V2017: _ORDER_2017,
    Standard.V2025: _ORDER_2017,
}


def build_segment(message: Message, standard: Standard | None = None) -> bytes:
    """Write a data segment in the field order of ``standard`` (by default what the message's Flag says)."""
    fields = [(name, _WRITE[name](message)) for name in _ORDER[standard or message.standard]]
    fields += message.extra
    head = ";".join(f"{name}={value}" for name, value in fields if value is not None)
    return f"{head};CP=&&{message.cp}&&".encode()
