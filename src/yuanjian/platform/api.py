"""The HTTP API: one NinjaAPI, one error envelope, one router per app."""

from __future__ import annotations

from ninja import NinjaAPI

api = NinjaAPI(title="远鉴 Yuanjian", urls_namespace="api", docs_url=None)
