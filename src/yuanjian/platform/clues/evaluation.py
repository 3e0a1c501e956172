"""How good a model is in use: found true by people, where it can judge, how fast it is, how it drifts."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from statistics import quantiles
from typing import Any

from django.db.models import Count
from django.db.models.functions import TruncMonth

from yuanjian.clock import BEIJING, beijing_day, utcnow
from yuanjian.platform.clues.models import Clue, Finding, Model, Right, Verdict
from yuanjian.platform.clues.selectors import precision_of

MONTHS = 12
RECENT = timedelta(days=90)
LIVE = timedelta(days=7)
"""A finding stored later than this after its start came from a re-run, which says nothing about speed."""


def evaluation(user: Any, code: str) -> dict[str, Any]:
    """Of the clues and findings the user may see; shares are null where there is nothing to judge."""
    said = Verdict.objects.filter(model_id=code, clue__in=Clue.objects.visible_to(user))
    counts = dict(said.order_by().values_list("right").annotate(n=Count("id")))
    precision = precision_of(counts)
    row = Model.objects.filter(pk=code).first()
    return {
        "code": code,
        "precision": precision,
        "false_alarm_rate": None if precision["value"] is None else 1 - precision["value"],
        "coverage": row.coverage if row else None,
        "delay": _delay(user, code),
        "months": _months(user, code),
    }


def _delay(user: Any, code: str) -> dict[str, Any]:
    """Hours from the start of a violation to its finding being stored, of findings of the last 90 days."""
    rows = Finding.objects.visible_to(user).filter(model_id=code, created_at__gte=utcnow() - RECENT)
    waits = [made - start for start, made in rows.values_list("start", "created_at") if made - start <= LIVE]
    hours = sorted(wait / timedelta(hours=1) for wait in waits)
    cuts = quantiles(hours, n=10, method="inclusive") if len(hours) > 1 else hours * 9
    return {
        "findings": len(hours),
        "median_h": round(cuts[4], 2) if cuts else None,
        "p90_h": round(cuts[8], 2) if cuts else None,
    }


def _months(user: Any, code: str) -> list[dict[str, Any]]:
    """The last twelve Beijing months: findings that began in it, and verdicts on clues that did."""
    months = _last_months(beijing_day(utcnow()))
    found, said = _found(user, code), _said(user, code)
    return [
        {
            "month": f"{month:%Y-%m}",
            "findings": {str(level): found[month][level] for level in (1, 2, 3)},
            **precision_of(said[month]),
        }
        for month in months
    ]


def _found(user: Any, code: str) -> dict[date, Counter[int]]:
    found: dict[date, Counter[int]] = defaultdict(Counter)
    rows = Finding.objects.visible_to(user).filter(model_id=code).order_by()
    by_month = rows.annotate(month=TruncMonth("start", tzinfo=BEIJING)).values_list("month", "level")
    for month, level, count in by_month.annotate(n=Count("id")):
        found[month.date()][level] += count
    return found


def _said(user: Any, code: str) -> dict[date, Counter[Right]]:
    said: dict[date, Counter[Right]] = defaultdict(Counter)
    rows = Verdict.objects.filter(model_id=code, clue__in=Clue.objects.visible_to(user)).order_by()
    by_month = rows.annotate(month=TruncMonth("clue__first_at", tzinfo=BEIJING)).values_list("month", "right")
    for month, right, count in by_month.annotate(n=Count("id")):
        said[month.date()][Right(right)] += count
    return said


def _last_months(today: date) -> list[date]:
    """The first days of the last months, oldest first, the present one included."""
    numbers = range(today.year * 12 + today.month - MONTHS, today.year * 12 + today.month)
    return [date(number // 12, number % 12 + 1, 1) for number in numbers]
