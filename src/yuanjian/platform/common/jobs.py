"""Housekeeping of the platform."""

from __future__ import annotations

from datetime import timedelta

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.sessions.models import Session
from procrastinate.contrib.django import app

from yuanjian.clock import utcnow

KEEP_SIGN_INS = timedelta(days=366)  # network logs are kept at least six months (Cybersecurity Law art. 23)


@app.periodic(cron="17 3 * * *")
@app.task(queueing_lock="housekeeping")
def housekeeping(timestamp: int) -> int:
    """Forget sessions that ended and sign-in records older than a year; how many rows went."""
    now = utcnow()
    gone = Session.objects.filter(expire_date__lt=now).delete()[0]
    for model in (AccessAttempt, AccessFailureLog, AccessLog):
        gone += model.objects.filter(attempt_time__lt=now - KEEP_SIGN_INS).delete()[0]
    return int(gone)
