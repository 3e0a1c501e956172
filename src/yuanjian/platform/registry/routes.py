"""The register's share of the intake tables (owned by the gateway): the rows that give points their ids."""

from __future__ import annotations

from django.db import connection

_ADOPT = """
    INSERT INTO intake.route (mn, st, point_id, first_seen)
    VALUES (%s, %s, nextval('intake.point_id_seq'), now())
    ON CONFLICT (mn, st) DO UPDATE SET mn = excluded.mn
    RETURNING point_id
"""

_KNOWN = """
    INSERT INTO intake.link (mn, known) VALUES (%s, true) ON CONFLICT (mn) DO UPDATE SET known = true
"""


def point_id(mn: str, st: str) -> int:
    """The id of a point: the one ingest allotted when it first saw (mn, st), or a new one."""
    with connection.cursor() as cursor:
        cursor.execute(_ADOPT, [mn, st])
        return int(cursor.fetchone()[0])


def seen(mn: str) -> list[str]:
    """The st keys under which an MN has sent."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT st FROM intake.route WHERE mn = %s ORDER BY st", [mn])
        return [row[0] for row in cursor.fetchall()]


def mark_known(mn: str) -> None:
    """Tell the intake that an MN is registered now."""
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, [mn])


def seen_factors(points: list[int]) -> dict[int, list[str]]:
    """Every factor ever received, by point."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT point_id, array_agg(DISTINCT factor ORDER BY factor) FROM intake.latest "
            "WHERE point_id = ANY(%s) GROUP BY point_id",
            [points],
        )
        return dict(cursor.fetchall())
