"""Takes frames out of the journal that are safe elsewhere; off unless the operator sets a number of days.

Off by default because the journal is where people look frames up; the archive needs `yuanjian evidence`. But
a site that takes in 3,500 frames a second writes some 150 GB a day and cannot keep them in PostgreSQL.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from . import merkle, verification
from .archive import stored
from .chain import Batch

log = logging.getLogger(__name__)

OLDEST = "SELECT min(seq), max(seq) FROM intake.frame WHERE shard = %s"
FORWARDED = "SELECT min(seq) FROM intake.forward_position WHERE shard = %s"
DELETE = "DELETE FROM intake.frame WHERE shard = %s AND seq BETWEEN %s AND %s"


def purge(
    connection: psycopg.Connection[Any], folder: Path, ingested: Mapping[int, int], days: int, now: datetime
) -> Iterator[Batch]:
    """Delete the rows of batches that are archived, in the lake, relayed and older than ``days``.

    Yields each batch. ``ingested`` is the last journal number in the lake by shard. A file is checked first.
    The newest row of a shard always stays: the writer takes the next number from it.
    """
    until = merkle.microseconds(now - timedelta(days=days))
    for batch in stored(connection):
        row = connection.execute(OLDEST, (batch.shard,)).fetchone()
        oldest, newest = row if row and row[0] is not None else (0, 0)
        if not oldest <= batch.last < newest or batch.end >= until:
            continue
        if batch.last > min(ingested.get(batch.shard, 0), _relayed(connection, batch.shard)):
            continue
        try:
            verification.sound(folder, batch)
        except verification.Unreadable as error:
            log.error("rows %s to %s stay in the journal: %s", batch.first, batch.last, error)
            continue
        connection.execute(DELETE, (batch.shard, batch.first, batch.last))
        yield batch


def _relayed(connection: psycopg.Connection[Any], shard: int) -> int:
    """The last journal number that every target has."""
    row = connection.execute(FORWARDED, (shard,)).fetchone()
    return 2**62 if row is None or row[0] is None else int(row[0])
