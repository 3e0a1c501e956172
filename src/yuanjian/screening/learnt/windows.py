"""Six hours of an outlet as a picture: how eight channels move from ten minutes to ten minutes.

Movements in the outlet's own spreads: levels drift for honest reasons, texture does so less. The movements
common to an industry, and how much of an outlet's they usually leave, are learned.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from yuanjian.screening.learnt import norms
from yuanjian.screening.learnt.artefact import Artefact
from yuanjian.screening.scene import DAY, HOUR
from yuanjian.screening.task import Task, Words
from yuanjian.screening.wording import factor_words
from yuanjian.series import SeriesKey
from yuanjian.series.validity import VALID_FLAGS

Floats = npt.NDArray[np.float64]
FACTORS = {
    "gas": ("a21002", "a21026", "a34013", "a19001", "a00000", "a01012", "a01011"),
    "water": ("w01018", "w21003", "w21001", "w21011", "w00000", "w01001", "w01010"),
}
JUDGED = {"gas": 3, "water": 4}
"""The first channels are pollutants; the others, and last the load, only tell what moves with them."""
LOAD: Words = ("生产负荷", "load")
CHANNELS = 8
MINUTE, STEP = timedelta(minutes=1), timedelta(minutes=10)
PER_STEP, STEPS, A_DAY = 10, 36, 4
MOVES = STEPS - 1
MOSTLY = 0.8
"""A channel is known in a window if it is in this share of its steps."""
WINDOWS = 3
"""Windows of a day that must be known."""
TINY = 1e-7
"""A rest as good as none; keeps logarithms finite."""
AT_ONCE = 100
"""Outlets whose minutes are in memory at a time."""


def channel_words(channel: int, medium: str) -> Words:
    """A channel in words."""
    return factor_words(FACTORS[medium][channel])[0] if channel < CHANNELS - 1 else LOAD


def pictures(task: Task, rows: Sequence[int], day: datetime) -> Floats:
    """Means by ten minutes of a Beijing day, [S, 4, 8, 36] for some subjects; NaN where nothing may be said.

    Minutes without a flag that lets them count, and hours an exclusion takes out, are left out.
    """
    parts = [rows[at : at + AT_ONCE] for at in range(0, len(rows), AT_ONCE)]
    means = [np.concatenate([_factors(task, some, day), _load(task, some, day)], axis=1) for some in parts]
    first = task.index(day)
    allowed = np.repeat(task.allowed[list(rows), first : first + 24], HOUR // STEP, axis=1)
    whole = np.where(allowed[:, None, :], np.concatenate(means), np.nan)
    return whole.reshape(len(rows), CHANNELS, A_DAY, STEPS).transpose(0, 2, 1, 3)


def _factors(task: Task, rows: Sequence[int], day: datetime) -> Floats:
    """Ten-minute means of the factors, [S, 7, 144]."""
    result = np.full((len(rows), CHANNELS - 1, A_DAY * STEPS), np.nan)
    keys = {
        (at, channel): SeriesKey(outlet.point, code)
        for at, outlet in enumerate(task.subjects[row].outlet for row in rows)
        for channel, code in enumerate(FACTORS[outlet.medium])
        if code in outlet.factors
    }
    cube = task.scene.fine(list(keys.values()), MINUTE, day, day + DAY)
    for place, key in keys.items():
        row = cube.row(key)
        fit = np.isfinite(cube.values[row]) & np.isin(cube.flags[row], VALID_FLAGS)
        result[place] = _means(cube.values[row], fit)
    return result


def _means(minutes: npt.NDArray[np.float32], fit: npt.NDArray[np.bool_]) -> Floats:
    """Means of ten minutes; loggers send one value or ten in that time (HJ 212: 1 to 10 minutes)."""
    known = fit.reshape(-1, PER_STEP)
    count = known.sum(axis=1)
    total = np.where(known, minutes.reshape(-1, PER_STEP).astype(np.float64), 0.0).sum(axis=1)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))


def _load(task: Task, rows: Sequence[int], day: datetime) -> Floats:
    """Power of the production behind each outlet, [S, 1, 144]; NaN without meters."""
    power = task.scene.power(STEP)
    first = (day - power.cube.start) // STEP
    result = np.full((len(rows), 1, A_DAY * STEPS), np.nan)
    for at, row in enumerate(rows):
        chain = task.subjects[row].outlet.chain
        if chain is not None and chain.production:
            result[at] = power.kw[power.rows(chain.production), first : first + A_DAY * STEPS].sum(axis=0)
    return result


def movements(windows: Floats, spread: Floats) -> Floats:
    """Changes from step to step in the spreads [8] of an outlet, [n, 8, 35] of windows [n, 8, 36]."""
    moves = np.diff(windows, axis=2) / spread[:, None]
    return np.asarray(np.clip(moves, -norms.FARTHEST, norms.FARTHEST))


def rests(artefact: Artefact, moves: Floats) -> Floats:
    """ln of the mean square that the learned movements leave of each channel, [n, 8]; NaN where unknown."""
    known = np.isfinite(moves)
    filled = np.where(known, moves, 0.0).reshape(len(moves), -1) - artefact.arrays["mean"]
    parts = artefact.arrays["parts"]
    left = (filled - (filled @ parts.T) @ parts).reshape(moves.shape)
    count = known.sum(axis=2)
    square = np.where(known, left**2, 0.0).sum(axis=2) / np.maximum(count, 1)
    return np.asarray(np.where(count >= MOSTLY * MOVES, np.log(square + TINY), np.nan))


def of_days(logs: Floats, centre: Floats, spread: Floats) -> Floats:
    """How far rests [4 D, 8] are from an outlet's usual, as means of days [D, 8]; NaN with too few known."""
    z = ((logs - centre) / spread).reshape(-1, A_DAY, logs.shape[1])
    known = np.isfinite(z)
    count = known.sum(axis=1)
    means = np.where(known, z, 0.0).sum(axis=1) / np.maximum(count, 1)
    return np.asarray(np.where(count >= WINDOWS, means, np.nan))
