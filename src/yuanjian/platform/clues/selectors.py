"""Reads of clues. Lists take a fixed number of queries however long they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Any

from django.db.models import Count, Min, QuerySet

from yuanjian.platform.accounts.permissions import can
from yuanjian.platform.clues import english
from yuanjian.platform.clues.catalogue import class_text, class_text_en, entry
from yuanjian.platform.clues.models import ACTIVE, COVERT, Clue, ClueState, Finding, Right, Verdict
from yuanjian.platform.clues.states import suggested
from yuanjian.platform.registry.geography import name_of
from yuanjian.platform.registry.selectors import factor_name, factor_name_en

AROUND = timedelta(hours=24)  # what is shown and frozen on both sides of a clue
ORDERS = {
    "level": ("level", "-last_at", "-id"),
    "newest": ("-created_at", "-id"),
    "-last_at": ("-last_at", "-id"),
    "last_at": ("last_at", "id"),
    "first_at": ("first_at", "id"),
    "-first_at": ("-first_at", "-id"),
    "number": ("number",),
}
_COLUMNS = (
    "id",
    "number",
    "level",
    "state",
    "category",
    "group",
    "title",
    "region_code",
    "first_at",
    "last_at",
    "ongoing",
    "enterprise_id",
    "enterprise__name",
    "outlet_id",
    "outlet__code",
    "outlet__name",
    "outlet__medium",
    "claimed_by_id",
    "claimed_by__name",
)


def rows(clues: QuerySet[Clue]) -> list[dict[str, Any]]:
    """`ClueRow`s in the order of the query set; two queries in all."""
    raw = list(clues.values(*_COLUMNS))
    speakers = _speakers([row["id"] for row in raw])
    return [_row(row, speakers[row["id"]]) for row in raw]


def _speakers(clue_ids: Collection[int]) -> dict[int, list[tuple[str, str | None]]]:
    found: dict[int, list[tuple[str, str | None]]] = defaultdict(list)
    pairs = Finding.objects.filter(clue_id__in=clue_ids).order_by("level", "start", "id")
    for clue_id, model, factor in pairs.values_list("clue_id", "model_id", "factor"):
        found[clue_id].append((model, factor))
    return found


def _row(raw: dict[str, Any], speakers: list[tuple[str, str | None]]) -> dict[str, Any]:
    factors = dict.fromkeys(factor for _, factor in speakers if factor)
    return {
        **{key: raw[key] for key in ("id", "number", "level", "state", "title", "first_at", "last_at")},
        "state_text": ClueState(raw["state"]).label,
        "class": raw["category"],
        "class_text": class_text(raw["category"]),
        "class_text_en": class_text_en(raw["category"]),
        "title_en": english.title(_outlet(raw), raw["category"], speakers),
        "enterprise": {"id": raw["enterprise_id"], "name": raw["enterprise__name"]},
        "outlet": {
            "id": raw["outlet_id"],
            "code": raw["outlet__code"],
            "name": raw["outlet__name"],
            "medium": raw["outlet__medium"],
        },
        "region_name": name_of(raw["region_code"]),
        "factors": [factor_ref(code) for code in factors],
        "models": [model_title(code) for code in dict.fromkeys(model for model, _ in speakers)],
        "findings": len(speakers),
        "open": raw["ongoing"],
        "claimed_by": (
            {"id": raw["claimed_by_id"], "name": raw["claimed_by__name"]} if raw["claimed_by_id"] else None
        ),
        "suggested": suggested(raw["level"], covert=raw["group"] == COVERT),
    }


def _outlet(raw: dict[str, Any]) -> str:
    return f"{raw['outlet__code']} {raw['outlet__name']}"


def english_titles(clue_ids: Iterable[int | None]) -> dict[int, str]:
    """The English titles of clues that have findings, by id; one query."""
    findings = Finding.objects.filter(clue_id__in=[pk for pk in clue_ids if pk])
    columns = ("clue_id", "category", "outlet__code", "outlet__name", "model_id", "factor")
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in findings.order_by("level", "start", "id").values(*columns):
        found[row["clue_id"]].append(row)
    return {pk: _english_title(rows) for pk, rows in found.items()}


def _english_title(rows: list[dict[str, Any]]) -> str:
    speakers = [(row["model_id"], row["factor"]) for row in rows]
    return english.title(_outlet(rows[0]), rows[0]["category"], speakers)


def factor_ref(code: str) -> dict[str, str]:
    """A factor as a list shows it."""
    return {"code": code, "name": factor_name(code), "name_en": factor_name_en(code)}


def model_title(code: str) -> dict[str, str]:
    """A model as a list shows it; one that left the catalogue shows its code."""
    model = entry(code)
    return {
        "code": code,
        "title": model.title if model else code,
        "title_en": model.title_en if model else code,
    }


def facets(clues: QuerySet[Clue], levels: Collection[int], states: Collection[str]) -> dict[str, Any]:
    """How many clues per level (within `states`), per state (within `levels`) and in all; one query."""
    by_level: dict[str, int] = {"1": 0, "2": 0, "3": 0}
    by_state: dict[str, int] = dict.fromkeys(ClueState.values, 0)
    total = 0
    for level, state, count in clues.order_by().values_list("level", "state").annotate(n=Count("id")):
        if not states or state in states:
            by_level[str(level)] += count
        if not levels or level in levels:
            by_state[state] += count
        if (not states or state in states) and (not levels or level in levels):
            total += count
    return {"total": total, "counts": {"level": by_level, "state": by_state}}


def may_know(user: Any) -> bool:
    """Whether the user may learn that a clue exists: an enterprise never, it would destroy the proof."""
    return can(user, "clues.view")


def worst_levels(enterprise_ids: Iterable[int] | None = None) -> dict[int, int]:
    """The worst level of the active clues of each enterprise that has any; one query."""
    clues = Clue.objects.filter(state__in=ACTIVE)
    if enterprise_ids is not None:
        clues = clues.filter(enterprise_id__in=list(enterprise_ids))
    return dict(clues.order_by().values_list("enterprise_id").annotate(worst=Min("level")))


def with_model(code: str) -> QuerySet[Any]:
    """The ids of the clues in which a model speaks, for a subquery."""
    return Finding.objects.filter(model_id=code, clue__isnull=False).values("clue_id")


def enterprises_with(level: int) -> list[int]:
    """The enterprises whose worst active clue has this level."""
    return [enterprise for enterprise, worst in worst_levels().items() if worst == level]


def clue_rows_of(user: Any, enterprise: Any, limit: int = 50) -> list[dict[str, Any]]:
    """`ClueRow`s of one enterprise, newest first; empty for an enterprise user."""
    clues = Clue.objects.visible_to(user).filter(enterprise=enterprise)
    return rows(clues.order_by("-last_at", "-id")[:limit])


def history(clue: Clue, user: Any) -> dict[str, Any]:
    """The other clues of the enterprise and what became of them."""
    others = Clue.objects.visible_to(user).filter(enterprise_id=clue.enterprise_id).exclude(pk=clue.pk)
    said = Verdict.objects.filter(clue__in=others)
    return {
        "clues": others.count(),
        "confirmed": said.filter(right=Right.YES).values("clue").distinct().count(),
        "rejected": others.filter(state=ClueState.INVALID).count(),
        "items": rows(others.order_by("-last_at", "-id")[:10]),
    }


def similar(clue: Clue, user: Any) -> list[dict[str, Any]]:
    """Clues of the same models at other enterprises within a month, nearest in time first."""
    models = clue.findings.values_list("model_id", flat=True)
    others = (
        Clue.objects.visible_to(user)
        .exclude(enterprise_id=clue.enterprise_id)
        .filter(
            findings__model_id__in=list(models),
            last_at__gte=clue.first_at - timedelta(days=30),
            first_at__lte=clue.last_at + timedelta(days=30),
        )
    )
    ids = others.order_by("-last_at").values_list("pk", flat=True).distinct()[:5]
    return rows(Clue.objects.filter(pk__in=list(ids)).order_by("-last_at", "-id"))


def models_without_verdict(clue_id: int) -> set[str]:
    """Models that speak in the clue and of which nobody has said whether they were right."""
    speak = set(Finding.objects.filter(clue_id=clue_id).values_list("model_id", flat=True))
    return speak - set(Verdict.objects.filter(clue_id=clue_id).values_list("model_id", flat=True))


# --- precision -------------------------------------------------------------------------------------------


def precision_of(counts: dict[Any, int]) -> dict[str, Any]:
    """Right over judged; what nobody could tell stays apart; null when nothing was judged."""
    right, wrong = counts.get(Right.YES, 0), counts.get(Right.NO, 0)
    judged = right + wrong
    return {
        "right": right,
        "wrong": wrong,
        "unsure": counts.get(Right.UNSURE, 0),
        "value": right / judged if judged else None,
    }


def precisions() -> dict[str, dict[str, Any]]:
    """The precision of every model over all its versions, with ``versions`` apart; one query."""
    found = Verdict.objects.order_by().values_list("model_id", "version", "right").annotate(n=Count("id"))
    whole: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    parts: dict[str, dict[int, dict[str, int]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(int)))
    for code, version, right, count in found:
        whole[code][right] += count
        parts[code][version][right] += count
    return {
        code: precision_of(counts)
        | {"versions": [{"version": v} | precision_of(parts[code][v]) for v in sorted(parts[code])]}
        for code, counts in whole.items()
    }


UNJUDGED = precision_of({}) | {"versions": []}


def window(clue: Clue) -> dict[str, Any]:
    """What to show of the curve: the clue and a day on both sides."""
    return {"start": clue.first_at - AROUND, "end": clue.last_at + AROUND}
