"""What a series does anyway is no news: the models that look at its own past leave it alone."""

from __future__ import annotations

import numpy as np
from province import HOUR, START, outlet
from test_tv_methods import mark, noise
from tools import SO2, Run, hours, of, power, readings, wobble

from yuanjian.series import MarkPeriod

DAY = 24


@of("M216")
def test_a_plant_that_often_emits_nothing_is_left_alone(run: Run) -> None:
    context = outlet(1, factors=(SO2,))
    never, often = wobble(20, 12 * DAY), wobble(20, 12 * DAY)
    often[5::20] = [0.0] * len(often[5::20])
    for before, found in ((never, 1), (often, 0)):
        rows = hours(1, SO2, before + [0.0] * 5) + power(context, 12 * DAY + 5)
        end = 12 * DAY + 5
        late = [f for f in run.find(readings(rows), [context], end, start=12 * DAY) if f.level < 3]
        assert len(late) == found


@of("M215")
def test_a_level_the_series_often_has_is_no_drop(run: Run) -> None:
    context = outlet(1, factors=(SO2,))
    never, often = wobble(20, 12 * DAY), wobble(20, 12 * DAY)
    for at in range(30, 11 * DAY, 36):
        often[at : at + 6] = wobble(4, 6)
    for before, found in ((never, 1), (often, 0)):
        rows = hours(1, SO2, before + wobble(5, 6), reference=True) + power(context, 12 * DAY + 6)
        late = [
            f for f in run.find(readings(rows), [context], 12 * DAY + 6, start=11 * DAY + 12) if f.level < 3
        ]
        assert len(late) == found


@of("M205")
def test_what_an_instrument_shows_of_nothing_may_stand_still(run: Run) -> None:
    context = outlet(1, factors=(SO2,), chain=None)
    for value, found in ((0.19, 0), (0.2, 1)):
        rows = hours(1, SO2, wobble(20, 8 * DAY) + [value] * 30)
        assert len(run.find(readings(rows), [context], 8 * DAY + 30)) == found


@of("M220")
def test_a_jump_as_of_every_day_is_none(run: Run) -> None:
    context = outlet(1, factors=(SO2,), chain=None)
    calm = noise(20, 20 * DAY)
    restless = [value * (1 if at // DAY % 2 else 3) for at, value in enumerate(calm)]
    visit = mark(20 * DAY, 2)
    for before, found in ((calm, 1), (restless, 0)):
        rows = hours(1, SO2, before + noise(8, 30), reference=True)
        assert len(run.find(readings(rows), [context], 20 * DAY + 30, marks=[visit])) == found


@of("M306")
def test_marked_hours_of_a_day_do_not_hide_a_dummy_load(run: Run) -> None:
    context = outlet(1, factors=(SO2,))
    assert context.chain is not None
    (production,), treatment = context.chain.production, context.chain.treatment[0]
    slots = 12 * DAY * 6
    load = 400 + 80 * np.sin(np.arange(slots) / 20)
    rows = [
        (*row[:4], float(np.round(kw, 1)), *row[5:])
        for meter, series in ((production, load), (treatment, np.full(slots, 300.0)))
        for row, kw in zip(
            [row for row in power(context, 12 * DAY) if row[1] == meter.factor], series, strict=True
        )
    ]
    for length, found in ((2, 1), (12, 2)):
        visit = MarkPeriod(
            1, None, "maintenance", START + 10 * DAY * HOUR, START + (10 * DAY + length) * HOUR
        )
        got = run.find(readings(rows), [context], 12 * DAY, start=9 * DAY, marks=[visit])
        assert len(got) == found


@of("M206")
def test_a_source_that_is_always_calm_is_left_alone(run: Run) -> None:
    context = outlet(1, factors=(SO2,))
    slots = 23 * DAY * 6
    load = np.round(400 + 100 * np.sin(np.arange(slots) / 25), 1)
    machines = [
        (*row[:4], kw, *row[5:]) for row, kw in zip(power(context, 23 * DAY), [*load, *load], strict=True)
    ]
    calm, lively = noise(20, 20 * DAY, spread=0.003), noise(20, 20 * DAY, spread=0.1)
    for before, found in ((lively, 1), (calm, 0)):
        rows = hours(1, SO2, before + noise(20, 3 * DAY, seed=2, spread=0.003)) + machines
        got = run.find(readings(rows), [context], 23 * DAY, start=21 * DAY)
        assert len([finding for finding in got if finding.level < 3]) == found
