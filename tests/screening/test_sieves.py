"""A run with sieves finds what a run without finds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from province import HOUR, START, outlet, province

from yuanjian.screening import cases, catalogue, engine, sieves
from yuanjian.screening.findings import Finding
from yuanjian.screening.frames import READING_COLUMNS, FixedRegistry, FrameReadings
from yuanjian.screening.kernels import glances
from yuanjian.screening.methods import METHODS
from yuanjian.screening.ports import Limit, Readings, Registry
from yuanjian.screening.scene import Scene
from yuanjian.screening.thresholds import CataloguePolicy, Confirmation
from yuanjian.series import SeriesKey

MODELS = catalogue.load()
SIFTED = [model for model in MODELS if model.kernel in sieves.SIEVES]
POLICY = CataloguePolicy(MODELS.models, {model.code: Confirmation("测试", "测试") for model in MODELS})


def test_sieves_are_of_methods() -> None:
    assert sieves.SIEVES.keys() <= METHODS.keys()
    assert len(SIFTED) >= 16


def _without(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sieves, "SIEVES", {})


@pytest.mark.parametrize("model", SIFTED, ids=lambda model: model.code)
def test_cases_give_the_same(model: catalogue.Model, monkeypatch: pytest.MonkeyPatch) -> None:
    of_model = cases.read(model.code)
    sifted = [cases.findings(case, model) for case in of_model]
    assert any(sifted)
    _without(monkeypatch)
    assert [cases.findings(case, model) for case in of_model] == sifted


def _findings(readings: Readings, registry: Registry, days: int) -> list[Finding]:
    end = START + days * 24 * HOUR
    return engine.run(SIFTED, readings, registry, POLICY, start=START, end=end, now=end).findings


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_a_province_gives_the_same(seed: int) -> None:
    readings, registry, _ = province(seed)
    sifted = _findings(readings, registry, 16)
    with pytest.MonkeyPatch.context() as patch:
        _without(patch)
        assert _findings(readings, registry, 16) == sifted


SHARES = (0.0, 0.4999, 0.5, 0.89, 0.9, 0.97, 0.9702, 0.98, 0.9999, 1.0, 1.0001, 1.2, 2.0)
pieces = st.lists(
    st.tuples(
        st.sampled_from(SHARES), st.integers(1, 30), st.sampled_from(["level", "still", "gone", "low"])
    ),
    min_size=4,
    max_size=30,
)


@settings(max_examples=40, deadline=None)
@given(pieces=pieces, seed=st.integers(0, 2**31), converted=st.booleans())
def test_series_at_the_borders_give_the_same(
    pieces: list[tuple[float, int, str]], seed: int, converted: bool
) -> None:
    """Levels right at the shares of the limit that methods ask for, runs, gaps, falls, values below zero."""
    rng = np.random.default_rng(seed)
    values: list[float | None] = []
    for share, length, kind in pieces:
        level = 50.0 * share
        noise = 0.0 if kind == "still" else 0.02
        piece = np.round(level * (1 + noise * rng.normal(size=length)), 2)
        piece = -piece if kind == "low" else piece
        values += [None if kind == "gone" else float(value) for value in piece]
    oxygen = np.round(rng.uniform(5, 12, len(values)), 2)
    rows = [
        (1, factor, "hour", START + at * HOUR, value, None, "N", 2)
        for factor, series in (("a21026", values), ("a19001", oxygen.tolist()))
        for at, value in enumerate(series)
        if value is not None
    ]
    one = outlet(1, door_points=())
    limits = [replace(limit, o2_reference=6.0 if converted else None) for limit in one.limits]
    day = [Limit("a21026", "day", None, 50.0, None, limits[0].valid_from, None, "许可证")]
    registry = FixedRegistry((replace(one, limits=(*limits, *day)),))
    readings = FrameReadings(pl.DataFrame(rows, schema=READING_COLUMNS, orient="row"))
    days = -(-len(values) // 24)
    sifted = _findings(readings, registry, days)
    with pytest.MonkeyPatch.context() as patch:
        _without(patch)
        assert _findings(readings, registry, days) == sifted


def _odd(model: catalogue.Model, params: dict[str, object]) -> catalogue.Model:
    """A model with other parameters that tells every hit of its method that has a measure above 0."""
    told = {level: tuple({name: 1e-9} for name in model.measures) for level in (3, 2, 1)}
    levels = dict.fromkeys(model.levels, told)
    return replace(model, params={**model.params, **params}, levels=levels)


def _same_by_month(
    kernel: str, params: dict[str, object], values: list[float], limits: tuple[Limit, ...]
) -> int:
    """Findings of a month of hours, after they were found to be those of a run without sieves."""
    model = _odd(next(model for model in SIFTED if model.kernel == kernel), params)
    rows = [
        (1, factor, "hour", START + at * HOUR, value + off, None, "N", 2)
        for at, value in enumerate(values)
        for factor, off in (("a21026", 0.0), ("a21002", 300.0))
    ]
    slots = [START + at * HOUR / 6 for at in range(6 * len(values))]
    rows += [  # the load doubles and halves at noon
        (1001, "d20001", "minute", time, 400.0 if (at + 72) // 144 % 2 else 200.0, None, "N", 1)
        for at, time in enumerate(slots)
    ]
    readings = FrameReadings(pl.DataFrame(rows, schema=READING_COLUMNS, orient="row"))
    registry = FixedRegistry((outlet(1, limits=limits),))
    policy, end = CataloguePolicy({model.code: model}, {}), START + len(values) * HOUR

    def found() -> list[Finding]:
        return engine.run([model], readings, registry, policy, start=START, end=end, now=end).findings

    sifted = found()
    with pytest.MonkeyPatch.context() as patch:
        _without(patch)
        assert found() == sifted
    return len(sifted)


def _hourly(factor: str, high: float, since: date, until: date | None = None) -> Limit:
    return Limit(factor, "hour", None, high, None, since, until, "许可证")


LONG_AGO = date(2020, 1, 1)
ONE_LIMIT = tuple(_hourly(factor, 500.0, LONG_AGO) for factor in ("a21026", "a21002"))


@pytest.mark.parametrize(
    ("kernel", "params", "some"),
    [
        ("constant_run", {"chance": 0.0}, False),
        ("constant_run", {"chance": -1.0}, False),
        ("constant_run", {"chance": 1.0}, True),
        ("near_limit_share", {"min_share": 0.0}, True),
        ("truncated", {"min_z": 0.0}, True),
        ("plateau", {"targets": []}, False),
        ("plateau", {"targets": [1.0, 0.04], "band": 0.2}, True),
        ("step_change", {"drop": 1.5, "min_ratio": 0.0}, True),
        ("step_change", {"hours_before": 0}, False),
        ("impossible_values", {"min_steps": -3000}, True),
        ("copied_days", {"min_rho": -2.0}, True),
        ("copied_days", {"min_pairs": 0}, False),
        ("copied_days", {"lags": 0}, False),
    ],
)
def test_odd_parameters_give_the_same(kernel: str, params: dict[str, object], some: bool) -> None:
    """Authors may give a method any number."""
    rng = np.random.default_rng(5)
    values = np.round(20.0 + rng.normal(0.0, 1.0, 40 * 24), 2)
    values[600:620] = 20.0
    values[700] = -25.0
    found = _same_by_month(kernel, params, values.tolist(), ONE_LIMIT)
    assert bool(found) == some


def test_a_level_that_falls_because_the_limit_rises() -> None:
    """What is judged is the share of the limit: the day it is raised tenfold the same values are low."""
    change = date(2026, 10, 20)
    limits = tuple(
        limit
        for factor in ("a21026", "a21002")
        for limit in (
            _hourly(factor, 500.0, LONG_AGO, date(2026, 10, 19)),
            _hourly(factor, 5000.0, change),
        )
    )
    values = np.round(400.0 + np.random.default_rng(3).normal(0.0, 1.0, 30 * 24), 2)
    assert _same_by_month("step_change", {}, values.tolist(), limits) == 2


def test_minutes_of_other_points_than_the_outlets_are_seen() -> None:
    """Signals and meters have points of their own."""
    rows = [(500, "t1", "minute", START, 850.0, None, "N", 1)]
    readings = FrameReadings(pl.DataFrame(rows, schema=READING_COLUMNS, orient="row"))
    end = START + 24 * HOUR
    scene = Scene((outlet(1),), readings, FixedRegistry((outlet(1),)), START, end, end, START)
    assert not scene.sends("minute", [1, 2])
    assert scene.sends("minute", [1, 500])
    both = scene.fine([SeriesKey(1, "a21026"), SeriesKey(500, "t1")], HOUR / 60, START, START + HOUR)
    assert both.values[1, 0] == 850.0
    assert not scene.fine([SeriesKey(1, "a21026")], HOUR / 60, START, START + HOUR).flags.any()


@pytest.mark.parametrize("compiled", [True, False])
def test_glances(compiled: bool) -> None:
    def kernel(name: str):  # type: ignore[no-untyped-def]
        made = getattr(glances, name)
        return made if compiled else made.py_func

    nan = np.nan
    raw = np.array([[1, 1, 1.004, nan, 2, 2, -3, 4], [nan] * 8], np.float32)
    rows = np.array([1, 0])
    assert kernel("stands_still")(raw, rows, np.array([0.01, 0.01]), 3).tolist() == [False, True]
    assert kernel("stands_still")(raw, rows, np.array([0.01, 0.01]), 4).tolist() == [False, False]
    assert kernel("stands_still")(raw, rows[1:], np.array([0.001]), 2).tolist() == [True]
    assert [kernel("_near")(1.0, other, 0.5) for other in (1.4, 1.5, np.nan)] == [True, False, False]
    assert kernel("extremes")(raw[0], 0, 8) == (-3.0, 4.0)
    assert kernel("extremes")(raw[0], 1, 4) == (pytest.approx(1.0), pytest.approx(1.004))
    assert kernel("extremes")(raw[1], 0, 8) == (np.inf, -np.inf)
    falls = kernel("deepest_fall")(raw, rows, 3)
    assert falls.tolist() == [0.0, 2.5]
    assert kernel("deepest_fall")(raw[:, :4], rows, 3).tolist() == [0.0, pytest.approx(0.0, abs=1e-9)]


@settings(max_examples=60, deadline=None)
@given(
    samples=st.lists(st.sampled_from([1.0, 1.5, 2.0, np.nan]), min_size=1, max_size=30),
    least=st.integers(1, 6),
)
def test_runs_are_found_by_looking_at_few_samples(samples: list[float], least: int) -> None:
    raw = np.array([samples], np.float32)
    moves = np.abs(np.diff(raw[0].astype(np.float64))) < 0.6
    windows = range(len(samples) - least + 1)
    still = any(moves[at : at + least - 1].all() and not np.isnan(raw[0, at]) for at in windows)
    for kernel in (glances.stands_still, glances.stands_still.py_func):  # type: ignore[attr-defined]
        assert kernel(raw, np.array([0]), np.array([0.6]), least).tolist() == [still]


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**31), missing=st.floats(0, 0.7), noise=st.sampled_from([0.0, 0.01, 0.3]))
def test_the_steadiest_ratio_is_that_of_some_window(seed: int, missing: float, noise: float) -> None:
    rng = np.random.default_rng(seed)
    values = rng.uniform(1, 9, (2, 50))
    values[0, 20:] = 3.0 * values[1, 20:] * (1.0 + noise * rng.normal(size=30))
    usable = rng.random(values.shape) >= missing
    both = usable.all(axis=0)
    ratio = values[0, both] / values[1, both]
    windows = [ratio[at : at + 8] for at in range(ratio.size - 7)]
    least = min((part.std() / part.mean() for part in windows), default=np.inf)
    infinite = values.copy()
    infinite[1, 10] = 0.0
    always = usable.copy()
    always[:, 10] = True
    rows = np.array([[0, 1]])
    for kernel in (glances.steadiest_ratio, glances.steadiest_ratio.py_func):  # type: ignore[attr-defined]
        found = float(kernel(values, usable, rows, 8)[0])
        assert found <= least
        assert found == pytest.approx(least, abs=1e-4)
        assert kernel(infinite, always, rows, 8).tolist() == [0.0]
