"""The HTTP API: one NinjaAPI, one error envelope, one router per app."""

from __future__ import annotations

from importlib import import_module

from ninja import NinjaAPI

from yuanjian import __version__
from yuanjian.platform.common import handlers
from yuanjian.platform.common.api import OrjsonParser, OrjsonRenderer, Signed

ROUTERS = (
    "accounts.api",
    "registry.api",
    "registry.limit_api",
    "exchange.api",
    "monitoring.api",
    "monitoring.device_api",
    "monitoring.emission_api",
    "monitoring.exemption_api",
    "monitoring.transmission_api",
    "evidence.api",
    "clues.api",
    "clues.model_api",
    "clues.builder_api",
    "orders.api",
    "inspections.api",
    "portal.api",
    "analytics.api",
    "common.health",
)

api = NinjaAPI(
    title="远鉴 Yuanjian",
    version=__version__,
    description="Off-site environmental enforcement. Session cookie; unsafe calls carry X-CSRFToken.",
    urls_namespace="api",
    docs_url=None,  # the page would load scripts from elsewhere; the description itself is at openapi.json
    auth=Signed(),
    renderer=OrjsonRenderer(),
    parser=OrjsonParser(),
)
handlers.install(api)
for name in ROUTERS:
    api.add_router("", import_module(f"yuanjian.platform.{name}").router)
