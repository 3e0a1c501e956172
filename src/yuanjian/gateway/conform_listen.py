"""`yuanjian conform --listen PORT`: does somebody's logger speak HJ 212 as the standard has it?

The logger connects to us and we play the platform.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from yuanjian.wire.hj212 import Direction, PeerError, Standard
from yuanjian.wire.hj212.commands import variants

from . import conform_device as does
from .conform import Failed, Outcome, Skipped
from .conform_host import Host


@dataclass(frozen=True, slots=True)
class Check:
    """One check. ``clause`` as 2017 and 2025 number it; ``run`` raises `Failed` or `Skipped`."""

    name: str
    clause: str
    zh: str
    en: str
    must: bool
    run: Callable[[Host], None]


def _annex(cn: str) -> str:
    """Where the two newer versions have a command of the host."""
    found = [command for command in variants(cn, Standard.V2017, Direction.DOWN) if command.annex]
    return found[0].annex if found else ""


CHECKS: tuple[Check, ...] = (
    Check("connect", "6.1", "连接并发送有效报文", "connects and sends valid frames", True, does.connects),
    Check("realtime", "17 C14; 25 C18", "实时数据 2011", "real-time data 2011", True, does.realtime),
    Check("resend", "6.2; 表 1", "未应答时重发同一报文", "unanswered: sent again", True, does.resend),
    Check("get-time", _annex("1011"), "提取时间 1011", "tells its time, 1011", True, does.get_time),
    Check("set-time", _annex("1012"), "设置时间 1012", "has its time set, 1012", True, does.set_time),
    Check("interval", f"{_annex('1061')}; {_annex('1062')}", "实时数据间隔 1061/1062",
          "real-time interval 1061/1062", True, does.setting("1061", "1062", "RtdInterval", (60, 30))),
    Check("minutes", f"{_annex('1063')}; {_annex('1064')}", "分钟数据间隔 1063/1064",
          "minute interval 1063/1064", True, does.setting("1063", "1064", "MinInterval", (10, 5))),
    Check("history-minute", _annex("2051"), "分钟历史 2051", "minute data 2051", True, does.history("2051")),
    Check("history-hour", _annex("2061"), "小时历史 2061", "hour data 2061", True, does.history("2061")),
    Check("history-day", _annex("2031"), "日历史 2031", "day data 2031", True, does.history("2031")),
    Check("password", "6.2; 表 6", "PW 错误时拒绝", "wrong PW: QnRtn=3", True, does.wrong_password),
    Check("mn", "6.2; 表 6", "不执行发给其他 MN 的命令", "a command for another MN", True, does.wrong_mn),
    Check("command", "表 6", "未知命令 QnRtn=8", "unknown command: QnRtn=8", False, does.unknown_command),
    Check("crc", "附录 A", "不执行 CRC 错误的命令", "a command with a wrong CRC", True, does.wrong_crc),
    Check("pieces", "6.1", "命令分多次到达", "a command that arrives in pieces", True, does.in_pieces),
    Check("rekey", "25 6.4; 25 C7 C8", "更换密钥 1014", "change of key 1014", True, does.rekey),
    Check("clock-request", "17 C4; 25 C6", "校时请求 1013 → 1012", "time request 1013 → 1012", True,
          does.clock_request),
    Check("reconnect", "6.1", "断线后重连", "comes back after a break", False, does.reconnect),
    Check("heartbeat", "25 9015", "心跳 9015", "heartbeat 9015", True, does.heartbeat),
    Check("split", "17 C49 C50", "分包（PNUM/PNO）", "split uploads (PNUM/PNO)", True, does.split),
    Check("sealed", "25 6.4", "应加密的报文已加密", "encrypted where it must be", True, does.sealed),
    Check("header", "6.3", "报文头字段", "header fields", True, does.header),
    Check("answers", "6.2; 附录 C", "命令应答的格式与 QN", "form and QN of its answers", True, does.answers),
    Check("frames", "6.3; 附录 A", "报文长度与 CRC 均正确", "length and CRC of all", True, does.frames),
)  # fmt: skip
"""In order: what the device does by itself, commands, odd commands, and what all of it showed."""


def run(host: Host, only: tuple[str, ...] = ()) -> Iterator[Outcome]:
    """Wait for a logger and put it to the test."""
    for check in CHECKS:
        if only and check.name not in (*only, "connect"):
            continue
        started, detail = time.monotonic(), ""
        verdict: bool | None = True
        try:
            check.run(host)
        except (Failed, PeerError) as error:
            verdict, detail = False, str(error)
        except Skipped as error:
            verdict, detail = None, str(error)
        seconds = round(time.monotonic() - started, 2)
        yield Outcome(check.name, check.zh, check.en, check.must, verdict, detail, seconds, check.clause)
        if check.name == "connect" and verdict is False:
            return
