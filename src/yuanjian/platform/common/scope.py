"""Row scope — who sees which rows — in one place.

A regulator sees the rows of his region and everything below it; an enterprise user sees the rows of his
own enterprise; an administrator sees all. A model says how to reach its enterprise by `enterprise_path`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from yuanjian.platform.accounts.models import User

M = TypeVar("M", bound=models.Model)
COUNTRY = "000000"
NOTHING = Q(pk__in=[])


def significant_prefix(region_code: str) -> str:
    """The part of a code that its sub-regions share: 640000 → 64, 640100 → 6401, 640105 → itself."""
    if region_code == COUNTRY:
        return ""
    if region_code.endswith("0000"):
        return region_code[:2]
    return region_code[:4] if region_code.endswith("00") else region_code


def within(region_code: str, scope: str) -> bool:
    """Whether a region lies in the region `scope` (or is it)."""
    return bool(scope) and region_code.startswith(significant_prefix(scope))


def scope_filter(user: Any, region_field: str = "region_code", enterprise_path: str | None = None) -> Q:
    """The filter a user's rows pass; an anonymous, inactive or homeless user passes nothing."""
    if not user.is_authenticated or not user.is_active:
        return NOTHING
    if user.role == "admin":
        return Q()
    if user.role == "enterprise":
        known = enterprise_path and user.enterprise_id
        return Q(**{str(enterprise_path): user.enterprise_id}) if known else NOTHING
    if not user.region_code:
        return NOTHING
    return Q(**{f"{region_field}__startswith": significant_prefix(user.region_code)})


def scope_sql(user: Any, region_column: str, enterprise_column: str) -> tuple[str, list[Any]]:
    """`scope_filter` for hand-written SQL: a condition and its parameters. Columns are ours, never input."""
    if not user.is_authenticated or not user.is_active:
        return "false", []
    if user.role == "admin":
        return "true", []
    if user.role == "enterprise":
        return f"{enterprise_column} = %s", [user.enterprise_id or 0]
    if not user.region_code:
        return "false", []
    return f"starts_with({region_column}, %s)", [significant_prefix(user.region_code)]


class ScopedQuerySet(models.QuerySet[M]):
    """A query set that knows who is looking."""

    def visible_to(self, user: User | Any) -> ScopedQuerySet[M]:
        """The rows this user may see."""
        return self.filter(scope_filter(user, "region_code", getattr(self.model, "enterprise_path", None)))


ScopedManager = models.Manager.from_queryset(ScopedQuerySet)
