"""Every write to clues, verdicts and the model register. Each is one transaction with its activity."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from yuanjian.clock import utcnow
from yuanjian.platform.clues import actions as _actions  # noqa: F401 — registers the texts
from yuanjian.platform.clues import builder_scope as scoping
from yuanjian.platform.clues import grading, life, screening_run
from yuanjian.platform.clues.catalogue import catalogue, forget
from yuanjian.platform.clues.models import (
    Clue,
    Finding,
    Model,
    OwnModel,
    OwnState,
    Right,
    Verdict,
)
from yuanjian.platform.clues.states import CLUE, INVALID_REASONS
from yuanjian.platform.common.activity import record
from yuanjian.platform.common.errors import Invalid, not_found
from yuanjian.platform.common.notify import publish
from yuanjian.platform.orders import services as orders
from yuanjian.platform.portal import services as portal

VERDICTS = "clues.verdicts"
_EFFECTS: dict[str, Any] = {}


@transaction.atomic
def decide(user: Any, clue_id: int, action: str, **given: Any) -> Clue:
    """Carry out one decision of the table; raises `Refused` listing what is unmet.

    `given`: reason, note, text, into, assignee_id, due_days, verdicts — as the action asks for.
    """
    if given.get("into"):
        grading.hold_many()
    clue = hold(clue_id, user)
    if action not in _EFFECTS:
        raise Invalid("clue.action", f"没有“{action}”这种处置", f"unknown action {action}")
    given = _tidy(given, clue, user)
    CLUE.advance(action, clue, user, **given)
    _EFFECTS[action](clue, user, given)
    clue.decision, clue.reason, clue.note = action, given["reason"], given["note"]
    clue.save()
    announce(clue)
    return clue


def hold(clue_id: int, user: Any = None) -> Clue:
    """The clue, locked until the end of the transaction; raises `NotFound` if not visible to `user`."""
    rows = Clue.objects.visible_to(user) if user is not None else Clue.objects.all()
    clue = rows.select_for_update(of=("self",)).filter(pk=clue_id).first()
    if clue is None:
        raise not_found()
    return clue


def _tidy(given: dict[str, Any], clue: Clue, user: Any) -> dict[str, Any]:
    """Resolve the references in the input; a reason outside the table is kept as the note of “other”."""
    wanted = {"reason": "", "note": "", "text": "", "into": None, "assignee_id": None, "due_days": None}
    given = wanted | {"verdicts": []} | {key: value for key, value in given.items() if value is not None}
    if given["into"] is not None:
        rows = Clue.objects.visible_to(user).select_for_update(of=("self",))
        given["target"] = rows.filter(pk=given["into"]).first()
    if given["assignee_id"] is not None:
        given["assignee"] = orders.officer_for(clue.region_code, given["assignee_id"])
    return given


def _claimed(clue: Clue, user: Any, given: dict[str, Any]) -> None:
    clue.claimed_by = user
    record(user, "clues.claimed", clue)


def _invalid(clue: Clue, user: Any, given: dict[str, Any]) -> None:
    if given["reason"] not in INVALID_REASONS:
        given["reason"], given["note"] = "other", "；".join(filter(None, [given["reason"], given["note"]]))
    text = "：".join(filter(None, [INVALID_REASONS[given["reason"]], given["note"]]))
    said = {verdict["model_code"] for verdict in given["verdicts"]}
    rest = [
        {"model_code": code, "right": Right.NO, "reason": text}
        for code in models_of(clue)
        if code not in said
    ]
    save_verdicts(clue, user, [*given["verdicts"], *rest])
    clue.finished_at = utcnow()
    record(user, "clues.invalid", clue, text=text, reason=given["reason"])


def _noticed(kind: str) -> Any:
    def effect(clue: Clue, user: Any, given: dict[str, Any]) -> None:
        notice = portal.send(clue, user, kind, text=given["text"], due_days=given["due_days"])
        action = "clues.reminded" if kind == "reminder" else "clues.warned"
        record(user, action, clue, number=notice.number, reason=given["reason"], note=given["note"])

    return effect


def _ordered(clue: Clue, user: Any, given: dict[str, Any]) -> None:
    order = orders.create_from_clue(clue, user, assignee=given.get("assignee"), due_days=given["due_days"])
    record(user, "clues.ordered", clue, number=order.number, reason=given["reason"], note=given["note"])


def _merged(clue: Clue, user: Any, given: dict[str, Any]) -> None:
    target: Clue = given["target"]
    clue.findings.update(clue=target)
    target.level = min(target.level, clue.level)
    grading.sum_up(target, findings_of(target))
    target.save()
    target.evidence.add(*clue.evidence.all())
    clue.merged_into, clue.finished_at = target, utcnow()
    record(user, "clues.merged", clue, into=target.number, note=given["note"])
    record(user, "clues.absorbed", target, source=clue.number)
    announce(target)


_EFFECTS |= {
    "claim": _claimed,
    "invalid": _invalid,
    "remind": _noticed("reminder"),
    "warn": _noticed("warning"),
    "order": _ordered,
    "merge": _merged,
}


def announce(clue: Clue) -> None:
    """Tell the desks; never the enterprise."""
    publish("clue", region=clue.region_code, enterprise=None, id=clue.pk, level=clue.level, state=clue.state)


# --- what follows from notices and orders (called inside their transactions) ---------------------------


def follow(clue_id: int, action: str, user: Any, **data: Any) -> None:
    """Let a clue follow its notice or order: answer_accepted, answer_rejected or order_closed."""
    clue = hold(clue_id)
    CLUE.advance(action, clue, None)
    if action == "answer_rejected":
        clue.claimed_by = user
    else:
        clue.finished_at = utcnow()
    clue.save()
    record(user, f"clues.{action}", clue, **data)
    announce(clue)


def notice_overdue(clue_id: int, number: str) -> None:
    """Escalate an unanswered notice on the timeline of its clue."""
    record(None, "clues.notice_overdue", Clue.objects.get(pk=clue_id), number=number)


# --- verdicts -------------------------------------------------------------------------------------------


def models_of(clue: Clue) -> dict[str, int]:
    """The models that speak in a clue, each with its newest version."""
    rows = clue.findings.values_list("model_id").annotate(version=Max("model_version"))
    return dict(rows.order_by("model_id"))


def save_verdicts(clue: Clue, user: Any, verdicts: Sequence[dict[str, Any]]) -> None:
    """Store what became clear of each model; raises `Invalid` for a model that does not speak here."""
    versions = models_of(clue)
    for verdict in verdicts:
        code = verdict["model_code"]
        if code not in versions:
            raise Invalid(
                "verdict.model", f"线索中没有模型 {code}", f"model {code} does not speak in this clue"
            )
        said = {"right": verdict["right"], "reason": verdict.get("reason") or "", "version": versions[code]}
        Verdict.objects.update_or_create(
            clue=clue, model_id=code, defaults=said | {"by": user, "at": utcnow()}
        )


@transaction.atomic
def give_verdicts(user: Any, clue_id: int, verdicts: Sequence[dict[str, Any]]) -> Clue:
    """Say, also later, whether the models were right."""
    clue = hold(clue_id, user)
    save_verdicts(clue, user, verdicts)
    text = "、".join(f"{v['model_code']} {Right(v['right']).label}" for v in verdicts)
    record(user, VERDICTS, clue, text=text)
    return clue


# --- the model register -----------------------------------------------------------------------------------


@transaction.atomic
def sync_catalogue() -> int:
    """Bring the model rows up to the catalogue; returns how many changed. A model that left is retired."""
    forget()
    grading.hold_many()  # a run writes many of these rows, too
    known = {model.code: model for model in Model.objects.select_for_update(no_key=True)}
    changed = 0
    for model in catalogue():
        code = model.code
        row = known.get(code)
        status = life.effective(model.status, row.decided_status if row else "")
        wanted = {"version": model.version, "hash": model.hash, "status": status}
        if row is None or any(getattr(row, name) != value for name, value in wanted.items()):
            Model.objects.update_or_create(code=code, defaults=wanted)
            changed += 1
    begun = OwnModel.objects.filter(state__in=[OwnState.DRAFT, OwnState.REVIEW]).values("code")
    left = Model.objects.exclude(code__in=catalogue().models).exclude(code__in=begun)
    gone = left.exclude(status="retired")
    return changed + gone.update(status="retired")


@transaction.atomic
def switch_level1(user: Any, code: str, *, on: bool, reason: str) -> Model:
    """Let a model with unconfirmed numbers raise level 1, or stop it: by a named person with a reason."""
    model = hold_model(code)
    scoping.require_mine(user, code)
    needs_reason(reason)
    model.level1_by, model.level1_at = (user, utcnow()) if on else (None, None)
    model.level1_reason = reason
    model.save(update_fields=["level1_by", "level1_at", "level1_reason"])
    record(user, "models.level1_on" if on else "models.level1_off", model, reason=reason)
    return model


def hold_model(code: str) -> Model:
    """The row of a model, locked until the end of the transaction; raises `NotFound`."""
    model = Model.objects.select_for_update(of=("self",)).filter(pk=code).first()
    if model is None:
        raise not_found()
    return model


def needs_reason(reason: str) -> None:
    """Raise `Invalid` unless a reason is given."""
    if not reason.strip():
        raise Invalid("models.reason", "须填写理由", "a reason is needed")


def findings_of(clue: Clue) -> list[Finding]:
    """The findings of a clue, worst and oldest first."""
    return list(clue.findings.order_by("level", "start", "id"))


def screen(*args: Any, **kwargs: Any) -> screening_run.Screened:
    """Screen a window; see `screening_run.screen`."""
    return screening_run.screen(*args, **kwargs)


def screen_recent(now: datetime | None = None, lanes: Collection[str] = life.LANES) -> screening_run.Screened:
    """Screen what is new; see `screening_run.screen_recent`."""
    return screening_run.screen_recent(now, lanes)


def screen_due(now: datetime | None = None) -> list[screening_run.Screened]:
    """Screen the slower lanes that are due; see `screening_run.screen_due`."""
    return screening_run.screen_due(now)
