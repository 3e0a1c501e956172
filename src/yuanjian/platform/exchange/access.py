"""Which kinds of records a user may see and deliver; rows are a second question (`visible_to`)."""

from __future__ import annotations

from typing import Any

from yuanjian.platform.accounts.models import Role
from yuanjian.platform.accounts.permissions import can
from yuanjian.platform.common.errors import Forbidden, not_found
from yuanjian.screening.records import KINDS, Kind

RESERVED = {
    ("manual_result", "purpose"): frozenset({"supervision"}),
    ("parameter", "origin"): frozenset({"permit", "platform"}),
}
"""Choices only authorities may tell, within kinds the enterprise may deliver."""


def is_enterprise(user: Any) -> bool:
    """Whether the user speaks for an enterprise; nobody (None) is the platform itself."""
    return user is not None and user.role == Role.ENTERPRISE


def visible_kinds(user: Any) -> tuple[str, ...]:
    """Kinds the user may see: an enterprise only those that are its own affair (not visits, not doors)."""
    return tuple(kind for kind, about in KINDS.items() if about.by_enterprise or not is_enterprise(user))


def kind_of(user: Any, kind: str) -> Kind:
    """A kind the user may see; raises `NotFound` for any other."""
    if kind not in visible_kinds(user):
        raise not_found("没有这类记录", "No such kind of record")
    return KINDS[kind]


def require_delivery(user: Any, kind: str) -> Kind:
    """A kind the user may deliver; raises `NotFound` or `Forbidden`."""
    if user is not None and not can(user, "records.deliver"):
        raise Forbidden("auth.forbidden", "当前角色无权报送记录", "Your role may not deliver records")
    return kind_of(user, kind)
