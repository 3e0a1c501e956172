"""Archives closed hours of the journal in the background while ingest goes on."""

from __future__ import annotations

import logging
import threading
import time

import polars as pl
import psycopg

from yuanjian.clock import utcnow
from yuanjian.config import Settings
from yuanjian.errors import YuanjianError
from yuanjian.gateway import archive
from yuanjian.gateway.notes import brief
from yuanjian.gateway.purge import purge
from yuanjian.series import SeriesStore

log = logging.getLogger(__name__)

EVERY_S = 60.0  # a look costs two index reads; a batch is due once an hour
REST = 4  # a batch takes a core for a second or two: at most a fifth of the time goes into them


class Archiving:
    """One thread at a time, over a connection of its own, and only when ingest has caught up.

    It never stops ingest: what goes wrong is logged and tried again.
    """

    def __init__(self, settings: Settings, store: SeriesStore) -> None:
        self._settings, self._store = settings, store
        self._next = 0.0
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def idle(self) -> None:
        """Ingest has caught up: look whether something is due."""
        running = self._thread is not None and self._thread.is_alive()
        if running or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + EVERY_S
        # A daemon: a batch that is half done at a stop is made anew, so a stop need not wait for ever.
        self._thread = threading.Thread(target=self._work, name="archive", daemon=True)
        self._thread.start()

    def finished(self, seconds: float) -> bool:
        """Start no more batches, and wait for the one in work; False if it takes longer."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(seconds)
        return self._thread is None or not self._thread.is_alive()

    def _work(self) -> None:
        try:
            with psycopg.connect(
                self._settings.database_url,
                autocommit=True,
                connect_timeout=10,
                application_name="yuanjian-archive",
            ) as connection:
                self._archive(connection)
                self._purge(connection)
        except (psycopg.Error, OSError, YuanjianError, pl.exceptions.PolarsError) as error:
            log.error("archive not written, tried again later: %s", brief(error))

    def _archive(self, connection: psycopg.Connection) -> None:
        started = time.monotonic()
        for _ in archive.make(connection, self._settings.archive_folder):
            if self._stop.wait(REST * (time.monotonic() - started)):
                return
            started = time.monotonic()

    def _purge(self, connection: psycopg.Connection) -> None:
        if self._settings.journal_days <= 0 or self._stop.is_set():
            return
        shards = connection.execute("SELECT shard FROM intake.progress").fetchall()
        ingested = {shard: self._store.committed(f"ingest-{shard}") for (shard,) in shards}
        folder, days = self._settings.archive_folder, self._settings.journal_days
        for batch in purge(connection, folder, ingested, days, utcnow()):
            if self._stop.is_set():
                return
            log.info("journal rows %s to %s left the database", batch.first, batch.last)
