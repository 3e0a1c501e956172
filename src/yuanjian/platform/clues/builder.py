"""Models built without code: a draft, its preview, a review by a second person, then the life of any model.

A draft is a version of a code of this installation (U001 …). Approved versions never change; a new version
waits beside the one in force. Level 1 stays off until a named person switches it on, for each version anew.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from yuanjian.clock import beijing_day, utcnow
from yuanjian.platform.clues import backtest
from yuanjian.platform.clues import builder_actions as _actions  # noqa: F401 — registers the texts
from yuanjian.platform.clues.builder_form import Form, Problem, bases, content, problems
from yuanjian.platform.clues.builder_states import BUILDER
from yuanjian.platform.clues.catalogue import catalogue, entry_of, forget
from yuanjian.platform.clues.models import Backtest, Model, OwnModel, OwnState
from yuanjian.platform.common.activity import record
from yuanjian.platform.common.errors import Forbidden, Invalid, Refused, not_found
from yuanjian.platform.common.scope import COUNTRY, within
from yuanjian.screening.catalogue import read

WINDOW = timedelta(days=30)
OPEN = (OwnState.DRAFT, OwnState.REVIEW)


def visible(user: Any) -> QuerySet[OwnModel]:
    """The versions of the user's region, newest code and version first."""
    rows: QuerySet[OwnModel] = OwnModel.objects.visible_to(user)
    return rows.select_related("author", "editor", "decided_by").order_by("-code", "-version")


def check(form: Form) -> list[Problem]:
    """What keeps the form from being a model of this installation."""
    found = problems(form, beijing_day(utcnow()))
    taken = {model.title for model in catalogue() if not model.code.startswith("U")}
    if form.title.strip() in taken:
        found.append(Problem("title", "已有同名模型", "there is a model of that title"))
    return found


