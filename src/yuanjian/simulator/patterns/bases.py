"""Outlets made of the real series of `simulator/data`; its README tells what in them is synthetic."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.resources import files

import numpy as np
import polars as pl

from yuanjian.series import FlagCode
from yuanjian.simulator.patterns import kilns, layers, platers, process
from yuanjian.simulator.patterns.layers import Bools, Doubles
from yuanjian.simulator.patterns.plants import SLOTS, Bytes, Mark, Plant, Series

HOURS = 8760
NOX, SO2, DUST, CO = "a21002", "a21026", "a34013", "a21005"
FLOW_OF_HEAT = 9780 * 0.0283168 * 273.15 / 293.15
"""Dry flue gas of bituminous coal in Nm³ per mmBtu at 20 °C conversion of dscf (40 CFR 60, method 19)."""
REFERENCE = {"coal": 6.0, "gas": 6.0, "turbine": 15.0}
MIN_SO2 = 5.0
"""Units whose median SO2 is below this burn gas, mg/m³."""
AMBIENT = {DUST: "dust", SO2: "so2", NOX: "no2", CO: "co"}
UNMARKED_GAP = 4
"""An operator marks a longer gap as a fault, hours."""
WASTE = {"w01018": (50.0, 1), "w21003": (5.0, 3), "w21001": (15.0, 2), "w21011": (0.5, 3)}
"""Limits of waste water by GB 18918-2002 class 1A (day means), and decimals."""


def load(name: str) -> pl.DataFrame:
    """A table of the data folder."""
    with files("yuanjian.simulator.data").joinpath(name).open("rb") as file:
        return pl.read_parquet(file) if name.endswith("parquet") else pl.read_csv(file)


@cache
def all_plants() -> tuple[Plant, ...]:
    """Every outlet; treat as read-only (take a `part` to change it)."""
    own = tuple(process.equipped((*_stacks(), *_turbines(), *_stations(), *_sewage())))
    return (*own, *kilns.made_of(own), *platers.made_of(own))


def _stacks() -> Iterator[Plant]:
    table = load("stacks.parquet")
    names = load("stacks.csv")
    for (number,), rows in table.group_by("id", maintain_order=True):
        state, oris, unit = names.filter(pl.col("id") == number).select("state", "oris_id", "unit").row(0)
        columns = {name: rows[name].cast(pl.Float64).to_numpy() for name in rows.columns}
        yield _stack(f"{state} {oris}/{unit}", f"{state} {oris}", columns, int(str(number)))


def _stack(name: str, facility: str, raw: dict[str, Doubles], number: int) -> Plant:
    rng = np.random.default_rng([2007, number])
    burns = (raw["op"] > 0) & (raw["nox"] > 0) & (raw["heat"] > 0)
    on = np.where(burns, raw["op"] / 100.0, 0.0)
    load_mw = raw["load"] if np.nanmax(np.nan_to_num(raw["load"])) > 0 else raw["heat"] / 100.0
    share = np.where(burns, np.nan_to_num(load_mw) / np.nanquantile(load_mw[burns], 0.995), 0.0)
    filled = raw["filled"].astype(np.int64)
    flags = np.where(burns, np.where(filled & 1, FlagCode.D, FlagCode.N), FlagCode.F).astype(np.uint8)
    heat_flags = np.where(burns, np.where(filled & 2, FlagCode.D, FlagCode.N), FlagCode.F).astype(np.uint8)
    so2 = np.where(burns, 1000.0 * np.nan_to_num(raw["so2"]) / np.where(burns, raw["heat"], 1.0), 0.0)
    kind = "coal" if np.median(so2[burns]) > MIN_SO2 else "gas"
    oxygen = np.where(
        burns, 7.5 + 3.0 * (1.0 - np.minimum(share, 1.0)) + 0.4 * layers.noise(rng, HOURS, 0.95), 20.6
    )
    made: dict[str, Series] = {NOX: layers.series(np.where(burns, raw["nox"], 0.0), 0, flags)}
    if kind == "coal":
        made[SO2] = layers.series(so2, 0, flags)
        dust = (7.0 + 5.0 * share) * np.exp(0.15 * layers.noise(rng, HOURS))
        made[DUST] = layers.series(np.where(burns, dust, 0.0), 2, flags)
    made |= _flue_gas(rng, burns, share, oxygen, raw["heat"] / 10.0, heat_flags)
    if number % 4 == 0:
        made |= _split_nox(rng, made[NOX], flags)
    plant = Plant(name, kind, "gas", made, {}, {}, REFERENCE[kind], enterprise=facility)
    _finish(plant, share, on, rng)
    return plant


def _flue_gas(
    rng: np.random.Generator,
    burns: Bools,
    share: Doubles,
    oxygen: Doubles,
    heat: Doubles,
    flags: Bytes,
) -> dict[str, Series]:
    """Oxygen, temperature, pressure, moisture; flow from heat and oxygen; velocity that fits them all."""
    shown = np.round(oxygen, 2)
    flow = np.where(burns, heat / 3600.0 * FLOW_OF_HEAT * 20.9 / (20.9 - np.minimum(shown, 19.0)), 0.0)
    celsius = np.round(np.where(burns, 60.0 + 50.0 * share + 2.0 * layers.noise(rng, HOURS), 28.0), 1)
    pressure = np.round(np.where(burns, -0.2 - 0.8 * share + 0.03 * layers.noise(rng, HOURS, 0.7), 0.0), 3)
    moisture = np.round(np.where(burns, 8.0 + 1.5 * share + 0.3 * layers.noise(rng, HOURS), 1.0), 2)
    dry = 273.0 / (273.0 + celsius) * (1.0 + pressure / 101.325) * (1.0 - moisture / 100.0)
    section = np.quantile(flow / dry, 0.995) / 18.0
    normal = np.where(burns, FlagCode.N, FlagCode.F).astype(np.uint8)
    return {
        "a19001": layers.series(shown, 2, normal),
        "a00000": layers.series(flow, 2, flags),
        "a01011": layers.series(flow / dry / section, 2, flags),
        "a01012": layers.series(celsius, 1, normal),
        "a01013": layers.series(pressure, 3, normal),
        "a01014": layers.series(moisture, 2, normal),
    }


def _split_nox(rng: np.random.Generator, nox: Series, flags: Bytes) -> dict[str, Series]:
    """NO and NO2 that make up the NOx: 1.53 · NO + NO2."""
    part = 0.05 + 0.01 * layers.noise(rng, HOURS)
    whole = nox.values.astype(np.float64)
    no2 = np.round(whole * part, 1)
    return {
        "a21003": layers.series((whole - no2) / 1.53, 1, flags),
        "a21004": layers.series(no2, 1, flags),
    }


def _finish(plant: Plant, share: Doubles, on: Doubles, rng: np.random.Generator) -> None:
    """Limits, values at reference oxygen, electricity, marks and doors of a stack."""
    _refer(plant)
    _limit(plant)
    slots = layers.by_slots(share, on)
    runs = slots > 0
    plant.meters["发电机组"] = layers.meter("production", 4000.0, slots, rng)
    early = runs | np.concatenate([runs[1:], [False]])
    for name, rated, base in (("引风除尘机", 900.0, 0.5), ("脱硝喷氨泵", 120.0, 0.4)):
        plant.meters[name] = layers.meter(
            "treatment", rated, np.where(early, base + (0.9 - base) * slots, 0.0), rng
        )
    _mark_stops(plant, on)
    layers.serve(plant, rng)


def _refer(plant: Plant) -> None:
    """Pollutants at reference oxygen, as a logger computes them from what it shows."""
    oxygen = plant.series["a19001"].values.astype(np.float64)
    for code in (NOX, SO2, DUST, CO):
        if code in plant.series and plant.base is not None:
            own = plant.series[code]
            factor = (21.0 - plant.base) / (21.0 - np.minimum(oxygen, 19.0))
            own.reference = np.round(own.values * factor, own.decimals + 1).astype(np.float32)


def _limit(plant: Plant, share: float = 1.05) -> None:
    """A limit a little above P99.5 of the outlet's own normal hours, rounded up to 2 digits."""
    for code in (NOX, SO2, DUST, CO):
        if code in plant.series:
            own = plant.series[code]
            judged = own.values if own.reference is None else own.reference
            top = share * float(np.quantile(judged[own.valid(slice(None))], 0.995))
            step = 10.0 ** (np.floor(np.log10(top)) - 1)
            plant.limits[code] = float(np.ceil(top / step) * step)


