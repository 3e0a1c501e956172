"""Process parameters of the plants: what the control system shows, and what is done to it.

Sent under ST 45 (key production conditions, HJ 212-2025): hour means, and ten-minute means of the hours in
which a rule counts minutes. Codes are those of the tables of `wire.hj212`; levels are typical textbook
magnitudes, no measured plant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from yuanjian.simulator.noise import Floats, draws
from yuanjian.simulator.slots import PER_DAY, PER_HOUR

if TYPE_CHECKING:
    from yuanjian.simulator.physics import Day
    from yuanjian.simulator.world import Outlet, World

ST = "45"
_WHITE = 70
AMMONIA_PER_NOX = 17 / 46
"""kg of NH3 that reduce a kg of NOx (as NO2), by the masses of one molecule each."""
SURPLUS = 1.05


@dataclass(frozen=True, slots=True)
class Sensor:
    """A process parameter of a kind of plant: role, code, number format, and its design value if any."""

    role: str
    code: str
    number: str
    design: float | None = None


SLURRY_PH = Sensor("slurry_ph", "g11101", "%.2f")
SCR_TEMPERATURE = Sensor("scr_temperature", "p10201", "%.1f", 300.0)
PRESSURE_DROP = Sensor("pressure_drop", "p10301", "%.0f")
AMMONIA_FLOW = Sensor("ammonia_flow", "p10401", "%.2f")
BYPASS_VALVE = Sensor("bypass_valve", "p10501", "%.0f", 0.0)
FURNACE_TEMPERATURE = Sensor("furnace_temperature", "p10101", "%.1f", 850.0)
DISSOLVED_OXYGEN = Sensor("dissolved_oxygen", "e50601", "%.1f")
STATION_TEMPERATURE = Sensor("station_temperature", "p10601", "%.1f")
STATION_HUMIDITY = Sensor("station_humidity", "p10701", "%.1f")

SENSORS: Mapping[str, tuple[Sensor, ...]] = {
    "power": (SLURRY_PH, SCR_TEMPERATURE, AMMONIA_FLOW),
    "sinter": (SLURRY_PH, SCR_TEMPERATURE, PRESSURE_DROP),
    "cement": (PRESSURE_DROP, AMMONIA_FLOW),
    "incinerator": (FURNACE_TEMPERATURE, BYPASS_VALVE, PRESSURE_DROP),
    "sewage": (DISSOLVED_OXYGEN, STATION_TEMPERATURE, STATION_HUMIDITY),
    "chemical": (STATION_TEMPERATURE, STATION_HUMIDITY),
}
"""Sensors by kind of plant; the other kinds have none."""
ALARM: Mapping[str, tuple[float, float]] = {"furnace_temperature": (865.0, 1e4), "bypass_valve": (-1.0, 0.0)}
"""Sensors judged by minutes: in an hour in which one leaves this range ten-minute means are sent, too."""


def sensors(outlet: Outlet) -> tuple[Sensor, ...]:
    """The process parameters an outlet sends."""
    return SENSORS.get(outlet.kind.key, ())


def values(world: World, day: Day) -> Mapping[int, Floats]:
    """Slots of a day by outlet index, [sensors, 144]."""
    n = len(world.outlets)
    white = draws(world.seed, _WHITE, day.plan.number, n * 3, PER_DAY).reshape(n, 3, PER_DAY)
    found = {}
    for outlet in world.outlets:
        rows = [
            _SHOWN[sensor.role](world, day, outlet.index, np.clip(white[outlet.index, at], -3, 3))
            for at, sensor in enumerate(sensors(outlet))
        ]
        if rows:
            found[outlet.index] = np.stack(rows)
    for violation in day.plan.violations:
        act = _ACTS.get(violation.kind.name)
        if act is not None:
            role, level = act
            at = next(at for at, s in enumerate(sensors(world.outlets[violation.outlet])) if s.role == role)
            part = day.plan.clip(violation.start, violation.end)
            jitter = white[violation.outlet, at, part]
            found[violation.outlet][at, part] = level(violation.strength, jitter)
    return found


_ACTS: Mapping[str, tuple[str, Callable[[float, Floats], Floats]]] = {
    "furnace_cold": ("furnace_temperature", lambda strength, jitter: strength + 3 * jitter),
    "scr_cold": ("scr_temperature", lambda strength, jitter: strength + 2 * jitter),
    "ammonia_off": ("ammonia_flow", lambda strength, jitter: np.zeros_like(jitter)),
    "bypass_open": ("bypass_valve", lambda strength, jitter: np.full_like(jitter, strength)),
}
"""Kind of violation → the sensor that shows it, and what it shows; strength is the level."""


def _furnace(world: World, day: Day, n: int, white: Floats) -> Floats:
    hot = 905 + 40 * (day.load[n] - 0.8) + 7 * white
    return _ramped(day, n, hot, 300.0)


def _ramped(day: Day, n: int, hot: Floats, cold: float) -> Floats:
    """Cold while stopped; on the way while starting and stopping."""
    ramping = np.zeros(PER_DAY, bool)
    for period in day.plan.periods:
        if period.outlet == n and period.kind in ("starting", "stopping"):
            ramping[day.plan.clip(period.start, period.end)] = True
    warm = np.where(ramping, cold + (hot - cold) * day.plan.ramp[n], hot)
    return np.where(day.plan.running[n], warm, 0.2 * cold)


def _scr(world: World, day: Day, n: int, white: Floats) -> Floats:
    return _ramped(day, n, 322 + 28 * day.load[n] + 2 * white, 150.0)


def _slurry(world: World, day: Day, n: int, white: Floats) -> Floats:
    return np.where(day.plan.running[n], 5.55, 6.4) + 0.07 * white


def _drop(world: World, day: Day, n: int, white: Floats) -> Floats:
    """Pa over the filter: grows with the flow, fan or no fan."""
    running = 1150 * (0.45 + 0.55 * day.load[n]) * (1 + 0.03 * white)
    return np.where(day.plan.running[n], running, 0.0)


def _ammonia(world: World, day: Day, n: int, white: Floats) -> Floats:
    """kg/h for the NOx that the SCR takes out, with a little surplus; none while it stands."""
    fleet, nox = world.fleet, 2
    passed = day.emission[n, nox]
    removed = passed * (1 / np.maximum(day.passing[n, nox], 1e-6) - 1)
    fed = removed * AMMONIA_PER_NOX * SURPLUS * (1 + 0.02 * white)
    # Fed from the first fire on; what the stack shows while fuel is turned down is no measure of it.
    least = 0.2 * fleet.flow[n] * fleet.inlet[n, nox] * 3.6e-3 * fleet.removal[n, nox] * AMMONIA_PER_NOX
    return np.where(day.activity[n, 2] > 0.05, np.maximum(fed, least), 0.0)


def _oxygen(world: World, day: Day, n: int, white: Floats) -> Floats:
    return 0.3 + 1.9 * day.activity[n, 0] + 0.15 * white


def _valve(world: World, day: Day, n: int, white: Floats) -> Floats:
    return np.zeros(PER_DAY)


def _indoors(world: World, day: Day, n: int, white: Floats) -> Floats:
    hour = np.arange(PER_DAY) / PER_HOUR
    return 22.5 + 1.3 * np.sin((hour - 9) / 24 * 2 * np.pi) + 0.2 * white


def _humidity(world: World, day: Day, n: int, white: Floats) -> Floats:
    hour = np.arange(PER_DAY) / PER_HOUR
    return 44 - 4 * np.sin((hour - 9) / 24 * 2 * np.pi) + 0.8 * white


_SHOWN: Mapping[str, Callable[[World, Day, int, Floats], Floats]] = {
    "furnace_temperature": _furnace,
    "scr_temperature": _scr,
    "slurry_ph": _slurry,
    "pressure_drop": _drop,
    "ammonia_flow": _ammonia,
    "dissolved_oxygen": _oxygen,
    "bypass_valve": _valve,
    "station_temperature": _indoors,
    "station_humidity": _humidity,
}


def alarmed(world: World, day: Day, found: Mapping[int, Floats]) -> npt.NDArray[np.bool_]:
    """Slots of the hours whose ten-minute means are sent, [N,144]: never while the plant stands."""
    slots = np.zeros(day.plan.running.shape, bool)
    for index, rows in found.items():
        for sensor, row in zip(sensors(world.outlets[index]), rows, strict=True):
            low, high = ALARM.get(sensor.role, (-np.inf, np.inf))
            slots[index] |= (row < low) | (row > high)
    hours = (slots & day.plan.running).reshape(len(slots), -1, PER_HOUR).any(axis=-1)
    return np.repeat(hours, PER_HOUR, axis=1)


def means(slots: Floats, per: int) -> Sequence[Sequence[float]]:
    """Rows of numbers a period, [periods][sensors], from slots [sensors, 144]."""
    rows: list[list[float]] = slots.reshape(len(slots), -1, per).mean(-1).T.tolist()
    return rows
