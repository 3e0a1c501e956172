"""Shapes of monitoring."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from ninja import Field, Schema

from yuanjian.platform.common.schemas import Instant, Named, OutletRef

LinkState = Literal["online", "silent", "offline", "never", "unregistered"]
Kind = Literal[
    "stopped",
    "starting",
    "stopping",
    "calibration",
    "maintenance",
    "fault",
    "comm_loss",
    "power_loss",
    "replaced",
    "blowback",
    "standard_check",
]


Problem = Literal[
    "clock",
    "mn",
    "version",
    "crc",
    "unreadable",
    "duplicate",
    "stranger",
    "clear",
    "no_key",
    "key",
    "tolerated",
]


class Said(Schema):
    """A code with its words."""

    code: str
    text: str
    text_en: str


class Counted(Said):
    """A code with its words and how often it is met."""

    n: int


class LinkRow(Schema):
    """The link of one MN."""

    mn: str
    known: bool
    enterprise: Named | None
    standard: str | None
    state: LinkState
    state_text: str
    last_frame_at: datetime | None
    last_valid_at: datetime | None
    frames: int
    faults: int
    duplicates: int
    skipped: int
    skip_fault_text: str | None
    skip_fault_text_en: str | None
    skipped_at: datetime | None
    peer: str | None
    clock_skew_s: float | None
    seal: str | None
    clear: int
    problems: list[Said]


class Links(Schema):
    """A page of links, and how many there are of each state and with each problem."""

    items: list[LinkRow]
    total: int
    summary: dict[str, int]
    problems: list[Counted]


class FaultRow(Schema):
    """A frame that could not be accepted."""

    shard: int
    seq: int
    received_at: datetime
    peer: str
    mn: str | None
    fault: str
    fault_text: str
    fault_text_en: str
    raw: str
    size: int


class FaultCount(Schema):
    """How many frames have one fault."""

    n: int
    text: str
    text_en: str


class SkipRow(Schema):
    """Frames of one MN that were acknowledged and could not be read; why and when the last."""

    mn: str
    n: int
    fault: str
    at: datetime
    text: str
    text_en: str


class Faults(Schema):
    """A page of faults, how many there are of each kind, and MNs with frames that hold nothing readable."""

    items: list[FaultRow]
    total: int
    counts: dict[str, FaultCount]
    skips: list[SkipRow]


class ParsedFactor(Schema):
    """What a frame says of one factor; `code` is the one in common use, `sent_code` what stood in it."""

    code: str
    sent_code: str
    name: str
    name_en: str
    unit: str
    fields: dict[str, str]


class ParsedInfo(Schema):
    """A site information; `meaning` of the value where its table lists values."""

    code: str
    text: str
    name: str
    name_en: str
    unit: str
    meaning: str | None
    meaning_en: str | None


class ParsedUpload(Schema):
    """The contents of an upload; `data_time` is Beijing wall time."""

    cadence: str
    data_time: str
    factors: list[ParsedFactor]
    infos: list[ParsedInfo]


class Parsed(Schema):
    """A frame in words."""

    qn: str
    st: str
    cn: str
    mn: str
    flag: int | None
    pnum: int | None
    pno: int | None
    rf: bool
    standard: str
    name: str | None
    name_en: str | None
    st_name: str | None
    st_name_en: str | None
    upload: ParsedUpload | None


class FrameOut(Schema):
    """One raw frame with its meaning; device passwords are hidden."""

    raw: str
    received_at: datetime
    peer: str
    mn: str | None
    fault: str | None
    sealed: bool
    """encrypted"""
    opened: str | None
    """the plaintext of an encrypted frame, where the platform has the key"""
    parsed: Parsed | None


class LatestRow(Schema):
    """The newest value of one factor; `state`: stale, invalid, none, over, near, normal."""

    point_id: int
    outlet_id: int
    outlet_name: str
    enterprise_id: int
    enterprise_name: str
    factor: str
    factor_name: str
    factor_name_en: str
    unit: str
    time: datetime
    value: float | None
    reference: float | None
    flag: str
    limit: float | None
    limit_low: float | None
    ratio: float | None
    state: str


class Latest(Schema):
    """Latest values."""

    items: list[LatestRow]


class CurveOutlet(Schema):
    """Whose curve it is."""

    id: int
    code: str
    name: str
    medium: str
    enterprise: Named


class CurveLimit(Schema):
    """A limit over the part of the window in which it is in force."""

    from_: datetime = Field(alias="from")
    to: datetime
    low: float | None
    high: float | None
    averaging: str
    o2_reference: float | None
    basis: str


class CurveSeries(Schema):
    """One factor; `points` are [time, value, reference, flag, source]."""

    factor: str
    name: str
    name_en: str
    unit: str
    decimals: int
    points: list[tuple[datetime, float | None, float | None, str | None, str]]
    limits: list[CurveLimit]


class MarkRow(Schema):
    """A mark."""

    id: int
    point_id: int
    outlet_id: int
    outlet: OutletRef
    enterprise: Named
    kind: str
    kind_text: str
    start: datetime
    end: datetime
    factor: str | None
    author: str
    note: str
    state: str
    state_text: str


class PowerTrack(Schema):
    """Active power of one facility; `running` are the stretches [from, to) in which it ran."""

    facility_id: int
    name: str
    kind: str
    unit: str
    rated_kw: float | None
    points: list[tuple[datetime, float | None]]
    running: list[tuple[datetime, datetime]]


class DoorEvent(Schema):
    """One event of the station's access control."""

    time: datetime
    person: str | None
    method: str | None
    type: str | None
    state: str | None
    text: str


class Curve(Schema):
    """Everything about one outlet on one time axis."""

    outlet: CurveOutlet
    start: datetime
    end: datetime
    cadence: str
    step_s: int
    series: list[CurveSeries]
    marks: list[MarkRow]
    power: list[PowerTrack]
    doors: list[DoorEvent]
    thinned: bool


class Marks(Schema):
    """A page of marks."""

    items: list[MarkRow]
    total: int


class MarkIn(Schema):
    """A new mark; times without a zone are Beijing time."""

    point_id: int
    factor: str | None = None
    kind: Kind
    start: Instant
    end: Instant
    note: str = Field("", max_length=500)
    file_ids: list[int] = Field([], max_length=20)


class MarkReviewIn(Schema):
    """Accept or return, with a note."""

    accept: bool
    note: str = Field("", max_length=500)
