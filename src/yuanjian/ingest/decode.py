"""Journal rows → readings and events. Pure: no database, no clock, no file.

A row that cannot be read is skipped and counted under the fault's code; it stays in the journal as evidence.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import polars as pl

from yuanjian.clock import from_beijing
from yuanjian.series.schema import INSTANT
from yuanjian.wire.hj212 import (
    DoorRecord,
    Fault,
    Message,
    PeerError,
    Standard,
    Upload,
    parse_segment,
    read_upload,
    split_frame,
    unseal,
)

from .codes import Codes

DOOR = "door"  # the ST under which door records of an MN are routed, whatever ST the frame has

EARLIEST = datetime(2005, 1, 1, tzinfo=UTC)
"""Before the first HJ/T 212 no device can have measured."""

AHEAD = timedelta(days=1)
"""A device clock further ahead is broken; its data would hide every later reading as "newest"."""

LATE = timedelta(minutes=10)
"""Data that comes later than this after its period ended is back-filled. The largest delay of live data
published by field users is 623 s, after a link loss."""

PERIOD = {
    "realtime": timedelta(0),
    # 1–30 min are allowed (HJ 212-2017 §6.3.4 MinInterval) and the frame does not say which.
    "minute": timedelta(minutes=30),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
}

_DOOR_WORDS = {
    "door": "id",
    "method": "method",
    "type": "type",
    "user": "user",
    "state": "state",
    "card": "card",
    "image": "image",
    "image_url": "image_url",
    "person": "person",
}
"""What the fields of a door record are called in the text of its event."""
_DOOR_TEXTS = frozenset({"record", "power_cut"})  # opening record and power-cut record, free text


class Frame(NamedTuple):
    """A valid row of the journal."""

    shard: int
    seq: int
    received_at: datetime
    mn: str
    raw: bytes


class Skip(NamedTuple):
    """Frames of one MN that could not be read: how many, the fault of the last and its instant of receipt."""

    number: int
    fault: str
    at: datetime


class Route(NamedTuple):
    """What a point is found by: MN and ST (or ``door``)."""

    mn: str
    st: str


READING_COLUMNS: dict[str, pl.DataType] = {
    "mn": pl.String(),
    "st": pl.String(),
    "factor": pl.String(),
    "cadence": pl.String(),
    "time": INSTANT,
    "value": pl.Float64(),
    "low": pl.Float64(),
    "high": pl.Float64(),
    "amount": pl.Float64(),
    "reference": pl.Float64(),
    "flag": pl.String(),
    "decimals": pl.Int8(),
    "source": pl.String(),
    "received": INSTANT,
    "shard": pl.Int16(),
    "seq": pl.Int64(),
}
EVENT_COLUMNS: dict[str, pl.DataType] = {
    "mn": pl.String(),
    "st": pl.String(),
    "kind": pl.String(),
    "code": pl.String(),
    "time": INSTANT,
    "text": pl.String(),
    "received": INSTANT,
    "shard": pl.Int16(),
    "seq": pl.Int64(),
}


@dataclass
class Decoded:
    """Rows in the order of the journal, in the column order above; what was skipped, by fault code."""

    readings: list[tuple[object, ...]] = field(default_factory=list)
    events: list[tuple[object, ...]] = field(default_factory=list)
    routes: set[Route] = field(default_factory=set)
    skipped: Counter[str] = field(default_factory=Counter)
    skips: dict[str, Skip] = field(default_factory=dict)

    def reading_frame(self) -> pl.DataFrame:
        """The readings as a table, still by (mn, st) instead of point."""
        return _table(self.readings, READING_COLUMNS)

    def event_frame(self) -> pl.DataFrame:
        """The events as a table, still by (mn, st) instead of point."""
        return _table(self.events, EVENT_COLUMNS)


def _table(rows: list[tuple[object, ...]], schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    columns = zip(*rows, strict=True) if rows else [()] * len(schema)  # by column: twice as fast as by row
    return pl.DataFrame(dict(zip(schema, columns, strict=True)), schema=schema)


def decode(
    frames: Iterable[Frame],
    keys: Mapping[str, Sequence[bytes]] | None = None,
    codes: Codes | None = None,
) -> Decoded:
    """Readings and events of journal rows; commands, answers and heartbeats yield nothing.

    ``keys``: all SM4 keys an MN ever had. The journal holds frames as they came, encrypted or not.
    ``codes``: what the codes of each device mean.
    """
    keys, codes = keys or {}, codes or Codes()
    done = Decoded()
    for frame in frames:
        try:
            message = parse_segment(_segment(frame.raw, keys.get(frame.mn)))
            upload = read_upload(message)
            if upload is not None:
                _take(done, frame, message, upload, codes)
        except PeerError as error:
            done.skipped[error.fault.value] += 1
            count = done.skips[frame.mn].number if frame.mn in done.skips else 0
            done.skips[frame.mn] = Skip(count + 1, error.fault.value, frame.received_at)
    return done


def _segment(raw: bytes, keys: Sequence[bytes] | None) -> bytes:
    opened = unseal(raw, keys) if keys else None
    return opened.segment if opened is not None else split_frame(raw)[0]


def _take(done: Decoded, frame: Frame, message: Message, upload: Upload, codes: Codes) -> None:
    time = _instant(upload.data_time, frame.received_at)
    st, dialect = message.st, codes.dialect(message)
    if upload.cadence in PERIOD:
        done.routes.add(Route(frame.mn, st))
        late = frame.received_at - time - PERIOD[upload.cadence] > LATE
        source = "resent" if upload.resent else "backfill" if late else "live"
        for factor in upload.factors:
            code = codes.factor(factor, *dialect)
            _factor(done, frame, st, upload.cadence, time, source, code, factor.fields)
    for factor in () if upload.cadence in PERIOD else upload.factors:
        for name in ("rs", "rt"):  # facility state, facility running hours
            if name in factor.fields:
                _event(
                    done, frame, st, "facility", f"{factor.code}-{name.upper()}", time, factor.fields[name]
                )
    if upload.infos:
        _infos(done, frame, st, time, upload, codes, dialect)


def _instant(wall: datetime, received_at: datetime) -> datetime:
    """The instant of a device's stamp; raises PeerError(TIME) for one no working clock can give."""
    time = from_beijing(wall)
    if not EARLIEST <= time <= received_at + AHEAD:
        raise PeerError(Fault.TIME, f"{wall:%Y%m%d%H%M%S}")
    return time


