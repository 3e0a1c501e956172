"""Sixty numbers that describe a day of an outlet.

Every number is about the shape of a day or compares the day with itself, and is then compared with the
outlet's own days: outlets of one industry are alike in that, whatever their level (design proposal [D]).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from yuanjian.screening.learnt import norms
from yuanjian.screening.methods.days import HOURS, whole_days
from yuanjian.screening.task import Task, Words
from yuanjian.screening.wording import factor_words
from yuanjian.series import FlagCode, SeriesKey
from yuanjian.series.validity import VALID_FLAGS

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
POLLUTANTS = {"gas": ("a21002", "a21026", "a34013"), "water": ("w01018", "w21003", "w21011")}
COMPANIONS = {"gas": ("a19001", "a01012", "a00000"), "water": ("w01001", "w21001", "w00000")}
OF_POLLUTANT = {
    "mean": ("均值", "mean"),
    "cv": ("变异系数", "coefficient of variation"),
    "top": ("最大值与均值之比", "maximum over mean"),
    "bottom": ("最小值与均值之比", "minimum over mean"),
    "same": ("与前一小时相同的比例", "share equal to the hour before"),
    "step": ("小时间变化", "change from hour to hour"),
    "memory": ("相邻小时相关性", "correlation of neighbouring hours"),
    "missing": ("缺失比例", "share missing"),
    "flagged": ("异常标识比例", "share flagged"),
    "night": ("夜间与白天之比", "night over day"),
    "skew": ("偏度", "skewness"),
    "high": ("高于日均 1.5 倍的比例", "share above 1.5 times the mean"),
    "low": ("低于日均一半的比例", "share below half the mean"),
    "again": ("与前一日的差异", "difference from the day before"),
}
OF_COMPANION = {name: OF_POLLUTANT[name] for name in ("mean", "cv", "same", "step", "missing")}
OF_LOAD = {
    "load": ("生产负荷", "load"),
    "load_cv": ("负荷变异系数", "variation of the load"),
    "follows": ("浓度与负荷的相关性", "correlation with the load"),
}
LEAST = 16
"""Hours a day needs to be described."""
FEATURES = (
    tuple((slot, name) for slot in range(3) for name in OF_POLLUTANT)
    + tuple((3 + slot, name) for slot in range(3) for name in OF_COMPANION)
    + tuple((-1, name) for name in OF_LOAD)
)
"""(slot of the factor, name) of each number; slot -1: the load."""
GROUPS = tuple(slot if 0 <= slot < 3 else 3 for slot, _ in FEATURES)
"""Numbers that are looked at together: of each pollutant, and the rest."""
TELLING = frozenset({"same", "memory", "follows"})
LIVELY = 2.0
"""A day livelier, higher or more broken than usual counts no farther than this many spreads: that is what
plants do, and other models look at gaps; a day quieter, lower or more repeated is what somebody makes [D]."""
HIGHEST = np.array([norms.FARTHEST if name in TELLING else LIVELY for _, name in FEATURES])
NIGHT = 6
FLOOR = 1e-3


@dataclass(frozen=True)
class Day:
    """Hours of days [S, D, 24]: values and where they count, and where nothing came or a flag says why."""

    values: Floats
    fit: Bools
    missing: Bools
    flagged: Bools


def described(feature: int, medium: str) -> Words:
    """A number in words."""
    slot, name = FEATURES[feature]
    if slot < 0:
        return OF_LOAD[name]
    (zh, en), _ = factor_words((*POLLUTANTS[medium], *COMPANIONS[medium])[slot])
    return zh + OF_POLLUTANT[name][0], f"{OF_POLLUTANT[name][1]} of {en}"


def describe(task: Task) -> Floats:
    """The numbers of each complete day of each outlet, [S, D, 60]; NaN where too few hours are known."""
    days = [_day(task, slot) for slot in range(6)]
    load = _split(task.load)
    running = np.isfinite(load)
    parts = [part for slot, day in enumerate(days) for part in _shape(day, companion=slot >= 3)]
    parts += [
        _mean(load, running),
        _variation(load, running),
        _correlation(days[0].values, load, days[0].fit & running),
    ]
    return np.stack(parts, axis=2)


def _split(hours: npt.NDArray[np.float64]) -> Floats:
    return whole_days(hours).reshape(len(hours), -1, HOURS)


def _day(task: Task, slot: int) -> Day:
    """The hours of the factor in a slot; where an outlet has none, nothing is missing."""
    hours = task.scene.hours
    values = np.full(task.allowed.shape, np.nan)
    flags = np.full(task.allowed.shape, FlagCode.N, np.uint8)
    for row, subject in enumerate(task.subjects):
        outlet = subject.outlet
        code = (*POLLUTANTS[outlet.medium], *COMPANIONS[outlet.medium])[slot]
        if code in outlet.factors:
            at = hours.row(SeriesKey(outlet.point, code))
            values[row], flags[row] = hours.values[at], hours.flags[at]
    fit = np.isfinite(values) & task.allowed & np.isin(flags, VALID_FLAGS)
    missing = (flags == FlagCode.MISSING) & task.allowed
    flagged = ~np.isin(flags, VALID_FLAGS) & (flags != FlagCode.MISSING)
    whole = [whole_days(part).reshape(len(part), -1, HOURS) for part in (fit, missing, flagged)]
    return Day(_split(values), *whole)


def _shape(day: Day, *, companion: bool) -> list[Floats]:
    """The numbers of one factor, in the order of `FEATURES`."""
    x, fit = day.values, day.fit
    mean = _mean(x, fit)
    ratio = x / np.where(mean != 0, mean, np.nan)[:, :, None]
    pairs = fit[:, :, 1:] & fit[:, :, :-1]
    change = np.abs(np.diff(ratio, axis=2))
    same = _share(change == 0, pairs)
    step = _mean(change, pairs)
    missing = day.missing.mean(axis=2)
    variation = _variation(x, fit)
    if companion:
        return [mean, _log(variation), same, _log(step), missing]
    known = np.isfinite(mean)
    before = np.roll(ratio, 1, axis=1)
    both = fit & np.roll(fit, 1, axis=1)
    both[:, :1] = False
    return [
        np.log(np.where(mean > 0, mean, np.nan)),
        _log(variation),
        _log(np.where(known, np.where(fit, ratio, -np.inf).max(axis=2), np.nan) - 1.0),
        _log(1.0 - np.where(known, np.where(fit, ratio, np.inf).min(axis=2), np.nan)),
        same,
        _log(step),
        _correlation(x[:, :, 1:], x[:, :, :-1], pairs),
        missing,
        day.flagged.mean(axis=2),
        _mean(ratio[:, :, :NIGHT], fit[:, :, :NIGHT], 4),
        _mean(((ratio - 1.0) / np.where(variation > 0, variation, np.nan)[:, :, None]) ** 3, fit),
        _share(ratio > 1.5, fit),
        _share(ratio < 0.5, fit),
        _log(_mean(np.abs(ratio - before), both)),
    ]


def _log(share: Floats) -> Floats:
    """Of what is small in a copy or a flat line: a tenth and a hundredth differ as one and a tenth do."""
    return np.asarray(np.log(np.maximum(share, 0.0) + FLOOR))


def _mean(values: Floats, where: Bools, least: int = LEAST - 1) -> Floats:
    """Mean over the hours of a day; NaN with fewer than ``least`` that are finite."""
    known = where & np.isfinite(values)
    count = known.sum(axis=2)
    total = np.where(known, values, 0.0).sum(axis=2)
    return np.asarray(np.where(count >= least, total / np.maximum(count, 1), np.nan))


def _share(what: Bools, where: Bools) -> Floats:
    return _mean(what.astype(np.float64), where)


def _variation(values: Floats, where: Bools) -> Floats:
    """Standard deviation over mean."""
    mean = _mean(values, where)
    spread = np.sqrt(_mean((values - mean[:, :, None]) ** 2, where))
    return np.asarray(spread / np.where(mean != 0, np.abs(mean), np.nan))


def _correlation(one: Floats, other: Floats, where: Bools) -> Floats:
    """Pearson's coefficient; NaN where one of them stands still."""
    where = where & np.isfinite(one) & np.isfinite(other)
    a = one - _mean(one, where)[:, :, None]
    b = other - _mean(other, where)[:, :, None]
    squares = _mean(a**2, where) * _mean(b**2, where)
    return np.asarray(_mean(a * b, where) / np.sqrt(np.where(squares > 0, squares, np.nan)))
