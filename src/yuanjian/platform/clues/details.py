"""One clue, or one model, with everything a person needs to judge it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db.models import Count

from yuanjian.clock import utcnow
from yuanjian.platform.accounts.permissions import can
from yuanjian.platform.clues import artefacts, grading, kinds, selectors
from yuanjian.platform.clues import english as in_english
from yuanjian.platform.clues.builder_scope import concerns, decides
from yuanjian.platform.clues.catalogue import (
    OWN,
    catalogue,
    class_text,
    class_text_en,
    entry,
    status_text,
    status_text_en,
)
from yuanjian.platform.clues.models import Clue, Finding, Model, Right
from yuanjian.platform.clues.states import CLUE, INVALID_REASONS, INVALID_REASONS_EN
from yuanjian.platform.common.activity import timeline
from yuanjian.platform.evidence.selectors import file_rows
from yuanjian.platform.orders import selectors as orders
from yuanjian.platform.portal import selectors as portal
from yuanjian.platform.registry.geography import name_of
from yuanjian.platform.registry.selectors import factor_name, factor_name_en
from yuanjian.screening import thresholds
from yuanjian.screening.catalogue import RUNS
from yuanjian.screening.model import Model as Entry

Both = tuple[str, str]  # Chinese, English
MEDIA: dict[str, Both] = {"gas": ("废气", "stack gas"), "water": ("废水", "waste water")}
CADENCES: dict[str, Both] = {
    "realtime": ("实时数据", "real-time values"),
    "minute": ("分钟数据", "minute values"),
    "hour": ("小时数据", "hour values"),
    "day": ("日数据", "day values"),
    "power": ("用电数据", "electricity"),
}
NOT_ON: Both = ("未启用（须由指定人员确认）：", "off until a named person confirms it: ")
RECENT = timedelta(days=30)


def clue_detail(clue: Clue, user: Any) -> dict[str, Any]:
    """Everything about one clue (`ClueDetail`)."""
    precision = selectors.precisions()
    findings = list(clue.findings.select_related("model").order_by("level", "start", "id"))
    counts = grading.levels(findings)
    return {
        **selectors.rows(Clue.objects.filter(pk=clue.pk))[0],
        "findings": [
            _finding(finding, precision) | {"counts_as": counts.get(finding.pk, finding.level)}
            for finding in findings
        ],
        "likely": kinds.row(clue),
        "decision": clue.decision,
        "reason": clue.reason,
        "note": clue.note,
        "merged_into": clue.merged_into_id,
        "window": selectors.window(clue),
        "timeline": timeline(clue),
        "history": selectors.history(clue, user),
        "similar": selectors.similar(clue, user),
        "evidence": file_rows(clue.evidence.select_related("author").order_by("id")),
        "notices": portal.rows(clue.notices.order_by("id"), user),
        "orders": orders.rows(clue.orders.order_by("id")),
        "verdicts": [_verdict(row) for row in clue.verdicts.select_related("by").order_by("model_id")],
        "actions": CLUE.actions(clue, user),
        "reasons": [
            {"code": code, "text": text, "text_en": INVALID_REASONS_EN[code]}
            for code, text in INVALID_REASONS.items()
        ],
    }


def _finding(row: Finding, precision: dict[str, Any]) -> dict[str, Any]:
    model = entry(row.model_id)
    plain = (
        "id", "level", "start", "end", "open", "withdrawn_at", "claim", "claim_en", "measures", "crossed",
        "next_level", "thresholds", "threshold_source", "exclusions", "episodes", "basis", "input_hash",
    )  # fmt: skip
    return {name: getattr(row, name) for name in plain} | {
        "model": selectors.model_title(row.model_id)
        | {
            "version": row.model_version,
            "hash": row.model_hash,
            "certainty": model.certainty if model else "",
            "status": row.model.status,
        },
        "class": row.category,
        "thresholds_en": in_english.levels(row.model_id, row.thresholds),
        "threshold_source_en": thresholds.source_in_english(row.threshold_source),
        "factor": selectors.factor_ref(row.factor) if row.factor else None,
        "description": model.description if model else "",
        "description_en": model.description_en if model else "",
        "measured": measured(model, row.measures) if model else [],
        "basis_en": in_english.sentences(row.basis),
        **_advice(model),
        "precision": precision.get(row.model_id, selectors.UNJUDGED),
    }


def _advice(model: Entry | None) -> dict[str, list[str]]:
    """What is known to fool a model and what to check, in both languages."""
    said = {name: list(getattr(model, name, ())) for name in ("false_positives", "check_on_site")}
    return said | {f"{name}_en": in_english.sentences(texts) for name, texts in said.items()}


def measured(model: Entry, values: Mapping[str, Any]) -> list[dict[str, str]]:
    """The numbers of a finding in words, those its model judges by; the others are in its claim."""
    rows = []
    for name, item in model.measures.items():
        value = values.get(name)
        if isinstance(value, int | float):
            zh = en = item.show(value)
            if item.flag:
                zh, en = ("是", "yes") if value >= 1 else ("否", "no")
            rows.append({"text": f"{item.zh}：{zh}", "text_en": f"{item.en}: {en}"})
    return rows


def _verdict(row: Any) -> dict[str, Any]:
    return {
        "model_code": row.model_id,
        "right": row.right,
        "right_text": Right(row.right).label,
        "reason": row.reason,
        "by": str(row.by) if row.by else "系统",
        "at": row.at,
    }


# --- models -------------------------------------------------------------------------------------------------


def model_rows(user: Any) -> list[dict[str, Any]]:
    """The models that concern the user, with last run, hits of 30 days and precision; four queries."""
    known = Model.objects.select_related("decided_by").in_bulk()
    precision, hits = selectors.precisions(), recent_hits(user)
    return [
        _model(model, known.get(model.code), precision, hits)
        for model in catalogue()
        if concerns(model, user)
    ]


def recent_hits(user: Any) -> dict[str, int]:
    """Findings of the last 30 days the user may see, by model, those without a clue too; one query."""
    recent = Finding.objects.visible_to(user).filter(end__gte=utcnow() - RECENT)
    found = recent.order_by().values_list("model_id")
    return dict(found.annotate(n=Count("id")))


def _model(
    model: Entry, row: Model | None, precision: dict[str, Any], hits: dict[str, int]
) -> dict[str, Any]:
    plain = ("code", "title", "title_en", "kernel", "version", "hash", "certainty", "run")
    status = row.status if row else model.status
    ran = ("last_run_at", "last_count", "coverage", "runtime_ms")
    confirmed = row is not None and row.level1_by_id is not None
    return {name: getattr(model, name) for name in plain} | {
        "class": model.class_,
        "class_text": class_text(model.class_),
        "class_text_en": class_text_en(model.class_),
        "status": status,
        "status_text": status_text(status),
        "status_text_en": status_text_en(status),
        "recommended": model.status,
        "decided": _decided(row),
        "run_text": RUNS[model.run][0],
        "inputs": inputs_text(model),
        "inputs_en": inputs_text(model, english=True),
        "levels": levels_text(model, confirmed=confirmed),
        "levels_en": levels_text(model, confirmed=confirmed, english=True),
        "hits_30d": hits.get(model.code, 0),
        "precision": precision.get(model.code, selectors.UNJUDGED),
        **{name: getattr(row, name, None) for name in ran},
    }


def _decided(row: Model | None) -> dict[str, Any] | None:
    """Who decided on the model's status here, when and why."""
    if row is None or row.decided_by is None:
        return None
    return {"by": str(row.decided_by), "at": row.decided_at, "reason": row.decided_reason}


