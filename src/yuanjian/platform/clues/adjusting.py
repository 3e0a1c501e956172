"""What people adjust: thresholds and suppressions, each with author, reason and dates.

A threshold that touches level 1 counts only after a second person has approved it. A suppression hides
findings from the clue pool for a time; they are still found, stored, counted and listed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from yuanjian.clock import beijing_day, utcnow
from yuanjian.platform.clues.builder_scope import whole_province
from yuanjian.platform.clues.catalogue import catalogue
from yuanjian.platform.clues.models import Model, Suppression, Threshold, ThresholdScope, ThresholdState
from yuanjian.platform.clues.services import hold_model, needs_reason
from yuanjian.platform.common.activity import record
from yuanjian.platform.common.errors import Forbidden, Invalid, Refused, not_found
from yuanjian.platform.common.lookup import visible
from yuanjian.platform.common.scope import COUNTRY, NOTHING, scope_filter, within
from yuanjian.platform.registry.models import Enterprise, Outlet
from yuanjian.screening.model import Model as Entry

LONGEST = timedelta(days=366)
"""A suppression is for a time; who still needs it then says so again."""


def check_levels(model: Entry, levels: Mapping[str, Any]) -> None:
    """Raise `Invalid` unless `levels` names measures of the model, with numbers that rise with the level."""
    if not levels or not set(levels) <= {"1", "2", "3"}:
        raise Invalid(
            "threshold.levels", "须给出一、二、三级中的至少一级", "give at least one level of 1, 2, 3"
        )
    for condition in levels.values():
        for alternative in [] if condition is None else condition or [{}]:
            known = set(alternative) <= set(model.measures)
            if not alternative or not known or not all(number > 0 for number in alternative.values()):
                names = "、".join(f"{name}（{item.zh}）" for name, item in model.measures.items())
                raise Invalid(
                    "threshold.measures",
                    f"条件须由模型的度量与正数组成：{names}",
                    f"conditions take positive numbers of: {', '.join(model.measures)}",
                )
    for medium in model.media:
        _ordered({str(level): c for level, c in model.levels[medium].items()} | dict(levels))


def _ordered(levels: Mapping[str, Any]) -> None:
    """What a more severe level needs must not be less than what a milder one does."""
    for severe, mild in (("1", "2"), ("2", "3"), ("1", "3")):
        for one in levels.get(severe) or ():
            for other in levels.get(mild) or ():
                if set(one) == set(other) and any(one[name] < other[name] for name in one):
                    raise Invalid(
                        "threshold.order",
                        f"{severe} 级的阈值不得低于 {mild} 级",
                        f"thresholds of level {severe} must not be below those of level {mild}",
                    )


def region_of(user: Any, scope: str, value: str) -> str:
    """The region a threshold concerns; raises unless it lies within what the user answers for."""
    if scope == ThresholdScope.ENTERPRISE:
        return str(visible(Enterprise, user, int(value) if value.isdigit() else 0).region_code)
    region = COUNTRY if scope == ThresholdScope.INDUSTRY else value
    if region != COUNTRY and not (len(region) == 6 and region.isdigit()):
        raise Invalid("threshold.region", "行政区划代码须为六位数字", "a region code has six digits")
    mine = whole_province(user) if region == COUNTRY else within(region, user.region_code)
    if user.role != "admin" and not mine:
        raise Forbidden("threshold.scope", "超出您的管辖范围", "beyond the region you answer for")
    return region


@transaction.atomic
def set_threshold(
    user: Any, code: str, *, scope: str, value: str, levels: dict[str, Any], valid_from: date, reason: str,
    valid_to: date | None = None,
) -> Threshold:  # fmt: skip
    """Set levels of a model from a day on (see `Threshold`); proposed only, where level 1 is touched."""
    needs_reason(reason)
    model = hold_model(code)
    if code not in catalogue().models:
        raise not_found("模型不存在", "No such model")
    check_levels(catalogue()[code], levels)
    if valid_to is not None and valid_to < valid_from:
        raise Invalid("threshold.dates", "截止日期早于起始日期", "it would end before it begins")
    state = ThresholdState.PROPOSED if "1" in levels else ThresholdState.IN_FORCE
    row = Threshold.objects.create(
        model=model, scope=ThresholdScope(scope), value=value, region_code=region_of(user, scope, value),
        levels=levels, valid_from=valid_from, valid_to=valid_to, author=user, reason=reason, state=state,
    )  # fmt: skip
    action = "models.threshold" if state == ThresholdState.IN_FORCE else "models.threshold_proposed"
    record(user, action, model, reason=reason, scope=scope, value=value, levels=levels, threshold=row.pk)
    return row


@transaction.atomic
def decide_threshold(user: Any, pk: int, *, approve: bool, reason: str) -> Threshold:
    """Approve or reject a proposal; who proposed it may withdraw but never approve it."""
    needs_reason(reason)
    row = _hold(user, pk)
    if row.state != ThresholdState.PROPOSED:
        raise Refused("threshold.state", "该阈值不在待审批状态", "it is not waiting for approval")
    if approve and row.author_id == user.pk:
        raise Refused(
            "threshold.second_person",
            "一级阈值须由提出人以外的人审批",
            "somebody other than who proposed it has to approve numbers of level 1",
        )
    row.state = ThresholdState.IN_FORCE if approve else ThresholdState.REJECTED
    row.decided_by, row.decided_at, row.decided_reason = user, utcnow(), reason
    row.save()
    action = "models.threshold_approved" if approve else "models.threshold_rejected"
    record(user, action, row.model, reason=reason, threshold=row.pk)
    return row


@transaction.atomic
def end_threshold(user: Any, pk: int, *, reason: str, last_day: date | None = None) -> Threshold:
    """Let a threshold end with a day (default: today); what it judged before stays judged."""
    needs_reason(reason)
    row = _hold(user, pk)
    last = last_day or beijing_day(utcnow())
    if row.state != ThresholdState.IN_FORCE or (row.valid_to is not None and row.valid_to <= last):
        raise Refused("threshold.state", "该阈值未生效或已终止", "it is not in force, or ends earlier")
    row.valid_to = max(last, row.valid_from - timedelta(days=1))
    row.save()
    record(user, "models.threshold_ended", row.model, reason=reason, threshold=row.pk, last=str(last))
    return row


def thresholds(user: Any) -> QuerySet[Threshold]:
    """Thresholds that concern the user's region: those within it, and those of the regions around it."""
    rows = Threshold.objects.select_related("model", "author", "decided_by").order_by("-id")
    around = Q(scope=ThresholdScope.REGION, value__in=_around(user.region_code))
    seen = scope_filter(user)
    if seen == NOTHING:
        return rows.filter(seen)
    return rows.filter(seen | around | Q(scope=ThresholdScope.INDUSTRY)) if seen else rows


