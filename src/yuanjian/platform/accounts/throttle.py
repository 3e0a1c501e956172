"""The answer to somebody who tried too many passwords (django-axes counts, we word it)."""

from __future__ import annotations

from ipaddress import ip_address
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


def address(request: HttpRequest) -> str:
    """Who asks: the nearest address of the chain that is no trusted proxy.

    Everything left of it in X-Forwarded-For may be made up, so it is not looked at.
    """
    nearest = str(request.META.get("REMOTE_ADDR", ""))
    for hop in reversed(request.headers.get("X-Forwarded-For", "").split(",")):
        if not _trusted(nearest) or not _is_address(hop.strip()):
            break
        nearest = hop.strip()
    return nearest


def _trusted(text: str) -> bool:
    return _is_address(text) and any(ip_address(text) in network for network in settings.TRUSTED_PROXIES)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
