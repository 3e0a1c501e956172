"""Which point a frame's MN and ST belong to; an id is allotted at first sight, registered or not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import polars as pl
import psycopg

from yuanjian.wire.hj212 import CODEBOOK, Codebook, Standard

from .codes import Codes, Dialect
from .decode import Route

# The registry adopts the same rows when a logger is registered, so nothing is moved or replayed then.
ALLOT = """
INSERT INTO intake.route (mn, st)
SELECT * FROM unnest(%(mns)s::text[], %(sts)s::text[]) ON CONFLICT DO NOTHING
"""
FIND = """
SELECT mn, st, point_id FROM intake.route
JOIN unnest(%(mns)s::text[], %(sts)s::text[]) AS wanted (mn, st) USING (mn, st)
"""


KEYS = """
SELECT mn, array_agg(key ORDER BY made_at DESC) FROM intake.device_key WHERE mn = ANY(%s) GROUP BY mn
"""


DIALECTS = """
SELECT mn, standard, profile FROM intake.device
WHERE mn = ANY(%s) AND (standard IS NOT NULL OR profile IS NOT NULL)
"""


class Routes:
    """Point ids by (MN, ST), remembered: an id never changes. And keys and profile of an MN, which do."""

    def __init__(self, connection: psycopg.Connection[Any], book: Codebook = CODEBOOK) -> None:
        self._connection = connection
        self._book = book
        self._known: dict[Route, int] = {}

    def table(self, wanted: Iterable[Route]) -> pl.DataFrame:
        """Columns mn, st, point (int32) for all routes wanted; unknown ones get an id."""
        wanted = sorted(wanted)
        missing = [route for route in wanted if route not in self._known]
        if missing:
            self._allot(missing)
        schema = {"mn": pl.String(), "st": pl.String(), "point": pl.Int32()}
        return pl.DataFrame([(*route, self._known[route]) for route in wanted], schema=schema, orient="row")

    def keys(self, mns: Iterable[str]) -> dict[str, list[bytes]]:
        """Every key those MNs ever had, newest first; most have none."""
        return dict(self._connection.execute(KEYS, (sorted(set(mns)),)).fetchall())

    def codes(self, mns: Iterable[str]) -> Codes:
        """What the codes of those MNs mean, as is set now."""
        rows = self._connection.execute(DIALECTS, (sorted(set(mns)),)).fetchall()
        found = {mn: Dialect(Standard(std) if std else None, profile) for mn, std, profile in rows}
        return Codes(self._book, found)

    def _allot(self, missing: list[Route]) -> None:
        columns = {"mns": [route.mn for route in missing], "sts": [route.st for route in missing]}
        with self._connection.transaction():
            self._connection.execute(ALLOT, columns)
            found = self._connection.execute(FIND, columns).fetchall()
        self._known |= {Route(mn, st): point for mn, st, point in found}
