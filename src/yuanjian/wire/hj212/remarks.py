"""What is odd about a packet that is accepted all the same, in words for the operator.

Devices in the field stray from the standard in harmless ways. Each is accepted and can be named; what is not
accepted has a ``Fault``.
"""

from __future__ import annotations

from .commands import system, variants
from .faults import Worded
from .frame import MAX_SEGMENT
from .items import items
from .message import Message, Standard
from .reader import RawFrame
from .stamp import is_time


class Remark(Worded):
    """One oddity. The value is the stable code; ``zh`` and ``en`` are for people."""

    CRC_CASE = "hj212.remark.crc_case", "CRC 为小写", "CRC in lower case"
    TOLERATED = "hj212.remark.tolerated", "按容错设置接收", "accepted by the tolerance set for the device"
    LONG = "hj212.remark.long", "数据段超过 1024 字节", "data segment longer than 1024 bytes"
    NO_QN = "hj212.remark.no_qn", "缺少 QN", "no QN"
    QN_FORM = "hj212.remark.qn_form", "QN 不是 17 位时间", "QN is no 17-digit time"
    NO_FLAG = "hj212.remark.no_flag", "缺少 Flag", "no Flag"
    VERSION = (
        "hj212.remark.version",
        "Flag 版本位与设备登记版本不符",
        "Flag claims another version",
    )
    ST_UNKNOWN = "hj212.remark.st_unknown", "系统编码 ST 未知", "unknown system code (ST)"
    CN_UNKNOWN = "hj212.remark.cn_unknown", "命令编码 CN 未知", "unknown command (CN)"
    MN_EMPTY = "hj212.remark.mn_empty", "MN 为空", "empty MN"
    MN_FORM = "hj212.remark.mn_form", "MN 长度或字符不合规定", "MN of wrong length or characters"
    PW_FORM = "hj212.remark.pw_form", "PW 不是 6 位", "PW is not of 6 characters"
    ANSWER_ST = "hj212.remark.answer_st", "应答的 ST 不是 91", "answer with an ST other than 91"
    PART_NUMBERS = (
        "hj212.remark.part_numbers",
        "分包标志与 PNUM、PNO 不符",
        "split bit contradicts PNUM, PNO",
    )
    TIME_WIDTH = "hj212.remark.time_width", "时间为 17 位", "time of 17 digits"
    NO_FACTOR = "hj212.remark.no_factor", "数据标记缺少因子编码", "data mark without a factor"
    NO_VALUE = "hj212.remark.no_value", "数据区有无法识别的内容", "text in CP that is no field"


_MN_LENGTHS = {Standard.V2005: (14,), Standard.V2017: (24,), Standard.V2025: (24,)}
_ANSWERS = ("9011", "9012", "9013", "9014")


def remarks(message: Message, standard: Standard, frame: RawFrame | None = None) -> tuple[Remark, ...]:
    """What is odd about a message of a device registered with ``standard``, in the order of the packet."""
    found = [*(_of_frame(frame) if frame else ()), *_of_header(message, standard), *_of_cp(message)]
    return tuple(found)


def _of_frame(frame: RawFrame) -> list[Remark]:
    crc = frame.raw.strip(b"\r\n")[-4:]
    checks = {
        Remark.CRC_CASE: crc != crc.upper(),
        Remark.TOLERATED: frame.tolerated is not None,
        Remark.LONG: len(frame.segment) > MAX_SEGMENT,
    }
    return [remark for remark, odd in checks.items() if odd]


def _of_header(message: Message, standard: Standard) -> list[Remark]:
    split_bit = bool((message.flag or 0) & 2)
    checks = {
        Remark.NO_QN: not message.qn and standard is not Standard.V2005,
        Remark.QN_FORM: bool(message.qn) and not is_time(message.qn, 17),
        Remark.NO_FLAG: message.flag is None and standard is not Standard.V2005,
        Remark.VERSION: message.flag is not None and message.standard is not standard,
        Remark.ST_UNKNOWN: system(message.st, standard) is None,
        Remark.CN_UNKNOWN: not any(not each.is_local for each in variants(message.cn, standard)),
        Remark.MN_EMPTY: not message.mn,
        Remark.MN_FORM: bool(message.mn) and not _is_mn(message.mn, standard),
        Remark.PW_FORM: len(message.pw) != 6,
        Remark.ANSWER_ST: message.cn in _ANSWERS and message.st != "91",
        Remark.PART_NUMBERS: split_bit is not (message.pnum is not None and message.pno is not None),
    }
    return [remark for remark, odd in checks.items() if odd]


def _of_cp(message: Message) -> list[Remark]:
    found = items(message.cp)
    pieces = message.cp.replace(",", ";").split(";") if "=//" not in message.cp else []
    checks = {
        Remark.TIME_WIDTH: any(name.lower() == "datatime" and is_time(text, 17) for name, text in found),
        Remark.NO_FACTOR: any(name.lower() == "flag" for name, _ in found),
        Remark.NO_VALUE: any(piece.strip() and "=" not in piece for piece in pieces),
    }
    return [remark for remark, odd in checks.items() if odd]


def _is_mn(mn: str, standard: Standard) -> bool:
    return len(mn) in _MN_LENGTHS[standard] and mn.isascii() and mn.isalnum()
