"""The worker process: background jobs and periodic tasks on a PostgreSQL queue (procrastinate)."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

import procrastinate
from django.apps import apps


def register(app: procrastinate.App) -> None:
    """Import the `jobs` module of every app of ours; called by procrastinate when Django is ready."""
    for config in apps.get_app_configs():
        if config.name.startswith("yuanjian.") and find_spec(f"{config.name}.jobs"):
            import_module(f"{config.name}.jobs")
