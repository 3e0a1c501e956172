"""Flow and concentration of flue gas at the standard state (273 K, 101.325 kPa, dry).

HJ 75-2017 and HJ 1045 annexes, as quoted by an open implementation [B]. Temperatures in °C, pressures in kPa
(static: against the air outside), moisture in vol-%. NaN where the state is impossible.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

STANDARD_PRESSURE: Final = 101.325
FREEZING: Final = 273.0
MOLAR_VOLUME: Final = 22.4
"""L/mol at 273 K and 101.325 kPa."""
NO2_PER_NO: Final = 46.0 / 30.0
"""Nitrogen oxides are reported as NO2 [B]."""


def standard_share(
    temperature: npt.ArrayLike, pressure: npt.ArrayLike, barometer: npt.ArrayLike = STANDARD_PRESSURE
) -> Floats:
    """Volume at standard temperature and pressure over the volume as it is."""
    heat = FREEZING + np.asarray(temperature, np.float64)
    absolute = np.asarray(barometer, np.float64) + np.asarray(pressure, np.float64)
    possible = (heat > 0) & (absolute > 0)
    return np.asarray(
        np.where(possible, FREEZING / np.where(possible, heat, 1.0), np.nan) * absolute / STANDARD_PRESSURE
    )


def dry_share(moisture: npt.ArrayLike) -> Floats:
    """Dry volume over wet volume."""
    water = np.asarray(moisture, np.float64)
    return np.asarray(np.where((water >= 0) & (water < 100), 1.0 - water / 100.0, np.nan))


def dry_standard_flow(
    flow: npt.ArrayLike,
    temperature: npt.ArrayLike,
    pressure: npt.ArrayLike,
    moisture: npt.ArrayLike,
    barometer: npt.ArrayLike = STANDARD_PRESSURE,
) -> Floats:
    """``Qsn = Qs · 273/(273+ts) · (Ba+Ps)/101.325 · (1−Xsw)`` in the unit of the flow (or velocity)."""
    return (
        np.asarray(flow, np.float64) * standard_share(temperature, pressure, barometer) * dry_share(moisture)
    )


def stack_flow(area: npt.ArrayLike, velocity: npt.ArrayLike) -> Floats:
    """Flow as it is in m³/h from cross-section m² and velocity m/s: ``Qs = 3600 · F · V``."""
    return np.asarray(3600.0 * np.asarray(area, np.float64) * np.asarray(velocity, np.float64))


def dry_standard_concentration(
    c: npt.ArrayLike,
    temperature: npt.ArrayLike,
    pressure: npt.ArrayLike,
    moisture: npt.ArrayLike,
    barometer: npt.ArrayLike = STANDARD_PRESSURE,
) -> Floats:
    """``C_sn = C_s · 101.325/(Ba+Ps) · (273+ts)/273 / (1−Xsw)`` in the unit of ``c``."""
    return np.asarray(c, np.float64) / (
        standard_share(temperature, pressure, barometer) * dry_share(moisture)
    )


def ppm_to_mg(ppm: npt.ArrayLike, molar_mass: npt.ArrayLike) -> Floats:
    """mg/m³ at the standard state from µmol/mol and g/mol: ``M / 22.4 · ppm``."""
    return np.asarray(np.asarray(molar_mass, np.float64) / MOLAR_VOLUME * np.asarray(ppm, np.float64))
