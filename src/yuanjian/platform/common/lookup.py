"""Find one row of somebody's scope."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db import models

from yuanjian.platform.common.errors import not_found

M = TypeVar("M", bound=models.Model)


def visible(model: type[M], user: Any, pk: int, **conditions: Any) -> M:
    """The row, or 404: a row out of scope and a row that does not exist are answered alike."""
    row = model.objects.visible_to(user).filter(pk=pk, **conditions).first()
    if row is None:
        raise not_found()
    return row
