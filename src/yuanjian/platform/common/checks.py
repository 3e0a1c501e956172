"""System checks of an installation: `django check`, run at every migrate."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, register

from yuanjian.platform.common.models import ScopedModel


@register("security")
def installation(**_: Any) -> list[CheckMessage]:
    """Settings that are fine for a demonstration and wrong for production."""
    found: list[CheckMessage] = []
    if "*" in settings.ALLOWED_HOSTS:
        hint = "set YUANJIAN_PUBLIC_URL to the address people type"
        found.append(checks.Warning("Every host name is accepted", hint=hint, id="yuanjian.W001"))
    if len(settings.SECRET_KEY) < 32:
        hint = "set YUANJIAN_SECRET_KEY to at least 32 random characters, or leave it empty"
        found.append(Error("The signing key is too short", hint=hint, id="yuanjian.E001"))
    public = settings.YUANJIAN.public_url
    if public and not public.startswith("https://") and not settings.YUANJIAN.demo:
        hint = "put a TLS proxy in front and set YUANJIAN_PUBLIC_URL to its https:// address"
        found.append(checks.Warning("Passwords travel in clear", hint=hint, id="yuanjian.W002"))
    return found


@register()
def scope(**_: Any) -> list[CheckMessage]:
    """Every scoped table says how its enterprise is reached, and says it right."""
    return [
        Error(f"enterprise_path {model.enterprise_path!r} leads nowhere", obj=model, id="yuanjian.E002")
        for model in apps.get_models()
        if issubclass(model, ScopedModel) and model.enterprise_path and not _leads(model)
    ]


def _leads(model: type[ScopedModel]) -> bool:
    current: Any = model
    names = str(model.enterprise_path).split("__")
    for name in names[:-1]:
        fields = {field.name: field for field in current._meta.get_fields()}
        if name not in fields or not fields[name].related_model:
            return False
        current = fields[name].related_model
    return names[-1] in {field.attname for field in current._meta.concrete_fields}
