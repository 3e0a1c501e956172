"""The library of violations: complete, drawn by seed, over real hours, seen by the models it names."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from yuanjian.screening import cases, catalogue
from yuanjian.series import FlagCode
from yuanjian.simulator.patterns import bases, draws, judge, layers, library
from yuanjian.simulator.patterns.draws import Draw
from yuanjian.simulator.patterns.library import Pattern
from yuanjian.simulator.patterns.plants import Plant
from yuanjian.simulator.patterns.readings import POINTS, PlantReadings, instant, registry

PATTERNS = library.patterns()
KINDS = {plant.kind for plant in bases.all_plants()}
SEEN = (
    "gap",
    "constant",
    "copied_outlet",
    "diluted",
    "treatment_off",
    "stuck_ph",
    "door_forced",
    "rewritten",
)
"""Patterns the models are run over here; `yuanjian models score` runs all."""


def test_the_library_holds_enough_and_names_what_exists() -> None:
    models = catalogue.load()
    assert len(PATTERNS) >= 40
    assert len({pattern.zh for pattern in PATTERNS.values()}) == len(PATTERNS)
    for pattern in PATTERNS.values():
        assert set(pattern.at) <= KINDS
        assert all(models[code].status in {"trial", "live"} for code in pattern.models)
        assert pattern.hours[0] < pattern.hours[1]


@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=list(PATTERNS))
def test_each_pattern_is_short_and_says_what_it_does(pattern: Pattern) -> None:
    lines = inspect.getsource(pattern.act).splitlines()
    assert len(lines) <= 17
    assert inspect.getdoc(pattern.act)


def told(plant: Plant) -> tuple[object, ...]:
    """All that an outlet tells, comparable."""
    series = [
        (code, own.values.tobytes(), own.flags.tobytes(), None if own.fine is None else own.fine.tobytes(),
         None if own.reference is None else own.reference.tobytes())
        for code, own in plant.series.items()
    ]  # fmt: skip
    meters = [(name, meter.kw.tobytes(), meter.amperes.tobytes()) for name, meter in plant.meters.items()]
    gauges = [(code, gauge.own.values.tobytes()) for code, gauge in plant.gauges.items()]
    beats = [own.beats for own in plant.series.values()]
    marked = plant.marks, plant.events, plant.versions
    return series, meters, gauges, beats, marked, plant.drift, plant.days, plant.papers


@pytest.mark.parametrize("name", PATTERNS)
def test_a_draw_changes_the_outlet_and_not_its_twin(name: str) -> None:
    draw = draws.draw(PATTERNS[name], 5, 0)
    assert any(told(a) != told(b) for a, b in zip(draw.plants, draw.twins, strict=True))
    assert draw.plants[0].limits == draw.twins[0].limits
    assert draws.EARLIEST <= draw.first < draw.last <= draws.SPAN - draws.REST
    before = slice(0, draw.first - 24)
    assert np.array_equal(
        *(some[0].series[draw.factor].values[before] for some in (draw.plants, draw.twins)), equal_nan=True
    )


def test_the_seed_decides_and_no_draw_depends_on_another() -> None:
    def some(seed: int, names: list[str]) -> list[Draw]:
        return [
            draw for draw in draws.draws([PATTERNS[n] for n in names], seed, 2) if draw.pattern.name == "zero"
        ]

    one, again, other = some(1, ["gap", "zero"]), some(1, ["zero"]), some(2, ["zero"])
    assert [(d.source, d.first, d.last, told(d.plants[0])) for d in one] == [
        (d.source, d.first, d.last, told(d.plants[0])) for d in again
    ]
    assert [(d.source, d.first) for d in one] != [(d.source, d.first) for d in other]


def test_what_nothing_fits_is_an_error() -> None:
    with pytest.raises(LookupError, match="zero"):
        draws.draw(library.Pattern("zero", "", "", "zero", ("coal",), (5, 9), (), needs={"load": 9.0}), 1, 0)


def test_the_models_see_the_violations_and_not_the_twins() -> None:
    chosen = [PATTERNS[name] for name in SEEN]
    models = [model for model in catalogue.load() if any(model.code in p.models for p in chosen)]
    seen: list[tuple[int, int]] = []
    tally = judge.judge(models, draws.draws(chosen, 3, 1), len(chosen), lambda *at: seen.append(at))
    assert tally.missed == []
    assert {name: counts["found"] for name, counts in tally.patterns.items()} == dict.fromkeys(SEEN, 1)
    assert sum(c["right"] for c in tally.models.values()) >= len(SEEN)
    assert seen == [(len(SEEN), len(SEEN))]


def test_a_missed_violation_is_told() -> None:
    models = [catalogue.load()["M418"]]
    tally = judge.judge(models, draws.draws([PATTERNS["gap"]], 3, 1), 1)
    assert [text.split(" ")[0] for text in tally.missed] == ["gap"]
    assert tally.patterns["gap"] == {"n": 1, "found": 0}


@pytest.mark.parametrize(
    ("score", "twin", "same"), [(0.0, 0.0, True), (0.5, 0.0, False), (0.5, 0.45, True), (0.0, 1.0, True)]
)
def test_what_is_said_of_the_honest_twin_too_is_told_beside(score: float, twin: float, same: bool) -> None:
    """Nothing of what the most severe level asks for is the score 0: of both it is the same."""
    draw = draws.draw(PATTERNS["gap"], 3, 0)
    (case,) = [case for case in cases.read("M418") if case.name == "positive"]
    (said,) = cases.findings(case, catalogue.load()["M418"])
    span = {"start": instant(draw.first), "end": instant(draw.last)}
    guilty, honest = (replace(said, **span, level=2, score=value) for value in (score, twin))
    tally = judge.Tally()
    judge.count(tally, draw, [guilty], [honest])
    assert judge.is_caused(draw, guilty, [honest]) is not same
    assert tally.models["M418"] == {"said": 1, "so": not same, "anyway": same}


@pytest.fixture(scope="module")
def plants() -> tuple[Plant, ...]:
    return bases.all_plants()


def test_the_outlets_are_many_and_real(plants: tuple[Plant, ...]) -> None:
    real = [plant for plant in plants if not plant.synthetic]
    assert len(real) >= 40
    assert {plant.kind for plant in real} == {"coal", "gas", "turbine", "station"}
    assert len({plant.name for plant in plants}) == len(plants)


def test_downtime_carries_the_flag_of_a_fault(plants: tuple[Plant, ...]) -> None:
    filled = bases.load("stacks.parquet").filter(id=5)["filled"].to_numpy() & 2 > 0
    flow = next(plant for plant in plants if plant.name == "MS 2070/1").series["a00000"]
    running = flow.flags != FlagCode.F
    assert (flow.flags[filled & running] == FlagCode.D).all()
    assert (filled & running).sum() > 3000


def spans(plant: Plant) -> Iterator[tuple[str, slice]]:
    for code, own in plant.series.items():
        if np.isfinite(own.values[500:512]).all():
            yield code, slice(500, 512)


def test_minutes_have_the_mean_of_their_hour(plants: tuple[Plant, ...]) -> None:
    plant = plants[2].part(slice(0, 1000))
    plant.edges = {505}
    for code, hours in spans(plant):
        own = plant.series[code]
        means = layers.minutes(plant, own, hours.start, hours.stop, 1).reshape(-1, 60).mean(axis=1)
        step = 10.0 ** -plant.series[code].decimals
        assert means == pytest.approx(plant.series[code].values[hours], abs=step, rel=1e-3)


def test_the_port_tells_hours_days_minutes_and_versions(plants: tuple[Plant, ...]) -> None:
    plant = plants[2].part(slice(0, 1000))
    plant.detail, plant.live, plant.drift = [(480, 504)], [(480, 504)], 30.0
    readings = PlantReadings([plant])
    (context,) = registry([plant]).outlets()
    code = context.factors[0]
    window = {"start": instant(480), "end": instant(504)}
    hours = readings.cube([(0, code)], cadence="hour", **window)
    assert np.array_equal(hours.values[0], plant.series[code].values[480:504], equal_nan=True)
    days = readings.cube([(0, code), (0, "x")], cadence="day", **window)
    assert np.isfinite(days.values[0]).all()
    assert np.isnan(days.values[1]).all()
    minutes = readings.cube([(0, code)], cadence="minute", **window)
    rows = readings.readings([0, 1], [code], cadence="minute", **window)
    assert np.isfinite(minutes.values).all()
    assert rows.height == minutes.values.size
    late = readings.readings([0], [code], cadence="realtime", **window)
    assert ((late["received"] - late["time"]).dt.total_minutes() == 30).all()
    assert readings.readings([0], [code], cadence="day", **window).height == 0
    meter = context.chain.production[0] if context.chain else None
    assert meter is not None
    assert meter.point // POINTS == 0
    assert np.isfinite(
        readings.cube(
            [(meter.point, meter.factor)], cadence="minute", step=(instant(1) - instant(0)) / 6, **window
        ).values
    ).all()
