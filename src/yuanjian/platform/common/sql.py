"""Hand-written SQL for the tables the platform reads but does not own (`intake.*`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection

Params = Sequence[Any] | Mapping[str, Any]


def rows(query: str, params: Params = ()) -> list[dict[str, Any]]:
    """All rows as dictionaries by column name."""
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def one(query: str, params: Params = ()) -> dict[str, Any] | None:
    """The first row, or None."""
    found = rows(query, params)
    return found[0] if found else None
