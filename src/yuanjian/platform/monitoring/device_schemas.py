"""Shapes of devices, their commands, and of the transmission rate."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import Field, StringConstraints

from yuanjian.platform.common.schemas import ActivityRow
from yuanjian.platform.common.schemas import Named as Enterprise
from yuanjian.platform.monitoring.schemas import LinkRow

Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9:.-]{1,32}$")]
"""A field name or value of a command: no separator of the protocol."""
Reason = Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]
"""Why somebody changes a device."""


class DeviceSettings(Schema):
    """What is set for one device; the keys themselves are never shown."""

    standard: str | None
    profile: str | None
    allow_clear: bool
    over_time: float
    re_count: int
    tolerate: list[str]
    has_key: bool
    has_previous_key: bool
    key_coming: bool
    """a key was issued which the device has not used yet"""
    key_made_at: datetime | None
    key_age_days: int | None
    key_days: int
    """after so many days a key is too old"""


class Rival(Schema):
    """A second device that uses the MN."""

    frames: int
    peer: str | None
    at: datetime | None


class Coded(Schema):
    """A code with its name."""

    code: str
    name: str
    name_en: str


class CommandRow(Schema):
    """A command and how it went."""

    id: int
    mn: str
    cn: str
    st: str | None
    name: str
    name_en: str
    params: dict[str, Any]
    fields: list[Coded]
    """what the fields of `params` and of the answer are called"""
    requested_by: str
    automatic: bool
    notice: bool
    """answered by 9013 instead of 9011 and 9012"""
    reason: str | None
    requested_at: datetime
    expires_at: datetime
    state: str
    state_text: str
    state_text_en: str
    sent_at: datetime | None
    done_at: datetime | None
    tries: int
    execution_s: float | None
    qn_rtn: int | None
    qn_text: str | None
    qn_text_en: str | None
    exe_rtn: int | None
    exe_text: str | None
    exe_text_en: str | None
    result: dict[str, Any] | None
    error: str | None
    error_text: str | None
    error_text_en: str | None


class CommandRows(Schema):
    """A page of commands."""

    items: list[CommandRow]
    total: int


class OfferField(Schema):
    """A field of a command."""

    name: str
    optional: bool
    kind: Literal["time", "number", "choice", "factor", "info", "text"]
    label: str
    label_en: str
    low: int | None
    high: int | None
    choices: list[int]


class Offer(Schema):
    """A command that may be sent to this device; `danger`: what it does, so that it needs a reason."""

    key: str
    group: Literal["history", "time", "interval", "live", "status", "sampling", "key"]
    cn: str
    name: str
    name_en: str
    danger: str | None
    danger_en: str | None
    execution_s: float | None
    fields: list[OfferField]


class DevicePoint(Schema):
    """A monitoring point of a logger, with the factors it has sent."""

    id: int
    st: str
    kind: str
    name: str
    outlet_id: int
    outlet: str
    factors: list[Coded]


class Identity(Schema):
    """Who the logger is."""

    vendor: str
    standard: str
    region_name: str
    points: list[DevicePoint]


class Similar(Schema):
    """A registered logger that may be the unregistered one: by its `number` or `address`."""

    mn: str
    enterprise: Enterprise
    by: Literal["number", "address"]


class DeviceDetail(Schema):
    """One data logger; `link.problems` with their figures."""

    link: LinkRow
    standard: str | None
    claimed: str | None
    identity: Identity | None
    settings: DeviceSettings
    connected: bool
    connected_at: datetime | None
    crc_faults: int
    crc_rate: float | None
    tolerated: int
    seal: str | None
    clear: int
    rival: Rival | None
    commands: list[CommandRow]
    offers: list[Offer]
    infos: list[Coded]
    similar: list[Similar]
    timeline: list[ActivityRow]


class DeviceFrame(Schema):
    """A row of the journal under an MN; `frames/{shard}/{seq}` has its bytes and meaning."""

    shard: int
    seq: int
    received_at: datetime
    peer: str
    connection: int
    st: str | None
    cn: str | None
    name: str | None
    name_en: str | None
    qn: str | None
    flag: int | None
    fault: str | None
    fault_text: str | None
    fault_text_en: str | None
    size: int


class DeviceFrames(Schema):
    """The last frames of a device."""

    items: list[DeviceFrame]
    total: int


class Gap(Schema):
    """Hour or minute data that never came, and whether they were asked for."""

    point_id: int
    point: str
    st: str
    cadence: str
    cn: str
    start: datetime
    end: datetime
    last: datetime
    missing: int
    tries: int
    state: str | None
    state_text: str | None
    state_text_en: str | None


class Gaps(Schema):
    """The gaps of a device, newest first, and the requests for missing data."""

    items: list[Gap]
    total: int
    requests: list[CommandRow]


class SettingsIn(Schema):
    """New settings of a device, with the reason."""

    standard: Literal["2005", "2017", "2025"] | None = None
    profile: Annotated[str, StringConstraints(max_length=64)] | None = None
    tolerate: list[Literal["hj212.crc_modbus", "hj212.crc_swapped"]] = []
    allow_clear: bool = True
    over_time: Annotated[float, Field(gt=0, le=600)] = 10.0
    re_count: Annotated[int, Field(ge=0, le=99)] = 3
    reason: Reason


class KeyIn(Schema):
    """A key (16 characters or 32 hex digits), or none to remove it; with the reason."""

    key: Annotated[str, StringConstraints(max_length=64)] | None
    reason: Reason


class Activation(Schema):
    """A logger of 2025 that asks for an MN."""

    hardware: str
    infos: dict[str, str]
    peer: str
    first_seen: datetime
    last_seen: datetime
    mn: str | None


class Activations(Schema):
    """Loggers that asked for an MN, the last one first."""

    items: list[Activation]
    total: int


class ActivationIn(Schema):
    """The MN to assign, or none to withdraw it; with the reason."""

    mn: Annotated[str, StringConstraints(max_length=64)] | None
    reason: Reason


class ProfileRow(Schema):
    """A code profile, and how many national codes it gives another meaning."""

    name: str
    name_zh: str
    name_en: str
    note: str
    collisions: int


class Profiles(Schema):
    """The code profiles a device may be given."""

    items: list[ProfileRow]
    total: int


class CommandIn(Schema):
    """A command to send; `params` are the fields of CP as the standard writes them."""

    cn: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")]
    params: Annotated[dict[Word, Word | int], Field(max_length=12)] = {}
    st: Annotated[str, StringConstraints(pattern=r"^[0-9]{2}$")] | None = None
    reason: Annotated[str, StringConstraints(max_length=500)] = ""


class Loss(Schema):
    """How many values were lost to one cause."""

    cause: str
    text: str
    text_en: str
    lost: int


class Rates(Schema):
    """Counts of values and the rates made of them."""

    due: int
    received: int
    valid: int
    transmission: float | None
    validity: float | None
    effective: float | None
    causes: list[Loss]


class RateRow(Rates):
    """The rates of a point, enterprise or region in one period."""

    id: str
    name: str
    period: str


class Trend(Rates):
    """The rates of all rows together in one period."""

    period: str


class Transmission(Schema):
    """Effective transmission rates, worst first; `trend` in the order of time."""

    items: list[RateRow]
    trend: list[Trend]
    total: int
    overall: Rates
    data: str
    definition: str
    definition_en: str
