"""What single models see that their cases do not show: several outlets, fine data, missing meters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest
from province import HOUR, START, outlet
from tools import COD, FLOW, O2, SO2, Row, Run, hours, of, power, readings, wobble

from yuanjian.screening.catalogue import Catalogue
from yuanjian.screening.exclusions import stands_alone
from yuanjian.screening.ports import Limit, OutletContext
from yuanjian.series import MarkPeriod


@of("M102")
def test_without_a_flow_meter_hours_weigh_the_same(run: Run) -> None:
    context = outlet(3, "water", factors=(COD,))
    (found,) = run.find(readings(hours(3, COD, [60.0] * 24 + [20.0] * 24)), [context], 48)
    assert found.measures["peak"] == 60.0
    assert {item["code"]: item["result"] for item in found.exclusions}["zero_flow"] == "unknown"


@of("M102")
def test_a_class_1_pollutant_is_a_work_order_at_once(run: Run) -> None:
    lead = Limit("w20120", "day", None, 100.0, None, date(2020, 1, 1), None, "GB 8978")
    context = outlet(3, "water", factors=("w20120", FLOW), limits=(lead,))
    rows = hours(3, "w20120", [105.0] * 24) + hours(3, FLOW, [3.0] * 24)
    (found,) = run.find(readings(rows), [context], 24)
    assert (found.level, found.measures["class1"]) == (1, 1.0)


@of("M103")
def test_two_orange_outlets_of_one_enterprise(run: Run) -> None:
    contexts = [outlet(1, factors=(SO2,)), outlet(2, factors=(SO2,)), outlet(5, factors=(SO2,))]
    rows = [row for at in (1, 2, 5) for row in hours(at, SO2, [70.0] * 24 * 8, reference=True)]
    found = run.find(readings(rows), contexts, 24 * 8)
    assert [(finding.outlet, finding.level) for finding in found] == [(1, 1), (2, 1), (5, 2)]


@pytest.mark.parametrize("accepted", [True, False])
def test_what_the_suspect_marks_himself_clears_him_of_exceeding_only(
    models: Catalogue, accepted: bool
) -> None:
    mark = MarkPeriod(1, None, "fault", START + 24 * HOUR, START + 54 * HOUR, accepted)

    def find(code: str, level: float) -> int:
        values = [*wobble(20, 24), *[level] * 30, *wobble(20, 18)]
        rows = readings(hours(1, SO2, values, reference=True))
        return len(Run(models, code).find(rows, [outlet(1, factors=(SO2,))], 72, marks=[mark]))

    assert (find("M205", 30.0), find("M101", 90.0)) == (0 if accepted else 1, 0)


@pytest.mark.parametrize(
    ("accepted", "kind", "length", "alone"),
    [
        (True, "fault", 30, True),
        (False, "fault", 1, False),
        (False, "calibration", 2, True),
        (False, "blowback", 3, False),
    ],
)
def test_unreviewed_marks_that_stand_alone(accepted: bool, kind: str, length: int, alone: bool) -> None:
    assert stands_alone(MarkPeriod(1, None, kind, START, START + length * HOUR, accepted)) is alone


GONE = [*[20.0] * 24, *[None] * 6, *[20.0] * 18]


@of("M117")
def test_a_silent_region_is_an_outage(run: Run) -> None:
    contexts = [outlet(at, factors=(SO2,)) for at in range(1, 12)]
    rows = [row for at in range(1, 12) for row in hours(at, SO2, GONE)]
    assert run.find(readings(rows), contexts, 48) == []
    few = [row for row in rows if row[0] in {1, 2}] + [
        row for at in range(3, 12) for row in hours(at, SO2, [20.0] * 48)
    ]
    found = run.find(readings(few), contexts, 48)
    assert [finding.outlet for finding in found] == [1, 2]
    assert found[0].factor is None


@of("M117")
def test_between_batches_single_factors_may_be_silent(run: Run) -> None:
    rows = hours(3, COD, GONE) + hours(3, FLOW, [5.0] * 24 + [0.0] * 6 + [5.0] * 18)
    plain = outlet(3, "water", factors=(COD, FLOW))
    assert len(run.find(readings(rows), [plain], 48)) == 1
    assert run.find(readings(rows), [replace(plain, intermittent=True)], 48) == []


@of("M117")
def test_long_silence_is_followed_for_a_week(run: Run) -> None:
    rows = hours(1, SO2, [20.0] * 24)
    (found,) = run.find(readings(rows), [outlet(1, factors=(SO2,))], 24 * 20)
    assert found.measures["hours"] == 168.0
    assert run.find(readings(rows), [outlet(1, factors=(SO2,))], 24 * 20, start=24 * 9) == []


@of("M205")
def test_a_short_history_needs_a_fine_resolution(run: Run) -> None:
    context = outlet(1, factors=(SO2,), chain=None)
    values = [*wobble(20, 6), *[20.01] * 9, *wobble(20, 3)]
    assert len(run.find(readings(hours(1, SO2, values)), [context], 18)) == 1
    coarse = [*wobble(1, 6), *[0.97] * 9, *wobble(1, 3)]
    assert run.find(readings(hours(1, SO2, coarse)), [context], 18) == []


def _silent(context: OutletContext) -> list[Row]:
    """Two days of power with 14 hours missing."""
    gone = range(60, 144)
    return [row for at, row in enumerate(power(context, 48)) if at % 288 not in gone]


@of("M312")
def test_the_monitor_alone_can_show_that_the_plant_runs(run: Run) -> None:
    context = outlet(1, factors=(SO2, O2))
    silent = _silent(context)
    found = run.find(readings([*silent, *hours(1, O2, [8.0] * 48)]), [context], 48)
    assert [finding.measures["hours"] for finding in found] == [14.0, 14.0]
    assert run.find(readings([*silent, *hours(1, O2, [20.9] * 48)]), [context], 48) == []
    assert run.find(readings(silent), [replace(context, factors=(SO2,))], 48) == []


@of("M312")
def test_flowing_water_shows_it_too(run: Run) -> None:
    context = outlet(3, "water", factors=(COD, FLOW))
    data = readings([*_silent(context), *hours(3, FLOW, [5.0] * 48)])
    assert len(run.find(data, [context], 48)) == 2


@of("M312")
def test_a_lone_meter_has_no_witness(run: Run) -> None:
    context = outlet(1, factors=(SO2,))
    assert context.chain is not None
    alone = replace(context, chain=replace(context.chain, treatment=()))
    assert run.find(readings(_silent(alone)), [alone], 48) == []


@of("M301")
def test_exclusions_by_the_hour_hold_on_the_power_grid(run: Run) -> None:
    model = replace(run.models["M301"], excludes=("invalid_hour", "not_producing", "zero_flow"))
    context = outlet(3, "water")
    rows = [
        (*row[:4], 1.0 if row[1] == "d20101" and at % 144 >= 72 else 400.0, *row[5:])
        for at, row in enumerate(power(context, 24))
    ]
    data = readings([*rows, *hours(3, FLOW, [5.0] * 14 + [0.0] * 10)])
    (found,) = run.find(data, [context], 24, model=model)
    assert [item["result"] for item in found.exclusions] == ["not_applicable", "not_excluded", "not_excluded"]
    assert (found.start, found.end) == (START + 12 * HOUR, START + 14 * HOUR)


@of("M312")
def test_a_plant_without_production_meters_is_not_judged(run: Run) -> None:
    report = run.report(readings([]), [outlet(1, chain=None)], 48)
    assert (report.findings, report.runs[0].series, report.runs[0].covered) == ([], 0, 0.0)


@of("M216")
def test_a_meter_without_rating_and_baseline_tells_nothing(run: Run) -> None:
    context = outlet(1, factors=(SO2,))
    assert context.chain is not None
    unrated = replace(context.chain.production[0], rated_kw=None)
    context = replace(context, chain=replace(context.chain, production=(unrated,)))
    rows = hours(1, SO2, [*wobble(20, 48), *[0.0] * 6, *wobble(20, 18)]) + power(context, 72)
    assert run.find(readings(rows), [context], 72) == []


DOOR = (2001, "door", "i3310", START + timedelta(hours=30, minutes=20), '{"state": "1", "person": "甲"}')


def _minutes(before: float, after: float, reference: bool) -> list[Row]:
    start = START + timedelta(hours=29, minutes=20)
    return [
        (1, SO2, "minute", start + at * timedelta(minutes=1), v, v * 1.2 if reference else None, "N", 2)
        for at in range(125)
        for v in [before if at < 61 else after]
    ]


@of("M415")
@pytest.mark.parametrize("reference", [True, False])
def test_minutes_are_preferred_to_hours(run: Run, reference: bool) -> None:
    limit = Limit(SO2, "hour", None, 50.0, 6.0 if reference else None, date(2020, 1, 1), None, "许可证")
    context = outlet(1, factors=(SO2,), limits=(limit,))
    rows = hours(1, SO2, wobble(40, 48), reference=True) + power(context, 48)
    data = readings([*rows, *_minutes(40.0, 16.0, reference)], [DOOR])
    (found,) = run.find(data, [context], 48)
    assert (found.measures["change"], found.end) == (0.6, START + timedelta(hours=31, minutes=20))
    assert found.measures["from"] == ("48" if reference else "40")
    assert found.level == (1 if reference else 3)


@of("M415")
def test_a_change_that_load_explains_is_left_out(run: Run) -> None:
    context = outlet(1, factors=(SO2,))
    values = [*wobble(40, 31), *[8.0] * 17]
    kw = [
        (*row[:4], 250.0 if at % 288 >= 186 else 400.0, *row[5:]) for at, row in enumerate(power(context, 48))
    ]
    data = readings([*hours(1, SO2, values, reference=True), *kw], [DOOR])
    assert run.find(data, [context], 48) == []
    steady = readings([*hours(1, SO2, values, reference=True), *power(context, 48)], [DOOR])
    assert [finding.level for finding in run.find(steady, [context], 48)] == [3]


@of("M415")
@pytest.mark.parametrize("missing", [29, 31])
def test_an_hour_without_value_beside_the_opening_says_nothing(run: Run, missing: int) -> None:
    context = outlet(1, factors=(SO2,))
    values: list[float | None] = [*wobble(40, 31), *[8.0] * 17]
    values[missing] = None
    assert run.find(readings(hours(1, SO2, values, reference=True), [DOOR]), [context], 48) == []


@of("M415")
def test_openings_at_the_edge_are_left_out(run: Run) -> None:
    context = outlet(1, factors=(SO2,))
    data = readings(hours(1, SO2, [*wobble(40, 31), *[8.0] * 17], reference=True), [DOOR])
    assert run.find(data, [context], 31) == []
    assert len(run.find(data, [context], 32)) == 1


def _water(day_flow: Sequence[float], step: timedelta, cadence: str) -> list[Row]:
    return [
        (
            3,
            FLOW,
            cadence,
            START + day * timedelta(days=1) + at * step,
            round(v + 0.01 * (at % 7), 2),
            None,
            "N",
            2,
        )
        for day in range(5)
        for at, v in enumerate(day_flow)
    ]


@of("M235")
def test_sampler_events_and_fine_flow(run: Run) -> None:
    context = outlet(3, "water", sampler_hours=(), sampler_starts=True, factors=(COD, FLOW))
    slots = [10.0] * 144
    for start in (36, 72, 108):
        slots[start - 1 : start + 1] = [4.5, 4.5]
    events = [
        (3, "state", "i32001", START + day * timedelta(days=1) + hour * HOUR, '{"sampler": "start"}')
        for day in range(5)
        for hour in (6, 12, 18)
    ]
    rows = _water(slots, timedelta(minutes=10), "minute") + hours(3, COD, wobble(30, 120))
    (found,) = run.find(readings(rows, events), [context], 120)
    assert (found.level, found.measures["days60"]) == (2, 5.0)
    assert run.find(readings(rows), [context], 120) == [], "nobody knows when it sampled"


@of("M235")
def test_a_lower_concentration_while_sampling_is_worse(run: Run) -> None:
    context = outlet(3, "water", sampler_hours=tuple(range(0, 24, 2)), factors=(FLOW, COD, "w21003"))
    flow = [5.0 if hour % 2 == 0 else 10.0 for hour in range(24)]
    cod = [15.0 if hour % 2 == 0 else 30.0 for hour in range(24)]
    rows = _water(flow, HOUR, "hour") + hours(3, COD, cod * 5)
    (found,) = run.find(readings(rows), [context], 120)
    assert (found.level, found.measures["lower"]) == (1, 0.5)


@of("M217")
def test_a_load_that_varies_makes_it_worse(run: Run) -> None:
    context = outlet(1, factors=(SO2,))
    rows = hours(1, SO2, [47.6 + 0.3 * (at % 7) for at in range(24 * 8)], reference=True)
    swinging = [
        (*row[:4], 300.0 if (at // 36) % 2 else 450.0, *row[5:])
        for at, row in enumerate(power(context, 24 * 8))
    ]
    steady = run.find(readings(rows + power(context, 24 * 8)), [context], 24 * 8)
    varying = run.find(readings(rows + swinging), [context], 24 * 8)
    assert [(f.level, f.measures["load_varies"]) for f in (*steady, *varying)] == [(2, 0.0), (1, 1.0)]


@of("M415")
def test_fine_data_are_part_of_the_input_hash(run: Run) -> None:
    context = outlet(1, factors=(SO2,))
    rows = hours(1, SO2, wobble(40, 48), reference=True)
    hashes = set()
    for after in (16.0, 15.0, 16.0):
        (found,) = run.find(readings([*rows, *_minutes(40.0, after, True)], [DOOR]), [context], 48)
        hashes.add(found.input_hash)
    assert len(hashes) == 2
