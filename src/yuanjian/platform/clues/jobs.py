"""Periodic jobs of this app, run by the worker."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from procrastinate.contrib.django import app

from yuanjian.platform.clues import backtest, services
from yuanjian.platform.clues.catalogue import forget

EVERY = settings.YUANJIAN.screen_every
SLOWLY = 300  # seconds; the grace after the hour


def cron(seconds: int) -> str:
    """About every so many seconds, as a cron line; a sixth field counts seconds below a minute."""
    if seconds < 60:
        return f"* * * * * */{max(1, seconds)}"
    minutes = seconds // 60
    return f"*/{minutes} * * * *" if minutes < 60 else "0 * * * *"


def periodically(seconds: int, name: str) -> Callable[[Any], Any]:
    """Runs a task about every so many seconds; 0: never, somebody else screens."""
    return app.periodic(cron=cron(seconds), periodic_id=name) if seconds else lambda task: task


# Each one at a time, and never a queue of them: a late run screens what the missed ones would have.
@periodically(EVERY, "screen")
@app.task(name="clues.screen", queueing_lock="clues.screen", lock="clues.screen")
def screen(timestamp: int, **_: Any) -> None:
    """Screen what is new with the models of the minute lane."""
    forget()
    services.screen_recent(lanes=["minute"])


# Asked more often than due, so that a lane missed while the worker stood is made up for.
@periodically(EVERY and max(SLOWLY, EVERY), "screen_due")
@app.task(name="clues.screen_due", queueing_lock="clues.screen_due", lock="clues.screen_due")
def screen_due(timestamp: int, **_: Any) -> None:
    """Screen with the models of the hour and day lanes once they are due."""
    forget()
    services.screen_due()


@app.task(name=backtest.JOB, lock=backtest.JOB)
def backtest_model(backtest_id: int) -> None:
    """Compute one back-test."""
    backtest.carry_out(backtest_id)
