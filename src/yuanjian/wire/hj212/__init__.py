"""HJ 212 in its three versions (2005, 2017, 2025), from bytes to uploads and back, without any I/O.

Reading: ``FrameReader.feed`` → ``parse_segment`` → ``read_upload``; what to send back is ``answer``.
Writing: ``build_upload``, or ``Message`` → ``build_segment`` → ``build_frame``.
For bytes from outside the only exception is ``PeerError``; a wrong request of our own raises ``LocalError``.
"""

from .answer import NOTIFICATIONS, answer, answered_qn, is_upload, reply, result
from .build import build_upload
from .checksum import crc16, crc16_modbus
from .cipher import decrypt, encrypt, needs_encryption
from .codes import FACTORS, Factor, InfoCode, canonical, code_2005, factor, info, medium
from .faults import Fault, LocalError, PeerError
from .frame import ACCEPTED_SEGMENT, MAX_SEGMENT, build_frame, parse_frame, split_frame
from .items import items
from .message import Message, Standard, build_segment, parse_segment
from .reader import FrameReader, RawFrame, Rejected
from .sealed import peek_mn, unseal
from .upload import CADENCES, FactorValue, Upload, read_time, read_upload

__all__ = [
    "ACCEPTED_SEGMENT",
    "CADENCES",
    "FACTORS",
    "MAX_SEGMENT",
    "NOTIFICATIONS",
    "Factor",
    "FactorValue",
    "Fault",
    "FrameReader",
    "InfoCode",
    "LocalError",
    "Message",
    "PeerError",
    "RawFrame",
    "Rejected",
    "Standard",
    "Upload",
    "answer",
    "answered_qn",
    "build_frame",
    "build_segment",
    "build_upload",
    "canonical",
    "code_2005",
    "crc16",
    "crc16_modbus",
    "decrypt",
    "encrypt",
    "factor",
    "info",
    "is_upload",
    "items",
    "medium",
    "needs_encryption",
    "parse_frame",
    "parse_segment",
    "peek_mn",
    "read_time",
    "read_upload",
    "reply",
    "result",
    "split_frame",
    "unseal",
]
