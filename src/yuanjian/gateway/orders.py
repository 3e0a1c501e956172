"""One command to a device: from its row to the packet, and from the exchange to the row."""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from yuanjian.clock import to_beijing
from yuanjian.errors import OwnFault
from yuanjian.wire.hj212 import (
    Action,
    CommandExchange,
    Event,
    Flow,
    Message,
    PeerError,
    Standard,
    State,
    build_frame,
    build_request,
    build_segment,
    read_response,
)

from .devices import Device
from .seats import Seat

HISTORY_S = 60.0
"""Between two packets of history: a logger that reads them from flash takes longer than one that answers."""
WORK_S = {
    "3011": 900.0,
    "3012": 900.0,
    "3013": 900.0,
    "3014": 900.0,
    "3015": 900.0,
    "3022": 900.0,
    "3024": 1800.0,
}
"""Calibration, sampling and cleaning take minutes; the standard gives one time-out for all [D]."""

STATES = {
    State.READY: "queued",
    State.SENT: "sent",
    State.ACCEPTED: "accepted",
    State.DONE: "done",
    State.EMPTY: "done",
}
"""The state of the row; every other outcome is ``failed``, with the exchange's own word as the error."""

_LETTERS = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class Order:
    """A row that is due."""

    id: int
    mn: str
    cn: str
    st: str | None
    params: Mapping[str, Any]
    tries: int = 0

    @property
    def once(self) -> bool:
        """True if it must not be executed twice: what takes samples, calibrates, or changes an identity."""
        return self.cn in WORK_S or self.cn in ("1002", "1014", "1072")


@dataclass(slots=True)
class Running:
    """A command under way. ``changed``: the row must be written; ``claimed``: the database knows that it is
    ours; ``missed``: it was to be sent and the device was not there."""

    order: Order
    exchange: CommandExchange
    packet: bytes
    attempts: int = 1
    sends: int = 0
    claimed: bool = True
    missed: bool = False
    packets: int = 0
    data: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)
    changed: bool = True

    @property
    def id(self) -> int:
        """The number of its row."""
        return self.order.id

    @property
    def tries(self) -> int:
        """How often it was sent, at earlier visits of the device too."""
        return self.order.tries + self.sends

    @property
    def is_open(self) -> bool:
        """False once it is over, or waits for the device to come back."""
        return self.exchange.is_open and not self.missed

    def note_send(self, *, sent: bool) -> None:
        """It went out, or the device has gone: then it waits for the next visit, if it may be repeated."""
        self.sends += sent
        self.missed = not sent and not (self.order.once and self.sends)

    def follow(self, events: list[Event]) -> bool:
        """Note what was heard; True if the packet is to be sent."""
        self.changed = True
        if (result := self.exchange.result) is not None:
            self.codes[result.kind] = result.code
        for event in events:
            if event.action is Action.TAKE and event.message is not None:
                self._keep(event.message)
        return any(event.action is Action.SEND for event in events)

    def row(self) -> dict[str, Any]:
        """The columns to write."""
        exchange = self.exchange
        state = STATES.get(exchange.state, "failed")
        error = exchange.state.value
        if self.missed:
            state = "queued" if self.tries < self.attempts else "failed"
            error = State.UNANSWERED.value
        found = {"packets": self.packets, **self.data} if self.packets else None
        return {
            "id": self.id,
            "state": state,
            "tries": self.tries,
            "qn_rtn": self.codes.get("QnRtn"),
            "exe_rtn": self.codes.get("ExeRtn"),
            "result": found,
            "error": error if state == "failed" else None,
        }

    def _keep(self, message: Message) -> None:
        """The values of a response; of history only how many packets came, the readings are in the lake."""
        self.packets += 1
        if self.exchange.command.flow is Flow.HISTORY:
            return
        try:
            typed = read_response(message, self.exchange.standard)
        except PeerError as error:
            self.data["error"] = error.code
            return
        self.data["values"] = {name: _plain(value) for name, value in typed.values.items()}
        self.data["factors"] = {
            code: {sub: _plain(value) for sub, value in subs.items()} for code, subs in typed.factors.items()
        }


def new_key() -> bytes:
    """A key as a device can be told it: 16 characters, no separators (HJ 212-2025 1014, NewSK C16)."""
    return "".join(secrets.choice(_LETTERS) for _ in range(16)).encode()


def prepare(order: Order, seat: Seat, device: Device, now: datetime) -> Running:
    """The exchange of a command; raises `LocalError` for one that cannot be built, `OwnFault` without a key.

    What only the gateway knows is filled in here: the time of 1012, the key of 1014 (encrypted with the
    current one: "CN 2000–2999, plus 1014 and 3020", HJ 212-2025 section 6.4 [25-A]; that this holds for the
    host's packet too is deduced [25-D]).
    """
    standard = device.standard or seat.standard
    wall = to_beijing(now).replace(tzinfo=None)
    qn = f"{wall:%Y%m%d%H%M%S}{wall.microsecond // 1000:03d}"
    singles: dict[str, Any] = {name: value for name, value in order.params.items() if "-" not in name}
    if order.cn == "1012":
        singles.setdefault("SystemTime", f"{wall:%Y%m%d%H%M%S}")
    if order.cn == "1014":
        if device.current is None or device.coming is None:
            zh, en = "该设备没有当前密钥", "the device has no current key"
            raise OwnFault("gateway.no_key", zh, en)
        singles |= {"SKCreateTime": qn, "NewSK": device.coming.decode("ascii", "replace")}
    message = build_request(
        order.cn,
        standard=standard,
        st=order.st or seat.st,
        mn=order.mn,
        pw=seat.pw,
        qn=qn,
        values=singles,
        factors=_factors(order.params),
    )
    exchange = _exchange(message, standard, device, order.tries)
    if exchange.command.flow is Flow.ANSWER:
        raise OwnFault("hj212.command", "应答不是命令", "an answer is no command", cn=order.cn)
    return Running(order, exchange, _packet(message, standard, device), device.re_count + 1)


def _exchange(message: Message, standard: Standard, device: Device, tries: int) -> CommandExchange:
    """What was tried at earlier visits counts: the standard's ReCount is for all together."""
    usual = HISTORY_S if "BeginTime=" in message.cp else device.over_time
    return CommandExchange(
        message,
        standard,
        over_time=device.over_time,
        re_count=max(device.re_count - tries, 0),
        execution_time=max(WORK_S.get(message.cn, usual), device.over_time),
    )


def _packet(message: Message, standard: Standard, device: Device) -> bytes:
    key = device.current if message.cn == "1014" else None
    return build_frame(build_segment(message, standard), key=key)


def _factors(params: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for name, value in params.items():
        code, dash, sub = name.rpartition("-")
        if dash:
            found.setdefault(code, {})[sub] = value
    return found


def _plain(value: object) -> Any:
    return [str(each) for each in value] if isinstance(value, tuple) else str(value)
