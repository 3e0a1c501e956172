"""Which role may do what: one table, read by `can` and sent to the browser with the session.

Rows are a second question: every query goes through `visible_to` (see `common/scope.py`).
"""

from __future__ import annotations

from typing import Any

from yuanjian.platform.common.errors import Forbidden

# Records: the enterprise sees and delivers only kinds that are its own affair, see `exchange.access`.
_VIEW = frozenset(
    {"enterprises.view", "monitoring.view", "marks.view", "files.view", "regions.view", "records.view"}
)
_DESK = _VIEW | {"overview.view", "links.view", "clues.view", "orders.view", "models.view", "notices.view"}

PERMISSIONS: dict[str, frozenset[str]] = {
    "analyst": _DESK
    | {
        "clues.decide",
        "notices.review",
        "rectifications.review",
        "registry.adopt",
        "devices.command",
        "marks.review",
        "marks.write",
        "files.write",
        "records.deliver",
        "limits.write",
    },
    "dispatcher": _DESK
    | {"clues.decide", "orders.dispatch", "orders.reassign", "orders.close", "notices.review"}
    | {"rectifications.review", "files.write"},
    "officer": _DESK
    | {"orders.work", "inspections.write", "orders.close", "rectifications.review", "files.write"},
    "oversight": _DESK,
    "author": _DESK | {"models.edit"},
    "integrator": _DESK
    | {"registry.adopt", "registry.write", "devices.command", "records.deliver", "limits.write"},
    "enterprise": _VIEW
    | {
        "portal.view",
        "notices.view",
        "notices.answer",
        "rectifications.report",
        "marks.write",
        "files.write",
        "records.deliver",
    },
}
EVERYTHING = frozenset().union(
    *(permissions for role, permissions in PERMISSIONS.items() if role != "enterprise"),
    {"registry.write", "accounts.write"},
)
PERMISSIONS["admin"] = EVERYTHING


def permissions_of(user: Any) -> frozenset[str]:
    """Everything the user's role may do; nothing for an anonymous or inactive user."""
    if not user.is_authenticated or not user.is_active:
        return frozenset()
    return PERMISSIONS.get(user.role, frozenset())


def can(user: Any, permission: str) -> bool:
    """Whether the user's role has the permission; a misspelt permission is a bug and raises."""
    if not any(permission in granted for granted in PERMISSIONS.values()):
        raise KeyError(permission)
    return permission in permissions_of(user)


def require(user: Any, permission: str) -> None:
    """Raise `Forbidden` unless the user's role has the permission."""
    if not can(user, permission):
        raise Forbidden(
            "auth.forbidden", "当前角色无权执行此操作", "Your role may not do this", permission=permission
        )
