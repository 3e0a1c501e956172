"""Is the installation well? For load balancers and the doctor."""

from __future__ import annotations

from typing import Any

from deltalake.exceptions import DeltaError
from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest
from ninja import Router, Schema, Status

from yuanjian import __version__
from yuanjian.clock import utcnow
from yuanjian.errors import OwnFault
from yuanjian.platform.common.api import Anyone
from yuanjian.platform.monitoring import taken_in
from yuanjian.platform.monitoring.store import store

router = Router(tags=["health"])


class Health(Schema):
    """`ok` is true if everything is; `behind_s`: seconds the oldest frame waits to be taken into the lake."""

    ok: bool
    db: bool
    lake: bool
    behind_s: int | None
    version: str


@router.get("/health", response={200: Health, 503: Health}, auth=Anyone())
def health(request: HttpRequest) -> Any:
    """200 if database and lake can be reached, else 503 with what cannot; ingest's delay is not ill."""
    found = {"db": database_ok(), "lake": lake_ok()}
    ok = all(found.values())
    return Status(200 if ok else 503, {"ok": ok, **found, "behind_s": behind_s(), "version": __version__})


def database_ok() -> bool:
    """Can the database be asked?"""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return bool(cursor.fetchone())
    except Error:
        return False


def behind_s() -> int | None:
    """Seconds since the first frame came that is not in the lake; None where the database does not say."""
    now = utcnow()
    try:
        return int((now - taken_in.known_until(now)).total_seconds())
    except Error:
        return None


def lake_ok() -> bool:
    """Can the lake be opened? An empty one is well."""
    try:
        store().committed(f"health-{settings.YUANJIAN.web_port}")
    except (OwnFault, OSError, DeltaError):
        return False
    return True
