"""What the models of process parameters leave alone, beyond their cases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
import pytest
from province import HOUR, START, outlet
from tools import Run, hours, of, power, readings, wobble

from yuanjian.clock import BEIJING
from yuanjian.screening import engine, records
from yuanjian.screening.catalogue import Catalogue
from yuanjian.screening.findings import Finding
from yuanjian.screening.frames import FixedRegistry
from yuanjian.screening.kernels.beside import usual_beside
from yuanjian.screening.kernels.ranks import rank_correlation
from yuanjian.screening.kernels.spectra import spectral_peak
from yuanjian.screening.ports import Chain, OutletContext, PowerMeter, Signal
from yuanjian.screening.thresholds import CataloguePolicy, Confirmation
from yuanjian.series import MarkPeriod

NMHC, VELOCITY = "a24088", "a01011"
NONE = np.array([1e9])


def array(*values: float) -> np.ndarray:
    return np.array(values, np.float64)


def test_a_sine_is_one_peak_and_noise_is_many() -> None:
    at = np.arange(1008)
    noise = np.random.default_rng(1).standard_normal(1008)
    share, period = spectral_peak(np.sin(2 * np.pi * at / 7.3), 2, 36, NONE)
    assert share > 0.99
    assert period == pytest.approx(7.3, rel=1e-3)
    assert spectral_peak(noise, 2, 36, NONE)[0] < 0.1


def test_an_unwanted_period_leaves_the_next_strongest() -> None:
    at = np.arange(1008)
    values = 3 * np.sin(2 * np.pi * at / 18) + np.sin(2 * np.pi * at / 7)
    share, period = spectral_peak(values, 2, 36, array(18.0))
    assert period == pytest.approx(7.0, rel=1e-3)
    assert share == pytest.approx(0.1, abs=0.01)


@pytest.mark.parametrize("values", [np.full(144, 3.0), np.zeros(144)])
def test_what_does_not_move_has_no_period(values: np.ndarray) -> None:
    share, period = spectral_peak(values, 2, 36, NONE)
    assert share == 0.0
    assert np.isnan(period)


def test_ranks_correlate_with_ties() -> None:
    assert rank_correlation(array(1, 2, 3), array(10, 20, 90)) == pytest.approx(1.0)
    assert rank_correlation(array(1, 2, 3), array(3, 2, 1)) == pytest.approx(-1.0)
    assert rank_correlation(array(1, 2, 2, 3), array(1, 2, 3, 4)) == pytest.approx(0.9486833)
    assert np.isnan(rank_correlation(array(1, 1), array(1, 2)))


@of("M246")
def test_without_species_nothing_is_summed(run: Run) -> None:
    species = Signal("species", 60, "s1")
    silent = replace(outlet(1, factors=(NMHC,), limits=()), signals=(species,))
    rows = hours(1, NMHC, wobble(20, 96)) + hours(60, "s1", [30.0] * 96) + power(silent, 96)
    (found,) = run.find(readings(rows), [silent], 96)
    assert (found.measures["outside"], found.measures["hidden"]) == (4.0, 0.0)
    model = replace(run.models["M246"], inputs=run.models["M246"].inputs | {"needs": []})
    bare = replace(silent, signals=())
    assert run.find(readings(rows), [bare], 96, model=model) == []


@of("M227")
@pytest.mark.parametrize(("length", "found"), [(2, 0), (9, 0), (0, 0)])
def test_hours_of_maintenance_are_not_without_flue_gas(run: Run, length: int, found: int) -> None:
    burnt = [
        {"id": d, "enterprise": 1, "outlet": 1, "start": START + 24 * d * HOUR, "material": "煤",
         "amount": 100.0, "gas_per_unit": 7000.0}
        for d in range(3)
    ]  # fmt: skip
    context = outlet(1, factors=("a00000", "a19001"), chain=None, records=frozenset({"fuel"}))
    flow = 100 * 7000 * 21 / (21 - 9) / 86400 * 0.75
    rows = hours(1, "a00000", [flow] * 72) + hours(1, "a19001", [9.0] * 72)
    mark = MarkPeriod(1, None, "maintenance", START + 30 * HOUR, START + (30 + length) * HOUR, accepted=True)
    told = {"fuel": records.frame("fuel", burnt)}
    registry = FixedRegistry((context,), (mark,), told)
    end = START + 72 * HOUR
    report = engine.run(
        [run.models["M227"]], readings(rows), registry, CataloguePolicy(run.models.models, {}),
        start=START, end=end, now=end,
    )  # fmt: skip
    assert len(report.findings) == found


@of("M311")
def test_main_meters_alone_are_no_balance(run: Run) -> None:
    total = PowerMeter(5, "总表", "total", 900, "d20701", None)
    context = outlet(1, chain=Chain((), (), (total,)))
    rows = [
        (900, "d20701", "minute", START + at * timedelta(minutes=10), 70.0, None, "N", 1) for at in range(432)
    ]
    assert run.find(readings(rows), [context], 72) == []


@of("M236")
def test_a_model_may_show_nothing_of_the_series(run: Run) -> None:
    context = outlet(1, factors=(NMHC,), limits=())
    model = run.models["M236"]
    away = {"of": ["signal", "methane"], "as": "max"}
    rows = hours(1, NMHC, [*wobble(20, 30), 5.0, 5.0, 5.0]) + hours(1, "a19001", [8.0] * 30 + [12.0] * 3)
    context = replace(context, factors=(NMHC, "a19001"))
    for shows, said in ((away, "—"), (None, None)):
        params = {name: value for name, value in model.params.items() if name != "shows"}
        params |= {"shows": shows} if shows else {}
        other = replace(model, params=params, claim="{what}", claim_en="{what}")
        (found,) = run.find(readings(rows), [context], 33, model=other)
        assert found.measures.get("extreme") == said
        assert found.claim == "读数骤降且氧含量升高"


def test_a_signal_is_called_by_its_role_unless_it_has_a_name(models: Catalogue) -> None:
    run = Run(models, "M232")
    for name, (zh, en) in {"": ("二氧化碳", "carbon dioxide"), "CO2 表": ("CO2 表", "CO2 表")}.items():
        signal = Signal("carbon_dioxide", 60, "c", name, design=18.0)
        context = replace(outlet(1, factors=("a19001",), limits=()), signals=(signal,))
        rows = hours(1, "a19001", [8.0] * 24) + hours(60, "c", [5.0] * 24)
        model = replace(models["M232"], claim="{name}", claim_en="{name}")
        (found,) = run.find(readings(rows), [context], 24, model=model)
        assert (found.claim, found.claim_en) == (zh, en)


@of("M320")
def test_a_valve_that_stays_open_is_seen_without_minutes(run: Run) -> None:
    context = outlet(1, signals=(Signal("bypass_valve", 60, "v"),))
    rows = hours(60, "v", [0.0] * 20 + [50.0] * 3 + [0.0] * 20) + power(context, 43)
    (found,) = run.find(readings(rows), [context], 43)
    assert (found.start, found.measures["open"]) == (START + 20 * HOUR, 180.0)


@of("M226")
def test_a_fan_without_history_expects_nothing(run: Run) -> None:
    chain = outlet(1).chain
    assert chain is not None
    fan = replace(chain.treatment[0], machine="fan")
    context = outlet(1, factors=(VELOCITY,), chain=Chain(chain.production, (fan,)))
    rows = hours(1, VELOCITY, [12.0] * 40 + [2.0] * 20) + power(context, 60)
    assert run.find(readings(rows), [context], 60) == []


MONTHS = list(
    pairwise(
        datetime(2025 + at // 12, at % 12 + 1, 1, tzinfo=BEIJING).astimezone(UTC) for at in range(10, 23)
    )
)
"""The months from November 2025 to October 2026."""


def ledger(records_of: str, amounts: dict[int, list[float]], **more: str) -> pl.DataFrame:
    """A row for each enterprise and month."""
    rows = [
        {"id": 0, "enterprise": firm, "outlet": None, "start": a, "end": b, "amount": amount, **more}
        for firm, months in amounts.items()
        for (a, b), amount in zip(MONTHS, months, strict=True)
    ]
    return records.frame(records_of, rows)


def unit_energy(
    models: Catalogue, used: dict[int, list[float]], end: datetime = MONTHS[-1][1], **more: Any
) -> list[Finding]:
    """M323 over October 2026; every enterprise makes 1000 t a month."""
    told = {
        "utility": ledger("utility", used, kind="power"),
        "product": ledger("product", {firm: [1000.0] * 12 for firm in used}, product="水泥", unit="t"),
    }
    told |= more
    contexts: list[OutletContext] = [
        outlet(firm, enterprise=firm, chain=None, records=frozenset({"utility", "product"})) for firm in used
    ]
    policy = CataloguePolicy(models.models, {"M323": Confirmation("甲", "乙")})
    data = readings(hours(1, "a21026", [20.0]))
    registry = FixedRegistry(tuple(contexts), (), told)
    return engine.run(
        [models["M323"]], data, registry, policy, start=end - 25 * HOUR, end=end, now=end
    ).findings


def test_a_rise_that_peers_share_is_no_anomaly(models: Catalogue) -> None:
    steady = [80e3, 82e3, 79e3, 81e3] * 3
    risen = [*steady[:11], 130e3]
    (found,) = unit_energy(models, {firm: risen if firm == 1 else steady for firm in range(1, 12)})
    assert (found.enterprise, found.level) == (1, 2)
    assert found.measures["deviation"] == pytest.approx(130 / 80.5 - 1, abs=0.02)
    assert unit_energy(models, dict.fromkeys(range(1, 12), risen)) == []
    assert len(unit_energy(models, dict.fromkeys(range(1, 4), risen))) == 3


def test_a_month_needs_a_history_and_an_end(models: Catalogue) -> None:
    used = {1: [0.0] * 5 + [80e3] * 6 + [130e3], 2: [0.0] * 6 + [80e3] * 5 + [130e3]}
    assert [found.enterprise for found in unit_energy(models, used)] == [1]
    assert unit_energy(models, used, end=MONTHS[-1][0] + timedelta(days=20)) == []


def test_units_that_differ_are_not_added(models: Catalogue) -> None:
    used = {1: [80e3] * 11 + [130e3]}
    assert len(unit_energy(models, used)) == 1
    both = [ledger("product", {1: [500.0] * 12}, product="水泥", unit=unit) for unit in ("t", "m3")]
    assert unit_energy(models, used, product=pl.concat(both)) == []


def test_two_products_permitted_are_not_judged(models: Catalogue) -> None:
    power_used = ledger("utility", {1: [99e3] * 12}, kind="power")
    base = {"id": 0, "enterprise": 1, "outlet": None, "start": MONTHS[0][0], "end": MONTHS[-1][1]}
    permit = {**base, "amount": 9000.0, "energy_per_unit": 80.0}
    context = outlet(1, chain=None, records=frozenset({"utility", "capacity"}))
    policy = CataloguePolicy(models.models, {})
    end = MONTHS[-1][1]
    found = []
    for products in (["水泥"], ["水泥", "石灰"]):
        told = {
            "utility": power_used,
            "capacity": records.frame("capacity", [{**permit, "product": p} for p in products]),
        }
        registry = FixedRegistry((context,), (), told)
        data = readings(hours(1, "a21026", [20.0]))
        report = engine.run([models["M324"]], data, registry, policy, start=end - 25 * HOUR, end=end, now=end)
        found.append(len(report.findings))
    assert found == [1, 0]


@of("M319")
def test_a_filter_without_a_dust_meter_is_judged_by_its_pressure_drop(run: Run) -> None:
    context = outlet(1, factors=("a21026",), signals=(Signal("pressure_drop", 60, "dp"),))
    drop = [*wobble(1000, 200), *[150.0] * 5]
    rows = hours(60, "dp", drop) + power(context, 205)
    (found,) = run.find(readings(rows), [context], 205)
    assert (found.measures["total"], found.measures["dusty"]) == (5.0, 0.0)


@pytest.mark.parametrize("usual_beside", [usual_beside, usual_beside.py_func], ids=["compiled", "python"])  # type: ignore[attr-defined]
def test_the_usual_beside_follows_any_relation(usual_beside: Callable[..., Any]) -> None:
    rng = np.random.default_rng(4)
    other = np.sort(rng.uniform(1.0, 9.0, (3, 24 * 12)), axis=1)
    rng.permuted(other, axis=1, out=other)
    values = np.stack([3.0 * other[0], 5.0 + 0.0 * other[1], 14.0 - other[2]])
    valid = np.ones(values.shape, np.bool_)
    valid[:, ::7] = False
    found = usual_beside(values, other, valid, 24, 10, 8, 100)
    known = np.isfinite(found)
    assert not known[:, : 24 * 5].any(), "too few before"
    assert known[:, 24 * 6 :].mean() > 0.7
    assert found[known] == pytest.approx(values[known], rel=0.15)
    for row in range(3):
        assert not known[row, other[row] < np.quantile(other[row], 0.1)].any(), "the lowest are rare"
    later = other.copy()
    later[:, -24:] = 50.0
    assert np.isnan(usual_beside(values, later, valid, 24, 10, 8, 100)[:, -24:]).all(), "never seen"
