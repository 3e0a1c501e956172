"""A logger's inside, without sockets: what it measures, and what it answers to the host's commands.

Values are a function of time, so the whole past can be asked for: the store of a real logger.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from yuanjian.wire.hj212 import (
    Flow,
    Message,
    PeerError,
    Standard,
    Typed,
    Value,
    build_frame,
    build_report,
    build_response,
    build_segment,
    build_upload,
    check_request,
    needs_encryption,
    read_request,
    reply,
)

Values = Mapping[str, Value | tuple[Value, ...]]
STEPS = {"2051": timedelta(minutes=10), "2061": timedelta(hours=1), "2031": timedelta(days=1)}
FACTORS_OF = {"31": ("a21026", "a21002", "a34013"), "32": ("w01018", "w21003", "w00000")}
KEPT = timedelta(days=366)
"""How far back the store reaches: HJ 477 asks loggers for a year."""
WORKS = frozenset({"3011", "3012", "3013", "3014", "3015", "3022", "3024"})


@dataclass(frozen=True, slots=True)
class Packet:
    """Bytes to send; ``qn`` if an answer must come before the next may go."""

    raw: bytes
    qn: str | None = None


@dataclass(slots=True)
class Site:
    """The logger. Times are Beijing wall times; ``offset`` is what its clock is wrong by.

    ``key``: SM4 key; with it, what must be encrypted is. ``work_s``: how long sampling and the like take.
    """

    mn: str
    standard: Standard
    st: str = "31"
    pw: str = "123456"
    key: bytes | None = field(default=None, repr=False)
    offset: timedelta = timedelta()
    rtd_interval: int = 30
    min_interval: int = 10
    over_time: int = 10
    re_count: int = 3
    realtime: bool = True
    executed: list[str] = field(default_factory=list)
    _count: int = 0

    def upload(self, cn: str, at: datetime, now: datetime, *, resent: bool = False) -> list[Packet]:
        """The data of one period (or moment) as packets that want an answer."""
        names = ("rtd",) if cn == "2011" else ("avg", "min", "max")
        factors = [
            (code, {name: f"{_value(code, at, name):.2f}" for name in names} | {"flag": "N"})
            for code in FACTORS_OF.get(self.st, FACTORS_OF["31"])
        ]
        qn = self._qn(now)
        frames = build_upload(
            standard=self.standard,
            st=self.st,
            cn=cn,
            pw=self.pw,
            mn=self.mn,
            qn=qn,
            data_time=at,
            factors=factors,
            resent=resent,
            key=self.key if self.key and needs_encryption(cn) else None,
        )
        return [Packet(frame, qn) for frame in frames]

    def report(self, cn: str, now: datetime) -> Packet:
        """A notification: heartbeat 9015, time request 1013, key request 1014."""
        qn = self._qn(now)
        values = {"SKCreateTime": now} if cn == "1014" else {}
        message = build_report(
            cn, standard=self.standard, st=self.st, mn=self.mn, pw=self.pw, qn=qn, values=values
        )
        return Packet(self._frame(message), qn)

    def respond(self, message: Message, now: datetime) -> Iterator[Packet | float]:
        """What the site sends upon a command, in order; a number is a pause in seconds."""
        code = check_request(message, self.standard, mn=self.mn, pw=self.pw)
        try:
            typed = read_request(message, self.standard) if code == 1 else None
        except PeerError:
            code, typed = (100 if self.standard is not Standard.V2005 else 2), None
        if typed is not None and typed.command.flow is Flow.NOTICE:
            self._execute(typed, now)
            yield Packet(self._frame(reply(message, "9013")))
            return
        yield Packet(self._frame(reply(message, "9011", f"QnRtn={code}")))
        if typed is None:
            return
        if message.cn in WORKS:
            yield 0.2
        found = yield from self._answer(typed, now)
        self.executed.append(message.cn)
        yield Packet(self._frame(reply(message, "9012", f"ExeRtn={1 if found else 100}")))

    def _answer(self, typed: Typed, now: datetime) -> Generator[Packet | float, None, bool]:
        """Do it and hand out the data; returns False if there are none."""
        if typed.command.flow is Flow.HISTORY:
            return (yield from self._history(typed, now))
        if typed.command.flow is Flow.QUERY:
            values, factors = self._told(typed, now)
            yield Packet(self._frame(build_response(typed.message, self.standard, values, factors)))
            return True
        self._execute(typed, now)
        return True

    def _history(self, typed: Typed, now: datetime) -> Generator[Packet | float, None, bool]:
        """Every period that begins in the span (both ends included) and has ended."""
        begin, end = typed.values["BeginTime"], typed.values["EndTime"]
        assert isinstance(begin, datetime)
        assert isinstance(end, datetime)
        cn = typed.message.cn
        step = timedelta(minutes=self.min_interval) if cn == "2051" else STEPS.get(cn)
        if step is None:
            return False
        midnight = begin.replace(hour=0, minute=0, second=0, microsecond=0)
        at = midnight - (midnight - max(begin, now - KEPT)) // step * step
        found = False
        while at <= end and at + step <= now:
            yield from self.upload(cn, at, now)
            found, at = True, at + step
        return found

    def _told(self, typed: Typed, now: datetime) -> tuple[Values, Mapping[str, Mapping[str, Value]]]:
        asked = typed.values
        pol = {"PolId": asked["PolId"]} if "PolId" in asked else {}
        factor = str(asked.get("PolId") or "a21026")
        single: dict[str, Values] = {
            "1011": {"SystemTime": now},
            "1061": {"RtdInterval": self.rtd_interval},
            "1063": {"MinInterval": self.min_interval},
            "3015": {"DataTime": now, "VaseNo": 1},
            "3018": {**pol, "Stime": 20},
            "3019": pol,
            "3020": {"DataTime": now, **pol},
        }
        info = str(asked.get("InfoId", "i12001"))
        factors: dict[str, dict[str, dict[str, Value]]] = {
            "3019": {factor: {"SN": "VIRTUAL0001"}},
            "3020": {info: {"Info": "0"}},
        }
        return single.get(typed.message.cn, {}), factors.get(typed.message.cn, {})

    def _execute(self, typed: Typed, now: datetime) -> None:
        values, cn = typed.values, typed.message.cn
        if cn == "1012" and isinstance(wanted := values["SystemTime"], datetime):
            self.offset += wanted - now.replace(microsecond=0)
        elif cn == "1014":
            self.key = str(values["NewSK"]).encode()
        elif cn == "1072":
            self.pw = str(values.get("NewPW") or values.get("PW"))
        elif cn in ("2011", "2012"):
            self.realtime = cn == "2011"
        else:
            self._keep(values)

    def _keep(self, values: Values) -> None:
        names = {
            "OverTime": "over_time",
            "ReCount": "re_count",
            "RtdInterval": "rtd_interval",
            "MinInterval": "min_interval",
        }
        for name, value in values.items():
            if name in names:
                setattr(self, names[name], int(str(value)))

    def _frame(self, message: Message) -> bytes:
        secret = self.key is not None and message.cp and needs_encryption(message.cn)
        segment = build_segment(message, self.standard)
        return build_frame(segment, key=self.key if secret else None)

    def _qn(self, now: datetime) -> str:
        """Unique while fewer than a thousand frames are sent in a second."""
        self._count += 1
        return f"{now:%Y%m%d%H%M%S}{self._count % 1000:03d}"


def _value(code: str, at: datetime, name: str) -> float:
    """A daily wave around a level of the factor's own."""
    base = 10.0 + sum(map(ord, code)) % 40
    wave = math.sin(at.timestamp() / 13751) + 0.1 * math.sin(at.timestamp() / 97)
    spread = {"min": 0.95, "max": 1.05}.get(name, 1.0)
    return base * (1 + 0.2 * wave) * spread
