"""Commands to loggers: what may be asked, how it is asked, and how it went, in words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connection, transaction
from orjson import loads
from psycopg.types.json import Jsonb

from yuanjian.clock import to_beijing, utcnow
from yuanjian.gateway.orders import HISTORY_S, WORK_S
from yuanjian.platform.accounts.models import User
from yuanjian.platform.common import sql
from yuanjian.platform.common.activity import record, register_actions
from yuanjian.platform.common.errors import Invalid, Refused
from yuanjian.platform.registry.models import DataLogger
from yuanjian.wire.hj212 import (
    Command,
    Direction,
    Field,
    Flow,
    LocalError,
    Standard,
    State,
    build_request,
    command,
    field_of,
    result_of,
)
from yuanjian.wire.hj212.commands import variants

WAITING = 20  # commands that may wait for one device
OPEN = ("queued", "sent", "accepted")

GROUPS = {
    "history": ("2011", "2013", "2031", "2041", "2051", "2052", "2061", "2062"),
    "time": ("1011", "1012"),
    "interval": ("1000", "1061", "1062", "1063", "1064"),
    "live": ("2011", "2012"),
    "status": ("3017", "3018", "3019", "3020"),
    "sampling": ("3012", "3013", "3015", "3022", "3024"),
    "key": ("1014",),
}
"""What may be asked from the page, by purpose. Not so: passwords (1072), parameters (3021), calibration
(3011). A CN with two meanings is history where it takes a span, else what the other group says."""
ASKED = frozenset(cn for cns in GROUPS.values() for cn in cns)

DANGERS = {
    "1000": (
        "改变设备的超时与重发次数，设置不当会造成数据迟到",
        "changes time-out and retries of the device",
    ),
    "1012": (
        "改变设备时钟，此后数据的时间随之改变",
        "changes the clock of the device, and the times of its data",
    ),
    "1014": ("更换设备密钥，两侧不一致时数据无法解密", "changes the key; unreadable if the two sides differ"),
    "1062": ("改变实时数据的上报间隔", "changes how often real-time data are sent"),
    "1064": ("改变分钟数据的统计间隔", "changes the period of minute data"),
    "2012": ("设备将停止上报实时数据", "the device stops sending real-time data"),
    "3012": ("设备将立即采样，测量周期被打断", "the device takes a sample at once, its cycle is interrupted"),
    "3013": ("设备将清洗或反吹，期间数据无效", "the device cleans itself; data are invalid meanwhile"),
    "3015": ("占用一只留样瓶", "uses up one sample bottle"),
    "3022": ("占用一只留样瓶", "uses up one sample bottle"),
    "3024": ("启动标样核查，期间数据无效", "starts a check with a standard; data are invalid meanwhile"),
}
"""What a command does to the device or its data; such a one is asked for with a reason."""

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
_OWN = {"1012": {"SystemTime"}, "1014": {"SKCreateTime", "NewSK"}}  # what the gateway fills in

register_actions(
    {
        "devices.commanded": (
            "向数采仪下发命令 {cn} {name}{because}",
            "Command {cn} {name_en} for the logger{because_en}",
        )
    }
)

_COMMANDS = """
SELECT id, mn, cn, st, params, requested_by, requested_at, expires_at, state, sent_at, done_at, tries, qn_rtn,
    exe_rtn, result, error, reason, count(*) OVER () AS total
FROM intake.command WHERE mn = %s AND (%s = '' OR requested_by = %s) ORDER BY id DESC LIMIT %s OFFSET %s
"""
_INSERT = """
INSERT INTO intake.command (mn, cn, st, params, requested_by, reason)
VALUES (%s, %s, %s, %s, %s, %s) RETURNING id
"""
_WAITING = "SELECT count(*) AS n FROM intake.command WHERE mn = %s AND state = 'queued'"


def rows(mn: str, size: int, offset: int, by: str = "") -> tuple[list[dict[str, Any]], int]:
    """Commands to an MN, newest first, and how many there are; ``by``: asked by that one only."""
    found = sql.rows(_COMMANDS, [mn, by, by, size, offset])
    total = found[0]["total"] if found else 0
    return [_row(row) for row in found], total


def offers(standard: Standard) -> list[dict[str, Any]]:
    """The commands that may be asked of a device of that version, with their fields, by purpose."""
    return [
        _offer(group, meaning, standard)
        for group, cns in GROUPS.items()
        for cn in cns
        for meaning in variants(cn, standard, Direction.DOWN)
        if (meaning.flow is Flow.HISTORY) == (group == "history") or cn == "3020"
    ]


def ask(
    user: User,
    mn: str,
    standard: Standard,
    cn: str,
    params: dict[str, str | int],
    st: str | None,
    reason: str,
) -> dict[str, Any]:
    """Queue a command; the gateway sends it when the device is connected. Raises `Invalid`, `Refused`."""
    _check(cn, params, standard)
    reason = reason.strip()
    if cn in DANGERS and not reason:
        raise Refused("devices.reason", "该命令会影响设备或数据，请填写理由", "this command needs a reason")
    if sql.rows(_WAITING, [mn])[0]["n"] >= WAITING:
        raise Refused("devices.busy", f"已有 {WAITING} 条命令等待下发", f"{WAITING} commands are waiting")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_INSERT, [mn, cn, st, Jsonb(params), user.username, reason or None])
        number = cursor.fetchone()[0]
        cursor.execute("SELECT pg_notify('intake_desk', 'command')")
        _note(user, mn, cn, standard, number, reason)
    return next(row for row in rows(mn, 1, 0)[0] if row["id"] == number)


def _note(user: User, mn: str, cn: str, standard: Standard, number: int, reason: str) -> None:
    logger = DataLogger.objects.filter(mn=mn).first()
    meaning = command(cn, standard, Direction.DOWN)
    if logger is not None and meaning is not None:
        said = {"because": f"，理由：{reason}", "because_en": f": {reason}"} if reason else {}
        names = {"name": meaning.name_zh, "name_en": meaning.name_en}
        record(user, "devices.commanded", logger, cn=cn, id=number, reason=reason, **names, **said)


def _offer(group: str, meaning: Command, standard: Standard) -> dict[str, Any]:
    zh, en = DANGERS.get(meaning.cn, (None, None))
    hidden = _OWN.get(meaning.cn, set())
    return {
        "key": f"{meaning.cn}{'h' if meaning.flow is Flow.HISTORY else ''}",
        "group": group,
        "cn": meaning.cn,
        "name": meaning.name_zh,
        "name_en": meaning.name_en,
        "danger": zh,
        "danger_en": en,
        "execution_s": execution_s(meaning.cn, meaning.flow is Flow.HISTORY),
        "fields": [
            _field(part.name, part.optional, field_of(part.name, standard))
            for part in meaning.sends
            if part.name not in hidden
        ],
    }


def execution_s(cn: str, history: bool) -> float | None:
    """Seconds without news after which an accepted command has failed; None: the device's own time-out."""
    return WORK_S.get(cn, HISTORY_S if history else None)


