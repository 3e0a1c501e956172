"""The platform that `yuanjian conform --listen` plays: a socket, a conversation, and all that was heard."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from yuanjian.clock import to_beijing, utcnow
from yuanjian.wire.hj212 import (
    Direction,
    Fault,
    FrameReader,
    Message,
    Opened,
    PeerError,
    RawFrame,
    Rejected,
    Seal,
    Standard,
    Value,
    answer,
    answered_qn,
    build_frame,
    build_request,
    build_segment,
    open_frame,
    parse_segment,
    read_result,
)
from yuanjian.wire.hj212.commands import variants

from .conform import REFUSED_S, Failed


@dataclass(frozen=True, slots=True)
class Heard:
    """What came: a message, or a fault."""

    message: Message | None
    fault: Fault | None = None
    seal: Seal = Seal.NOT_DUE


@dataclass(slots=True)
class Told:
    """How the device took a command: QnRtn, packets of data, ExeRtn (None if there was none)."""

    sent: Message
    request: int | None = None
    execution: int | None = None
    data: list[Message] = field(default_factory=list)


class Host:
    """Listens for one logger and answers what is due. What the logger is, it says with its first frame.

    ``key``: SM4 key of a 2025 device; ``may_rekey``: it may be changed though the device does not ask.
    ``timeout``: seconds a command may take; ``wait``: seconds for what the
    device does by itself. ``mute``: answer nothing.
    """

    def __init__(
        self,
        port: int,
        *,
        standard: Standard | None = None,
        key: bytes | None = None,
        may_rekey: bool = False,
        timeout: float = 10.0,
        wait: float = 90.0,
        host: str = "",
    ) -> None:
        self.key, self.may_rekey = key, may_rekey
        self.timeout, self.wait, self.mute = timeout, wait, False
        self.standard = standard or Standard.V2017
        self.mn = self.pw = self.st = ""
        self.heard: list[Heard] = []
        self._is_given = standard is not None
        self._previous: bytes | None = None
        self._unread: list[Heard] = []
        self._lines: dict[socket.socket, FrameReader] = {}
        self._qns: set[str] = set()
        self._selector = selectors.DefaultSelector()
        self._server = socket.create_server((host, port))
        self._selector.register(self._server, selectors.EVENT_READ)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.getsockname()[1])

    def messages(self) -> list[Message]:
        """All that could be read so far."""
        return [each.message for each in self.heard if each.message is not None]

    def close(self) -> None:
        """Hang up and listen no more."""
        self.hang_up()
        self._selector.unregister(self._server)
        self._server.close()
        self._selector.close()

    def hang_up(self) -> None:
        """End all connections."""
        for line in tuple(self._lines):
            self._drop(line)

    def forget(self) -> None:
        """Leave unread what came so far."""
        self._unread.clear()

    def next(self, seconds: float) -> Heard | None:
        """What comes next, None if nothing does in time."""
        deadline = time.monotonic() + seconds
        while not self._unread and (left := deadline - time.monotonic()) > 0:
            self._pump(left)
        return self._unread.pop(0) if self._unread else None

    def until(self, wanted: Callable[[Message], bool], seconds: float, missing: str) -> Message:
        """The next message of a kind; raises `Failed` with the text if none comes in time."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            found = self.next(left)
            if found is not None and found.message is not None and wanted(found.message):
                return found.message
        raise Failed(missing)

    def send(self, data: bytes) -> None:
        """Write to the newest connection, waiting for one if need be. Raises `Failed`."""
        deadline = time.monotonic() + self.wait
        while not self._lines and (left := deadline - time.monotonic()) > 0:
            self._pump(left)
        if not self._lines:
            raise Failed("设备未连接 / the device is not connected")
        try:
            list(self._lines)[-1].sendall(data)
        except OSError as error:
            raise Failed(f"连接中断 / connection broken: {error}") from error

    def request(self, cn: str, **values: Value) -> Message:
        """A command with a QN of its own, not sent yet."""
        now = to_beijing(utcnow())
        qn = f"{now:%Y%m%d%H%M%S}{len(self._qns) % 1000:03d}"
        self._qns.add(qn)
        return build_request(
            cn, standard=self.standard, st=self.st, mn=self.mn, pw=self.pw, qn=qn, values=values
        )

    def packet(self, message: Message, key: bytes | None = None) -> bytes:
        """The bytes of a command."""
        return build_frame(build_segment(message, self.standard), key=key)

    def ask(self, cn: str, **values: Value) -> Told:
        """Send a command and hear it out; raises `Failed` if the device keeps to no order."""
        sent = self.request(cn, **values)
        self.send(self.packet(sent))
        return self.follow(sent)

    def follow(self, sent: Message) -> Told:
        """Hear out what follows a command: 9011, data, 9012 (HJ 212-2017 section 6.2)."""
        told, deadline = Told(sent), time.monotonic() + self.timeout
        while told.request in (None, 1) and told.execution is None:
            found = self.next(deadline - time.monotonic())
            if found is None:
                wanted = "9011" if told.request is None else "9012"
                raise Failed(f"{self.timeout:g} s 内没有 {wanted} / no {wanted} within {self.timeout:g} s")
            if found.message is not None and self._note(told, found.message):
                deadline = time.monotonic() + self.timeout
        return told

    def done(self, cn: str, **values: Value) -> Told:
        """Ask, and insist on success; raises `Failed`."""
        told = self.ask(cn, **values)
        if told.request != 1:
            raise Failed(f"QnRtn={told.request}")
        if told.execution not in (1, 100):
            raise Failed(f"ExeRtn={told.execution}")
        return told

    def silent(self, sent: Message) -> None:
        """No reaction to a command but a refusal; raises `Failed`."""
        deadline = time.monotonic() + REFUSED_S
        while (left := deadline - time.monotonic()) > 0:
            found = self.next(left)
            message = found.message if found is not None else None
            if message is None or answered_qn(message) != sent.qn:
                continue
            result = read_result(message, self.standard)
            if message.cn != "9011" or result is None or result.is_good:
                raise Failed(f"不应执行，却收到 {message.cn} / executed: {message.cn} came")

    def rekey(self, key: bytes) -> None:
        """From now on the device uses another key; what is still under way may use the old one."""
        self._previous, self.key = self.key, key

    def _note(self, told: Told, message: Message) -> bool:
        """Put a message where it belongs; False for live data and late answers to earlier commands."""
        qn = answered_qn(message)
        if message.cn in ("9011", "9012"):
            if qn != told.sent.qn and qn in self._qns:
                return False
            if qn != told.sent.qn:
                raise Failed(f"{message.cn} 的 QN={qn}，应为 {told.sent.qn} / {message.cn} names another QN")
            self._note_result(told, message)
            return True
        if message.cn == "9013" and qn == told.sent.qn:
            told.request = told.execution = 1
            return True
        if message.cn == told.sent.cn and told.request is not None:
            told.data.append(message)
            return True
        return False

    def _note_result(self, told: Told, message: Message) -> None:
        result = read_result(message, self.standard)
        if result is None:
            raise Failed(f"{message.cn} 缺少结果代码 / {message.cn} without a result code")
        if message.cn == "9011":
            told.request = result.code
        elif told.request is None:
            raise Failed("9012 早于 9011 / 9012 before 9011")
        else:
            told.execution = result.code

    # The socket ----------------------------------------------------------------------------------------

    def _pump(self, seconds: float) -> None:
        for ready, _ in self._selector.select(seconds):
            if ready.fileobj is self._server:
                line, _ = self._server.accept()
                self._lines[line] = FrameReader()
                self._selector.register(line, selectors.EVENT_READ)
            else:
                assert isinstance(ready.fileobj, socket.socket)
                self._read(ready.fileobj)

    def _read(self, line: socket.socket) -> None:
        try:
            data = line.recv(65536)
        except OSError:
            data = b""
        items = self._lines[line].feed(data) if data else self._lines[line].flush()
        for item in items:
            self._take(item, line)
        if not data:
            self._drop(line)

    def _drop(self, line: socket.socket) -> None:
        self._selector.unregister(line)
        del self._lines[line]
        line.close()

    def _take(self, item: RawFrame | Rejected, line: socket.socket) -> None:
        heard = self._judge(item)
        self.heard.append(heard)
        self._unread.append(heard)
        if heard.message is None:
            return
        self._learn(heard.message)
        due = None if self.mute else answer(heard.message)
        if due is not None:
            with suppress(OSError):  # it has gone; its next connection tells
                line.sendall(build_frame(build_segment(due)))

    def _judge(self, item: RawFrame | Rejected) -> Heard:
        opened = open_frame(item, self.standard, self.key, self._previous)
        if not isinstance(opened, Opened):
            return Heard(None, opened.fault)
        try:
            return Heard(parse_segment(opened.frame.segment), None, opened.seal)
        except PeerError as error:
            return Heard(None, error.fault)

    def _learn(self, message: Message) -> None:
        """The device's own MN, password and system; its version from Flag unless it was given."""
        if not self.mn:
            self.mn, self.pw = message.mn, message.pw
            self.standard = self.standard if self._is_given else message.standard
        if message.st != "91":
            self.st = self.st or message.st


def knows(standard: Standard, cn: str) -> bool:
    """Does the version have such a command of the host?"""
    return any(standard in each.standards for each in variants(cn, standard, Direction.DOWN))
