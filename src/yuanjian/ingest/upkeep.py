"""Keeps the lake's files few: compaction in the background while ingest goes on."""

from __future__ import annotations

import logging
import threading
import time

from yuanjian.series import SeriesStore

log = logging.getLogger(__name__)

SMALL_FILES = 64  # appends since the last compaction; each adds a file per partition it touches
REST = 20  # a compaction rewrites the day's files: at most a twentieth of the time goes into it
KEEP_HOURS = 2  # replaced files stay for readers that still have them open; no query takes that long
VACUUM_S = 3600.0


class Upkeep:
    """Counts appends and compacts now and then."""

    def __init__(self, store: SeriesStore) -> None:
        self._store = store
        self._appends = SMALL_FILES  # unknown after a start: look once
        self._rested_at = 0.0
        self._vacuumed_at = time.monotonic()
        self._thread: threading.Thread | None = None
        self._failure: Exception | None = None

    def appended(self) -> None:
        """Another append was made."""
        self._appends += 1

    def idle(self) -> None:
        """Ingest has caught up: compact if it is worth it. Raises what the last compaction failed with."""
        if self._failure is not None:
            raise self._failure
        running = self._thread is not None and self._thread.is_alive()
        if running or self._appends < SMALL_FILES or time.monotonic() < self._rested_at:
            return
        self._appends = 0
        # A daemon: its commit is atomic, so a stop need not wait for it.
        self._thread = threading.Thread(target=self._work, name="compaction", daemon=True)
        self._thread.start()

    def finished(self, seconds: float) -> bool:
        """Wait for a compaction that runs; False if it takes longer."""
        if self._thread is not None:
            self._thread.join(seconds)
        return self._thread is None or not self._thread.is_alive()

    def _work(self) -> None:
        started = time.monotonic()
        try:
            self._compact(started)
        except Exception as error:  # noqa: BLE001 - the edge of a thread: handed to the main thread
            self._failure = error
        now = time.monotonic()
        self._rested_at = now + REST * (now - started)

    def _compact(self, started: float) -> None:
        done = self._store.compact()
        if started - self._vacuumed_at > VACUUM_S:
            self._store.vacuum(KEEP_HOURS)
            self._vacuumed_at = started
        if done.partitions:
            log.info("compacted %s files into %s", done.files_before, done.files_after)
