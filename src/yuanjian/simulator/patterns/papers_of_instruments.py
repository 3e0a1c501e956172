"""Papers about instruments: checks, settings, faults, and what people measured beside them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from yuanjian.series import FlagCode
from yuanjian.simulator.patterns.desk import DAY, WEEK, Bools, Desk
from yuanjian.simulator.patterns.layers import VISIT
from yuanjian.simulator.patterns.plants import OXYGEN, Mark

EXPECTED = {"zero": 0.0, "span": 80.0, "standard": 50.0, "comparison": 40.0, "verification": 40.0}
SPREAD = {"zero": 0.7, "span": 0.7, "standard": 2.2, "comparison": 4.0, "verification": 3.0}
"""Standard deviation of an honest check's error in percent (a zero's of the range)."""
RANGE = 100.0
FAILS, FAILED = 0.004, (11.0, 15.0)
"""Share of honest checks that are out of control, and how far off in percent."""
ORIGINS = ("permit", "platform", "logger", "analyser")
OUTAGE = ("a34013", "a21026", "a21002", "a21024", "a24088", "w01018", "w21003", "w21011", "w21001")
OUT = (FlagCode.D, FlagCode.M, FlagCode.P)
FAULT_HOURS = 4
"""A shorter downtime is not reported as a fault."""
RETAINED = ("w01018", "w21003", "w21011", "w21001")


def checks(desk: Desk) -> None:
    """Calibrations every week at the visit, water checked with a standard every day, and verifications."""
    gas = desk.plant.medium == "gas"
    for code in desk.plant.pollutants:
        for at in _weekly(desk):
            for kind in ("zero", "span"):
                _check(desk, code, at, kind)
        if not gas:
            for day in range(-3, desk.plant.hours // DAY):
                _check(desk, code, DAY * day + 8.0 + desk.rng.uniform(-0.2, 0.2), "standard")
        for at in _every(desk, 110.0, 170.0) if gas else _every(desk, 24.0, 30.0):
            _check(desk, code, at, "verification" if gas else "comparison")


def _weekly(desk: Desk) -> Iterator[float]:
    """The visit of each week, now and then a day later; after a stop in which it would lie."""
    for week in range(-2, desk.plant.hours // WEEK):
        later = DAY * float(desk.rng.uniform() < 0.05)
        at = desk.after_stop(WEEK * week + VISIT + later + desk.rng.uniform(0.2, 0.9))
        if at < desk.plant.hours:
            yield at


def _every(desk: Desk, shortest: float, longest: float) -> Iterator[float]:
    """Instants some days apart, the first before the series."""
    at = -DAY * desk.rng.uniform(0.0, shortest)
    while at < desk.plant.hours:
        yield at
        at += DAY * desk.rng.uniform(shortest, longest)


def _check(desk: Desk, code: str, at: float, kind: str) -> None:
    """One check; if it is out of control the instrument is repaired, which is marked, and checked again."""
    fails = kind not in {"comparison", "verification"} and desk.rng.uniform() < FAILS
    spread = SPREAD[kind]
    error = float(np.clip(desk.rng.normal(0.0, spread), -2.5 * spread, 2.5 * spread))
    if fails:
        error = float(desk.rng.choice([-1, 1]) * desk.rng.uniform(*FAILED))
        repair = at + desk.rng.uniform(0.3, 12.0)
        if repair > 0:
            desk.plant.marks.append(Mark("maintenance", repair, repair + 2.0))
        write_check(desk, code, repair + 1.5, kind, error / 10.0)
    write_check(desk, code, at, kind, error, passed=not fails)


def write_check(
    desk: Desk, code: str, at: float, kind: str, error: float, *, passed: bool = True
) -> None:  # fmt: skip
    """A check that was off by some percent."""
    expected = EXPECTED[kind]
    true = expected + (RANGE if kind == "zero" else expected) * error / 100.0
    raw = round(0.31 + true / 250.0 + float(desk.rng.normal(0.0, 0.0008)), 5)
    desk.put(
        "qc", at, factor=code, kind=kind, expected=expected, measured=round(true, desk.decimals),
        error=round(error, 2) if desk.tells_error else None, passed=passed,
        raw_signal=raw if desk.tells_raw else None,
    )  # fmt: skip


def settings(desk: Desk) -> None:
    """What all four sides have, and approved new slopes, which the platform learns some days later."""
    since = -DAY * desk.rng.uniform(20.0, 180.0)
    for code in desk.plant.pollutants:
        write_setting(desk, since, code, "range", 4.0 * desk.plant.limits[code], ORIGINS)
        write_setting(desk, since, code, "slope", 1.0, ORIGINS[1:])
        if desk.rng.uniform() < 0.5:
            at = WEEK * int(desk.rng.integers(desk.plant.hours // WEEK)) + VISIT + 0.5
            slope = round(1.0 + float(np.clip(desk.rng.normal(0.0, 0.03), -0.08, 0.08)), 3)
            write_setting(desk, at, code, "slope", slope, ORIGINS[2:])
            write_setting(desk, at + DAY * desk.rng.uniform(1.0, 20.0), code, "slope", slope, ("platform",))
    if desk.plant.base is not None:
        write_setting(desk, since, OXYGEN, "oxygen_base", desk.plant.base, ORIGINS)
    if desk.plant.medium == "gas":
        area = float(desk.rng.uniform(3.0, 30.0))
        write_setting(desk, since, "a01011", "stack_area", round(area, 2), ORIGINS[:2])
        write_setting(desk, since, "a01011", "stack_area", round(area, 3), ORIGINS[2:])


def write_setting(
    desk: Desk, at: float, code: str, name: str, value: float, origins: tuple[str, ...], *,
    approved: bool = True,
) -> None:  # fmt: skip
    """A setting as some sides have it from an hour on."""
    for origin in origins:
        desk.put("parameter", at, factor=code, name=name, origin=origin, value=value, approved=approved)


def faults(desk: Desk) -> None:
    """Downtime of hours is a fault: reported in time, repaired when it ends."""
    for code in desk.plant.pollutants:
        for first, last in spells(desk.plant.series[code].flags == FlagCode.D):
            if last - first >= FAULT_HOURS and last < desk.plant.hours:
                told = min(first + desk.rng.uniform(0.5, 10.0), last)
                desk.put(
                    "fault_report", first, last, factor=code, reported_at=told, repaired_at=float(last),
                    reason="分析仪故障",
                )  # fmt: skip


def spells(where: Bools) -> list[tuple[int, int]]:
    """First and last (exclusive) of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], where.astype(np.int8), [0]])))
    return [(int(a), int(b)) for a, b in pairwise(edges)][::2]


