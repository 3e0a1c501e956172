"""What the models over records leave alone, beyond their cases."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import polars as pl
import pytest

from yuanjian.clock import from_beijing
from yuanjian.screening import cases, catalogue, records
from yuanjian.screening.cases import Case
from yuanjian.screening.findings import Finding
from yuanjian.series import MarkPeriod

MODELS = catalogue.load()
DAY = timedelta(days=1)


def at(text: str) -> datetime:
    return from_beijing(datetime.fromisoformat(text))


def case(code: str, name: str = "positive") -> Case:
    return next(item for item in cases.read(code) if item.name == name)


def find(item: Case) -> list[Finding]:
    return list(cases.findings(item, MODELS[item.code]))


def marked(item: Case, kind: str, start: str, end: str, factor: str | None = None) -> Case:
    mark = MarkPeriod(1, factor, kind, at(start), at(end))
    return replace(item, registry=replace(item.registry, periods=(*item.registry.periods, mark)))


def told(item: Case, what: str, /, **columns: pl.Expr) -> Case:
    """The case with its records of a kind changed."""
    rows = item.registry.told[what].with_columns(**columns)
    return replace(item, registry=replace(item.registry, told={**item.registry.told, what: rows}))


def flagged(item: Case, flag: str, start: str, end: str) -> Case:
    rows = item.readings.rows
    inside = pl.col("time").is_between(at(start), at(end), closed="left") & (pl.col("cadence") == "hour")
    rows = rows.with_columns(flag=pl.when(inside).then(pl.lit(flag)).otherwise("flag"))
    return replace(item, readings=replace(item.readings, rows=rows))


@pytest.mark.parametrize("flag", ["D", "M"])
def test_a_flag_of_the_instrument_answers_a_failed_check(flag: str) -> None:
    (found,) = find(flagged(case("M121"), flag, "2026-11-04 05:00", "2026-11-04 09:00"))
    assert found.level == 2  # the check of the day before is still unanswered
    assert found.measures["fails30"] == 2


@pytest.mark.parametrize(("factor", "level"), [(None, 3), ("a21026", 3), ("a19001", 1)])
def test_a_mark_of_another_factor_answers_nothing(factor: str | None, level: int) -> None:
    marks = marked(case("M121"), "fault", "2026-11-03 04:00", "2026-11-05 03:00", factor)
    assert [found.level for found in find(marks)] == [level]


def test_nothing_is_ignored_before_a_day_is_over() -> None:
    item = case("M121")
    (found,) = find(replace(item, end=at("2026-11-03 20:00")))
    assert (found.level, found.measures["ignored"]) == (3, 0)


def test_automatic_checks_have_intervals_of_their_kind_and_factor_only() -> None:
    assert find(told(case("M120"), "qc", kind=pl.lit("standard"))) == []
    (found,) = find(told(case("M120"), "qc", factor=pl.lit("a19001")))
    assert found.factor == "a19001"


def test_a_fault_that_is_also_reported_is_one_fault() -> None:
    item = case("M122", "positive_reported")
    both = marked(item, "fault", "2026-11-03 07:30", "2026-11-05 00:00")
    (found,) = find(both)
    assert (found.start, found.end) == (at("2026-11-03 07:30"), at("2026-11-11 09:00"))
    assert (found.measures["faults30"], found.measures["silent"]) == (1, 2.5)


def test_a_mark_tells_the_end_an_open_report_does_not() -> None:
    item = marked(case("M122", "positive_open"), "fault", "2026-11-03 08:00", "2026-11-03 15:00")
    assert find(item) == []


def test_three_faults_in_a_month() -> None:
    item = case("M122", "near_miss")
    for day in (4, 5):
        item = marked(item, "fault", f"2026-11-0{day} 06:00", f"2026-11-0{day} 20:00")
    long = marked(item, "fault", "2026-11-06 04:00", "2026-11-06 19:00")
    short = marked(long, "fault", "2026-11-07 04:00", "2026-11-07 10:00")
    assert [(found.level, found.measures["faults30"]) for found in find(short)] == [(3, 1), (3, 2), (1, 3)]


def test_an_intercept_without_values_has_no_effect() -> None:
    item = case("M124", "positive_intercept")
    rows = item.readings.rows.with_columns(flag=pl.lit("F"))
    (found,) = find(replace(item, readings=replace(item.readings, rows=rows)))
    assert (found.level, found.measures["effect"]) == (3, 0)
    (other,) = find(told(item, "parameter", factor=pl.lit("a34013")))
    assert other.measures["effect"] == 0


def test_an_approved_change_lowers_nothing_and_moves_nothing() -> None:
    assert find(told(case("M124", "positive_lowered"), "parameter", approved=pl.lit(True))) == []
    assert find(told(case("M240"), "parameter", approved=pl.lit(True))) == []


@pytest.mark.parametrize("origin", ["permit", "platform"])
def test_only_instruments_have_a_slope_that_moves(origin: str) -> None:
    assert find(told(case("M240"), "parameter", origin=pl.lit(origin))) == []


def test_a_slope_whose_values_do_not_follow() -> None:
    item = told(case("M240"), "parameter", start=pl.col("start") - DAY, end=pl.col("end") - DAY)
    (found,) = find(item)
    assert (found.level, found.measures["followed"]) == (2, 0)


def test_exports_of_minutes_are_not_compared_with_hours() -> None:
    late = told(case("M128"), "analyser_export", start=pl.col("start") + timedelta(minutes=7))
    assert find(late) == []


def test_too_few_rows_say_nothing() -> None:
    few = told(case("M128"), "analyser_export")
    rows = few.registry.told["analyser_export"].head(99)
    assert find(replace(few, registry=replace(few.registry, told={"analyser_export": rows}))) == []


def test_a_pair_needs_values_and_a_result() -> None:
    assert find(told(case("M237"), "manual_result", value=pl.lit(0.0))) == []
    shift = {"start": pl.col("start") + 90 * DAY, "end": pl.col("end") + 90 * DAY}
    assert find(told(case("M237"), "manual_result", **shift)) == []
    assert find(flagged(case("M237"), "C", "2026-11-05 09:00", "2026-11-05 13:00")) == []


def test_a_result_at_reference_oxygen_is_compared_with_such_values() -> None:
    item = case("M237", "positive_lower")
    converted = pl.when(pl.col("factor") == "a21026").then(pl.col("value") * 1.7)
    rows = item.readings.rows.with_columns(reference=converted)
    assert find(replace(item, readings=replace(item.readings, rows=rows))) == []


def test_carbon_used_up_while_the_plant_is_marked_as_stopped() -> None:
    assert find(marked(case("M316"), "stopped", "2026-11-05 00:00", "2026-11-09 00:00")) == []


def test_a_fan_without_rated_power_is_known_by_what_it_draws() -> None:
    def unrated(item: Case) -> Case:
        (context,) = item.registry.contexts
        assert context.chain is not None
        fans = tuple(replace(meter, rated_kw=None) for meter in context.chain.treatment)
        contexts = (replace(context, chain=replace(context.chain, treatment=fans)),)
        return replace(item, registry=replace(item.registry, contexts=contexts))

    assert [found.measures["ratio"] for found in find(unrated(case("M316")))] == [1.92]
    assert find(unrated(case("M316", "stopped_plant"))) == []


def test_a_press_nobody_measures_says_nothing_about_sludge() -> None:
    item = case("M322", "positive_none")
    rows = item.readings.rows.filter(pl.col("cadence") == "hour")
    assert find(replace(item, readings=replace(item.readings, rows=rows))) == []


def test_weeks_marked_as_stopped_have_no_balance() -> None:
    assert find(marked(case("M322"), "stopped", "2026-11-16 00:00", "2026-12-07 00:00")) == []


@pytest.mark.parametrize(
    "change",
    [
        {"facilities": pl.lit("L2")},
        {"facilities": pl.lit(None, pl.String)},
        {"share": pl.lit(0.4)},
        {"quota": pl.lit(100.0)},
        {"allowance": pl.lit(9e4)},
    ],
)
def test_a_line_runs_despite_an_order_only_if_it_is_to_stop(change: dict[str, pl.Expr]) -> None:
    assert find(told(case("M310"), "order", **change)) == []


def test_without_a_time_to_shut_down_an_hour_is_given() -> None:
    (found,) = find(told(case("M310"), "order", allowance=pl.lit(None, pl.Float64)))
    assert found.start == at("2026-11-04 01:00")


def test_days_of_another_order_are_no_normal_days() -> None:
    item = case("M309")
    row = item.registry.told["order"].row(0, named=True)
    other = {**row, "id": 9, "start": at("2026-11-02 00:00"), "end": at("2026-11-10 00:00"), "share": None}
    orders = records.frame("order", [row, other])
    assert find(replace(item, registry=replace(item.registry, told={"order": orders}))) == []


def test_a_face_nobody_measured_is_no_other_face() -> None:
    item = told(case("M419"), "face_check", distance=pl.lit(None, pl.Float64))
    assert find(item) == []


def test_a_visit_still_going_on_is_not_judged() -> None:
    item = case("M219")
    assert len(find(replace(item, end=at("2026-11-13 18:00")))) == 2
