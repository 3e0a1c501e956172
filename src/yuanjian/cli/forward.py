"""`yuanjian forward`: the targets of the forwarder."""

from __future__ import annotations

import argparse
import json
from typing import Any

import psycopg
from psycopg.rows import dict_row
from rich.console import Console
from rich.table import Table

from yuanjian import config
from yuanjian.cli import borrow
from yuanjian.errors import UserFault

SAVE = """
INSERT INTO intake.forward (name, host, port, mns, answers) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (name) DO UPDATE SET host = excluded.host, port = excluded.port, mns = excluded.mns,
    answers = excluded.answers
"""
BEGIN = """
INSERT INTO intake.forward_position (name, shard, seq)
SELECT %s, shard, CASE WHEN %s THEN 0 ELSE (SELECT coalesce(max(seq), 0) FROM intake.frame f
                                            WHERE f.shard = s.shard) END
FROM (SELECT shard FROM intake.progress UNION SELECT 0::smallint) AS s ON CONFLICT DO NOTHING
"""
CHANGE = {
    "pause": "UPDATE intake.forward SET active = false WHERE name = %s",
    "resume": "UPDATE intake.forward SET active = true WHERE name = %s",
    "remove": "DELETE FROM intake.forward WHERE name = %s",
}
LIST = """
SELECT name, host || ':' || port AS address, mns, answers, active, connected, sent, resent, answered,
    unanswered, ignored, connections, last_sent_at, last_answer_at, error,
    (SELECT sum((SELECT coalesce(max(f.seq), 0) FROM intake.frame f WHERE f.shard = p.shard) - p.seq)::bigint
     FROM intake.forward_position p WHERE p.name = t.name) AS behind
FROM intake.forward t ORDER BY name
"""
SHOWN = ("name", "address", "active", "connected", "behind", "sent", "answered", "unanswered", "error")


def run(settings: config.Settings, arguments: argparse.Namespace) -> int:
    """Do what the verb says."""
    with borrow.database(settings) as connection:
        if arguments.verb == "list":
            _list(connection, as_json=arguments.json)
        elif arguments.verb == "add":
            _add(connection, arguments)
        elif not connection.execute(CHANGE[arguments.verb].encode(), (arguments.name,)).rowcount:
            raise UserFault(
                "cli.no_target", f"没有转发目标 {arguments.name}", f"there is no target {arguments.name}"
            )
    return 0


def _add(connection: psycopg.Connection[Any], arguments: argparse.Namespace) -> None:
    host, _, port = arguments.address.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise UserFault(
            "cli.bad_address",
            f"地址 {arguments.address} 应为 主机:端口",
            f"{arguments.address} is not HOST:PORT",
        )
    row = (arguments.name, host.strip("[]"), int(port), arguments.mn, not arguments.no_answers)
    with connection.transaction():
        connection.execute(SAVE, row)
        connection.execute(BEGIN, (arguments.name, arguments.from_start))


def _list(connection: psycopg.Connection[Any], *, as_json: bool) -> None:
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(LIST).fetchall()
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=1, default=str))
        return
    table = Table(*SHOWN, box=None, header_style="bold")
    for row in rows:
        table.add_row(*("" if row[name] is None else str(row[name]) for name in SHOWN))
    Console().print(table)
