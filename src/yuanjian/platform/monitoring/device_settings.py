"""What is set for single loggers: version, profile, tolerance, key, MN. Each change with who and why."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from django.db import connection, transaction
from orjson import loads

from yuanjian.platform.accounts.models import User
from yuanjian.platform.common import sql
from yuanjian.platform.common.activity import record, register_actions
from yuanjian.platform.common.errors import Invalid, Refused, not_found
from yuanjian.platform.registry import codes
from yuanjian.platform.registry.models import DataLogger

TOLERATED = ("hj212.crc_modbus", "hj212.crc_swapped")
NAMES = {
    "standard": ("版本", "version"),
    "profile": ("编码表", "profile"),
    "tolerate": ("CRC 放行", "tolerated CRC"),
    "allow_clear": ("允许明文", "clear text allowed"),
    "over_time": ("超时秒数", "time-out"),
    "re_count": ("重发次数", "retries"),
}

register_actions(
    {
        "devices.set": ("修改设置：{changes}，理由：{reason}", "Settings changed: {changes_en}: {reason}"),
        "devices.keyed": ("设置数采仪密钥，理由：{reason}", "A key was set: {reason}"),
        "devices.unkeyed": ("清除数采仪密钥，理由：{reason}", "The key was removed: {reason}"),
        "devices.activated": (
            "为硬件 {hardware} 分配 MN，理由：{reason}", "MN assigned to hardware {hardware}: {reason}"
        ),
        "devices.deactivated": (
            "收回硬件 {hardware} 的 MN，理由：{reason}", "MN withdrawn from hardware {hardware}: {reason}"
        ),
    }
)  # fmt: skip

_NOW = """
SELECT standard, profile, tolerate, allow_clear, over_time, re_count FROM intake.device WHERE mn = %s
FOR UPDATE
"""
_SAVE = """
INSERT INTO intake.device (mn, standard, profile, tolerate, allow_clear, over_time, re_count)
VALUES (%(mn)s, %(standard)s, %(profile)s, %(tolerate)s, %(allow_clear)s, %(over_time)s, %(re_count)s)
ON CONFLICT (mn) DO UPDATE SET standard = excluded.standard, profile = excluded.profile,
    tolerate = excluded.tolerate, allow_clear = excluded.allow_clear, over_time = excluded.over_time,
    re_count = excluded.re_count, changed_at = now()
"""
# The key so far stays good while devices change over; one the gateway had issued counts no more.
_KEY = """
INSERT INTO intake.device AS old (mn, key_current, key_made_at) VALUES (%s, %s, now())
ON CONFLICT (mn) DO UPDATE SET key_previous = old.key_current, key_current = excluded.key_current,
    key_coming = NULL, key_made_at = now(), changed_at = now()
"""
_NO_KEY = """
UPDATE intake.device SET key_current = NULL, key_previous = NULL, key_coming = NULL, key_made_at = NULL,
    changed_at = now() WHERE mn = %s AND key_current IS NOT NULL
