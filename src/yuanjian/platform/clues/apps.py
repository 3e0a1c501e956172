"""Brings the model rows up to the catalogue whenever the tables were made."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CluesConfig(AppConfig):
    """Clues."""

    name = "yuanjian.platform.clues"
    verbose_name = "线索"

    def ready(self) -> None:
        """The catalogue is data of the program, like migrations."""
        post_migrate.connect(_sync, sender=self)


def _sync(**_: Any) -> None:
    from yuanjian.platform.clues.services import sync_catalogue

    sync_catalogue()
