"""Events that are no series: openings of station doors and starts of the sampler."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from yuanjian.screening.ports import OutletContext

CLOSED = frozenset({"close", "closed", "0", "00", "2", "02", "关", "关门", "关闭"})
"""States that say the door was shut; every other record with a state, or with nothing, is an opening.
A record in free text (``i41001``: ``{"record": …}``) is one only if it says so.

Hebei extension of HJ 212-2017, ``i3310F`` (its value list is not published) [C-].
"""
SAMPLER_CODE = "i32001"
SAME_VISIT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Opening:
    """A door was opened: when and, as far as the record says, by whom."""

    time: datetime
    person: str


def fields(text: str | None) -> dict[str, Any]:
    """The JSON object of an event; empty if there is none."""
    try:
        value = json.loads(text or "")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def opens(content: Mapping[str, Any]) -> bool:
    """Does a door record tell of an opening?"""
    if "record" in content and "state" not in content:
        record = str(content["record"]).lower()
        return "开" in record or "open" in record
    return str(content.get("state", "")).strip().lower() not in CLOSED


def by_outlet(outlets: Sequence[OutletContext], events: pl.DataFrame) -> dict[int, tuple[Opening, ...]]:
    """Openings by outlet id; those within an hour of a visit's first opening belong to that visit.

    A visit is of the first person named in it.
    """
    of_point: dict[int, list[Opening]] = {}
    for row in events.sort("time").select("point", "time", "text").iter_rows(named=True):
        content = fields(row["text"])
        if opens(content):
            opening = Opening(row["time"], str(content.get("person") or content.get("user") or ""))
            of_point.setdefault(row["point"], []).append(opening)
    return {
        outlet.outlet: _visits(
            [opening for point in outlet.door_points for opening in of_point.get(point, ())]
        )
        for outlet in outlets
        if outlet.door_points
    }


def _visits(openings: list[Opening]) -> tuple[Opening, ...]:
    visits: list[Opening] = []
    for opening in sorted(openings, key=lambda item: item.time):
        if not visits or opening.time - visits[-1].time >= SAME_VISIT:
            visits.append(opening)
        elif not visits[-1].person:  # a record in free text may stand beside the one that names who it was
            visits[-1] = replace(visits[-1], person=opening.person)
    return tuple(visits)


def sampler_starts(events: pl.DataFrame) -> dict[int, tuple[datetime, ...]]:
    """Starts of the sampler by point: events of code ``i32001`` whose text says ``{"sampler": "start"}``."""
    starts: dict[int, list[datetime]] = {}
    for row in events.filter(pl.col("code") == SAMPLER_CODE).sort("time").iter_rows(named=True):
        if fields(row["text"]).get("sampler") == "start":
            starts.setdefault(row["point"], []).append(row["time"])
    return {point: tuple(times) for point, times in starts.items()}
