"""Change of level and peer distance beside PELT and LOF: `yuanjian bench learning --trends --peer-python PY`.

The same daily means and monthly features of real stacks for each, honest and with values of one factor scaled
from some day on. PELT looks at the whole year at once; ours (M735) says it a week after the day. Peers: the
outlets of one kind, features as in M733. Compared at one false outlet-month or change of a year.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from yuanjian.screening import catalogue
from yuanjian.screening.kernels.shifts import shift_gain
from yuanjian.simulator.patterns.plants import SLOTS, Plant

Floats = npt.NDArray[np.float64]
HERE = Path(__file__).parent
FACTOR, DAYS, MONTH = "a21002", 364, 30
PELT = (10.0, 20.0, 40.0, 80.0, 160.0, 320.0)
OURS = (12.0, 20.0, 30.0, 40.0)
FALL = float(np.log(0.6))
"""A fall by 40 % is a warning of M735."""
NEAR = 7
"""A change is found if it is told so many days about its day."""
NEIGHBOURS = 20
FALSE = 1.0


def report(plants: Sequence[Plant], seed: int, peer_python: str) -> dict[str, Any]:
    """The figures of changes and of peers."""
    rng = np.random.default_rng(seed)
    days = np.array([rng.integers(60, DAYS - 60) for _ in plants])
    share = rng.uniform(0.15, 0.5, len(plants))
    honest = np.stack([_hours(plant) for plant in plants])
    since = np.arange(honest.shape[1]) >= 24 * days[:, None]
    bad = np.where(since, honest * share[:, None], honest)
    power = np.stack([_power(plant) for plant in plants])
    levels = np.concatenate([_levels(honest), _levels(bad)])
    groups = np.array([plant.kind for plant in plants])
    months = {"honest": _features(honest, power), "bad": _features(bad, power)}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "input.npz"
        np.savez(path, levels=levels, groups=groups, penalties=np.array(PELT), k=NEIGHBOURS, **months)
        command = [peer_python, str(HERE / "_trend_peers.py"), str(path)]
        told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    robust = {name: _robust(months["honest"], months[name], groups) for name in months}
    lof = {name: np.array(told[name]) for name in months}
    return {
        "outlets": len(plants),
        "changes": {
            **{f"M735, gain {gain:.0f}": _of_changes(_ours(levels, gain), days) for gain in OURS},
            **{f"PELT, penalty {name}": _of_changes(found, days) for name, found in told["pelt"].items()},
        },
        "peers": {"robust z": _of_peers(robust, days), "LOF": _of_peers(lof, days)},
    }


def _hours(plant: Plant) -> Floats:
    """Valid hours with production on, NaN elsewhere; whole days."""
    own = plant.series[FACTOR]
    stands = plant.marked("stopped", "starting", "stopping") | ~plant.runs()
    fit = own.valid(slice(None)) & ~stands
    return np.where(fit, own.values.astype(np.float64), np.nan)[: 24 * DAYS]


def _power(plant: Plant) -> Floats:
    kw = np.sum([own.kw for own in plant.meters.values() if own.role == "production"], axis=0)
    return np.asarray(kw.reshape(-1, SLOTS).mean(axis=1)[: 24 * DAYS], np.float64)


def _levels(hours: Floats) -> Floats:
    """Logarithms of daily means with at least 16 hours, [S, D]."""
    days = hours.reshape(len(hours), DAYS, 24)
    known = np.isfinite(days) & (days > 0)
    count = known.sum(axis=2)
    means = np.where(known, days, 0.0).sum(axis=2) / np.maximum(count, 1)
    return np.where(count >= 16, np.log(np.maximum(means, 1e-6)), np.nan)


def _features(hours: Floats, power: Floats) -> Floats:
    """Logarithms of median, variation and value for a unit of power of each month, [S, M, 3]."""
    size = DAYS // MONTH
    result = np.full((len(hours), size, 3), np.nan)
    for s, month in np.ndindex(len(hours), size):
        part = slice(24 * MONTH * month, 24 * MONTH * (month + 1))
        fit = np.isfinite(hours[s, part]) & (power[s, part] > 0)
        own = hours[s, part][fit]
        if own.size >= 200 and own.mean() > 0 and np.median(own) > 0:
            unit = np.median(own / power[s, part][fit])
            result[s, month] = np.log([np.median(own), max(own.std() / own.mean(), 1e-3), unit])
    return result


def _ours(levels: Floats, gain: float) -> list[list[float]]:
    """As `methods.dq_trend.level_shift`, with another penalty."""
    params = catalogue.load()["M735"].params
    before, after = int(params["before"]), int(params["after"])
    gains, sizes = shift_gain(levels, np.isfinite(levels), before, after, int(params["min_known"]))
    found: list[list[float]] = []
    for s, day in zip(*np.nonzero(gains > gain), strict=True):
        if gains[s, day] >= np.nanmax(gains[s, max(0, day - after) : day + after]):
            found.append([int(s), int(day), float(sizes[s, day])])
    return found


def _of_changes(found: Sequence[Sequence[float]], days: npt.NDArray[np.int64]) -> dict[str, float]:
    """Falls by 40 % and more: of honest outlets a year, and falsified ones found about their day."""
    falls = [(int(row), int(day)) for row, day, size in found if size <= FALL]
    honest = sum(row < len(days) for row, _ in falls)
    seen = {
        row - len(days) for row, day in falls if row >= len(days) and abs(day - days[row - len(days)]) <= NEAR
    }
    return {
        "false_per_outlet_year": round(honest / len(days) * 365 / DAYS, 2),
        "found": round(len(seen) / len(days), 3),
    }


def _robust(honest: Floats, asked: Floats, groups: npt.NDArray[np.str_]) -> Floats:
    """Greatest robust z of a feature against the honest outlets of the group, as M733."""
    result = np.zeros(asked.shape[:2])
    scale = float(catalogue.load()["M733"].params["min_scale"])
    for group in np.unique(groups):
        rows = groups == group
        if rows.sum() > 8:
            centre = np.nanmedian(honest[rows], axis=0)
            spread = 1.4826 * np.nanmedian(np.abs(honest[rows] - centre), axis=0)
            z = np.abs(asked[rows] - centre) / np.maximum(spread, scale)
            result[rows] = np.nan_to_num(z).max(axis=2)
    return result


def _of_peers(scores: dict[str, Floats], days: npt.NDArray[np.int64]) -> dict[str, float]:
    """Falsified outlets of which a whole month lies above what honest ones reach once a year."""
    bound = float(np.quantile(scores["honest"], 1.0 - FALSE * MONTH / 365.0))
    first = -(-days // MONTH)
    found = [bool((scores["bad"][s, month:] > bound).any()) for s, month in enumerate(first)]
    anyway = [bool((scores["honest"][s, month:] > bound).any()) for s, month in enumerate(first)]
    return {
        "bound": round(bound, 2),
        "found": round(float(np.mean(found)), 3),
        "anyway": round(float(np.mean(anyway)), 3),
    }
