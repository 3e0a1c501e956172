"""A target's store-and-forward queue: the journal itself, and a position in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import psycopg

from .window import Item, Window

SPAN = 1_000
"""Journal numbers looked at in one query, whether they are for the target or not."""

# Data, and heartbeats, which keep a device online there; never what belongs to a conversation with us:
# answers, activation, keys, clock.
FRAMES = """
SELECT seq, mn, qn, flag, raw FROM intake.frame
WHERE shard = %(shard)s AND seq > %(after)s AND seq <= %(until)s AND fault IS NULL
    AND (starts_with(cn, '2') OR cn IN ('3015', '3019', '3020', '9015'))
    AND (mn = ANY(%(exact)s::text[])
         OR EXISTS (SELECT FROM unnest(%(heads)s::text[]) AS head WHERE starts_with(mn, head)))
ORDER BY seq
"""
NEWEST = """
SELECT shard, (SELECT coalesce(max(seq), 0) FROM intake.frame f WHERE f.shard = p.shard)
FROM intake.progress p ORDER BY shard
"""
POSITIONS = "SELECT shard, seq FROM intake.forward_position WHERE name = %s"
BEGIN = "INSERT INTO intake.forward_position (name, shard, seq) VALUES (%s, %s, %s)"
SAVE = """
INSERT INTO intake.forward_position (name, shard, seq)
SELECT %(name)s, shard, seq FROM unnest(%(shards)s::smallint[], %(seqs)s::bigint[]) AS done (shard, seq)
WHERE EXISTS (SELECT FROM intake.forward WHERE name = %(name)s)
ON CONFLICT (name, shard) DO UPDATE SET seq = excluded.seq
"""
COUNT = """
UPDATE intake.forward SET connected = %(connected)s, sent = sent + %(sent)s, resent = resent + %(resent)s,
    answered = answered + %(answered)s, unanswered = unanswered + %(unanswered)s,
    ignored = ignored + %(ignored)s, connections = connections + %(connections)s,
    last_sent_at = coalesce(%(last_sent_at)s, last_sent_at),
    last_answer_at = coalesce(%(last_answer_at)s, last_answer_at), error = %(error)s
WHERE name = %(name)s
"""
COUNTERS = ("sent", "resent", "answered", "unanswered", "ignored", "connections")
TIMES = ("last_sent_at", "last_answer_at")


class Queue:
    """Fills a window from the journal and keeps its position; without one it starts with what comes next."""

    def __init__(
        self,
        connection: psycopg.AsyncConnection[Any],
        name: str,
        mns: Sequence[str],
        answers: bool,
        window: Window,
    ) -> None:
        self._connection, self._name, self._answers, self._window = connection, name, answers, window
        self._exact = [mn for mn in mns if not mn.endswith("*")]
        self._heads = [mn[:-1] for mn in mns if mn.endswith("*")]

    async def open(self) -> None:
        """Continue where the target was left."""
        cursor = await self._connection.execute(POSITIONS, (self._name,))
        positions = dict(await cursor.fetchall())
        if not positions:
            positions = await self._newest()
            for shard, seq in positions.items():
                await self._connection.execute(BEGIN, (self._name, shard, seq))
        for shard, seq in positions.items():
            self._window.add(shard, (), seq)

    async def refill(self) -> bool:
        """Read on in every shard; True if there may be more."""
        more = False
        for shard, newest in (await self._newest()).items():
            after = self._window.read(shard)
            until = min(newest, after + SPAN)
            if until > after:
                self._window.add(shard, await self._frames(shard, after, until), until)
            more |= until < newest
        return more

    async def save(
        self, counts: Mapping[str, int], times: Mapping[str, datetime], *, connected: bool, error: str | None
    ) -> None:
        """Write counters and position; the target first, as everybody does who removes or changes it."""
        done = self._window.positions()
        counted = {name: counts.get(name, 0) for name in COUNTERS} | {name: times.get(name) for name in TIMES}
        async with self._connection.transaction():
            await self._connection.execute(
                COUNT, {"name": self._name, "connected": connected, "error": error, **counted}
            )
            await self._connection.execute(
                SAVE, {"name": self._name, "shards": list(done), "seqs": list(done.values())}
            )

    async def _newest(self) -> dict[int, int]:
        cursor = await self._connection.execute(NEWEST)
        return dict(await cursor.fetchall())

    async def _frames(self, shard: int, after: int, until: int) -> list[Item]:
        limits = {"shard": shard, "after": after, "until": until}
        cursor = await self._connection.execute(
            FRAMES, {**limits, "exact": self._exact, "heads": self._heads}
        )
        return [self._item(shard, *row) for row in await cursor.fetchall()]

    def _item(self, shard: int, seq: int, mn: str, qn: str | None, flag: int | None, raw: bytes) -> Item:
        """A frame as it was received, between the usual line ends."""
        waits = self._answers and bool(flag and flag & 1) and bool(qn)
        return Item(shard, seq, mn, qn or "", raw.strip(b"\r\n") + b"\r\n", waits)
