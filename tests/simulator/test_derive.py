"""The script behind the profile tables, on series whose answers are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from yuanjian.simulator.profiles import derive, tables


def test_lag_one_of_known_runs() -> None:
    rng = np.random.default_rng(1)
    run = np.zeros(20_000)
    for at in range(1, len(run)):
        run[at] = 0.7 * run[at - 1] + rng.standard_normal()
    assert derive.lag_one([run[:10_000], run[10_000:]]) == pytest.approx(0.7, abs=0.02)


def test_residual_quantiles_of_a_normal_are_its_scores() -> None:
    values = np.random.default_rng(1).standard_normal(200_000)
    quantiles = derive.residual([values])["quantiles"]
    assert quantiles == pytest.approx(derive.Z_GRID, abs=0.08)


def test_wwtp_medians(tmp_path: Path) -> None:
    names = [f"{name}_{end}" for name in ("cod", "nh3n", "tn", "tp") for end in ("in", "out")]
    columns = {name: [1.0, float(at + 2), 100.0] for at, name in enumerate(names)}
    pl.DataFrame({**columns, "kwh_per_m3": [0.2, 0.3, 0.4]}).write_csv(tmp_path / "cn_wwtp_stats.csv")
    made = derive.wwtp(tmp_path)
    assert made["cod_in"] == 2.0
    assert made["tp_out"] == 9.0
    assert made["kwh_per_m3"][1] == 0.3


def test_the_tables_in_the_tree_have_the_form_the_script_writes() -> None:
    table = tables()
    assert table["z"] == derive.Z_GRID.tolist()
    assert set(table) == {"z", "steel", "coal", "turbine", "wwtp"}
    assert len(table["steel"]["weekday"]) == len(table["coal"]["weekend"]) == 24
