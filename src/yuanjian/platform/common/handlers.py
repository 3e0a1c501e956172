"""Turns whatever went wrong in a request into the one error envelope."""

from __future__ import annotations

import logging
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from yuanjian.errors import OwnFault, UserFault
from yuanjian.platform.common.errors import (
    BadRequest,
    Forbidden,
    Invalid,
    RequestFault,
    SignInRequired,
    TooLarge,
    envelope,
    not_found,
)

log = logging.getLogger("yuanjian.platform.api")
_UNREADABLE = (SuspiciousOperation, MultiPartParserError)  # a body that is too large or no form at all


def install(api: NinjaAPI) -> None:
    """Register the handlers on an API."""

    def answer(request: HttpRequest, body: dict[str, object], status: int) -> HttpResponse:
        return api.create_response(request, body, status=status)

    def user_fault(request: HttpRequest, error: Any) -> HttpResponse:
        return answer(request, error.as_dict(), error.status if isinstance(error, RequestFault) else 400)

    def translated(request: HttpRequest, error: Any) -> HttpResponse:
        return user_fault(request, translate(error))

    def own_fault(request: HttpRequest, error: Any) -> HttpResponse:
        log.error("%s %s failed", request.method, request.path, exc_info=error)
        return answer(request, envelope("api.internal", "系统内部错误", "Internal error"), 500)

    api.add_exception_handler(UserFault, user_fault)
    for kind in (HttpError, ValidationError, Http404, PermissionDenied, *_UNREADABLE):
        api.add_exception_handler(kind, translated)
    for kind in (OwnFault, Exception):
        api.add_exception_handler(kind, own_fault)


def translate(error: Exception) -> RequestFault:
    """An error of the framework as one of ours; what a parser of ours raised is its cause."""
    if isinstance(error.__cause__, RequestFault):
        return error.__cause__
    if isinstance(error, AuthenticationError):
        return SignInRequired()
    if isinstance(error, ValidationError):
        return Invalid(
            "api.invalid", "请求参数有误", "A value of the request is wrong", errors=_places(error)
        )
    if isinstance(error, Http404):
        return not_found()
    if isinstance(error, PermissionDenied):
        return Forbidden("auth.forbidden", "无权执行此操作", "You may not do this")
    if isinstance(error, RequestDataTooBig):
        return TooLarge("api.too_large", "请求过大", "The request is too large")
    return BadRequest("api.bad_request", "请求无法解析", "The request cannot be read", reason=str(error))


def _places(error: ValidationError) -> list[dict[str, str]]:
    """Where each value is wrong: ``{"place": "body.page", "message": …}``; never the value itself."""
    return [
        {"place": ".".join(str(part) for part in item["loc"]), "message": str(item["msg"])}
        for item in error.errors
    ]
