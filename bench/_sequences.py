"""Which way of telling odd six hours measures best: `yuanjian bench learning --sequences`.

The same pictures (`screening.learnt.windows`: movements of eight channels by ten minutes) of the same outlets
for each: learned from the first third of a year, what is usual from the second, asked about the third, honest
and with a pollutant falsified for a day. Minutes are **synthetic**: drawn between real hours
(`simulator/patterns/layers.py`). Compared at the same number of false days: each bound is the quantile of the
days kept aside that lets `FALSE` days of a year pass, one for rests too large and one for those too small.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors
from sklearn.neural_network import MLPRegressor

from yuanjian.screening.learnt import norms, windows
from yuanjian.screening.learnt.windows import A_DAY, CHANNELS, FACTORS, MOSTLY, MOVES, STEPS, TINY
from yuanjian.simulator.patterns import layers
from yuanjian.simulator.patterns.plants import Plant

Floats = npt.NDArray[np.float64]
Change = Callable[[Floats, np.random.Generator], Floats]
Rebuild = Callable[[Floats], Floats]
"""What a method makes of pictures [n, 280] that it has to rebuild."""
FALSE = 1.0
"""False days of an outlet and year for each of the two bounds."""
THIRD = 120
"""Days."""
A_DRAW = 20
POLLUTANTS = 3

CHANGES: dict[str, Change] = {
    "flat": lambda own, rng: np.full_like(own, own[0]),
    "smooth": lambda own, rng: own.mean() * (1.0 + 0.002 * rng.standard_normal(own.size)),
    "capped": lambda own, rng: np.minimum(own, np.quantile(own, 0.25)),
    "invented": lambda own, rng: own.mean() * (1.0 + 0.1 * rng.standard_normal(own.size)),
    "backwards": lambda own, rng: own[::-1].copy(),
    "scaled to 40 %": lambda own, rng: 0.4 * own,
}
"""A day of a pollutant [144] and what becomes of it."""


def report(plants: Sequence[Plant], seed: int) -> dict[str, Any]:
    """Share of the falsified days found by each method."""
    rng = np.random.default_rng(seed)
    made = [own for plant in plants if _enough(own := days_of(plant))]
    parts = {"early": slice(0, THIRD), "kept": slice(THIRD, 2 * THIRD), "asked": slice(2 * THIRD, 3 * THIRD)}
    days = {name: [own[part] for own in made] for name, part in parts.items()}
    days |= {
        name: [_falsified(own, change, rng) for own in days["asked"]] for name, change in CHANGES.items()
    }
    spread = [norms.usual(own.transpose(0, 1, 3, 2).reshape(-1, CHANNELS))[1] for own in days["early"]]
    moves = {
        name: [
            windows.movements(own.reshape(-1, CHANNELS, STEPS), wide)
            for own, wide in zip(some, spread, strict=True)
        ]
        for name, some in days.items()
    }
    early = np.nan_to_num(np.concatenate(moves["early"])).reshape(-1, CHANNELS * MOVES)
    result: dict[str, Any] = {"outlets": len(made), "windows": len(early)}
    for name, build in METHODS.items():
        began = time.monotonic()
        rebuild = build(early, seed)
        took = time.monotonic() - began
        logs = {part: [rests(rebuild, own) for own in some] for part, some in moves.items()}
        result[name] = {"learned_s": round(took, 1), **_compared(logs)}
    return result


def rests(rebuild: Rebuild, moves: Floats) -> Floats:
    """As `windows.rests`, whatever the method."""
    known = np.isfinite(moves)
    filled = np.where(known, moves, 0.0)
    left = filled - rebuild(filled.reshape(len(moves), -1)).reshape(moves.shape)
    count = known.sum(axis=2)
    square = np.where(known, left**2, 0.0).sum(axis=2) / np.maximum(count, 1)
    return np.where(count >= MOSTLY * MOVES, np.log(square + TINY), np.nan)


def _compared(logs: dict[str, list[Floats]]) -> dict[str, float]:
    """Days above either bound."""
    usual = [norms.usual(own) for own in logs["kept"]]
    z = {
        part: np.nan_to_num(
            np.concatenate(
                [
                    windows.of_days(own, centre, np.maximum(wide, 0.1))[:, :POLLUTANTS]
                    for own, (centre, wide) in zip(some, usual, strict=True)
                ]
            )
        )
        for part, some in logs.items()
    }
    bounds = [float(np.quantile((way * z["kept"]).max(axis=1), 1.0 - FALSE / 365.0)) for way in (1.0, -1.0)]

    def share(part: str) -> float:
        odd = (z[part].max(axis=1) > bounds[0]) | (-z[part].min(axis=1) > bounds[1])
        return float(odd.mean())

    found = {part: round(share(part), 3) for part in CHANGES}
    return {"false_per_outlet_year": round(365.0 * share("asked"), 2), **found}


def days_of(plant: Plant) -> Floats:
    """Days of a plant [D, 4, 8, 36]; NaN where it stands, starts, stops or is serviced."""
    day = plant.hours // 24
    result = np.full((day * A_DAY * STEPS, CHANNELS), np.nan)
    for channel, code in enumerate(FACTORS[plant.medium]):
        if code in plant.series:
            own = plant.series[code]
            fine = layers.minutes(plant, own, 0, day * 24, channel).reshape(-1, 10).mean(axis=1)
            result[:, channel] = np.where(np.repeat(own.flags[: day * 24] == 1, 6), fine, np.nan)
    load = [own.kw for own in plant.meters.values() if own.role == "production"]
    result[:, -1] = np.sum(load, axis=0)[: len(result)]
    stands = ~plant.runs() | plant.marked("starting", "stopping", "maintenance", "calibration")
    result[np.repeat(stands[: day * 24], 6)] = np.nan
    return result.reshape(day, A_DAY, STEPS, CHANNELS).transpose(0, 1, 3, 2)


def _whole(days: Floats) -> npt.NDArray[np.bool_]:
    has = np.isfinite(days).any(axis=(0, 1, 3))
    return np.isfinite(days[:, :, has]).all(axis=(1, 2, 3))


def _enough(days: Floats) -> bool:
    """Does each third hold some whole days?"""
    return all(_whole(days[at : at + THIRD]).sum() >= A_DRAW for at in (0, THIRD, 2 * THIRD))


def _falsified(days: Floats, change: Change, rng: np.random.Generator) -> Floats:
    """Some whole days with one pollutant changed."""
    has = np.isfinite(days).any(axis=(0, 1, 3))
    result = days[np.sort(rng.permutation(np.flatnonzero(_whole(days)))[:A_DRAW])].copy()
    for own in result:
        channel = int(rng.choice(np.flatnonzero(has[:POLLUTANTS])))
        own[:, channel] = change(own[:, channel].ravel(), rng).reshape(A_DAY, STEPS)
    return result


def _pca(parts: int) -> Callable[[Floats, int], Rebuild]:
    def build(early: Floats, seed: int) -> Rebuild:
        model = PCA(parts, random_state=seed).fit(early)
        return lambda own: model.inverse_transform(model.transform(own))

    return build


def _mlp(early: Floats, seed: int) -> Rebuild:
    chosen = early[np.random.default_rng(seed).permutation(len(early))[:10000]]
    model = MLPRegressor(hidden_layer_sizes=(128, 64, 128), max_iter=80, tol=1e-3, random_state=seed)
    model.fit(chosen, chosen)
    return lambda own: model.predict(own)


def _nearest(early: Floats, seed: int) -> Rebuild:
    """The most alike window that was learned: the distance of a matrix profile, over all channels."""
    chosen = early[np.random.default_rng(seed).permutation(len(early))[:5000]].astype(np.float32)
    model = NearestNeighbors(n_neighbors=1).fit(chosen)
    return lambda own: chosen[model.kneighbors(own.astype(np.float32), return_distance=False)[:, 0]]


METHODS: dict[str, Callable[[Floats, int], Rebuild]] = {
    "nothing learned: movement itself": lambda early, seed: np.zeros_like,
    "PCA 8": _pca(8),
    "PCA 16": _pca(16),
    "PCA 32": _pca(32),
    "PCA 64": _pca(64),
    "MLP autoencoder 128-64-128": _mlp,
    "nearest window": _nearest,
}