def may_change(user: Any, row: Threshold) -> bool:
    """Whether the threshold lies within what the user answers for."""
    return (
        user.role == "admin"
        or within(row.region_code, user.region_code)
        or (row.scope == ThresholdScope.INDUSTRY and whole_province(user))
    )


def _around(region: str) -> list[str]:
    return [COUNTRY, region[:2] + "0000", region[:4] + "00"]


def _hold(user: Any, pk: int) -> Threshold:
    """A threshold the user may change, locked."""
    row = thresholds(user).select_for_update(of=("self",)).filter(pk=pk).first()
    if row is None:
        raise not_found()
    if not may_change(user, row):
        raise Forbidden("threshold.scope", "超出您的管辖范围", "beyond the region you answer for")
    return row


@transaction.atomic
def suppress(
    user: Any, enterprise: Enterprise, *, start: datetime, end: datetime, reason: str,
    code: str | None = None, outlet: Outlet | None = None,
) -> Suppression:  # fmt: skip
    """Keep a model (None: every model) quiet for an outlet or an enterprise during a period."""
    needs_reason(reason)
    if not start < end <= start + LONGEST:
        raise Invalid(
            "suppression.dates", "静默须有截止时间，最长一年", "it has to end, after a year at most"
        )
    if outlet is not None and outlet.enterprise_id != enterprise.pk:
        raise Invalid("suppression.outlet", "排放口不属于该企业", "the outlet is not of that enterprise")
    model: Model | None = hold_model(code) if code else None
    row = Suppression.objects.create(
        model=model, enterprise=enterprise, outlet=outlet, region_code=enterprise.region_code,
        start=start, end=end, author=user, reason=reason,
    )  # fmt: skip
    record(user, "models.suppressed", row, reason=reason, model=code)
    return row


@transaction.atomic
def end_suppression(user: Any, pk: int, *, reason: str) -> Suppression:
    """Hear the model again from now on."""
    needs_reason(reason)
    row = Suppression.objects.visible_to(user).select_for_update(of=("self",)).filter(pk=pk).first()
    if row is None:
        raise not_found()
    now = utcnow()
    if row.end <= now:
        raise Refused("suppression.state", "该静默已到期", "it has ended already")
    row.start, row.end = min(row.start, now - timedelta(seconds=1)), now
    row.save()
    record(user, "models.suppression_ended", row, reason=reason)
    return row
