"""Checks over records by themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from yuanjian.screening import records
from yuanjian.screening.checks import parameters, qc
from yuanjian.screening.checks.bands import BANDS, allowed
from yuanjian.screening.checks.pairs import Pair, differences, series_of

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
START = datetime(2026, 9, 30, 16, tzinfo=UTC)
FOREVER = timedelta(days=400)


def frame(kind: str, *rows: dict[str, Any]) -> pl.DataFrame:
    told = [
        {
            "id": at,
            "enterprise": 1,
            "outlet": 1,
            "factor": "a21026",
            **row,
            "start": START + row["start"] * HOUR,
        }
        for at, row in enumerate(rows)
    ]
    return records.frame(kind, told).with_columns(s=pl.lit(0, pl.Int64))


def check(start: float, **more: Any) -> dict[str, Any]:
    return {"start": start, "kind": "span", **more}


def test_overdue_lasts_from_the_due_hour_to_the_next_check_or_the_end() -> None:
    rows = frame("qc", check(0), check(30), check(50))
    late = qc.overdue(rows, 24 * HOUR, FOREVER, START + 80 * HOUR).drop("s").rows()
    assert [[(at - START) / HOUR for at in row] for row in late] == [[0, 24, 30], [50, 74, 80]]


def test_a_check_is_forgotten() -> None:
    late = qc.overdue(frame("qc", check(0)), 24 * HOUR, 2 * DAY, START + 900 * HOUR)
    assert late["end"].to_list() == [START + 2 * DAY]
    assert qc.overdue(frame("qc"), 24 * HOUR, FOREVER, START).is_empty()


def test_checks_to_come_are_no_checks() -> None:
    late = qc.overdue(frame("qc", check(0), check(90)), 24 * HOUR, FOREVER, START + 40 * HOUR)
    assert late["end"].to_list() == [START + 40 * HOUR]


@pytest.mark.parametrize(
    ("told", "drift", "out"),
    [
        ({"error": -6.0}, 2.4, 0.6),
        ({"expected": 50.0, "measured": 56.0}, 4.8, 1.2),
        ({"error": 1.0, "passed": False}, 1.0, 1.0),
        ({"error": 30.0, "passed": True}, 12.0, 3.0),
        ({"passed": True}, 0.0, 0.0),
    ],
)
def test_an_error_is_told_or_computed(told: dict[str, Any], drift: float, out: float) -> None:
    row = qc.drifts(frame("qc", check(0, **told)), {"span": (2.5, 10)}).row(0, named=True)
    assert (row["drift"], row["out"]) == (pytest.approx(drift), pytest.approx(out))


@pytest.mark.parametrize("told", [{}, {"expected": 0.0, "measured": 3.0}, {"kind": "zero", "error": 9.0}])
def test_of_some_checks_nothing_can_be_said(told: dict[str, Any]) -> None:
    assert qc.drifts(frame("qc", check(0, **told)), {"span": (2.5, 10)}).is_empty()


def test_failures_reach_back_to_the_last_good_check_of_their_kind() -> None:
    rows = frame(
        "qc",
        check(0, error=1.0),
        check(5, kind="zero", error=0.1),
        check(24, error=12.0),
        check(48, error=15.0),
        check(72, error=4.0),
        check(24 * 33, error=11.0),
    )
    found = qc.failures(qc.drifts(rows, {"span": (2.5, 10), "zero": (2.5, 5)}), 30 * DAY)
    hours = [(row["start"], row["since"]) for row in found.iter_rows(named=True)]
    assert [((a - START) / HOUR, (b - START) / HOUR) for a, b in hours] == [
        (24, 0),
        (48, 0),
        (72, 0),
        (792, 72),
    ]
    assert found["fails30"].to_list() == [1, 2, 0, 1]


def test_a_failure_without_a_good_check_before_is_of_its_own_time() -> None:
    found = qc.failures(qc.drifts(frame("qc", check(3, error=20.0)), {"span": (2.5, 10)}), 30 * DAY)
    assert found["since"].to_list() == [START + 3 * HOUR]


def test_quarters_are_those_of_the_calendar_in_beijing() -> None:
    rows = frame("qc", check(-1, measured=1.0, expected=1.0), check(0, measured=2.0, expected=1.0))
    assert qc.too_perfect(rows)["count"].to_list() == [1, 1]


def test_runs_of_equal_results_and_of_raw_signals() -> None:
    raw = [0.1, 0.2, None, None, None, 0.3, 0.4, 0.5]
    values = [1.001, 1.001, 1.001, 2.0, None, None, 2.0, 2.0]
    rows = [check(at, measured=v, raw_signal=r) for at, (v, r) in enumerate(zip(values, raw, strict=True))]
    told = qc.too_perfect(frame("qc", *rows)).row(0, named=True)
    assert (told["equal"], told["raw"], told["count"], told["sigma"]) == (3, 3, 0, None)


def test_raw_signals_nobody_sends_are_not_missing() -> None:
    rows = [check(at, raw_signal=None if at else 0.1) for at in range(9)]
    assert qc.too_perfect(frame("qc", *rows))["raw"].to_list() == [1]


@pytest.mark.parametrize(("digits", "equal"), [(0, 0), (1, 5)])
def test_whole_numbers_repeat_by_themselves(digits: int, equal: int) -> None:
    values = [98.0, 101.3, 99.1, 100.2, 100.2, 100.2, 100.2, 100.2, 97.4, 101.2, 102.6, 99.0]
    rows = [check(at, measured=round(value, digits)) for at, value in enumerate(values)]
    assert qc.too_perfect(frame("qc", *rows))["equal"].to_list() == [equal]


def test_two_results_taken_in_turn_are_not_coarse() -> None:
    rows = [check(at, measured=100.2 if at < 6 else 99.8) for at in range(12)]
    assert qc.too_perfect(frame("qc", *rows))["equal"].to_list() == [6]


def test_a_run_of_whole_numbers_tells_nothing_however_few_they_are() -> None:
    rows = [check(at, measured=80.0 if at < 9 else 81.0) for at in range(12)]
    assert qc.too_perfect(frame("qc", *rows))["equal"].to_list() == [0]


def setting(start: float, origin: str, value: float | None, **more: Any) -> dict[str, Any]:
    return {"start": start, "name": "slope", "origin": origin, "value": value, **more}


@pytest.mark.parametrize(
    ("name", "one", "other", "effect"),
    [
        ("slope", 0.8, 1.0, 0.25),
        ("stack_area", 5.0, 4.0, 0.25),
        ("oxygen_base", 6.0, 9.0, 0.25),
        ("range", 100.0, 200.0, 0.0),
        ("intercept", 0.0, 2.0, None),
    ],
)
def test_what_a_difference_does_to_the_result(name: str, one: float, other: float, effect: float) -> None:
    rows = frame("parameter", setting(0, "logger", one, name=name), setting(5, "permit", other, name=name))
    (row,) = parameters.differing(rows, FOREVER, START + DAY).rows(named=True)
    assert row["effect"] == (None if effect is None else pytest.approx(effect))
    assert (row["start"], row["end"]) == (START + 5 * HOUR, START + DAY)


def test_the_newest_of_each_origin_counts_and_is_forgotten() -> None:
    rows = frame(
        "parameter",
        setting(0, "logger", 1.0),
        setting(0, "permit", 1.0),
        setting(10, "logger", 0.9),
        setting(20, "logger", 1.0),
        setting(30, "platform", 2.0, factor=None),
    )
    found = parameters.differing(rows, FOREVER, START + 9 * DAY)
    assert [(row["start"], row["end"]) for row in found.iter_rows(named=True)] == [
        (START + 10 * HOUR, START + 20 * HOUR)
    ]
    kept = parameters.differing(rows, 15 * HOUR, START + 9 * DAY)
    assert kept["end"].to_list() == [START + 15 * HOUR]


def test_rounding_is_no_difference() -> None:
    rows = frame("parameter", setting(0, "logger", 12.566), setting(5, "permit", 12.57))
    assert parameters.differing(rows, FOREVER, START + DAY, rounding=0.001).is_empty()
    assert len(parameters.differing(rows, FOREVER, START + DAY, rounding=0.0001)) == 1


@pytest.mark.parametrize(("approved", "first"), [(True, 35), (False, 5), (None, 5)])
def test_after_an_approved_change_the_others_have_time_to_follow(approved: bool | None, first: int) -> None:
    rows = frame("parameter", setting(0, "logger", 1.0), setting(5, "platform", 1.1, approved=approved))
    found = parameters.differing(rows, FOREVER, START + 3 * DAY, settle=30 * HOUR)
    assert found["start"].to_list() == [START + first * HOUR]


def test_texts_differ_too() -> None:
    rows = frame(
        "parameter",
        setting(0, "logger", None, name="unit", text="ppm"),
        setting(0, "permit", None, name="unit", text="mg/m3"),
        setting(0, "platform", None, name="unit", text="mg/m3"),
    )
    assert parameters.differing(rows, FOREVER, START + DAY)["effect"].to_list() == [0.0, 0.0]


def test_changes_the_same_way_are_counted_up_to_three() -> None:
    values = [1.0, 0.9, 0.8, 0.79, 0.7, 0.6, 0.5, 0.9]
    rows = [setting(at, "logger", value) for at, value in enumerate(values)]
    found = parameters.changes(frame("parameter", *rows), ["slope"], 0.05, FOREVER)
    assert found["same"].to_list() == [1, 2, 0, 1, 2, 3, 1]
    assert found["lowers"].to_list() == [True] * 6 + [False]


def test_an_old_version_is_no_version_before() -> None:
    rows = [setting(at, "logger", value) for at, value in ((0, 1.0), (100, 0.8), (101, 0.6))]
    found = parameters.changes(frame("parameter", *rows), ["slope"], 0.05, 2 * DAY)
    assert found["same"].to_list() == [1]
    assert found["before"].to_list() == [0.8]


def test_from_zero_there_is_no_relative_change() -> None:
    rows = [setting(0, "logger", 0.0, name="intercept"), setting(1, "logger", -2.0, name="intercept")]
    (row,) = parameters.changes(frame("parameter", *rows), ["intercept"], 0.05, FOREVER).rows(named=True)
    assert (row["change"], row["lowers"], row["same"]) == (None, True, 0.0)


@pytest.mark.parametrize(
    ("factor", "manual", "amount"),
    [
        ("a21026", 10, 17),
        ("a21026", 100, 30),
        ("a21026", 143, 57),
        ("a21026", 1000, 150),
        ("w01018", 29.9, 5),
        ("w01018", 80, 16),
        ("a34013", 5, 5),
        ("a34013", -1, 5),
        ("a24088", 50, 20),
        (None, 50, 20),
    ],
)
def test_bands(factor: str | None, manual: float, amount: float) -> None:
    assert allowed(factor, manual, 0.4) == pytest.approx(amount)


def test_bands_begin_at_nothing_and_go_up() -> None:
    for bands in BANDS.values():
        assert bands[0][0] == 0
        assert [band[0] for band in bands] == sorted({band[0] for band in bands})


def test_pairs_together() -> None:
    outside, low, fine = Pair(10, 20, 5), Pair(20, 10, 5), Pair(10, 10, 5)
    told = series_of([outside, low, fine, low, low])
    assert told == {"excess": 2, "share": 0.5, "outside": 4, "run": 2, "low_run": 2, "lower": 2}
    assert series_of([low] * 9)["lower"] == 5
    assert series_of([Pair(20, 18, 5)])["lower"] == 0
    assert series_of([Pair(0, 1, 5)])["share"] == 0


def test_differences_of_an_export() -> None:
    own = np.array([10.0, 10.0, 0.0, 10.0])
    told = differences(own, np.array([10.0, 9.85, 0.0, 5.0]), 1.0)
    assert told["beyond1"] == 0.5
    assert told["beyond2"] == 0.25
    assert told["lowered"] == 0.5
    assert told["deficit"] == pytest.approx((0.015 + 0.5) / 4)
    assert differences(own, own + 1, 1.0)["deficit"] == 0


def test_what_the_platform_cannot_show_is_no_difference() -> None:
    own = np.array([12.4, 11.6, 12.0, 12.0])
    told = differences(own, np.array([12.0, 12.0, 12.0, 10.0]), 1.0, step=1.0)
    assert (told["beyond1"], told["beyond2"], told["lowered"]) == (0.25, 0.25, 0.25)
