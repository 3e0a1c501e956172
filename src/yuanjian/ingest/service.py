"""The ingest process: follows every shard's journal until SIGTERM."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from typing import Any

import psycopg

from yuanjian.config import Settings
from yuanjian.gateway import schema
from yuanjian.gateway.notes import brief
from yuanjian.series import SeriesStore

from .archiving import Archiving
from .codes import FOLDER, codebook
from .follower import BATCH, Follower
from .gaps import Gaps
from .upkeep import Upkeep

log = logging.getLogger(__name__)

PACE_S = 1.0  # between two appends: each makes files, and people do not see more than a second
BACKOFF_S = 2.0
FAREWELL_S = 3.0  # for a batch of the archive and for a compaction each; the supervisor waits 15 s


def main(settings: Settings) -> int:
    """Run until SIGTERM or SIGINT; prints ``ready ingest LAKE`` when the first connection stands."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    stop = stop_event()
    ingest = Ingest(settings, stop)
    ingest.run()
    if not ingest.finished():
        # Native code in a daemon thread must not meet a dying interpreter; what it writes is atomic anyway.
        sys.stdout.flush()
        os._exit(0)
    return 0


def stop_event() -> threading.Event:
    """Set by SIGTERM or SIGINT.

    By a thread: a handler runs in the midst of whatever the main thread does. If that was about to wait for
    the event, it holds the event's lock, which the handler would wait for in vain.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=stop.set).start())
    return stop


class Ingest:
    """All followers over one database connection; when it breaks, everything is taken up anew."""

    def __init__(self, settings: Settings, stop: threading.Event) -> None:
        self._settings = settings
        self._stop = stop
        self._store = SeriesStore.open(settings.lake_uri, settings.lake_options)
        self._upkeep = Upkeep(self._store)
        self._archiving = Archiving(settings, self._store)
        self._gaps = Gaps(settings, self._store)
        self._book = codebook(settings.home / FOLDER)
        self._announced = False

    def run(self) -> None:
        """Follow, and reconnect with growing pauses, until told to stop."""
        pause = 0.05
        while not self._stop.is_set():
            started = time.monotonic()
            try:
                self._session()
            except psycopg.OperationalError as error:
                log.warning("database lost: %s", brief(error))
            pause = 0.05 if time.monotonic() - started > BACKOFF_S else min(pause * 2, BACKOFF_S)
            self._stop.wait(pause)

    def finished(self) -> bool:
        """True when the work in the background has ended, or ends soon."""
        return all(work.finished(FAREWELL_S) for work in (self._archiving, self._upkeep, self._gaps))

    def _session(self) -> None:
        with psycopg.connect(
            self._settings.database_url,
            autocommit=True,
            connect_timeout=10,
            tcp_user_timeout=15_000,
            application_name="yuanjian-ingest",
        ) as connection:
            schema.ensure(connection)
            if not self._become_consumer(connection):
                return
            connection.execute(f"LISTEN {schema.WAKE}")
            self._announce()
            self._follow(connection)

    def _become_consumer(self, connection: psycopg.Connection[Any]) -> bool:
        """Wait until no other ingest runs, a killed one's backend included; False when stopped meanwhile."""
        taken = "SELECT pg_try_advisory_lock(%s, 0)"
        while not self._stop.is_set():
            row = connection.execute(taken, (schema.INGEST_LOCK,)).fetchone()
            if row and row[0]:
                return True
            self._stop.wait(0.2)
        return False

    def _follow(self, connection: psycopg.Connection[Any]) -> None:
        followers: dict[int, Follower] = {}
        while not self._stop.is_set():
            started = time.monotonic()
            for (shard,) in connection.execute("SELECT shard FROM intake.progress ORDER BY shard").fetchall():
                if shard not in followers:
                    followers[shard] = Follower(connection, self._store, shard, self._book)
            rows = [follower.step() for follower in followers.values()]
            if any(rows):
                self._upkeep.appended()
            if max(rows, default=0) < BATCH:
                self._upkeep.idle()
                self._archiving.idle()
                self._gaps.idle()
                self._rest(connection, started)

    def _rest(self, connection: psycopg.Connection[Any], started: float) -> None:
        """Not more than one round a second; then until the gateway wakes us, but a second at most."""
        self._stop.wait(max(0.0, started + PACE_S - time.monotonic()))
        if not self._stop.is_set():
            for _ in connection.notifies(timeout=PACE_S, stop_after=1):
                pass

    def _announce(self) -> None:
        if not self._announced:
            print(f"ready ingest {self._settings.lake_uri}", flush=True)
            self._announced = True
