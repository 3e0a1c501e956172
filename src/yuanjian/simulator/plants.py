"""The kinds of plants of the virtual province: what they burn or treat, and the limits they are held to.

Limits are those of the standards named in ``basis``. Removal efficiencies, flows and rated powers are typical
textbook magnitudes, no measured plant. Inlet concentrations follow from them (see `world`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pollutant:
    """One pollutant of a kind of plant.

    ``limit`` mg/m³ at reference O2 (gas, hour) or mg/L (water, day); ``removal`` share removed at full
    treatment; ``treated_by`` index of its treatment machine; ``bypass`` how many times more passes when
    that machine stands still; ``noise`` residual table; ``day_limit`` a second, daily limit where the
    standard has one.
    """

    code: str
    limit: float
    removal: float
    treated_by: int
    bypass: float
    noise: tuple[str, str]
    decimals: int = 2
    day_limit: float | None = None


@dataclass(frozen=True, slots=True)
class Machine:
    """A metered facility: name, rated power in kW, what it does (`screening.signals.MACHINES`, or blank)."""

    name: str
    rated_kw: float
    does: str = ""


@dataclass(frozen=True, slots=True)
class PlantKind:
    """A kind of plant with one outlet. ``flow`` dry standard m³/s (gas) or L/s (water) at full load."""

    key: str
    name: str
    outlet_name: str
    medium: str
    industry_code: str
    industry: str
    basis: str
    pollutants: tuple[Pollutant, ...]
    production: tuple[Machine, ...]
    treatment: tuple[Machine, ...]
    flow: float
    shape: str
    swing: float = 1.0
    share: float = 1.0
    o2_reference: float | None = None
    o2: float = 0.0
    temperature: float = 18.0
    humidity: float = 0.0
    intermittent: bool = False
    by_hand: tuple[tuple[str, float], ...] = ()
    """Limits (hour, mg/m³) of what the permit names and people measure by hand."""


_SO2, _NOX, _PM = ("coal", "so2"), ("coal", "nox"), ("turbine", "nox")


def _gas(
    pm: float, so2: float, nox: float, days: tuple[float, float, float] | None = None
) -> tuple[Pollutant, ...]:
    day = days or (None, None, None)
    return (
        Pollutant("a34013", pm, 0.9990, 0, 4.0, _PM, day_limit=day[0]),
        Pollutant("a21026", so2, 0.970, 1, 4.5, _SO2, day_limit=day[1]),
        Pollutant("a21002", nox, 0.85, 2, 3.5, _NOX, day_limit=day[2]),
    )


def _water(cod: float, nh3n: float, tp: float, tn: float) -> tuple[Pollutant, ...]:
    return (
        Pollutant("w01018", cod, 0.92, 0, 4.0, _SO2),
        Pollutant("w21003", nh3n, 0.95, 0, 5.0, _NOX, 3),
        Pollutant("w21011", tp, 0.93, 1, 4.0, _PM, 3),
        Pollutant("w21001", tn, 0.72, 2, 2.8, _PM),
    )


def _cleaning(dust: float, sulphur: float, nitrogen: float) -> tuple[Machine, ...]:
    return (
        Machine("除尘器", dust),
        Machine("脱硫循环泵", sulphur, "slurry_pump"),
        Machine("脱硝稀释风机", nitrogen),
    )


def _works(aeration: float, dosing: float, reflux: float) -> tuple[Machine, ...]:
    return (
        Machine("曝气鼓风机", aeration, "blower"),
        Machine("除磷加药泵", dosing, "dosing_pump"),
        Machine("硝化液回流泵", reflux),
    )


KINDS: tuple[PlantKind, ...] = (
    PlantKind(
        "power",
        "热电",
        "锅炉烟囱排放口",
        "gas",
        "D4412",
        "热电联产",
        "环发〔2015〕164号 超低排放",
        _gas(10, 35, 50),
        (Machine("送引风机", 4200, "fan"), Machine("磨煤机", 2600)),
        _cleaning(900, 2400, 160),
        260,
        "coal",
        share=1.2,
        o2_reference=6,
        o2=5.4,
        temperature=51,
        humidity=11.5,
    ),
    PlantKind(
        "sinter",
        "钢铁",
        "烧结机头排放口",
        "gas",
        "C3110",
        "炼铁",
        "环大气〔2019〕35号 超低排放",
        _gas(10, 35, 50),
        (Machine("烧结主抽风机", 5600, "fan"),),
        _cleaning(1300, 1500, 210),
        210,
        "coal",
        swing=0.6,
        o2_reference=16,
        o2=15.4,
        temperature=118,
        humidity=9.0,
    ),
    PlantKind(
        "cement",
        "水泥",
        "窑尾排放口",
        "gas",
        "C3011",
        "水泥制造",
        "GB 4915-2013 表2",
        _gas(20, 100, 320),
        (Machine("回转窑主传动", 630), Machine("高温风机", 2500, "fan")),
        _cleaning(560, 320, 90),
        130,
        "flat",
        share=1.2,
        o2_reference=10,
        o2=9.1,
        temperature=96,
        humidity=8.0,
    ),
    PlantKind(
        "boiler",
        "热力",
        "燃煤锅炉排放口",
        "gas",
        "D4430",
        "热力生产和供应",
        "GB 13271-2014 表3",
        _gas(30, 200, 200),
        (Machine("锅炉引风机", 355, "fan"),),
        _cleaning(75, 132, 22),
        22,
        "coal",
        share=1.6,
        o2_reference=9,
        o2=9.6,
        temperature=58,
        humidity=9.5,
    ),
    PlantKind(
        "incinerator",
        "环保能源",
        "焚烧炉烟囱排放口",
        "gas",
        "N7820",
        "环境卫生管理",
        "GB 18485-2014 表4",
        _gas(30, 100, 300, (20, 80, 250)),
        (Machine("焚烧炉引风机", 710, "fan"),),
        _cleaning(160, 210, 45),
        42,
        "flat",
        o2_reference=11,
        o2=9.2,
        temperature=142,
        humidity=18.0,
        by_hand=(("a21024", 60.0),),
    ),
    PlantKind(
        "glass",
        "玻璃",
        "玻璃熔窑排放口",
        "gas",
        "C3041",
        "平板玻璃制造",
        "GB 26453-2022 表1",
        _gas(30, 200, 400),
        (Machine("熔窑助燃风机", 280),),
        _cleaning(110, 160, 37),
        28,
        "flat",
        share=0.7,
        o2_reference=8,
        o2=8.4,
        temperature=168,
        humidity=10.0,
    ),
    PlantKind(
        "sewage",
        "水务",
        "污水处理厂总排口",
        "water",
        "D4620",
        "污水处理及其再生利用",
        "GB 18918-2002 一级A",
        _water(50, 5, 0.5, 15),
        (Machine("进水提升泵", 220),),
        _works(630, 15, 110),
        580,
        "sewage",
        share=1.6,
    ),
    PlantKind(
        "chemical",
        "化工",
        "废水总排口",
        "water",
        "C2614",
        "有机化学原料制造",
        "GB 31571-2015 表1",
        _water(60, 8, 1.0, 40),
        (Machine("反应装置", 1250), Machine("循环水泵", 400)),
        _works(185, 7.5, 45),
        46,
        "coal",
        share=1.2,
        temperature=26,
    ),
    PlantKind(
        "dyeing",
        "纺织",
        "废水总排口",
        "water",
        "C1713",
        "棉印染精加工",
        "GB 4287-2012 表2",
        _water(80, 10, 0.5, 15),
        (Machine("染整生产线", 900),),
        _works(132, 5.5, 30),
        34,
        "steel",
        swing=0.5,
        share=0.8,
        temperature=29,
    ),
    PlantKind(
        "plating",
        "表面处理",
        "废水总排口",
        "water",
        "C3360",
        "金属表面处理及热处理加工",
        "GB 21900-2008 表2",
        _water(80, 15, 1.0, 20),
        (Machine("电镀生产线", 480),),
        _works(45, 4, 11),
        9,
        "steel",
        share=0.6,
        temperature=22,
        intermittent=True,
    ),
)
"""Shares are relative numbers of plants of each kind."""
BY_KEY: Mapping[str, PlantKind] = {kind.key: kind for kind in KINDS}
