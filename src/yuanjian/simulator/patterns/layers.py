"""What real series do not have and models need: electricity, minutes, doors. Synthetic, and said so."""

from __future__ import annotations

import json
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from yuanjian.series import FlagCode
from yuanjian.simulator.patterns.plants import SLOTS, Bytes, Event, Floats, Mark, Meter, Plant, Series

Bools = npt.NDArray[np.bool_]
Doubles = npt.NDArray[np.float64]
WEEK = 168
VISIT = 58
"""Wednesday 10:00 as an hour of the week: every outlet is serviced once a week."""
PER_VOLT = 1.732 * 0.38 * 0.85
"""kW per ampere of a 380 V machine with a power factor of 0.85."""


def noise(rng: np.random.Generator, size: int, keep: float = 0.9) -> Doubles:
    """An AR(1) of unit variance."""
    shocks = rng.standard_normal(size) * np.sqrt(1.0 - keep**2)
    result = np.empty(size)
    last = rng.standard_normal()
    for at in range(size):
        last = keep * last + shocks[at]
        result[at] = last
    return result


def series(values: npt.NDArray[np.floating[Any]], decimals: int, flags: Bytes | None = None) -> Series:
    """A series at its resolution; what is NaN did not come."""
    shown = np.round(values, decimals).astype(np.float32)
    told = np.full(values.size, FlagCode.N, np.uint8) if flags is None else flags.copy()
    told[~np.isfinite(shown)] = FlagCode.MISSING
    return Series(shown, told, decimals)


def meter(
    role: Literal["production", "treatment"],
    rated: float,
    share: Doubles,
    rng: np.random.Generator,
    machine: str = "",
) -> Meter:
    """A machine that draws a share of its rated power by slots; current beside it."""
    wobble = 1.0 + 0.01 * rng.standard_normal(share.size)
    kw = np.round(rated * share * wobble, 1)
    amperes = np.round(kw / PER_VOLT * (1.0 + 0.01 * rng.standard_normal(share.size)), 1)
    return Meter(role, rated, kw.astype(np.float32), amperes.astype(np.float32), machine)


def by_slots(load: Doubles, on: Doubles) -> Doubles:
    """Load by slots: between the middles of the hours, and only for the share of the hour that ran, [6 T].

    An hour of a start runs at its end, one of a stop at its beginning.
    """
    size = load.size
    middles = (np.arange(size * SLOTS) + 0.5) / SLOTS - 0.5
    smooth = np.interp(middles, np.arange(size), load)
    slot = np.tile(np.arange(SLOTS), size)
    share = np.repeat(on, SLOTS)
    starts = np.repeat(np.concatenate([[0.0], on[:-1]]) < on, SLOTS)
    begin = np.where(starts, SLOTS * (1.0 - share), 0.0)
    end = np.where(starts, SLOTS, SLOTS * share)
    return np.where((slot >= np.round(begin)) & (slot < np.round(end)), np.maximum(smooth, 0.25), 0.0)


def visit(
    plant: Plant, hour: float, *, stay: float = 1.7, person: str = "运维甲", work: str = "maintenance"
) -> None:
    """Somebody opens the door with card and face, works, marks the work, and leaves."""
    first, last = int(hour), int(np.ceil(hour + stay))
    plant.marks.append(Mark(work, first, last))
    for code in (*plant.pollutants, "a19001"):
        if code in plant.series:
            own = plant.series[code]
            part = slice(first, min(last, plant.hours))
            own.flags[part][own.flags[part] == FlagCode.N] = (
                FlagCode.M if work == "maintenance" else FlagCode.C
            )
    opening(plant, hour + 0.1, person)
    closing(plant, hour + stay)


def opening(plant: Plant, hour: float, person: str, method: str = "card face") -> None:
    """The door is opened."""
    plant.events.append(_door(hour, {"id": "1", "state": "1", "person": person, "method": method}))


def closing(plant: Plant, hour: float) -> None:
    """The door is shut."""
    plant.events.append(_door(hour, {"id": "1", "state": "0"}))


def _door(hour: float, content: dict[str, str]) -> Event:
    return Event(hour, "door", "i3310", json.dumps(content, ensure_ascii=False))


def serve(plant: Plant, rng: np.random.Generator, longest: float = 1.9) -> None:
    """A visit of at most so many hours every Wednesday, a calibration every second Monday."""
    for week in range(plant.hours // WEEK):
        visit(plant, week * WEEK + VISIT, stay=float(rng.uniform(0.58 * longest, longest)))
        if week % 2 == 0 and (at := week * WEEK + 9) + 1 < plant.hours:
            calibration(plant, at)


def calibration(plant: Plant, hour: int, hours: int = 1, *, accepted: bool = True) -> None:
    """Gas from a cylinder instead of the stack's, marked."""
    plant.marks.append(Mark("calibration", hour, hour + hours, accepted=accepted))
    for code in plant.pollutants:
        own = plant.series[code]
        part = slice(hour, hour + hours)
        own.flags[part][own.flags[part] == FlagCode.N] = FlagCode.C


def minutes(plant: Plant, own: Series, first: int, last: int, seed: int) -> Floats:
    """60 values for each hour [first, last): between the middles of the hours, their mean the hour's.

    At the plant's edges the course breaks off instead. NaN where the hour has no value. [60 · hours]
    """
    means = (own.values if own.fine is None else own.fine).astype(np.float64)
    around = np.arange(first, last)
    level = means[around]
    left = np.where(_joined(plant, around), means[np.maximum(around - 1, 0)], level)
    nexts = np.minimum(around + 1, means.size - 1)
    right = np.where(_joined(plant, nexts), means[nexts], level)
    left, right = (np.where(np.isfinite(side), side, level) for side in (left, right))
    at = (np.arange(60) + 0.5) / 60.0
    course = np.where(
        at < 0.5,
        left[:, None] * (0.5 - at) + level[:, None] * (0.5 + at),
        level[:, None] * (1.5 - at) + right[:, None] * (at - 0.5),
    )
    rng = np.random.default_rng([seed, first])
    course *= 1.0 + 0.01 * rng.standard_normal(course.shape) + _beat(own, around)
    mean = course.mean(axis=1, keepdims=True)
    scaled = np.where(mean != 0, course * level[:, None] / np.where(mean != 0, mean, 1.0), level[:, None])
    return np.round(scaled, own.decimals + 1).astype(np.float32).ravel()


def _beat(own: Series, hours: npt.NDArray[np.intp]) -> Doubles:
    """The swing of each minute of some hours as a share of the level, [hours, 60]."""
    at = 60.0 * hours[:, None] + np.arange(60)
    swing = np.zeros(at.shape)
    for first, last, period, share in own.beats:
        inside = (at >= 60 * first) & (at < 60 * last)
        swing += np.where(inside, share * np.sin(2 * np.pi * at / period), 0.0)
    return swing


def _joined(plant: Plant, hours: npt.NDArray[np.intp]) -> npt.NDArray[np.bool_]:
    return ~np.isin(hours, list(plant.edges))
