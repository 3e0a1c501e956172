"""Shapes of the overview, the map and the to-do list."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from ninja import Field, Schema


class Levels(Schema):
    """Numbers per level."""

    one: int = Field(alias="1")
    two: int = Field(alias="2")
    three: int = Field(alias="3")


class Counts(Schema):
    """What there is now."""

    enterprises: int
    outlets: int
    loggers: int
    online: int
    clues_open: Levels
    orders_open: int
    orders_overdue: int
    notices_open: int


class Funnel(Schema):
    """From findings to closed clues, within the period."""

    findings: int
    clues: int
    orders: int
    closed: int


class RegionCount(Schema):
    """A county with its enterprises and active clues."""

    code: str
    name: str
    enterprises: int
    worst_level: int | None
    clues: Levels


class TrendDay(Levels):
    """Clues raised on one Beijing day."""

    day: str


class Overview(Schema):
    """The first page of the desk; `known_until`: what came later waits to be taken in; null: nothing."""

    counts: Counts
    funnel: Funnel
    period_days: int
    known_until: datetime | None
    regions: list[RegionCount]
    trend: list[TrendDay]


class MapPoint(Schema):
    """An enterprise on the map; `online` is null where no logger is registered."""

    id: int
    name: str
    lon: float
    lat: float
    region_code: str
    worst_level: int | None
    online: bool | None
    outlets: int


class MapOut(Schema):
    """All enterprises of the map."""

    enterprises: list[MapPoint]


class TodoItem(Schema):
    """Something that waits for the person signed in."""

    kind: Literal["clue", "order", "notice", "rectification", "mark"]
    id: int
    title: str
    title_en: str
    due_at: datetime
    level: int


class Todo(Schema):
    """What waits, the most urgent first."""

    items: list[TodoItem]
