"""What the models of data quality see that their cases do not show."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from province import HOUR, START, outlet
from tools import COD, FLOW, O2, SO2, Row, Run, hours, of, power, readings, wobble

from yuanjian.screening.findings import Finding
from yuanjian.screening.frames import READING_COLUMNS, FrameReadings
from yuanjian.screening.kernels.shifts import shift_gain
from yuanjian.screening.methods.dq import trailing_sum
from yuanjian.screening.methods.dq_marks import at_least
from yuanjian.screening.methods.dq_recompute import _hour_means
from yuanjian.screening.ports import Limit, OutletContext
from yuanjian.series import MarkPeriod, SeriesStore

MINUTE = timedelta(minutes=1)
NAN = float("nan")


def mark(kind: str, first: int, length: int, point: int = 1) -> MarkPeriod:
    return MarkPeriod(point, None, kind, START + first * HOUR, START + (first + length) * HOUR)


def limit(factor: str, high: float | None, low: float | None = None, **more: Any) -> Limit:
    return Limit(factor, more.get("averaging", "day"), low, high, None, date(2020, 1, 1), more.get("to"), "x")


def with_received(rows: list[tuple[object, ...]]) -> FrameReadings:
    columns = {**READING_COLUMNS, "received": pl.Datetime("us", "UTC"), "source": pl.String}
    return FrameReadings(pl.DataFrame(rows, schema=columns, orient="row"))


@pytest.mark.parametrize("python", [False, True])
def test_the_gain_of_a_shift_is_greatest_where_it_happens(python: bool) -> None:
    kernel: Callable[..., Any] = shift_gain.py_func if python else shift_gain  # type: ignore[attr-defined]
    values = np.array(
        [[1.0, 1.1, 1.0, 1.1, 2.0, 2.1, 2.0, 2.1], [NAN] * 4 + [1.0] * 4, [1.0] * 4 + [NAN] * 4]
    )
    gain, size = kernel(values, np.isfinite(values), 4, 2, 2)
    assert np.isnan(gain[:, :4]).all()
    assert np.isnan(gain[:, 7]).all()
    assert np.isnan(gain[1:]).all()
    assert int(np.nanargmax(gain[0])) == 4
    assert size[0, 4] == pytest.approx(1.0)


def test_sums_trail() -> None:
    amounts = np.array([[1, 2, 3, 4]])
    assert trailing_sum(amounts, 2).tolist() == [[1, 3, 5, 7]]
    assert trailing_sum(amounts, 9).tolist() == [[1, 3, 6, 10]]


def test_hours_without_all_their_minutes_are_not_compared() -> None:
    rows = [
        (1, SO2, START + hour * HOUR + minute * MINUTE, float(minute), "D" if hour == 2 else "N")
        for hour in range(3)
        for minute in range(0, 60 if hour != 1 else 30, 10)
    ]
    frame = pl.DataFrame(rows, schema=["point", "factor", "time", "value", "flag"], orient="row")
    assert _hour_means(frame, 0.95).rows() == [(1, SO2, START, 25.0)]


def test_rows_as_they_came_or_as_they_are_now() -> None:
    data = with_received([_version(0, 1, 1.0), _version(0, 5, 2.0), _version(1, 2, 3.0, O2)])
    span: dict[str, Any] = {"cadence": "hour", "start": START, "end": START + 9 * HOUR}
    assert data.readings([1], **span)["value"].to_list() == [3.0, 2.0]
    assert data.readings([1], [SO2], history=True, **span)["value"].to_list() == [1.0, 2.0]
    assert data.readings([2], **span).is_empty()


@of("M104")
def test_a_day_with_few_hours_is_told_but_not_full(run: Run) -> None:
    place = outlet(1, factors=("a34013",), limits=(limit("a34013", 20), limit("a21024", 50)))
    values = [*wobble(10, 48), *[30.0] * 10, *[None] * 14, *wobble(10, 10)]
    (found,) = run.find(readings(hours(1, "a34013", values)), [place], 82)
    assert (found.level, found.measures["valid"], found.measures["full"]) == (2, 10, 0)


@of("M104")
def test_a_day_that_is_not_over_speaks_from_sixteen_o_clock(run: Run) -> None:
    place = outlet(1, factors=("a34013",), limits=(limit("a34013", 20), limit("a21024", 50)))
    data = readings(hours(1, "a34013", [*wobble(10, 24), *[19.0] * 17]))
    assert run.find(data, [place], 24 + 15) == []
    (found,) = run.find(data, [place], 24 + 16)
    assert (found.level, found.end) == (3, START + 40 * HOUR)


@of("M104")
def test_a_limit_of_zero_is_none(run: Run) -> None:
    place = outlet(
        1,
        factors=("a34013",),
        limits=(limit("a34013", 0, to=date(2026, 10, 1)), limit("a34013", 20), limit("a21024", 50)),
    )
    data = readings(hours(1, "a34013", [*wobble(30, 24), *wobble(10, 24), *wobble(30, 24)]))
    (found,) = run.find(data, [place], 72)
    assert (found.start, found.measures["ratio"]) == (START + 48 * HOUR, pytest.approx(1.5, rel=0.1))


@of("M110")
@pytest.mark.parametrize(("minutes", "levels"), [(9, []), (10, []), (20, [1]), (59, [1]), (60, [1])])
def test_the_present_hour_is_told_as_it_grows(run: Run, minutes: int, levels: list[int]) -> None:
    """Twice the limit for 20 minutes, four times for the third part: the rest cannot make up for it."""
    place = outlet(1, factors=(SO2,), limits=(limit(SO2, 50, averaging="hour"),))
    parts = [100.0, 250.0, 60.0, 20.0, 20.0, 20.0]
    rows: list[Row] = [
        (1, SO2, "minute", START + 24 * HOUR + at * 10 * MINUTE, value, None, "N", 1)
        for at, value in enumerate(parts)
    ]
    data = readings([*hours(1, SO2, wobble(20, 24)), *rows])
    now = START + 24 * HOUR + minutes * MINUTE
    found = run.report(data, [place], 25, start=24, now=now).findings
    assert [one.level for one in found] == levels


@of("M109")
@pytest.mark.parametrize(("low", "high", "found"), [(6.0, 9.0, 1), (None, 10.0, 0), (5.0, None, 1)])
def test_the_range_is_the_permit_s(run: Run, low: float | None, high: float | None, found: int) -> None:
    place = outlet(
        3, "water", factors=("w01001", FLOW), limits=(limit("w01001", high, low, to=date(2027, 1, 1)),)
    )
    data = readings([*hours(3, "w01001", [7.0, 7.1, 9.4, 9.4, 7.0, 7.1]), *hours(3, FLOW, [5.0] * 6)])
    assert len(run.find(data, [place], 6)) == found


@of("M118")
def test_an_outlet_that_owes_nothing_loses_nothing(run: Run) -> None:
    place = outlet(1, factors=(SO2,))
    data = readings(hours(1, SO2, wobble(20, 72)))
    assert run.find(data, [place], 72, marks=(mark("calibration", 24, 24),)) == []
    assert run.find(data, [place], 72, marks=(mark("stopped", 24, 24),)) == []


@of("M119")
def test_the_capture_rate_waits_for_a_week_of_the_quarter(run: Run) -> None:
    place = outlet(1, factors=(SO2,))
    flags = ["D" if at % 24 < 8 else "N" for at in range(24 * 9)]
    rows: list[Row] = [
        (*row[:6], flag, 2) for row, flag in zip(hours(1, SO2, wobble(20, 24 * 9)), flags, strict=True)
    ]
    assert run.find(readings(rows), [place], 24 * 6) == []
    (found,) = run.find(readings(rows), [place], 24 * 9)
    assert found.start == START + 144 * HOUR
    assert found.measures["lost"] == pytest.approx(1 / 3, abs=0.01)


@of("M125")
def test_nothing_is_converted_in_air(run: Run) -> None:
    place = outlet(1, factors=(SO2, O2))
    rows = [*hours(1, SO2, [20.0] * 60, reference=True), *hours(1, O2, [19.5] * 60)]
    assert run.find(readings(rows), [place], 60) == []


@of("M125")
def test_numbers_too_great_to_keep_are_not_compared(run: Run) -> None:
    place = outlet(1, factors=(SO2, O2))
    values, oxygen = [20.0] * 60, [8.0] * 60
    (whole,) = run.find(
        readings([*hours(1, SO2, values, reference=True), *hours(1, O2, oxygen)]), [place], 60
    )
    values[10], values[20], oxygen[30] = 1e39, -1e39, 1e39
    rows = [*hours(1, SO2, values, reference=True), *hours(1, O2, oxygen)]
    rows[40] = (*rows[40][:5], 1e39, *rows[40][6:])
    (found,) = run.find(readings(rows), [place], 60)
    assert found.measures["share"] == whole.measures["share"]
    assert found.measures["h5"] == whole.measures["h5"] - 4


@of("M127")
def test_minutes_of_factors_that_are_not_judged_are_left_alone(run: Run) -> None:
    place, other = outlet(1, factors=(SO2, O2)), outlet(3, "water", factors=(COD, FLOW))
    minutes: list[Row] = [
        (1, factor, "minute", START + at * 10 * MINUTE, 30.0, None, "N", 1)
        for factor in (SO2, O2, COD)
        for at in range(36)
    ]
    (found,) = run.find(readings([*hours(1, SO2, [20.0] * 6), *minutes]), [place, other], 6)
    assert (found.factor, found.level, found.measures["h10_low"]) == (SO2, 1, 6)


@of("M127")
def test_days_by_flow_or_by_time_both_fit(run: Run) -> None:
    place = outlet(3, "water", factors=("w01018", FLOW))
    values, flow = [10.0] * 12 + [30.0] * 12, [3.0] * 12 + [1.0] * 12
    rows = [*hours(3, "w01018", values * 2), *hours(3, FLOW, flow * 2)]
    days: list[Row] = [
        (3, "w01018", "day", START, 15.0, None, "N", 1),
        (3, "w01018", "day", START + 24 * HOUR, 20.0, None, "N", 1),
    ]
    assert run.find(readings([*rows, *days]), [place], 48) == []
    days[1] = (3, "w01018", "day", START + 24 * HOUR, 12.0, None, "N", 1)
    (found,) = run.find(readings([*rows, *days]), [place], 48)
    assert found.level == 1


def _live(at: int, delay: float, source: str = "live", value: float = 1.0) -> tuple[object, ...]:
    time = START + at * MINUTE
    return (1, SO2, "realtime", time, value, None, "N", 1, time + delay * MINUTE, source)


@of("M129")
@pytest.mark.parametrize(
    ("rows", "level"),
    [
        ([_live(at, -15) for at in range(60)], 2),
        ([_live(at, 75) for at in range(60)], 1),
        ([_live(at, 75, "backfill") for at in range(60)], None),
        ([_live(at, 60 * 20) for at in range(60)], None),
        ([_live(at, 75) for at in range(10)], None),
    ],
)
def test_offsets_of_live_data_only(run: Run, rows: list[tuple[object, ...]], level: int | None) -> None:
    found = run.find(with_received(rows), [outlet(1, factors=(SO2,))], 3)
    assert [finding.level for finding in found] == ([] if level is None else [level])


@of("M129")
def test_an_outlet_without_factors_has_no_clock(run: Run) -> None:
    assert run.find(with_received([_live(0, 75)]), [outlet(1, factors=())], 3) == []


def _version(at: int, arrived: int, value: float, factor: str = SO2) -> tuple[object, ...]:
    received = START + arrived * HOUR
    return (1, factor, "hour", START + at * HOUR, value, None, "N", 2, received, "live")


@of("M130")
def test_versions_that_do_not_concern_the_limit(run: Run) -> None:
    place = outlet(1, factors=(SO2,))
    rows = [_version(at, at + 1, 20.0) for at in range(10)]
    small = [*rows, _version(2, 30, 20.4)]
    (found,) = run.find(with_received(small), [place], 40)
    assert (found.level, found.measures["late"], found.start) == (3, 1, START + 30 * HOUR)
    cut = [*rows, *(_version(at, 20 + at, 15.0) for at in range(3))]
    (found,) = run.find(with_received(cut), [place], 40)
    assert (found.level, found.measures["cut30"], found.measures["rows"]) == (1, 3, 3)
    later = [*rows, _version(2, 60, 15.0), _version(2, 20, 15.0, "a99999"), _version(3, 21, 20.0, "a99999")]
    assert run.find(with_received(later), [place], 40) == []


@of("M130")
def test_a_first_value_of_zero_counts_as_wholly_changed(run: Run) -> None:
    rows = [_version(0, 1, 0.0), _version(0, 5, 3.0), _version(1, 2, 0.0), _version(1, 6, 0.0)]
    (found,) = run.find(with_received(rows), [outlet(1, factors=(SO2,))], 10)
    assert found.measures["change"] == 1.0


@of("M130")
def test_the_lake_keeps_the_versions(run: Run, tmp_path: Path) -> None:
    rows = [*(_version(at, at + 1, 20.0) for at in range(10)), _version(2, 30, 15.0)]
    frames = with_received(rows)
    store = SeriesStore.open(str(tmp_path / "lake"))
    nothing = [pl.lit(None, pl.Float64).alias(name) for name in ("low", "high", "amount")]
    for version, part in enumerate((frames.rows[:10], frames.rows[10:]), 1):
        order = {"shard": pl.lit(0, pl.Int16), "seq": pl.int_range(pl.len(), dtype=pl.Int64) + 100 * version}
        store.append(part.with_columns(*nothing, **order), None, app="test", version=version)
    place = outlet(1, factors=(SO2,))
    found = run.find(store, [place], 40)  # type: ignore[arg-type]
    assert found == run.find(frames, [place], 40)
    assert [one.level for one in found] == [2]


@of("M133")
def test_a_stopped_line_that_draws_power(run: Run) -> None:
    place = outlet(1, factors=(SO2, O2))
    rows = [*hours(1, SO2, [60.0] * 200), *hours(1, O2, [20.8] * 200), *power(place, 200)]
    (found,) = run.find(readings(rows), [place], 200, marks=(mark("stopped", 180, 6),))
    assert (found.level, found.measures["hours"]) == (2, 4)
    assert "用电" in found.claim


@of("M134")
def test_marks_right_after_high_hours(run: Run) -> None:
    (found,) = _upkeep_after_high_hours(run, [24 * day + 2 * day + 1 for day in range(4, 9)])
    assert (found.level, found.measures["share"], found.measures["z"]) == (2, 1.0, 0.0)
    assert found.measures["sure"] > 4


@of("M134")
def test_marks_that_meet_high_hours_by_the_clock(run: Run) -> None:
    assert _upkeep_after_high_hours(run, [24 * day + 9 for day in range(4, 9)]) == []


def _upkeep_after_high_hours(run: Run, starts: list[int]) -> list[Finding]:
    place = outlet(1, factors=(SO2,), limits=(limit(SO2, 50),))
    values = wobble(20, 24 * 12)
    for first in starts:
        values[first - 1] = 48.0
    marks = tuple(mark("maintenance", first, 1) for first in starts)
    return run.find(readings(hours(1, SO2, values)), [place], 24 * 12, marks=marks)


@pytest.mark.parametrize(("count", "trials", "chance"), [(0, 5, 0.3), (3, 5, 0.3), (5, 5, 0.5)])
def test_the_tail_of_a_binomial(count: int, trials: int, chance: float) -> None:
    drawn = np.random.default_rng(1).binomial(trials, chance, 200_000)
    assert at_least(count, trials, chance) == pytest.approx((drawn >= count).mean(), abs=0.005)


def _peers(levels: list[float], days: int, low_from: int) -> tuple[FrameReadings, list[OutletContext]]:
    """Outlets at their levels; the first falls to a tenth on a day."""
    places = [outlet(at + 1, factors=(SO2,), limits=(limit(SO2, 50),)) for at in range(len(levels))]
    at = np.arange(24 * days)
    rows: list[Row] = []
    for place, level in zip(places, levels, strict=True):
        share = np.where((at >= 24 * low_from) & (place is places[0]), 0.1, 1.0)
        values = share * level * (1 + 0.05 * np.sin(at * 1.3 + place.point))
        rows += hours(place.point, SO2, values.round(2).tolist())
    return readings(rows), places


@of("M733")
def test_two_months_away_from_the_peers_and_from_its_own_place(run: Run) -> None:
    data, places = _peers([20.0, 18, 19, 20, 21, 22, 20, 19, 21, 0.0], 125, low_from=61)
    found = run.find(data, places, 24 * 125)
    assert [(one.outlet, one.level, one.measures["months"]) for one in found] == [(1, 2, 1), (1, 1, 2)]


@of("M733")
def test_who_always_was_different_gets_a_reminder(run: Run) -> None:
    data, places = _peers([20.0, 18, 19, 20, 21, 22, 20, 19, 21, 0.0], 93, low_from=0)
    found = run.find(data, places, 24 * 93)
    assert {(one.outlet, one.level, one.measures["months"]) for one in found} == {(1, 3, 1)}


@of("M735")
def test_only_the_day_of_the_change_is_told(run: Run) -> None:
    values = np.where(np.arange(24 * 60) < 24 * 40, 20.0, 30.0) * (1 + 0.03 * np.sin(np.arange(24 * 60)))
    (found,) = run.find(
        readings(hours(1, SO2, values.round(2).tolist())), [outlet(1, factors=(SO2,))], 24 * 60
    )
    assert (found.start, len(found.episodes)) == (START + 40 * 24 * HOUR, 1)
    assert found.measures["way"] == "上升"


@of("M107")
def test_the_ledger_starts_anew_with_the_year(run: Run) -> None:
    place = outlet(1, limits=(limit("a34013", 20), limit("a21024", 50)))
    new_year = datetime(2027, 1, 1, tzinfo=UTC) - 8 * HOUR
    marks = (
        MarkPeriod(1, None, "starting", new_year - 60 * HOUR, new_year - 5 * HOUR),
        MarkPeriod(1, None, "starting", new_year + 5 * HOUR, new_year + 8 * HOUR),
    )
    end = (new_year - START) // HOUR + 24
    (found,) = run.find(readings(hours(1, SO2, [20.0])), [place], end, start=end - 100, marks=marks)
    assert (found.level, found.measures["year"], found.end) == (2, 55, new_year - 5 * HOUR)


@of("M735")
def test_a_level_that_always_moves_has_not_changed(run: Run) -> None:
    day = np.arange(24 * 110) // 24
    for levels, found in (([20.0, 20.0, 20.0, 30.0], 1), ([20.0, 32.0, 20.0, 30.0], 0)):
        level = np.select([day < 40, day < 60, day < 90], levels[:3], levels[3])
        values = (level * (1 + 0.03 * np.sin(np.arange(24 * 110)))).round(2).tolist()
        place = outlet(1, factors=(SO2,))
        told = run.find(readings(hours(1, SO2, values)), [place], 24 * 110)
        assert sum(one.start == START + 90 * 24 * HOUR for one in told) == found
