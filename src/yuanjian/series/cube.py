"""A cube: many series on one regular grid of time, dense, ready for array kernels."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]
Bools = npt.NDArray[np.bool_]

STEPS: Final = {
    "realtime": timedelta(minutes=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
}
"""The step of a grid if the caller names none."""

_DAY: Final = timedelta(days=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_BEIJING_OFFSET: Final = timedelta(hours=8)  # fixed since 1991


class SeriesKey(NamedTuple):
    """One series: what one point measures of one factor."""

    point: int
    factor: str


@dataclass(frozen=True)
class Grid:
    """`size` periods of length `step` from `start` (UTC, on a boundary of the Beijing clock)."""

    start: datetime
    step: timedelta
    size: int

    @classmethod
    def covering(cls, start: datetime, end: datetime, step: timedelta) -> Grid:
        """The smallest grid that covers [start, end), with boundaries counted from Beijing midnight.

        Raises `ValueError` for naive instants, an empty interval or a step that does not divide the day.
        """
        if start.tzinfo is None or end.tzinfo is None:
            raise ValueError("expected aware instants")
        if start >= end:
            raise ValueError("the interval is empty")
        if step <= timedelta(0) or _DAY % step:
            raise ValueError("the step must divide the day")
        origin = _EPOCH - _BEIJING_OFFSET
        first = (start - origin) // step
        last = -((origin - end) // step)
        return cls(origin + first * step, step, last - first)

    @property
    def end(self) -> datetime:
        """The instant after the last period."""
        return self.start + self.size * self.step

    def times(self) -> npt.NDArray[np.datetime64]:
        """Start of every period, `datetime64[us]` in UTC, shape [T]."""
        first = np.datetime64(self.start.replace(tzinfo=None), "us")
        return first + np.arange(self.size) * np.timedelta64(self.step)

    def index(self, time: datetime) -> int:
        """Which period holds an instant; raises `IndexError` outside the grid."""
        at = (time - self.start) // self.step
        if not 0 <= at < self.size:
            raise IndexError(f"{time.isoformat()} is outside the grid")
        return at


@dataclass(frozen=True, eq=False)
class Cube:
    """Series × time, S keys by T periods; what was not received is NaN with flag 0.

    values     float32 [S, T], in the unit of the factor
    reference  float32 [S, T], at the reference oxygen content; NaN where none can be computed
    flags      uint8 [S, T], `FlagCode`
    decimals   int8 [S], most digits after the point seen in the window (0 if none)
    contested  bool [S], more than one row came for some cell: corrections, or rows finer than the grid
    """

    keys: tuple[SeriesKey, ...]
    cadence: str
    grid: Grid
    values: Floats
    reference: Floats
    flags: Bytes
    decimals: npt.NDArray[np.int8]
    contested: npt.NDArray[np.bool_]

    @classmethod
    def empty(cls, keys: Sequence[SeriesKey], cadence: str, grid: Grid) -> Cube:
        """A cube in which nothing was received; raises `ValueError` if a key comes twice."""
        if len(set(keys)) != len(keys):
            raise ValueError("a key comes twice")
        shape = (len(keys), grid.size)
        return cls(
            keys=tuple(SeriesKey(*key) for key in keys),
            cadence=cadence,
            grid=grid,
            values=np.full(shape, np.nan, np.float32),
            reference=np.full(shape, np.nan, np.float32),
            flags=np.zeros(shape, np.uint8),
            decimals=np.zeros(len(keys), np.int8),
            contested=np.zeros(len(keys), np.bool_),
        )

    def of(self, keys: Sequence[SeriesKey]) -> Cube:
        """A cube of some of its series; raises `KeyError` if it does not have one of them.

        Series that follow each other are not copied: the arrays are those of this cube.
        """
        found = [self.row(key) for key in keys]
        rows = _together(found) or np.array(found, np.int64)
        return Cube(
            keys=tuple(keys),
            cadence=self.cadence,
            grid=self.grid,
            values=self.values[rows],
            reference=self.reference[rows],
            flags=self.flags[rows],
            decimals=self.decimals[rows],
            contested=self.contested[rows],
        )

    @property
    def start(self) -> datetime:
        """Start of the first period, UTC."""
        return self.grid.start

    @property
    def end(self) -> datetime:
        """The instant after the last period, UTC."""
        return self.grid.end

    @property
    def step(self) -> timedelta:
        """Length of a period."""
        return self.grid.step

    @property
    def shape(self) -> tuple[int, int]:
        """(S, T)."""
        return len(self.keys), self.grid.size

    def times(self) -> npt.NDArray[np.datetime64]:
        """Start of every period, `datetime64[us]` in UTC, shape [T]."""
        return self.grid.times()

    def time(self, index: int) -> datetime:
        """Start of one period as an aware instant."""
        return self.grid.start + index * self.grid.step

    def index(self, time: datetime) -> int:
        """Which period holds an instant; raises `IndexError` outside the cube."""
        return self.grid.index(time)

    @cached_property
    def _rows(self) -> dict[SeriesKey, int]:
        return {key: row for row, key in enumerate(self.keys)}

    def row(self, key: SeriesKey | tuple[int, str]) -> int:
        """The row of a key; raises `KeyError` if the cube has none."""
        return self._rows[SeriesKey(*key)]

    def content_hash(self) -> str:
        """SHA-256 in hex of keys, grid and all cells: equal if and only if the input of a model was equal."""
        digest = hashlib.sha256()
        head = (self.cadence, self.start.isoformat(), self.step.total_seconds(), self.shape, self.keys)
        digest.update(repr(head).encode())
        for array, kind in (
            (self.values, "<f4"),
            (self.reference, "<f4"),
            (self.flags, "u1"),
            (self.decimals, "i1"),
        ):
            digest.update(np.ascontiguousarray(array, dtype=kind).tobytes())
        return digest.hexdigest()


def _together(rows: Sequence[int]) -> slice | None:
    """Rows that follow each other as a slice; None if they do not."""
    if not rows or list(rows) != list(range(rows[0], rows[0] + len(rows))):
        return None
    return slice(rows[0], rows[0] + len(rows))
