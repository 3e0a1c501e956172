"""A TCP stream cut into packets, resynchronising after anything that is not one."""

from __future__ import annotations

from dataclasses import dataclass

from .checksum import crc16
from .faults import Fault
from .frame import ACCEPTED_SEGMENT, crc_fault

CHUNK = 4096
"""Most bytes of noise kept before they are reported."""
_MARK = b"##"
_LINE_END = b"\r\n"
_BLANK = 8  # bytes of CR and LF between packets that are no fault: some devices send more than one
_HEX = frozenset(b"0123456789abcdefABCDEF")


@dataclass(frozen=True, slots=True)
class RawFrame:
    """A packet as received, and its data segment; ``tolerated`` is a fault the reader was told to accept."""

    raw: bytes
    segment: bytes
    tolerated: Fault | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """Bytes that are no valid packet; ``detail`` holds figures for the diagnosis."""

    raw: bytes
    fault: Fault
    detail: str = ""


class FrameReader:
    """Cuts a byte stream into packets by their length field and CRC, never by CR LF, ``&&`` or ``##`` alone.

    Those three occur inside encrypted packets. CR LF is optional. Every byte fed ends in exactly one
    ``RawFrame.raw`` or ``Rejected.raw``, or is still ``pending``; a CR LF that arrives after its packet was
    handed out opens the next ``raw`` (``flush`` drops it). Memory is bounded by a packet or ``CHUNK``.

    An encrypted packet has a CRC that does not match its bytes, so it comes out whole as
    ``Rejected(fault=CRC)``: hand its ``raw`` to ``unseal``.
    """

    def __init__(
        self, *, max_segment: int = ACCEPTED_SEGMENT, tolerate: frozenset[Fault] = frozenset()
    ) -> None:
        self._max_segment = max_segment
        self._tolerate = tolerate
        self._buffer = bytearray()

    @property
    def pending(self) -> int:
        """Bytes that wait for more."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[RawFrame | Rejected]:
        """Add received bytes and return what they complete, in order."""
        self._buffer += data
        found = []
        while (item := self._next()) is not None:
            found.append(item)
        return found

    def flush(self) -> list[Rejected]:
        """The peer is gone or timed out: report what was left, except bare line ends."""
        rest = self._buffer
        if self._blank(len(rest)):
            rest.clear()
            return []
        return [self._reject(len(rest), Fault.UNFINISHED if _MARK in rest else Fault.GARBAGE)]

    def _next(self) -> RawFrame | Rejected | None:
        """The first item in the buffer, or ``None`` until more bytes come."""
        buffer = self._buffer
        start = buffer.find(_MARK)
        if start < 0:
            return self._chunk(Fault.GARBAGE)
        if not self._blank(start):
            return self._reject(start, Fault.GARBAGE)
        digits = buffer[start + 2 : start + 6]
        if digits and not digits.isdigit():
            return self._broken(start, Fault.GARBAGE)
        if len(digits) < 4:
            return None
        size = int(digits)
        if size > self._max_segment:
            return self._broken(start, Fault.OVERSIZE, f"{size} > {self._max_segment}")
        return self._by_length(start, size)

    def _by_length(self, start: int, size: int) -> RawFrame | Rejected | None:
        """Take the packet that the length field describes, if it is there and its CRC is right."""
        stop = start + 10 + size
        if len(self._buffer) < stop:
            return self._by_ending(start, size)
        segment = bytes(self._buffer[start + 6 : stop - 4])
        if self._buffer[stop - 4 : stop].upper() == crc16(segment).encode():
            return self._frame(stop, segment)
        return self._by_ending(start, size)

    def _by_ending(self, start: int, size: int) -> RawFrame | Rejected | None:
        """The length leads to no right CRC, or not yet: look for a packet before CR LF or ``##``."""
        buffer = self._buffer
        declared = start + 10 + size
        complete = len(buffer) >= declared
        closed = complete and buffer[declared - 6 : declared - 4] == b"&&"  # so do encrypted packets end
        edge = self._edge(start)
        cut = edge - 2 if edge and buffer[edge - 2 : edge] == _LINE_END else edge
        ends = cut and buffer[cut - 6 : cut - 4] == b"&&" and _HEX.issuperset(buffer[cut - 4 : cut])
        if ends and (cut <= declared or not closed):
            return self._faulty(start, cut, size)
        if closed or (complete and cut == declared):
            return self._faulty(start, declared, size)
        if complete:
            return self._broken(start, Fault.LENGTH, f"{size}")
        if edge and self._whole_at(edge):
            return self._reject(edge, Fault.LENGTH, f"{size} > {edge - start - 6}")
        return None

    def _edge(self, start: int) -> int:
        """Where the packet at ``start`` may end: after the first CR LF or before the next ``##``; else 0."""
        line = self._buffer.find(_LINE_END, start + 6)
        mark = self._buffer.find(_MARK, start + 1)
        ends = [end for end in (line + 2 if line >= 0 else 0, max(mark, 0)) if end]
        return min(ends, default=0)

    def _whole_at(self, at: int) -> bool:
        """True when a packet with right length and CRC starts at ``at`` and the stream goes on after it.

        A log text may quote a packet: there other text follows, not CR LF or the next packet.
        """
        head = bytes(self._buffer[at : at + 6])
        if not (head.startswith(_MARK) and head[2:].isdigit() and len(head) == 6):
            return False
        stop = at + 10 + int(head[2:])
        segment = bytes(self._buffer[at + 6 : stop - 4])
        crc, after = self._buffer[stop - 4 : stop].upper(), self._buffer[stop : stop + 2]
        return after in (_LINE_END, _MARK) and crc == crc16(segment).encode()

    def _faulty(self, start: int, stop: int, size: int) -> RawFrame | Rejected:
        """What looks like a packet up to ``stop`` has a wrong CRC, a wrong length, or both."""
        segment, crc = bytes(self._buffer[start + 6 : stop - 4]), bytes(self._buffer[stop - 4 : stop])
        fault = crc_fault(segment, crc)
        details = [f"{crc.decode('ascii', 'replace')} != {crc16(segment)}"] if fault else []
        if len(segment) != size:
            details.append(f"{size} != {len(segment)}")
        return self._frame(stop, segment, fault or Fault.LENGTH, "; ".join(details))

    def _frame(
        self, stop: int, segment: bytes, fault: Fault | None = None, detail: str = ""
    ) -> RawFrame | Rejected:
        """Hand out the packet that ends at ``stop``, with its CR LF if that is here already."""
        after = self._buffer[stop : stop + 2]
        if after == _LINE_END:
            stop += 2
        elif after[:1] in _LINE_END:
            stop += len(after[:1])
        if fault is None or fault in self._tolerate:
            return RawFrame(self._take(stop), segment, fault)
        return self._reject(stop, fault, detail)

    def _broken(self, start: int, fault: Fault, detail: str = "") -> Rejected | None:
        """Drop a header that leads nowhere, with all up to the next place where a packet may start."""
        stop = self._edge(start)
        return self._reject(stop, fault, detail) if stop else self._chunk(fault, detail)

    def _chunk(self, fault: Fault, detail: str = "") -> Rejected | None:
        """Wait for more noise, up to ``CHUNK`` bytes; a last ``#`` may be half a mark and stays."""
        size = len(self._buffer)
        if size < CHUNK:
            return None
        half = size == CHUNK and self._buffer.endswith(b"#")
        return self._reject(CHUNK - half, fault, detail)

    def _blank(self, size: int) -> bool:
        """True when the first ``size`` bytes are nothing but a few line ends."""
        return not size or (size <= _BLANK and not self._buffer[:size].strip(_LINE_END))

    def _reject(self, stop: int, fault: Fault, detail: str = "") -> Rejected:
        return Rejected(self._take(stop), fault, detail)

    def _take(self, stop: int) -> bytes:
        raw = bytes(self._buffer[:stop])
        del self._buffer[:stop]
        return raw
