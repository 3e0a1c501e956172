"""The intake tables of `schema.sql` and the names processes agree on."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import psycopg

SQL = files(__package__).joinpath("schema.sql").read_text(encoding="utf-8")

CHANNEL = "yuanjian"  # NOTIFY to the screens, small JSON
WAKE = "intake"  # NOTIFY from the gateway to ingest: there are new journal rows

# First key of pg_advisory_lock(class, shard): who may write the journal, consume it, archive it, forward it,
# send commands.
JOURNAL_LOCK = 21201
INGEST_LOCK = 21202
ARCHIVE_LOCK = 21203
FORWARD_LOCK = 21204
DESK_LOCK = 21205

# One that vanished without a word (power, network) must not hold its lock for the hours TCP would allow.
WATCHED = (
    "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3;"
    "SET client_connection_check_interval = 2000"
)


def ensure(connection: psycopg.Connection[Any]) -> None:
    """Create what is missing, from several processes at once if need be; the caller commits."""
    connection.execute(SQL.encode())
