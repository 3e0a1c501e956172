"""Asks loggers for the hour and minute data that never came.

A logger that was cut off sends what it kept by itself (2025 must, most others do), so a gap is left alone
until the link has been up for half an hour. What is still missing then is asked for in small pieces, one at a
time per MN, three times at most; the answers are ordinary uploads and arrive as ``backfill``.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import polars as pl
import psycopg
from psycopg.types.json import Jsonb

from yuanjian.clock import to_beijing, utcnow
from yuanjian.config import Settings
from yuanjian.gateway.notes import brief
from yuanjian.series import SeriesStore

log = logging.getLogger(__name__)

EVERY_S = 600.0
SETTLED = timedelta(minutes=30)  # hj212.md section 5: wait for the automatic re-sending first [D]
AT_ONCE = 50  # requests open over all MNs: answers come beside live data
POINTS = 200  # read at a time: some 100,000 rows
TRIES = 3  # of one window; then the logger has not got it
AGAIN = "6 hours"
BY = "auto:gap"

Window = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Kind:
    """What to look for: how far back, and how much to ask for at once. ``step`` None: as the data show."""

    cadence: str
    cn: str
    back: timedelta
    step: timedelta | None
    most: timedelta


KINDS = (
    Kind("hour", "2061", timedelta(hours=48), timedelta(hours=1), timedelta(hours=24)),
    Kind("minute", "2051", timedelta(hours=6), None, timedelta(hours=1)),
)

# Points that send such data, of MNs whose link has settled. Some devices connect for every frame: they are
# there as long as frames come.
SENDERS = """
SELECT r.point_id, r.mn, r.st, greatest(r.first_seen, %(since)s)
FROM intake.route r JOIN intake.link l USING (mn)
WHERE coalesce(l.up_since, l.connected_at) < %(settled)s AND (l.connected OR l.last_valid_at > %(settled)s)
  AND EXISTS (SELECT FROM intake.latest v WHERE v.point_id = r.point_id AND v.cadence = %(cadence)s)
ORDER BY r.point_id
"""
ASK = """
INSERT INTO intake.command (mn, cn, st, params, requested_by)
SELECT %(mn)s, %(cn)s, %(st)s, %(params)s, %(by)s
WHERE NOT EXISTS (SELECT FROM intake.command
                  WHERE mn = %(mn)s AND requested_by = %(by)s AND state IN ('queued', 'sent', 'accepted'))
  AND (SELECT count(*) FROM intake.command
       WHERE requested_by = %(by)s AND state IN ('queued', 'sent', 'accepted')) < %(at_once)s
  AND (SELECT count(*) < %(tries)s AND coalesce(max(requested_at) < now() - %(again)s::interval, true)
       FROM intake.command WHERE mn = %(mn)s AND cn = %(cn)s AND st = %(st)s AND requested_by = %(by)s
         AND params ->> 'BeginTime' = %(begin)s)
"""


def step_of(times: Collection[datetime]) -> timedelta | None:
    """The interval of minute data: the commonest distance of neighbours; None for fewer than four values."""
    distances = Counter(after - before for before, after in pairwise(sorted(times)))
    if distances.total() < 3:
        return None
    most = max(distances.values())
    return min(step for step, count in distances.items() if count == most)


def missing(
    times: Collection[datetime], start: datetime, end: datetime, step: timedelta, most: timedelta
) -> list[Window]:
    """Periods of the Beijing grid in [start, end) that are not among ``times``, joined, as first and last
    start; none longer than ``most``."""
    zero = to_beijing(start).replace(hour=0, minute=0, second=0, microsecond=0)
    at = zero - (zero - start) // step * step
    found: list[Window] = []
    while at < end:
        if at not in times:
            begin, last = found[-1] if found else (at, at)
            if found and last + step == at and at + step - begin <= most:
                found[-1] = (begin, at)
            else:
                found.append((at, at))
        at += step
    return found


class Gaps:
    """One look at a time, in the background, over a connection of its own. Never stops ingest."""

    def __init__(self, settings: Settings, store: SeriesStore) -> None:
        self._url, self._store = settings.database_url, store
        self._next = time.monotonic() + EVERY_S  # after a start, loggers come back first
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def idle(self) -> None:
        """Ingest has caught up: look if it is time."""
        running = self._thread is not None and self._thread.is_alive()
        if running or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + EVERY_S
        self._thread = threading.Thread(target=self._work, name="gaps", daemon=True)
        self._thread.start()

    def finished(self, seconds: float) -> bool:
        """Look no further; False if the look at hand takes longer."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(seconds)
        return self._thread is None or not self._thread.is_alive()

    def _work(self) -> None:
        try:
            with psycopg.connect(self._url, autocommit=True, application_name="yuanjian-gaps") as connection:
                asked = look(connection, self._store, utcnow(), self._stop)
        except (psycopg.Error, OSError, pl.exceptions.PolarsError) as error:
            log.error("gaps not looked for, tried again later: %s", brief(error))
            return
        if asked:
            log.info("asked for missing data: %s requests", asked)


def look(
    connection: psycopg.Connection[Any],
    store: SeriesStore,
    now: datetime,
    stop: threading.Event | None = None,
) -> int:
    """Find gaps and ask for them; returns how many requests were made."""
    asked = 0
    for kind in KINDS:
        row = {"since": now - kind.back, "settled": now - SETTLED, "cadence": kind.cadence}
        senders = connection.execute(SENDERS, row).fetchall()
        for at in range(0, len(senders), POINTS):
            if stop is not None and stop.is_set():
                return asked
            for mn, st, window in _gaps(store, kind, senders[at : at + POINTS], now):
                asked += _ask(connection, kind.cn, mn, st, window)
    return asked


def _gaps(
    store: SeriesStore, kind: Kind, senders: list[tuple[Any, ...]], now: datetime
) -> Iterator[tuple[str, str, Window]]:
    points = [sender[0] for sender in senders]
    rows = store.readings(points, cadence=kind.cadence, start=now - kind.back, end=now)
    times: dict[int, set[datetime]] = {}
    for point, at in rows.select("point", "time").unique().iter_rows():
        times.setdefault(point, set()).add(at)
    for point, mn, st, since in senders:
        known = times.get(point, set())
        step = kind.step or step_of(known)
        if step is not None:
            for window in missing(known, since + step, now - step - SETTLED, step, kind.most):
                yield mn, st, window


def _ask(connection: psycopg.Connection[Any], cn: str, mn: str, st: str, window: Window) -> int:
    begin, end = (f"{to_beijing(at):%Y%m%d%H%M%S}" for at in window)
    row = {
        "mn": mn,
        "cn": cn,
        "st": st,
        "begin": begin,
        "params": Jsonb({"BeginTime": begin, "EndTime": end}),
        "by": BY,
        "at_once": AT_ONCE,
        "tries": TRIES,
        "again": AGAIN,
    }
    made = connection.execute(ASK, row).rowcount
    if made:
        connection.execute("SELECT pg_notify('intake_desk', 'command')")
    return made
