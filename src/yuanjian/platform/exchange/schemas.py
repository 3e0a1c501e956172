"""Shapes of records and deliveries."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ninja import Field, Schema

from yuanjian.platform.common.schemas import Instant, Named, OutletRef


class Choice(Schema):
    """One value of a choice."""

    code: str
    title: str
    title_en: str


class ColumnRow(Schema):
    """A column of a kind; `own`: of this kind only. Types: text, number, flag, time, choice, factor."""

    name: str
    title: str
    title_en: str
    type: str
    unit: str
    required: bool
    own: bool
    choices: list[Choice]


class KindRow(Schema):
    """A kind of records; `count`: how many of them you see, corrections included."""

    kind: str
    title: str
    title_en: str
    of_outlet: bool
    lasting: bool
    by_enterprise: bool
    columns: list[ColumnRow]
    count: int


class RecordRow(Schema):
    """A record; `data` by the kind's own columns, `superseded`: a newer row corrects it."""

    id: int
    kind: str
    enterprise: Named
    outlet: OutletRef | None
    start: datetime
    end: datetime
    received_at: datetime
    source: str
    author: str
    external_id: str
    batch_id: int
    superseded: bool
    data: dict[str, bool | int | float | str | None]


class Records(Schema):
    """A page of records."""

    items: list[RecordRow]
    total: int


class RecordFilter(Schema):
    """Which records: `from`/`to` as what they tell about, `history` with superseded rows."""

    kind: str = ""
    enterprise: int | None = None
    outlet: int | None = None
    since: Instant | None = Field(None, alias="from")
    until: Instant | None = Field(None, alias="to")
    history: bool = False


class DeliveryIn(Schema):
    """Rows of one kind, columns by their codes or Chinese headers; `source`: which system sends them."""

    rows: list[dict[str, Any]] = Field(min_length=1)
    source: str = Field("api", min_length=1, max_length=32)


class BatchRow(Schema):
    """A delivery: `rows` = `accepted` + `known` + `refused`."""

    id: int
    kind: str
    title: str
    title_en: str
    source: str
    file_name: str
    sha256: str
    rows: int
    accepted: int
    known: int
    refused: int
    received_at: datetime
    author: str


class Batches(Schema):
    """A page of deliveries."""

    items: list[BatchRow]
    total: int


class Refused(Schema):
    """A row that was not accepted, as delivered."""

    number: int
    code: str
    column: str
    message: str
    message_en: str
    row: dict[str, Any]


class BatchDetail(BatchRow):
    """A delivery with its first 200 refused rows; the CSV holds all."""

    refused_rows: list[Refused]
