"""One data logger as its keeper sees it: link, settings, what is wrong with it, commands."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from orjson import loads
from psycopg.types.json import Jsonb

from yuanjian.clock import to_beijing, utcnow
from yuanjian.platform.accounts.models import User
from yuanjian.platform.common import sql
from yuanjian.platform.common.activity import record, register_actions
from yuanjian.platform.common.errors import Invalid, Refused, not_found
from yuanjian.platform.monitoring import links
from yuanjian.platform.registry.models import DataLogger
from yuanjian.wire.hj212 import (
    Direction,
    LocalError,
    Standard,
    State,
    build_request,
    command,
    result_of,
)

SKEW_S = 300.0  # hj212.md section 5: alarm above 5 minutes [D]
CRC_RATE = 0.01  # one frame in a hundred: TCP itself delivers none broken, so the device computes it wrong
KEY_DAYS = 90  # HJ 212-2025 section 6.4 [25-A]
RECENT = timedelta(days=7)
WAITING = 20  # commands that may wait for one device

ASKED = (
    "1000", "1011", "1012", "1014", "1061", "1062", "1063", "1064", "2011", "2012", "2031", "2041",
    "2051", "2061", "3012", "3013", "3015", "3018", "3019", "3020", "3022",
)  # fmt: skip
"""What may be asked from the page. Not so: passwords (1072), parameters (3021), calibration (3011)."""

STATES = {
    "queued": ("等待下发", "waiting"),
    "sent": ("已下发，等待应答", "sent, waiting for an answer"),
    "accepted": ("执行中", "being executed"),
    "done": ("执行成功", "executed"),
    "failed": ("失败", "failed"),
    "expired": ("逾期未下发", "expired before it could be sent"),
}
ERRORS = {
    "gateway.restarted": ("网关重启，结果未知", "the gateway was restarted, outcome unknown"),
    "gateway.gone": ("设备刚刚断开", "the device has just gone"),
    "gateway.no_key": ("该设备没有当前密钥", "the device has no current key"),
    "hj212.field": ("参数缺失或取值无效", "a parameter is missing or not allowed"),
    "hj212.command": ("该版本没有此命令", "no command of this version"),
    **{state.value: (state.zh, state.en) for state in State},
}

register_actions(
    {"devices.commanded": ("向数采仪下发命令 {cn} {name}", "Command {cn} {name} for the logger")}
)

_DEVICE = """
SELECT l.standard AS claimed, l.seal, l.clear, l.tolerated, l.crc_faults, l.rivals, l.rival_peer, l.rival_at,
    l.connected, l.connected_at, d.standard, d.profile, d.key_current IS NOT NULL AS has_key, d.key_made_at,
    d.tolerate, coalesce(d.allow_clear, true) AS allow_clear, d.over_time, d.re_count
FROM (SELECT %s::text AS mn) m LEFT JOIN intake.link l USING (mn) LEFT JOIN intake.device d USING (mn)
"""
_COMMANDS = """
SELECT id, mn, cn, st, params, requested_by, requested_at, expires_at, state, sent_at, done_at, tries, qn_rtn,
    exe_rtn, result, error, count(*) OVER () AS total
