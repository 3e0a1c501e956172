"""Ledgers of the plant against its machines: carbon, sludge, and machines no permit names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import numpy as np
import numpy.typing as npt
import polars as pl

from yuanjian.clock import to_beijing
from yuanjian.screening.checks import qc
from yuanjian.screening.kernels.power import ON
from yuanjian.screening.methods.records_common import (
    Row,
    by_subject,
    gathered,
    hit,
    hourly_draw,
    open_hours,
    same,
)
from yuanjian.screening.methods.windows import episodes
from yuanjian.screening.ports import PowerMeter
from yuanjian.screening.scene import DAY, HOUR, midnight
from yuanjian.screening.task import Hit, Task

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
RATED_SHARE = 0.1
LEAST_KW = 1.0
"""A machine that never draws more has not run."""
SEEN = 0.5
"""Share of a week's hours that must be known."""
WEEK = 7 * DAY


def machines(task: Task, s: int, name: str) -> list[PowerMeter]:
    """Meters of one kind of machine behind a subject."""
    chain = task.subjects[s].outlet.chain
    return [meter for meter in (chain.meters if chain else ()) if meter.machine == name]


def carbon_spent(task: Task) -> list[Hit]:
    """Activated carbon that has been used longer than designed, by the hours the fan ran since its change.

    The design interval is the record's, else ``default_hours``. Also runs of hours in which the bed shows
    less than ``empty_share`` of its design pressure drop while the fan runs. Measures: ``ratio`` fan hours
    over the design interval, ``empty`` such hours in a row.
    """
    memory = task.params["memory_days"] * DAY
    changed = gathered(task, "carbon_change", memory)
    spells = qc.overdue(changed, 0 * HOUR, memory, task.grid.end).filter(pl.col("end") > task.since)
    design = changed.select("s", "design_hours", since="end")
    hits: list[Hit] = []
    for s, since, _, end, hours in spells.join(design, on=["s", "since"], how="left").iter_rows():
        interval = (hours or task.params["default_hours"]) * HOUR
        # The fan cannot have run longer than the clock: most spells need no look at its power.
        if end - since >= interval:
            hits += _spent(task, s, machines(task, s, "fan"), (since, end), interval / HOUR)
    for s in range(len(task.subjects)):
        hits += _empty_bed(task, s, machines(task, s, "fan"))
    return hits


