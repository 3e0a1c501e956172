"""What can be wrong with bytes from outside, under stable codes with a text for the screen."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from yuanjian.errors import OwnFault, PeerFault


class Worded(StrEnum):
    """Stable codes that carry their text for people in Chinese and English."""

    zh: str
    en: str

    def __new__(cls, code: str, zh: str, en: str) -> Self:
        member = str.__new__(cls, code)
        member._value_ = code
        member.zh = zh
        member.en = en
        return member

    def explain(self, detail: str = "") -> tuple[str, str]:
        """What the operator reads, in Chinese and in English."""
        return (f"{self.zh}：{detail}", f"{self.en}: {detail}") if detail else (self.zh, self.en)


class Fault(Worded):
    """One kind of wrong bytes. The value is the stable code; ``zh`` and ``en`` are for people."""

    CRC = "hj212.crc", "CRC 校验错误", "wrong CRC"
    CRC_MODBUS = "hj212.crc_modbus", "CRC 用了 MODBUS 算法", "CRC computed as CRC-16/MODBUS"
    CRC_SWAPPED = "hj212.crc_swapped", "CRC 用了 MODBUS 算法且高低字节颠倒", "CRC-16/MODBUS, bytes swapped"
    LENGTH = "hj212.length", "数据段长度与实际不符", "length field does not match the data segment"
    OVERSIZE = "hj212.oversize", "数据段长度超过上限", "data segment longer than allowed"
    GARBAGE = "hj212.garbage", "不是 HJ 212 数据包", "not an HJ 212 packet"
    UNFINISHED = "hj212.unfinished", "数据包不完整", "packet never completed"
    SEGMENT = "hj212.segment", "数据段内容无法解析", "data segment cannot be read"
    TIME = "hj212.time", "数据时间缺失或无效", "data time missing or invalid"
    COMMAND = "hj212.command", "命令编码不属于该版本", "no command of this version"
    FIELD = "hj212.field", "字段缺失或取值无效", "field missing or not allowed"
    SEALED = "hj212.sealed", "已加密，现有密钥均无法解开", "encrypted, no known key fits"
    PART = "hj212.part", "分包序号无效", "packet number out of range"


class PeerError(PeerFault):
    """The only exception of this package for bytes from outside; ``fault`` says what is wrong with them."""

    def __init__(self, fault: Fault, detail: str = "") -> None:
        super().__init__(fault.value, *fault.explain(detail), detail=detail)
        self.fault = fault
        self.detail = detail


class LocalError(OwnFault, ValueError):
    """We were asked to build what the standard does not allow (too long, no valid key)."""
