"""HJ 212 in its three versions (2005, 2017, 2025), from bytes to uploads and back, without any I/O.

Reading: ``FrameReader.feed`` → ``parse_segment`` → ``read_upload``; what to send back is ``answer``.
Writing: ``build_upload``, or ``Message`` → ``build_segment`` → ``build_frame``. Commands: ``build_request``
and ``CommandExchange`` for the host, ``read_request`` and ``build_response`` for the site. For bytes from
outside the only exception is ``PeerError``; a wrong request of our own raises ``LocalError``.
"""

from .answer import NOTIFICATIONS, answer, answered_qn, is_upload, reply, result
from .build import build_upload
from .checksum import crc16, crc16_modbus
from .cipher import decrypt, encrypt, needs_encryption
from .codes import FACTORS, Factor, InfoCode, canonical, code_2005, factor, info, medium
from .commands import (
    COMMANDS,
    Command,
    Direction,
    Flow,
    Label,
    Part,
    Result,
    command,
    commands,
    mark,
    read_result,
    result_of,
    system,
)
from .doors import DoorRecord, Doors, read_doors
from .exchange import TRANSITIONS, Action, CommandExchange, Event, Signal, State
from .faults import Fault, LocalError, PeerError
from .fields import Field, Value, field_of
from .frame import ACCEPTED_SEGMENT, MAX_SEGMENT, build_frame, parse_frame, split_frame
from .items import items
from .message import Message, Standard, build_segment, parse_segment
from .profiles import CODEBOOK, Codebook, Collision, Profile
from .reader import FrameReader, RawFrame, Rejected
from .remarks import Remark, remarks
from .sealed import Opened, Seal, open_frame, peek_mn, unseal
from .split import SplitKey, SplitPart, SplitTracker
from .stamp import read_time
from .typed import (
    Typed,
    build_report,
    build_request,
    build_response,
    check_request,
    read_request,
    read_response,
)
from .upload import CADENCES, FactorValue, Upload, read_upload

__all__ = [
    "ACCEPTED_SEGMENT",
    "CADENCES",
    "CODEBOOK",
    "COMMANDS",
    "FACTORS",
    "MAX_SEGMENT",
    "NOTIFICATIONS",
    "TRANSITIONS",
    "Action",
    "Codebook",
    "Collision",
    "Command",
    "CommandExchange",
    "Direction",
    "DoorRecord",
    "Doors",
    "Event",
    "Factor",
    "FactorValue",
    "Fault",
    "Field",
    "Flow",
    "FrameReader",
    "InfoCode",
    "Label",
    "LocalError",
    "Message",
    "Opened",
    "Part",
    "PeerError",
    "Profile",
    "RawFrame",
    "Rejected",
    "Remark",
    "Result",
    "Seal",
    "Signal",
    "SplitKey",
    "SplitPart",
    "SplitTracker",
    "Standard",
    "State",
    "Typed",
    "Upload",
    "Value",
    "answer",
    "answered_qn",
    "build_frame",
    "build_report",
    "build_request",
    "build_response",
    "build_segment",
    "build_upload",
    "canonical",
    "check_request",
    "code_2005",
    "command",
    "commands",
    "crc16",
    "crc16_modbus",
    "decrypt",
    "encrypt",
    "factor",
    "field_of",
    "info",
    "is_upload",
    "items",
    "mark",
    "medium",
    "needs_encryption",
    "open_frame",
    "parse_frame",
    "parse_segment",
    "peek_mn",
    "read_doors",
    "read_request",
    "read_response",
    "read_result",
    "read_time",
    "read_upload",
    "remarks",
    "reply",
    "result",
    "result_of",
    "split_frame",
    "system",
    "unseal",
]
