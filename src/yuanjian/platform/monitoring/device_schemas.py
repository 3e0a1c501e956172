"""Shapes of devices, their commands, and of the transmission rate."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from ninja import Schema
from pydantic import Field, StringConstraints

from yuanjian.platform.monitoring.schemas import LinkRow

Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9:.-]{1,32}$")]
"""A field name or value of a command: no separator of the protocol."""


class Said(Schema):
    """A code with its words."""

    code: str
    text: str
    text_en: str


class DeviceSettings(Schema):
    """What is set for one device; the keys themselves are never shown."""

    profile: str | None
    has_key: bool
    key_made_at: datetime | None
    allow_clear: bool
    over_time: float | None
    re_count: int | None
    tolerate: list[str]


class Rival(Schema):
    """A second device that uses the MN."""

    frames: int
    peer: str | None
    at: datetime | None


class CommandRow(Schema):
    """A command and how it went."""

    id: int
    mn: str
    cn: str
    st: str | None
    name: str
    name_en: str
    params: dict[str, Any]
    requested_by: str
    automatic: bool
    requested_at: datetime
    expires_at: datetime
    state: str
    state_text: str
    state_text_en: str
    sent_at: datetime | None
    done_at: datetime | None
    tries: int
    qn_rtn: int | None
    exe_rtn: int | None
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


class Offer(Schema):
    """A command that may be sent to this device."""

    cn: str
    name: str
    name_en: str
    fields: list[OfferField]


class DeviceDetail(Schema):
    """One data logger."""

    link: LinkRow
    standard: str | None
    settings: DeviceSettings
    connected_at: datetime | None
    crc_faults: int
    crc_rate: float | None
    tolerated: int
    seal: str | None
    clear: int
    rival: Rival | None
    problems: list[Said]
    commands: list[CommandRow]
    offers: list[Offer]


class CommandIn(Schema):
    """A command to send; `params` are the fields of CP as the standard writes them."""

    cn: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")]
    params: Annotated[dict[Word, Word | int], Field(max_length=12)] = {}
    st: Annotated[str, StringConstraints(pattern=r"^[0-9]{2}$")] | None = None


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


class Transmission(Schema):
    """Effective transmission rates, worst first."""

    items: list[RateRow]
    total: int
    overall: Rates
    data: str
    definition: str
    definition_en: str
