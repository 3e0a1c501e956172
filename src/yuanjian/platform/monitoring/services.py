"""Writes of marks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction

from yuanjian.clock import beijing_day, utcnow
from yuanjian.platform.accounts.models import User
from yuanjian.platform.common.activity import record, register_actions
from yuanjian.platform.common.errors import Invalid, Refused
from yuanjian.platform.evidence.models import Item
from yuanjian.platform.monitoring.models import Mark, MarkKind, MarkState
from yuanjian.platform.registry.models import MonitoringPoint
from yuanjian.wire import hj212

register_actions(
    {
        "marks.made": (
            "{actor} 标记 {kind_text}（{start} 至 {end}）",
            "{actor} marked {kind} from {start} to {end}",
        ),
        "marks.reviewed": ("{actor} 审核标记：{state_text}", "{actor} reviewed the mark: {state}"),
    }
)

LONGEST = timedelta(days=366)
AHEAD = timedelta(days=31)  # a planned stop may be announced, a year of silence not


@transaction.atomic
def make_mark(
    actor: User,
    point: MonitoringPoint,
    *,
    kind: str,
    start: datetime,
    end: datetime,
    factor: str | None = None,
    note: str = "",
    files: Sequence[Item] = (),
) -> Mark:
    """Say what a period of a point means; it counts from now on, three days until it is accepted."""
    if end <= start or end - start > LONGEST or end > utcnow() + AHEAD:
        raise Invalid("marks.period", "标记时段有误", "The period of the mark is wrong")
    if factor is not None and hj212.factor(factor) is None:
        raise Invalid("marks.factor", f"未知因子 {factor}", f"unknown factor {factor}")
    region = point.region_code
    mark = Mark.objects.create(
        point=point,
        factor=factor,
        kind=kind,
        start=start,
        end=end,
        note=note,
        author=actor,
        region_code=region,
    )
    if files:
        mark.files.set(files)
    label = MarkKind(kind).label
    times = {"start": start.isoformat(), "end": end.isoformat()}
    record(actor, "marks.made", mark, kind=kind, kind_text=label, **times)
    record(actor, "marks.made", point.outlet, kind=kind, kind_text=label, **times)
    return mark


@transaction.atomic
def review_mark(actor: User, mark: Mark, *, accept: bool, note: str = "") -> Mark:
    """Accept a mark, or return it with a reason; a returned mark does not count any more."""
    # As it is now, and nobody else's until we are done: two people may open the same page.
    mark.refresh_from_db(fields=["state"], from_queryset=Mark.objects.select_for_update())
    if mark.state != MarkState.PENDING:
        raise Refused("marks.reviewed", "该标记已审核", "The mark has been reviewed")
    if not accept and not note:
        raise Refused("marks.reason", "退回标记需要说明理由", "Returning a mark needs a reason")
    mark.state = MarkState.ACCEPTED if accept else MarkState.RETURNED
    mark.save(update_fields=["state"])
    _screen_again(mark)
    record(actor, "marks.reviewed", mark, state=mark.state, state_text=MarkState(mark.state).label, note=note)
    return mark


def _screen_again(mark: Mark) -> None:
    """What a review changes may lie before the days that are screened anyway."""
    first, last = beijing_day(max(mark.start, utcnow() - AHEAD)), beijing_day(min(mark.end, utcnow()))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO intake.touched (day, at) SELECT day, clock_timestamp() "
            "FROM generate_series(%s::date, %s::date, '1 day') AS day "
            "ON CONFLICT (day) DO UPDATE SET at = excluded.at",
            [first, last],
        )
