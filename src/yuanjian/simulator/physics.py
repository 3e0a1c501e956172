"""One day of the whole province: load → fuel → treatment → emission → what the instruments read.

    inlet [mg/m³ at reference O2] · fuel · passing(treatment power) = concentration at reference O2
    measured = reference · (21 − O2) / (21 − O2ref)            (HJ 75-2017, conversion turned round)
    emission [kg/h] = measured [mg/m³] · flow [m³/s] · 3.6e-3  (also mg/L · L/s)

Flow follows load; power follows load; what passes a treatment follows its power.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from yuanjian.simulator import noise, tamper
from yuanjian.simulator.dayplan import DayPlan, lay
from yuanjian.simulator.fleet import METERS, POLLUTANTS, PRODUCTION, Fleet
from yuanjian.simulator.noise import Floats, draws, to_slots
from yuanjian.simulator.profiles import residual
from yuanjian.simulator.slots import PER_DAY

if TYPE_CHECKING:
    from yuanjian.simulator.world import World

AIR = 20.9
KG_PER_HOUR = 3.6e-3
_LOAD, _OXYGEN, _POLLUTANT, _WHITE = 10, 11, 20, 40


@dataclass(frozen=True)
class Day:
    """What is true and what is reported in 144 slots of a Beijing day.

    [N,T] unless said: ``load`` share of full; ``power`` kW [N,M,T]; ``activity`` of treatment 0–1 [N,3,T];
    ``fuel`` factor on the inlet [N,P,T]; ``passing`` share not removed [N,P,T]; ``concentration`` true and
    ``reported``, as measured [N,P,T]; ``emission`` kg/h, true [N,P,T]; ``flow`` m³/s or L/s;
    ``conversion`` factor measured → reference; gas state; ``ph``.
    """

    plan: DayPlan
    load: Floats
    power: Floats
    activity: Floats
    fuel: Floats
    passing: Floats
    concentration: Floats
    reported: Floats
    emission: Floats
    flow: Floats
    conversion: Floats
    oxygen: Floats
    temperature: Floats
    pressure: Floats
    humidity: Floats
    ph: Floats


def day(world: World, number: int) -> Day:
    """The day with that number, from a small store of recent days."""
    store: dict[int, Day] = world.__dict__.setdefault("_days", {})
    if number not in store:
        while len(store) > 2:
            store.pop(next(iter(store)))
        store[number] = simulate(world, number)
    return store[number]


def simulate(world: World, number: int) -> Day:
    """Compute one day; depends on nothing but the world's parameters and the day."""
    fleet, plan = world.fleet, lay(world, number)
    load = _load(world.seed, fleet, plan)
    power = _power(world.seed, fleet, plan, load)
    activity = _activity(fleet, load, power)
    passing = _passing(fleet, activity)
    fuel = _fuel(world.seed, fleet, plan)
    oxygen = _oxygen(world.seed, fleet, plan, load)
    conversion = _conversion(fleet, oxygen)
    flow = _flow(world.seed, fleet, plan, load, conversion)
    running = plan.running[:, None, :]
    trace = np.abs(_white(world.seed, plan, 1, POLLUTANTS)) * 0.002 * fleet.limit[:, :, None]
    clean = fleet.inlet[:, :, None] * fuel * passing / conversion[:, None, :]
    concentration = np.where(running, clean, trace)
    emission = np.where(running, concentration * flow[:, None, :] * KG_PER_HOUR, 0.0)
    temperature, pressure, humidity, ph = _state(world.seed, fleet, plan, load)
    reported = tamper.reported(world.seed, fleet, plan, concentration, conversion, flow)
    return Day(
        plan, load, power, activity, fuel, passing, concentration, reported, emission, flow, conversion,
        oxygen, temperature, pressure, humidity, ph,
    )  # fmt: skip


def _white(seed: int, plan: DayPlan, channel: int, width: int) -> Floats:
    """Independent draws of this day, [N,width,144]."""
    n = len(plan.running)
    return draws(seed, _WHITE + channel, plan.number, n * width, PER_DAY).reshape(n, width, PER_DAY)


def _load(seed: int, fleet: Fleet, plan: DayPlan) -> Floats:
    """Share of full load: shape of the day, slow noise, ramps, what is held steady; 0 when stopped."""
    weekday = (plan.number + 3) % 7
    today, tomorrow = int(weekday > 4), int((weekday + 1) % 7 > 4)
    hours = np.concatenate([fleet.shape[:, today], fleet.shape[:, tomorrow, :1]], axis=1)
    shape = to_slots(1 - fleet.swing[:, None] * (1 - hours))
    ar1 = residual("coal", "load")[0]
    slow = to_slots(noise.scores(seed, _LOAD, plan.number, len(fleet), np.full(len(fleet), ar1)))
    free = shape * (1 + 0.035 * np.clip(slow, -2.5, 2.5))
    held = np.where(np.isnan(plan.steady), free, plan.steady)
    jitter = 1 + 0.008 * _white(seed, plan, 0, 1)[:, 0]
    return np.where(plan.running, np.clip(held * jitter, 0.02, 1.1) * plan.ramp, 0.0)


def expected_treatment_share(load: Floats) -> Floats:
    """Power of a treatment machine over its rating when it runs as it should."""
    return 0.5 + 0.45 * load


