"""Registers the system checks."""

from __future__ import annotations

from django.apps import AppConfig


class CommonConfig(AppConfig):
    """What every app shares."""

    name = "yuanjian.platform.common"

    def ready(self) -> None:
        """Importing registers them."""
        from yuanjian.platform.common import checks  # noqa: F401
