"""The three-value models over 150 days, so that those which learn for 90 days speak too."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from province import HOUR, START, outlet

from yuanjian.screening import catalogue, engine
from yuanjian.screening.findings import Finding
from yuanjian.screening.frames import READING_COLUMNS, FixedRegistry, FrameReadings
from yuanjian.screening.ports import Limit, OutletContext
from yuanjian.screening.thresholds import CataloguePolicy, Confirmation
from yuanjian.series import MarkPeriod

DAYS, PER_DAY = 150, 144
WALL = timedelta(minutes=10)
HOURS = 24 * DAYS
END = START + HOURS * HOUR
MODELS = catalogue.load()
CODES = (
    "M201", "M202", "M203", "M204", "M206", "M207", "M208", "M210", "M211", "M212", "M213", "M214",
    "M218", "M220", "M221", "M222", "M223", "M224", "M225", "M228", "M229", "M233", "M234", "M243",
)  # fmt: skip
POLICY = CataloguePolicy(MODELS.models, {code: Confirmation("测试", "测试") for code in CODES})
GAS = ("a34013", "a21026", "a21002", "a19001", "a01012", "a01013", "a01014")
LEVELS = {"a34013": 30.0, "a21026": 32.0, "a21002": 46.0, "a19001": 8.0, "a01012": 118.0}
LEVELS |= {"a01013": -0.8, "a01014": 11.0}
WATER = ("w01018", "w21003", "w21001", "w00000", "w01001", "w01014", "w01010")
WATER_LEVELS = {"w01018": 30.0, "w21003": 4.0, "w21001": 11.0, "w00000": 12.0, "w01001": 7.4}
WATER_LEVELS |= {"w01014": 900.0, "w01010": 18.0}
Values = dict[str, np.ndarray]


def _frame(point: int, factor: str, cadence: str, step: timedelta, values: np.ndarray) -> pl.DataFrame:
    times = np.datetime64(START.replace(tzinfo=None), "us") + np.arange(len(values)) * np.timedelta64(step)
    rows = pl.DataFrame({"time": times, "value": np.round(values, 2)}).with_columns(
        pl.col("time").dt.replace_time_zone("UTC"),
        point=pl.lit(point, pl.Int32),
        factor=pl.lit(factor),
        cadence=pl.lit(cadence),
        reference=pl.lit(None, pl.Float64),
        flag=pl.lit("N"),
        decimals=pl.lit(2, pl.Int8),
    )
    return rows.filter(pl.col("value").is_finite()).select(list(READING_COLUMNS))


def _place(number: int, factors: tuple[str, ...], medium: str = "gas", firm: int = 1) -> OutletContext:
    limits = tuple(
        Limit(code, "hour" if medium == "gas" else "day", None, 50.0, None, date(2020, 1, 1), None, "许可证")
        for code in factors[:3]
    )
    more = {} if number < 4 else {"chain": None, "door_points": ()}
    return outlet(number, medium, factors=factors, limits=limits, enterprise=firm, **more)


def _noise(rng: np.random.Generator, level: float, spread: float) -> np.ndarray:
    white = rng.standard_normal(HOURS)
    for at in range(1, HOURS):
        white[at] = 0.6 * white[at - 1] + 0.8 * white[at]
    return level * (1 + spread * white)


def _some(rng: np.random.Generator, count: int, length: int, first: int = 24 * 92) -> list[slice]:
    return [slice(at, at + length) for at in rng.integers(first, HOURS - length - 30, count)]


def _stack(rng: np.random.Generator) -> Values:
    """A stack at which everything happens."""
    found = {code: _noise(rng, level, 0.05) for code, level in LEVELS.items()}
    found["a34013"] = np.round(found["a34013"] * 20) / 20
    found["a21002"] = np.minimum(found["a21002"], 49.9 - 0.8 * rng.random(HOURS))
    for part in _some(rng, 2, 80):
        found["a21002"][part] = found["a21026"][part] * 1.5 * (1 + 0.002 * rng.standard_normal(80))
    for part in _some(rng, 2, 90):
        found["a21026"][part] = 31 * (1 + 0.002 * rng.standard_normal(90))
    for part in _some(rng, 2, 20):
        found["a34013"][part] = 50 * (1 + 0.003 * rng.standard_normal(20))
    for part in _some(rng, 6, 1):
        found["a21026"][part] = 66.0
    for code in ("a01012", "a01014"):
        for part in _some(rng, 1, 90):
            found[code][part] = found[code][part.start]
    for day in rng.integers(95, DAYS - 2, 2):
        found["a21026"][24 * day : 24 * day + 24] = found["a21026"][24 * day - 120 : 24 * day - 96]
    for part in _some(rng, 3, 16):
        found["a19001"][part] += 4.5
        for code in ("a34013", "a21026", "a21002"):
            found[code][part] *= 0.4
    for part in _some(rng, 2, 10):
        found["a01012"][part] = 60.0
    for part in _some(rng, 2, 5):
        found["a19001"][part] = 22.3
    found["a21026"][-24 * 12 :] *= 0.6
    return _gaps(rng, found)


def _gaps(rng: np.random.Generator, found: Values) -> Values:
    for part in _some(rng, 2, 30):
        found["a21002"][part] = np.nan
    for day in rng.integers(93, DAYS - 3, 9):
        gap = slice(24 * day + 1, 24 * day + 5)
        found["a21026"][gap.start - 3 : gap.start] = 47.0
        found["a21026"][gap.stop : gap.stop + 10] *= 0.45
        for values in found.values():
            values[gap] = np.nan
    return found


def _sewer(rng: np.random.Generator) -> Values:
    found = {code: _noise(rng, level, 0.05) for code, level in WATER_LEVELS.items()}
    for part in _some(rng, 2, 60):
        found["w21003"][part] *= 4
    for code in ("w01001", "w01014"):
        for part in _some(rng, 1, 60):
            found[code][part] = found[code][part.start]
    for part in _some(rng, 3, 1):
        found["w01001"][part] += 3
    for part in _some(rng, 1, 30):
        found["w01010"][part] += 20
    return found


def _power(rng: np.random.Generator, number: int) -> list[pl.DataFrame]:
    slots = np.arange(DAYS * PER_DAY)
    wave = 400 * (1 + 0.15 * np.sin(slots * 2 * np.pi / 36)) + 4 * rng.standard_normal(slots.size)
    for first in rng.integers(0, slots.size, 4):
        wave[first : first + 100] = 2.0
    return [_frame(1000 + number, f"d20{at}01", "minute", WALL, wave * (1 - 0.4 * at)) for at in (0, 1)]


def _run(seed: int, start: datetime) -> list[Finding]:
    rng = np.random.default_rng(seed)
    first, twin, sewer = _stack(rng), _stack(rng), _sewer(rng)
    for part in _some(rng, 1, 100):
        twin["a21026"][part] = first["a21026"][part]
    peers = {number: {"a21026": _noise(rng, 30.0, 0.05)} for number in range(4, 15)}
    peers[4]["a21026"] = _noise(rng, 3.0, 0.05)
    series = {1: first, 2: twin, 3: sewer, **peers}
    contexts = [_place(1, GAS), _place(2, GAS), _place(3, WATER, "water", 2)]
    contexts += [_place(number, ("a21026",), firm=number) for number in peers]
    rows = [frame for number in (1, 2, 3) for frame in _power(rng, number)]
    rows += [_frame(p, code, "hour", HOUR, v) for p, found in series.items() for code, v in found.items()]
    marks = [_mark(point, int(at)) for point in (1, 2) for at in rng.integers(24 * 30, HOURS - 60, 5)]
    marks += [_mark(1, HOURS - 24 * 12 - 4)]
    models = [MODELS[code] for code in CODES]
    registry = FixedRegistry(tuple(contexts), tuple(marks))
    readings = FrameReadings(pl.concat(rows))
    return engine.run(models, readings, registry, POLICY, start=start, end=END, now=END).findings


def _mark(point: int, hour: int) -> MarkPeriod:
    return MarkPeriod(point, None, "maintenance", START + hour * HOUR, START + (hour + 3) * HOUR)


@pytest.fixture(scope="module")
def whole() -> dict[int, list[Finding]]:
    """Everything, by seed."""
    return {seed: _run(seed, START) for seed in (1, 2)}


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("hours", [7, 200, 1100])
def test_the_last_hours_give_what_everything_gives(
    whole: dict[int, list[Finding]], seed: int, hours: int
) -> None:
    edge = END - hours * HOUR
    assert _run(seed, edge) == [finding for finding in whole[seed] if finding.end > edge]


def test_all_of_them_speak(whole: dict[int, list[Finding]]) -> None:
    assert {finding.model for findings in whole.values() for finding in findings} == set(CODES)
