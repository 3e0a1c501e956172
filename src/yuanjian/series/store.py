"""The store of readings and events: append exactly once, read what is current, load cubes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from yuanjian.series import compaction, fill
from yuanjian.series.compaction import Compacted
from yuanjian.series.cube import STEPS, Cube, Grid, SeriesKey
from yuanjian.series.rows import EVENT, READING, between, current, novel
from yuanjian.series.schema import EVENTS, ORDER, READINGS, beijing_day, conform
from yuanjian.series.table import LakeTable

__all__ = ["Appended", "Compacted", "SeriesStore"]

_ANY_POINT = (-(2**31), 2**31 - 1)


@dataclass(frozen=True)
class Appended:
    """What an append did: readings kept (corrections included), duplicates dropped, events kept."""

    rows: int = 0
    duplicates: int = 0
    corrections: int = 0
    events: int = 0


class SeriesStore:
    """Two Delta tables, `readings/` and `events/`, under one address.

    One row of `readings` is the truth of one (point, factor, cadence, time) until a newer one with other
    content arrives; then the older stays readable as history.
    """

    def __init__(self, readings: LakeTable, events: LakeTable) -> None:
        self._readings = readings
        self._events = events

    @classmethod
    def open(cls, uri: str, storage_options: Mapping[str, str] | None = None) -> SeriesStore:
        """The store at a folder or object-store address (s3://…), made if it does not exist."""
        options = storage_options or {}
        root = uri.rstrip("/")
        return cls(
            LakeTable(f"{root}/readings", READINGS, ("cadence", "day"), options),
            LakeTable(f"{root}/events", EVENTS, ("day",), options),
        )

    def committed(self, app: str) -> int:
        """The greatest version `app` has appended completely; -1 if none."""
        return self._readings.committed(app)

    def append(
        self, readings: pl.DataFrame | None, events: pl.DataFrame | None, *, app: str, version: int
    ) -> Appended:
        """Append one batch exactly once per (app, version); an older or equal version does nothing.

        Events are committed first and readings last, each with the version: readings decide what is
        committed, so a kill between the two is healed when the batch comes again.
        Columns: `schema.READINGS`, `schema.EVENTS`; raises `OwnFault` for rows that do not fit.
        """
        if self.committed(app) >= version:
            return Appended()
        kept = 0 if events is None else self._append_events(conform(events, EVENTS), app, version)
        batch = READINGS.to_frame() if readings is None else conform(readings, READINGS)
        new = novel(self._readings, batch, READING)
        if not self._readings.append(new.rows, app, version):
            return Appended(events=kept)
        return Appended(new.rows.height, new.duplicates, new.corrections, kept)

    def _append_events(self, batch: pl.DataFrame, app: str, version: int) -> int:
        if batch.is_empty() or self._events.committed(app) >= version:
            return 0
        rows = novel(self._events, batch, EVENT).rows
        return rows.height if self._events.append(rows, app, version) else 0

    def snapshot(self) -> SeriesStore:
        """The store as it is now, for reading by any threads: it sees nothing that comes later."""
        return SeriesStore(self._readings.snapshot(), self._events.snapshot())

    def holds(self, points: Collection[int] | None, *, cadence: str, start: datetime, end: datetime) -> bool:
        """May there be readings with start ≤ time < end? False is certain; told without opening a file."""
        return self._readings.holds(between(_bounds(points), start, end, cadence=cadence))

    def readings(
        self,
        points: Collection[int] | None,
        factors: Collection[str] | None = None,
        *,
        cadence: str,
        start: datetime,
        end: datetime,
        history: bool = False,
    ) -> pl.DataFrame:
        """Readings with start ≤ time < end, by point, factor and time; None means all.

        Only current rows, or with `history` every row ever accepted, the newest of a key last.
        """
        rows = _select(self._readings, points, start, end, cadence=cadence)
        if factors is not None:
            rows = rows.filter(pl.col("factor").is_in(list(factors)))
        key = ("point", "factor", "time")
        rows = rows.sort(*key, *ORDER)
        rows = rows if history else current(rows, key)
        rows = rows.with_columns(cadence=pl.lit(cadence), day=beijing_day("time"))
        return rows.select(READINGS.names()).collect()

    def events(
        self,
        points: Collection[int] | None = None,
        kinds: Collection[str] | None = None,
        *,
        start: datetime,
        end: datetime,
    ) -> pl.DataFrame:
        """Events with start ≤ time < end, by point and time; None means all."""
        rows = _select(self._events, points, start, end)
        if kinds is not None:
            rows = rows.filter(pl.col("kind").is_in(list(kinds)))
        rows = rows.sort("point", "time", "kind", "code", *ORDER)
        return rows.with_columns(day=beijing_day("time")).select(EVENTS.names()).collect()

    def cube(
        self,
        keys: Sequence[SeriesKey],
        *,
        cadence: str,
        start: datetime,
        end: datetime,
        step: timedelta | None = None,
    ) -> Cube:
        """Current readings of `keys` on a grid that covers [start, end); see `Cube` for its cells.

        A reading falls into the period that holds its time; of several the latest, newest one counts.
        Raises `ValueError` for an empty interval, naive instants, a key given twice or an unfit step.
        """
        from yuanjian.series import direct  # compiles a kernel: not in processes that serve pages

        cube = Cube.empty(keys, cadence, Grid.covering(start, end, step or STEPS[cadence]))
        points = {key.point for key in cube.keys}
        for first, last in fill.pieces(cube):
            if not (points and self.holds(points, cadence=cadence, start=first, end=last)):
                continue  # nobody sends this cadence
            left = self._fill_directly(cube, first, last) if direct.fits(cube) else cube.keys
            if left:
                of_left = {key.point for key in left}
                rows = _select(self._readings, of_left, first, last, cadence=cadence)
                fill.fill(cube, rows, fill.series_of(cube, left))
        return cube

    def _fill_directly(self, cube: Cube, first: datetime, last: datetime) -> Sequence[SeriesKey]:
        """Fill the cells of some time; returns the series for which the order of receipt decides."""
        from yuanjian.series import direct

        places = direct.Places(cube)
        where = between(places.bounds, first, last, cadence=cube.cadence)
        again = np.zeros(len(cube.keys), np.bool_)
        for rows in self._readings.batches(where, places.points, direct.COLUMNS, direct.TEXTS):
            again |= direct.put(places, rows, first, last)
        return [cube.keys[row] for row in np.flatnonzero(again)]

    def count(self) -> int:
        """Rows of readings in the lake, corrections included; read from the log, not from the files."""
        return sum(file.rows for file in self._readings.files())

    def compact(self) -> Compacted:
        """Make one sorted file of the many of each partition, and drop repeated rows.

        Sorted by point, factor and time, so one series is read from a few row groups. Rows that repeat the
        row before them are dropped; corrections stay. Appends go on meanwhile; if another process compacts
        at the same time, the rest is left to it.
        """
        return compaction.compact(self._readings, READING) + compaction.compact(self._events, EVENT)

    def vacuum(self, keep_hours: int = 168) -> int:
        """Delete data files that compaction replaced more than `keep_hours` ago; returns how many."""
        return self._readings.vacuum(keep_hours) + self._events.vacuum(keep_hours)


def _bounds(points: Collection[int] | None) -> tuple[int, int]:
    return _ANY_POINT if points is None else (min(points, default=0), max(points, default=0))


def _select(
    table: LakeTable, points: Collection[int] | None, start: datetime, end: datetime, **partition: str
) -> pl.LazyFrame:
    """Rows of some points with start ≤ time < end."""
    bounds = _bounds(points)
    rows = table.scan(between(bounds, start, end, **partition))
    rows = rows.filter(pl.col("time").is_between(start, end, closed="left"))
    if points is None:
        return rows
    return rows.filter(pl.col("point").is_between(*bounds), pl.col("point").is_in(list(points)))
