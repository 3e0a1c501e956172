"""Plants behind the ports of the engine: arrays become cubes, rows and events on demand."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import groupby
from typing import Any

import numpy as np
import polars as pl

from yuanjian.screening import records
from yuanjian.screening.frames import EVENT_COLUMNS, READING_COLUMNS, FixedRegistry
from yuanjian.screening.methods.power_meters import current_code
from yuanjian.screening.ports import Chain, Limit, OutletContext, PowerMeter, Signal
from yuanjian.series import Cube, FlagCode, MarkPeriod, SeriesKey
from yuanjian.series.cube import STEPS, Grid
from yuanjian.simulator.patterns import layers
from yuanjian.simulator.patterns.plants import SLOTS, TIMES, Meter, Paper, Plant, Series

START = datetime(2006, 12, 31, 16, tzinfo=UTC)
"""Monday 2007-01-01 00:00 Beijing time: hour 0 of every plant."""
HOUR = timedelta(hours=1)
SLOT = HOUR / SLOTS
POINTS = 20
"""Points of a plant: its monitor, then its meters, last its process parameters and its door."""
DOOR = POINTS - 1
PROCESS = POINTS - 2
POWER = "d20701"
UNFIT = ("stopped", "starting", "stopping", "calibration", "maintenance")
"""Marks whose hours a day's mean leaves out."""
INDUSTRY = {"sewage": "D4620", "works": "C3120", "coal": "D4411", "gas": "D4412", "turbine": "D4413",
            "incinerator": "N7820", "hazardous": "N7724", "voc": "C2641", "plating": "C3360"}  # fmt: skip
VALID_FROM = date(2000, 1, 1)


def instant(hour: float) -> datetime:
    """When an hour (parts allowed) begins."""
    return START + hour * HOUR


