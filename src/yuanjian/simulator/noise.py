"""Noise that is a function of time: any day can be drawn alone and is the same every time.

A score at hour h is a weighted sum of the last `MEMORY` independent draws (an AR(1) process cut off where its
memory has faded), so no state is carried from one window to the next.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
MEMORY = 48


@lru_cache(maxsize=128)
def draws(seed: int, channel: int, day: int, rows: int, columns: int) -> Floats:
    """Independent standard normal draws of one day, float [rows, columns]."""
    array = np.random.default_rng([seed, channel, day]).standard_normal((rows, columns))
    array.setflags(write=False)
    return array


def scores(seed: int, channel: int, day: int, rows: int, ar1: Floats) -> Floats:
    """AR(1) scores at hours 0…24 of a day, float [rows, 25]; ``ar1`` per row, per hour."""
    days = [draws(seed, channel, day + shift, rows, 24) for shift in (-2, -1, 0, 1)]
    white = np.concatenate(days, axis=1)
    weight = np.sqrt((1 - ar1**2) / (1 - ar1 ** (2 * MEMORY)))[:, None]
    total = np.zeros((rows, 25))
    for lag in range(MEMORY):
        total += weight * white[:, 48 - lag : 73 - lag]
        weight = weight * ar1[:, None]
    return total


def to_slots(hours: Floats) -> Floats:
    """Values at hours 0…24 read on the straight lines between them at the middle of 144 slots."""
    share = (np.arange(6) + 0.5) / 6
    lines = hours[..., :-1, None] * (1 - share) + hours[..., 1:, None] * share
    return lines.reshape(*hours.shape[:-1], 144)
