"""Security headers, compression of text, and a guard against NUL characters."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.gzip import GZipMiddleware

from yuanjian.platform.common.errors import BadRequest, method_refused, nul_refused

Handler = Callable[[HttpRequest], HttpResponse]


def content_security_policy(events_url: str) -> str:
    """Only our own origin, plus the events of the push process; styles inline because charts set them."""
    events = urlsplit(events_url)
    return "; ".join(
        [
            "default-src 'self'",
            "script-src 'self'",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            f"connect-src 'self' {events.scheme}://{events.netloc}",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ]
    )


class SecurityHeaders:
    """Adds the content security policy and permissions policy, unless the view set its own."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response
        self.policy = content_security_policy(settings.YUANJIAN.events_url)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", self.policy)
        response.headers.setdefault("Permissions-Policy", "camera=(self), geolocation=(self), microphone=()")
        response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        if request.path.startswith("/api/"):
            response.headers.setdefault("Cache-Control", "no-store")
        return response


class RefuseNul:
    """Refuses a NUL character, which PostgreSQL cannot hold, in address and cookies; bodies: the parser."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        asked = "\0" in request.path or "%00" in request.META.get("QUERY_STRING", "")
        if asked or any("\0" in value for value in request.COOKIES.values()):
            return JsonResponse(nul_refused().as_dict(), status=BadRequest.status)
        return self.get_response(request)


class WordRefusals:
    """Puts refusals the framework words by itself into the envelope: a method an address does not have."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code != HTTPStatus.METHOD_NOT_ALLOWED or not request.path.startswith("/api/"):
            return response
        worded = JsonResponse(method_refused().as_dict(), status=response.status_code)
        worded.headers["Allow"] = response.headers.get("Allow", "")
        return worded


class CompressText(GZipMiddleware):
    """Compresses text and JSON only: photos and archives would cost time and gain nothing."""

    _TYPES = ("text/", "application/json", "application/geo+json", "application/javascript", "image/svg")

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Hand text to Django's compression, leave the rest alone."""
        if response.headers.get("Content-Type", "").startswith(self._TYPES):
            return super().process_response(request, response)
        return response