def _field(name: str, optional: bool, known: Field | None) -> dict[str, Any]:
    kind = "text"
    if name in ("PolId", "InfoId"):
        kind = {"PolId": "factor", "InfoId": "info"}[name]
    elif known is not None and known.format[0] == "T":
        kind = "time"
    elif known is not None and known.format[0] == "N":
        kind = "choice" if known.choices else "number"
    return {
        "name": name,
        "optional": optional,
        "kind": kind,
        "label": known.name_zh if known else name,
        "label_en": known.name_en if known else name,
        "low": known.low if known else None,
        "high": known.high if known else None,
        "choices": sorted(known.choices) if known else [],
    }


def _check(cn: str, params: dict[str, str | int], standard: Standard) -> None:
    """Build it once to see whether it can be; the gateway fills in what only it knows."""
    if cn not in ASKED:
        raise Invalid("devices.command", "不支持下发该命令", "this command may not be sent", cn=cn)
    now = f"{to_beijing(utcnow()):%Y%m%d%H%M%S}"
    stamps = {"SystemTime": now, "SKCreateTime": f"{now}000", "NewSK": "0" * 16}
    filled = {name: stamps[name] for name in _OWN.get(cn, ())}
    if set(filled) & set(params) - {"SystemTime"}:
        raise Invalid("hj212.field", "密钥由网关生成", "keys are made by the gateway")
    values = {**filled, **params}
    try:
        build_request(cn, standard=standard, st="31", mn="", pw="", qn=f"{now}000", values=values)
    except LocalError as error:
        raise Invalid(error.code, error.zh, str(error)) from error
    begin, end = str(params.get("BeginTime", "")), str(params.get("EndTime", ""))
    if begin > end:
        raise Invalid("hj212.field", "开始时间晚于结束时间", "BeginTime is after EndTime")


def _row(row: dict[str, Any]) -> dict[str, Any]:
    row.pop("total")
    params = dict(sorted(loads(row["params"]).items()))  # Django leaves jsonb of plain cursors as text
    result = loads(row["result"]) if row["result"] is not None else None
    meaning = _meaning(row["cn"], params)
    zh, en = STATES[row["state"]]
    return {
        **row,
        "params": params,
        "result": result,
        "fields": _words([*params, *(result or {}).get("values", {})]),
        "automatic": row["requested_by"].startswith("auto:"),
        "name": meaning.name_zh if meaning else row["cn"],
        "name_en": meaning.name_en if meaning else row["cn"],
        "notice": meaning is not None and meaning.flow is Flow.NOTICE,
        "execution_s": execution_s(row["cn"], "BeginTime" in params),
        "state_text": zh,
        "state_text_en": en,
        **_said("qn", "QnRtn", row["qn_rtn"]),
        **_said("exe", "ExeRtn", row["exe_rtn"]),
        **_outcome(row),
    }


def _meaning(cn: str, params: dict[str, Any]) -> Command | None:
    """The command of a row; of several the one that takes a span if the row has one."""
    found = [
        each
        for standard in (Standard.V2025, Standard.V2017)
        for each in variants(cn, standard, Direction.DOWN)
    ]
    fitting = [each for each in found if (each.flow is Flow.HISTORY) == ("BeginTime" in params)]
    return next(iter([*fitting, *found]), None)


def _words(names: Iterable[str]) -> list[dict[str, str]]:
    """What fields of CP are called; those no version has are left out."""
    known = {name: field_of(name, Standard.V2025) or field_of(name, Standard.V2005) for name in names}
    return [
        {"code": name, "name": field.name_zh, "name_en": field.name_en}
        for name, field in known.items()
        if field is not None
    ]


def _said(name: str, kind: str, code: int | None) -> dict[str, str | None]:
    """What the device answered, in words."""
    told = None if code is None else result_of(kind, code, Standard.V2025)
    return {f"{name}_text": told.name_zh if told else None, f"{name}_text_en": told.name_en if told else None}


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
