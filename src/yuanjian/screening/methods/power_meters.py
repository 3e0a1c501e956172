"""What a single electricity meter shows: switching, dummy loads, reversed transformers, broken series."""

from __future__ import annotations

from datetime import timedelta
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from yuanjian.screening.kernels import day_quantile, gaps_up_to, trailing_count
from yuanjian.screening.kernels.power import ON, UNKNOWN
from yuanjian.screening.methods.windows import episodes, recent
from yuanjian.screening.operation import States
from yuanjian.screening.ports import PowerMeter
from yuanjian.screening.scene import DAY, HOUR
from yuanjian.screening.task import Hit, Task
from yuanjian.series import FlagCode, SeriesKey

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Cell = TypeVar("Cell", bound=np.generic)


def meter_rows(task: Task) -> Rows:
    """Rows of the subjects' meters in the power of the scene."""
    meters = task.scene.power(task.step).meters
    places = {SeriesKey(meter.point, meter.factor): at for at, meter in enumerate(meters)}
    return np.array([places[subject.key] for subject in task.subjects], np.int64)


def switching(task: Task) -> list[Hit]:
    """Days on which a machine is switched far more often than usual.

    Against mean and standard deviation of the ``baseline_days`` before (at least ``min_days`` of them known,
    the deviation taken as at least one); fewer than ``min_switches`` are nothing. Measures: ``sigmas`` above
    the mean, ``days7`` days in 7 with at least five, ``switches`` of the day.
    """
    state = task.scene.power(task.step).state[meter_rows(task)]
    per_day = round(DAY / task.step)
    days = state.shape[1] // per_day
    counts = _by_day(_switches(state) & task.allowed, per_day).sum(axis=2).astype(np.float64)
    counts[_by_day(state != UNKNOWN, per_day).mean(axis=2) < 0.5] = np.nan
    sigmas = np.stack([_above_usual(task, counts, day) for day in range(days)], axis=1)
    hit = (sigmas >= task.params["sigmas"]) & (counts >= task.params["min_switches"])
    days7 = trailing_count(hit & (sigmas >= task.params["many"]), 7)
    hits = []
    for s, day in np.argwhere(hit):
        measures = {
            "sigmas": float(sigmas[s, day]),
            "days7": float(days7[s, day]),
            "switches": float(counts[s, day]),
        }
        hits.append(_daily(task, int(s), int(day), int(day) + 1, measures))
    return hits


def _switches(state: States) -> Bools:
    changed = np.zeros(state.shape, np.bool_)
    changed[:, 1:] = (state[:, 1:] != state[:, :-1]) & (state[:, 1:] != UNKNOWN) & (state[:, :-1] != UNKNOWN)
    return changed


def _above_usual(task: Task, counts: Floats, day: int) -> Floats:
    """Standard deviations above the mean of the days before, [S]; NaN where too few are known."""
    before = counts[:, max(0, day - task.params["baseline_days"]) : day]
    known = np.isfinite(before)
    number = known.sum(axis=1)
    mean = np.where(known, before, 0.0).sum(axis=1) / np.maximum(number, 1)
    spread = np.where(known, before - mean[:, None], 0.0)
    sigma = np.sqrt((spread**2).sum(axis=1) / np.maximum(number, 1))
    enough = number >= task.params["min_days"]
    return np.where(enough, (counts[:, day] - mean) / np.maximum(sigma, 1.0), np.nan)


def flat_load(task: Task) -> list[Hit]:
    """Days on which a treatment machine draws the same power all day while production varies.

    The coefficient of variation stays below ``max_cv`` and the correlation with production below ``max_rho``
    while production varies by at least ``min_varies``; the meter must be able to show ``max_cv``. Marked time
    is left out, and days with less than ``unmarked`` of their time. Measures:
    ``days`` in a row.
    """
    power = task.scene.power(task.step)
    rows = meter_rows(task)
    per_day = round(DAY / task.step)
    own = _by_day(power.kw[rows], per_day)
    on = (_by_day(power.state[rows], per_day) == ON).mean(axis=2) >= task.params["known"]
    others = np.stack([_production_kw(task, s) for s in range(len(task.subjects))])
    other = _by_day(others, per_day)
    allowed = _by_day(task.allowed, per_day)
    both = np.isfinite(own) & np.isfinite(other) & allowed
    mean, spread, mean_other, spread_other, rho = moments(own, other, both)
    resolution = 10.0 ** -power.cube.decimals[_cube_rows(task)].astype(np.float64)
    fine = resolution[:, None] <= task.params["max_cv"] * mean
    flat = (spread < task.params["max_cv"] * mean) & (np.abs(rho) < task.params["max_rho"])
    varies = spread_other >= task.params["min_varies"] * np.maximum(mean_other, 1e-9)
    judged = allowed.mean(axis=2) >= task.params["unmarked"]
    known = both.sum(axis=2) >= task.params["known"] * allowed.sum(axis=2)
    hit = on & fine & flat & varies & judged & known
    hits = []
    for s, first, last in zip(*episodes(hit), strict=True):
        measures = {
            "days": float(last - first),
            "cv": float((spread[s, first:last] / mean[s, first:last]).max()),
        }
        hits.append(_daily(task, int(s), int(first), int(last), measures))
    return hits


