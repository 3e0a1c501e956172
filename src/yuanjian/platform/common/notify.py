"""Tell the push process that something changed (PostgreSQL NOTIFY, delivered at commit)."""

from __future__ import annotations

import json
from typing import Any, Literal

from django.db import connection

CHANNEL = "yuanjian"
Kind = Literal["latest", "link", "clue", "order", "notice", "model_run"]


def publish(kind: Kind, *, region: str | None, enterprise: int | None, **data: Any) -> None:
    """Announce a change to everyone whose scope covers the region, or who belongs to the enterprise.

    `enterprise=None` keeps it from enterprise users. `data` must stay small (NOTIFY takes 8,000 bytes).
    """
    payload = json.dumps(
        {"kind": kind, "region": region, "enterprise": enterprise, **data}, ensure_ascii=False
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, payload])
