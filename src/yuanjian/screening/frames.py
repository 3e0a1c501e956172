"""Ports over data frames in memory: for cases, back-tests and tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import polars as pl

from yuanjian.screening import records
from yuanjian.screening.ports import OutletContext
from yuanjian.series import Cube, MarkPeriod, SeriesKey
from yuanjian.series.cube import STEPS, Grid
from yuanjian.series.fill import fill, series_of

EVENT_COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "point": pl.Int32,
    "kind": pl.String,
    "code": pl.String,
    "time": pl.Datetime("us", "UTC"),
    "text": pl.String,
}
READING_COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "point": pl.Int32,
    "factor": pl.String,
    "cadence": pl.String,
    "time": pl.Datetime("us", "UTC"),
    "value": pl.Float64,
    "reference": pl.Float64,
    "flag": pl.String,
    "decimals": pl.Int8,
}


def no_events() -> pl.DataFrame:
    """An empty frame of events."""
    return pl.DataFrame(schema=EVENT_COLUMNS)


@dataclass(frozen=True, eq=False)
class FrameReadings:
    """Readings and events held in frames with the columns above.

    ``received`` and ``source`` may be there too; without them a row was received live at its own time.
    """

    rows: pl.DataFrame
    event_rows: pl.DataFrame = field(default_factory=no_events)

    def snapshot(self) -> FrameReadings:
        """As `SeriesStore.snapshot`."""
        return self

    def holds(self, points: Sequence[int] | None, *, cadence: str, start: datetime, end: datetime) -> bool:
        """As `SeriesStore.holds`."""
        asked = pl.lit(value=True) if points is None else pl.col("point").is_in(list(points))
        return not self._rows(cadence, start, end).filter(asked).limit(1).collect().is_empty()

    def cube(
        self,
        keys: Sequence[SeriesKey],
        *,
        cadence: str,
        start: datetime,
        end: datetime,
        step: timedelta | None = None,
    ) -> Cube:
        """As `SeriesStore.cube`."""
        cube = Cube.empty(keys, cadence, Grid.covering(start, end, step or STEPS[cadence]))
        rows = self._rows(cadence, cube.start, cube.end)
        fill(cube, rows.with_columns(shard=pl.lit(0), seq=pl.lit(0)), series_of(cube, cube.keys))
        return cube

    def readings(
        self,
        points: Sequence[int],
        factors: Sequence[str] | None = None,
        *,
        cadence: str,
        start: datetime,
        end: datetime,
        history: bool = False,
    ) -> pl.DataFrame:
        """As `SeriesStore.readings`, with the columns that are there."""
        rows = self._rows(cadence, start, end).filter(pl.col("point").is_in(list(points)))
        if factors is not None:
            rows = rows.filter(pl.col("factor").is_in(list(factors)))
        key = ["point", "factor", "time"]
        rows = rows.sort(*key, "received")
        return (rows if history else rows.unique(key, keep="last", maintain_order=True)).collect()

    def _rows(self, cadence: str, start: datetime, end: datetime) -> pl.LazyFrame:
        told = {"received": pl.col("time"), "source": pl.lit("live")}
        rows = self.rows.lazy().filter(
            pl.col("cadence") == cadence, pl.col("time") >= start, pl.col("time") < end
        )
        return rows.with_columns(**{n: told[n] for n in told if n not in self.rows.columns})

    def events(
        self,
        points: Sequence[int] | None = None,
        kinds: Sequence[str] | None = None,
        *,
        start: datetime,
        end: datetime,
    ) -> pl.DataFrame:
        """As `SeriesStore.events`."""
        wanted = [pl.col("time") >= start, pl.col("time") < end]
        if points is not None:
            wanted.append(pl.col("point").is_in(list(points)))
        if kinds is not None:
            wanted.append(pl.col("kind").is_in(list(kinds)))
        return self.event_rows.filter(*wanted)


@dataclass(frozen=True)
class FixedRegistry:
    """A registry of given outlets, marks, and records by kind."""

    contexts: tuple[OutletContext, ...]
    periods: tuple[MarkPeriod, ...] = ()
    told: Mapping[str, pl.DataFrame] = field(default_factory=dict)

    def outlets(self) -> Sequence[OutletContext]:
        """The outlets."""
        return self.contexts

    def marks(self, points: Sequence[int], start: datetime, end: datetime) -> Sequence[MarkPeriod]:
        """Marks on the points that touch the interval."""
        wanted = set(points)
        return [m for m in self.periods if m.point in wanted and m.start < end and m.end > start]

    def records(self, kind: str, enterprises: Sequence[int], start: datetime, end: datetime) -> pl.DataFrame:
        """Records of a kind that touch the interval."""
        rows = self.told.get(kind)
        return records.frame(kind, ()) if rows is None else records.touching(rows, enterprises, start, end)
