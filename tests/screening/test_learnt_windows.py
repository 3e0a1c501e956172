"""M732: pictures of six hours, what the common movements leave of them, and days unlike the others."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from sklearn.decomposition import PCA

from yuanjian.errors import UserFault
from yuanjian.screening import cases, catalogue, training
from yuanjian.screening.frames import FrameReadings
from yuanjian.screening.learnt import windows
from yuanjian.screening.learnt.artefact import Artefact

MODEL = catalogue.load()["M732"]
POSITIVE = next(case for case in cases.read("M732") if case.kind == "positive")
NEAR_MISS = next(case for case in cases.read("M732") if case.kind == "near_miss")


def changed(case: cases.Case, rows: pl.Expr, **columns: pl.Expr) -> cases.Case:
    """A case with other minutes on its third day."""
    start = case.start + timedelta(days=2)
    of_day = (pl.col("cadence") == "minute") & pl.col("time").is_between(
        start, start + timedelta(hours=24), closed="left"
    )
    told = case.readings.rows.with_columns(
        **{name: pl.when(of_day & rows).then(new).otherwise(pl.col(name)) for name, new in columns.items()}
    )
    return replace(case, readings=FrameReadings(told, case.readings.event_rows))


def test_the_rest_is_what_scikit_learn_leaves() -> None:
    rng = np.random.default_rng(5)
    seen, asked = rng.normal(size=(300, 280)), rng.normal(size=(20, 8, 35))
    made = PCA(12, random_state=1).fit(seen)
    flat = asked.reshape(20, -1)
    left = (flat - made.inverse_transform(made.transform(flat))).reshape(asked.shape)
    ours = windows.rests(Artefact({"mean": made.mean_, "parts": made.components_}, {}), asked)
    assert ours == pytest.approx(np.log((left**2).mean(axis=2) + windows.TINY))


def test_channels_that_are_hardly_known_are_not_judged() -> None:
    moves = np.ones((1, 8, 35))
    moves[0, 2, :8] = np.nan
    moves[0, 3, :6] = np.nan
    logs = windows.rests(Artefact({"mean": np.zeros(280), "parts": np.zeros((1, 280))}, {}), moves)
    assert np.isnan(logs[0]).tolist() == [False, False, True, False, False, False, False, False]


def test_a_day_needs_three_windows() -> None:
    logs = np.array([[1.0, 1.0], [2.0, np.nan], [3.0, np.nan], [np.nan, 5.0]])
    days = windows.of_days(logs, np.zeros(2), np.full(2, 2.0))
    assert days[0, 0] == pytest.approx(1.0)
    assert np.isnan(days[0, 1])


def test_movements_count_no_farther_than_eight_spreads() -> None:
    moves = windows.movements(np.array([[[0.0, 1.0, 100.0], [0.0, 1.0, 0.0]]]), np.array([0.5, 1.0]))
    assert moves[0].tolist() == [[2.0, 8.0], [1.0, -1.0]]


def test_channels_have_names() -> None:
    assert windows.channel_words(0, "water")[0] == "化学需氧量"
    assert windows.channel_words(7, "gas") == windows.LOAD


def test_noise_instead_of_a_course_is_too_restless() -> None:
    rows = pl.col("factor") == "a21026"
    noise = 45.0 + 12.0 * (pl.int_range(pl.len()) % 7 - 3).cast(pl.Float64)
    [finding] = cases.findings(changed(NEAR_MISS, rows, value=noise), MODEL)
    assert "二氧化硫的分钟变化过于杂乱" in finding.claim
    assert "too restless" in finding.claim_en


def test_flagged_minutes_do_not_count() -> None:
    assert cases.findings(changed(POSITIVE, pl.lit(value=True), flag=pl.lit("D")), MODEL) == ()


def test_without_meters_the_minutes_are_judged_all_the_same() -> None:
    [outlet] = POSITIVE.registry.outlets()
    bare = replace(POSITIVE.registry, contexts=(replace(outlet, chain=None),))
    [finding] = cases.findings(replace(POSITIVE, registry=bare), MODEL)
    assert finding.level == 1


@pytest.mark.parametrize("hours", [12, 24 * 20])
def test_too_few_days_are_refused(hours: int) -> None:
    with pytest.raises(UserFault, match="too little"):
        training.train(
            MODEL, POSITIVE.readings, POSITIVE.registry, start=POSITIVE.start,
            end=POSITIVE.start + timedelta(hours=hours),
        )  # fmt: skip
