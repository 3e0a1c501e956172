"""The answer to somebody who tried too many passwords (django-axes counts, we word it)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, JsonResponse

from yuanjian.platform.common.errors import envelope


def locked_out(request: HttpRequest, credentials: dict[str, Any] | None = None, **_: Any) -> JsonResponse:
    """429 with the minutes to wait."""
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    body = envelope(
        "session.locked",
        f"密码错误次数过多，请 {minutes} 分钟后再试",
        f"Too many wrong passwords, try again in {minutes} minutes",
        minutes=minutes,
    )
    return JsonResponse(body, status=429, json_dumps_params={"ensure_ascii": False})
