"""Brings the database of an installation to this version: intake tables, Django's tables, the queue's."""

from __future__ import annotations

import os

import psycopg

from yuanjian.config import Settings
from yuanjian.gateway import schema


def main(settings: Settings) -> int:
    """Create or upgrade every table; safe to run at each start. 0 when done."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yuanjian.platform.settings")
    import django
    from django.core.management import call_command

    with psycopg.connect(settings.database_url) as connection:
        schema.ensure(connection)
    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    print("ready migrate", flush=True)
    return 0
