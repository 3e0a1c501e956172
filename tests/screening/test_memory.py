"""The models of electricity and doors over a hundred days, longer than any of them remembers."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest
from province import HOUR, START, outlet

from yuanjian.screening import catalogue, engine, records
from yuanjian.screening.findings import Finding
from yuanjian.screening.frames import EVENT_COLUMNS, READING_COLUMNS, FixedRegistry, FrameReadings
from yuanjian.screening.ports import Chain, OutletContext
from yuanjian.screening.thresholds import CataloguePolicy, Confirmation
from yuanjian.series import MarkPeriod

DAYS, PER_DAY = 100, 144
SLOTS = DAYS * PER_DAY
END = START + DAYS * 24 * HOUR
MODELS = catalogue.load()
CODES = (
    "M302", "M303", "M304", "M305", "M306", "M307", "M308", "M313", "M314",
    "M414", "M416", "M417", "M418", "M725", "M726",
)  # fmt: skip
POLICY = CataloguePolicy(
    MODELS.models, {code: Confirmation("测试", "测试") for code in (*CODES, "M205", "M235")}
)
WALL = timedelta(minutes=10)


def _frame(point: int, factor: str, cadence: str, step: timedelta, values: np.ndarray) -> pl.DataFrame:
    start = START.replace(tzinfo=None)
    times = np.datetime64(start, "us") + np.arange(len(values)) * np.timedelta64(step)
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


def _power(rng: np.random.Generator, number: int) -> list[pl.DataFrame]:
    wave = 400 + 60 * np.sin(np.arange(SLOTS) * 2 * np.pi / PER_DAY) + 4 * rng.standard_normal(SLOTS)
    production, treatment = wave.copy(), 0.5 * wave + 100
    for first in rng.integers(0, SLOTS, 25):
        length, lag = int(rng.integers(6, 200)), int(rng.integers(-12, 12))
        production[first : first + length] = 1.0
        treatment[max(first + lag, 0) : first + length + lag] = 1.0
    for first in rng.integers(0, SLOTS, 12):
        treatment[first : first + int(rng.integers(6, 100))] *= rng.choice([0.2, 0.4])
    for day in rng.integers(0, DAYS - 4, 4):
        part = slice(day * PER_DAY, (day + int(rng.integers(1, 4))) * PER_DAY)
        treatment[part] = 290 + 0.2 * rng.standard_normal(len(treatment[part]))
    for day in rng.integers(0, DAYS, 3):
        for slot in range(day * PER_DAY, day * PER_DAY + 120, 12):
            treatment[slot : slot + 4] = 1.0
    amperes = treatment * 1.79
    for first in rng.integers(0, SLOTS, 5):
        part = slice(first, first + int(rng.integers(6, 200)))
        treatment[part] *= rng.choice([-1.0, 0.6])
    for first in rng.integers(0, SLOTS, 10):
        treatment[first : first + int(rng.integers(1, 60))] = np.nan
    return [
        _frame(1000 + number, "d20701", "minute", WALL, production),
        _frame(1000 + number, "d30701", "minute", WALL, treatment),
        _frame(1000 + number, "d30401", "minute", WALL, amperes),
    ]


def _events(rng: np.random.Generator, number: int) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for minute in np.sort(rng.integers(0, DAYS * 1440, 40)):
        at = START + int(minute) * timedelta(minutes=1)
        method = rng.choice(["卡", "卡+指纹", "机械钥匙", ""], p=[0.5, 0.3, 0.05, 0.15])
        text = (
            f'{{"state": "1", "id": "门1", "method": "{method}", "person": "{rng.choice(["甲", "乙", ""])}"}}'
        )
        rows.append((2000 + number, "door", "i3310", at, text))
        if rng.random() < 0.8:
            left = at + int(rng.integers(5, 700)) * timedelta(minutes=1)
            rows.append((2000 + number, "door", "i3310", left, '{"state": "0", "id": "门1"}'))
    for minute in rng.integers(0, DAYS * 1440, 10):
        at = START + int(minute) * timedelta(minutes=1)
        rows.append((number, "state", "i32001", at, str(rng.integers(0, 3))))
        rows.append((number, "log", "i31001", at + 3 * HOUR, str(rng.choice(["门禁被撬", "正常"]))))
    return rows


def _marks(rng: np.random.Generator, number: int) -> list[MarkPeriod]:
    found = []
    for kind in ("maintenance", "calibration", "stopped", "stopped"):
        first = START + int(rng.integers(0, DAYS * 24)) * HOUR
        found.append(MarkPeriod(number, None, kind, first, first + int(rng.integers(2, 90)) * HOUR))
    return found


def _orders(rng: np.random.Generator, contexts: tuple[OutletContext, ...]) -> pl.DataFrame:
    """Maintenance orders at times of their own, some issued too late."""
    rows = []
    for context in contexts:
        for number, minute in enumerate(rng.integers(0, DAYS * 1440, 60)):
            start = START + int(minute) * timedelta(minutes=1)
            end, issued = (start + int(hours) * HOUR for hours in (rng.integers(1, 9), rng.integers(0, 120)))
            about = {
                "enterprise": context.enterprise,
                "outlet": context.outlet,
                "people": rng.choice(["甲", "丙"]),
            }
            rows.append(
                about | {"id": number, "start": start, "end": end, "issued_at": issued, "kind": "patrol"}
            )
    return records.frame("maintenance_order", rows)


def _values(rng: np.random.Generator, number: int, factors: tuple[str, ...]) -> list[pl.DataFrame]:
    frames = []
    for factor in factors:
        values = 40 * (1 + 0.04 * rng.standard_normal(DAYS * 24))
        if factor == "w00000":
            for day in rng.integers(0, DAYS, 30):
                values[day * 24 : day * 24 + 24 : 6] *= 0.4
        else:
            for first in rng.integers(0, DAYS * 24, 60):
                values[first : first + 4] *= 0.3
        frames.append(_frame(number, factor, "hour", HOUR, values))
    return frames


def _renamed(context: OutletContext) -> OutletContext:
    """Meters coded as the standard's examples have them, so that currents are found."""
    assert context.chain is not None
    (production,), (treatment,) = context.chain.production, context.chain.treatment
    return replace(
        context,
        chain=Chain((replace(production, factor="d20701"),), (replace(treatment, factor="d30701"),)),
    )


