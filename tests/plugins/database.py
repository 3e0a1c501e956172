"""One embedded PostgreSQL per test session, started when the first test needs it.

Its address is known before it runs, so `DATABASE_URL` is set first and Django's settings may read it at once.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from yuanjian.cli import postgres

FOLDER = Path(tempfile.mkdtemp(prefix="yuanjian-test-"))
os.environ["DATABASE_URL"] = postgres.url(FOLDER)

# Waits for this process to end, however it ends, and removes the server and its folder after it.
_KEEPER = """
import shutil, sys
from pathlib import Path
from yuanjian.cli import postgres
sys.stdin.read()
postgres.stop(Path(sys.argv[1]))
shutil.rmtree(sys.argv[1], ignore_errors=True)
"""


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of the session's server (database `yuanjian`, which no test writes to)."""
    keeper = subprocess.Popen(
        [sys.executable, "-c", _KEEPER, str(FOLDER)], stdin=subprocess.PIPE, start_new_session=True
    )
    yield postgres.start(FOLDER)
    keeper.communicate()


@pytest.fixture
def database_url(postgres_server: str) -> Iterator[str]:
    """URL of a fresh, empty database for one test."""
    yield from _fresh(postgres_server)


@pytest.fixture(scope="module")
def module_database_url(postgres_server: str) -> Iterator[str]:
    """URL of a fresh, empty database shared by the tests of one module."""
    yield from _fresh(postgres_server)


def _fresh(server: str) -> Iterator[str]:
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    parts = conninfo_to_dict(server)
    yield f"postgresql://{parts['user']}@/{name}?host={parts['host']}&port={parts['port']}"
    with psycopg.connect(server, autocommit=True) as connection:
        # DROP … WITH (FORCE) waits five seconds for those it ends; on a busy disk that may be too short.
        connection.execute(
            "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = %s", (name,)
        )
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(postgres_server: str) -> None:
    """pytest-django asks for this right before it makes its test database: the server must run by then."""


def pytest_unconfigure() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
