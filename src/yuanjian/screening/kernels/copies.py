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
MASK, PRIME = 0xFFFFFFFF, 16_777_619
"""For a hash of 32 bits (FNV-1a), whose products fit into 64."""
CANCELLED = 1e-6
"""Below this share of its terms a difference of sums says little."""


@kernel
def likest_day(
    days: Floats, valid: Bools, tolerance: Floats, lags: int, min_pairs: int, least: tuple[float, float]
) -> tuple[Floats, Floats, Counts]:
    """How like each day is to the likest of the ``lags`` days before: (correlation, equal share, lag).

    ``days``, ``valid``: ``[S, D, H]``; ``tolerance`` ``[S]`` within which two values are equal. Results
    ``[S, D]``; 0 where no earlier day shares ``min_pairs`` valid hours, and for days that reach neither
    ``least`` correlation nor share. The lag is that of the largest equal share, or of the largest correlation
    where no value is equal.
    """
    shape = days.shape[:2]
    best, equal = np.zeros(shape), np.zeros(shape)
    lag = np.zeros(shape, np.int64)
    for s in range(shape[0]):
        near = _near_days(days[s], valid[s], tolerance[s], lags, (*least, min_pairs), False)
        for d in range(shape[1]):
            for back in range(1, min(lags, d) + 1 if near[d] else 1):
                both = valid[s, d] & valid[s, d - back]
                n, rho, share = _pair(days[s, d], days[s, d - back], both, tolerance[s])
                if n < max(min_pairs, 1):
                    continue
                if share > equal[s, d] or (equal[s, d] == 0.0 and rho > best[s, d]):
                    lag[s, d] = back
                equal[s, d] = max(equal[s, d], share)
                best[s, d] = max(best[s, d], rho)
    return best, equal, lag


@kernel
def any_day_alike(
    days: Floats, valid: Bools, tolerance: Floats, lags: int, min_pairs: int, least: tuple[float, float]
) -> Bools:
    """Which series may have a day that `likest_day` tells, [S]."""
    found = np.zeros(days.shape[0], np.bool_)
    for s in range(days.shape[0]):
        found[s] = _near_days(days[s], valid[s], tolerance[s], lags, (*least, min_pairs), True).any()
    return found


@rough
def _near_days(
    days: Floats, valid: Bools, tolerance: float, lags: int, limits: Limits, one_is_enough: bool
) -> Bools:
    """Days of one series that may reach the least correlation or share with some day before, [D].

    Estimated in single precision where both days are whole, else told exactly.
    """
    rho, share, min_pairs = limits
    near = np.zeros(days.shape[0], np.bool_)
    raw, unit, known = _prepared(days, valid)
    within = np.float32(tolerance * (1.0 + ROUNDED))
    for d in range(days.shape[0]):
        back = 1 if known[d] else lags + 1
        while back <= min(lags, d) and not near[d]:
            if known[d] == days.shape[1] and known[d - back] == days.shape[1]:
                same, product = np.int32(0), np.float32(0.0)
                for h in range(days.shape[1]):
                    same += np.int32(abs(raw[d, h] - raw[d - back, h]) <= within)
                    product += unit[d, h] * unit[d - back, h]
                near[d] = same >= share * days.shape[1] - ROUNDED or product >= rho - ROUNDED
            elif known[d - back]:
                both = valid[d] & valid[d - back]
                n, like, equal = _pair(days[d], days[d - back], both, tolerance)
                near[d] = n >= min_pairs and (like >= rho - ROUNDED or equal >= share - ROUNDED)
            back += 1
        if one_is_enough and near[d]:
            break
    return near


