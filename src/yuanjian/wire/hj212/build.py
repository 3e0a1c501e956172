"""Building uploads, as a device or the simulator sends them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from .codes import code_2005, info
from .faults import LocalError, PeerError
from .frame import MAX_SEGMENT, build_frame
from .message import Message, Standard, build_segment
from .stamp import read_time

_SPELLING = {
    name.lower(): name
    for name in (
        *("Rtd", "Min", "Avg", "Max", "Cou", "ZsRtd", "ZsMin", "ZsAvg", "ZsMax", "RawAvg", "Flag", "EFlag"),
        *("SampleTime", "RS", "RT", "Data", "DayData", "NightData", "SN"),
    )
}
_CP_LIMIT = {Standard.V2005: 960, Standard.V2017: 950, Standard.V2025: 950}
_MOST_PARTS = {Standard.V2005: 9999, Standard.V2017: 9999, Standard.V2025: 9}


def build_upload(
    *,
    standard: Standard,
    st: str,
    cn: str,
    pw: str,
    mn: str,
    qn: str | None,
    data_time: datetime,
    factors: Sequence[tuple[str, Mapping[str, str]]],
    infos: Sequence[tuple[str, str]] = (),
    ack: bool = True,
    resent: bool = False,
    pol_id: str | None = None,
    key: bytes | None = None,
) -> list[bytes]:
    """The packets of one upload: one, or several when data segment or CP exceed the standard's limits.

    ``factors`` are (2017 code, {sub-name: text}), ``data_time`` Beijing wall time, ``key`` an SM4 key.
    A split never goes through one factor; each part repeats DataTime and has its own QN, 1 ms later
    (HJ 212-2017 Annex C.49, C.50). 2005 gets its own factor codes; RF exists in 2025 only.
    Raises LocalError when one factor alone is too long, there are too many parts, or QN cannot be counted on.
    """
    message = Message(
        qn, st, cn, pw, mn, flag=standard.flag_bits | ack, rf=resent and standard is Standard.V2025
    )
    lead = [f"DataTime={data_time:%Y%m%d%H%M%S}"] + ([f"PolId={pol_id}"] if pol_id else [])
    pieces = [_factor_text(code_2005(c, st) if standard is Standard.V2005 else c, f) for c, f in factors]
    pieces += [_info_text(code, text, standard) for code, text in infos]
    whole = replace(message, cp=";".join(lead + pieces))
    if _room(whole, standard) >= 0:
        return [build_frame(build_segment(whole, standard), key=key)]
    parts = _pack(replace(message, pnum=9999, pno=9999, flag=(message.flag or 0) | 2), lead, pieces, standard)
    return [build_frame(build_segment(part, standard), key=key) for part in parts]


def _room(message: Message, standard: Standard) -> int:
    """Bytes still free; negative when the message is too long."""
    cp = len(message.cp.encode()) + len("CP=&&&&")
    return min(_CP_LIMIT[standard] - cp, MAX_SEGMENT - len(build_segment(message, standard)))


def _pack(empty: Message, lead: list[str], pieces: list[str], standard: Standard) -> list[Message]:
    """Fill as few parts as possible in order, each led by DataTime."""
    bodies: list[list[str]] = []
    free, spare = -1, _room(replace(empty, cp=";".join(lead)), standard)
    for piece in pieces:
        size = len(piece.encode()) + 1
        if size > free:
            bodies.append(list(lead))
            free = spare
        if size > spare:
            raise LocalError(
                "hj212.too_long", "单个因子超过一个数据包", "one factor exceeds a packet", size=size
            )
        bodies[-1].append(piece)
        free -= size
    count = len(bodies)
    if not 0 < count <= _MOST_PARTS[standard]:
        raise LocalError(
            "hj212.too_long", f"不能分成 {count} 个包", f"cannot be sent as {count} packets", count=count
        )
    return [
        replace(empty, qn=_later(empty.qn, at), pnum=count, pno=at + 1, cp=";".join(body))
        for at, body in enumerate(bodies)
    ]


def _later(qn: str | None, milliseconds: int) -> str | None:
    if qn is None or milliseconds == 0:
        return qn
    try:
        moment = read_time(qn) + timedelta(milliseconds=milliseconds)
    except (PeerError, OverflowError):
        raise LocalError("hj212.qn", f"QN 无法递增：{qn}", f"QN cannot be counted on: {qn}", qn=qn) from None
    return f"{moment:%Y%m%d%H%M%S}{moment.microsecond // 1000:03d}"


def _factor_text(code: str, fields: Mapping[str, str]) -> str:
    return ",".join(f"{code}-{_SPELLING.get(name.lower(), name)}={value}" for name, value in fields.items())


def _info_text(code: str, text: str, standard: Standard) -> str:
    known = info(code, standard)
    if (known and known.is_log) or any(separator in text for separator in ";,="):
        text = f"//{text}//"
    return f"{code}-Info={text}"
