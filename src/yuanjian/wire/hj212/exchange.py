"""One command of the host from first packet to outcome (HJ 212-2017 section 6.2 and 6.4), without a clock.

The caller sends what it is told, hands in what arrives and says what time it is. Two timers: no answer
within ``over_time`` seconds, and the same packet goes out again, up to ``re_count`` times; after the
answer, nothing more for ``execution_time`` seconds, and the command has failed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from .answer import answered_qn, is_upload
from .commands import Command, Direction, Flow, Result, read_result, variants
from .faults import LocalError, Worded
from .items import items
from .message import Message, Standard
from .stamp import is_time


class State(Worded):
    """Where a command stands; the first three are open, the others final."""

    READY = "ready", "待发送", "not yet sent"
    SENT = "sent", "已发送，等待应答", "sent, waiting for an answer"
    ACCEPTED = "accepted", "现场机执行中", "being executed by the site"
    DONE = "done", "执行成功", "executed"
    EMPTY = "empty", "执行成功，没有数据", "executed, no data"
    REFUSED = "refused", "现场机拒绝执行", "refused by the site"
    FAILED = "failed", "现场机执行失败", "execution failed"
    UNANSWERED = "unanswered", "多次发送无应答，链路不可用", "no answer to any attempt, link unusable"
    TIMED_OUT = "timed_out", "已应答但执行超时", "answered, then nothing more"
    CANCELLED = "cancelled", "已取消", "cancelled"


class Signal(StrEnum):
    """What may happen to a command."""

    START = "start"
    ACCEPT = "accept"
    """9011 with QnRtn=1."""
    REFUSE = "refuse"
    """9011 with any other code."""
    DATA = "data"
    SUCCESS = "success"
    """9012 with ExeRtn=1, or 9013 to a notification."""
    NOTHING = "nothing"
    """9012 with ExeRtn=100."""
    FAILURE = "failure"
    """9012 with any other code."""
    RETRY = "retry"
    GIVE_UP = "give_up"
    EXPIRE = "expire"
    CANCEL = "cancel"


TRANSITIONS: Mapping[tuple[State, Signal], State] = {
    (State.READY, Signal.START): State.SENT,
    (State.READY, Signal.CANCEL): State.CANCELLED,
    (State.SENT, Signal.ACCEPT): State.ACCEPTED,
    (State.SENT, Signal.REFUSE): State.REFUSED,
    (State.SENT, Signal.DATA): State.ACCEPTED,  # the 9011 was lost
    (State.SENT, Signal.SUCCESS): State.DONE,
    (State.SENT, Signal.NOTHING): State.EMPTY,
    (State.SENT, Signal.FAILURE): State.FAILED,
    (State.SENT, Signal.RETRY): State.SENT,
    (State.SENT, Signal.GIVE_UP): State.UNANSWERED,
    (State.SENT, Signal.CANCEL): State.CANCELLED,
    (State.ACCEPTED, Signal.DATA): State.ACCEPTED,
    (State.ACCEPTED, Signal.SUCCESS): State.DONE,
    (State.ACCEPTED, Signal.NOTHING): State.EMPTY,
    (State.ACCEPTED, Signal.FAILURE): State.FAILED,
    (State.ACCEPTED, Signal.EXPIRE): State.TIMED_OUT,
    (State.ACCEPTED, Signal.CANCEL): State.CANCELLED,
}
"""Every transition there is; a signal without one changes nothing (a 9011 that comes twice, or too late)."""

_OPEN = frozenset({State.READY, State.SENT, State.ACCEPTED})


class Action(StrEnum):
    """What an event asks of the caller."""

    SEND = "send"
    """Send ``message``: the command, or the same packet once more."""
    TAKE = "take"
    """``message`` is a data packet of this command (it is still answered and stored like any upload)."""
    FINISH = "finish"
    """The command is over; ``state`` says how, ``result`` what the site said if anything."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing for the caller to do."""

    action: Action
    state: State
    message: Message | None = None
    result: Result | None = None


