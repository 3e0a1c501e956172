"""One packet: ``##``, length, data segment, CRC, CR LF (HJ 212-2017 section 6; alike in 2005 and 2025)."""

from __future__ import annotations

from . import cipher
from .checksum import crc16, crc16_modbus
from .faults import Fault, LocalError, PeerError
from .message import Message, parse_segment

MAX_SEGMENT = 1024
"""Longest data segment the standard allows, in bytes."""
ACCEPTED_SEGMENT = 4096
"""Longest data segment accepted by default: devices in the field exceed the standard."""


def crc_fault(segment: bytes, crc: bytes) -> Fault | None:
    """Compare the four CRC digits of a packet (either case) with its segment; ``None`` when right."""
    given = crc.upper()
    if given == crc16(segment).encode():
        return None
    modbus = crc16_modbus(segment).encode()
    if given == modbus:
        return Fault.CRC_MODBUS
    return Fault.CRC_SWAPPED if given == modbus[2:] + modbus[:2] else Fault.CRC


def split_frame(raw: bytes) -> tuple[bytes, bytes]:
    """Take one packet apart into (segment, CRC digits) by its two ends; length and CRC are not judged.

    For what a ``FrameReader`` rejected, for instance an encrypted packet. Raises PeerError(GARBAGE).
    """
    body = raw.strip(b"\r\n")
    if not (body.startswith(b"##") and body[2:6].isdigit() and len(body) >= 10):
        raise PeerError(Fault.GARBAGE)
    return body[6:-4], body[-4:]


def parse_frame(raw: bytes) -> Message:
    """Read one whole packet, CR LF optional. Raises PeerError with the fault: shape, length, CRC, segment."""
    segment, crc = split_frame(raw)
    declared = int(raw.lstrip(b"\r\n")[2:6])
    if declared > ACCEPTED_SEGMENT:
        raise PeerError(Fault.OVERSIZE, f"{declared} > {ACCEPTED_SEGMENT}")
    if declared != len(segment):
        raise PeerError(Fault.LENGTH, f"{declared} != {len(segment)}")
    fault = crc_fault(segment, crc)
    if fault:
        raise PeerError(fault, f"{crc.decode('ascii', 'replace')} != {crc16(segment)}")
    return parse_segment(segment)


def build_frame(segment: bytes, *, key: bytes | None = None) -> bytes:
    """Make the packet of a data segment; with ``key`` its CP is encrypted after the CRC was taken.

    Raises LocalError when the segment is longer than the standard's 1024 bytes.
    """
    if len(segment) > MAX_SEGMENT:
        raise LocalError(
            "hj212.too_long",
            f"数据段 {len(segment)} 字节，超过 {MAX_SEGMENT} 字节",
            f"data segment of {len(segment)} bytes exceeds {MAX_SEGMENT}",
            size=len(segment),
        )
    sent = segment if key is None else cipher.encrypt(segment, key)
    return b"##%04d%b%b\r\n" % (len(segment), sent, crc16(segment).encode())
