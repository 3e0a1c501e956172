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
from yuanjian.platform.registry.selectors import factor_name
from yuanjian.wire import hj212

SHOWN = 400  # characters of a raw frame in a list
_PASSWORD = re.compile(r"(PW=)([^;&#]*)", re.IGNORECASE)
_FRAME = """
    SELECT f.raw, f.received_at, f.peer, f.mn, f.fault
    FROM intake.frame f LEFT JOIN registry_datalogger d ON d.mn = f.mn
    WHERE f.shard = %s AND f.seq = %s AND {scope}
"""
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


def frame(user: User, shard: int, seq: int) -> dict[str, Any] | None:
    """One row of the journal with what it means; None if it is not there or not visible."""
    condition, params = mn_scope(user)
    row = sql.one(_FRAME.format(scope=condition), [shard, seq, *params])
    if row is None:
        return None
    raw = bytes(row["raw"])
    return {**row, "raw": readable(raw), "parsed": None if row["fault"] else meaning(raw)}


def meaning(raw: bytes) -> dict[str, Any] | None:
    """A valid frame in words; None if it cannot be read (the journal may hold encrypted frames)."""
    try:
        message = hj212.parse_frame(raw)
        upload = hj212.read_upload(message)
    except hj212.PeerError:
        return None
    head = {name: getattr(message, name) for name in ("qn", "st", "cn", "mn", "flag", "pnum", "pno", "rf")}
    return {**head, "standard": message.standard.value, "upload": _upload(upload) if upload else None}


def _upload(upload: hj212.Upload) -> dict[str, Any]:
    return {
        "cadence": upload.cadence,
        "data_time": upload.data_time.isoformat(),
        "factors": [
            {
                "code": item.code,
                "sent_code": item.sent_code,
                "name": factor_name(item.code),
                "fields": dict(item.fields),
            }
            for item in upload.factors
        ],
        "infos": [{"code": code, "text": text} for code, text in upload.infos],
    }
