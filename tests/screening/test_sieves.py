"""A run with sieves finds what a run without finds."""

from __future__ import annotations

from dataclasses import replace

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
from yuanjian.screening.thresholds import CataloguePolicy, Confirmation

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


@pytest.mark.parametrize("compiled", [True, False])
def test_glances(compiled: bool) -> None:
    def kernel(name: str):  # type: ignore[no-untyped-def]
        made = getattr(glances, name)
        return made if compiled else made.py_func

    nan = np.nan
    raw = np.array([[1, 1, 1.004, nan, 2, 2, -3, 4], [nan] * 8], np.float32)
    rows = np.array([1, 0])
    low, high = kernel("extremes")(raw)
    assert (low.tolist(), high.tolist()) == ([-3.0, np.inf], [4.0, -np.inf])
    assert kernel("highest")(raw.astype(np.float64)).tolist() == [4.0, -np.inf]
    assert kernel("longest_still")(raw, rows, np.array([0.01, 0.01])).tolist() == [0, 3]
    assert kernel("longest_still")(raw, rows[1:], np.array([0.001])).tolist() == [2]
    rises = kernel("steepest_rise")(
        np.array([[5, 1, nan, 4, 2, nan, nan, 9, 3], [9, 8, 7, nan, 6, 5, 4, 3, 2]]), 3
    )
    assert rises.tolist() == [7.0, 0.0]
    falls = kernel("deepest_fall")(raw, rows, 3)
    assert falls.tolist() == [0.0, 2.5]
    assert kernel("deepest_fall")(raw[:, :4], rows, 3).tolist() == [0.0, pytest.approx(0.0, abs=1e-9)]
