"""A second opinion: pairs recorded from ioos_qc and pecos, answered by our kernels; the rest: docs/peers.md.

Flags of ioos_qc (QARTOD): 1 good, 2 unknown, 3 suspect, 4 fail, 9 missing.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from yuanjian.screening.kernels import exceed_run
from yuanjian.screening.kernels.moments import rolling_moments

Vector = dict[str, Any]
VECTORS = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "data" / "peer_vectors.jsonl").read_text().splitlines()
]


def of(function: str) -> list[Vector]:
    return [vector for vector in VECTORS if vector["function"] == function]


def numbers(values: list[Any]) -> npt.NDArray[np.float64]:
    """[1, T]; some of the missing values are wrapped in a list."""
    plain = [value[0] if isinstance(value, list) else value for value in values]
    return np.array([[np.nan if value is None else float(value) for value in plain]])


def step(times: list[Any]) -> float:
    seconds = [datetime.fromisoformat(t).timestamp() if isinstance(t, str) else float(t) for t in times]
    return float(np.median(np.diff(seconds))) if len(seconds) > 1 else 1.0


def moments(values: npt.NDArray[np.float64], count: int, span: int) -> tuple[Any, Any, Any]:
    known = np.isfinite(values)
    return rolling_moments(np.where(known, values, 0.0), known, count, span)


def above(values: npt.NDArray[np.float64], bound: float) -> npt.NDArray[np.bool_]:
    """Samples in runs above a bound, [T]."""
    found = np.zeros(values.shape[1], np.bool_)
    for _, first, last in zip(*exceed_run(values, np.isfinite(values), bound, 1), strict=True):
        found[first:last] = True
    return found


@pytest.mark.parametrize("vector", of("gross_range_test"))
def test_gross_range(vector: Vector) -> None:
    args = vector["args"]
    values = numbers(args["inp"])
    flags = np.where(np.isfinite(values[0]), 1, 9)
    for (low, high), flag in ((args["suspect_span"], 3), (args["fail_span"], 4)):
        flags = np.where(above(values, high) | above(-values, -low), flag, flags)
    assert flags.tolist() == vector["output"]


@pytest.mark.parametrize("vector", of("check_range"))
def test_check_range(vector: Vector) -> None:
    low, high = vector["args"]["bound"]
    for name, column in vector["args"]["data"]["columns"].items():
        values = numbers(column)
        good = ~(above(values, high) | above(-values, -low))
        assert good.tolist() == vector["output"]["columns"][name]


def flat_line(vector: Vector) -> list[int]:
    args = vector["args"]
    values = numbers(args["inp"]) if args["inp"] else np.empty((1, 0))
    flags = np.where(np.isfinite(values[0]), 1, 9)
    for threshold, flag in ((args["suspect_threshold"], 3), (args["fail_threshold"], 4)):
        count = int(threshold / step(args["tinp"])) + 1
        flags = np.where(moments(values, count, count)[2][0] < args["tolerance"], flag, flags)
    return [int(flag) for flag in flags]


def with_gaps(vector: Vector) -> bool:
    return bool(np.isnan(numbers(vector["args"]["inp"])).any()) if vector["args"]["inp"] else False


@pytest.mark.parametrize("vector", [v for v in of("flat_line_test") if not with_gaps(v)])
def test_flat_line(vector: Vector) -> None:
    assert flat_line(vector) == vector["output"]


@pytest.mark.parametrize("vector", [v for v in of("flat_line_test") if with_gaps(v)])
def test_flat_line_with_gaps_differs_only_in_what_we_do_not_claim(vector: Vector) -> None:
    """ioos_qc counts places, missing ones too; we ask for as many values, and claim less."""
    ours, theirs = flat_line(vector), vector["output"]
    assert all(mine <= other for mine, other in zip(ours, theirs, strict=True))
    assert ours != theirs


@pytest.mark.parametrize("vector", of("attenuated_signal_test"))
def test_attenuated_signal(vector: Vector) -> None:
    args = vector["args"]
    values = numbers(args["inp"])
    known = np.isfinite(values[0])
    which = 1 if args["check_type"] == "std" else 2
    flags = np.where(known, 1, 9)
    if args["test_period"] is None:
        count = max(int(known.sum()), 1)
        moved = np.full(values.shape[1], np.nan)
        moved[known] = np.nanmax(np.append(moments(values, count, values.shape[1])[which], -np.inf))
    else:
        moved = growing(values, args, which)
    flags = np.where(known & np.isnan(moved), 2, flags)
    for threshold, flag in ((args["suspect_threshold"], 3), (args["fail_threshold"], 4)):
        flags = np.where(known & (moved < threshold), flag, flags)
    assert flags.tolist() == vector["output"]


def growing(values: npt.NDArray[np.float64], args: dict[str, Any], which: int) -> npt.NDArray[np.float64]:
    """The moment over up to a period, of as many values as there are; NaN below the least."""
    width = int(args["test_period"] / step(args["tinp"]))
    least = args["min_obs"] or (args["min_period"] or 0) / step(args["tinp"])
    result = np.full(values.shape[1], np.nan)
    for count in range(max(int(least), 1), width + 1):
        found = moments(values, count, width)[which][0]
        result = np.where(np.isfinite(found), found, result)
    return result


STAGNANT = [(at, name) for at, vector in enumerate(of("check_delta")) for name in vector["output"]["columns"]]


@pytest.mark.parametrize(("at", "name"), STAGNANT)
def test_check_delta_below_its_bound(at: int, name: str) -> None:
    """Stagnant: max - min over a window below the bound marks the window. Equal away from missing values."""
    vector = of("check_delta")[at]
    args = vector["args"]
    values = numbers(args["data"]["columns"][name])
    count = int(args["window"] / step(args["data"]["index"])) + 1
    extent = moments(values, count, count)[2][0]
    good = np.ones(values.shape[1], np.bool_)
    for end in np.flatnonzero(extent < args["bound"][0]):
        good[end - count + 1 : end + 1] = False
    theirs = np.array(vector["output"]["columns"][name])
    missing = np.flatnonzero(np.isnan(values[0]))
    apart = np.ones(values.shape[1], np.bool_)
    for gap in (0, *missing, values.shape[1] - 1):
        apart[max(gap - count, 0) : gap + count + 1] = False
    differs = (good != theirs) & apart
    assert not differs.any()
