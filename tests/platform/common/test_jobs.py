"""Housekeeping, and that the worker knows the jobs of every app."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.sessions.models import Session
from django.db import connection
from procrastinate.contrib.django import app

from yuanjian.clock import utcnow
from yuanjian.platform import worker
from yuanjian.platform.common.jobs import housekeeping
from yuanjian.platform.common.notify import publish


def test_the_worker_knows_every_job() -> None:
    worker.import_jobs()
    assert "yuanjian.platform.common.jobs.housekeeping" in app.tasks
    assert {"clues.screen", "portal.expire"} <= set(app.tasks)


def test_old_sessions_and_sign_ins_are_forgotten(db: None) -> None:
    now = utcnow()
    for days in (-1, 1):
        Session.objects.create(session_key=str(days), expire_date=now + timedelta(days=days))
    AccessLog.objects.create(username="now")
    for model in (AccessLog, AccessAttempt, AccessFailureLog):
        extra: dict[str, Any] = {"failures_since_start": 1} if model is AccessAttempt else {}
        old = model.objects.create(username="old", **extra)
        model.objects.filter(pk=old.pk).update(attempt_time=now - timedelta(days=400))
    assert housekeeping.func(timestamp=0) == 4
    assert [row.session_key for row in Session.objects.all()] == ["1"]
    assert [row.username for row in AccessLog.objects.all()] == ["now"]


def test_an_announcement_fits_what_push_reads(transactional_db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("LISTEN yuanjian")
    publish("clue", region="640105", enterprise=None, id=1, state="open")
    [heard] = list(connection.connection.notifies(timeout=60, stop_after=1))
    assert (
        heard.payload == '{"kind": "clue", "region": "640105", "enterprise": null, "id": 1, "state": "open"}'
    )
