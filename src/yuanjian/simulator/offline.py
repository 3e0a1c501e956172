"""A virtual province as screening sees it, without a database: its frames decoded, its register as records.

What the platform does between the gateway and the engine happens here in memory: frames go through the same
decoder, and points are numbered in the order of the outlets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import groupby

import polars as pl

from yuanjian.ingest import decode
from yuanjian.screening import records
from yuanjian.screening.frames import EVENT_COLUMNS, READING_COLUMNS, FixedRegistry, FrameReadings
from yuanjian.screening.ports import Chain, Limit, OutletContext, PowerMeter, Signal
from yuanjian.series import MarkPeriod
from yuanjian.simulator import paperwork, signals
from yuanjian.simulator.dayplan import SAMPLING_HOURS
from yuanjian.simulator.frames import Frame, history_frames
from yuanjian.simulator.layout import meter_codes, period_columns
from yuanjian.simulator.world import Outlet, World

VALID_FROM = date(2020, 1, 1)
EMISSION, POWER, DOOR, PROCESS = range(4)
"""Points of an outlet are four times its index, and this."""
Told = Callable[[int, int], None]


def readings(world: World, start: datetime, end: datetime, progress: Told | None = None) -> FrameReadings:
    """Everything the loggers of the province send in [start, end), through the decoder of ingest."""
    routes = _routes(world)
    rows, events = [], []
    days = (end - start) // timedelta(days=1) or 1
    for number, (_, frames) in enumerate(groupby(history_frames(world, start, end), key=_day)):
        done = decode.decode(_received(seq, frame) for seq, frame in enumerate(frames))
        rows.append(_by_point(done.reading_frame(), routes, READING_COLUMNS))
        events.append(_by_point(done.event_frame(), routes, EVENT_COLUMNS))
        if progress is not None:
            progress(min(number + 1, days), days)
    key = ["point", "factor", "cadence", "time"]
    return FrameReadings(pl.concat(rows).unique(key, keep="last", maintain_order=True), pl.concat(events))


def _day(frame: Frame) -> date:
    return frame.time.date()


def _received(seq: int, frame: Frame) -> decode.Frame:
    return decode.Frame(0, seq, frame.time, frame.mn, frame.raw)


def _routes(world: World) -> pl.DataFrame:
    """MN and ST to point."""
    found = []
    for outlet in world.outlets:
        emission = "31" if outlet.kind.medium == "gas" else "32"
        meters = [(outlet.meter_mn, st) for st in ("44", decode.DOOR, signals.ST)]
        pairs = ((outlet.mn, emission), *meters)
        found += [(mn, st, point(outlet, which)) for which, (mn, st) in enumerate(pairs)]
    return pl.DataFrame(found, schema={"mn": pl.String, "st": pl.String, "point": pl.Int32}, orient="row")


def _by_point(
    rows: pl.DataFrame, routes: pl.DataFrame, columns: dict[str, pl.DataType | type[pl.DataType]]
) -> pl.DataFrame:
    return rows.join(routes, on=["mn", "st"], maintain_order="left").select(
        pl.col(name).cast(kind) for name, kind in columns.items()
    )


def point(outlet: Outlet, which: int) -> int:
    """The number of a point of an outlet."""
    return 4 * outlet.index + which


def registry(world: World, start: datetime, end: datetime, *, papers: bool = False) -> FixedRegistry:
    """The outlets with limits and links, and the marks of [start, end); with ``papers`` what they file."""
    marks = tuple(
        MarkPeriod(point(world.outlets[mark.outlet], EMISSION), None, mark.kind, mark.start, mark.end)
        for mark in world.marks(start, end)
    )
    filed = {kind: _filed(world, kind, rows) for kind, rows in _papers(world, start, end, wanted=papers)}
    outlets = (replace(_context(outlet), records=frozenset(filed)) for outlet in world.outlets)
    return FixedRegistry(tuple(outlets), marks, filed)


def _papers(
    world: World, start: datetime, end: datetime, *, wanted: bool
) -> Iterable[tuple[str, Sequence[paperwork.Row]]]:
    return paperwork.papers(world, start, end).items() if wanted else ()


def _filed(world: World, kind: str, rows: Sequence[paperwork.Row]) -> pl.DataFrame:
    """Rows as the platform would have them, received when they end."""
    firms = {outlet.enterprise.credit_code: outlet.enterprise.serial for outlet in world.outlets}
    outlets = {(outlet.enterprise.serial, outlet.code): outlet.index for outlet in world.outlets}
    times = {name for name, type_ in records.schema(kind).items() if type_ == records.INSTANT}
    told = []
    for number, row in enumerate(rows):
        firm = firms[row["enterprise"]]
        parsed = {
            name: datetime.fromisoformat(value) if name in times else value for name, value in row.items()
        }
        outlet = outlets[firm, row["outlet"]] if "outlet" in row else None
        told.append(parsed | {"id": number, "enterprise": firm, "outlet": outlet})
    return records.frame(kind, told)


def _context(outlet: Outlet) -> OutletContext:
    kind = outlet.kind
    return OutletContext(
        outlet=outlet.index,
        enterprise=outlet.enterprise.serial,
        region=outlet.enterprise.county.code,
        industry=kind.industry_code,
        medium="gas" if kind.medium == "gas" else "water",
        code=outlet.code,
        name=outlet.name,
        point=point(outlet, EMISSION),
        factors=tuple(code for code, _ in period_columns(outlet)),
        limits=tuple(_limits(outlet)),
        chain=_chain(outlet),
        door_points=(point(outlet, DOOR),),
        intermittent=kind.intermittent,
        sampler_hours=tuple(SAMPLING_HOURS) if outlet.sampler else (),
        signals=tuple(
            Signal(sensor.role, point(outlet, PROCESS), sensor.code, design=sensor.design)
            for sensor in signals.sensors(outlet)
        ),
    )


def _limits(outlet: Outlet) -> list[Limit]:
    kind = outlet.kind
    gas = kind.medium == "gas"
    found = []
    for pollutant in kind.pollutants:
        pairs = (("hour" if gas else "day", pollutant.limit), ("day", pollutant.day_limit))
        found += [
            Limit(pollutant.code, "hour" if averaging == "hour" else "day", None, high, kind.o2_reference,
                  VALID_FROM, None, kind.basis)
            for averaging, high in pairs
            if high is not None
        ]  # fmt: skip
    found += [
        Limit(factor, "hour", None, high, kind.o2_reference, VALID_FROM, None, kind.basis)
        for factor, high in kind.by_hand
    ]
    return found


def _chain(outlet: Outlet) -> Chain:
    meters = [
        PowerMeter(
            100 * outlet.index + number, machine.name, "production" if role == "production" else "treatment",
            point(outlet, POWER), power, machine.rated_kw,
        )
        for number, ((role, _, machine), (power, _)) in enumerate(
            zip(outlet.machines, meter_codes(outlet), strict=True)
        )
    ]  # fmt: skip
    production = tuple(meter for meter in meters if meter.kind == "production")
    return Chain(production, tuple(meter for meter in meters if meter.kind == "treatment"))