def outages(desk: Desk) -> None:
    """While an instrument is out of order people measure every five hours or so."""
    repair = desk.plant.marked("maintenance", "fault")
    for code in set(OUTAGE) & set(desk.plant.pollutants):
        own = desk.plant.series[code]
        for first, last in spells((np.isin(own.flags, OUT) | repair) & ~desk.stands):
            at = first + desk.rng.uniform(0.3, 2.0)
            while at < last:
                value = float(own.values[int(at)])
                write_result(desk, code, at, value if np.isfinite(value) else 0.0, "outage", 0.1)
                at += desk.rng.uniform(4.5, 5.9)


def write_result(
    desk: Desk, code: str, at: float, true: float, purpose: str, spread: float, hours: float = 1.0,
    late: tuple[float, float] = (6.0, 60.0), **more: Any,
) -> None:  # fmt: skip
    """A manual result: off by a share and by a little of the detection limit."""
    own = desk.plant.series[code]
    floor = 0.01 * desk.plant.limits[code]
    value = true * (1.0 + desk.rng.normal(0.0, spread)) + desk.rng.normal(0.0, floor)
    shown = round(max(float(value), floor), own.decimals + 1)
    desk.put("manual_result", at, at + hours, late=late, factor=code, value=shown, purpose=purpose, **more)


def samples(desk: Desk) -> None:
    """Self-monitoring each month, officers each quarter, retained water twice a month; results take days."""
    _sampled(desk, "own", 30, 0.1, 3)
    _sampled(desk, "supervision", 90, 0.06, 1)
    if desk.plant.medium == "water":
        for code in set(RETAINED) & set(desk.plant.pollutants):
            own = desk.plant.series[code]
            for day in range(5, desk.plant.hours // DAY, 15):
                at = DAY * day + int(desk.rng.integers(DAY))
                if desk.plain(code, at, at + 2):
                    true = float(own.values[at])
                    write_result(
                        desk, code, at + 0.5, true, "retained", 0.04, 0.0, (48, 240), seal_intact=True
                    )


def _sampled(desk: Desk, purpose: str, every: int, spread: float, times: int) -> None:
    """Samples of an hour at ten o'clock of some days on which the plant runs as usual."""
    for code in desk.plant.pollutants:
        own = desk.plant.series[code]
        shown = own.values if own.reference is None or desk.rng.uniform() < 0.5 else own.reference
        for day in range(int(desk.rng.integers(2, every)), desk.plant.hours // DAY, every):
            for hour in range(DAY * day + 10, DAY * day + 10 + times):
                if desk.plain(code, hour - 1, hour + 2):
                    write_result(desk, code, hour, float(shown[hour]), purpose, spread, late=(72, 288))


def exports(desk: Desk) -> None:
    """Twice a year a week of hours is read out of the analyser, which shows a digit more."""
    for start in (
        WEEK * int(week) for week in desk.rng.choice(desk.plant.hours // WEEK - 1, 2, replace=False)
    ):
        for code in desk.plant.pollutants:
            write_export(desk, code, start, start + WEEK)


def write_export(desk: Desk, code: str, first: int, last: int) -> None:
    """The analyser's own hours: a digit more, and now and then a mean of slightly other minutes."""
    own = desk.plant.series[code]
    for hour in range(max(first, 0), last):
        if np.isfinite(own.values[hour]):
            half = 0.5 * 10.0**-own.decimals
            share = 1.0 + desk.rng.normal(0.0, 0.03 if desk.rng.uniform() < 0.02 else 0.001)
            value = float(own.values[hour]) * share + desk.rng.uniform(-half, half)
            desk.put("analyser_export", hour, factor=code, value=round(value, own.decimals + 1))
