"""The life of a model in this installation: draft → trial → live → retired, each step by a named person.

The status in the catalogue file is what its authors recommend: it holds where nobody here decided. A decision
made here outlives new versions of the file; only a model the file retires is retired everywhere.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, time, timedelta
from typing import Any

from django.db import transaction

from yuanjian.clock import BEIJING, beijing_day, utcnow
from yuanjian.platform.accounts.permissions import require
from yuanjian.platform.clues.builder_scope import require_mine
from yuanjian.platform.clues.catalogue import catalogue, status_text
from yuanjian.platform.clues.models import Model
from yuanjian.platform.common.activity import record
from yuanjian.platform.common.errors import Invalid, Refused, not_found
from yuanjian.screening.catalogue import AFTER_CLUES, RUNS
from yuanjian.screening.model import Model as Entry

NEXT: dict[str, frozenset[str]] = {
    "draft": frozenset({"trial", "retired"}),
    "trial": frozenset({"live", "draft", "retired"}),
    "live": frozenset({"trial", "retired"}),
    "retired": frozenset({"draft"}),
}
RUNNING = frozenset({"trial", "live"})
LANES = frozenset(RUNS) - {AFTER_CLUES}
GRACE = timedelta(minutes=5)
"""Hour values are sent within minutes after their hour."""
DAY_AT = timedelta(hours=1, minutes=30)
"""Beijing time of the day run: day values are sent after midnight."""


def effective(recommended: str, decided: str) -> str:
    """The status in force, from that of the file and that decided here (blank: nothing decided)."""
    return recommended if recommended == "retired" else decided or recommended


def statuses() -> dict[str, str]:
    """The status in force of every model of the catalogue."""
    decided = dict(Model.objects.exclude(decided_status="").values_list("code", "decided_status"))
    return {model.code: effective(model.status, decided.get(model.code, "")) for model in catalogue()}


def running(lanes: Collection[str] = LANES) -> list[Entry]:
    """The models that a routine run of these lanes uses."""
    in_force = statuses()
    return [model for model in catalogue() if in_force[model.code] in RUNNING and model.run in lanes]


def last_due(lane: str, now: datetime) -> datetime:
    """When the lane should have run last: now, after the last full hour, or at 01:30 Beijing time."""
    if lane == "minute":
        return now
    if lane == "hour":
        return (now - GRACE).replace(minute=0, second=0, microsecond=0) + GRACE
    return datetime.combine(beijing_day(now - DAY_AT), time(), BEIJING) + DAY_AT


@transaction.atomic
def promote(user: Any, code: str, status: str, *, reason: str) -> Model:
    """Put a model into another state of its life, with the name of who approved it and why.

    Raises `Invalid` without a reason, `Refused` where no step leads from the present state to that one.
    """
    require(user, "models.edit")
    if not reason.strip():
        raise Invalid("models.reason", "须填写理由", "a reason is needed")
    model = Model.objects.select_for_update(of=("self",)).filter(pk=code).first()
    if model is None or code not in catalogue().models:
        raise not_found("模型不存在", "No such model")
    require_mine(user, code)
    if catalogue()[code].status == "retired":
        raise Refused("models.withdrawn", "模型已由目录撤回", "the catalogue has withdrawn this model")
    if status not in NEXT[model.status]:
        before, after = status_text(model.status), status_text(status) if status in NEXT else status
        raise Refused(
            "models.step", f"不能由“{before}”改为“{after}”", f"no step leads from {model.status} to {status}"
        )
    before, model.status, model.decided_status = model.status, status, status
    model.decided_by, model.decided_at, model.decided_reason = user, utcnow(), reason
    model.save(update_fields=["status", "decided_status", "decided_by", "decided_at", "decided_reason"])
    said = {"before": status_text(before), "after": status_text(status), "version": model.version}
    record(user, "models.promoted", model, reason=reason, status=status, **said)
    return model
