"""What is read back from the journal: faults, and single raw frames with their meaning."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from yuanjian.clock import utcnow
from yuanjian.platform.accounts.models import User
from yuanjian.platform.common import sql
from yuanjian.platform.monitoring.faults import fault_text
from yuanjian.platform.monitoring.links import mn_scope
from yuanjian.platform.registry import codes
from yuanjian.wire import hj212

SHOWN = 400  # characters of a raw frame in a list
_PASSWORD = re.compile(r"(PW=)([^;&#]*)", re.IGNORECASE)
_FRAME = """
    SELECT f.raw, f.received_at, f.peer, f.mn, f.fault, v.profile,
        ARRAY(SELECT key FROM intake.device_key k WHERE k.mn = f.mn ORDER BY k.made_at DESC) AS keys
    FROM intake.frame f LEFT JOIN registry_datalogger d ON d.mn = f.mn
    LEFT JOIN intake.device v ON v.mn = f.mn
    WHERE f.shard = %s AND f.seq = %s AND {scope}
"""
_LAST = """
    SELECT f.shard, f.seq, f.received_at, f.peer, f.connection, f.st, f.cn, f.qn, f.flag, f.fault,
        length(f.raw) AS size
    FROM intake.frame f, (SELECT shard, last_frame_at FROM intake.link WHERE mn = %(mn)s) l
    WHERE f.shard = l.shard AND f.mn = %(mn)s
      AND f.received_at BETWEEN l.last_frame_at - %(back)s AND l.last_frame_at + interval '1 minute'
    ORDER BY f.seq DESC LIMIT %(size)s
"""
_BACK = (timedelta(minutes=10), timedelta(hours=2), timedelta(hours=24))
# The journal has no index by MN: what it costs to look back grows with the time looked back.

_FAULTY = """
    FROM intake.frame f LEFT JOIN registry_datalogger d ON d.mn = f.mn
    WHERE f.fault IS NOT NULL AND f.received_at >= %s AND (%s = '' OR f.mn = %s) AND {scope}
"""
_COUNTS = f"SELECT f.fault, count(*) AS n {_FAULTY} GROUP BY f.fault ORDER BY f.fault"
_SKIPS = """
    SELECT l.mn, l.skipped AS n, l.skip_fault AS fault, l.skipped_at AS at
    FROM intake.link l LEFT JOIN registry_datalogger d ON d.mn = l.mn
    WHERE l.skipped_at >= %s AND (%s = '' OR l.mn = %s) AND {scope} ORDER BY l.skipped_at DESC LIMIT 50
"""
_PAGE = f"""
    SELECT f.shard, f.seq, f.received_at, f.peer, f.mn, f.fault, f.raw, length(f.raw) AS size
    {_FAULTY} AND (%s = '' OR f.fault = %s) ORDER BY f.received_at DESC, f.seq DESC LIMIT %s OFFSET %s
"""


def readable(raw: bytes) -> str:
    """Raw bytes for the screen: every byte visible, the device's password hidden."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    text = "".join(char if char.isprintable() or char in "\r\n" else f"\\x{ord(char):02x}" for char in text)
    return _PASSWORD.sub(lambda found: found[1] + "*" * len(found[2]), text)


def faults(user: User, *, fault: str, mn: str, days: int, window: slice) -> dict[str, Any]:
    """Faulty frames of the last days, newest first, with the number of each fault."""
    condition, params = mn_scope(user)
    args = [utcnow() - timedelta(days=days), mn, mn, *params]
    counted = sql.rows(_COUNTS.format(scope=condition), args)
    counts = {row["fault"]: {"n": row["n"], **fault_text(row["fault"])} for row in counted}
    page = [fault, fault, window.stop - window.start, window.start]
    found = sql.rows(_PAGE.format(scope=condition), [*args, *page])
    total = sum(row["n"] for row in counted if not fault or row["fault"] == fault)
    skips = [row | fault_text(row["fault"]) for row in sql.rows(_SKIPS.format(scope=condition), args)]
    return {"items": [_fault_row(row) for row in found], "total": total, "counts": counts, "skips": skips}