def _mark_stops(plant: Plant, on: Doubles) -> None:
    """Stops, start-ups (four hours) and shut-downs (two hours), as an honest plant marks them."""
    for first, last in _runs(on <= 0):
        plant.marks.append(Mark("stopped", first, last))
        if first > 0:
            plant.marks.append(Mark("stopping", max(first - 2, 0), first))
        if last < on.size:
            plant.marks.append(Mark("starting", last, min(last + 4, on.size)))


def _runs(where: Bools) -> list[tuple[int, int]]:
    """First and last (exclusive) of each run of True."""
    padded = np.concatenate([[False], where, [False]]).astype(np.int8)
    pairs = np.flatnonzero(np.diff(padded)).reshape(-1, 2)
    return [(int(first), int(last)) for first, last in pairs]


def _turbines() -> Iterator[Plant]:
    """Years of the turbine; where a year ends early it stands."""
    for (number,), rows in load("turbine.parquet").group_by("id", maintain_order=True):
        rng = np.random.default_rng([2011, int(str(number))])
        raw = {name: _padded(rows[name]) for name in ("nox", "co", "energy")}
        on = (raw["energy"] > 0).astype(np.float64)
        flags = np.where(on > 0, FlagCode.N, FlagCode.F).astype(np.uint8)
        share = raw["energy"] / 1700.0
        oxygen = 15.0 - 1.0 * (share - 0.75) + 0.15 * layers.noise(rng, HOURS, 0.95)
        flow = 250.0 / 3600.0 * raw["energy"] * (1 + 0.01 * layers.noise(rng, HOURS))
        made = {
            NOX: layers.series(raw["nox"] / 10.0, 1, flags),
            CO: layers.series(raw["co"] / 100.0, 2, flags),
            "a19001": layers.series(np.where(on > 0, oxygen, 20.6), 2, flags),
            "a00000": layers.series(flow, 2, flags),
            "a01012": layers.series(95.0 + 15.0 * share + 2.0 * layers.noise(rng, HOURS), 1, flags),
        }
        name = f"turbine {number}"
        plant = Plant(name, "turbine", "gas", made, {}, {}, REFERENCE["turbine"], enterprise=name)
        _finish(plant, share, on, rng)
        yield plant


