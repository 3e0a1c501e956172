"""Reads of evidence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import QuerySet

from yuanjian.platform.accounts.models import User
from yuanjian.platform.common.errors import not_found
from yuanjian.platform.evidence.models import Item


def items(user: User) -> QuerySet[Item]:
    """The items a user may see: those of his scope and those he took himself."""
    return (Item.objects.visible_to(user) | Item.objects.filter(author=user)).select_related("author")


def attachable(user: User, ids: Sequence[int]) -> list[Item]:
    """The items with these ids, in this order; 404 if one of them is not visible."""
    found = items(user).in_bulk(list(ids))
    if missing := [pk for pk in ids if pk not in found]:
        raise not_found(f"文件 {missing} 不存在或无权使用", f"no file {missing}, or not visible to you")
    return [found[pk] for pk in ids]


def file_rows(found: Iterable[Item]) -> list[dict[str, Any]]:
    """Items as the API shows them; fetch them with their author."""
    return [file_row(item) for item in found]


def file_row(item: Item) -> dict[str, Any]:
    """An item as the API shows it (`FileRow`)."""
    plain = ("id", "name", "kind", "size", "content_type", "sha256", "captured_at", "received_at")
    return {
        **{field: getattr(item, field) for field in plain},
        "author": str(item.author) if item.author else "系统",
    }
