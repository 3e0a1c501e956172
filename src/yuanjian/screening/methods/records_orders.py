"""Orders to stop or reduce production against what the lines draw."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from yuanjian.clock import to_beijing
from yuanjian.screening.methods.records_common import (
    Row,
    by_subject,
    daily_energy,
    draw,
    gathered,
    hit,
    open_hours,
    same,
)
from yuanjian.screening.methods.windows import episodes
from yuanjian.screening.ports import Chain, PowerMeter
from yuanjian.screening.records import KINDS
from yuanjian.screening.scene import DAY, midnight
from yuanjian.screening.task import Hit, Task, Words

Floats = npt.NDArray[np.float64]
BASE_DAYS = 30
"""Days before an order among which the normal ones are looked for."""
NORMAL_DAYS = 14
ORDERS = KINDS["order"].columns["kind"].choices


def over_order(task: Task) -> list[Hit]:
    """Days of an order on which the lines it lists (all, if none) used more energy than it leaves them.

    ``against: share``: what is left of the median of the last 14 normal days, ``quota``: the daily quota.
    Only whole Beijing days. Measures: ``over`` the share too much, ``days`` in a row with over ``least``.
    """
    hits: list[Hit] = []
    column = task.params["against"]
    told = by_subject(gathered(task, "order", BASE_DAYS * DAY + DAY))
    for s, orders in told.items():
        for order in _wanted(task, orders, column):
            lines = _lines(task, s, order)
            allowed = _allowed(task, order, lines, orders) if lines else np.nan
            first = max(midnight(order["start"] - timedelta(microseconds=1)) + DAY, midnight(task.since))
            days = (min(order["end"], task.grid.end) - first) // DAY
            if days > 0 and allowed > 0:
                over = daily_energy(task, lines, first, first + days * DAY) / allowed - 1.0
                hits += _over_days(task, s, order, first, np.nan_to_num(over, nan=-1.0))
    return hits


def _over_days(task: Task, s: int, order: Row, first: datetime, over: Floats) -> Iterator[Hit]:
    above = over >= task.params["least"]
    for day in np.flatnonzero(over > 0):
        start = first + int(day) * DAY
        below = np.flatnonzero(~above[: day + 1])
        run = day - below[-1] if below.size else day + 1
        if open_hours(task, s, start, start + DAY):
            measures = {"over": over[day], "days": float(run)}
            yield hit(task, s, (start, start + DAY), measures, over[: day + 1].tobytes(), order=_kind(order))


def _kind(order: Row) -> Words:
    return ORDERS[order["kind"]]


def _wanted(task: Task, orders: Sequence[Row], column: str | None) -> list[Row]:
    """Orders of the model's kinds that touch what it looks at; those that set ``column``."""
    kinds = task.params["kinds"]
    touching = [order for order in orders if order["kind"] in kinds and order["end"] > task.since]
    return [order for order in touching if column is None or order[column] is not None]


def _listed(order: Row) -> set[str]:
    return {code.strip() for code in (order["facilities"] or "").replace("，", ",").split(",")} - {""}


def _lines(task: Task, s: int, order: Row) -> list[PowerMeter]:
    """Production meters the order is about."""
    chain = task.subjects[s].outlet.chain or Chain((), ())
    listed = _listed(order)
    return [meter for meter in chain.production if not listed or meter.code in listed]


def _allowed(task: Task, order: Row, lines: Sequence[PowerMeter], orders: Sequence[Row]) -> float:
    """Energy a day the order leaves, kWh; NaN if that cannot be told."""
    if task.params["against"] == "quota":
        return float(order["quota"])
    end = midnight(order["start"])
    energy = daily_energy(task, lines, end - BASE_DAYS * DAY, end)
    for other in orders:
        first = max((other["start"] - end) // DAY + BASE_DAYS, 0)
        energy[first : max((other["end"] - end) // DAY + BASE_DAYS + 1, 0)] = np.nan
    normal = energy[energy > task.params["idle"] * np.nanmax(energy, initial=0.0)][-NORMAL_DAYS:]
    share = 1.0 - min(max(order["share"], 0.0), 1.0)
    return share * float(np.median(normal)) if normal.size >= task.params["min_days"] else float("nan")


def running_despite_order(task: Task) -> list[Hit]:
    """A line an order stops that draws more than ``share`` of its normal power after the time to shut down.

    Rows are the production meters; normal is the median of the running samples of the 30 days before the
    order. Measures: ``minutes`` in a row, ``alone`` 1 if all other lines stood meanwhile.
    """
    hits: list[Hit] = []
    for s, orders in by_subject(gathered(task, "order")).items():
        subject = task.subjects[s]
        chain = subject.outlet.chain or Chain((), ())
        lines = [meter for meter in chain.production if (meter.point, meter.factor) == subject.key]
        for order in _wanted(task, orders, None):
            stops = order["quota"] is None and order["share"] in {None, 1.0}
            if stops and lines and lines[0].code in _listed(order):
                others = [meter for meter in chain.production if meter != lines[0]]
                hits += _running(task, s, order, lines[0], others)
    return hits


def _running(task: Task, s: int, order: Row, line: PowerMeter, others: Sequence[PowerMeter]) -> Iterator[Hit]:
    allowance = task.params["allowance"] if order["allowance"] is None else order["allowance"]
    begin = order["start"] + timedelta(minutes=allowance)
    first, last = (task.index(at) for at in (begin, min(order["end"], task.grid.end)))
    span = slice(max(first + (begin > task.time(first)), 0), max(last, 0))
    if not task.allowed[s, span].size:
        return
    power = task.scene.power(task.step)
    above = np.zeros((1 + len(others), task.grid.size), np.bool_)
    for row, meter in enumerate([line, *others]):
        bound = task.params["share"] * _normal(task, meter, order["start"])
        above[row, span] = power.kw[power.rows([meter])[0], span] > bound
    for _, start, end in zip(*episodes(above[:1] & task.allowed[s]), strict=True):
        measures = {
            "minutes": float((end - start) * task.grid.step / timedelta(minutes=1)),
            "alone": float(bool(others) and not above[1:, start:end].any()),
        }
        words = {"order": _kind(order), "line": same(line.name)}
        words["since"] = same(f"{to_beijing(begin):%m-%d %H:%M}")
        kw = power.kw[power.rows([line])[0], start:end]
        yield hit(task, s, (task.time(start), task.time(end)), measures, kw.tobytes(), **words)


def _normal(task: Task, meter: PowerMeter, before: datetime) -> float:
    """Median of the samples in which the line ran in the days before an order, kW; infinite if none."""
    end = midnight(before)
    kw = draw(task, [meter], end - BASE_DAYS * DAY, end)[0]
    running = kw[kw > task.params["idle"] * np.nanmax(kw, initial=0.0)]
    return float(np.median(running)) if running.size else float("inf")