FROM intake.command WHERE mn = %s ORDER BY id DESC LIMIT %s OFFSET %s
"""
_INSERT = """
INSERT INTO intake.command (mn, cn, st, params, requested_by) VALUES (%s, %s, %s, %s, %s) RETURNING id
"""


def find(user: User, mn: str) -> dict[str, Any]:
    """The link row of an MN the user may see; raises `NotFound`."""
    page = links.page(user, state="", q=mn, window=slice(0, 200))
    row = next((row for row in page["items"] if row["mn"] == mn), None)
    if row is None:
        raise not_found("数采仪不存在或无权查看", "No such logger, or not visible to you")
    return row


def detail(user: User, mn: str) -> dict[str, Any]:
    """Everything about one logger; never a key."""
    link = find(user, mn)
    row = sql.rows(_DEVICE, [mn])[0]
    logger = DataLogger.objects.filter(mn=mn).first()
    standard = row["standard"] or (logger.standard if logger else None)
    seen = link["frames"] + link["faults"]
    settings = ("profile", "has_key", "key_made_at", "allow_clear", "over_time", "re_count")
    return {
        "link": link,
        "standard": standard,
        "settings": {name: row[name] for name in settings} | {"tolerate": row["tolerate"] or []},
        "connected_at": row["connected_at"],
        "crc_faults": row["crc_faults"] or 0,
        "crc_rate": (row["crc_faults"] or 0) / seen if seen else None,
        "tolerated": row["tolerated"] or 0,
        "seal": row["seal"],
        "clear": row["clear"] or 0,
        "rival": {"frames": row["rivals"], "peer": row["rival_peer"], "at": row["rival_at"]}
        if row["rivals"]
        else None,
        "problems": [_problem(*found) for found in _problems(row, link, standard, seen)],
        "commands": commands(mn, 10, 0)[0],
        "offers": offers(Standard(standard) if standard else Standard.V2017),
    }


def commands(mn: str, size: int, offset: int) -> tuple[list[dict[str, Any]], int]:
    """Commands to an MN, newest first, and how many there are."""
    rows = sql.rows(_COMMANDS, [mn, size, offset])
    total = rows[0]["total"] if rows else 0
    return [_row(row) for row in rows], total


def offers(standard: Standard) -> list[dict[str, Any]]:
    """The commands that may be asked of a device of that version, with their fields."""
    found = []
    for cn in ASKED:
        meaning = command(cn, standard, Direction.DOWN)
        if meaning is not None:
            fields = [{"name": part.name, "optional": part.optional} for part in meaning.sends]
            hidden = {"1012": {"SystemTime"}, "1014": {"SKCreateTime", "NewSK"}}.get(cn, set())
            fields = [field for field in fields if field["name"] not in hidden]
            found.append({"cn": cn, "name": meaning.name_zh, "name_en": meaning.name_en, "fields": fields})
    return found


def ask(user: User, mn: str, cn: str, params: dict[str, str | int], st: str | None) -> dict[str, Any]:
    """Queue a command; the gateway sends it when the device is connected. Raises `Invalid`, `Refused`."""
    found = detail(user, mn)
    standard = Standard(found["standard"] or "2017")
    _check(cn, params, standard)
    waiting = [row for row in commands(mn, 200, 0)[0] if row["state"] == "queued"]
    if len(waiting) >= WAITING:
        raise Refused("devices.busy", f"已有 {WAITING} 条命令等待下发", f"{WAITING} commands are waiting")
    meaning = command(cn, standard, Direction.DOWN)
    logger = DataLogger.objects.filter(mn=mn).first()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_INSERT, [mn, cn, st, Jsonb(params), user.username])
        number = cursor.fetchone()[0]
        cursor.execute("SELECT pg_notify('intake_desk', 'command')")
        if logger is not None:
            record(
                user, "devices.commanded", logger, cn=cn, name=meaning.name_zh if meaning else "", id=number
            )
    return next(row for row in commands(mn, 1, 0)[0] if row["id"] == number)


def _check(cn: str, params: dict[str, str | int], standard: Standard) -> None:
    """Build it once to see whether it can be; the gateway fills in what only it knows."""
    if cn not in ASKED:
        raise Invalid("devices.command", "不支持下发该命令", "this command may not be sent", cn=cn)
    now = f"{to_beijing(utcnow()):%Y%m%d%H%M%S}"
    filled = {"1012": {"SystemTime": now}, "1014": {"SKCreateTime": f"{now}000", "NewSK": "0" * 16}}.get(
        cn, {}
    )
    if set(filled) & set(params) - {"SystemTime"}:
        raise Invalid("hj212.field", "密钥由网关生成", "keys are made by the gateway")
    try:
        build_request(
            cn, standard=standard, st="31", mn="", pw="", qn=f"{now}000", values={**filled, **params}
        )
    except LocalError as error:
        raise Invalid(error.code, error.zh, str(error)) from error
    begin, end = str(params.get("BeginTime", "")), str(params.get("EndTime", ""))
    if begin > end:
        raise Invalid("hj212.field", "开始时间晚于结束时间", "BeginTime is after EndTime")


def _problems(
    row: dict[str, Any], link: dict[str, Any], standard: str | None, seen: int
) -> list[tuple[str, str, str]]:
    """What is wrong with the device: code, Chinese, English."""
    skew, now = link["clock_skew_s"], utcnow()
    crc = (row["crc_faults"] or 0) / seen if seen else 0.0
    aged = row["key_made_at"] is not None and now - row["key_made_at"] > timedelta(days=KEY_DAYS)
    rival = row["rival_at"] is not None and now - row["rival_at"] < RECENT
    wrong = standard is not None and row["claimed"] is not None and standard != row["claimed"]
    checks = [
        (skew is not None and abs(skew) > SKEW_S, "clock",
         f"时钟偏差 {skew} 秒", f"the clock is {skew} s off"),
        (crc > CRC_RATE, "crc", f"CRC 错误率 {crc:.1%}", f"{crc:.1%} of frames have a wrong CRC"),
        (wrong, "version", f"登记为 {standard} 版，实际按 {row['claimed']} 版发送",
         f"registered as {standard}, sends as {row['claimed']}"),
        (not row["allow_clear"] and row["seal"] == "hj212.seal.clear", "clear",
         "应加密而未加密（互联网传输违反规定）", "in clear where encryption is due"),
        (rival, "duplicate", "两台设备使用同一 MN", "two devices use one MN"),
        (bool(row["tolerated"]), "tolerated",
         "按约定接受了 CRC 算法错误的报文", "frames with a wrong CRC are tolerated"),
        (aged, "key", f"密钥超过 {KEY_DAYS} 天未更换", f"the key is older than {KEY_DAYS} days"),
    ]  # fmt: skip
    return [(code, zh, en) for found, code, zh, en in checks if found]


def _problem(code: str, zh: str, en: str) -> dict[str, str]:
    return {"code": code, "text": zh, "text_en": en}


def _row(row: dict[str, Any]) -> dict[str, Any]:
    row.pop("total")
    meaning = command(row["cn"], Standard.V2025, Direction.DOWN) or command(row["cn"], Standard.V2017)
    zh, en = STATES[row["state"]]
    return {
        **row,
        "params": loads(row["params"]),  # Django leaves jsonb of plain cursors as text
        "result": loads(row["result"]) if row["result"] is not None else None,
        "automatic": row["requested_by"].startswith("auto:"),
        "name": meaning.name_zh if meaning else row["cn"],
        "name_en": meaning.name_en if meaning else row["cn"],
        "state_text": zh,
        "state_text_en": en,
        **_outcome(row),
    }


def _outcome(row: dict[str, Any]) -> dict[str, str | None]:
    """Why it failed, in words; the device's own code says most."""
    if row["state"] != "failed":
        return {"error_text": None, "error_text_en": None}
    kind, code = ("ExeRtn", row["exe_rtn"]) if row["exe_rtn"] is not None else ("QnRtn", row["qn_rtn"])
    if row["error"] in (State.REFUSED.value, State.FAILED.value) and code is not None:
        told = result_of(kind, code, Standard.V2025)
        return {"error_text": told.name_zh, "error_text_en": told.name_en}
    zh, en = ERRORS.get(row["error"] or "", (row["error"], row["error"]))
    return {"error_text": zh, "error_text_en": en}
