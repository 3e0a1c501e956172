"""`yuanjian conform HOST:PORT`: does somebody's platform speak HJ 212 as the standard has it?

Plays a logger, each check over a connection of its own, and says what came back. A platform that accepts only
MNs it knows must be told the MN first (``--mn``).
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from yuanjian.clock import to_beijing, utcnow
from yuanjian.wire.hj212 import (
    FrameReader,
    Message,
    PeerError,
    RawFrame,
    Rejected,
    Standard,
    answered_qn,
    build_frame,
    build_report,
    build_segment,
    build_upload,
    crc16_modbus,
    parse_segment,
)

REFUSED_S = 1.5
"""Silence after which a frame counts as not answered; platforms commit and answer within a second."""


class Failed(Exception):
    """A check that did not pass; the text says what came instead."""


class Skipped(Exception):
    """A check that does not apply, or whose occasion did not come; the text says why."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One check. ``must``: the standard demands it; else it is practice that others rely on.

    ``passed`` is None where nothing could be judged; ``clause`` is where the standard says it.
    """

    name: str
    zh: str
    en: str
    must: bool
    passed: bool | None
    detail: str
    seconds: float
    clause: str = ""


class Line:
    """One connection of a played logger."""

    def __init__(self, address: tuple[str, int], mn: str, timeout: float) -> None:
        self.mn, self.timeout = mn, timeout
        self.socket = socket.create_connection(address, timeout=timeout)
        self._reader = FrameReader()
        self._heard: list[Message] = []

    def send(self, data: bytes) -> None:
        """Write bytes."""
        self.socket.sendall(data)

    def heard(self, seconds: float | None = None) -> Message | None:
        """The next message of the platform, None if none comes in time; raises `Failed` for broken ones."""
        deadline = time.monotonic() + (self.timeout if seconds is None else seconds)
        while not self._heard:
            self.socket.settimeout(max(deadline - time.monotonic(), 0.001))
            try:
                data = self.socket.recv(65536)
            except TimeoutError:
                return None
            if not data:
                raise Failed("连接被对方关闭 / the platform closed the connection")
            self._heard += [self._message(item) for item in self._reader.feed(data)]
        return self._heard.pop(0)

    def answered(self, cn: str, qn: str) -> Message:
        """The answer to a frame; host commands on the way are passed over. Raises `Failed`."""
        deadline = time.monotonic() + self.timeout
        while (left := deadline - time.monotonic()) > 0:
            message = self.heard(left)
            if message is not None and message.cn == cn and answered_qn(message) == qn:
                return message
            if message is not None and message.cn in ("9013", "9014"):
                raise Failed(f"应答为 {message.cn} QN={answered_qn(message)}，应为 {cn} QN={qn}")
        raise Failed(f"{self.timeout:g} s 内没有 {cn} 应答 / no {cn} within {self.timeout:g} s")

    def silent(self) -> None:
        """Nothing may come. Raises `Failed`."""
        message = self.heard(REFUSED_S)
        if message is not None and message.cn in ("9013", "9014"):
            raise Failed(f"不应应答，却收到 {message.cn} / answered by {message.cn}")

    @staticmethod
    def _message(item: RawFrame | Rejected) -> Message:
        if isinstance(item, Rejected):
            raise Failed(f"应答报文无效：{item.fault.zh} / invalid answer: {item.fault.en} {item.raw[:80]!r}")
        try:
            return parse_segment(item.segment)
        except PeerError as error:
            raise Failed(f"应答报文无法解析 / unreadable answer: {error}") from error


class Player:
    """Makes frames of one MN, each with a QN of its own."""

    def __init__(self, address: tuple[str, int], mn: str, pw: str, st: str, timeout: float) -> None:
        self._address, self.mn, self.pw, self.st, self._timeout = address, mn, pw, st, timeout
        self._count = 0

    @contextmanager
    def line(self) -> Iterator[Line]:
        """A new connection."""
        try:
            line = Line(self._address, self.mn, self._timeout)
        except OSError as error:
            raise Failed(f"无法连接 / cannot connect: {error}") from error
        try:
            yield line
        except OSError as error:
            raise Failed(f"连接中断 / connection broken: {error}") from error
        finally:
            line.socket.close()

    def qn(self) -> str:
        """Another QN."""
        self._count += 1
        return f"{to_beijing(utcnow()):%Y%m%d%H%M%S}{self._count % 1000:03d}"

    def upload(
        self, standard: Standard, *, ack: bool = True, factors: int = 1, resent: bool = False
    ) -> tuple[list[str], list[bytes]]:
        """A real-time upload: QN and bytes of each packet."""
        codes = ["a21026", "a21002", "a34013"] if self.st == "31" else ["w01018", "w21003", "w00000"]
        some = [(codes[at % 3], {"rtd": f"{10 + at}.5", "flag": "N"}) for at in range(factors)]
        frames = build_upload(
            standard=standard, st=self.st, cn="2011", pw=self.pw, mn=self.mn, qn=self.qn(),
            data_time=(to_beijing(utcnow()) - timedelta(seconds=self._count)).replace(tzinfo=None),
            factors=some, ack=ack, resent=resent,
        )  # fmt: skip
        self._count += len(frames)
        return [str(parse_segment(frame[6:-6]).qn) for frame in frames], frames

    def report(self, cn: str, standard: Standard) -> tuple[str, bytes]:
        """A notification: its QN and bytes."""
        qn = self.qn()
        message = build_report(cn, standard=standard, st=self.st, mn=self.mn, pw=self.pw, qn=qn)
        return qn, build_frame(build_segment(message, standard))


def _ack(standard: Standard) -> Callable[[Player], None]:
    def check(player: Player) -> None:
        with player.line() as line:
            [qn], [frame] = player.upload(standard)
            line.send(frame)
            _form(line.answered("9014", qn), player, standard)

    return check


def _form(answer: Message, player: Player, standard: Standard) -> None:
    """ST 91, MN and PW of the frame, version bits only; 2005 has the QN in CP (2017 section 6.2, [05])."""
    wrong = []
    if answer.st != "91":
        wrong.append(f"ST={answer.st}")
    if answer.mn != player.mn:
        wrong.append(f"MN={answer.mn}")
    if answer.pw != player.pw:
        wrong.append("PW")
    if (answer.flag or 0) != standard.flag_bits:
        wrong.append(f"Flag={answer.flag}")
    if standard is Standard.V2005 and answer.qn is not None:
        wrong.append("QN 不在 CP 中 / QN is not inside CP")
    if wrong:
        raise Failed(f"应答字段错误 / wrong fields: {', '.join(wrong)}")


def _no_ack(player: Player) -> None:
    with player.line() as line:
        line.send(player.upload(Standard.V2017, ack=False)[1][0])
        line.silent()


def _bad(spoil: Callable[[bytes], bytes]) -> Callable[[Player], None]:
    """A broken frame is not answered, and the good one after it is."""

    def check(player: Player) -> None:
        with player.line() as line:
            line.send(spoil(player.upload(Standard.V2017)[1][0]))
            line.silent()
            [qn], [frame] = player.upload(Standard.V2017)
            line.send(frame)
            line.answered("9014", qn)

    return check


def _modbus(frame: bytes) -> bytes:
    return frame[:-6] + crc16_modbus(frame[6:-6]).encode() + b"\r\n"


def _wrong_crc(frame: bytes) -> bytes:
    return frame[:-6] + b"%04X" % (int(frame[-6:-2], 16) ^ 0xFFFF) + b"\r\n"


def _in_pieces(player: Player) -> None:
    with player.line() as line:
        [qn], [frame] = player.upload(Standard.V2017)
        for at in range(0, len(frame), 40):
            line.send(frame[at : at + 40])
            time.sleep(0.05)
        line.answered("9014", qn)


def _together(player: Player) -> None:
    """Three frames in one segment, answered in order."""
    with player.line() as line:
        sent = [player.upload(Standard.V2017) for _ in range(3)]
        line.send(b"".join(frames[0] for _, frames in sent))
        for qns, _ in sent:
            line.answered("9014", qns[0])


def _after_noise(player: Player) -> None:
    with player.line() as line:
        [qn], [frame] = player.upload(Standard.V2017)
        line.send(b"\x00\xffnoise##12\r\n" + frame)
        line.answered("9014", qn)


def _half(player: Player) -> None:
    """Half a frame, the connection ends: the next one must not suffer."""
    with player.line() as line:
        line.send(player.upload(Standard.V2017)[1][0][:60])
    with player.line() as line:
        [qn], [frame] = player.upload(Standard.V2017)
        line.send(frame)
        line.answered("9014", qn)


def _split(player: Player) -> None:
    with player.line() as line:
        qns, frames = player.upload(Standard.V2017, factors=40)
        assert len(frames) > 1
        for qn, frame in zip(qns, frames, strict=True):
            line.send(frame)
            line.answered("9014", qn)


def _again(player: Player) -> None:
    """A device that missed the answer sends the frame again and needs one."""
    with player.line() as line:
        [qn], [frame] = player.upload(Standard.V2017)
        for _ in range(2):
            line.send(frame)
            line.answered("9014", qn)


def _lower_crc(player: Player) -> None:
    with player.line() as line:
        [qn], [frame] = player.upload(Standard.V2017)
        line.send(frame[:-6] + frame[-6:-2].lower() + b"\r\n")
        line.answered("9014", qn)


def _report(cn: str, standard: Standard) -> Callable[[Player], None]:
    def check(player: Player) -> None:
        with player.line() as line:
            qn, frame = player.report(cn, standard)
            line.send(frame)
            line.answered("9013", qn)

    return check


def _clock(player: Player) -> None:
    """1013 → 9013, then 1012 with the time of the host (2017 Annex C.4)."""
    with player.line() as line:
        qn, frame = player.report("1013", Standard.V2017)
        line.send(frame)
        line.answered("9013", qn)
        deadline = time.monotonic() + line.timeout
        while (left := deadline - time.monotonic()) > 0:
            message = line.heard(left)
            if message is not None and message.cn == "1012" and "SystemTime=" in message.cp:
                return
        raise Failed("没有下发 1012 / no 1012 came")


def _resent(player: Player) -> None:
    with player.line() as line:
        [qn], [frame] = player.upload(Standard.V2025, resent=True)
        line.send(frame)
        line.answered("9014", qn)


V2005, V2017, V2025 = Standard.V2005, Standard.V2017, Standard.V2025
CHECKS: tuple[tuple[str, str, str, bool, Callable[[Player], None]], ...] = (
    ("ack-2005", "2005 版数据应答（QN 在 CP 中）", "data answer of 2005 (QN inside CP)", True, _ack(V2005)),
    ("ack-2017", "2017 版数据应答", "data answer of 2017", True, _ack(V2017)),
    ("ack-2025", "2025 版数据应答", "data answer of 2025", True, _ack(V2025)),
    ("no-ack", "Flag 不要求应答时不应答", "no answer when Flag asks for none", True, _no_ack),
    ("crc", "CRC 错误不应答，连接保持", "wrong CRC: no answer, connection stays", True, _bad(_wrong_crc)),
    ("crc-modbus", "拒绝 MODBUS 算法的 CRC", "CRC by MODBUS is refused", True, _bad(_modbus)),
    ("length", "数据段长度不符不应答", "wrong length: no answer", True,
     _bad(lambda frame: b"##%04d" % (int(frame[2:6]) + 7) + frame[6:])),
    ("pieces", "一帧分多次到达", "a frame that arrives in pieces", True, _in_pieces),
    ("together", "多帧一次到达，依次应答", "several frames at once, answered in order", True, _together),
    ("split", "分包上传（PNUM/PNO）", "an upload in several packets (PNUM/PNO)", True, _split),
    ("again", "重发的报文再次应答", "a frame sent again is answered again", True, _again),
    ("half", "半帧断线不影响重连", "half a frame, then a new connection", True, _half),
    ("noise", "噪声之后恢复同步", "noise before a frame", False, _after_noise),
    ("lower", "接受小写 CRC", "a CRC in lower case", False, _lower_crc),
    ("clock", "校时请求 1013 → 9013 → 1012", "time request 1013 → 9013 → 1012", True, _clock),
    ("heartbeat", "心跳 9015 → 9013（2025）", "heartbeat 9015 → 9013 (2025)", True, _report("9015", V2025)),
    ("resent", "补传标记 RF=1（2025）", "re-sent mark RF=1 (2025)", True, _resent),
)  # fmt: skip
"""Every check: code, words, whether the standard demands it, and the function that raises `Failed`."""


def run(
    address: tuple[str, int],
    *,
    mn: str,
    pw: str = "123456",
    st: str = "31",
    timeout: float = 10.0,
    only: tuple[str, ...] = (),
) -> Iterator[Outcome]:
    """Carry the checks out one by one; ``timeout`` seconds for an answer (the standard's OverTime)."""
    player = Player(address, mn, pw, st, timeout)
    for name, zh, en, must, check in CHECKS:
        if only and name not in only:
            continue
        started, detail = time.monotonic(), ""
        try:
            check(player)
        except Failed as error:
            detail = str(error)
        yield Outcome(name, zh, en, must, not detail, detail, round(time.monotonic() - started, 2))
