"""The built web client and static files."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse


def static_file(request: HttpRequest, path: str) -> HttpResponse:
    raise NotImplementedError


def page(request: HttpRequest, path: str) -> HttpResponse:
    raise NotImplementedError
