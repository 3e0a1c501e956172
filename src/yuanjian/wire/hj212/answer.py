"""What a host owes to a device (HJ 212-2017 section 6, examples in Annex C; HJ/T 212-2005 in its own form).

An answer repeats QN, PW and MN, has ST=91 and only version bits in Flag, those the peer used. 2005 puts the
QN into CP instead.
"""

from __future__ import annotations

from .items import items
from .message import Message, Standard

NOTIFICATIONS = frozenset({"1001", "1013", "1014", "2072", "9015"})
"""Commands a device sends to be answered by 9013: activation, clock, key, alarm of 2005, heartbeat."""
_UPLOADED_3000 = frozenset({"3015", "3019", "3020"})


def answer(message: Message) -> Message | None:
    """The answer due to a message from a device: 9014 for data, 9013 for a notification, or ``None``.

    Data without the answer bit and commands or answers echoed by a device get none. A notification of 2005
    without any Flag is answered, as that version answers them always.
    """
    if message.cn in NOTIFICATIONS:
        asked = message.wants_answer or message.flag is None
        return reply(message, "9013") if asked else None
    if message.wants_answer and is_upload(message):
        return reply(message, "9014")
    return None


def is_upload(message: Message) -> bool:
    """True for data from a device: a data command, known or not, with a DataTime or serial number in CP."""
    if not (message.cn.startswith("2") or message.cn in _UPLOADED_3000):
        return False
    cp = message.cp.lower()
    return "datatime=" in cp or "-sn=" in cp


def reply(message: Message, cn: str, cp: str = "") -> Message:
    """A message that refers to another: 9011 (``cp="QnRtn=1"``), 9012 (``"ExeRtn=1"``), 9013 or 9014."""
    version = (message.flag or 0) & ~3
    if message.standard is not Standard.V2005:
        return Message(message.qn, "91", cn, message.pw, message.mn, flag=version, cp=cp)
    number = f"QN={message.qn}" if message.qn else ""
    return Message(None, "91", cn, message.pw, message.mn, flag=0, cp=";".join(filter(None, (number, cp))))


def answered_qn(message: Message) -> str | None:
    """The QN a received answer (9011–9014) refers to, wherever its version keeps it."""
    inside = {name.lower(): value for name, value in items(message.cp)}
    return message.qn or inside.get("qn")


def result(message: Message) -> int | None:
    """QnRtn of a 9011 or ExeRtn of a 9012 (1 is success); ``None`` when absent or no number."""
    for name, value in items(message.cp):
        if name.lower() in ("qnrtn", "exertn") and value.isascii() and value.isdigit() and len(value) <= 3:
            return int(value)
    return None
