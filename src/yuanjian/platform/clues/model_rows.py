"""Rows of the model pages: thresholds, suppressions, unheard findings, back-tests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Q

from yuanjian.clock import utcnow
from yuanjian.platform.accounts.permissions import can
from yuanjian.platform.clues.adjusting import may_change
from yuanjian.platform.clues.catalogue import entry
from yuanjian.platform.clues.models import (
    Backtest,
    BacktestState,
    Finding,
    Model,
    Suppression,
    Threshold,
    ThresholdState,
)
from yuanjian.platform.clues.selectors import factor_ref, model_title
from yuanjian.platform.registry import industries
from yuanjian.platform.registry.geography import name_of
from yuanjian.platform.registry.models import Enterprise
from yuanjian.screening import thresholds as texts
from yuanjian.screening.model import Model as Entry

EDIT = "models.edit"
OFF = ("停用", "off")


def named(user: Any) -> dict[str, Any] | None:
    """A person as `Named`."""
    return {"id": user.pk, "name": str(user)} if user else None


def threshold_rows(rows: Iterable[Threshold], user: Any) -> list[dict[str, Any]]:
    """`ThresholdRow`s; one query for the enterprises they name."""
    listed = list(rows)
    ids = [int(row.value) for row in listed if row.scope == "enterprise"]
    firms = dict(Enterprise.objects.filter(pk__in=ids).values_list("pk", "name")) if ids else {}
    return [_threshold(row, user, firms) for row in listed]


def _threshold(row: Threshold, user: Any, firms: dict[int, str]) -> dict[str, Any]:
    plain = ("id", "scope", "value", "levels", "valid_from", "valid_to", "state", "reason", "created_at")
    decided = ("decided_at", "decided_reason")
    mine = can(user, EDIT) and may_change(user, row)
    waits = row.state == ThresholdState.PROPOSED
    return {name: getattr(row, name) for name in (*plain, *decided)} | {
        "model_code": row.model_id,
        "model_title": model_title(row.model_id)["title"],
        "model_title_en": model_title(row.model_id)["title_en"],
        "scope_text": row.get_scope_display(),
        "value_text": _target(row, firms),
        "value_text_en": _target(row, firms, english=True),
        "texts": condition_texts(entry(row.model_id), row.levels),
        "texts_en": condition_texts(entry(row.model_id), row.levels, english=True),
        "state_text": row.get_state_display(),
        "author": named(row.author),
        "decided_by": named(row.decided_by),
        "may_approve": mine and waits and row.author_id != user.pk,
        "may_end": mine and (waits or row.state == ThresholdState.IN_FORCE),
    }


def _target(row: Threshold, firms: dict[int, str], *, english: bool = False) -> str:
    if row.scope == "enterprise":
        return firms[int(row.value)]
    if row.scope == "region":
        return name_of(row.value)
    return f"{row.value} {industries.name_of(row.value)[english]}".strip()


def condition_texts(model: Entry | None, levels: dict[str, Any], *, english: bool = False) -> dict[str, str]:
    """Conditions in words; empty for a model that left the catalogue."""
    if model is None:
        return {}
    return {
        level: OFF[english] if condition is None else texts.text(model, tuple(condition), english=english)
        for level, condition in levels.items()
    }


def may_be_set(code: str) -> dict[str, Any]:
    """What the catalogue says of a model's thresholds, its measures, and whether level 1 is on."""
    model = entry(code)
    assert model is not None  # the caller knows it
    row = Model.objects.select_related("level1_by").filter(pk=code).first()
    by = row.level1_by if row else None
    fields = ("name", "zh", "en", "unit", "decimals", "flag", "scale")
    return {
        "defaults": {
            medium: {str(level): [dict(one) for one in condition] for level, condition in levels.items()}
            for medium, levels in model.levels.items()
        },
        "measures": [{name: getattr(item, name) for name in fields} for item in model.measures.values()],
        "level1": {
            "on": bool(model.level1_confirmed_by or by),
            "confirmed_by": model.level1_confirmed_by,
            "by": named(by),
            "at": row.level1_at if row else None,
            "reason": row.level1_reason if row else "",
        },
    }


def suppression_rows(rows: Iterable[Suppression]) -> list[dict[str, Any]]:
    """`SuppressionRow`s, each with the number of findings it hid; one query for all of them."""
    listed = list(rows)
    hidden = _hidden(listed)
    now = utcnow()
    return [
        {name: getattr(row, name) for name in ("id", "start", "end", "reason", "created_at")}
        | {
            "model_code": row.model_id,
            "model_title": model_title(row.model_id)["title"] if row.model_id else None,
            "enterprise": {"id": row.enterprise_id, "name": row.enterprise.name},
            "outlet": _outlet(row.outlet) if row.outlet else None,
            "active": row.start <= now < row.end,
            "author": named(row.author),
            "findings": hidden[row.pk],
        }
        for row in listed
    ]


def _outlet(outlet: Any) -> dict[str, Any]:
    return {"id": outlet.pk, "code": outlet.code, "name": outlet.name}


def _hidden(rows: Sequence[Suppression]) -> dict[int, int]:
    """How many suppressed findings were updated last while a suppression of theirs was in force."""
    firms = {row.enterprise_id for row in rows}
    found = Finding.objects.filter(suppressed=True, enterprise_id__in=firms)
    hidden: dict[int, int] = defaultdict(int)
    for firm, outlet, model, at in found.values_list("enterprise_id", "outlet_id", "model_id", "updated_at"):
        for row in rows:
            fits = row.model_id in {None, model} and row.outlet_id in {None, outlet}
            hidden[row.pk] += row.enterprise_id == firm and fits and row.start <= at < row.end
    return hidden


def unheard(user: Any, code: str) -> Any:
    """Findings of a model that have no clue: it is on trial, or somebody keeps it quiet; newest first."""
    rows = Finding.objects.visible_to(user).filter(Q(trial=True) | Q(suppressed=True), model_id=code)
    return rows.filter(clue=None).select_related("enterprise", "outlet").order_by("-end", "-id")


def unheard_row(row: Finding) -> dict[str, Any]:
    """A finding as `UnheardRow`."""
    plain = ("id", "level", "start", "end", "open", "claim", "claim_en")
    return {name: getattr(row, name) for name in plain} | {
        "why": "suppressed" if row.suppressed else "trial",
        "enterprise": {"id": row.enterprise_id, "name": row.enterprise.name},
        "outlet": _outlet(row.outlet),
        "factor": factor_ref(row.factor) if row.factor else None,
    }


def backtest_row(row: Backtest) -> dict[str, Any]:
    """A back-test as `BacktestRow`."""
    plain = ("id", "start", "end", "level1", "proposal", "created_at", "state", "finished_at")
    return {name: getattr(row, name) for name in plain} | {
        "model_code": row.model_id,
        "region": row.region_code,
        "region_name": name_of(row.region_code),
        "preview": row.proposal is not None,
        "author": named(row.author),
        "state_text": row.get_state_display(),
    }


def backtest_detail(row: Backtest) -> dict[str, Any]:
    """A back-test as `BacktestOut`."""
    failed = row.state == BacktestState.FAILED
    answer = {"result": None if failed else row.result, "error": row.result if failed else None}
    return backtest_row(row) | answer
