"""What happened, from the database: one LISTEN connection that mends itself, and the words for each kind.

Notifications of the intake name points and MNs only; their outlet, region and enterprise are looked up
here, many points in one query.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import psycopg
from psycopg import AsyncConnection, Notify
from psycopg.rows import dict_row

from yuanjian.clock import to_beijing
from yuanjian.platform.common.notify import CHANNEL
from yuanjian.platform.pushing.hub import Hub

log = logging.getLogger(__name__)
RETRY_S = 1.0
Row = dict[str, Any]

_LATEST = """
    SELECT DISTINCT ON (l.point_id, l.factor)
        l.point_id, p.outlet_id, l.factor, l.cadence, l.time, l.value, l.reference, l.flag,
        o.region_code AS region, o.enterprise_id AS enterprise
    FROM intake.latest l
    JOIN registry_monitoringpoint p ON p.id = l.point_id
    JOIN registry_outlet o ON o.id = p.outlet_id
    WHERE l.point_id = ANY(%s) AND p.kind IN ('gas', 'water') AND l.cadence <> 'day'
    ORDER BY l.point_id, l.factor, l.time DESC
"""
_LINK = """
    SELECT l.mn, CASE WHEN l.connected THEN 'online' ELSE 'offline' END AS state,
        d.region_code AS region, d.enterprise_id AS enterprise
    FROM intake.link l JOIN registry_datalogger d ON d.mn = l.mn WHERE l.mn = %s
"""


class Feed:
    """Listens and hands everything to the hub."""

    def __init__(self, url: str, hub: Hub) -> None:
        self._url = url
        self._hub = hub
        self._kinds: dict[str, Callable[[Row], Awaitable[None]]] = {
            "latest": self._latest,
            "link": self._link,
        }
        self._queries: AsyncConnection[Row] | None = None
        self.listening = asyncio.Event()
        """Set once nothing is missed any more."""

    async def run(self) -> None:
        """Listen for ever; a lost database is looked for once a second."""
        while True:
            try:
                await self._listen()
            except psycopg.Error as error:
                log.warning("events interrupted, trying again: %s", error)
            await asyncio.sleep(RETRY_S)

    async def _listen(self) -> None:
        name = "yuanjian-push"
        async with (
            await AsyncConnection.connect(self._url, autocommit=True, application_name=name) as listening,
            await AsyncConnection.connect(
                self._url, autocommit=True, application_name=name, row_factory=dict_row
            ) as queries,
        ):
            self._queries = queries
            await listening.execute(f"LISTEN {CHANNEL}")
            # Who joined while nobody listened has missed he knows not what: he comes back and reads anew.
            self._hub.close()
            self.listening.set()
            async for notification in listening.notifies():
                await self.tell(notification)

    async def tell(self, notification: Notify) -> None:
        """Hand one notification to the hub; one that cannot be read is logged and forgotten."""
        try:
            message: Row = orjson.loads(notification.payload)
            kind: str = message.pop("kind")
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
            log.warning("not a notification of ours: %.200s", notification.payload)
            return
        if len(self._hub):
            await self._kinds.get(kind, self._plain(kind))(message)

    def _plain(self, kind: str) -> Callable[[Row], Awaitable[None]]:
        async def send(message: Row) -> None:
            region, enterprise = message.pop("region", None), message.pop("enterprise", None)
            self._hub.send(kind, message, region, enterprise)

        return send

    async def _latest(self, message: Row) -> None:
        groups: dict[tuple[str, int], list[Row]] = {}
        for row in await self._rows(_LATEST, message.get("points", [])):
            key = (row.pop("region"), row.pop("enterprise"))
            groups.setdefault(key, []).append({**row, "time": to_beijing(row["time"]).isoformat()})
        for (region, enterprise), items in groups.items():
            self._hub.send("latest", {"items": items}, region, enterprise)

    async def _link(self, message: Row) -> None:
        for row in await self._rows(_LINK, message.get("mn")):
            region, enterprise = row.pop("region"), row.pop("enterprise")
            self._hub.send("link", row, region, enterprise)

    async def _rows(self, query: str, value: Any) -> list[Row]:
        if self._queries is None:
            return []
        cursor = await self._queries.execute(query.encode(), (value,))
        return await cursor.fetchall()
