"""The models on the data rules over months and a turn of the year, longer than any of them remembers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
import pytest
from province import HOUR, START, outlet
from tools import Row, readings

from yuanjian.screening import catalogue, engine, records
from yuanjian.screening.findings import Finding
from yuanjian.screening.frames import READING_COLUMNS, FixedRegistry, FrameReadings
from yuanjian.screening.ports import Limit, OutletContext, Signal
from yuanjian.screening.thresholds import CataloguePolicy, Confirmation
from yuanjian.series import MarkPeriod

DAY = 24 * HOUR
DAYS = 150  # from October to February
END = START + DAYS * DAY
MODELS = catalogue.load()
CODES = ("M105", "M106", "M111", "M112", "M113", "M115", "M116", "M132")
POLICY = CataloguePolicy(MODELS.models, {code: Confirmation("测试", "测试") for code in CODES})
SO2, NMHC, O2, FLOW, COD, PH, WATER = "a21026", "a24088", "a19001", "a00000", "w01018", "w01001", "w00000"
EVERY = frozenset({"permit_amount", "order", "declared_tax", "substituted"})


def limit(factor: str, high: float, averaging: str = "hour") -> Limit:
    return Limit(factor, averaging, None, high, None, date(2020, 1, 1), None, "许可证")  # type: ignore[arg-type]


def signals(number: int, design: float | None) -> tuple[Signal, ...]:
    """What a plant tells beside its factors, at points of its own."""
    named = {"furnace_temperature": "t", "feed": "f", "inlet": NMHC, "inlet_flow": "q", "load": "p"}
    return tuple(
        Signal(role, 60 + number, code, design=design if code == "t" else None)
        for role, code in named.items()
    )


def plants() -> tuple[OutletContext, ...]:
    """An incinerator and a hazardous waste furnace of one enterprise, and a waste water outlet."""
    stack = (limit(SO2, 60), limit("a34013", 30), limit("a21024", 50))
    bare = {"records": EVERY, "chain": None, "door_points": ()}
    gas = {"factors": (SO2, NMHC, O2, FLOW), "limits": stack, **bare}
    days = {"factors": (COD, PH, WATER), "limits": (limit(COD, 80, "day"),), "sampler_hours": ()}
    return (
        outlet(1, **gas, signals=signals(1, 850.0)),
        outlet(2, **gas, signals=signals(2, 1100.0)),
        outlet(3, "water", **days, **bare),
    )


def frame(point: int, factor: str, cadence: str, step: timedelta, values: np.ndarray) -> pl.DataFrame:
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


def hour_series(rng: np.random.Generator, level: float) -> np.ndarray:
    """A level with noise, days of another, high hours and gaps."""
    values = level * (1 + 0.05 * rng.standard_normal(DAYS * 24))
    for day in rng.integers(0, DAYS - 6, 8):
        values[day * 24 : (day + int(rng.integers(1, 6))) * 24] *= rng.choice([0.5, 1.6])
    values[rng.integers(0, DAYS * 24, 6)] *= 3
    for first in rng.integers(0, DAYS * 24, 12):
        values[first : first + int(rng.choice([1, 4, 10, 40]))] = np.nan
    return values


def furnace(rng: np.random.Generator, design: float) -> np.ndarray:
    """Five-minute means."""
    heat = design + 55 + 8 * rng.standard_normal(DAYS * 288)
    for first in rng.integers(0, DAYS * 288, 60):
        heat[first : first + int(rng.choice([1, 2, 4, 9, 30]))] -= 120
    return heat


def rows_of(rng: np.random.Generator, plant: OutletContext) -> list[pl.DataFrame]:
    levels = {SO2: 40.0, NMHC: 60.0, O2: 8.0, FLOW: 60.0, COD: 50.0, PH: 7.5, WATER: 12.0}
    found = [frame(plant.point, code, "hour", HOUR, hour_series(rng, levels[code])) for code in plant.factors]
    for signal in plant.signals:
        if signal.role == "furnace_temperature":
            heat = furnace(rng, signal.design or 0.0)
            found.append(frame(signal.point, signal.factor, "minute", 5 * HOUR / 60, heat))
        else:
            level = {"feed": 2.0, "inlet": 300.0, "inlet_flow": 216000.0, "load": 300.0}[signal.role]
            values = hour_series(rng, level)
            if signal.role in {"feed", "load"}:
                values[rng.random(len(values)) < 0.1] = 0.0
            found.append(frame(signal.point, signal.factor, "hour", HOUR, values))
    return found


def month(year: int, number: int) -> datetime:
    """The beginning of a Beijing month."""
    return datetime(year, number, 1, tzinfo=START.tzinfo) - 8 * HOUR


def declared(rng: np.random.Generator, number: int) -> list[dict[str, Any]]:
    """Taxes of five months, some late."""
    ends = [month(2026, 10), month(2026, 11), month(2026, 12), month(2027, 1), month(2027, 2), month(2027, 3)]
    return [
        {
            "outlet": number,
            "start": first,
            "end": last,
            "received": last + int(rng.integers(1, 40)) * DAY,
            "factor": factor,
            "amount": float(rng.choice([2000.0, 6000.0, 7000.0])),
            "reduction": rng.choice([None, 25.0, 50.0]),
        }
        for first, last in pairwise(ends)
        for factor in (SO2, COD)
    ]


def substituted(rng: np.random.Generator, number: int) -> list[dict[str, Any]]:
    """Ten days of amounts each, some used."""
    return [
        {
            "outlet": number,
            "start": START + at * DAY,
            "end": START + (at + 10) * DAY,
            "received": START + (at + 10 + int(rng.integers(1, 50))) * DAY,
            "factor": SO2,
            "amount": float(rng.choice([5.0, 9.0, 20.0])),
            "used": rng.choice([None, True, False]),
        }
        for at in range(0, DAYS, 10)
    ]


def permits() -> list[dict[str, Any]]:
    years = {"start": month(2025, 1), "end": month(2030, 1)}
    yearly = [
        (None, SO2, 150.0),
        (1, SO2, 60.0),
        (None, O2, 1.0),
        (3, COD, 9.0),
        (3, PH, 1.0),
        (2, NMHC, 0.0),
    ]
    told = [
        {**years, "outlet": number, "factor": factor, "kind": "year", "amount": tons}
        for number, factor, tons in yearly
    ]
    return [*told, {**years, "outlet": None, "factor": SO2, "kind": "day", "amount": 0.42}]


def told(kind: str, rows: Sequence[dict[str, Any]]) -> pl.DataFrame:
    firm = {1: 1, 2: 1, 3: 2, None: 1}
    numbered = [{"id": at, "enterprise": firm[row.get("outlet")], **row} for at, row in enumerate(rows)]
    return records.frame(kind, numbered)


def world(seed: int) -> tuple[FrameReadings, FixedRegistry]:
    rng = np.random.default_rng(seed)
    contexts = plants()
    data = FrameReadings(pl.concat([part for plant in contexts for part in rows_of(rng, plant)]))
    marks = []
    for plant in contexts:
        for kind in ("starting", "fault", "fault", "stopped", "calibration"):
            first = START + int(rng.integers(0, DAYS * 24)) * HOUR
            marks.append(MarkPeriod(plant.point, None, kind, first, first + int(rng.integers(2, 40)) * HOUR))
    order = [
        {"start": START + at * DAY - 5 * HOUR, "end": START + (at + 6) * DAY, "kind": kind}
        for at, kind in ((20, "emergency"), (60, "staggered"), (90, "emergency"), (140, "emergency"))
    ]
    kinds = {
        "permit_amount": told("permit_amount", permits()),
        "order": told("order", order),
        "declared_tax": told("declared_tax", [row for number in (1, 2, 3) for row in declared(rng, number)]),
        "substituted": told("substituted", [row for number in (1, 2) for row in substituted(rng, number)]),
    }
    return data, FixedRegistry(contexts, tuple(marks), kinds)


def run(seed: int, start: datetime) -> list[Finding]:
    data, registry = world(seed)
    models = [MODELS[code] for code in CODES]
    return engine.run(models, data, registry, POLICY, start=start, end=END, now=END).findings


@pytest.fixture(scope="module")
def whole() -> dict[int, list[Finding]]:
    """Everything, by seed."""
    return {seed: run(seed, START) for seed in (1, 2)}


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("hours", [5, 50, 1300])
def test_the_last_hours_give_what_everything_gives(
    whole: dict[int, list[Finding]], seed: int, hours: int
) -> None:
    edge = END - hours * HOUR
    assert run(seed, edge) == [finding for finding in whole[seed] if finding.end > edge]


def test_all_of_them_speak(whole: dict[int, list[Finding]]) -> None:
    assert {finding.model for findings in whole.values() for finding in findings} == set(CODES)


def test_claims_are_whole(whole: dict[int, list[Finding]]) -> None:
    for finding in (finding for findings in whole.values() for finding in findings):
        assert "{" not in finding.claim + finding.claim_en
        assert "nan" not in finding.claim
        assert {item["code"] for item in finding.exclusions} == set(MODELS[finding.model].excludes)


# --- one at a time


def find(
    code: str, rows: list[Row], context: OutletContext, end: int, start: int = 0, **kinds: pl.DataFrame
) -> list[Finding]:
    """One model over some hours; ``kinds``: records."""
    context = replace(context, records=frozenset(kinds))
    registry = FixedRegistry((context,), (), kinds)
    window = {"start": START + start * HOUR, "end": START + end * HOUR}
    return engine.run(
        [MODELS[code]], readings(rows), registry, POLICY, **window, now=START + end * HOUR
    ).findings


def hours(point: int, factor: str, values: Sequence[float | None]) -> list[Row]:
    return [
        (point, factor, "hour", START + at * HOUR, value, None, "N", 2)
        for at, value in enumerate(values)
        if value is not None
    ]


def tax(**more: Any) -> pl.DataFrame:
    row = {"outlet": 1, "start": START, "end": START + 10 * DAY, "factor": SO2, "amount": 100.0}
    return told("declared_tax", [{**row, "received": START + 11 * DAY, **more}])


def stack(*factors: str, **more: Any) -> OutletContext:
    return outlet(1, factors=factors, chain=None, door_points=(), **{"limits": (limit(SO2, 100),), **more})


STEADY = hours(1, SO2, [50.0] * 240) + hours(1, FLOW, [10.0] * 240)


def test_too_much_unknown_is_not_compared_and_the_reduction_still_is() -> None:
    rows = hours(1, SO2, [50.0] * 100 + [None] * 140) + hours(1, FLOW, [10.0] * 240)
    (found,) = find("M116", rows, stack(SO2, FLOW), 13 * 24, declared_tax=tax(reduction=50.0))
    assert (found.measures["gap"], found.measures["wrong"]) == (0, 1)


def test_without_a_limit_no_reduction_is_called_wrong() -> None:
    (found,) = find("M116", STEADY, stack(SO2, FLOW, limits=()), 13 * 24, declared_tax=tax(reduction=50.0))
    # 0.0036 · 50 · 10 = 1.8 kg/h, 240 h: 432 kg against 100
    assert found.measures["gap"] == pytest.approx(1 - 100 / 432, abs=1e-3)
    assert (found.measures["wrong"], found.measures["mean"]) == (0, "–")


def test_the_newest_declaration_of_a_month_counts() -> None:
    late = tax(amount=432.0, received=START + 12 * DAY)
    both = pl.concat([tax(), late]).with_columns(id=pl.int_range(2))
    assert find("M116", STEADY, stack(SO2, FLOW), 13 * 24, declared_tax=both) == []


def test_what_came_much_too_late_or_is_of_another_outlet_is_not_looked_at() -> None:
    for more in ({"start": START - 140 * DAY}, {"outlet": 2}, {"factor": O2}):
        assert find("M116", STEADY, stack(SO2, FLOW, O2), 13 * 24, declared_tax=tax(**more)) == []


def test_amounts_need_a_flow_meter() -> None:
    assert find("M116", STEADY, stack(SO2), 13 * 24, declared_tax=tax()) == []


def test_furnaces_of_hazardous_waste_are_known_by_design_or_industry() -> None:
    cold = [(61, "t", "minute", START + at * HOUR / 12, 800.0, None, "N", 1) for at in range(20)]
    feed = [(61, "f", "minute", START + at * HOUR / 12, 1.0, None, "N", 1) for at in range(20)]
    rows = [*STEADY, *cold, *feed]
    both = (limit("a34013", 30), limit("a21024", 50))
    plain = stack(SO2, FLOW, limits=both, signals=signals(1, None))
    named = replace(plain, industry="危险废物治理")
    assert [finding.measures["count"] for finding in find("M105", rows, plain, 24)] == [20]
    assert find("M106", rows, plain, 24) == []
    assert find("M105", rows, named, 24) == []
    assert [finding.measures["bound"] for finding in find("M106", rows, named, 24)] == ["1100"]


def test_key_regions_ask_for_less_to_come_in() -> None:
    # 0.0036 · 70 · 10 = 2.52 kg/h come in, half goes out
    rows = hours(1, NMHC, [35.0] * 72) + hours(1, FLOW, [10.0] * 72)
    rows += hours(61, NMHC, [70.0] * 72)
    context = stack(NMHC, FLOW, signals=signals(1, None))
    assert find("M113", rows, context, 72) == []
    model = MODELS["M113"]
    key = replace(model, params={**model.params, "key_regions": ["6401"]})
    registry = FixedRegistry((context,))
    found = engine.run(
        [key], readings(rows), registry, POLICY, start=START, end=START + 72 * HOUR, now=START + 72 * HOUR
    ).findings
    assert [finding.measures["below60"] for finding in found] == [3]


def test_the_share_of_the_month_needs_enough_hours() -> None:
    values = [110.0 if at % 10 == 0 else 50.0 for at in range(400)]
    rows = hours(1, SO2, values) + hours(61, "p", [300.0] * 400)
    (found,) = find("M115", rows, stack(SO2, signals=signals(1, None)), 400)
    assert found.level == 1
    assert found.measures["share"] == pytest.approx(0.1, abs=0.01)


def permit(**more: Any) -> pl.DataFrame:
    row = {"outlet": 1, "start": month(2026, 1), "end": month(2030, 1), "factor": SO2, "kind": "year"}
    return told("permit_amount", [{**row, "amount": 0.001, **more}])


def test_only_amounts_of_the_kind_count() -> None:
    some = STEADY[:240]
    assert find("M111", STEADY, stack(SO2, FLOW), 240, permit_amount=permit(kind="day")) == []
    assert find("M111", some, stack(SO2, FLOW), 240, permit_amount=permit(factor=COD)) == []
    (found,) = find("M111", STEADY, stack(SO2, FLOW), 240, permit_amount=permit())
    assert found.measures["used"] == pytest.approx(432)  # 432 kg of one


def test_a_new_year_begins_anew() -> None:
    rows = hours(1, SO2, [50.0] * 24 * 130) + hours(1, FLOW, [10.0] * 24 * 130)
    (found,) = find("M111", rows, stack(SO2, FLOW), 24 * 130, 24 * 120, permit_amount=permit(amount=1.0))
    # from 1 January to 7 February, 43.2 kg a day: 38 days, 1 641.6 kg of a ton
    assert found.measures["used"] == pytest.approx(1.6416)
    assert found.start == month(2027, 1) + 18 * DAY  # the 19th day brings 820.8 kg; pace and forecast wait


def test_amounts_reported_for_hours_with_data_are_not_compared() -> None:
    row = {"outlet": 1, "start": START, "end": START + DAY, "received": START + 5 * DAY, "factor": SO2}
    reported = told("substituted", [{**row, "amount": 0.1}])
    assert find("M132", STEADY, stack(SO2, FLOW), 240, substituted=reported) == []


def test_a_declaration_of_no_time_says_nothing() -> None:
    assert find("M116", STEADY, stack(SO2, FLOW), 13 * 24, declared_tax=tax(end=START)) == []


def test_what_the_unknown_hours_may_explain_is_no_gap() -> None:
    # twelve of 240 hours unknown, nothing before them to put in: 410.4 kg of 432
    rows = hours(1, SO2, [None] * 12 + [50.0] * 228) + hours(1, FLOW, [10.0] * 240)
    assert find("M116", rows, stack(SO2, FLOW), 13 * 24, declared_tax=tax(amount=432.0)) == []
    (found,) = find("M116", rows, stack(SO2, FLOW), 13 * 24, declared_tax=tax(amount=500.0))
    assert found.measures["gap"] == pytest.approx(500 / 410.4 - 1 - 12 / 228, abs=1e-3)


def test_an_hour_above_the_limit_counts_without_flow_too() -> None:
    rows = hours(1, SO2, [50.0] * 100 + [150.0] + [50.0] * 139)
    rows += hours(1, FLOW, [10.0] * 99 + [None] * 3 + [10.0] * 138)
    claimed = tax(amount=432.0, reduction=25.0)
    (found,) = find("M116", rows, stack(SO2, FLOW), 13 * 24, declared_tax=claimed)
    assert (found.level, found.measures["exceeded"]) == (2, 1)
