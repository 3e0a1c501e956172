"""A database with the intake tables, settings in a temporary folder, and a small world to test in."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client

from yuanjian.gateway import schema

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """The intake tables are not Django's, so they are made beside its migrations, as `migrate` does."""
    with django_db_blocker.unblock():
        connection.ensure_connection()
        schema.ensure(connection.connection)


@pytest.fixture(autouse=True)
def installation(settings: Any, tmp_path: Path) -> Iterator[Any]:
    """Every test has an installation of its own: home, lake, evidence files, cheap passwords."""
    settings.YUANJIAN = replace(settings.YUANJIAN, home=tmp_path, lake="")
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    yield settings.YUANJIAN
    cache.clear()


@pytest.fixture
def world(db: None) -> Any:
    """Two cities with an enterprise each, and users of every role; see `world.World`."""
    from world import build

    return build()


@pytest.fixture
def client_of() -> Callable[[Any], Client]:
    """A client signed in as a user; `None`: nobody."""

    def make(user: Any, **options: Any) -> Client:
        client = Client(**options)
        if user is not None:
            client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return make