def moments(a: Floats, b: Floats, use: Bools) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """(mean, deviation of a, mean, deviation of b, correlation) along the last axis over the used samples.

    0 where there are none or nothing varies.
    """
    count = np.maximum(use.sum(axis=-1), 1)
    mean_a = np.where(use, a, 0.0).sum(axis=-1) / count
    mean_b = np.where(use, b, 0.0).sum(axis=-1) / count
    off_a = np.where(use, a - mean_a[..., None], 0.0)
    off_b = np.where(use, b - mean_b[..., None], 0.0)
    dev_a, dev_b = np.sqrt((off_a**2).sum(axis=-1) / count), np.sqrt((off_b**2).sum(axis=-1) / count)
    product = dev_a * dev_b
    covariance = (off_a * off_b).sum(axis=-1) / count
    rho = np.where(product > 0, covariance / np.where(product > 0, product, 1.0), 0.0)
    return mean_a, dev_a, mean_b, dev_b, rho


def _production_kw(task: Task, s: int) -> Floats:
    chain = task.subjects[s].outlet.chain
    power = task.scene.power(task.step)
    return np.asarray(power.kw[power.rows(chain.production if chain else ())].sum(axis=0))


def odd_current(task: Task) -> list[Hit]:
    """Samples with power flowing backwards, or with power and current that do not fit each other any more.

    Power over current is √3·U·cosφ: it must keep to its median of the ``baseline_days`` before within
    ``tolerance``, judged where current is sent and the machine draws at least ``min_load`` of its size.
    Backwards: below ``-backwards`` of its size. Size: the greater of rated power and P95. Measures:
    ``hours`` of such samples, ``loaded`` 1 if other machines of the chain ran throughout.
    """
    power = task.scene.power(task.step)
    rows = meter_rows(task)
    kw = power.kw[rows]
    rated = np.array([power.meters[row].rated_kw or np.nan for row in rows])[:, None]
    size = np.fmax(rated, power.p95[rows])
    with_current, share = _against_current(task, kw, size)
    backwards = kw < -task.params["backwards"] * size
    unfit = with_current & (np.abs(share - 1.0) > task.params["tolerance"])
    hit = (backwards | unfit) & task.allowed
    running = np.stack([_others_run(task, power.meters[row], s) for s, row in enumerate(rows)])
    hits = []
    for s, first, last in zip(*episodes(hit), strict=True):
        what = backwards[s, first:last].any()
        measures = {
            "hours": float((last - first) * (task.step / HOUR)),
            "loaded": float(running[s, first:last].all()),
        }
        words = {
            "meter": (task.subjects[s].name,) * 2,
            "what": ("功率为负（反接）", "power is negative (reversed)")
            if what
            else ("功率与电流之比偏离平常", "power over current is not as usual"),
        }
        seen = share[s, first:last].tobytes()
        hits.append(
            Hit(task.subjects[s], (int(s),), task.time(first), task.time(last), measures, words, seen)
        )
    return hits


def current_code(power_code: str) -> str:
    """The code of the current beside an active power: item 04 instead of 07 (``d20701`` → ``d20401``)."""
    return f"{power_code[:2]}04{power_code[4:]}"


