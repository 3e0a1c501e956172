"""The models of process parameters and energy over a hundred days in which everything happens."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import numpy as np
import polars as pl
import pytest

from yuanjian.clock import BEIJING
from yuanjian.screening import catalogue, engine, records
from yuanjian.screening.findings import Finding
from yuanjian.screening.frames import READING_COLUMNS, FixedRegistry, FrameReadings
from yuanjian.screening.ports import Chain, Limit, OutletContext, PowerMeter, Signal
from yuanjian.screening.thresholds import CataloguePolicy, Confirmation

HOUR, WALL, DAYS = timedelta(hours=1), timedelta(minutes=10), 100
HOURS, SLOTS = 24 * DAYS, 144 * DAYS
START = datetime(2026, 8, 31, 16, tzinfo=UTC)
END = START + HOURS * HOUR
MODELS = catalogue.load()
CODES = (
    "M209", "M226", "M227", "M230", "M231", "M232", "M236", "M244", "M245", "M246",
    "M311", "M315", "M317", "M318", "M319", "M320", "M321", "M323", "M324",
)  # fmt: skip
POLICY = CataloguePolicy(MODELS.models, {code: Confirmation("测试", "测试") for code in CODES})
Values = dict[str, np.ndarray]
GAS_POINT, WATER_POINT, SIGNALS, METERS = 1, 2, 60, 100
ROLES = {
    "t1": "oxidiser_temperature", "sf": "slurry_flow", "ph": "slurry_ph", "nh3": "ammonia_flow",
    "slip": "ammonia_slip", "t2": "scr_temperature", "dp": "pressure_drop", "pulse": "cleaning_pulse",
    "valve": "bypass_valve", "t3": "bypass_temperature", "air": "ambient_temperature",
    "co2": "carbon_dioxide", "flame": "flame_temperature", "h2": "hydrogen_pressure", "ch4": "methane",
    "s1": "species", "s2": "species", "do": "dissolved_oxygen", "qin": "inlet_flow",
    "a21002": "inlet", "a21026": "inlet", "w01018": "inlet",
}  # fmt: skip
DESIGNS = {"t1": 760.0, "flame": 130.0, "t2": 310.0, "w01018": 400.0}
MACHINES = {
    "line": ("production", ""), "p1": ("treatment", "slurry_pump"), "p2": ("treatment", "slurry_pump"),
    "fan": ("treatment", "fan"), "blower": ("treatment", "blower"), "doser": ("treatment", "dosing_pump"),
    "main": ("total", ""),
}  # fmt: skip


def _frame(point: int, factor: str, cadence: str, step: timedelta, values: np.ndarray) -> pl.DataFrame:
    times = np.datetime64(START.replace(tzinfo=None), "us") + np.arange(len(values)) * np.timedelta64(step)
    rows = pl.DataFrame({"time": times, "value": np.round(values, 3)}).with_columns(
        pl.col("time").dt.replace_time_zone("UTC"),
        point=pl.lit(point, pl.Int32),
        factor=pl.lit(factor),
        cadence=pl.lit(cadence),
        reference=pl.lit(None, pl.Float64),
        flag=pl.lit("N"),
        decimals=pl.lit(3, pl.Int8),
    )
    return rows.filter(pl.col("value").is_finite()).select(list(READING_COLUMNS))


def _some(rng: np.random.Generator, count: int, length: int, total: int = HOURS) -> list[slice]:
    return [slice(at, at + int(rng.integers(1, length))) for at in rng.integers(total // 3, total - 5, count)]


def _noise(rng: np.random.Generator, level: float, spread: float) -> np.ndarray:
    return np.asarray(level * (1 + spread * rng.standard_normal(HOURS)))


def _power(rng: np.random.Generator) -> Values:
    load = 1 + 0.25 * np.sin(np.arange(SLOTS) / 9) + 0.02 * rng.standard_normal(SLOTS)
    found = {"line": 600 * load, "fan": 80 * load**3}
    for name, level in (("p1", 150.0), ("p2", 150.0), ("blower", 70.0), ("doser", 1.5)):
        found[name] = level * (1 + 0.02 * rng.standard_normal(SLOTS))
        for part in _some(rng, 12, 200, SLOTS):
            found[name][part] = 0.02 * level
    for part in _some(rng, 5, 150, SLOTS):
        found["p1"][part] = found["p2"][part] = 0.5
    for part in _some(rng, 4, 100, SLOTS):
        found["line"][part] = 1.0
    for day in range(60, DAYS, 3):
        found["blower"][144 * day : 144 * day + 40] = 5.0
    found["main"] = np.sum(list(found.values()), axis=0) + 60
    for day in rng.integers(20, DAYS - 8, 3):
        found["main"][144 * day : 144 * (day + int(rng.integers(1, 7)))] *= rng.choice([0.8, 2.5])
    for part in _some(rng, 3, 300, SLOTS):
        found["main"][part] = np.nan
    return found


def _gas(rng: np.random.Generator, power: Values) -> Values:
    load = power["line"].reshape(HOURS, 6).mean(axis=1) / 600
    found = {
        "a01011": 12 * np.cbrt(power["fan"]).reshape(HOURS, 6).mean(axis=1) / 4.3,
        "a00000": _noise(rng, 18, 0.02),
        "a19001": _noise(rng, 9, 0.03),
        "a21002": _noise(rng, 40, 0.05),
        "a21026": _noise(rng, 42, 0.05),
        "a34013": 12 * load * (1 + 0.01 * rng.standard_normal(HOURS)),
        "a24088": _noise(rng, 18, 0.1),
    }
    for part in _some(rng, 8, 30):
        found["a01011"][part] *= rng.choice([0.3, 0.7])
    for part in _some(rng, 2, 60):
        found["a01011"][part] = 10.0
    for day in rng.integers(30, DAYS - 12, 3):
        found["a00000"][24 * day : 24 * (day + int(rng.integers(2, 11)))] *= 0.4
    for day in rng.integers(30, DAYS - 20, 2):
        part = slice(24 * day, 24 * (day + 18))
        found["a34013"][part] = 12 * (1 + 0.004 * rng.standard_normal(24 * 18))[: HOURS - 24 * day]
    for part in _some(rng, 6, 20):
        found["a24088"][part] *= 0.2
        found["a19001"][part] += 4
    for part in _some(rng, 4, 20):
        found["a21002"][part], found["a21026"][part] = 6, 20
    return found


def _signals(rng: np.random.Generator, gas: Values) -> Values:
    need = (300 - gas["a21002"]) * gas["a00000"] * 3.6e-3 * 17 / 46
    found = {
        "t1": _noise(rng, 815, 0.01), "sf": _noise(rng, 8000, 0.02), "ph": _noise(rng, 5.6, 0.02),
        "nh3": need * 1.05, "slip": _noise(rng, 1.2, 0.1), "t2": _noise(rng, 345, 0.02),
        "dp": _noise(rng, 1100, 0.05), "pulse": np.where(np.arange(HOURS) % 9 == 0, 60.0, 12.0),
        "valve": np.zeros(HOURS), "t3": _noise(rng, 14, 0.05), "air": _noise(rng, 11, 0.05),
        "co2": (21 - gas["a19001"]) / 21 * 18.5 * _noise(rng, 1, 0.01), "flame": _noise(rng, 180, 0.01),
        "h2": _noise(rng, 120, 0.01), "ch4": _noise(rng, 2, 0.05), "s1": gas["a24088"] * 0.5,
        "s2": gas["a24088"] * 0.3, "do": _noise(rng, 3.2, 0.05), "qin": _noise(rng, 90, 0.1),
        "a21002": _noise(rng, 300, 0.01), "a21026": _noise(rng, 1500, 0.02), "w01018": _noise(rng, 420, 0.05),
    }  # fmt: skip
    odd = {"t1": 0.8, "ph": 0.8, "nh3": 0.0, "slip": 0.0, "dp": 0.2, "co2": 0.6, "s1": 4.0, "sf": 0.0}
    for name, factor in odd.items():
        for part in _some(rng, 8, 30):
            found[name][part] *= factor
    for part in _some(rng, 6, 30):
        found["flame"][part], gas["a24088"][part] = 40, 3.2
        found["s1"][part] = 30.0
    for part in _some(rng, 3, 60):
        found["nh3"][part] *= 2
        gas["a21002"][part] = 270
    for part in _some(rng, 8, 4):
        found["valve"][part], found["t3"][part] = 40, 90
    for part in _some(rng, 4, 30):
        found["s1"][part] *= 3
    for day in range(60, DAYS, 3):
        found["do"][24 * day : 24 * day + 7] += 0.5
    return found


def _water(rng: np.random.Generator, inlet: np.ndarray) -> Values:
    cod = _noise(rng, 35, 0.1)
    for day in rng.integers(30, DAYS - 20, 2):
        part = slice(24 * day, 24 * (day + 17))
        cod[part] = inlet[part] * 0.02
    return {"w01018": cod, "w00000": _noise(rng, 25, 0.1)}


def _minutes(rng: np.random.Generator, gas: Values, signals: Values) -> Iterator[pl.DataFrame]:
    slots = np.arange(SLOTS)
    shape = 1 + 0.1 * np.sin(2 * np.pi * slots / 5.5) * (slots > SLOTS // 2)
    shape *= 1 + 0.01 * rng.standard_normal(SLOTS)
    yield _frame(GAS_POINT, "a21026", "minute", WALL, np.repeat(gas["a21026"], 6) * 0 + 40 * shape)
    for name in ("t1", "valve"):
        fine = np.repeat(signals[name], 6)
        fine[:: int(rng.integers(5, 9))] = np.nan
        yield _frame(SIGNALS, name, "minute", WALL, fine)


def _outlets() -> tuple[OutletContext, ...]:
    meters = {
        name: PowerMeter(at, name, kind, METERS + at, "d20701", 1000.0, machine=machine)  # type: ignore[arg-type]
        for at, (name, (kind, machine)) in enumerate(MACHINES.items())
    }
    signals = tuple(Signal(role, SIGNALS, name, design=DESIGNS.get(name)) for name, role in ROLES.items())
    told = frozenset({"fuel", "product", "utility", "capacity", "bypass_notice"})

    def place(point: int, medium: str, factors: tuple[str, ...]) -> OutletContext:
        limits = tuple(
            Limit(code, "hour", None, high, None, date(2020, 1, 1), None, "许可证")
            for code, high in (("a21026", 50.0), ("a34013", 14.0), ("a24088", 20.0), ("w01018", 50.0))
        )
        names = ("blower", "doser") if medium == "water" else ("p1", "p2", "fan")
        treatment = tuple(meters[name] for name in names)
        production = (meters["line"],) if medium == "gas" else ()
        chain = Chain(production, treatment, (meters["main"],))
        return OutletContext(
            outlet=point, enterprise=1, region="640105", industry="C30", medium=medium,  # type: ignore[arg-type]
            code=f"D{point}", name=f"{point}号排放口", point=point, factors=factors, limits=limits,
            chain=chain, signals=signals, records=told,
        )  # fmt: skip

    gas = ("a01011", "a00000", "a19001", "a21002", "a21026", "a34013", "a24088")
    return place(GAS_POINT, "gas", gas), place(WATER_POINT, "water", ("w01018", "w00000"))


def _records(rng: np.random.Generator) -> dict[str, pl.DataFrame]:
    def frame(kind: str, rows: list[dict[str, object]], outlet: int | None = None) -> pl.DataFrame:
        base = {"enterprise": 1, "outlet": outlet}
        return records.frame(kind, [{"id": at, **base, **row} for at, row in enumerate(rows)])

    days = [(START + at * 24 * HOUR, START + (at + 1) * 24 * HOUR) for at in range(DAYS)]
    fuel = [
        {"start": a, "end": b, "material": "煤", "amount": 118.0, "gas_per_unit": 7500.0} for a, b in days
    ]
    firsts = [datetime(2025 + at // 12, at % 12 + 1, 1, tzinfo=BEIJING).astimezone(UTC) for at in range(24)]
    months = list(pairwise(firsts))
    used = 80e3 * (1 + 0.03 * rng.standard_normal(len(months)))
    used[-3:-1] *= rng.choice([1.9, 0.2])
    power = [
        {"start": a, "end": b, "kind": "power", "amount": float(x)}
        for (a, b), x in zip(months, used, strict=True)
    ]
    made = [{"start": a, "end": b, "product": "水泥", "amount": 1000.0, "unit": "t"} for a, b in months]
    permit = [
        {"start": firsts[20], "end": firsts[-1], "product": "水泥", "amount": 9000.0, "energy_per_unit": 80.0}
    ]
    notice = [
        {"start": START + at * HOUR, "end": START + (at + 9) * HOUR} for at in rng.integers(0, HOURS, 9)
    ]
    return {
        "fuel": frame("fuel", fuel, GAS_POINT), "utility": frame("utility", power),
        "product": frame("product", made), "capacity": frame("capacity", permit),
        "bypass_notice": frame("bypass_notice", notice, GAS_POINT),
    }  # fmt: skip


def _run(seed: int, start: datetime) -> list[Finding]:
    rng = np.random.default_rng(seed)
    power = _power(rng)
    gas = _gas(rng, power)
    signals = _signals(rng, gas)
    water = _water(rng, signals["w01018"])
    rows = [_frame(GAS_POINT, code, "hour", HOUR, values) for code, values in gas.items()]
    rows += [_frame(WATER_POINT, code, "hour", HOUR, values) for code, values in water.items()]
    rows += [_frame(SIGNALS, name, "hour", HOUR, values) for name, values in signals.items()]
    names = list(MACHINES)
    rows += [_frame(METERS + names.index(n), "d20701", "minute", WALL, v) for n, v in power.items()]
    rows += _minutes(rng, gas, signals)
    registry = FixedRegistry(_outlets(), (), _records(rng))
    models = [MODELS[code] for code in CODES]
    readings = FrameReadings(pl.concat(rows))
    return engine.run(models, readings, registry, POLICY, start=start, end=END, now=END).findings


@pytest.fixture(scope="module")
def whole() -> dict[int, list[Finding]]:
    """Everything, by seed."""
    return {seed: _run(seed, START) for seed in (1, 2)}


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("hours", [7, 200, 900])
def test_the_last_hours_give_what_everything_gives(
    whole: dict[int, list[Finding]], seed: int, hours: int
) -> None:
    edge = END - hours * HOUR
    assert _run(seed, edge) == [finding for finding in whole[seed] if finding.end > edge]


def test_all_of_them_speak(whole: dict[int, list[Finding]]) -> None:
    assert {finding.model for findings in whole.values() for finding in findings} == set(CODES)