def _run(seed: int, start: datetime) -> list[Finding]:
    rng = np.random.default_rng(seed)
    gas = outlet(1, factors=("a21026", "a19001"))
    water = outlet(3, "water", factors=("w01018", "w00000"))
    told = frozenset({"maintenance_order"})
    contexts = tuple(replace(_renamed(context), records=told) for context in (gas, water))
    rows, events, marks = [], [], []
    for context in contexts:
        rows += _power(rng, context.point) + _values(rng, context.point, context.factors)
        events += _events(rng, context.point)
        marks += _marks(rng, context.point)
    readings = FrameReadings(pl.concat(rows), pl.DataFrame(events, schema=EVENT_COLUMNS, orient="row"))
    orders = {"maintenance_order": _orders(rng, contexts)}
    registry = FixedRegistry(contexts, tuple(marks), orders)
    models = [MODELS[code] for code in CODES]
    return engine.run(models, readings, registry, POLICY, start=start, end=END, now=END).findings


@pytest.fixture(scope="module")
def whole() -> dict[int, list[Finding]]:
    """Everything, by seed."""
    return {seed: _run(seed, START) for seed in (1, 2, 3)}


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("hours", [5, 50, 400])
def test_the_last_hours_give_what_everything_gives(
    whole: dict[int, list[Finding]], seed: int, hours: int
) -> None:
    edge = END - hours * HOUR
    assert _run(seed, edge) == [finding for finding in whole[seed] if finding.end > edge]


def test_all_of_them_speak(whole: dict[int, list[Finding]]) -> None:
    assert {finding.model for findings in whole.values() for finding in findings} == set(CODES)


@pytest.mark.parametrize("code", ["M235", "M726"])
def test_what_is_costly_to_load_is_followed_back_beside_models_with_a_long_memory(code: str) -> None:
    """A model with a short memory in a scene that others made deep: its finding keeps its beginning."""
    context = outlet(3, "water", factors=("w01018", "w00000"), chain=None, door_points=())
    flow = 12 + 0.01 * (np.arange(DAYS * 24) % 89)
    flow[60 * 24 :: 6] *= 0.4
    readings = FrameReadings(_frame(3, "w00000", "hour", HOUR, flow))
    starts = set()
    for start in (START, END - 5 * HOUR):
        models = [MODELS[code], replace(MODELS["M205"], lookback=timedelta(days=69))]
        report = engine.run(
            models, readings, FixedRegistry((context,)), POLICY, start=start, end=END, now=END
        )
        starts |= {finding.start for finding in report.findings if finding.model == code}
    assert starts == {START + timedelta(days=60)}
