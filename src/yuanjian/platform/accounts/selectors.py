"""Reads of users."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings

from yuanjian.platform.accounts.models import Role, User
from yuanjian.platform.accounts.permissions import permissions_of
from yuanjian.platform.registry.models import Region


def me(user: User) -> dict[str, Any]:
    """The signed-in user as the browser needs him (`Me`)."""
    region = Region.objects.filter(code=user.region_code).values_list("full_name", flat=True).first()
    return {
        "id": user.pk,
        "username": user.username,
        "name": user.name,
        "role": user.role,
        "role_text": Role(user.role).label,
        "region_code": user.region_code,
        "region_name": region or "",
        "enterprise_id": user.enterprise_id,
        "enterprise_name": user.enterprise.name if user.enterprise else None,
        "permissions": sorted(permissions_of(user)),
    }


def demo_accounts() -> list[dict[str, str]]:
    """The accounts of a demonstration with their passwords, as its seeding wrote them; else none."""
    path = settings.YUANJIAN.home / "demo-accounts.json"
    if not settings.YUANJIAN.demo or not path.exists():
        return []
    rows: list[dict[str, str]] = json.loads(path.read_text(encoding="utf-8"))
    return [{key: row[key] for key in ("username", "password", "role", "name")} for row in rows]