def _fault_row(row: dict[str, Any]) -> dict[str, Any]:
    texts = fault_text(row["fault"])
    return {
        **row,
        "raw": readable(bytes(row["raw"]))[:SHOWN],
        "fault_text": texts["text"],
        "fault_text_en": texts["text_en"],
    }


def last_frames(mn: str, size: int) -> list[dict[str, Any]]:
    """The last rows of the journal under an MN, newest first, of one day before its last frame at most."""
    found: list[dict[str, Any]] = []
    for back in _BACK:
        found = sql.rows(_LAST, {"mn": mn, "back": back, "size": size})
        if len(found) >= size:
            break
    return [_frame_row(row) for row in found]


def _frame_row(row: dict[str, Any]) -> dict[str, Any]:
    meaning = _command(row["cn"] or "")
    said = fault_text(row["fault"]) if row["fault"] else {"text": None, "text_en": None}
    return {
        **row,
        "name": meaning.name_zh if meaning else row["cn"],
        "name_en": meaning.name_en if meaning else row["cn"],
        "fault_text": said["text"],
        "fault_text_en": said["text_en"],
    }


def _command(cn: str) -> hj212.Command | None:
    """The command of a CN as a device sends it, of any version; a response goes by the name of its query."""
    versions = (hj212.Standard.V2025, hj212.Standard.V2017, hj212.Standard.V2005)
    sent = (hj212.command(cn, version, hj212.Direction.UP) for version in versions)
    asked = (hj212.command(cn, version) for version in versions)
    return next((found for found in (*sent, *asked) if found is not None), None)


def frame(user: User, shard: int, seq: int) -> dict[str, Any] | None:
    """One row of the journal with what it means; None if it is not there or not visible."""
    condition, params = mn_scope(user)
    row = sql.one(_FRAME.format(scope=condition), [shard, seq, *params])
    if row is None:
        return None
    raw, keys = bytes(row["raw"]), [bytes(key) for key in row.pop("keys")]
    opened = hj212.unseal(raw, keys) if keys else None
    segment, profile = opened.segment if opened else None, row.pop("profile")
    parsed = None if row["fault"] else meaning(raw, segment, profile)
    return {
        **row,
        "raw": readable(raw),
        "sealed": opened is not None or row["fault"] == hj212.Fault.SEALED.value,
        "opened": readable(segment) if segment is not None else None,
        "parsed": parsed,
    }


def meaning(raw: bytes, segment: bytes | None = None, profile: str | None = None) -> dict[str, Any] | None:
    """A valid frame in words; ``segment``: its plaintext. None if it cannot be read."""
    try:
        message = hj212.parse_frame(raw) if segment is None else hj212.parse_segment(segment)
        upload = hj212.read_upload(message)
    except hj212.PeerError:
        return None
    head = {name: getattr(message, name) for name in ("qn", "st", "cn", "mn", "flag", "pnum", "pno", "rf")}
    words = _command(message.cn)
    system = hj212.system(message.st, hj212.Standard.V2025)
    return {
        **head,
        "standard": message.standard.value,
        "name": words.name_zh if words else None,
        "name_en": words.name_en if words else None,
        "st_name": system.name_zh if system else None,
        "st_name_en": system.name_en if system else None,
        "upload": _upload(upload, message.standard, profile) if upload else None,
    }


def _upload(upload: hj212.Upload, standard: hj212.Standard, profile: str | None) -> dict[str, Any]:
    return {
        "cadence": upload.cadence,
        "data_time": upload.data_time.isoformat(),
        "factors": [
            {
                "code": item.code,
                "sent_code": item.sent_code,
                **codes.named(item.sent_code, item.code, standard, profile),
                "fields": dict(item.fields),
            }
            for item in upload.factors
        ],
        "infos": [
            {
                "code": code,
                "text": text,
                **codes.value(code, text, standard, profile),
                **codes.named(code, code, standard, profile),
            }
            for code, text in upload.infos
        ],
    }