@transaction.atomic
def begin(user: Any, form: Form) -> OwnModel:
    """A new draft with a code of its own."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('clues.own_code'))")
    codes = OwnModel.objects.values_list("code", flat=True).distinct()
    number = max((int(code[1:]) for code in codes), default=0) + 1
    row = OwnModel(code=f"U{number:03d}", version=1, author=user, editor=user)
    _fill(row, user, form)
    record(user, "builder.begun", row)
    return row


@transaction.atomic
def change(user: Any, pk: int, form: Form) -> OwnModel:
    """Save a draft; an incomplete one too."""
    row = hold(user, pk)
    BUILDER.require("save", row, user)
    before = OwnModel.objects.filter(code=row.code, state=OwnState.APPROVED).order_by("version").last()
    if before is not None and form.block != before.form["block"]:
        raise Refused(
            "builder.block",
            "新版本不能更换判断条件，请另建模型",
            "a new version keeps its condition; build another model",
        )
    _fill(row, user, form)
    record(user, "builder.saved", row, hash=row.hash[:12])
    return row


def _fill(row: OwnModel, user: Any, form: Form) -> None:
    """Put a form into a row, with its content if nothing is missing."""
    _in_region(user, form.region)
    row.form, row.title, row.region_code = form.model_dump(), form.title.strip(), form.region
    complete = not check(form)
    row.content = content(form, row.code, row.version) if complete else None
    row.hash = read(row.code, row.content, bases()).hash if row.content else ""
    row.editor, row.updated_at = user, utcnow()
    row.save()


def _in_region(user: Any, region: str) -> None:
    if not (len(region) == 6 and region.isdigit()):
        raise Invalid("builder.region", "请选择适用区域", "choose the region")
    if user.role != "admin" and not within(region, user.region_code):
        raise Forbidden("builder.scope", "超出您的管辖范围", "beyond the region you answer for")


def hold(user: Any, pk: int) -> OwnModel:
    """A version the user may see, locked; raises `NotFound`."""
    row = OwnModel.objects.visible_to(user).select_for_update(of=("self",)).filter(pk=pk).first()
    if row is None:
        raise not_found()
    return row


@transaction.atomic
def preview(user: Any, pk: int) -> Backtest:
    """Have this very content tried over the last 30 days of the region; the worker computes it."""
    row = hold(user, pk)
    BUILDER.require("preview", row, user)
    # What a back-test and the activity log refer to; a draft does not run.
    made = {"version": row.version, "hash": row.hash, "status": "draft"}
    Model.objects.get_or_create(code=row.code, defaults=made)
    now = utcnow()
    region = row.region_code if row.region_code != COUNTRY else ""
    question = backtest.Question(row.code, now - WINDOW, now, region, level1=True)
    tried = backtest.ask(user, replace(question, own=row))
    record(user, "builder.previewed", row, backtest=tried.pk)
    return tried


def previewed(row: OwnModel) -> Backtest | None:
    """The newest preview of this very content."""
    done = row.previews.filter(state="done", result__hash=row.hash)
    return done.order_by("-id").first()


@transaction.atomic
def send(user: Any, pk: int) -> OwnModel:
    """Ask a second person to review it."""
    return _step(user, pk, "send", "builder.sent")


@transaction.atomic
def take_back(user: Any, pk: int) -> OwnModel:
    """Back from review to draft, to go on with it."""
    return _step(user, pk, "take_back", "builder.taken_back")


@transaction.atomic
def discard(user: Any, pk: int) -> OwnModel:
    """Give a version up; its code is never used again."""
    return _step(user, pk, "discard", "builder.discarded")


def _step(user: Any, pk: int, action: str, told: str) -> OwnModel:
    row = hold(user, pk)
    BUILDER.advance(action, row, user)
    row.save()
    record(user, told, row, version=row.version)
    return row


@transaction.atomic
def decide(user: Any, pk: int, *, approve: bool, reason: str) -> OwnModel:
    """A second person approves a version, which puts it on trial, or returns it."""
    action, told = ("approve", "builder.approved") if approve else ("return", "builder.returned")
    row = hold(user, pk)
    BUILDER.advance(action, row, user, reason=reason)
    row.decided_by, row.decided_at, row.decided_reason = user, utcnow(), reason
    row.save()
    record(user, told, row, version=row.version, reason=reason)
    if approve:
        _put_on_trial(user, row)
    return row


def _put_on_trial(user: Any, row: OwnModel) -> None:
    """A version proves itself on trial, whatever the one before was allowed to do."""
    named = {"decided_by": user, "decided_at": row.decided_at, "decided_reason": row.decided_reason}
    level1 = {"level1_by": None, "level1_at": None, "level1_reason": ""}
    state = {"status": "trial", "decided_status": "trial", "version": row.version, "hash": row.hash}
    model, _ = Model.objects.update_or_create(code=row.code, defaults=state | named | level1)
    forget()
    transaction.on_commit(_work)
    said = {"before": "草稿", "after": "试运行", "version": row.version, "status": "trial"}
    record(user, "models.promoted", model, reason=row.decided_reason, **said)


def _work() -> None:
    """Let the worker run it now, not after the next full hour."""
    forget()
    job = "clues.screen_due"
    with suppress(AlreadyEnqueued), transaction.atomic():  # if one waits already, that one will
        task = app.configure_task(job, allow_unknown=True, lock=job, queueing_lock=job)
        task.defer(timestamp=int(utcnow().timestamp()))


@transaction.atomic
def renew(user: Any, code: str) -> OwnModel:
    """A next version of an approved model, as a draft with the same form."""
    rows = OwnModel.objects.visible_to(user).filter(code=code).order_by("version")
    list(rows.select_for_update(of=("self",)))  # who had to wait for another sees below what that one began
    known = list(rows.all())
    approved = [row for row in known if row.state == OwnState.APPROVED]
    if not approved:
        raise not_found()
    if any(row.state in OPEN for row in known):
        raise Refused("builder.open", "已有未完成的新版本", "a new version is being worked on already")
    row = OwnModel(code=code, version=known[-1].version + 1, author=user, editor=user)
    _fill(row, user, Form.model_validate(approved[-1].form))
    record(user, "builder.renewed", row, version=row.version)
    return row


def entry(row: OwnModel) -> Any:
    """The version as the engine takes it; None while it is incomplete."""
    return entry_of(row) if row.content else None
