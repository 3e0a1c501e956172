"""Every write to inspections; an order calls these inside its own transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from yuanjian.clock import utcnow
from yuanjian.platform.common.activity import record, register_actions
from yuanjian.platform.common.errors import Invalid, Refused
from yuanjian.platform.evidence.selectors import attachable
from yuanjian.platform.evidence.services import attach
from yuanjian.platform.inspections.models import Inspection

register_actions(
    {
        "inspections.begun": ("{actor}到场开始检查", "{actor} began the check on site"),
        "inspections.saved": ("{actor}保存检查记录", "{actor} saved the record"),
        "inspections.finished": ("{actor}完成检查：{conclusion}", "{actor} finished the check: {conclusion}"),
    }
)


def begin(order: Any, user: Any, *, lon: float | None = None, lat: float | None = None) -> Inspection:
    """Open the visit of an order, or take over the one already begun."""
    visit = current(order) or Inspection(
        order=order, enterprise_id=order.enterprise_id, region_code=order.region_code, lon=lon, lat=lat
    )
    visit.officer = user
    visit.save()
    record(user, "inspections.begun", visit, lon=lon, lat=lat)
    return visit


def current(order: Any) -> Inspection | None:
    """The visit that is under way."""
    return Inspection.objects.filter(order=order, finished_at=None).select_for_update(of=("self",)).first()


def save(
    order: Any,
    user: Any,
    *,
    answers: Sequence[dict[str, Any]],
    summary: str = "",
    file_ids: Sequence[int] = (),
    lon: float | None = None,
    lat: float | None = None,
    revision: int | None = None,
) -> Inspection:
    """Store the answers to the instructions so far; may be called again and again.

    Raises `Refused` if the form was made from another `revision` than the present and says something else.
    """
    visit = current(order)
    if visit is None:
        raise Invalid("inspection.none", "检查尚未开始", "no check is under way")
    _check_numbers(order, answers)
    if revision not in {None, visit.revision} and (visit.answers, visit.summary) != (list(answers), summary):
        raise Refused(
            "inspection.stale",
            "检查表已在别处保存了更新的内容，请核对后再保存",
            "a newer form was saved elsewhere; compare before you save",
            revision=visit.revision,
        )
    files = attachable(user, sorted({*file_ids, *(n for answer in answers for n in answer["file_ids"])}))
    visit.answers, visit.summary, visit.revision = list(answers), summary, visit.revision + 1
    visit.lon, visit.lat = (lon, lat) if lon is not None else (visit.lon, visit.lat)
    visit.save()
    attach(user, [item for item in files if item not in visit.files.all()], region_code=visit.region_code)
    visit.files.set(files)
    record(user, "inspections.saved", visit, answered=len(answers), files=len(files))
    return visit


def finish(visit: Inspection, user: Any, *, conclusion: str, summary: str) -> None:
    """Close the visit with its conclusion."""
    visit.conclusion, visit.summary, visit.finished_at = conclusion, summary, utcnow()
    visit.save()
    record(user, "inspections.finished", visit, conclusion=visit.get_conclusion_display())


def _check_numbers(order: Any, answers: Sequence[dict[str, Any]]) -> None:
    known = {step["n"] for step in order.instructions}
    numbers = [answer["n"] for answer in answers]
    if len(set(numbers)) < len(numbers) or not set(numbers) <= known:
        raise Invalid("inspection.answers", "检查要点编号有误", "wrong or repeated instruction numbers")
