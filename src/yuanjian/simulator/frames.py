"""Frames of the province in order of time: a pure function of the world and the window.

A logger sends its period `Outlet.delay_s` seconds after the end of the period; a frame belongs to the
window its sending falls in, so the frames of [a, b) and [b, c) are together those of [a, c).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from yuanjian.clock import to_beijing
from yuanjian.simulator import doors, layout, signals
from yuanjian.simulator.dayplan import FLAGS
from yuanjian.simulator.hours import daily, summarise
from yuanjian.simulator.layout import Columns, Press
from yuanjian.simulator.noise import draws
from yuanjian.simulator.physics import Day, day
from yuanjian.simulator.slots import PER_DAY, PER_HOUR, SLOT, day_of, first_slot, slot_of, start_of, wall_of
from yuanjian.simulator.tables import day_rows, meter_rows, period_rows, realtime_rows

if TYPE_CHECKING:
    from yuanjian.simulator.world import Outlet, World

HISTORY = frozenset({"hour", "day", "power", "flow", "door", "signal"})
"""Hour and day data, ten-minute electricity, ten-minute flow where a sampler runs, door records, process
parameters.
"""
LIVE = HISTORY | {"realtime"}
"""History, and every 30 seconds instant data of emissions and electricity. ``minute``: ten-minute data of
all.
"""
TICK = 30
_TICKS = 86400 // TICK
_MARGIN = timedelta(minutes=1)
_WHITE = 80


class Frame(NamedTuple):
    """When a logger sends (aware UTC, simulated), its MN, the bytes."""

    time: datetime
    mn: str
    raw: bytes


def history_frames(world: World, start: datetime, end: datetime) -> Iterator[Frame]:
    """Everything a back-fill holds, sent in [start, end), in order of time."""
    return frames(world, start, end, HISTORY)


def frames(world: World, start: datetime, end: datetime, cadences: Collection[str] = LIVE) -> Iterator[Frame]:
    """Frames sent in [start, end) in order of time; ``cadences`` as in `HISTORY`, `LIVE`, and ``minute``."""
    press = world.__dict__.setdefault("_press", Press())
    first, last = day_of(slot_of(start - _MARGIN)), day_of(slot_of(end))
    for number in range(first, last + 1):
        sheet = _sheet(world, press, number)
        streams = [_periods(sheet, start, end, cadences)]
        if "door" in cadences:
            streams.append(_doors(sheet, start, end))
        if "realtime" in cadences:
            streams.append(_realtime(sheet, start, end))
        yield from heapq.merge(*streams)


@dataclass
class Sheet:
    """One day ready to be written down: the day, its tables of numbers, made when first needed."""

    world: World
    press: Press
    day: Day
    tables: dict[str, Any] = field(default_factory=dict)

    @property
    def first(self) -> int:
        """First slot of the day."""
        return first_slot(self.day.plan.number)

    def table(self, name: str) -> Any:
        """Rows of numbers per outlet for a cadence."""
        if name not in self.tables:
            self.tables[name] = _MAKE[name](self.world, self.day)
        return self.tables[name]


def _sheet(world: World, press: Press, number: int) -> Sheet:
    current = day(world, number)
    sheets: dict[int, Sheet] = world.__dict__.setdefault("_sheets", {})
    if number not in sheets or sheets[number].day is not current:
        while len(sheets) > 1:
            sheets.pop(next(iter(sheets)))
        sheets[number] = Sheet(world, press, current)
    return sheets[number]


@dataclass(frozen=True)
class _Table:
    """Numbers of one cadence: ``rows`` [outlet][period] lists, ``flag`` and ``due`` [N,H], summary."""

    rows: Sequence[Sequence[Sequence[float]]]
    flag: npt.NDArray[np.uint8]
    due: npt.NDArray[np.bool_]


def _hour_table(world: World, current: Day, slots: int = PER_HOUR) -> _Table:
    periods = summarise(world.fleet, current, slots)
    return _Table(period_rows(world.outlets, world.fleet, periods), periods.flag, periods.due)


def _day_table(world: World, current: Day) -> _Table:
    values = daily(world.fleet, summarise(world.fleet, current))
    flag = np.where(values.valid > 0, 0, np.where(values.stopped, 1, 4)).astype(np.uint8)
    due = ~current.plan.lost[:, -1:]
    return _Table(day_rows(world.outlets, values), flag[:, None], due)


def _signal_table(world: World, current: Day, slots: int = PER_HOUR) -> _Table:
    found = signals.values(world, current)
    rows = [signals.means(found[o.index], slots) if o.index in found else () for o in world.outlets]
    running = current.plan.running.reshape(len(rows), -1, slots).any(axis=-1)
    due = current.plan.lost.reshape(len(rows), -1, slots).mean(-1) <= 0.25
    if slots == 1:
        due &= signals.alarmed(world, current, found)
    return _Table(rows, np.where(running, 0, 1).astype(np.uint8), due)


_MAKE: dict[str, Callable[[World, Day], Any]] = {
    "hour": _hour_table,
    "minute": lambda world, current: _hour_table(world, current, 1),
    "day": _day_table,
    "power": lambda world, current: meter_rows(world.outlets, current),
    "signal": _signal_table,
    "signal_fine": lambda world, current: _signal_table(world, current, 1),
}


class _Job(NamedTuple):
    """A frame kind due at a boundary: table, command, period index, its start as text, milliseconds."""

    name: str
    cn: str
    period: int
    time: str
    millisecond: int


def _jobs(first: int, slot: int, cadences: Collection[str]) -> list[_Job]:
    """What ends with a slot of the day (0–143)."""
    jobs = []
    start = f"{wall_of(first + slot):%Y%m%d%H%M%S}"
    if "power" in cadences:
        jobs.append(_Job("power", "2051", slot, start, 3))
    if "minute" in cadences or "flow" in cadences:
        jobs.append(_Job("minute" if "minute" in cadences else "flow", "2051", slot, start, 4))
    if "hour" in cadences and slot % PER_HOUR == PER_HOUR - 1:
        hour = f"{wall_of(first + slot - PER_HOUR + 1):%Y%m%d%H%M%S}"
        jobs.append(_Job("hour", "2061", slot // PER_HOUR, hour, 5))
    if "signal" in cadences:
        jobs.append(_Job("signal_fine", "2051", slot, start, 7))
        if slot % PER_HOUR == PER_HOUR - 1:
            hour = f"{wall_of(first + slot - PER_HOUR + 1):%Y%m%d%H%M%S}"
            jobs.append(_Job("signal", "2061", slot // PER_HOUR, hour, 8))
    if "day" in cadences and slot == PER_DAY - 1:
        jobs.append(_Job("day", "2031", 0, f"{wall_of(first):%Y%m%d%H%M%S}", 6))
    return jobs


def _periods(sheet: Sheet, start: datetime, end: datetime, cadences: Collection[str]) -> Iterator[Frame]:
    for slot in range(PER_DAY):
        boundary = start_of(sheet.first + slot + 1)
        if boundary >= end:
            return
        if boundary + _MARGIN > start:
            made = _boundary(sheet, boundary, _jobs(sheet.first, slot, cadences))
            yield from sorted(frame for frame in made if start <= frame.time < end)


def _boundary(sheet: Sheet, boundary: datetime, jobs: list[_Job]) -> Iterator[Frame]:
    """All frames due at the end of one slot, logger by logger."""
    stamp = f"{to_beijing(boundary):%Y%m%d%H%M}"
    tables = {job.name: sheet.table("minute" if job.name == "flow" else job.name) for job in jobs}
    for outlet in sheet.world.outlets:
        second = timedelta(seconds=outlet.delay_s)
        for job in jobs:
            qn = f"{stamp}{outlet.delay_s:02d}{job.millisecond:03d}"
            raw = _WRITE[job.name](sheet.press, outlet, tables[job.name], job, qn)
            if raw is not None:
                mn = outlet.mn if job.name in _STACK else outlet.meter_mn
                yield Frame(boundary + second + timedelta(milliseconds=job.millisecond), mn, raw)


def _st(outlet: Outlet) -> str:
    return "31" if outlet.kind.medium == "gas" else "32"


def _write_period(press: Press, outlet: Outlet, table: _Table, job: _Job, qn: str) -> bytes | None:
    if not table.due[outlet.index, job.period]:
        return None
    columns = (layout.day_columns if job.name == "day" else layout.period_columns)(outlet)
    flag = FLAGS[table.flag[outlet.index, job.period]]
    values = table.rows[outlet.index][job.period]
    return press.frame(outlet, _st(outlet), job.cn, columns, flag, qn, job.time, values)


def _write_flow(press: Press, outlet: Outlet, table: _Table, job: _Job, qn: str) -> bytes | None:
    if not (outlet.sampler and table.due[outlet.index, job.period]):
        return None
    columns = layout.period_columns(outlet)
    before = sum(len(fields) for _, fields in columns[: len(outlet.kind.pollutants)])
    values = table.rows[outlet.index][job.period][before : before + 4]
    flag = FLAGS[table.flag[outlet.index, job.period]]
    flow: Columns = (columns[len(outlet.kind.pollutants)],)
    return press.frame(outlet, _st(outlet), job.cn, flow, flag, qn, job.time, values)


def _write_power(
    press: Press, outlet: Outlet, table: Any, job: _Job, qn: str, name: str = "Avg"
) -> bytes | None:
    rows, lost = table
    missing = lost[outlet.index][job.period]
    values = rows[outlet.index][job.period]
    present = [not gone for gone in missing]
    if not any(present):
        return None
    kept = [value for value, gone in zip(values, np.repeat(missing, 2), strict=True) if not gone]
    return press.electric(outlet, job.cn, tuple(present), name, qn, job.time, kept)


def _write_signal(press: Press, outlet: Outlet, table: _Table, job: _Job, qn: str) -> bytes | None:
    sensors = signals.sensors(outlet)
    if not sensors or not table.due[outlet.index, job.period]:
        return None
    columns = layout.signal_columns(sensors)
    flag = FLAGS[table.flag[outlet.index, job.period]]
    values = table.rows[outlet.index][job.period]
    return press.frame(outlet, signals.ST, job.cn, columns, flag, qn, job.time, values)


_STACK = frozenset({"hour", "minute", "day", "flow"})
"""What the logger of the outlet sends; the rest comes from that of the meters."""
_WRITE = {
    "power": _write_power,
    "hour": _write_period,
    "minute": _write_period,
    "day": _write_period,
    "flow": _write_flow,
    "signal": _write_signal,
    "signal_fine": _write_signal,
}


def _doors(sheet: Sheet, start: datetime, end: datetime) -> Iterator[Frame]:
    """A frame for every opening and closing of a station, two seconds after it."""
    midnight = start_of(sheet.first)
    for door in sheet.day.plan.doors:
        at = midnight + timedelta(seconds=door.second)
        sent = at + timedelta(seconds=2, milliseconds=7)
        if start <= sent < end:
            outlet = sheet.world.outlets[door.outlet]
            yield Frame(sent, outlet.meter_mn, doors.frame(outlet, door, at, sent))


def _realtime(sheet: Sheet, start: datetime, end: datetime) -> Iterator[Frame]:
    """Instant data every 30 seconds; the tick at midnight is the last one of the day before."""
    midnight = start_of(sheet.first)
    ticks = range(
        max(1, int((start - midnight - _MARGIN).total_seconds() // TICK)),
        min(_TICKS, int((end - midnight).total_seconds() // TICK) + 1) + 1,
    )
    for tick in ticks:
        made = _tick(sheet, tick, midnight + timedelta(seconds=tick * TICK))
        yield from sorted(frame for frame in made if start <= frame.time < end)


def _tick(sheet: Sheet, tick: int, at: datetime) -> Iterator[Frame]:
    world, current = sheet.world, sheet.day
    slot = (tick - 1) * TICK // int(SLOT.total_seconds())
    white = draws(world.seed, _WHITE + tick, current.plan.number, len(world.outlets), 12)
    rows, meters = realtime_rows(world.outlets, current, slot, white)
    stamp = f"{to_beijing(at):%Y%m%d%H%M%S}"
    minute = stamp[:-2]
    base = int(stamp[-2:])
    lost = current.plan.meter_lost[:, :, slot]
    for outlet in world.outlets:
        second = timedelta(seconds=outlet.delay_s)
        qn = f"{minute}{base + outlet.delay_s:02d}"
        if not current.plan.lost[outlet.index, slot]:
            flag = FLAGS[current.plan.flag[outlet.index, slot]]
            columns = layout.realtime_columns(outlet)
            raw = sheet.press.frame(
                outlet, _st(outlet), "2011", columns, flag, qn + "001", stamp, rows[outlet.index]
            )
            yield Frame(at + second + timedelta(milliseconds=1), outlet.mn, raw)
        present = [not lost[outlet.index, place] for place in outlet.places]
        if any(present):
            kept = [v for v, there in zip(meters[outlet.index], np.repeat(present, 2), strict=True) if there]
            raw = sheet.press.electric(outlet, "2011", tuple(present), "Rtd", qn + "002", stamp, kept)
            yield Frame(at + second + timedelta(milliseconds=2), outlet.meter_mn, raw)
