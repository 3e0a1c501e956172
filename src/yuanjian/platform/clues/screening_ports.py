"""What the screening engine asks the platform: readings, the register, and what people have set."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import polars as pl
from django.db.models import Q

from yuanjian.platform.clues.catalogue import catalogue
from yuanjian.platform.clues.models import Model, Suppression, Threshold, ThresholdState
from yuanjian.platform.common.scope import significant_prefix
from yuanjian.platform.exchange import selectors as exchange
from yuanjian.platform.monitoring.selectors import marks_in_force
from yuanjian.platform.registry.models import Outlet
from yuanjian.platform.registry.selectors import outlet_contexts
from yuanjian.screening import ports
from yuanjian.screening.model import Model as Entry
from yuanjian.screening.thresholds import Confirmation, Override, resolve
from yuanjian.series import MarkPeriod


class Register:
    """The `Registry` port; outlets are read once per run, so a run sees one state of the register.

    `only`: some outlets by id; None for all.
    """

    def __init__(self, only: Collection[int] | None = None) -> None:
        kinds = exchange.delivered()
        some = None if only is None else Outlet.objects.filter(pk__in=list(only))
        self._outlets = tuple(
            replace(context, records=kinds.get(context.outlet, frozenset()))
            for context in outlet_contexts(some)
        )

    def outlets(self) -> Sequence[ports.OutletContext]:
        """All outlets that can be screened."""
        return self._outlets

    def marks(self, points: Sequence[int], start: datetime, end: datetime) -> Sequence[MarkPeriod]:
        """Marks in force: all that were not returned."""
        return marks_in_force(points, start, end)

    def records(self, kind: str, enterprises: Sequence[int], start: datetime, end: datetime) -> pl.DataFrame:
        """Records delivered by other systems and people."""
        return exchange.records(kind, enterprises, start, end)


class People:
    """The `Policy` port: thresholds, level-1 confirmations and suppressions as set when the run began.

    `models`: those asked about (default: all in force).
    """

    def __init__(self, start: datetime, end: datetime, models: Mapping[str, Entry] | None = None) -> None:
        self._models = catalogue().models if models is None else models
        self._overrides = _overrides()
        self._confirmed = _confirmations()
        self._quiet = _suppressions(start, end)

    def suppose(self, code: str, *, rule: Override | None = None, level1: Confirmation | None = None) -> None:
        """Add what is not so, for a preview: one more threshold, or level 1 switched on."""
        if rule is not None:
            self._overrides[code].append(rule)
        if level1 is not None:
            self._confirmed[code] = level1

    def levels(self, model_code: str, outlet: ports.OutletContext, on: date) -> ports.ResolvedLevels:
        """Thresholds in force on a day; see `yuanjian.screening.thresholds.resolve`."""
        overrides, confirmed = self._overrides[model_code], self._confirmed.get(model_code)
        return resolve(self._models[model_code], outlet, on, overrides, confirmed)

    def suppressed(
        self, model_code: str, outlet: ports.OutletContext, at: datetime
    ) -> ports.Suppression | None:
        """The suppression in force at an instant, if any."""
        for row in self._quiet[outlet.enterprise]:
            fits = row.model_id in {None, model_code} and row.outlet_id in {None, outlet.outlet}
            if fits and row.start <= at < row.end:
                return ports.Suppression(row.reason, str(row.author), row.end)
        return None


def _overrides() -> dict[str, list[Override]]:
    found: dict[str, list[Override]] = defaultdict(list)
    in_force = Threshold.objects.filter(state=ThresholdState.IN_FORCE)
    for row in in_force.select_related("author").order_by("id"):
        dates = (row.valid_from, row.valid_to)
        found[row.model_id].append(
            override(row.scope, row.value, row.levels, dates, str(row.author), row.reason)
        )
    return found


def override(
    scope: Any, value: str, levels: dict[str, Any], dates: tuple[date, date | None], author: str, reason: str
) -> Override:
    """A threshold as the engine knows it, from the columns of `Threshold`."""
    target = significant_prefix(value) if scope == "region" else value
    conditions = {int(level): _condition(condition) for level, condition in levels.items()}
    return Override(scope, target, conditions, *dates, author, reason)


def _condition(condition: Any) -> ports.Condition | None:
    return None if condition is None else tuple(dict(alternative) for alternative in condition)


def _confirmations() -> dict[str, Confirmation]:
    switched = Model.objects.filter(level1_by__isnull=False).select_related("level1_by")
    return {model.code: Confirmation(str(model.level1_by), model.level1_reason) for model in switched}


def _suppressions(start: datetime, end: datetime) -> dict[int, list[Suppression]]:
    found: dict[int, list[Suppression]] = defaultdict(list)
    touching = Suppression.objects.filter(Q(start__lt=end, end__gt=start)).select_related("author")
    for row in touching.order_by("id"):
        found[row.enterprise_id].append(row)
    return found
