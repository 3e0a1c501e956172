"""How findings make a clue: what belongs together, how bad it is, what it is called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from yuanjian.platform.clues import services
from yuanjian.platform.clues.catalogue import entry
from yuanjian.platform.clues.freezing import mark_of
from yuanjian.platform.clues.models import COVERT, Category, Clue, Finding
from yuanjian.platform.common.activity import record
from yuanjian.platform.common.casework import next_number
from yuanjian.platform.registry.selectors import factor_name
from yuanjian.screening import grading as rules

NEAR = timedelta(hours=24)
# Classes that tell one story merge; a class that is not listed stays by itself.
RELATED = {Category.EXCEEDANCE: "discharge", Category.POWER: "discharge", Category.DATA_QUALITY: "data"}


@dataclass
class Change:
    """What a run did to one clue."""

    clue_id: int
    new: bool
    added: list[Finding] = field(default_factory=list)


def group_of(finding: Finding) -> str:
    """The group a finding merges within; what the enterprise must not hear of is kept apart."""
    model = entry(finding.model_id)
    if finding.category == Category.FALSIFICATION or (model is not None and not model.notify_enterprise):
        return COVERT
    return RELATED.get(Category(finding.category), finding.category)


def hold_many() -> None:
    """Whoever holds several clues does so alone, until commit: else two of them wait for each other's.

    A screening run does, and a merge; who holds one clue need not ask.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('clues.screen'))")


def near(clue: Clue, finding: Finding) -> bool:
    """Whether a finding touches the window of a clue, widened by a day on both sides."""
    return clue.first_at - NEAR <= finding.end and finding.start <= clue.last_at + NEAR


def new_clue(finding: Finding, group: str, now: datetime) -> Clue:
    """Open a clue for its first finding; at level 2 at most until `settle` has seen what comes together."""
    return Clue.objects.create(
        number=next_number(Clue, "XS", now),
        enterprise_id=finding.enterprise_id,
        outlet_id=finding.outlet_id,
        region_code=finding.region_code,
        level=max(finding.level, rules.COUNTS),
        category=finding.category,
        group=group,
        first_at=finding.start,
        last_at=finding.end,
        created_at=now,
    )


def settle(change: Change) -> bool:
    """Bring a clue up to its findings, say on its timeline what changed; returns whether anything did."""
    clue = (
        Clue.objects.select_for_update(of=("self",))
        .select_related("outlet", "enterprise")
        .get(pk=change.clue_id)
    )
    findings = list(clue.findings.order_by("level", "start", "id"))
    before = _state(clue)
    sum_up(clue, findings)
    if not change.new and not change.added and _state(clue) == before:
        return False
    clue.save()
    _tell(clue, change, before_level=before[0], findings=len(findings))
    return True


def _state(clue: Clue) -> tuple[Any, ...]:
    return clue.level, clue.first_at, clue.last_at, clue.ongoing, clue.category, clue.title, clue.frozen_due


@dataclass(frozen=True)
class _Told:
    """A row as `yuanjian.screening.grading` looks at it."""

    model: str
    level: int
    start: datetime
    end: datetime


def levels(findings: Sequence[Finding]) -> dict[int, int]:
    """The level each finding of a clue gives it, by id: some need a second model for level 1.

    What was withdrawn gives none and supports nothing.
    """
    findings = [row for row in findings if row.withdrawn_at is None]
    models = {code: model for code in {row.model_id for row in findings} if (model := entry(code))}
    told = {row.pk: _Told(row.model_id, row.level, row.start, row.end) for row in findings}
    return {pk: rules.level_of(one, list(told.values()), models) for pk, one in told.items()}


def sum_up(clue: Clue, findings: Sequence[Finding]) -> None:
    """Level, window, class and title of a clue by its findings; a level once reached stays."""
    clue.level = min([clue.level, *levels(findings).values()])
    clue.first_at = min(finding.start for finding in findings)
    clue.last_at = max(finding.end for finding in findings)
    clue.ongoing = any(finding.open for finding in findings)
    clue.category = findings[0].category
    clue.title = title_of(clue, findings)
    clue.frozen_due = mark_of(findings) != clue.frozen_mark
    clue.search = f"{clue.number} {clue.title} {clue.enterprise.name} {clue.outlet.name}"[:400]


def title_of(clue: Clue, findings: Sequence[Finding]) -> str:
    """E.g. ``DA001 焚烧炉烟囱：废气小时均值超标（二氧化硫）等2项``."""
    worst = findings[0]
    model = entry(worst.model_id)
    what = model.title if model else worst.model_id
    factor = f"（{factor_name(worst.factor)}）" if worst.factor else ""
    kinds = {(finding.model_id, finding.factor) for finding in findings}
    more = f"等{len(kinds)}项" if len(kinds) > 1 else ""
    return f"{clue.outlet.code} {clue.outlet.name}：{what}{factor}{more}"[:200]


def _tell(clue: Clue, change: Change, *, before_level: int, findings: int) -> None:
    if change.new:
        record(None, "clues.raised", clue, level=clue.level, findings=findings)
    else:
        for finding in change.added:
            said = {"claim": finding.claim, "claim_en": finding.claim_en}
            record(None, "clues.finding_added", clue, model=finding.model_id, **said)
        if clue.level < before_level:
            record(None, "clues.level_raised", clue, before=before_level, after=clue.level)
    if change.new or change.added or clue.level < before_level:
        services.announce(clue)
