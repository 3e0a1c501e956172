"""Filling a cube straight from data files: row groups of Parquet into dense arrays, without a table between.

Nearly every cell is the place of exactly one row. Such rows go where they belong as they are read; series in
which a cell came twice are told to the caller, who loads them again in the order of receipt (`fill`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from yuanjian.series.aggregate import OVERFLOW
from yuanjian.series.cube import STEPS, Cube
from yuanjian.series.flags import flag_code
from yuanjian.series.jit import kernel

COLUMNS: Final = ("point", "factor", "time", "value", "reference", "flag", "decimals")
TEXTS: Final = ("factor", "flag")
"""Columns whose texts are few: read as codes of a dictionary."""
_NOWHERE: Final = -1
_MICROSECOND: Final = timedelta(microseconds=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
Ints = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]


def fits(cube: Cube) -> bool:
    """Is a cell the place of one row? On a coarser grid it is that of several."""
    return cube.step == STEPS[cube.cadence]


@dataclass(frozen=True, eq=False)
class Places:
    """Where rows belong: the row of the cube by place of the point among the points and by factor."""

    cube: Cube

    @cached_property
    def bounds(self) -> tuple[int, int]:
        """Least and greatest point."""
        points = [key.point for key in self.cube.keys]
        return min(points, default=0), max(points, default=0)

    @cached_property
    def _factors(self) -> dict[str, int]:
        return {name: at for at, name in enumerate(dict.fromkeys(key.factor for key in self.cube.keys))}

    @cached_property
    def points(self) -> npt.NDArray[np.int32]:
        """The points, each once, in order."""
        return np.unique(np.array([key.point for key in self.cube.keys], np.int32))

    @cached_property
    def rows(self) -> Ints:
        """Row of the cube by place of the point and code of the factor; −1 where the cube has none."""
        table = np.full((len(self.points), len(self._factors)), _NOWHERE, np.int32)
        places = np.searchsorted(self.points, [key.point for key in self.cube.keys])
        for row, (place, key) in enumerate(zip(places, self.cube.keys, strict=True)):
            table[place, self._factors[key.factor]] = row
        return table

    def factor_codes(self, texts: Iterable[str | None]) -> Ints:
        """Codes of factors as a file names them; −1 for those the cube has not."""
        return np.array([self._factors.get(text or "", _NOWHERE) for text in texts], np.int32)


def put(places: Places, rows: pa.RecordBatch, first: datetime, last: datetime) -> Bools:
    """Put rows with first ≤ time < last into their cells; returns which series had a cell twice, [S].

    Columns as `COLUMNS`, texts as dictionaries. What a cell holds of which two rows came is not defined.
    """
    cube = places.cube
    again = np.zeros(len(cube.keys), np.bool_)
    columns = dict(zip(rows.schema.names, rows.columns, strict=True))
    start, begin, end = ((instant - _EPOCH) // _MICROSECOND for instant in (cube.start, first, last))
    _scatter(
        (cube.values, cube.reference, cube.flags, cube.decimals, again),
        (places.points, places.rows),
        (_plain(columns["point"]), _plain(columns["time"].cast(pa.int64()))),
        (_codes(columns["factor"]), places.factor_codes(_texts(columns["factor"]))),
        (_codes(columns["flag"]), np.array([*map(flag_code, _texts(columns["flag"]))], np.uint8)),
        (_numbers(columns["value"]), _numbers(columns["reference"]), _plain(columns["decimals"])),
        (start, begin, end, cube.step // _MICROSECOND),
        OVERFLOW,
    )
    return again


def _plain(column: pa.Array) -> npt.NDArray[Any]:
    """Whole numbers; null is 0."""
    return np.asarray((pc.fill_null(column, 0) if column.null_count else column).to_numpy())


def _numbers(column: pa.Array) -> npt.NDArray[np.float64]:
    """Floats; null is NaN."""
    return np.asarray(column.to_numpy(zero_copy_only=False))


def _texts(column: pa.DictionaryArray) -> list[str | None]:
    """The dictionary, and at its end what a null means."""
    return [*column.dictionary.to_pylist(), None]


def _codes(column: pa.DictionaryArray) -> npt.NDArray[Any]:
    """Codes into `_texts`."""
    codes = column.indices
    return _plain(pc.fill_null(codes, len(column.dictionary)) if codes.null_count else codes)


@kernel
def _scatter(
    out: tuple[Any, ...],
    known: tuple[Any, ...],
    keys: tuple[Any, ...],
    factor: tuple[Any, ...],
    flag: tuple[Any, ...],
    numbers: tuple[Any, ...],
    window: tuple[int, int, int, int],
    overflow: np.float32,
) -> None:
    values, reference, flags, decimals, again = out
    points, rows = known
    point, time = keys
    factors, factor_of = factor
    marks, mark_of = flag
    value, converted, digits = numbers
    start, first, last, step = window
    place = 0
    for i in range(point.size):
        if not first <= time[i] < last:
            continue
        # Files are sorted by point more or less: the place of the row before is nearly always right.
        if points[place] != point[i]:
            place = np.searchsorted(points, point[i])
            if place == points.size or points[place] != point[i]:
                place = 0
                continue
        code = factor_of[factors[i]]
        s = rows[place, code] if code >= 0 else -1
        if s < 0:
            continue
        t = (time[i] - start) // step
        again[s] |= flags[s, t] != 0
        values[s, t] = value[i]
        sent = np.float32(converted[i])
        reference[s, t] = np.float32(np.nan) if abs(sent) == overflow else sent
        flags[s, t] = mark_of[marks[i]]
        decimals[s] = max(decimals[s], digits[i])
