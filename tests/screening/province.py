"""A small province for tests: three outlets with power, doors, marks and things that go wrong, by seed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl

from yuanjian.screening.frames import EVENT_COLUMNS, READING_COLUMNS, FixedRegistry, FrameReadings
from yuanjian.screening.ports import Chain, Limit, OutletContext, PowerMeter
from yuanjian.series import MarkPeriod

START = datetime(2026, 10, 1, tzinfo=UTC) - timedelta(hours=8)
GAS, WATER = ("a21026", "a21002", "a19001"), ("w01018", "w21003", "w00000")
HOUR = timedelta(hours=1)


def outlet(number: int, medium: str = "gas", **changes: object) -> OutletContext:
    """An outlet of an enterprise of its own (1 and 2 share one), with a chain of two meters and a door."""
    meters = [
        PowerMeter(10 * number + at, name, kind, 1000 + number, f"d20{at}01", 500.0)  # type: ignore[arg-type]
        for at, (name, kind) in enumerate((("窑炉", "production"), ("脱硫泵", "treatment")))
    ]
    gas = medium == "gas"
    factors = GAS if gas else WATER
    values: dict[str, object] = {
        "outlet": number,
        "enterprise": (number + 1) // 2,
        "region": "640105",
        "industry": "C30",
        "medium": medium,
        "code": f"DA{number:03d}",
        "name": f"{number}号排放口",
        "point": number,
        "factors": factors,
        "limits": tuple(
            Limit(
                code,
                "hour" if gas else "day",
                None,
                50.0,
                6.0 if gas else None,
                date(2020, 1, 1),
                None,
                "许可证",
            )
            for code in factors[:2]
        ),
        "chain": Chain((meters[0],), (meters[1],)),
        "door_points": (2000 + number,),
        "sampler_hours": () if gas else (0, 6, 12, 18),
    }
    return OutletContext(**(values | changes))  # type: ignore[arg-type]


def province(seed: int, days: int = 16) -> tuple[FrameReadings, FixedRegistry, datetime]:
    """Readings, registry and the end of the data."""
    rng = np.random.default_rng(seed)
    outlets = (outlet(1), outlet(2), outlet(3, "water"))
    rows: list[tuple[object, ...]] = []
    events: list[tuple[object, ...]] = []
    marks: list[MarkPeriod] = []
    for place in outlets:
        hours = 24 * days
        on = np.ones(hours, np.bool_)
        if rng.random() < 0.5:
            first = int(rng.integers(hours))
            on[first : first + 20] = False
            if rng.random() < 0.5:
                marks.append(_mark(place.point, "stopped", first, 20))
        _emissions(rng, place, on, rows)
        _power(rng, place, on, rows)
        for at in rng.integers(0, 60 * hours, 6):
            text = f'{{"state": "{at % 2}"}}'
            events.append(
                (place.door_points[0], "door", "i3310", START + int(at) * timedelta(minutes=1), text)
            )
    readings = FrameReadings(
        pl.DataFrame(rows, schema=READING_COLUMNS, orient="row"),
        pl.DataFrame(events, schema=EVENT_COLUMNS, orient="row"),
    )
    return readings, FixedRegistry(outlets, tuple(marks)), START + 24 * days * HOUR


def _mark(point: int, kind: str, first: int, length: int) -> MarkPeriod:
    return MarkPeriod(point, None, kind, START + first * HOUR, START + (first + length) * HOUR)


def _emissions(
    rng: np.random.Generator, place: OutletContext, on: np.ndarray, rows: list[tuple[object, ...]]
) -> None:
    hours = len(on)
    lost = np.zeros(hours, np.bool_)
    for _ in range(int(rng.integers(0, 3))):
        first = int(rng.integers(hours))
        lost[first : first + int(rng.integers(1, 30))] = True
    for factor in place.factors:
        level = {"a19001": 8.0, "w00000": 12.0}.get(factor, float(rng.uniform(20, 46)))
        values = level * (1 + 0.06 * rng.standard_normal(hours))
        if factor not in ("a19001", "w00000"):
            for _ in range(int(rng.integers(1, 5))):
                first, length = int(rng.integers(hours)), int(rng.integers(1, 36))
                part = slice(first, first + length)
                values[part] = rng.choice([values[first], 0.0, level * 0.3, level * 2.2])
            values[~on] = 0.4
        flags = np.where(rng.random(hours) < 0.02, rng.choice(["C", "M", "T"]), "N")
        for hour in np.flatnonzero(~lost & (rng.random(hours) > 0.003)):
            value = round(float(values[hour]), 2)
            reference = round(value * 15 / 13, 2) if place.medium == "gas" else None
            time = START + int(hour) * HOUR
            rows.append((place.point, factor, "hour", time, value, reference, str(flags[hour]), 2))


def _power(
    rng: np.random.Generator, place: OutletContext, on: np.ndarray, rows: list[tuple[object, ...]]
) -> None:
    assert place.chain is not None
    for meter in (*place.chain.production, *place.chain.treatment):
        running = np.repeat(on, 6)
        if meter.kind == "treatment" and rng.random() < 0.7:
            first = int(rng.integers(len(running)))
            running[first : first + int(rng.integers(1, 60))] = False
        kw = np.where(running, 400 * (1 + 0.02 * rng.standard_normal(len(running))), 2.0)
        gone = np.zeros(len(running), np.bool_)
        if rng.random() < 0.4:
            first = int(rng.integers(len(running)))
            gone[first : first + int(rng.integers(1, 200))] = True
        for slot in np.flatnonzero(~gone):
            time = START + int(slot) * timedelta(minutes=10)
            rows.append((meter.point, meter.factor, "minute", time, round(float(kw[slot]), 1), None, "N", 1))