def _padded(column: pl.Series) -> Doubles:
    values = np.zeros(HOURS)
    values[: len(column)] = column.cast(pl.Float64).to_numpy()
    return values


def _stations() -> Iterator[Plant]:
    """Ambient air in tenths of µg/m³: the low level and the real gaps of it; long gaps are marked."""
    for (number,), rows in load("stations.parquet").group_by("id", maintain_order=True):
        name = f"station {number}"
        columns = {code: rows[own].cast(pl.Float64).to_numpy() for code, own in AMBIENT.items()}
        made = {
            code: layers.series(values / (1 if code == CO else 10), code != CO)
            for code, values in columns.items()
        }
        plant = Plant(name, "station", "gas", made, {}, {}, None, enterprise=name)
        _limit(plant)
        for code, own in made.items():
            plant.marks += [
                Mark("fault", first, last, code)
                for first, last in _runs(own.flags == FlagCode.MISSING)
                if last - first > UNMARKED_GAP
            ]
        layers.serve(plant, np.random.default_rng([2013, int(str(number))]))
        yield plant


def _sewage() -> Iterator[Plant]:
    air, steel = load("stations.parquet"), load("steel.parquet")["kw"].to_numpy().astype(np.float64)
    shapes = {
        number: [_shape(air.filter(pl.col("id") == number)[name]) for name in ("dust", "so2", "no2", "co")]
        for number in range(1, 7)
    }
    for at, row in enumerate(load("sewage.csv").iter_rows(named=True)):
        celsius = _smooth(air.filter(pl.col("id") == 1 + at % 6)["celsius"] / 10)
        yield _works(at, row, shapes[1 + at % 6], celsius, steel)


def _shape(column: pl.Series) -> Doubles:
    """A real series as scores: its logarithm over six hours, centred on the month, in deviations."""
    values = (
        column.cast(pl.Float64).interpolate().fill_null(strategy="backward").fill_null(strategy="forward")
    )
    logs = values.clip(1).log().rolling_mean(6, min_samples=1)
    usual = logs.rolling_mean(720, min_samples=1, center=True)
    return ((logs - usual) / (logs - usual).std()).to_numpy()


