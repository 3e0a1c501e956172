"""What a logger is tested for, one function each; `Failed` says what was wrong, `Skipped` why none was.

Settings that are changed on the way are set back.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from yuanjian.clock import to_beijing, utcnow
from yuanjian.wire.hj212 import (
    Message,
    Seal,
    Standard,
    Value,
    answered_qn,
    is_upload,
    items,
    needs_encryption,
    read_response,
)

from .conform import Failed, Skipped
from .conform_host import Host, Told, knows
from .orders import new_key

V2005, V2017, V2025 = Standard.V2005, Standard.V2017, Standard.V2025
SHIFT = timedelta(minutes=2)
"""By how much the clock is set wrong for a moment: more than any exchange takes, less than a data period."""
CLOCK_S = 20.0
"""A clock that was just set may be off by so much: two exchanges and whole seconds."""
STEPS = {"2051": timedelta(minutes=10), "2061": timedelta(hours=1), "2031": timedelta(days=1)}
PATTERNS = {
    V2005: {"mn": r".{14}"},
    V2017: {"mn": r"[0-9A-F]{24}", "qn": r"\d{17}"},
    V2025: {"mn": r"[0-9A-F]{24}", "qn": r"\d{17}"},
}
HEADER = {"st": r"\d{2}", "cn": r"\d{4}", "pw": r".{6}"}


def connects(host: Host) -> None:
    host.until(lambda message: bool(message.mn), host.wait, "没有收到有效报文 / no valid frame came")


def realtime(host: Host) -> None:
    missing = "没有收到实时数据 2011 / no real-time data (2011) came"
    found = host.until(lambda message: message.cn == "2011" and is_upload(message), host.wait, missing)
    names = {name.lower() for name, _ in items(found.cp)}
    if not any(name.endswith(("-rtd", "-info", "-rs")) for name in names):
        raise Failed("2011 中没有实时值 / no value in 2011")


def resend(host: Host) -> None:
    """Leave an upload unanswered: the same packet must come again (Table 1)."""
    host.forget()
    host.mute = True
    try:
        first = host.until(is_upload, host.wait, "没有数据可以不应答 / no upload came")
        if not first.wants_answer:
            raise Skipped("设备不要求应答 / the device asks for no answers")
        late = f"{host.timeout:g} s 内没有重发 / not sent again within {host.timeout:g} s"
        host.until(lambda message: _same(message, first), host.timeout + 5, late)
    finally:
        host.mute = False


def _same(message: Message, first: Message) -> bool:
    return replace(message, rf=False) == replace(first, rf=False)


def get_time(host: Host) -> None:
    _clock(host)


def _clock(host: Host) -> datetime:
    told = host.done("1011")
    found = _value(host, told, "SystemTime")
    if not isinstance(found, datetime):
        raise Failed(f"SystemTime={found}")
    return found


def _value(host: Host, told: Told, name: str) -> Value:
    """A field of the one packet a query is answered with."""
    if len(told.data) != 1:
        raise Failed(
            f"收到 {len(told.data)} 包 {told.sent.cn} 数据，应为 1 / {len(told.data)} packets, not 1"
        )
    values = read_response(told.data[0], host.standard).values
    if told.data[0].qn not in (told.sent.qn, None) or name not in values:
        raise Failed(f"应答缺少 {name} 或 QN 不符 / no {name}, or another QN")
    return values[name]  # type: ignore[return-value]


def set_time(host: Host) -> None:
    """Set the clock, see it move, set it right again."""
    wanted = _now() + SHIFT
    try:
        host.done("1012", SystemTime=wanted)
        off = abs((_clock(host) - wanted).total_seconds())
    finally:
        host.done("1012", SystemTime=_now())
    if off > CLOCK_S:
        raise Failed(f"对时后仍相差 {off:.0f} s / still {off:.0f} s off after it was set")


def _now() -> datetime:
    return to_beijing(utcnow()).replace(tzinfo=None, microsecond=0)


def setting(get: str, put: str, name: str, others: tuple[int, int]) -> Callable[[Host], None]:
    """Read a setting, change it, read it again, set it back."""

    def check(host: Host) -> None:
        _only(host, get)
        before = int(str(_value(host, host.done(get), name)))
        other = next(value for value in others if value != before)
        try:
            host.done(put, **{name: other})
            after = int(str(_value(host, host.done(get), name)))
        finally:
            host.done(put, **{name: before})
        if after != other:
            raise Failed(f"{name}：设置 {other}，读回 {after} / set {other}, read {after}")

    return check


def history(cn: str) -> Callable[[Host], None]:
    """The data of some whole periods; each is an upload with a QN of its own and wants its answer."""

    def check(host: Host) -> None:
        step, now = STEPS[cn], _now()
        zero = now.replace(hour=0, minute=0, second=0)
        end = zero + ((now - zero) // step - 2) * step
        told = host.done(cn, BeginTime=end - 2 * step, EndTime=end)
        if told.execution == 100:
            raise Skipped("设备没有该时段数据 / the device has no such data")
        times = [_data_time(message) for message in told.data]
        if not times:
            raise Failed("ExeRtn=1 却没有数据 / success, and no data came")
        outside = [at for at in times if not f"{end - 2 * step:%Y%m%d%H%M%S}" <= at <= f"{end:%Y%m%d%H%M%S}"]
        if outside:
            raise Failed(f"DataTime={outside[0]} 不在所要时段 / is outside the span")

    return check


def _data_time(message: Message) -> str:
    return {name.lower(): value for name, value in items(message.cp)}.get("datatime", "")[:14]


def _only(host: Host, cn: str) -> None:
    if not knows(host.standard, cn):
        raise Skipped(f"{host.standard} 版没有 {cn} / no {cn} in {host.standard}")


def wrong_password(host: Host) -> None:
    wrong = "999999" if host.pw != "999999" else "888888"
    told = _strange(host, pw=wrong)
    if told.request != 3:
        raise Failed(f"QnRtn={told.request}，应为 3 / not 3")


def wrong_mn(host: Host) -> None:
    """A command for another device must not be executed; to say so (4) or to be silent is both good."""
    sent = replace(host.request("1011"), mn="F" * len(host.mn))
    host.send(host.packet(sent))
    host.silent(sent)


def _strange(host: Host, **changes: str) -> Told:
    sent = replace(host.request("1011"), **changes)  # type: ignore[arg-type]
    host.send(host.packet(sent))
    return host.follow(sent)


def unknown_command(host: Host) -> None:
    told = _strange(host, cn="1998")
    wanted = 2 if host.standard is V2005 else 8
    if told.request != wanted:
        raise Failed(f"QnRtn={told.request}，应为 {wanted} / not {wanted}")


def wrong_crc(host: Host) -> None:
    sent = host.request("1011")
    raw = host.packet(sent)
    host.send(raw[:-6] + b"%04X" % (int(raw[-6:-2], 16) ^ 0xFFFF) + b"\r\n")
    host.silent(sent)


def in_pieces(host: Host) -> None:
    """A command that arrives in three segments."""
    sent = host.request("1011")
    raw = host.packet(sent)
    for part in (raw[:5], raw[5:60], raw[60:]):
        host.send(part)
        time.sleep(0.05)
    if host.follow(sent).request != 1:
        raise Failed("QnRtn≠1")


def split(host: Host) -> None:
    """Several packets of one record: Flag says so, each has its number and repeats DataTime (C.49, C.50)."""
    parts = [message for message in host.messages() if message.pnum is not None or message.is_split]
    if not parts:
        raise Skipped("没有出现分包 / no upload was split")
    for part in parts:
        if not (part.flag or 0) & 2:
            raise Failed("有 PNUM 而 Flag 没有分包位 / PNUM, but not the bit in Flag")
        if not 1 <= (part.pno or 0) <= (part.pnum or 0):
            raise Failed(f"PNO={part.pno} PNUM={part.pnum}")
        if is_upload(part) and not _data_time(part):
            raise Failed("分包缺少 DataTime / a packet without DataTime")


def heartbeat(host: Host) -> None:
    only_2025(host)
    none = [message for message in host.messages() if message.cn == "9015"]
    if not none:
        try:
            host.until(lambda message: message.cn == "9015", host.wait, "")
        except Failed:
            why = f"{host.wait:g} s 内没有心跳，标准未规定周期 / none came; the standard gives no period"
            raise Skipped(why) from None


def only_2025(host: Host) -> None:
    if host.standard is not V2025:
        raise Skipped("仅 2025 版 / 2025 only")


def sealed(host: Host) -> None:
    only_2025(host)
    if host.key is None:
        raise Skipped("未给出密钥 / no key was given")
    due = [each for each in host.heard if each.message is not None and needs_encryption(each.message.cn)]
    clear = sum(each.seal is Seal.CLEAR for each in due)
    closed = sum(each.fault is not None for each in host.heard)
    if clear or closed or not due:
        raise Failed(
            f"明文 {clear}，无法解密或无效 {closed}，共 {len(due)} / {clear} in clear, {closed} not opened"
        )


def rekey(host: Host) -> None:
    """A new key and back: 1014 is encrypted with the key in force, what follows with the new one."""
    only_2025(host)
    asked = any(message.cn == "1014" for message in host.messages())
    if host.key is None or not (asked or host.may_rekey):
        raise Skipped("设备没有申请新密钥 / the device asked for no key")
    before, coming = host.key, new_key()
    _issue(host, coming)
    try:
        uses(host)
    finally:
        _issue(host, before)
    uses(host)


def _issue(host: Host, key: bytes) -> None:
    sent = host.request("1014", SKCreateTime=_now(), NewSK=key.decode())
    host.send(host.packet(sent, host.key))
    host.rekey(key)
    told = host.follow(sent)
    if told.request != 1 or told.execution not in (1, None):
        raise Failed(f"QnRtn={told.request} ExeRtn={told.execution}")


def uses(host: Host) -> None:
    """The next data come under the new key."""
    deadline = time.monotonic() + host.wait
    while (left := deadline - time.monotonic()) > 0:
        found = host.next(left)
        if found is not None and found.seal is Seal.CURRENT:
            return
    raise Failed("没有用新密钥加密的数据 / nothing came under the new key")


def clock_request(host: Host) -> None:
    if not any(message.cn == "1013" for message in host.messages()):
        raise Skipped("设备没有申请校时 / the device did not ask for the time")
    host.done("1012", SystemTime=_now())


def reconnect(host: Host) -> None:
    host.hang_up()
    host.forget()
    host.until(lambda message: message.mn == host.mn, host.wait, "断线后没有重连 / it did not come back")


def header(host: Host) -> None:
    """The fields of every frame of the device's own (section 6.3; [05] for 2005)."""
    patterns = HEADER | PATTERNS[host.standard]
    for message in host.messages():
        if message.cn in ("9011", "9012", "9013"):
            continue
        for name, pattern in patterns.items():
            if not re.fullmatch(pattern, str(getattr(message, name) or "")):
                shown = "…" if name == "pw" else getattr(message, name)
                raise Failed(f"CN={message.cn}：{name.upper()}={shown} 不符合格式 / not of the form")
        if message.flag is not None and message.flag & ~3 != host.standard.flag_bits:
            raise Failed(f"CN={message.cn}：Flag={message.flag}，版本位应为 {host.standard.flag_bits}")


def answers(host: Host) -> None:
    """9011, 9012, 9013: ST=91, the device's MN, version bits only, a QN (section 6.2, Annex C)."""
    found = [message for message in host.messages() if message.cn in ("9011", "9012", "9013")]
    if not found:
        raise Failed("设备从未应答命令 / the device never answered a command")
    for message in found:
        good = message.st == "91" and (message.flag or 0) == host.standard.flag_bits
        if not (good and answered_qn(message)):
            raise Failed(f"{message.cn}：ST={message.st} Flag={message.flag} QN={answered_qn(message)}")


def frames(host: Host) -> None:
    faults = [each.fault for each in host.heard if each.fault is not None]
    if faults:
        raise Failed(f"{len(faults)} 帧无效：{faults[0].zh} / {len(faults)} frames invalid: {faults[0].en}")
