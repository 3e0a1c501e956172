"""Access-control events of an outlet's station."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from yuanjian.platform.monitoring.store import store
from yuanjian.platform.monitoring.window import Window

MOST = 1000


def events(points: Sequence[int], window: Window) -> list[dict[str, Any]]:
    """Door events of the window, oldest first; of very many the newest."""
    if not points:
        return []
    rows = store().events(points, ["door"], start=window.start, end=window.end).sort("time")
    return [_row(row) for row in rows.tail(MOST).iter_rows(named=True)]


def _row(row: dict[str, Any]) -> dict[str, Any]:
    info = fields(row["text"])
    person, method = info.get("person") or info.get("user") or info.get("card"), info.get("method")
    said = [str(part) for part in (info.get("state"), person, method) if part]
    return {
        "time": row["time"],
        "person": person,
        "method": method,
        "type": info.get("type"),
        "state": info.get("state"),
        "text": " · ".join(said) or row["code"],
    }


def fields(text: str | None) -> dict[str, Any]:
    """The info fields of a door event; empty where the device sent none that can be read."""
    try:
        found = orjson.loads(text or "{}")
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
