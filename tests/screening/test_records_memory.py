"""The models over records across four months in which everything is recorded, well and badly."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from yuanjian.screening import catalogue, engine, records
from yuanjian.screening.findings import Finding
from yuanjian.screening.frames import EVENT_COLUMNS, READING_COLUMNS, FixedRegistry, FrameReadings
from yuanjian.screening.ports import Chain, Limit, OutletContext, PowerMeter, Signal
from yuanjian.screening.thresholds import CataloguePolicy, Confirmation
from yuanjian.series import MarkPeriod

HOUR, DAY, WALL, DAYS = timedelta(hours=1), timedelta(days=1), timedelta(minutes=10), 120
HOURS, SLOTS = 24 * DAYS, 144 * DAYS
START = datetime(2026, 8, 2, 16, tzinfo=UTC)
END = START + DAYS * DAY
MODELS = catalogue.load()
CODES = (
    "M120", "M121", "M122", "M123", "M124", "M128", "M219", "M237", "M238", "M239", "M240", "M241",
    "M242", "M309", "M310", "M316", "M322", "M326", "M328", "M419", "M420", "M724",
)  # fmt: skip
POLICY = CataloguePolicy(MODELS.models, {code: Confirmation("测试", "测试") for code in CODES})
GAS, WATER, SIGNALS, METERS, DOOR = 1, 2, 60, 100, 50
ROLES = {
    "tau": "response_time", "p": "sample_pressure", "o2": "hot_side_oxygen", "dp": "pressure_drop",
    "t": "station_temperature", "rh": "station_humidity", "u": "station_power",
}  # fmt: skip
MACHINES = {"L1": "", "L2": "", "fan": "fan", "press": "sludge_press", "L9": ""}
Row = dict[str, object]


def frame(point: int, factor: str, cadence: str, step: timedelta, values: np.ndarray) -> pl.DataFrame:
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


class World:
    """One plant with a stack and a sewer, by seed."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.hours = self._hours()
        self.visits = [self.at() for _ in range(10)]
        for start in self.visits:
            hour = max((start - START) // HOUR - 1, 0)
            self.hours[WATER, "w01018"][hour : hour + 3] *= 2.5
        self.power = self._power()
        fine = np.repeat(self.hours[GAS, "a21026"], 6)
        self.falls = self.rng.integers(30, HOURS - 10, 30)
        for hour in self.falls:
            fine[6 * hour - 6 : 6 * hour + 3], fine[6 * hour + 3 : 6 * hour + 9] = 48.0, 12.0
            self.hours[GAS, "a21026"][hour - 1 : hour + 2] = 48, 30, 12
        rows = [frame(point, code, "hour", HOUR, values) for (point, code), values in self.hours.items()]
        rows.append(frame(GAS, "a21026", "minute", WALL, fine))
        rows += [frame(METERS + at, "d20701", "minute", WALL, self.power[n]) for at, n in enumerate(MACHINES)]
        doors = [(DOOR, "door", "i3310", self.at(), '{"state": "1"}') for _ in range(60)]
        self.readings = FrameReadings(
            pl.concat(rows), pl.DataFrame(doors, schema=EVENT_COLUMNS, orient="row")
        )
        self.registry = FixedRegistry(self._outlets(), self._marks(), self._records())

    def noise(self, level: float, spread: float = 0.05) -> np.ndarray:
        return np.asarray(level * (1 + spread * self.rng.standard_normal(HOURS)))

    def at(self, before: int = 0) -> datetime:
        """Some minute of the time, or of the days ``before`` it too."""
        return START + int(self.rng.integers(-before * 1440, DAYS * 1440)) * timedelta(minutes=1)

    def some(self, count: int, longest: int, total: int = HOURS) -> list[slice]:
        firsts = self.rng.integers(0, total - 5, count)
        return [slice(at, at + int(self.rng.integers(1, longest))) for at in firsts]

    def _hours(self) -> dict[tuple[int, str], np.ndarray]:
        found = {
            (GAS, "a21026"): self.noise(35), (GAS, "a19001"): self.noise(8, 0.01),
            (WATER, "w01018"): self.noise(40), (WATER, "w00000"): self.noise(20),
            (SIGNALS, "tau"): self.noise(100), (SIGNALS, "p"): self.noise(90, 0.02),
            (SIGNALS, "dp"): self.noise(1000), (SIGNALS, "t"): self.noise(24, 0.02),
            (SIGNALS, "rh"): self.noise(50), (SIGNALS, "u"): np.ones(HOURS),
        }  # fmt: skip
        found[SIGNALS, "o2"] = found[GAS, "a19001"].copy()
        for name, factor in (("tau", 1.8), ("p", 0.6), ("dp", 0.02), ("t", 1.4), ("rh", 1.5), ("u", 0.0)):
            for part in self.some(9, 40):
                found[SIGNALS, name][part] *= factor
        for part in self.some(6, 30):
            found[SIGNALS, "o2"][part] -= 2
        for part in self.some(8, 30):
            found[GAS, "a21026"][part] = np.nan
        return found

    def _power(self) -> dict[str, np.ndarray]:
        found = {}
        for name, level in (("L1", 500.0), ("L2", 300.0), ("fan", 40.0), ("press", 30.0), ("L9", 100.0)):
            kw = level * (1 + 0.03 * self.rng.standard_normal(SLOTS))
            for part in self.some(12, 300, SLOTS):
                kw[part] = self.rng.choice([0.3, 0.01, 1.6]) * level
            found[name] = kw
        slots = np.arange(SLOTS)
        found["press"][(slots % 144 < 54) | (slots % 144 > 84)] = 0.1
        found["L9"][slots % 1008 > int(self.rng.integers(40, 70))] = 0.2
        for part in self.some(3, 200, SLOTS):
            found["L1"][part] = np.nan
        return found

    def _marks(self) -> tuple[MarkPeriod, ...]:
        marks = []
        for kind, count, longest in (("fault", 9, 130), ("maintenance", 6, 20), ("stopped", 3, 90)):
            for _ in range(count):
                start = self.at()
                end = start + int(self.rng.integers(1, longest)) * HOUR
                marks.append(MarkPeriod(int(self.rng.choice([GAS, WATER])), None, kind, start, end))
        return tuple(marks)

    def _outlets(self) -> tuple[OutletContext, ...]:
        meters = {
            name: PowerMeter(
                at, name, "treatment" if machine else "production", METERS + at, "d20701",
                None if machine else 600.0, machine=machine, in_permit=name != "L9", code=name,
            )
            for at, (name, machine) in enumerate(MACHINES.items())
        }  # fmt: skip
        signals = tuple(Signal(role, SIGNALS, name, design=1000.0) for name, role in ROLES.items())

        def place(point: int, medium: str, factors: tuple[str, ...]) -> OutletContext:
            production = (meters["L1"], meters["L2"], meters["L9"])
            treatment = (meters["fan"] if medium == "gas" else meters["press"],)
            limits = tuple(
                Limit(f, "hour", None, 50.0, None, date(2020, 1, 1), None, "许可证") for f in factors
            )
            return OutletContext(
                outlet=point, enterprise=1, region="640105", industry="C30", medium=medium,  # type: ignore[arg-type]
                code=f"D{point}", name=f"{point}号排放口", point=point, factors=factors, limits=limits,
                chain=Chain(production, treatment), signals=signals, records=frozenset(records.KINDS),
                door_points=(DOOR,),
            )  # fmt: skip

        return place(GAS, "gas", ("a21026", "a19001")), place(WATER, "water", ("w01018", "w00000"))

    def _records(self) -> dict[str, pl.DataFrame]:
        makers: dict[str, Callable[[], list[Row]]] = {
            "qc": self._qc, "fault_report": self._faults, "manual_result": self._manual,
            "parameter": self._parameters, "analyser_export": self._exports, "visit": self._visits,
            "order": self._orders, "carbon_change": self._carbon, "sludge": self._sludge,
            "video_gap": self._video, "face_check": self._faces,
        }  # fmt: skip
        return {
            kind: records.frame(kind, [{"id": at, "enterprise": 1, **row} for at, row in enumerate(make())])
            for kind, make in makers.items()
        }

    def pick(self, *of: object) -> object:
        return of[int(self.rng.integers(len(of)))]

    def _qc(self) -> list[Row]:
        rows: list[Row] = []
        for point, factor, kind in ((GAS, "a21026", "span"), (WATER, "w01018", "standard")):
            rows += [
                self._check(point, factor, kind, day) for day in range(-100, DAYS) if self.rng.random() < 0.75
            ]
        rows.append({"outlet": GAS, "start": START - 250 * DAY, "factor": "a21026", "kind": "verification"})
        days = [self.at(60) for _ in range(4)]
        rows += [{"outlet": WATER, "start": at, "factor": "w01018", "kind": "comparison"} for at in days]
        return rows

    def _check(self, point: int, factor: str, kind: str, day: int) -> Row:
        error = 3.0 * self.rng.standard_normal() if day % 31 < 25 else 40.0
        return {
            "outlet": point, "start": START + day * DAY + 3 * HOUR, "factor": factor, "kind": kind,
            "expected": 100.0, "measured": self.pick(100.0, round(100 + error, 2)),
            "raw_signal": self.pick(0.5, 0.6, None),
        }  # fmt: skip

    def _faults(self) -> list[Row]:
        rows: list[Row] = []
        for _ in range(8):
            start = self.at()
            told, fixed = (start + int(self.rng.integers(1, 200)) * HOUR for _ in range(2))
            rows.append({"outlet": self.pick(GAS, WATER), "start": start, "reported_at": told})
            rows[-1]["repaired_at"] = self.pick(fixed, None)
        return rows

    def _manual(self) -> list[Row]:
        rows: list[Row] = []
        for purpose, count in (("own", 40), ("supervision", 30), ("retained", 40), ("outage", 60)):
            for _ in range(count):
                point = WATER if purpose == "retained" else int(self.rng.choice([GAS, WATER]))
                start = self.at(90)
                rows.append({
                    "outlet": point, "start": start, "end": start + HOUR, "purpose": purpose,
                    "factor": "a21026" if point == GAS else "w01018", "seal_intact": self.pick(True, False),
                    "value": float(self.rng.uniform(20, 110)),
                })  # fmt: skip
        return rows

    def _parameters(self) -> list[Row]:
        return [
            {
                "outlet": GAS, "start": self.at(300), "factor": "a21026",
                "name": self.pick("slope", "intercept", "oxygen_base", "range"),
                "origin": self.pick("permit", "platform", "logger", "analyser"),
                "value": self.pick(1.0, 0.9, 0.7, 1.3), "approved": self.pick(True, False, None),
            }
            for _ in range(60)
        ]  # fmt: skip

    def _exports(self) -> list[Row]:
        values = self.hours[WATER, "w01018"]
        rows: list[Row] = []
        for first in self.rng.integers(0, HOURS - 170, 4):
            factor = float(self.pick(1.0, 1.012, 1.2))  # type: ignore[arg-type]
            for hour in range(first, first + 168):
                value = float(values[hour]) * factor
                rows.append(
                    {"outlet": WATER, "start": START + hour * HOUR, "factor": "w01018", "value": value}
                )
        return rows

    def _visits(self) -> list[Row]:
        return [{"outlet": None, "start": start, "end": start + 2 * HOUR} for start in self.visits]

    def _orders(self) -> list[Row]:
        rows: list[Row] = []
        for _ in range(20):
            start = self.at()
            row: Row = {
                "outlet": None, "start": start, "end": start + int(self.rng.integers(20, 150)) * HOUR,
                "kind": self.pick("emergency", "staggered", "suspension", "curtailment"),
                "facilities": self.pick("L1", "L1，L2", None),
            }  # fmt: skip
            row |= self.pick({"share": 0.5}, {"quota": 9000.0}, {}, {"share": 0.3, "allowance": 30.0})  # type: ignore[operator]
            rows.append(row)
        return rows

    def _carbon(self) -> list[Row]:
        return [
            {"outlet": GAS, "start": self.at(60), "design_hours": self.pick(300.0, None)} for _ in range(4)
        ]

    def _sludge(self) -> list[Row]:
        days = [day for day in range(DAYS) if day % 7 in (1, 4) and not 80 <= day < 118]
        return [
            {"outlet": WATER, "start": START + day * DAY, "amount": float(self.rng.choice([5, 6, 2]))}
            for day in days
        ]

    def _video(self) -> list[Row]:
        rows: list[Row] = []
        for hour in self.falls[::2]:
            start = START + int(hour) * HOUR
            rows.append({"outlet": GAS, "start": start, "end": start + HOUR, "camera": "1"})
        return rows

    def _faces(self) -> list[Row]:
        return [
            {
                "outlet": GAS, "start": self.at(), "card_owner": "甲",
                "distance": self.pick(0.3, 0.8, None), "persons": self.pick(1.0, 2.0, None),
            }
            for _ in range(30)
        ]  # fmt: skip

    def run(self, start: datetime) -> list[Finding]:
        models = [MODELS[code] for code in CODES]
        return engine.run(
            models, self.readings, self.registry, POLICY, start=start, end=END, now=END
        ).findings


@pytest.fixture(scope="module")
def worlds() -> dict[int, tuple[World, list[Finding]]]:
    """Each world with all its findings."""
    made = {seed: World(seed) for seed in (1, 2)}
    return {seed: (world, world.run(START)) for seed, world in made.items()}


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("hours", [5, 170, 800])
def test_the_last_hours_give_what_everything_gives(
    worlds: dict[int, tuple[World, list[Finding]]], seed: int, hours: int
) -> None:
    world, whole = worlds[seed]
    edge = END - hours * HOUR
    assert world.run(edge) == [finding for finding in whole if finding.end > edge]


def test_all_of_them_speak(worlds: dict[int, tuple[World, list[Finding]]]) -> None:
    """The property above says little of a model that finds nothing."""
    assert {finding.model for _, whole in worlds.values() for finding in whole} == set(CODES)


def test_findings_are_whole(worlds: dict[int, tuple[World, list[Finding]]]) -> None:
    for _, whole in worlds.values():
        for finding in whole:
            assert finding.start < finding.end
            assert "{" not in finding.claim + finding.claim_en
            assert "nan" not in finding.claim
            assert set(finding.measures) >= set(MODELS[finding.model].measures)