@dataclass(frozen=True, eq=False)
class PlantReadings:
    """The readings of plants; plant number n has the points from ``POINTS`` n on."""

    plants: Sequence[Plant]

    def snapshot(self) -> PlantReadings:
        """As `SeriesStore.snapshot`."""
        return self

    def holds(self, points: Sequence[int] | None, *, cadence: str, start: datetime, end: datetime) -> bool:
        """As `SeriesStore.holds`: any plant may send anything."""
        return True

    def cube(
        self, keys: Sequence[SeriesKey], *, cadence: str, start: datetime, end: datetime,
        step: timedelta | None = None,
    ) -> Cube:  # fmt: skip
        """As `SeriesStore.cube`; minutes of series only where a plant sends them."""
        cube = Cube.empty(keys, cadence, Grid.covering(start, end, step or STEPS[cadence]))
        fills = {"hour": self._hours, "day": self._days, "minute": self._minutes}
        if cadence in fills:
            for row, key in enumerate(cube.keys):
                fills[cadence](cube, row, key)
        return cube

    def _series(self, key: SeriesKey) -> Series | None:
        plant, which = self.plants[key.point // POINTS], key.point % POINTS
        if which == PROCESS and key.factor in plant.gauges:
            return plant.gauges[key.factor].own
        return plant.series.get(key.factor) if which == 0 else None

    def _detail(self, key: SeriesKey) -> list[tuple[int, int]]:
        """Hours of which minutes of a series are sent."""
        plant = self.plants[key.point // POINTS]
        return plant.gauges[key.factor].detail if key.point % POINTS == PROCESS else plant.detail

    def _hours(self, cube: Cube, row: int, key: SeriesKey) -> None:
        own = self._series(key)
        if own is not None:
            here, there = _overlap(cube, HOUR, own.values.size)
            cube.values[row, here] = own.values[there]
            cube.flags[row, here] = own.flags[there]
            cube.decimals[row] = own.decimals
            if own.reference is not None:
                cube.reference[row, here] = own.reference[there]
            versions = self.plants[key.point // POINTS].versions
            cube.contested[row] = any(version.factor == key.factor for version in versions)

    def _days(self, cube: Cube, row: int, key: SeriesKey) -> None:
        """Means of the normal hours of each day, or what the plant says instead."""
        own = self._series(key)
        if own is None:
            return
        plant = self.plants[key.point // POINTS]
        whole = own.values.size // 24
        fit = own.valid(slice(None)) & ~plant.marked(*UNFIT)
        good = fit[: whole * 24].reshape(whole, 24)
        values = np.where(good, own.values[: whole * 24].reshape(whole, 24), 0.0)
        count = good.sum(axis=1)
        means = np.where(count >= 20, values.sum(axis=1) / np.maximum(count, 1), np.nan)
        for (code, day), said in plant.days.items():
            if code == key.factor:
                means[day] = said
        here, there = _overlap(cube, 24 * HOUR, whole)
        cube.values[row, here] = np.round(means[there], own.decimals)
        cube.flags[row, here] = np.where(np.isfinite(means[there]), FlagCode.N, FlagCode.MISSING)
        cube.decimals[row] = own.decimals

    def _minutes(self, cube: Cube, row: int, key: SeriesKey) -> None:
        own = self._series(key)
        if own is None:
            self._meter(cube, row, key)
            return
        plant = self.plants[key.point // POINTS]
        per_hour = round(HOUR / cube.step)
        for first, last in self._detail(key):
            values = layers.minutes(plant, own, first, last, key.point).reshape(-1, 60 // per_hour)
            flags = np.repeat(own.flags[first:last], per_hour)
            here, there = _overlap(cube, HOUR / per_hour, values.shape[0], first * per_hour)
            cube.values[row, here] = values.mean(axis=1)[there]
            cube.flags[row, here] = flags[there]
            if own.reference is not None:
                raised = np.repeat(_raised(own, first, last), per_hour)
                cube.reference[row, here] = (values.mean(axis=1) * raised)[there]
            cube.decimals[row] = own.decimals + 1

    def _meter(self, cube: Cube, row: int, key: SeriesKey) -> None:
        """Samples of ten minutes; on a finer grid only at their own time."""
        meters = list(self.plants[key.point // POINTS].meters.values())
        at = key.point % POINTS - 1
        if not 0 <= at < len(meters) or cube.step != SLOT:
            return
        samples = {POWER: meters[at].kw, current_code(POWER): meters[at].amperes}.get(key.factor)
        if samples is not None:
            here, there = _overlap(cube, SLOT, samples.size)
            cube.values[row, here] = samples[there]
            cube.flags[row, here] = np.where(np.isfinite(samples[there]), FlagCode.N, FlagCode.MISSING)
            cube.decimals[row] = 1

    def readings(
        self, points: Sequence[int], factors: Sequence[str] | None = None, *, cadence: str, start: datetime,
        end: datetime, history: bool = False,
    ) -> pl.DataFrame:  # fmt: skip
        """As `SeriesStore.readings`, with the columns of `READING_COLUMNS`, ``received`` and ``source``."""
        parts = [_EMPTY]
        for point in sorted(points):
            if point % POINTS == 0:
                plant = self.plants[point // POINTS]
                codes = [code for code in plant.series if factors is None or code in factors]
                parts += [rows for code in codes for rows in _rows(plant, point, code, cadence, start, end)]
        rows = pl.concat(parts).filter(pl.col("time") >= start, pl.col("time") < end)
        key = ["point", "factor", "time"]
        ordered = rows.sort(*key, "received", maintain_order=True)
        return ordered if history else ordered.unique(key, keep="last", maintain_order=True)

    @cached_property
    def _events(self) -> pl.DataFrame:
        rows = [
            (
                POINTS * at + (DOOR if event.kind == "door" else 0),
                event.kind,
                event.code,
                instant(event.hour),
                event.text,
            )
            for at, plant in enumerate(self.plants)
            for event in plant.events
        ]
        return pl.DataFrame(rows, schema=EVENT_COLUMNS, orient="row")

    def events(
        self, points: Sequence[int] | None = None, kinds: Sequence[str] | None = None, *, start: datetime,
        end: datetime,
    ) -> pl.DataFrame:  # fmt: skip
        """As `SeriesStore.events`."""
        wanted = [pl.col("time") >= start, pl.col("time") < end]
        if points is not None:
            wanted.append(pl.col("point").is_in(list(points)))
        if kinds is not None:
            wanted.append(pl.col("kind").is_in(list(kinds)))
        return self._events.filter(*wanted)


_COLUMNS: dict[str, Any] = {**READING_COLUMNS, "received": READING_COLUMNS["time"], "source": pl.String}
_EMPTY = pl.DataFrame(schema=_COLUMNS)


def _raised(own: Series, first: int, last: int) -> np.ndarray:
    """What some hours of a series are multiplied with to be at reference oxygen."""
    assert own.reference is not None
    values = own.values[first:last]
    return np.asarray(own.reference[first:last] / np.where(values > 0, values, np.nan))


def _overlap(cube: Cube, step: timedelta, size: int, offset: int = 0) -> tuple[slice, slice]:
    """Places of the cube, and of an array of ``size`` periods that begin ``offset`` periods after START."""
    shift = round((cube.start - START) / step) - offset
    first, last = max(shift, 0), min(shift + cube.grid.size, size)
    last = max(first, last)
    return slice(first - shift, last - shift), slice(first, last)


def _rows(
    plant: Plant, point: int, code: str, cadence: str, start: datetime, end: datetime
) -> list[pl.DataFrame]:
    """Rows of one series; those of its spans that touch the interval."""
    own = plant.series[code]
    if cadence == "hour":
        return [_hour_rows(plant, point, code, own)]
    spans = {"minute": plant.detail, "realtime": plant.live}.get(cadence, [])
    return [
        _minute_rows(plant, point, code, cadence, span)
        for span in spans
        if instant(span[0]) < end and instant(span[1]) > start
    ]


def _frame(point: int, code: str, cadence: str, decimals: int, **columns: Any) -> pl.DataFrame:
    size = len(columns["time"])
    filled = {"reference": np.full(size, np.nan), **columns}
    fixed = {"point": point, "factor": code, "cadence": cadence, "decimals": decimals, "source": "live"}
    frame = pl.DataFrame(filled).with_columns(**{name: pl.lit(value) for name, value in fixed.items()})
    return frame.select(pl.col(name).cast(kind) for name, kind in _COLUMNS.items()).with_columns(
        pl.col("value", "reference").fill_nan(None)
    )


def _times(hours: np.ndarray) -> pl.Series:
    base = np.datetime64(START.replace(tzinfo=None), "us")
    stamps = base + np.round(np.asarray(hours) * 3_600_000_000).astype("timedelta64[us]")
    return pl.Series(stamps).dt.replace_time_zone("UTC")


def _hour_rows(plant: Plant, point: int, code: str, own: Series) -> pl.DataFrame:
    came = np.flatnonzero(np.isfinite(own.values))
    later = [version for version in plant.versions if version.factor == code]
    reference = own.reference if own.reference is not None else np.full(own.values.size, np.nan)
    return _frame(
        point, code, "hour", own.decimals,
        time=_times(np.array([*came, *(v.hour for v in later)], np.float64)),
        value=np.array([*own.values[came], *(v.value for v in later)], np.float64),
        reference=np.array([*reference[came], *(v.reference or np.nan for v in later)], np.float64),
        flag=[*_names(own.flags[came]), *("N" for _ in later)],
        received=_times(np.array([*(came + 1.05), *(v.received for v in later)], np.float64)),
    )  # fmt: skip


def _minute_rows(plant: Plant, point: int, code: str, cadence: str, span: tuple[int, int]) -> pl.DataFrame:
    own = plant.series[code]
    values = layers.minutes(plant, own, *span, point)
    hours = span[0] + np.arange(values.size) / 60.0
    came = np.isfinite(values)
    lag = plant.drift / 60.0 if cadence == "realtime" else 0.0
    return _frame(
        point, code, cadence, own.decimals + 1,
        time=_times(hours[came]), value=values[came].astype(np.float64),
        flag=_names(np.repeat(own.flags[slice(*span)], 60)[came]), received=_times(hours[came] + lag + 0.005),
    )  # fmt: skip


def _names(flags: np.ndarray) -> list[str]:
    table = {int(code): code.name for code in FlagCode}
    return [table[int(flag)] for flag in flags]


def registry(plants: Sequence[Plant]) -> FixedRegistry:
    """The plants as outlets; those of one ``enterprise`` belong together."""
    firms = {name: at for at, (name, _) in enumerate(groupby(sorted(plant.enterprise for plant in plants)))}
    outlets = tuple(_context(at, plant, firms[plant.enterprise]) for at, plant in enumerate(plants))
    marks = tuple(
        MarkPeriod(
            POINTS * at, mark.factor, mark.kind, instant(mark.first), instant(mark.last), mark.accepted
        )
        for at, plant in enumerate(plants)
        for mark in plant.marks
    )
    return FixedRegistry(outlets, marks, _papers(plants, firms))


def _papers(plants: Sequence[Plant], firms: Mapping[str, int]) -> dict[str, pl.DataFrame]:
    """What had come by the end of each plant's time, as records by kind."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for at, plant in enumerate(plants):
        for paper in plant.papers:
            if paper.received <= plant.hours:
                about = {"enterprise": firms[plant.enterprise], "outlet": None if paper.whole else at}
                rows.setdefault(paper.kind, []).append(about | _told(paper))
    return {kind: records.frame(kind, _numbered(own)) for kind, own in rows.items()}


def _told(paper: Paper) -> dict[str, Any]:
    span = {"start": paper.first, "end": paper.last, "received": paper.received}
    times = span | {name: value for name, value in paper.facts.items() if name in TIMES}
    return {**paper.facts, **{name: instant(hour) for name, hour in times.items()}}


def _numbered(rows: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    return ({"id": number, **row} for number, row in enumerate(rows))


def _context(at: int, plant: Plant, enterprise: int) -> OutletContext:
    meters = [
        _meter(POINTS * at + number, name, own) for number, (name, own) in enumerate(plant.meters.items(), 1)
    ]
    roles = [tuple(m for m in meters if m.kind == role) for role in ("production", "treatment", "total")]
    return OutletContext(
        outlet=at,
        enterprise=enterprise,
        region="640100",
        industry=INDUSTRY.get(plant.kind, "M7461"),
        medium=plant.medium,
        code=f"{'DA' if plant.medium == 'gas' else 'DW'}{at:03d}",
        name=plant.name,
        point=POINTS * at,
        factors=tuple(plant.series),
        limits=tuple(_limits(plant)),
        chain=Chain(*roles) if meters else None,
        door_points=(POINTS * at + DOOR,),
        sampler_hours=plant.sampler_hours,
        signals=tuple(
            Signal(gauge.role, POINTS * at + PROCESS, code, design=gauge.design)
            for code, gauge in plant.gauges.items()
        ),
        records=frozenset(paper.kind for paper in plant.papers),
    )


def _meter(point: int, name: str, own: Meter) -> PowerMeter:
    code = code_of(name)
    return PowerMeter(point, name, own.role, point, POWER, own.rated, own.machine, own.in_permit, code)


def code_of(machine: str) -> str:
    """Number of a machine in the permit, made of its name."""
    return f"MF{zlib.crc32(machine.encode()) % 10000:04d}"


def _limits(plant: Plant) -> list[Limit]:
    averaging = "hour" if plant.medium == "gas" else "day"
    told = [(averaging, *item) for item in plant.limits.items()]
    told += [("day", *item) for item in plant.day_limits.items()]
    return [
        Limit(code, each, None, high, plant.base, VALID_FROM, None, "按自身一年数据推定")  # type: ignore[arg-type]
        for each, code, high in told
    ]
