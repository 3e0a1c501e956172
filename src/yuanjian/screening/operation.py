"""Does production run, does treatment run: judged from the active power of their meters.

Running: power above max(0.1 · rated, 0.15 · P95 of the 30 days before), with a debounce of three samples
(reference/models.csv M301; design proposal [D]); for treatment a third of that: the power of a fan or pump
with a frequency converter goes with the cube of its speed, 6 % at 40 %. Without a bound nothing is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from yuanjian.screening.kernels import day_quantile, power_state
from yuanjian.screening.kernels.power import OFF, ON, UNKNOWN
from yuanjian.screening.ports import OutletContext, PowerMeter
from yuanjian.series import Cube
from yuanjian.series.cube import Grid

RATED_SHARE = 0.1
P95_SHARE = 0.15
TREATMENT = 1 / 3
"""Share of both at which a treatment machine still runs [D]."""
BASELINE_DAYS = 30
BASELINE_MIN_DAYS = 7
DEBOUNCE = 3
Floats = npt.NDArray[np.float64]
States = npt.NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class Power:
    """Power [M, T] in kW (NaN: no sample), its P95 baseline [M, T] and the running state [M, T]."""

    meters: tuple[PowerMeter, ...]
    cube: Cube
    kw: Floats
    p95: Floats
    state: States

    @classmethod
    def of(cls, meters: Sequence[PowerMeter], cube: Cube) -> Power:
        """Judge all meters of a cube with one row per (point, factor)."""
        rows = np.array([cube.row((meter.point, meter.factor)) for meter in meters], np.int64)
        kw = cube.values[rows].astype(np.float64)
        valid = np.isfinite(kw)
        per_day = round(86400 / cube.step.total_seconds())
        days = day_quantile(kw, valid, per_day, BASELINE_DAYS, 0.95, BASELINE_MIN_DAYS * per_day)
        p95 = np.repeat(days, per_day, axis=1)[:, : kw.shape[1]]
        rated = np.array([meter.rated_kw or np.nan for meter in meters], np.float64)[:, None]
        share = np.array([TREATMENT if m.kind == "treatment" else 1.0 for m in meters], np.float64)[:, None]
        bound = share * np.fmax(RATED_SHARE * rated, P95_SHARE * p95)
        return cls(tuple(meters), cube, kw, p95, power_state(kw, valid, bound, DEBOUNCE))

    def rows(self, meters: Sequence[PowerMeter]) -> npt.NDArray[np.int64]:
        """Rows of some meters."""
        return np.array([self._index[meter] for meter in meters], np.int64)

    @cached_property
    def _index(self) -> dict[PowerMeter, int]:
        return {meter: row for row, meter in enumerate(self.meters)}

    def any_on(self, meters: Sequence[PowerMeter]) -> States:
        """1 where one of them runs, 0 where none does, -1 where that cannot be told; [T]."""
        states = self.state[self.rows(meters)]
        if not len(states):
            return np.full(self.kw.shape[1], UNKNOWN, np.int8)
        on, unknown = (states == ON).any(axis=0), (states == UNKNOWN).any(axis=0)
        return np.where(on, ON, np.where(unknown, UNKNOWN, OFF)).astype(np.int8)


@dataclass(frozen=True, eq=False)
class Production:
    """Production behind an outlet per hour: state [T], mean power [T] in kW and share of normal load [T]."""

    state: States
    kw: Floats
    load: Floats

    @property
    def known(self) -> bool:
        """Can anything be told about any hour?"""
        return bool((self.state != UNKNOWN).any())


def production(outlet: OutletContext, power: Power, grid: Grid) -> Production:
    """Hours are running (stopped) if at least half of their samples say so; else unknown."""
    meters = outlet.chain.production if outlet.chain else ()
    if not meters:
        nothing = np.full(grid.size, np.nan)
        return Production(np.full(grid.size, UNKNOWN, np.int8), nothing, nothing)
    samples = power.any_on(meters).reshape(grid.size, -1)
    half = samples.shape[1] / 2
    on, off = (samples == ON).sum(axis=1) >= half, (samples == OFF).sum(axis=1) >= half
    state = np.where(on, ON, np.where(off, OFF, UNKNOWN)).astype(np.int8)
    rows = power.rows(meters)
    kw = power.kw[rows].sum(axis=0).reshape(grid.size, -1)
    seen = np.isfinite(kw).sum(axis=1)
    mean = np.where(seen >= half, np.nansum(kw, axis=1) / np.maximum(seen, 1), np.nan)
    rated = sum(meter.rated_kw or np.nan for meter in meters)
    normal = power.p95[rows].sum(axis=0).reshape(grid.size, -1)[:, 0]
    return Production(state, mean, mean / np.where(normal > 0, normal, rated or np.nan))
