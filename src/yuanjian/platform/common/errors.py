"""What a request can end with when it cannot be done; each error knows its HTTP status."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import HttpRequest, JsonResponse

from yuanjian.errors import UserFault


class RequestFault(UserFault):
    """Base of the errors of this package; `status` is the HTTP status they are answered with."""

    status: ClassVar[int] = 400


class BadRequest(RequestFault):
    """The request has no meaning (400)."""


class Forbidden(RequestFault):
    """The role may not do this (403)."""

    status = 403


class NotFound(RequestFault):
    """There is no such thing, or not for you: the two are not told apart (404)."""

    status = 404


class Refused(RequestFault):
    """A rule of the work forbids it now (409); `unmet` lists the conditions that are missing."""

    status = 409

    def __init__(
        self,
        code: str,
        zh: str,
        en: str,
        unmet: list[str] | None = None,
        unmet_en: list[str] | None = None,
        **details: object,
    ) -> None:
        super().__init__(code, zh, en, unmet=unmet or [zh], unmet_en=unmet_en or [en], **details)


class TooLarge(RequestFault):
    """More than is taken (413)."""

    status = 413


class Invalid(RequestFault):
    """Well-formed, but with a wrong value (422)."""

    status = 422


class SignInRequired(RequestFault):
    """Nobody is signed in (401)."""

    status = 401

    def __init__(self) -> None:
        super().__init__("auth.required", "请先登录", "Sign in first")


class CsrfFailed(RequestFault):
    """The request did not come from our own page (403)."""

    status = 403

    def __init__(self) -> None:
        super().__init__("auth.csrf", "页面已过期，请刷新后重试", "The page is out of date, reload it")


def not_found(
    zh: str = "记录不存在或无权查看", en: str = "No such record, or not visible to you"
) -> NotFound:
    """The one answer to a missing and to an invisible row."""
    return NotFound("api.not_found", zh, en)


def nul_refused() -> BadRequest:
    """The answer to a NUL character."""
    return BadRequest("api.nul", "请求包含非法字符", "The request holds a NUL character")


def method_refused() -> RequestFault:
    """The answer to a method an address does not have (the status is the caller's, 405)."""
    return RequestFault("api.method", "该地址不支持此操作", "This address does not have that method")


def csrf_failed(request: HttpRequest, reason: str = "") -> JsonResponse:
    """Django's own CSRF refusal, in our envelope."""
    return JsonResponse(CsrfFailed().as_dict(), status=CsrfFailed.status)


def envelope(code: str, zh: str, en: str, **details: Any) -> dict[str, object]:
    """An error answer that has no exception of ours behind it."""
    return {"code": code, "message": zh, "message_en": en, "details": details}
