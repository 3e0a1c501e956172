"""The amount an outlet emitted: measured hours and what stands in for the rest.

Month = Σ C_h · Qsn_h (gas) or Σ c_d · Q_d (water) with substituted values for what is invalid; how the parts
fit together is ours [D], the parts have their sources in `amounts` and `substitution`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from yuanjian.series.cube import Bools, Bytes, Grid
from yuanjian.series.flags import FlagCode
from yuanjian.series.marks import MarkKind, Marks
from yuanjian.series.rules import amounts, periods
from yuanjian.series.rules.periods import Floats, Numbers
from yuanjian.series.rules.substitution import HJ75, HJT356, Filled, Origin, Table, capture_rate, substitute
from yuanjian.series.validity import INVALID_MARKS, VALID_FLAGS

_DAY = timedelta(days=1)
REACH = timedelta(hours=HJ75.reach) + 92 * _DAY
"""How far back data may matter: values to substitute, before a gap that began a quarter ago."""


@dataclass(frozen=True, eq=False)
class Emissions:
    """kg per cell of the grid (hours of gas, days of water) and where it is from; [S, T]."""

    grid: Grid
    filled: Filled
    capture: Floats

    @property
    def amount(self) -> Floats:
        """kg, NaN where neither measured nor substituted, 0 where nothing was due."""
        return self.filled.amount

    @property
    def measured(self) -> Bools:
        """Where the amount is measured."""
        return np.asarray(self.filled.origin == Origin.MEASURED)

    @property
    def substituted(self) -> Bools:
        """Where another amount stands in for it."""
        origin = self.filled.origin
        return np.asarray((origin > Origin.MEASURED) & (origin < Origin.NONE))

    def totals(self, number: Numbers) -> Totals:
        """Added up by periods (`periods.numbered` of a grid like this one)."""
        measured, other, lost = self.measured, self.substituted, self.filled.origin == Origin.NONE
        return Totals(
            measured_kg=periods.sums(np.where(measured, self.amount, 0.0), number),
            substituted_kg=periods.sums(np.where(other, self.amount, 0.0), number),
            measured=periods.sums(measured, number),
            substituted=periods.sums(other, number),
            unknown=periods.sums(lost, number),
        )

    def between(self, start: datetime, end: datetime) -> Emissions:
        """The cells that begin in ``[start, end)``."""
        at = (-((self.grid.start - instant) // self.grid.step) for instant in (start, end))
        cut = slice(*(min(max(index, 0), self.grid.size) for index in at))
        grid = Grid(self.grid.start + cut.start * self.grid.step, self.grid.step, cut.stop - cut.start)
        filled = Filled(self.filled.amount[:, cut], self.filled.origin[:, cut])
        return Emissions(grid, filled, self.capture[:, cut])

    def days(self) -> Floats:
        """kg of each whole Beijing day of a grid that begins with one, [S, D]; NaN adds nothing."""
        per_day = _DAY // self.grid.step
        whole = self.amount[:, : self.grid.size // per_day * per_day]
        return np.asarray(np.nan_to_num(whole, nan=0.0).reshape(len(whole), -1, per_day).sum(axis=2))


@dataclass(frozen=True, eq=False)
class Totals:
    """kg and number of cells by origin, [S, P]; ``unknown`` cells were due and have no amount."""

    measured_kg: Floats
    substituted_kg: Floats
    measured: Floats
    substituted: Floats
    unknown: Floats

    @property
    def kg(self) -> Floats:
        """Both."""
        return np.asarray(self.measured_kg + self.substituted_kg)


def of_outlet(
    medium: str, grid: Grid, c: npt.ArrayLike, flow: npt.ArrayLike, flags: Sequence[Bytes], marks: Marks
) -> Emissions:
    """Hours of gas, days of water; `counted` tells what is valid and what is due."""
    valid, due = counted(medium, c, flow, flags, marks)
    return (of_water if medium == "water" else of_gas)(grid, c, flow, valid, due)


def counted(
    medium: str, c: npt.ArrayLike, flow: npt.ArrayLike, flags: Sequence[Bytes], marks: Marks
) -> tuple[Bools, Bools]:
    """Hours of which both values may be used, and hours that are due, by the flags of both and the marks.

    Not due: marked as stopped, the device's own flag F, and for water no flow. Start-up, shut-down and the
    faults of the plant leave the data valid and count (`series.validity`).
    """
    moved = np.asarray(flow, np.float64)
    valid = np.isfinite(np.asarray(c, np.float64)) & np.isfinite(moved)
    valid &= (marks & np.uint16(INVALID_MARKS)) == 0
    stands = (marks & np.uint16(MarkKind.STOPPED)) != 0
    for sent in flags:
        valid &= np.isin(sent, VALID_FLAGS)
        stands |= sent == FlagCode.F
    if medium == "water":
        stands |= moved <= 0
    return valid, ~stands


def of_gas(
    grid: Grid, c: npt.ArrayLike, flow: npt.ArrayLike, valid: Bools, due: Bools, table: Table = HJ75
) -> Emissions:
    """Hours of flue gas, ``c`` in mg/m³ as measured, ``flow`` dry standard in m³/s.

    ``valid``: both may be used (`series.validity.valid_mask`); ``due``: the source does not stand.
    """
    kg = amounts.hourly(c, flow)
    capture = _capture(grid, valid & np.isfinite(kg), due)
    return Emissions(grid, substitute(kg, valid, due, capture, table), capture)


def of_water(
    grid: Grid, c: npt.ArrayLike, flow: npt.ArrayLike, valid: Bools, due: Bools, table: Table = HJT356
) -> Emissions:
    """Days of waste water, ``c`` in mg/L, ``flow`` in L/s, of a grid of hours that begins with a Beijing day.

    An unfinished last day is left out. Hours without discharge are not due: `due` leaves them out.
    """
    days = Grid(grid.start, _DAY, grid.size // amounts.HOURS)
    part = (slice(None), slice(0, days.size * amounts.HOURS))
    there, moved = np.asarray(c, np.float64)[part], np.asarray(flow, np.float64)[part]
    kg = amounts.water_days(there, moved, valid[part], due[part])
    owed = np.asarray(due[part].reshape(len(kg), -1, amounts.HOURS).any(axis=2))
    capture = _capture(days, np.isfinite(kg), owed)
    return Emissions(days, substitute(kg, np.isfinite(kg), owed, capture, table), capture)


def _capture(grid: Grid, valid: Bools, due: Bools) -> Floats:
    return capture_rate(valid, due, _quarters(grid))


@lru_cache(maxsize=8)
def _quarters(grid: Grid) -> Numbers:
    """The same for all outlets of a run, and dear to compute; not to be written to."""
    number = periods.numbered(periods.begins(grid, periods.QUARTERS))
    number.flags.writeable = False
    return number
