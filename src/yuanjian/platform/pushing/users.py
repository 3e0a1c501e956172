"""Whose cookie is this? Django's own session check, run in a thread."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from typing import Any

from asgiref.sync import sync_to_async

from yuanjian.platform.pushing.hub import Listener


async def scope_of_cookie(cookie: str) -> Listener | None:
    """The listener a Cookie header stands for; None if nobody is signed in with it."""
    key = session_key(cookie)
    return await sync_to_async(_listener, thread_sensitive=False)(key) if key else None


def session_key(cookie: str) -> str | None:
    """The session cookie's value, if it is there."""
    from django.conf import settings

    try:
        found = SimpleCookie(cookie).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return None
    return found.value if found else None


def _listener(key: str) -> Listener | None:
    """Asks the database; its connection is given back at once, for threads of the pool come and go."""
    from django.contrib.auth import get_user
    from django.contrib.sessions.backends.db import SessionStore
    from django.db import connection
    from django.http import HttpRequest

    request: Any = HttpRequest()
    request.session = SessionStore(key)
    try:
        user: Any = get_user(request)
        if not user.is_authenticated:
            return None
        return Listener(user.pk, user.role, user.region_code, user.enterprise_id)
    finally:
        connection.close()