def inputs_text(model: Entry, *, english: bool = False) -> list[str]:
    """What a model reads, in words."""
    words = [MEDIA[medium][english] for medium in model.media]
    words.append(CADENCES[model.inputs["cadence"]][english])
    factors, name = model.inputs["factors"], factor_name_en if english else factor_name
    every = ("全部因子", "all factors")[english]
    return words + ([every] if factors == "*" else [name(code) for code in factors])


def levels_text(model: Entry, *, confirmed: bool, english: bool = False) -> dict[str, str]:
    """The thresholds by level, by medium where they differ; a level 1 that nobody confirmed says so."""
    said = {
        MEDIA[medium][english]: thresholds.texts(model, levels, english=english)
        for medium, levels in model.levels.items()
    }
    texts: dict[str, str] = {}
    for level in sorted({level for by_level in said.values() for level in by_level}, reverse=True):
        lines = {medium: by_level[level] for medium, by_level in said.items() if level in by_level}
        same = len(lines) == len(said) and len(set(lines.values())) == 1
        colon = ("：", ": ")[english]
        named = (f"{medium}{colon}{text}" for medium, text in lines.items())
        texts[level] = next(iter(lines.values())) if same else "\n".join(named)
    if "1" in texts and model.level1_confirmed_by is None and not confirmed:
        texts["1"] = NOT_ON[english] + texts["1"]
    return texts


def model_detail(code: str, user: Any) -> dict[str, Any] | None:
    """Everything about one model (`ModelDetail`); None if the catalogue does not have it."""
    model, row = entry(code), Model.objects.select_related("decided_by").filter(pk=code).first()
    if model is None or not concerns(model, user):
        return None
    listed = ("excludes", "evidence")
    clues = Clue.objects.visible_to(user).filter(findings__model_id=code).distinct()
    runs = row.runs.order_by("-at")[:20] if row else []
    return {
        **_model(model, row, selectors.precisions(), recent_hits(user)),
        **{name: list(getattr(model, name)) for name in listed},
        "description": model.description,
        "description_en": model.description_en,
        "params": dict(model.params),
        "where": where_text(model),
        "own": OWN.fullmatch(code) is not None,
        "may_decide": can(user, "models.edit") and decides(user, code),
        **_advice(model),
        "basis": (basis := [basis.text for basis in model.basis]),
        "basis_en": in_english.sentences(basis),
        "clues": selectors.rows(clues.order_by("-last_at", "-id")[:20]),
        "timeline": timeline(row) if row else [],
        "runs": [{name: getattr(run, name) for name in RUN} for run in runs],
        "trained": artefacts.rows(model),
    }


def where_text(model: Entry) -> str:
    """The region and industry a model is about; blank: all."""
    where = model.inputs.get("where", {})
    region = where.get("region", "")
    return " ".join(filter(None, [name_of(f"{region:0<6}") if region else "", where.get("industry", "")]))


RUN = ("version", "at", "start", "end", "seconds", "series", "covered", "findings", "suppressed")