def _factor(
    done: Decoded,
    frame: Frame,
    st: str,
    cadence: str,
    time: datetime,
    source: str,
    code: str,
    fields: Mapping[str, str],
) -> None:
    text = fields.get("rtd") or fields.get("avg") or ""
    value = number(text)
    if value is None and text:  # 2025 devices send conditions (St, Sr) where others send a number
        _event(done, frame, st, "state", code, time, text)
        return
    reference = fields.get("zsrtd") or fields.get("zsavg") or ""
    done.readings.append(
        (
            frame.mn,
            st,
            code,
            cadence,
            time,
            value,
            number(fields.get("min", "")),
            number(fields.get("max", "")),
            number(fields.get("cou", "")),
            None if _means_none(reference) else number(reference),
            fields.get("flag", ""),
            min(len(text.partition(".")[2]), 9),
            source,
            frame.received_at,
            frame.shard,
            frame.seq,
        )
    )


def number(text: str) -> float | None:
    """A decimal number as the standard writes it, or None; words float() knows (nan, inf, 1_0) are none."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and "_" not in text else None


def _means_none(reference: str) -> bool:
    """All nines: conversion was impossible (O2 ≥ 21 %), the device sent the largest value of its format.

    HJ 212-2025 §6 as quoted second-hand: e.g. 9999.99 or −9999.99.
    """
    return len(reference) > 6 and not reference.lstrip("-").replace(".", "", 1).strip("9")


def _infos(
    done: Decoded,
    frame: Frame,
    st: str,
    time: datetime,
    upload: Upload,
    codes: Codes,
    dialect: tuple[Standard, str | None],
) -> None:
    """Site information (CN 3020): door records together, anything else one event each."""
    doors = codes.doors(upload, *dialect)
    others = list(doors.others)
    for record in doors.records:
        if record.kind in _DOOR_TEXTS:
            text = json.dumps({"record": record.text}, ensure_ascii=False)
            _event(done, frame, DOOR, "door", record.sent[0][0], time, text)
        elif record.kind != "opening":
            others += record.sent
    for code, text in others:
        _event(done, frame, st, "log" if codes.is_log(code, *dialect) else "state", code, time, text)
    for record in doors.records:
        if record.kind == "opening":
            _opening(done, frame, time, record)


def _opening(done: Decoded, frame: Frame, sent_at: datetime, record: DoorRecord) -> None:
    """When the door was opened, or the frame's own time if the record does not say or cannot mean it."""
    words = {word: getattr(record, name) for name, word in _DOOR_WORDS.items() if getattr(record, name)}
    try:
        opened = _instant(record.time, frame.received_at)
    except PeerError:
        opened = sent_at
    _event(done, frame, DOOR, "door", "i3310", opened, json.dumps(words, ensure_ascii=False))


def _event(done: Decoded, frame: Frame, st: str, kind: str, code: str, time: datetime, text: str) -> None:
    done.routes.add(Route(frame.mn, st))
    done.events.append((frame.mn, st, kind, code, time, text, frame.received_at, frame.shard, frame.seq))
