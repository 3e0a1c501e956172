"""All plants of the province as arrays, one row per outlet: what the physics computes with.

Axes: N outlets, P = 4 pollutants (gas plants use three), M = 5 meters (two production, three treatment).
Unused places hold NaN (quantities) or 0 (indices).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from yuanjian.simulator.noise import Floats
from yuanjian.simulator.profiles import load_shape, residual

if TYPE_CHECKING:
    from yuanjian.simulator.world import Outlet

POLLUTANTS = 4
PRODUCTION = 2
TREATMENT = 3
METERS = PRODUCTION + TREATMENT


@dataclass(frozen=True)
class Fleet:
    """Parameters of N plants; shapes in brackets.

    ``inlet`` untreated concentration at reference O2 (mg/m³) or mg/L [N,P]; ``removal`` share [N,P];
    ``bypass`` [N,P]; ``limit`` [N,P]; ``treated_by`` treatment machine 0–2 [N,P]; ``rated`` kW [N,M];
    ``flow`` at full load, dry standard m³/s at reference O2 or L/s [N]; ``o2``, ``o2_reference`` % (NaN
    for water) [N]; ``shape`` [N,2,24]; ``swing`` how far the load follows its shape [N]; ``curves`` log
    residual of each pollutant on ``z`` [N,P,Z]; ``ar1`` per hour [N,P].
    """

    gas: npt.NDArray[np.bool_]
    intermittent: npt.NDArray[np.bool_]
    sampler: npt.NDArray[np.bool_]
    inlet: Floats
    removal: Floats
    bypass: Floats
    limit: Floats
    treated_by: npt.NDArray[np.intp]
    rated: Floats
    flow: Floats
    o2: Floats
    o2_reference: Floats
    temperature: Floats
    humidity: Floats
    shape: Floats
    swing: Floats
    z: Floats
    curves: Floats
    ar1: Floats

    def __len__(self) -> int:
        return len(self.gas)

    @property
    def passing(self) -> Floats:
        """Share that passes a treatment in full operation, [N,P]."""
        return 1 - self.removal

    @classmethod
    def of(cls, outlets: Sequence[Outlet]) -> Fleet:
        """Lay the plants out as arrays. Inlets are chosen so that each plant keeps its usual ratio to the
        limit.
        """
        kinds = [outlet.kind for outlet in outlets]
        limit = _per_pollutant(outlets, "limit")
        removal = _per_pollutant(outlets, "removal")
        ratio = np.array(
            [[*outlet.ratio, *[np.nan] * (POLLUTANTS - len(outlet.ratio))] for outlet in outlets]
        )
        z, curves, ar1 = _residuals(outlets)
        size = np.array([outlet.size for outlet in outlets])
        return cls(
            gas=np.array([kind.medium == "gas" for kind in kinds]),
            intermittent=np.array([kind.intermittent for kind in kinds]),
            sampler=np.array([outlet.sampler for outlet in outlets]),
            inlet=ratio * limit / (1 - removal),
            removal=removal,
            bypass=_per_pollutant(outlets, "bypass"),
            limit=limit,
            treated_by=np.nan_to_num(_per_pollutant(outlets, "treated_by")).astype(np.intp),
            rated=np.array([_rated(outlet) for outlet in outlets]),
            flow=np.array([kind.flow for kind in kinds]) * size,
            o2=np.array([kind.o2 for kind in kinds]),
            o2_reference=np.array(
                [np.nan if kind.o2_reference is None else kind.o2_reference for kind in kinds]
            ),
            temperature=np.array([kind.temperature for kind in kinds]),
            humidity=np.array([kind.humidity for kind in kinds]),
            shape=np.stack([load_shape(kind.shape) for kind in kinds]),
            swing=np.array([kind.swing for kind in kinds]),
            z=z,
            curves=curves,
            ar1=ar1,
        )


def _per_pollutant(outlets: Sequence[Outlet], name: str) -> Floats:
    table = np.full((len(outlets), POLLUTANTS), np.nan)
    for row, outlet in enumerate(outlets):
        values = [float(getattr(pollutant, name)) for pollutant in outlet.kind.pollutants]
        table[row, : len(values)] = values
    return table


def _rated(outlet: Outlet) -> list[float]:
    rated = {(role, number): machine.rated_kw for role, number, machine in outlet.machines}
    places = [("production", PRODUCTION), ("treatment", TREATMENT)]
    return [rated.get((role, f"{n:02d}"), np.nan) for role, count in places for n in range(1, count + 1)]


def _residuals(outlets: Sequence[Outlet]) -> tuple[Floats, Floats, Floats]:
    z = residual("coal", "nox")[1]
    curves = np.zeros((len(outlets), POLLUTANTS, len(z)))
    ar1 = np.zeros((len(outlets), POLLUTANTS))
    for row, outlet in enumerate(outlets):
        for place, pollutant in enumerate(outlet.kind.pollutants):
            ar1[row, place], _, curves[row, place] = residual(*pollutant.noise)
    return z, curves, ar1
