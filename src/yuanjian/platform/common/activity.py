"""The activity log: who did what to what, in words.

An action is a dotted name registered with its texts by the app that performs it; recording an
unregistered one is a bug. Texts may use the keys of `data` and `actor` as placeholders.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import models

from yuanjian.errors import OwnFault
from yuanjian.platform.common.models import Activity


@dataclass(frozen=True)
class ActionText:
    """What the timeline shows for an action."""

    zh: str
    en: str


_ACTIONS: dict[str, ActionText] = {}


def register_actions(texts: dict[str, tuple[str, str]]) -> None:
    """Add actions as ``{"clues.claimed": ("领取线索", "Clue claimed")}``; a name is given once only."""
    for action, (zh, en) in texts.items():
        if _ACTIONS.get(action, ActionText(zh, en)) != ActionText(zh, en):
            raise OwnFault("activity.twice", f"动作 {action} 重复登记", f"action {action} registered twice")
        _ACTIONS[action] = ActionText(zh, en)


def record(actor: Any, action: str, obj: models.Model, **data: Any) -> Activity:
    """Write one activity of `actor` (None: the platform itself) on `obj`, within the caller's transaction."""
    if action not in _ACTIONS:
        raise OwnFault("activity.unknown", f"动作 {action} 未登记", f"action {action} is not registered")
    return Activity.objects.create(
        actor=actor,
        action=action,
        object_type=obj._meta.label_lower,
        object_id=str(obj.pk),
        region_code=getattr(obj, "region_code", ""),
        enterprise_id=enterprise_of(obj),
        data=data,
    )


def enterprise_of(obj: models.Model) -> int | None:
    """The enterprise a row belongs to, by the `enterprise_path` of its model; None if it has none."""
    path = getattr(obj, "enterprise_path", None)
    value: Any = obj
    for name in path.split("__") if path else ():
        value = getattr(value, name, None)
    return value if path and isinstance(value, int) else None


def timeline(obj: models.Model, limit: int = 200) -> list[dict[str, Any]]:
    """What happened to an object, oldest first, as rows of the API (`ActivityRow`)."""
    rows = Activity.objects.filter(object_type=obj._meta.label_lower, object_id=str(obj.pk))
    return describe(rows.select_related("actor").order_by("-id")[:limit])[::-1]


def describe(rows: Iterable[Activity]) -> list[dict[str, Any]]:
    """Activities as `ActivityRow`s, in the order given."""
    return [_row(activity) for activity in rows]


def _row(activity: Activity) -> dict[str, Any]:
    actor, actor_en = (str(activity.actor),) * 2 if activity.actor else ("系统", "System")
    text = _ACTIONS.get(activity.action, ActionText(activity.action, activity.action))
    return {
        "at": activity.at,
        "actor": actor,
        "actor_en": actor_en,
        "action": activity.action,
        "text": text.zh.format_map(_Blank(activity.data, actor=actor)),
        "text_en": text.en.format_map(_Blank(activity.data, actor=actor_en)),
        "data": activity.data,
    }


class _Blank(dict[str, Any]):
    """Old rows may lack a key that a newer text names; they show it empty."""

    def __missing__(self, key: str) -> str:
        return ""
