"""From a commit to a clue in seconds: outlets with new hour or minute values are screened at once.

The ingest process tells which points got values. Here a thread of the worker collects them and has the
minute lane look at their outlets alone; the regular run of that lane catches what got lost on the way.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Any

import psycopg
from django.db import close_old_connections, connection
from django.db.utils import OperationalError

from yuanjian.clock import utcnow
from yuanjian.platform.clues import screening_run
from yuanjian.platform.common import sql
from yuanjian.platform.common.notify import CHANNEL

log = logging.getLogger(__name__)
PAUSE_S = 1.0
"""Between two looks: what comes within a second is screened together."""
AT_ONCE = 500
"""Outlets of one pass: about half a second of work, so that the first need not wait for the last."""
BACK = timedelta(hours=3)
"""New values are of the last hours; what is older is the regular run's."""

_NEW = """
SELECT l.point_id, p.outlet_id, max(l.received_at) AS at
FROM intake.latest l JOIN registry_monitoringpoint p ON p.id = l.point_id
WHERE l.point_id = ANY(%s) AND l.cadence IN ('hour', 'minute') AND p.outlet_id IS NOT NULL
GROUP BY 1, 2
"""


class Fresh:
    """Which outlets have values nobody has screened, by what this process was told and did."""

    def __init__(self) -> None:
        self._told: set[int] = set()
        self._judged: dict[int, datetime] = {}

    def tell(self, payload: str) -> None:
        """Take a notification; others than of values are none of our business."""
        said: dict[str, Any] = json.loads(payload)
        if said.get("kind") == "latest":
            self._told.update(said.get("points", ()))

    def outlets(self) -> list[int]:
        """Outlets with newer hour or minute values than were looked at; they count as looked at now."""
        told, self._told = self._told, set()
        rows = sql.rows(_NEW, (sorted(told),)) if told else []
        new = [row for row in rows if row["at"] > self._judged.get(row["point_id"], row["at"] - BACK)]
        self._judged.update({row["point_id"]: row["at"] for row in new})
        return sorted({row["outlet_id"] for row in new})


def screen(outlets: Collection[int], now: datetime | None = None) -> list[screening_run.Screened]:
    """The minute lane over the last hours of some outlets, some hundred at a time."""
    now = now or utcnow()
    chosen = sorted(outlets)
    parts = [chosen[at : at + AT_ONCE] for at in range(0, len(chosen), AT_ONCE)]
    return [screening_run.screen(now - BACK, now, now, lanes=["minute"], outlets=part) for part in parts]


class Follower(threading.Thread):
    """Listens for new values until it is stopped; no error ends it, a lost database is looked for again."""

    def __init__(self, url: str) -> None:
        super().__init__(name="fresh", daemon=True)
        self._url = url
        self._fresh = Fresh()
        self._end = threading.Event()

    def run(self) -> None:
        while not self._end.is_set():
            try:
                self._follow()
            except (psycopg.Error, OperationalError) as error:
                log.warning("new values are not followed, trying again: %s", error)
                self._pause()
            except Exception:  # the edge of the thread: one bad pass must not end the fast lane for good
                log.exception("screening of new values failed, going on")
                self._pause()
        connection.close()

    def _pause(self) -> None:
        close_old_connections()
        self._end.wait(PAUSE_S)

    def stop(self) -> None:
        """End after the pass that is on its way."""
        self._end.set()

    def _follow(self) -> None:
        with psycopg.connect(self._url, autocommit=True, application_name="yuanjian-fresh") as listening:
            listening.execute(f"LISTEN {CHANNEL}".encode())
            for _ in self._turns(listening):
                if outlets := self._fresh.outlets():
                    screen(outlets)

    def _turns(self, listening: psycopg.Connection[Any]) -> Iterator[None]:
        while not self._end.is_set():
            for notification in listening.notifies(timeout=PAUSE_S):
                self._fresh.tell(notification.payload)
            yield