def _against_current(task: Task, kw: Floats, size: Floats) -> tuple[Bools, Floats]:
    """(Where it can be judged, power over current against its median before), [S, T]."""
    keys = [SeriesKey(subject.point, current_code(subject.factor or "")) for subject in task.subjects]
    cube = task.scene.fine(keys, task.step, task.since, task.grid.end)
    first = task.index(cube.start)
    amperes = np.full(kw.shape, np.nan)
    rows = [cube.row(key) for key in keys]
    amperes[:, first:] = np.where(cube.flags[rows] == FlagCode.N, cube.values[rows], np.nan)
    drawing = (kw > task.params["min_load"] * size) & (amperes > 0)
    ratio = np.where(drawing, kw / np.where(drawing, amperes, 1.0), np.nan)
    per_day = round(DAY / task.step)
    usual = day_quantile(ratio, drawing, per_day, task.params["baseline_days"], 0.5, per_day)
    usual = np.repeat(usual, per_day, axis=1)[:, : kw.shape[1]]
    judged = drawing & (usual > 0)
    return judged, np.where(judged, ratio / np.where(judged, usual, 1.0), 1.0)


def _others_run(task: Task, meter: PowerMeter, s: int) -> Bools:
    chain = task.subjects[s].outlet.chain
    meters = (*chain.production, *chain.treatment) if chain else ()
    return np.asarray(task.scene.power(task.step).any_on([m for m in meters if m != meter]) == ON)


def broken_series(task: Task) -> list[Hit]:
    """Gaps of a meter while something else of the same outlet still comes, so that the link stands.

    Followed for ``max_gap_days``; samples younger than ``grace_hours`` may still arrive. Measures: ``hours``
    without the meter while others came, ``gaps30`` gaps of more than ``min_hours`` in 30 days.
    """
    power = task.scene.power(task.step)
    per_day = round(DAY / task.step)
    present = np.isfinite(power.kw[meter_rows(task)])
    due = max(task.index(task.scene.now - task.params["grace_hours"] * HOUR), 0)
    absent = ~present & task.allowed
    absent[:, due:] = False
    gap = gaps_up_to(absent, per_day * int(task.params["max_gap_days"]))
    linked = np.stack([_something_comes(task, s) for s in range(len(task.subjects))])
    found = []
    for s, first, last in zip(*episodes(gap), strict=True):
        at = first + np.flatnonzero(linked[s, first:last])
        hours = at.size * (task.step / HOUR)
        if hours > task.params["min_hours"]:
            found.append((int(s), int(at[0]), int(at[-1]) + 1, hours))
    series, starts = (np.array([item[part] for item in found], np.int64) for part in (0, 1))
    hits = []
    for (s, first, last, hours), count in zip(found, recent(series, starts, 30 * per_day), strict=True):
        words = {"meter": (task.subjects[s].name,) * 2}
        measures = {"hours": hours, "gaps30": float(count)}
        hits.append(Hit(task.subjects[s], (s,), task.time(first), task.time(last), measures, words))
    return hits


def _something_comes(task: Task, s: int) -> Bools:
    """Samples at which another meter of the outlet, or an hour value of it, arrived; [T]."""
    scene, outlet = task.scene, task.subjects[s].outlet
    power = scene.power(task.step)
    chain = outlet.chain
    meters = (*chain.production, *chain.treatment) if chain else ()
    keys = [SeriesKey(outlet.point, factor) for factor in outlet.factors]
    hours = np.isfinite(scene.hours.values[scene.hour_rows(keys)]).any(axis=0)
    rows = power.rows([m for m in meters if (m.point, m.factor) != task.subjects[s].key])
    return np.asarray(np.isfinite(power.kw[rows]).any(axis=0) | np.repeat(hours, round(HOUR / task.step)))


def _cube_rows(task: Task) -> list[int]:
    cube = task.scene.power(task.step).cube
    return [cube.row(subject.key) for subject in task.subjects]


def _by_day(samples: npt.NDArray[Cell], per_day: int) -> npt.NDArray[Cell]:
    """The samples of complete days, [S, D, per day]."""
    days = samples.shape[1] // per_day
    return samples[:, : days * per_day].reshape(samples.shape[0], days, per_day)


def _daily(task: Task, s: int, first: int, last: int, measures: dict[str, float]) -> Hit:
    """A hit over whole days of one meter."""
    span = task.grid.start + first * timedelta(days=1), task.grid.start + last * timedelta(days=1)
    subject = task.subjects[s]
    return Hit(subject, (s,), *span, measures, {"meter": (subject.name, subject.name)})