def _spent(
    task: Task, s: int, fans: Sequence[PowerMeter], span: tuple[datetime, datetime], interval: float
) -> Iterator[Hit]:
    origin = task.grid.start + -((task.grid.start - span[0]) // HOUR) * HOUR
    kw = hourly_draw(task, fans, origin, span[1])
    hours = np.cumsum(_runs(kw, fans).any(axis=0))
    used = np.flatnonzero(hours > interval)
    if used.size:
        start = origin + int(used[0]) * HOUR
        if open_hours(task, s, start, span[1]):
            measures = {"ratio": float(hours[-1]) / interval, "empty": 0.0}
            words = {"hours": same(f"{hours[-1]:.0f}"), "design": same(f"{interval:g} h")}
            words["what"] = ("活性炭超过更换周期", "activated carbon past its interval")
            yield hit(task, s, (start, span[1]), measures, kw.tobytes(), **words)


def _runs(kw: Floats, meters: Sequence[PowerMeter]) -> Bools:
    """Hours in which a machine runs: above a tenth of its rated power, or of the greatest it draws (P99)."""
    own = [np.quantile(row[np.isfinite(row)], 0.99) if np.isfinite(row).any() else 0.0 for row in kw]
    usual = [power if power >= LEAST_KW else np.inf for power in own]
    rated = [meter.rated_kw or power for meter, power in zip(meters, usual, strict=True)]
    return np.asarray(kw > RATED_SHARE * np.array(rated)[:, None])


def _empty_bed(task: Task, s: int, fans: Sequence[PowerMeter]) -> Iterator[Hit]:
    signals = [signal for signal in task.subjects[s].outlet.signals_of("pressure_drop") if signal.design]
    if not signals or not fans:
        return
    power = task.scene.power(task.step)
    on = (power.any_on(fans).reshape(task.grid.size, -1) == ON).mean(axis=1) >= 0.5
    drop = task.signal("pressure_drop")[s]
    low = on & (drop < task.params["empty_share"] * (signals[0].design or 0.0)) & task.allowed[s]
    for _, first, last in zip(*episodes(low[None, :]), strict=True):
        words = {"hours": same(f"{last - first}"), "design": same(f"{signals[0].design:g} Pa")}
        words["what"] = ("床层压差低于设计值一成", "pressure drop of the bed below a tenth of its design")
        measures = {"ratio": 0.0, "empty": float(last - first)}
        yield hit(task, s, (task.time(first), task.time(last)), measures, b"", **words)


def sludge_balance(task: Task) -> list[Hit]:
    """Beijing weeks in which the sludge moved does not fit the energy of the press.

    Tonnes per kWh of each of the last ``run`` weeks against the median of the ``weeks`` before them, at least
    ``min_weeks`` with both. Measures of a week: ``deviation``, ``weeks`` in a row above ``large``,
    ``unrecorded`` weeks in a row with the press running over ``press_hours`` and no sludge.
    """
    hits: list[Hit] = []
    span = task.params["weeks"] + task.params["run"]
    moved = by_subject(gathered(task, "sludge", (span + 2) * WEEK))
    for s in range(len(task.subjects)):
        for end in _mondays(task):
            if open_hours(task, s, end - WEEK, end):
                hits += _week(task, s, end, moved.get(s, []))
    return hits


def _mondays(task: Task) -> Iterator[datetime]:
    """Ends of the Beijing weeks that ended from ``task.since`` on."""
    day = midnight(task.since)
    while day <= task.grid.end:
        if to_beijing(day).weekday() == 0:
            yield day
        day += DAY


def _week(task: Task, s: int, end: datetime, moved: Sequence[Row]) -> Iterator[Hit]:
    run = task.params["run"]
    span = task.params["weeks"] + run
    presses, first = machines(task, s, "sludge_press"), end - span * WEEK
    kw = hourly_draw(task, presses, first, end)
    energy = np.nan_to_num(kw).sum(axis=0).reshape(span, -1).sum(axis=1)
    energy[np.isfinite(kw).any(axis=0).reshape(span, -1).mean(axis=1) < SEEN] = 0.0
    hours = _runs(kw, presses).any(axis=0).reshape(span, -1).sum(axis=1)
    tonnes = np.zeros(span)
    for row in moved:
        if first <= row["start"] < end:
            tonnes[(row["start"] - first) // WEEK] += row["amount"]
    known = (tonnes[:-run] > 0) & (energy[:-run] > 0)
    ratio = tonnes / np.maximum(energy, 1.0)
    enough = known.sum() >= task.params["min_weeks"]
    usual = float(np.median(ratio[:-run][known])) if enough else np.inf
    pressed = (hours > task.params["press_hours"]) & (energy > 0)
    deviation = np.where(pressed & enough, np.abs(ratio / usual - 1.0), 0.0)[-run:]
    measures = {
        "deviation": deviation[-1],
        "weeks": _trailing(deviation > task.params["large"]),
        "unrecorded": _trailing((pressed & (tonnes == 0))[-run:]),
    }
    words = {"tonnes": same(f"{tonnes[-1]:.4g}"), "hours": same(f"{hours[-1]:.0f}")}
    yield hit(task, s, (end - WEEK, end), measures, (kw.tobytes(), tonnes.tobytes()), **words)


def _trailing(flags: Bools) -> float:
    """How many at the end are true."""
    false = np.flatnonzero(~flags)
    return float(len(flags) - 1 - false[-1] if false.size else len(flags))


def unlisted_machines(task: Task) -> list[Hit]:
    """Beijing weeks in which a machine no permit names runs ``hours`` or more.

    Measures: ``weeks`` in a row, at most ``most``; ``hours`` of the week.
    """
    hits: list[Hit] = []
    power = task.scene.power(task.step)
    listed = {(m.point, m.factor): m for m in power.meters}
    for s, subject in enumerate(task.subjects):
        meter = listed[subject.point, subject.factor or ""]
        if meter.in_permit:
            continue
        on = power.state[power.rows([meter])[0]].reshape(task.grid.size, -1) == ON
        hours = np.where(task.allowed[s], on.mean(axis=1), 0.0)
        weeks = [(task.index(end - WEEK), end) for end in _mondays(task) if end - WEEK >= task.grid.start]
        sums = np.array([hours[at : at + 7 * 24].sum() for at, _ in weeks])
        enough = sums >= task.params["hours"]
        for number in np.flatnonzero(enough):
            row = _trailing(enough[max(number + 1 - task.params["most"], 0) : number + 1])
            end = weeks[number][1]
            measures = {"weeks": row, "hours": float(sums[number])}
            hits.append(hit(task, s, (end - WEEK, end), measures, sums[number], meter=same(meter.name)))
    return hits
