"""Addresses: the API, the admin site, static files, and for all else the web client."""

from __future__ import annotations

from django.contrib import admin
from django.urls import path, re_path
from django.views.generic import RedirectView

from yuanjian.platform import client
from yuanjian.platform.api import api

urlpatterns = [
    path("api/", api.urls),
    path("admin", RedirectView.as_view(url="/admin/")),
    path("admin/", admin.site.urls),
    path("static/<path:path>", client.static_file),
    re_path(r"^(?P<path>.*)$", client.page),
]
