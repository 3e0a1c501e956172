"""Series that repeat themselves or each other."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from yuanjian.series.jit import kernel, rough

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
Raw = npt.NDArray[np.float32]
Limits = tuple[float, float, int]


ROUNDED = 1e-4
"""What single precision may add to or take from a correlation."""


def likest_day(
    days: Floats, valid: Bools, tolerance: Floats, lags: int, min_pairs: int, least: tuple[float, float]
) -> tuple[Floats, Floats, Counts]:
    """How like each day is to the likest of the ``lags`` days before: (correlation, equal share, lag).

    ``days``, ``valid``: ``[S, D, H]``; ``tolerance`` ``[S]`` within which two values are equal. Results
    ``[S, D]``; 0 where no earlier day shares ``min_pairs`` valid hours, and for days that reach neither
    ``least`` correlation nor share. The lag is that of the largest equal share, or of the largest correlation
    where no value is equal.
    """
    centred = days - days.mean(axis=2, keepdims=True)
    length = np.sqrt((centred**2).sum(axis=2, keepdims=True))
    unit = (centred / np.where(length > 0, length, 1.0)).astype(np.float32)
    limits = (*least, min_pairs)
    near = _promising(
        days.astype(np.float32), unit, np.all(valid, axis=2), valid, (days, tolerance), lags, limits
    )
    return _likest(days, valid, near, tolerance, lags, min_pairs)


@rough
def _promising(
    days: Raw, unit: Raw, full: Bools, valid: Bools, exact: tuple[Floats, Floats], lags: int, limits: Limits
) -> Bools:
    """Days that may reach the least correlation or share with some day before; hours missing: exactly so."""
    near = np.zeros(full.shape, np.bool_)
    values, tolerance = exact
    rho, share, min_pairs = limits
    some = np.zeros(full.shape[1], np.bool_)
    for s in range(full.shape[0]):
        within = np.float32(tolerance[s] * (1.0 + ROUNDED))
        for d in range(full.shape[1]):
            some[d] = valid[s, d].any()
        for d in range(full.shape[1]):
            back = 1 if some[d] else lags + 1
            while back <= min(lags, d) and not near[s, d]:
                if full[s, d] and full[s, d - back]:
                    same, product = np.int32(0), np.float32(0.0)
                    for h in range(days.shape[2]):
                        same += np.int32(abs(days[s, d, h] - days[s, d - back, h]) <= within)
                        product += unit[s, d, h] * unit[s, d - back, h]
                    near[s, d] = same >= share * days.shape[2] - ROUNDED or product >= rho - ROUNDED
                elif some[d - back]:
                    both = valid[s, d] & valid[s, d - back]
                    n, like, equal = _pair(values[s, d], values[s, d - back], both, tolerance[s])
                    near[s, d] = n >= min_pairs and (like >= rho - ROUNDED or equal >= share - ROUNDED)
                back += 1
    return near


@kernel
def _pair(x: Floats, y: Floats, both: Bools, tolerance: float) -> tuple[int, float, float]:
    """(common hours, correlation, equal share) of two days."""
    n = same = 0
    sx = sy = sxx = syy = sxy = 0.0
    for h in range(x.size):
        if both[h]:
            n += 1
            same += abs(x[h] - y[h]) <= tolerance
            sx += x[h]
            sy += y[h]
            sxx += x[h] * x[h]
            syy += y[h] * y[h]
            sxy += x[h] * y[h]
    product = (n * sxx - sx * sx) * (n * syy - sy * sy)
    rho = (n * sxy - sx * sy) / math.sqrt(product) if product > 1e-9 else 0.0
    return n, rho, same / n if n else 0.0


@kernel
def _likest(
    days: Floats, valid: Bools, near: Bools, tolerance: Floats, lags: int, min_pairs: int
) -> tuple[Floats, Floats, Counts]:
    """As `likest_day`, of the days that are ``near``."""
    shape = days.shape[:2]
    best, equal = np.zeros(shape), np.zeros(shape)
    lag = np.zeros(shape, np.int64)
    for s in range(shape[0]):
        for d in range(shape[1]):
            for back in range(1, min(lags, d) + 1 if near[s, d] else 1):
                both = valid[s, d] & valid[s, d - back]
                n, rho, share = _pair(days[s, d], days[s, d - back], both, tolerance[s])
                if n < max(min_pairs, 1):
                    continue
                if share > equal[s, d] or (equal[s, d] == 0.0 and rho > best[s, d]):
                    lag[s, d] = back
                equal[s, d] = max(equal[s, d], share)
                best[s, d] = max(best[s, d], rho)
    return best, equal, lag


def _hashes(steps: Counts, length: int) -> npt.NDArray[np.uint64]:
    """A number for each window of that length, the same for equal ones and hardly ever for others."""
    count = steps.size - length + 1
    result = np.zeros(count, np.uint64)
    for k in range(length):
        result = result * np.uint64(0x9E3779B97F4A7C15) + steps[k : k + count].astype(np.uint64)
    return result


@kernel
def _last_before(hashes: npt.NDArray[np.uint64], at: Counts) -> Counts:
    """Where (``at``) the same hash occurred last before each, itself where it did not; by open addressing."""
    size = 16
    while size < 2 * hashes.size:
        size *= 2
    keys, places = np.zeros(size, np.uint64), np.full(size, -1, np.int64)
    result = np.empty(hashes.size, np.int64)
    for n in range(hashes.size):
        slot = np.int64((hashes[n] ^ (hashes[n] >> np.uint64(32))) & np.uint64(size - 1))
        while places[slot] >= 0 and keys[slot] != hashes[n]:
            slot = (slot + 1) & (size - 1)
        result[n] = places[slot] if places[slot] >= 0 else at[n]
        keys[slot], places[slot] = hashes[n], at[n]
    return result


@kernel
def _take_out(rest: Floats, by: Floats) -> None:
    """Centre the two rows and take out of both what the rows of ``by`` explain, one after the other."""
    for k in range(2):
        rest[k] -= rest[k].mean()
    first = 0.0
    for k in range(2):
        if not np.isfinite(by[k]).all():
            continue
        by[k] -= by[k].mean()
        whole = (by[k] * by[k]).sum()
        if k == 1 and first > 0.0:
            by[1] -= by[0] * ((by[0] * by[1]).sum() / first)
        left = (by[k] * by[k]).sum()
        if left <= 1e-9 * whole:
            continue
        first = left
        for j in range(2):
            rest[j] -= by[k] * ((by[k] * rest[j]).sum() / left)


@kernel
def _differ(sample: Counts, least: int) -> bool:
    """Are there at least so many different values? Usually the first few tell."""
    different = np.empty(least, np.int64)
    count = 0
    for value in sample:
        if count == least:
            return True
        new = True
        for at in range(count):
            new = new and different[at] != value
        if new:
            different[count] = value
            count += 1
    return bool(count == least)


@kernel
def twin_days(
    values: Floats,
    steps: Counts,
    valid: Bools,
    by: Floats,
    tolerance: float,
    first_day: int,
    hours: int,
    least: tuple[int, int],
) -> tuple[Floats, Floats]:
    """How like two series are over the ``hours`` before the end of each day: (correlation, equal share).

    ``values``, ``steps``, ``valid``, ``by``: ``[2, T]``; results ``[D + 1]``. What a linear function of both
    rows of ``by`` explains is taken out of both series, so that a copy stays one whose load it follows; a row
    that is not known throughout explains nothing. 0 before ``first_day``, and where fewer than ``least[0]``
    common hours or ``least[1]`` different values speak.
    """
    days = values.shape[1] // 24 + 1
    rho, equal = np.zeros(days), np.zeros(days)
    rest, x = np.empty((2, hours)), np.empty((2, hours))
    known = np.empty((2, hours), np.int64)
    for day in range(first_day, days):
        n = same = 0
        for t in range(24 * day - hours, 24 * day):
            if valid[0, t] and valid[1, t]:
                for k in range(2):
                    rest[k, n] = values[k, t]
                    known[k, n] = steps[k, t]
                same += abs(values[0, t] - values[1, t]) <= tolerance
                n += 1
        if n < least[0]:
            continue
        if not _differ(known[0, :n], least[1]) or not _differ(known[1, :n], least[1]):
            continue
        equal[day] = same / n
        n = 0
        for t in range(24 * day - hours, 24 * day):
            if valid[0, t] and valid[1, t]:
                x[:, n] = by[:, t]
                n += 1
        _take_out(rest[:, :n], x[:, :n])
        product = (rest[0, :n] ** 2).sum() * (rest[1, :n] ** 2).sum()
        if product > 0.0:
            rho[day] = (rest[0, :n] * rest[1, :n]).sum() / math.sqrt(product)
    return rho, equal


def repeated_pieces(steps: Counts, valid: Bools, length: int, apart: int, reach: int) -> Counts:
    """Pieces of one series that occurred before, ``[N, 3]``: start, end (exclusive), lag; ordered by start.

    ``steps``: ``[T]`` values in steps of the resolution. A piece is at least ``length`` valid samples, at
    least four of them different, equal to samples more than ``apart`` and at most ``reach`` earlier.
    """
    if steps.size < length:
        return np.empty((0, 3), np.int64)
    windows = np.lib.stride_tricks.sliding_window_view(steps, length)
    at = np.flatnonzero(np.lib.stride_tricks.sliding_window_view(valid, length).all(axis=1))
    lag = at - _last_before(_hashes(steps, length)[at], at)
    keep = (lag > apart) & (lag <= reach)
    later, lag = at[keep], lag[keep]
    ranked = np.sort(windows[later], axis=1)
    sure = (windows[later] == windows[later - lag]).all(axis=1)
    sure &= (np.diff(ranked, axis=1) != 0).sum(axis=1) + 1 >= min(4, length)
    later, lag = later[sure], lag[sure]
    breaks = np.flatnonzero((np.diff(later) != 1) | (np.diff(lag) != 0)) + 1
    parts = [part for part in np.split(np.arange(later.size), breaks) if part.size]
    pieces = [(later[part[0]], later[part[-1]] + length, lag[part[0]]) for part in parts]
    return np.array(pieces, np.int64).reshape(-1, 3)
