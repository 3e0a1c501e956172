"""Loads the divisions whenever the tables were made (also after a test emptied them)."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class RegistryConfig(AppConfig):
    """The register."""

    name = "yuanjian.platform.registry"
    verbose_name = "一企一档"

    def ready(self) -> None:
        """Divisions are data of the program, like migrations."""
        post_migrate.connect(_load, sender=self)


def _load(**_: Any) -> None:
    from yuanjian.platform.registry.services import load_regions

    load_regions()
