"""Brings the database of an installation to this version: intake tables, Django's tables, the queue's."""

from __future__ import annotations

import os

import psycopg

from yuanjian.config import Settings
from yuanjian.gateway import schema

MIGRATE_LOCK = 21203  # next to the locks of the intake (gateway/schema.py)


def main(settings: Settings) -> int:
    """Create or upgrade every table, one process at a time; safe to run at each start. 0 when done."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yuanjian.platform.settings")
    import django
    from django.core.management import call_command

    django.setup()
    with psycopg.connect(settings.database_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [MIGRATE_LOCK])
        schema.ensure(connection)
        # Django's checks import every page; the tests run them, a start need not wait for them.
        call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
    print("ready migrate", flush=True)
    return 0
