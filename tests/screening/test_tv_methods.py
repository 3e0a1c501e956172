"""What the three-value models leave alone, beyond their cases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from province import HOUR, START, outlet
from tools import O2, SO2, Run, hours, of, power, readings, wobble

from yuanjian.screening.methods.tv import load_classes
from yuanjian.series import MarkPeriod

DAY = 24
MONDAY = 32 * DAY
"""1 October 2026 is a Thursday: 32 days later a Monday begins."""


def noise(level: float, count: int, seed: int = 1, spread: float = 0.1) -> list[float]:
    return list(np.round(level * (1 + spread * np.random.default_rng(seed).standard_normal(count)), 2))


def mark(first: int, length: int) -> MarkPeriod:
    return MarkPeriod(1, None, "maintenance", START + first * HOUR, START + (first + length) * HOUR)


@of("M220")
def test_a_visit_is_judged_when_the_day_after_it_is_over(run: Run) -> None:
    rows = hours(1, SO2, [20.0] * 50 + [8.0] * 30, reference=True)
    assert run.find(readings(rows), [outlet(1, factors=(SO2,))], 72, marks=[mark(48, 2)]) == []
    (found,) = run.find(readings(rows), [outlet(1, factors=(SO2,))], 74, marks=[mark(48, 2)])
    assert (found.level, found.measures["change"], found.measures["steady"]) == (3, 0.6, 0.0)


@of("M220")
def test_nothing_rises_from_zero(run: Run) -> None:
    rows = hours(1, SO2, [0.0] * 50 + [8.0] * 30, reference=True)
    assert run.find(readings(rows), [outlet(1, factors=(SO2,))], 80, marks=[mark(48, 2)]) == []


@of("M223")
def test_without_an_oxygen_meter_nothing_is_diluted(run: Run) -> None:
    context = outlet(1, factors=(SO2,))
    assert run.find(readings(hours(1, SO2, wobble(20, 48)) + power(context, 48)), [context], 48) == []


@of("M223")
def test_the_fall_of_a_silent_pollutant_is_not_known(run: Run) -> None:
    context = outlet(1, factors=(O2, SO2))
    oxygen = wobble(8, 17 * DAY) + [13.0] * 7 + wobble(8, DAY)
    rows = hours(1, O2, oxygen) + hours(1, SO2, [20.0] * 3) + power(context, len(oxygen))
    (found,) = run.find(readings(rows), [context], len(oxygen))
    assert (found.level, found.measures["hours"], found.measures["fall"]) == (2, 7.0, 0.0)


@of("M208")
def test_coarse_values_repeat_by_chance(run: Run) -> None:
    values = [float(value) for value in np.random.default_rng(3).integers(10, 14, 20 * DAY)]
    rows = [(*row[:7], 0) for row in hours(1, SO2, values)]
    assert run.find(readings(rows), [outlet(1, factors=(SO2,))], 20 * DAY) == []


@of("M210")
@pytest.mark.parametrize(("count", "found"), [(72, 1), (50, 0)])
def test_twins_need_most_of_three_days(run: Run, count: int, found: int) -> None:
    contexts = [outlet(at, factors=(SO2,), chain=None) for at in (1, 2)]
    values = noise(20, 72)
    rows = hours(1, SO2, values) + hours(2, SO2, values[:count])
    assert len(run.find(readings(rows), contexts, 72)) == found


@of("M210")
def test_twins_that_stand_still_say_nothing(run: Run) -> None:
    contexts = [outlet(at, factors=(SO2,), chain=None) for at in (1, 2)]
    rows = [row for at in (1, 2) for row in hours(at, SO2, [20.0] * 72)]
    assert run.find(readings(rows), contexts, 72) == []


@of("M211")
def test_an_outlet_without_a_pair_is_not_judged(run: Run) -> None:
    assert run.find(readings(hours(1, SO2, wobble(20, 48))), [outlet(1, factors=(SO2,))], 48) == []


@of("M212")
def test_a_digit_that_is_always_zero_is_none(run: Run) -> None:
    values = [round(value, 1) for value in noise(60, MONDAY, spread=0.2)]
    context = outlet(1, factors=(SO2,), chain=None)
    assert run.find(readings(hours(1, SO2, values)), [context], MONDAY) == []
    halves = [round(value * 2) / 2 for value in values]
    (found,) = run.find(readings(hours(1, SO2, halves)), [context], MONDAY)
    assert found.end == START + timedelta(hours=MONDAY)


@of("M221")
def test_peers_are_of_the_same_trade(run: Run) -> None:
    contexts = [outlet(at, factors=(SO2,), chain=None) for at in range(1, 12)]
    levels = {at: noise(2 if at == 1 else 20 + at, MONDAY, at) for at in range(1, 12)}
    rows = [row for at, values in levels.items() for row in hours(at, SO2, values, reference=True)]
    (found,) = run.find(readings(rows), contexts, MONDAY)
    assert (found.outlet, found.measures["peers"]) == (1, "10")
    assert run.find(readings(rows), contexts, MONDAY, batch=1) == [found]
    other = [replace(context, industry=f"C{context.outlet // 6}") for context in contexts]
    assert run.find(readings(rows), other, MONDAY) == []


@of("M221")
def test_peers_that_differ_much_make_nobody_low(run: Run) -> None:
    contexts = [outlet(at, factors=(SO2,), chain=None) for at in range(1, 12)]
    levels = {at: noise(1.5**at, MONDAY, at) for at in range(1, 12)}
    rows = [row for at, values in levels.items() for row in hours(at, SO2, values, reference=True)]
    assert run.find(readings(rows), contexts, MONDAY) == []


def test_full_load_is_that_of_the_time_learned_from() -> None:
    kw = np.array([400.0] * 50 + [200.0] * 50)
    usable = np.ones(100, np.bool_)
    usable[99] = False
    learned = load_classes(kw, usable, slice(0, 50), [0.3, 0.6])
    assert (learned[:50] == 1).all()
    assert (learned[50:99] == 0).all()
    assert learned[99] == -1
    assert (load_classes(kw, usable, slice(50, 90), [0.3, 0.6])[50:99] == 1).all()
    assert (load_classes(kw, np.zeros(100, np.bool_), slice(0, 50), [0.3]) == -1).all()


@of("M225")
def test_a_visit_in_between_does_not_end_an_odd_temperature(run: Run) -> None:
    heat = "a01012"
    context = outlet(1, factors=(heat,))
    values = [*wobble(100, 18 * DAY), *wobble(60, 9), *wobble(100, 15)]
    rows = hours(1, heat, values) + power(context, len(values))
    (found,) = run.find(readings(rows), [context], len(values), marks=[mark(18 * DAY + 4, 2)])
    assert (found.level, found.measures["hours"]) == (2, 7.0)
    (found,) = run.find(readings(rows), [context], len(values), marks=[mark(18 * DAY + 3, 4)])
    assert (found.level, found.measures["hours"]) == (3, 3.0)


@of("M225")
def test_the_temperature_of_a_load_never_seen_is_not_judged(run: Run) -> None:
    heat = "a01012"
    context = outlet(1, factors=(heat,))
    values = [*wobble(100, 18 * DAY), *wobble(60, DAY)]
    rows = power(context, 18 * DAY)
    for row in power(context, 19 * DAY, kw=200.0)[:]:
        if row[3] >= START + 18 * DAY * HOUR:
            rows.append(row)
    assert run.find(readings(hours(1, heat, values) + rows), [context], len(values)) == []


@of("M220")
def test_a_change_that_comes_later_is_not_of_the_visit(run: Run) -> None:
    context = outlet(1, factors=(SO2,))
    at_once = [20.0] * 50 + [8.0] * 30
    later = [20.0] * 60 + [8.0] * 20
    for values, found in ((at_once, 1), (later, 0)):
        rows = hours(1, SO2, values, reference=True) + power(context, 80)
        assert len(run.find(readings(rows), [context], 80, marks=[mark(48, 2)])) == found


@of("M214")
@pytest.mark.parametrize(("before", "level"), [(400.0, 2), (250.0, 3)])
def test_a_rise_is_measured_at_its_own_load(run: Run, before: float, level: int) -> None:
    context = outlet(1, factors=(SO2,))
    values = [*wobble(12, 8 * DAY), 60.0, 62.0, *wobble(12, 6)]
    kw = power(context, 8 * DAY - 8, kw=before)
    kw += [row for row in power(context, len(values)) if row[3] >= START + (8 * DAY - 8) * HOUR]
    rows = hours(1, SO2, values, reference=True) + kw
    (found,) = run.find(readings(rows), [context], len(values))
    assert (found.level, found.measures["hours"]) == (level, 2.0)