"""
_ACTIVATIONS = """
SELECT hardware, infos, peer, first_seen, last_seen, mn FROM intake.activation ORDER BY last_seen DESC
"""
_ASSIGN = "UPDATE intake.activation SET mn = %s WHERE hardware = %s"


@dataclass(frozen=True)
class Settings:
    """The settings of a device but its key. ``standard`` None: as registered."""

    standard: str | None = None
    profile: str | None = None
    tolerate: tuple[str, ...] = ()
    allow_clear: bool = True
    over_time: float = 10.0
    re_count: int = 3


def logger_of(user: User | None, mn: str) -> DataLogger:
    """The registered logger of an MN in the user's scope (None: the operator's, all); raises `NotFound`."""
    known = DataLogger.objects.all() if user is None else DataLogger.objects.visible_to(user)
    found = known.filter(mn=mn).first()
    if found is None:
        raise not_found("数采仪未登记或无权查看", "No such registered logger, or not visible to you")
    return found


def current(mn: str) -> Settings:
    """The settings as they are; the defaults for a device without any. Holds the row for update."""
    row = sql.one(_NOW, [mn])
    return Settings(**(row | {"tolerate": tuple(row["tolerate"])})) if row else Settings()


@transaction.atomic
def save(user: User | None, mn: str, wanted: Settings, reason: str) -> None:
    """Set them; the gateway hears of it at once, ingest with its next batch. Raises `Invalid`, `Refused`."""
    logger, why = logger_of(user, mn), _reason(reason)
    if wanted.profile is not None and wanted.profile not in {profile.name for profile in codes.profiles()}:
        raise Invalid("devices.profile", f"没有编码表 {wanted.profile}", f"no code profile {wanted.profile}")
    if not 0 < wanted.over_time <= 600 or not 0 <= wanted.re_count <= 99:
        zh, en = "超时应为 0–600 秒，重发应为 0–99 次", "time-out up to 600 s, retries up to 99"
        raise Invalid("devices.timers", zh, en)
    before, after = asdict(current(mn)), asdict(wanted)
    changed = {name: [before[name], after[name]] for name in NAMES if before[name] != after[name]}
    if not changed:
        return
    _execute(_SAVE, {"mn": mn, **after, "tolerate": list(wanted.tolerate)})
    said = [(NAMES[name], old, new) for name, (old, new) in changed.items()]
    record(
        user,
        "devices.set",
        logger,
        reason=why,
        changed=changed,
        changes="；".join(f"{zh} {_plain(old)} → {_plain(new)}" for (zh, _), old, new in said),
        changes_en="; ".join(f"{en} {_plain(old)} → {_plain(new)}" for (_, en), old, new in said),
    )


@transaction.atomic
def set_key(user: User | None, mn: str, key: str, reason: str) -> None:
    """Take a key into use (16 characters, or 32 hex digits); it is nowhere shown again. Raises `Invalid`."""
    logger, why = logger_of(user, mn), _reason(reason)
    _execute(_KEY, [mn, key_bytes(key)])
    record(user, "devices.keyed", logger, reason=why)


@transaction.atomic
def remove_key(user: User | None, mn: str, reason: str) -> None:
    """Forget the key; frames encrypted with it stay readable (`intake.device_key`). Raises `Refused`."""
    logger, why = logger_of(user, mn), _reason(reason)
    if not _execute(_NO_KEY, [mn]):
        raise Refused("devices.no_key", "该设备没有密钥", "the device has no key")
    record(user, "devices.unkeyed", logger, reason=why)


def key_bytes(text: str) -> bytes:
    """The 16 bytes of a key; raises `Invalid`, without repeating it."""
    try:
        key = bytes.fromhex(text) if len(text) == 32 else text.encode()
    except ValueError:
        key = b""
    if len(key) != 16:
        zh, en = "密钥应为 16 个字符或 32 位十六进制", "a key has 16 characters or 32 hex digits"
        raise Invalid("devices.key", zh, en)
    return key


def activations(user: User | None) -> list[dict[str, Any]]:
    """Loggers of 2025 that asked for an MN; those assigned to a logger out of the user's scope left out."""
    # Django leaves jsonb of plain cursors as text
    rows = [row | {"infos": loads(row["infos"])} for row in sql.rows(_ACTIVATIONS)]
    if user is None:
        return rows
    mine = set(DataLogger.objects.visible_to(user).values_list("mn", flat=True))
    return [row for row in rows if row["mn"] is None or row["mn"] in mine]


@transaction.atomic
def activate(user: User | None, hardware: str, mn: str | None, reason: str) -> None:
    """Assign an MN to a logger by its hardware number, or withdraw it; raises `Refused`, `NotFound`."""
    why = _reason(reason)
    row = next((row for row in activations(user) if row["hardware"] == hardware), None)
    if row is None:
        raise not_found("没有该硬件编号的入网请求", "No such hardware number has asked for an MN")
    if mn is not None and any(
        other["mn"] == mn for other in activations(None) if other["hardware"] != hardware
    ):
        raise Refused("devices.mn_taken", f"MN {mn} 已分配给另一台设备", f"{mn} belongs to another device")
    if (named := mn or row["mn"]) is None:
        return
    logger = logger_of(user, named)
    _execute(_ASSIGN, [mn, hardware])
    record(user, "devices.activated" if mn else "devices.deactivated", logger, hardware=hardware, reason=why)


def _execute(query: str, params: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return int(cursor.rowcount)


def _reason(text: str) -> str:
    if not text.strip():
        raise Refused("devices.reason", "请填写理由", "a reason is needed")
    return text.strip()


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "✓" if value else "✗"
    if isinstance(value, (list, tuple)):
        return "、".join(value) or "—"
    return "—" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
