"""Periodic jobs of this app, run by the worker."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from procrastinate.contrib.django import app

from yuanjian.platform.clues import services


def cron(seconds: int) -> str:
    """About every so many seconds, as a cron line; a sixth field counts seconds below a minute."""
    if seconds < 60:
        return f"* * * * * */{max(1, seconds)}"
    minutes = seconds // 60
    return f"*/{minutes} * * * *" if minutes < 60 else "0 * * * *"


# One at a time, and never a queue of them: a late run screens what the missed ones would have.
@app.periodic(cron=cron(settings.YUANJIAN.screen_every), periodic_id="screen")
@app.task(name="clues.screen", queueing_lock="clues.screen", lock="clues.screen")
def screen(timestamp: int, **_: Any) -> None:
    """Screen what is new."""
    services.screen_recent()