def _power(seed: int, fleet: Fleet, plan: DayPlan, load: Floats) -> Floats:
    """Active power of every meter in kW, [N,M,T]; standing machines draw a little for their controls."""
    share = np.empty((len(fleet), METERS, PER_DAY))
    share[:, :PRODUCTION] = (0.16 + 0.78 * load)[:, None, :]
    share[:, PRODUCTION:] = expected_treatment_share(load)[:, None, :]
    on = np.repeat(plan.running[:, None, :], METERS, axis=1)
    on[:, PRODUCTION:] &= plan.machine > 0
    jitter = 1 + 0.012 * _white(seed, plan, 2, METERS)
    return np.where(on, share * jitter, 0.004 * np.abs(jitter)) * fleet.rated[:, :, None]


def _activity(fleet: Fleet, load: Floats, power: Floats) -> Floats:
    """How fully each treatment works, 0–1, judged by its power; the last tenth makes no difference."""
    expected = expected_treatment_share(load)[:, None, :] * fleet.rated[:, PRODUCTION:, None]
    return np.clip(power[:, PRODUCTION:] / expected / 0.9, 0.0, 1.0)


def _passing(fleet: Fleet, activity: Floats) -> Floats:
    """Share of each pollutant that passes, [N,P,T]: grows to ``bypass`` times when its machine stands."""
    own = np.take_along_axis(activity, fleet.treated_by[:, :, None], axis=1)
    return np.minimum(fleet.passing[:, :, None] * (1 + (fleet.bypass[:, :, None] - 1) * (1 - own)), 1.0)


def _fuel(seed: int, fleet: Fleet, plan: DayPlan) -> Floats:
    """Factor on the inlet: residual tables over AR(1) scores, or what a planned ratio needs."""
    n = len(fleet)
    parts = [noise.scores(seed, _POLLUTANT + p, plan.number, n, fleet.ar1[:, p]) for p in range(POLLUTANTS)]
    score = np.clip(to_slots(np.stack(parts, axis=1)), -2.25, 2.25)
    jitter = np.exp(0.02 * np.clip(_white(seed, plan, 3, POLLUTANTS), -3, 3))
    place = (score - fleet.z[0]) / (fleet.z[1] - fleet.z[0])
    low = np.minimum(place.astype(np.intp), len(fleet.z) - 2)
    left = np.take_along_axis(fleet.curves, low, axis=2)
    right = np.take_along_axis(fleet.curves, low + 1, axis=2)
    free = np.exp(left + (right - left) * (place - low)) * plan.boost
    usual = (fleet.inlet * fleet.passing / fleet.limit)[:, :, None]
    return np.where(np.isnan(plan.ratio), free, plan.ratio / usual) * jitter


def _oxygen(seed: int, fleet: Fleet, plan: DayPlan, load: Floats) -> Floats:
    """Oxygen in the flue gas, %: more at low load; air when stopped; NaN for water."""
    slow = to_slots(noise.scores(seed, _OXYGEN, plan.number, len(fleet), np.full(len(fleet), 0.8)))
    room = (AIR - fleet.o2)[:, None]
    hot = fleet.o2[:, None] + room * (0.12 * (0.85 - load) + 0.02 * np.clip(slow, -3, 3))
    jitter = 0.04 * _white(seed, plan, 4, 1)[:, 0]
    return np.where(plan.running, np.clip(hot + jitter, 1.0, 19.0), AIR + 0.3 * jitter)


def _conversion(fleet: Fleet, oxygen: Floats) -> Floats:
    """Factor from measured to reference O2; 1 for water, and where there is air instead of flue gas."""
    burning = oxygen < 19.5
    factor = (21 - fleet.o2_reference[:, None]) / (21 - np.where(burning, oxygen, 0.0))
    return np.where(burning & fleet.gas[:, None], factor, 1.0)


def _flow(seed: int, fleet: Fleet, plan: DayPlan, load: Floats, conversion: Floats) -> Floats:
    """Dry standard m³/s at actual O2, or L/s. Works smooth their waste water in a tank; batches stop at
    night.
    """
    hour = np.arange(PER_DAY) // 6
    water = np.where(fleet.swing[:, None] == 1.0, load, 0.55 + 0.45 * load)
    batch = fleet.intermittent[:, None] & ((hour < 8) | (hour >= 18))
    drive = np.where(fleet.gas[:, None], load * conversion, np.where(batch, 0.0, water))
    jitter = 1 + 0.015 * _white(seed, plan, 5, 1)[:, 0]
    return np.where(plan.running, fleet.flow[:, None] * drive * jitter * plan.throttle, 0.0)


def _state(seed: int, fleet: Fleet, plan: DayPlan, load: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Temperature °C, static pressure kPa, moisture %, pH."""
    white = _white(seed, plan, 6, 4)
    warm = np.where(fleet.gas[:, None], 0.86 + 0.16 * load, 1.0)
    temperature = fleet.temperature[:, None] * warm + 0.4 * white[:, 0]
    cold = 12 + 0.5 * white[:, 0]
    temperature = np.where(plan.running | ~fleet.gas[:, None], temperature, cold)
    pressure = np.where(plan.running, -0.35 - 0.25 * load, 0.0) + 0.01 * white[:, 1]
    humidity = np.where(plan.running, fleet.humidity[:, None] * (0.9 + 0.12 * load), 2.0) + 0.12 * white[:, 2]
    return temperature, pressure, humidity, 7.35 + 0.09 * white[:, 3]