def _smooth(celsius: pl.Series) -> Doubles:
    """Water follows the air slowly."""
    frame = celsius.cast(pl.Float64).interpolate().backward_fill().forward_fill()
    frame = frame.rolling_mean(240, min_samples=1)
    return 18.0 + 0.4 * (frame.to_numpy() - 13.0)


def _works(at: int, row: dict[str, float], shapes: list[Doubles], celsius: Doubles, steel: Doubles) -> Plant:
    """A waste-water outlet: municipal, or of works whose production follows the steel works' power."""
    rng = np.random.default_rng([2018, at])
    municipal = at % 2 == 0
    kw = np.concatenate([steel, steel])[: HOURS * 4].reshape(HOURS, 4)
    share = np.ones(HOURS) * 0.8 if municipal else kw.mean(axis=1) / np.quantile(kw, 0.99)
    cycle = 1.0 + 0.25 * np.sin((np.arange(HOURS) % 24 - 9.0) / 24.0 * 2 * np.pi)
    flow = row["vol_10k_m3_y"] * 1e7 / HOURS / 3600.0 * cycle * np.exp(0.08 * shapes[3])
    clipped = [np.clip(shape, -2.5, 2.5) for shape in shapes]
    nitrogen = row["tn_out"] * np.exp(0.12 * clipped[1])
    ammonia = np.minimum(row["nh3n_out"] * np.exp(0.6 * clipped[2]), 0.5 * nitrogen)
    made = {
        "w01018": layers.series(
            row["cod_out"] * np.exp(0.15 * clipped[0] + 0.02 * rng.standard_normal(HOURS)), 1
        ),
        "w21003": layers.series(ammonia * np.exp(0.03 * rng.standard_normal(HOURS)), 3),
        "w21001": layers.series(nitrogen * np.exp(0.02 * rng.standard_normal(HOURS)), 2),
        "w21011": layers.series(
            row["tp_out"] * np.exp(0.2 * clipped[3] + 0.03 * rng.standard_normal(HOURS)), 3
        ),
        "w00000": layers.series(flow * np.exp(0.02 * rng.standard_normal(HOURS)), 1),
        "w01001": layers.series(7.2 + 0.1 * clipped[0] + 0.03 * layers.noise(rng, HOURS), 2),
        "w01010": layers.series(celsius + 0.2 * layers.noise(rng, HOURS), 1),
        "w01014": layers.series(900.0 * np.exp(0.05 * clipped[1] + 0.01 * layers.noise(rng, HOURS)), 1),
    }
    plant = Plant(f"sewage {at + 1}", "sewage" if municipal else "works", "water", made, {},
                  {code: limit for code, (limit, _) in WASTE.items()}, synthetic=True,
                  sampler_hours=tuple(range(0, 24, 2)), enterprise=f"sewage {at + 1}")  # fmt: skip
    _machines(plant, share, kw, rng)
    layers.serve(plant, rng)
    return plant


def _machines(plant: Plant, share: Doubles, kw: Doubles, rng: np.random.Generator) -> None:
    """Municipal works pump day and night; at others treatment runs half an hour longer than production."""
    if plant.kind == "sewage":
        slots = np.repeat(share, SLOTS) * (1.0 + 0.05 * layers.noise(rng, HOURS * SLOTS, 0.98))
    else:
        quarter = np.minimum(np.arange(HOURS * SLOTS) * 4 // SLOTS, HOURS * 4 - 1)
        slots = kw.ravel()[quarter] / np.quantile(kw, 0.99)
    runs = slots > 0.12
    longer = runs.copy()
    for lag in range(1, 4):
        longer[lag:] |= runs[:-lag]
    plant.meters["进水泵" if plant.kind == "sewage" else "生产线"] = layers.meter(
        "production", 300.0, slots, rng
    )
    for name, rated in (("曝气风机", 160.0), ("回流泵", 45.0)):
        treatment = np.where(longer, 0.5 + 0.4 * np.minimum(slots, 1.0), 0.0)
        plant.meters[name] = layers.meter("treatment", rated, treatment, rng)
