"""A database connection for one command, whether the installation runs or not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

import psycopg

from yuanjian import config
from yuanjian.cli import postgres
from yuanjian.clock import from_beijing
from yuanjian.errors import UserFault
from yuanjian.gateway import schema


@contextmanager
def database(settings: config.Settings) -> Iterator[psycopg.Connection[Any]]:
    """A connection in autocommit with the intake tables; the embedded server is left as it was found."""
    if settings.database_url:
        with _connected(settings.database_url) as connection:
            yield connection
        return
    folder = settings.home / "postgres"
    ran = postgres.running(folder)
    try:
        with _connected(postgres.start(folder)) as connection:
            yield connection
    finally:
        if not ran:
            postgres.stop(folder)


@contextmanager
def installation(settings: config.Settings) -> Iterator[config.Settings]:
    """The settings with the address of a running database, also in our own environment (for Django)."""
    with database(settings):
        url = settings.database_url or postgres.url(settings.home / "postgres")
        os.environ |= {"DATABASE_URL": url, "YUANJIAN_HOME": str(settings.home)}
        yield replace(settings, database_url=url)


def instant(text: str) -> datetime:
    """A Beijing day or time as people type it; raises `UserFault`."""
    try:
        return from_beijing(datetime.fromisoformat(text))
    except ValueError as error:
        raise UserFault(
            "cli.bad_time",
            f"时间 {text} 无法识别，应为北京时间，如 2026-11-21 或 2026-11-21T08:00",
            f"{text} is no Beijing time such as 2026-11-21 or 2026-11-21T08:00",
        ) from error


@contextmanager
def _connected(url: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(url, autocommit=True, application_name="yuanjian-command") as connection:
        schema.ensure(connection)
        yield connection