@kernel
def _prepared(days: Floats, valid: Bools) -> tuple[Raw, Raw, Counts]:
    """Days in single precision, the same centred and of length 1 (0 if a day stands still), valid hours."""
    raw, unit = np.zeros(days.shape, np.float32), np.zeros(days.shape, np.float32)
    known = np.zeros(days.shape[0], np.int64)
    for d in range(days.shape[0]):
        known[d] = valid[d].sum()
        if known[d] < days.shape[1]:
            continue
        centre, length = days[d].mean(), 0.0
        for h in range(days.shape[1]):
            length += (days[d, h] - centre) ** 2
        scale = 1.0 / math.sqrt(length) if length > 0.0 else 0.0
        for h in range(days.shape[1]):
            raw[d, h] = days[d, h]
            unit[d, h] = (days[d, h] - centre) * scale
    return raw, unit, known


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
    series: tuple[Floats, Counts, Bools, Floats],
    rows: tuple[int, int],
    tolerance: float,
    first_day: int,
    hours: int,
    least: tuple[int, int],
    told: tuple[float, float],
) -> tuple[Floats, Floats]:
    """How like two rows are over the ``hours`` before the end of each day: (correlation, equal share).

    ``series``: values, the same in steps, valid, and what is taken out, ``[S, T]`` each; results ``[D + 1]``.
    What a linear function of both rows of the last explains is taken out of both, so that a copy stays one
    whose load it follows; a row that is not known throughout explains nothing. 0 before ``first_day``, and
    where fewer than ``least[0]`` common hours or ``least[1]`` different values speak; days that reach neither
    correlation nor share ``told`` may be told as 0.
    """
    values, steps, valid, by = series
    one, other = rows
    days = values.shape[1] // 24 + 1
    rho, equal = np.zeros(days), np.zeros(days)
    loaded = np.isfinite(by[one]).any() or np.isfinite(by[other]).any()
    sums = _sums_by_day(values, valid, rows, tolerance)
    common = np.empty(hours, np.int64)
    for day in range(first_day, days):
        window = sums[day - hours // 24 : day]
        n = int(window[:, 0].sum())
        if n < least[0] or not (loaded or _may_be_twins(window, told)):
            continue
        n = 0
        for t in range(24 * day - hours, 24 * day):
            if valid[one, t] and valid[other, t]:
                common[n] = t
                n += 1
        at = common[:n]
        if not _differ(steps[one][at], least[1]) or not _differ(steps[other][at], least[1]):
            continue
        equal[day] = window[:, 1].sum() / n
        rest, explain = np.empty((2, n)), np.empty((2, n))
        for k in range(2):
            rest[k], explain[k] = values[rows[k]][at], by[rows[k]][at]
        _take_out(rest, explain)
        product = (rest[0] ** 2).sum() * (rest[1] ** 2).sum()
        if product > 0.0:
            rho[day] = (rest[0] * rest[1]).sum() / math.sqrt(product)
    return rho, equal


@kernel
def _sums_by_day(values: Floats, valid: Bools, rows: tuple[int, int], tolerance: float) -> Floats:
    """Count, equal ones, Σx, Σy, Σx², Σy², Σxy of the hours valid in both, about a value of each; [D, 7]."""
    one, other = rows
    sums = np.zeros((values.shape[1] // 24, 7))
    first = True
    x0 = y0 = 0.0
    for day in range(sums.shape[0]):
        for t in range(24 * day, 24 * day + 24):
            if not (valid[one, t] and valid[other, t]):
                continue
            if first:
                x0, y0, first = values[one, t], values[other, t], False
            x, y = values[one, t] - x0, values[other, t] - y0
            sums[day, 0] += 1
            sums[day, 1] += abs(values[one, t] - values[other, t]) <= tolerance
            sums[day, 2] += x
            sums[day, 3] += y
            sums[day, 4] += x * x
            sums[day, 5] += y * y
            sums[day, 6] += x * y
    return sums


@kernel
def _may_be_twins(days: Floats, told: tuple[float, float]) -> bool:
    """May these days (`_sums_by_day`) reach the correlation or share? Where sums cancel, they may."""
    n, same = days[:, 0].sum(), days[:, 1].sum()
    sx, sy = days[:, 2].sum(), days[:, 3].sum()
    sxx, syy, sxy = n * days[:, 4].sum(), n * days[:, 5].sum(), n * days[:, 6].sum()
    x, y = sxx - sx * sx, syy - sy * sy
    if same >= told[1] * n or x <= CANCELLED * sxx or y <= CANCELLED * syy:
        return True
    return bool(sxy - sx * sy >= (told[0] - ROUNDED) * math.sqrt(x * y))


@kernel
def repeated_pieces(steps: Counts, valid: Bools, length: int, apart: int, reach: int) -> Counts:
    """Pieces of series that occurred before, ``[N, 4]``: series, start, end (exclusive), lag; in that order.

    ``steps``: ``[S, T]`` values in steps of the resolution. A piece is at least ``length`` valid samples, at
    least four of them different, equal to those where they were last, more than ``apart`` and at most
    ``reach`` earlier.
    """
    size = 16
    while size < 2 * steps.shape[1]:
        size *= 2
    slots = np.full(size, -1, np.int64)
    series, starts, ends, lags = [0], [0], [0], [0]  # of which the first stands for none
    for s in range(steps.shape[0]):
        together = 0
        for end in range(1, steps.shape[1] + 1):
            together = together + 1 if valid[s, end - 1] else 0
            if together < length:
                continue
            start = end - length
            last = _seen_last(steps[s], start, length, slots, s * steps.shape[1])
            if not apart < start - last <= reach or not _differ(steps[s, start:end], min(4, length)):
                continue
            at = len(ends) - 1
            if series[at] == s and ends[at] == end - 1 and lags[at] == start - last:
                ends[at] = end
            else:
                series.append(s)
                starts.append(start)
                ends.append(end)
                lags.append(start - last)
    pieces = np.empty((len(ends) - 1, 4), np.int64)
    for at in range(1, len(ends)):
        pieces[at - 1] = series[at], starts[at], ends[at], lags[at]
    return pieces


@kernel
def _seen_last(steps: Counts, start: int, length: int, slots: Counts, base: int) -> int:
    """Where the window at ``start`` was last, itself if nowhere; it is then known to be there.

    ``slots``: an open hash table of places, which count from ``base``: lesser ones are of other series.
    """
    mixed = 0
    for step in steps[start : start + length]:
        mixed = ((mixed ^ (step & MASK)) * PRIME) & MASK
    slot = (mixed ^ (mixed >> 15)) & (slots.size - 1)
    while slots[slot] >= base:
        place = slots[slot] - base
        same = True
        for k in range(length):
            same = same and steps[place + k] == steps[start + k]
        if same:
            slots[slot] = base + start
            return int(place)
        slot = (slot + 1) & (slots.size - 1)
    slots[slot] = base + start
    return start
