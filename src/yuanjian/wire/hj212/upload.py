"""Uploads of a device: their time, factors and infos (HJ 212-2017 section 6 and Annex C).

Covered: 2011 real-time, 2051 minute, 2061 hour, 2031 day, 2021 facility state, 2041 facility running time and
3020 site information.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from .codes import canonical, info
from .items import items
from .message import Message
from .stamp import read_time

CADENCES: Mapping[str, str] = {
    "2011": "realtime",
    "2051": "minute",
    "2061": "hour",
    "2031": "day",
    "2021": "state",
    "2041": "runtime",
    "3020": "info",
}
"""Cadence of each upload command."""


@dataclass(frozen=True, slots=True)
class FactorValue:
    """What one upload says of one factor.

    ``code`` is the 2017 code (or as sent when unknown), ``sent_code`` what stood in the packet. ``fields``
    maps lower-case sub-names (rtd, min, avg, max, cou, zsrtd, zsavg, flag, rs, rt …) to the text sent.
    """

    code: str
    sent_code: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Upload:
    """The contents of an upload.

    ``data_time`` is Beijing wall time without zone: the moment of sampling (realtime, state, info) or the
    start of the period (minute, hour, day, runtime). ``infos`` are (code, text) in order. ``pol_id`` names
    the factor whose instrument the infos are about, if any. ``resent``: the packet carries RF=1.
    """

    cadence: str
    data_time: datetime
    factors: tuple[FactorValue, ...]
    infos: tuple[tuple[str, str], ...]
    resent: bool
    pol_id: str | None = None


def read_upload(message: Message) -> Upload | None:
    """The upload in a message, or ``None`` when it is none: another command, or the host's own request.

    Raises PeerError(TIME) when there are values but no valid DataTime.
    """
    cadence = CADENCES.get(message.cn)
    if cadence is None:
        return None
    single: dict[str, str] = {}
    values: dict[str, dict[str, str]] = {}
    infos: list[tuple[str, str]] = []
    for name, value in items(message.cp):
        code, dash, sub = name.rpartition("-")
        sub = sub.lower()
        if not (dash and code):
            single[sub] = value
        elif sub == "info":
            infos.append((_info_code(code), value))
        else:
            values.setdefault(code, {})[sub] = value
    stamp = single.get("datatime")
    if stamp is None and not (values or infos):
        return None
    return Upload(
        cadence=cadence,
        data_time=read_time(stamp or ""),
        factors=tuple(FactorValue(canonical(code, message.st), code, sub) for code, sub in values.items()),
        infos=tuple(infos),
        resent=message.rf,
        pol_id=single.get("polid"),
    )


def _info_code(code: str) -> str:
    """A site information code as the tables spell it: the standard prints both ``i33400`` and ``I33400``."""
    known = info(code)
    return code if known is None or known.code.endswith("x") else known.code
