"""What every router uses: sign-in with a permission, orjson with Beijing times, pages, fast answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from ninja import Field, Schema
from ninja.parser import Parser
from ninja.renderers import BaseRenderer
from ninja.security import SessionAuth
from ninja.utils import check_csrf
from pydantic import BaseModel

from yuanjian.clock import to_beijing
from yuanjian.platform.accounts.permissions import require
from yuanjian.platform.common.errors import CsrfFailed, nul_refused

_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_NON_STR_KEYS


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return to_beijing(value).isoformat()
    if isinstance(value, BaseModel):
        return value.model_dump(by_alias=True)
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    return str(value)


def dumps(data: Any) -> bytes:
    """JSON bytes; instants as ISO 8601 on a Beijing clock, NaN as null."""
    return orjson.dumps(data, default=_plain, option=_OPTIONS)


def fast(data: Any) -> HttpResponse:
    """An answer that skips the response schema (hot lists); the schema still documents it and is tested."""
    return HttpResponse(dumps(data), content_type="application/json; charset=utf-8")


class OrjsonRenderer(BaseRenderer):
    """All JSON of the API goes out through `dumps`."""

    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        return dumps(data)


class OrjsonParser(Parser):
    """JSON bodies; NUL characters, which PostgreSQL text cannot hold, are refused here once for all."""

    def parse_body(self, request: HttpRequest) -> Any:
        if b"\\u0000" in request.body:
            raise nul_refused()
        return orjson.loads(request.body)


class Signed(SessionAuth):
    """Somebody is signed in, the unsafe request came from our own page, and the role has the permission."""

    def __init__(self, permission: str | None = None) -> None:
        super().__init__()
        self.permission = permission

    def _get_key(self, request: HttpRequest) -> str | None:
        if check_csrf(request):
            raise CsrfFailed
        return request.COOKIES.get(self.param_name)

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        user = super().authenticate(request, key)
        if user and self.permission:
            require(user, self.permission)
        return user


class Anyone(Signed):
    """No sign-in needed, but unsafe requests must come from our own page."""

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        return request.user


class PageIn(Schema):
    """Which part of a list; `Query[PageIn]`."""

    page: int = Field(1, ge=1, le=100_000)
    size: int = Field(20, ge=1, le=200)

    @property
    def window(self) -> slice:
        """The rows of this page."""
        return slice((self.page - 1) * self.size, self.page * self.size)


def paged(rows: QuerySet[Any], page: PageIn) -> tuple[list[Any], int]:
    """The rows of a page and how many there are in all; the count costs nothing when one page holds all."""
    items = list(rows[page.window])
    if page.page == 1 and len(items) < page.size:
        return items, len(items)
    return items, rows.count()