class CommandExchange:
    """The exchange of one command. One at a time per device: the caller queues the others.

    Times are seconds on any clock that does not run backwards.
    """

    def __init__(
        self,
        message: Message,
        standard: Standard,
        *,
        over_time: float = 10,
        re_count: int = 3,
        execution_time: float | None = None,
    ) -> None:
        """``execution_time`` defaults to ``over_time``; calibration and sampling take minutes, give them
        more.

        Raises LocalError when ``message`` is no command of the host or has no QN to recognise answers by.
        """
        self.message = message
        self.command = _command(message, standard)
        self.standard = standard
        self.state = State.READY
        self.deadline: float | None = None
        """When ``tick`` is due; ``None`` when no timer runs."""
        self.sends = 0
        self.packets = 0
        self.result: Result | None = None
        self._over_time = over_time
        self._attempts = re_count + 1
        self._execution_time = over_time if execution_time is None else execution_time

    @property
    def is_open(self) -> bool:
        """False once the outcome is known."""
        return self.state in _OPEN

    def start(self, now: float) -> list[Event]:
        """Send the command for the first time; later calls change nothing."""
        return self._happen(Signal.START, now)

    def cancel(self, now: float) -> list[Event]:
        """Give up by will, for instance because the device has gone."""
        return self._happen(Signal.CANCEL, now)

    def tick(self, now: float) -> list[Event]:
        """Look at the timers; call it at ``deadline`` or whenever convenient."""
        if self.deadline is None or now < self.deadline:
            return []
        if self.state is State.ACCEPTED:
            return self._happen(Signal.EXPIRE, now)
        return self._happen(Signal.RETRY if self.sends < self._attempts else Signal.GIVE_UP, now)

    def receive(self, message: Message, now: float) -> list[Event]:
        """A message of the device; nothing happens when it has nothing to do with this command."""
        signal = self._signal(message)
        if signal is None:
            return []
        if message.cn in ("9011", "9012") and (self.state, signal) in TRANSITIONS:
            self.result = read_result(message, self.standard)
        return self._happen(signal, now, message)

    def _signal(self, message: Message) -> Signal | None:
        if message.mn != self.message.mn:
            return None
        if message.cn in ("9011", "9012", "9013"):
            return self._answer(message) if answered_qn(message) in (self.message.qn, None) else None
        return Signal.DATA if self._is_ours(message) else None

    def _answer(self, message: Message) -> Signal | None:
        """An answer without QN is taken for ours, as there is one command at a time."""
        if message.cn == "9013":
            return Signal.SUCCESS if self.command.flow is Flow.NOTICE else None
        result = read_result(message, self.standard)
        if result is None:
            return None
        if message.cn == "9011":
            return Signal.ACCEPT if result.is_good else Signal.REFUSE
        return Signal.SUCCESS if result.is_good else Signal.NOTHING if result.is_empty else Signal.FAILURE

    def _is_ours(self, message: Message) -> bool:
        """Data for this command: a response by its QN, an upload of history by its time."""
        if message.cn != self.message.cn:
            return False
        if self.command.flow is Flow.QUERY:
            return message.qn in (self.message.qn, None)
        return self.command.flow is Flow.HISTORY and is_upload(message) and self._in_span(message)

    def _in_span(self, message: Message) -> bool:
        asked, sent = _singles(self.message), _singles(message)
        time, begin, end = sent.get("datatime", ""), asked.get("begintime", ""), asked.get("endtime", "")
        return (is_time(time, 14) or is_time(time, 17)) and begin[:14] <= time[:14] <= end[:14]

    def _happen(self, signal: Signal, now: float, message: Message | None = None) -> list[Event]:
        after = TRANSITIONS.get((self.state, signal))
        if after is None:
            return []
        self.state = after
        self._set_timer(now)
        if after is State.SENT:
            self.sends += 1
            return [Event(Action.SEND, after, self.message)]
        events = []
        if signal is Signal.DATA:
            self.packets += 1
            events.append(Event(Action.TAKE, after, message))
        if not self.is_open:
            events.append(Event(Action.FINISH, after, result=self.result))
        return events

    def _set_timer(self, now: float) -> None:
        waits = {State.SENT: self._over_time, State.ACCEPTED: self._execution_time}
        self.deadline = now + waits[self.state] if self.state in waits else None


def _command(message: Message, standard: Standard) -> Command:
    """The meaning of the host's message: with BeginTime a query of history, else the plainer one."""
    found = variants(message.cn, standard, Direction.DOWN)
    if not (found and message.qn):
        zh, en = "不是可发送的命令，或缺少 QN", "not a command of the host, or without QN"
        raise LocalError("hj212.command", zh, en, cn=message.cn)
    asks_history = "begintime" in _singles(message)
    return next((each for each in found if (each.flow is Flow.HISTORY) is asks_history), found[0])


def _singles(message: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in items(message.cp)}
