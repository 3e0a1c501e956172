"""Periodic jobs of this app, run by the worker."""

from __future__ import annotations

from typing import Any

from procrastinate.contrib.django import app

from yuanjian.platform.portal import services


@app.periodic(cron="*/5 * * * *", periodic_id="notices")
@app.task(name="portal.expire", queueing_lock="portal.expire", lock="portal.expire")
def expire(timestamp: int, **_: Any) -> None:
    """Mark the notices nobody answered in time."""
    services.expire()
