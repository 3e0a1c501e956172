"""What is set for single devices: version, keys, tolerance. And opening frames by it.

Rows of ``intake.device``, held in memory; a device without one has the defaults. Keys are never shown or
logged.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from yuanjian.wire.hj212 import (
    Fault,
    Message,
    Opened,
    PeerError,
    RawFrame,
    Rejected,
    Seal,
    Standard,
    needs_encryption,
    open_frame,
    parse_segment,
    peek_mn,
    split_frame,
)
from yuanjian.wire.hj212.sealed import peek

CRC_FAULTS = frozenset({Fault.CRC, Fault.CRC_MODBUS, Fault.CRC_SWAPPED})
LOAD = (
    "SELECT mn, standard, profile, key_current, key_previous, key_coming, tolerate, allow_clear, over_time, "
    "re_count FROM intake.device"
)


@dataclass(frozen=True, slots=True)
class Device:
    """The settings of one MN. ``coming`` is a key that was issued and not yet used by the device.

    ``over_time`` in seconds and ``re_count``: Table 1 of HJ 212-2017 and 2025 (cellular 10 s, 3 times).
    """

    mn: str = ""
    standard: Standard | None = None
    profile: str | None = None
    current: bytes | None = field(default=None, repr=False)
    previous: bytes | None = field(default=None, repr=False)
    coming: bytes | None = field(default=None, repr=False)
    tolerate: frozenset[Fault] = frozenset()
    allow_clear: bool = True
    over_time: float = 10.0
    re_count: int = 3

    @classmethod
    def of(cls, row: tuple[Any, ...]) -> Device:
        """A row of ``LOAD``."""
        mn, standard, profile, current, previous, coming, tolerate, allow_clear, over_time, re_count = row
        return cls(
            mn=mn,
            standard=Standard(standard) if standard else None,
            profile=profile,
            current=current,
            previous=previous,
            coming=coming,
            tolerate=frozenset(fault for fault in CRC_FAULTS if fault.value in tolerate),
            allow_clear=allow_clear,
            over_time=over_time,
            re_count=re_count,
        )


DEFAULT = Device()


@dataclass(frozen=True, slots=True)
class Read:
    """What became of one item: a message or a fault; ``by_coming``: the device uses its new key."""

    message: Message | None = None
    fault: Fault | None = None
    seal: Seal = Seal.NOT_DUE
    tolerated: Fault | None = None
    by_coming: bool = False


class Devices:
    """The settings by MN."""

    def __init__(self) -> None:
        self._by_mn: dict[str, Device] = {}

    def replace(self, devices: Iterable[Device]) -> None:
        """Take the rows as they are now."""
        self._by_mn = {device.mn: device for device in devices}

    def refresh(self, mns: Collection[str], devices: Iterable[Device]) -> None:
        """Take the rows of some MNs as they are now; those that have none any more have the defaults."""
        others = {mn: device for mn, device in self._by_mn.items() if mn not in mns}
        self._by_mn = others | {device.mn: device for device in devices}

    def of(self, mn: str | None) -> Device:
        """The settings of an MN, or the defaults."""
        return self._by_mn.get(mn or "", DEFAULT)

    def read(self, item: RawFrame | Rejected) -> Read:
        """The message in an item of the frame reader, opened by the keys and tolerance of its device."""
        if isinstance(item, RawFrame):
            found = _parsed(item)
            if found.message is not None and not self._is_due(found.message):
                return found
            mn = found.message.mn if found.message is not None else peek_mn(item.raw)
        elif item.fault not in CRC_FAULTS:
            return Read(fault=item.fault)
        else:
            mn = peek_mn(item.raw)
        return _open(item, self.of(mn))

    def _is_due(self, message: Message) -> bool:
        standard = self.of(message.mn).standard or message.standard
        return standard is Standard.V2025 and needs_encryption(message.cn)


def _parsed(frame: RawFrame, seal: Seal = Seal.NOT_DUE, *, by_coming: bool = False) -> Read:
    try:
        return Read(parse_segment(frame.segment), None, seal, frame.tolerated, by_coming)
    except PeerError as error:
        return Read(fault=error.fault)


def _open(item: RawFrame | Rejected, device: Device) -> Read:
    standard = device.standard or _claimed(item.raw)
    found = open_frame(item, standard, device.current, device.previous)
    if isinstance(found, Rejected) and device.coming is not None:
        by_coming = open_frame(item, standard, device.coming)
        if isinstance(by_coming, Opened):
            return _parsed(by_coming.frame, Seal.CURRENT, by_coming=True)
    if isinstance(found, Opened):
        return _parsed(found.frame, found.seal)
    if found.fault in device.tolerate:
        return _parsed(RawFrame(found.raw, split_frame(found.raw)[0], found.fault))
    return Read(fault=found.fault)


def _claimed(raw: bytes) -> Standard:
    """The version a frame that cannot be read claims in its clear header; 2017 if it claims none."""
    flag = peek(raw, b"FLAG") or ""
    return Standard.V2025 if flag.isdigit() and int(flag) >> 2 > 1 else Standard.V2017
