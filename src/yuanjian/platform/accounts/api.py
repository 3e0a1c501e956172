"""Session endpoints."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.middleware.csrf import get_token
from ninja import Router

from yuanjian import __version__
from yuanjian.platform.accounts import selectors, services
from yuanjian.platform.accounts.models import User
from yuanjian.platform.accounts.schemas import PasswordIn, SessionOut, SignIn
from yuanjian.platform.common.api import Anyone, Signed

router = Router(tags=["session"])


def _session(request: HttpRequest) -> dict[str, Any]:
    get_token(request)  # sets the CSRF cookie
    user = request.user
    return {
        "user": selectors.me(user) if isinstance(user, User) else None,
        "version": __version__,
        "demo": settings.YUANJIAN.demo,
        "push_url": settings.YUANJIAN.events_url,
        "max_upload_mb": settings.YUANJIAN.max_upload_mb,
        "accounts": selectors.demo_accounts(),
    }


@router.get("/session", response=SessionOut, auth=Anyone())
def get_session(request: HttpRequest) -> Any:
    """Who is signed in; also sets the CSRF cookie."""
    return _session(request)


@router.post("/session", response=SessionOut, auth=Anyone())
def sign_in(request: HttpRequest, body: SignIn) -> Any:
    """Sign in with name and password."""
    request.user = services.sign_in(request, body.username, body.password)
    return _session(request)


@router.delete("/session", response=SessionOut, auth=Anyone())
def sign_out(request: HttpRequest) -> Any:
    """Sign out."""
    services.sign_out(request)
    return _session(request)


@router.post("/session/password", response=SessionOut, auth=Signed())
def change_password(request: HttpRequest, body: PasswordIn) -> Any:
    """Change one's own password."""
    services.change_password(request, body.old, body.new)
    return _session(request)
