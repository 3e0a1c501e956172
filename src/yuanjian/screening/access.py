"""Records of a station's door: openings and closings with their identification, alarms, state of the device.

Openings field by field are Hebei's (``i3310``, values not published [C-]); national are a log text
(``i31001``) and the state of the door device (``i32001``: 0 run, 1 stopped, 2 fault, 3 maintenance;
HJ 212-2017 B.10 [A]).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import polars as pl

from yuanjian.screening.doors import fields, opens
from yuanjian.screening.ports import OutletContext

Kind = Literal["open", "close", "alarm", "fault", "normal"]
KINDS = ("door", "log", "state")
LOG_CODE, DEVICE_CODE = "i31001", "i32001"
ALARM = re.compile("强行|强开|强制开|撬|破门|拆|forced|tamper", re.IGNORECASE)
"""Words of an alarm; no list of them is published, these are the ones in use [D]."""
_SAYS = re.compile(f"开|关|open|clos|{ALARM.pattern}", re.IGNORECASE)
"""A record in free text without any of these tells nothing about the door (``i41002``: power cuts)."""
KEY = re.compile("钥匙|key", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Access:
    """One record; ``methods`` are the ways of identification it names; texts may be empty."""

    time: datetime
    kind: Kind
    door: str = ""
    person: str = ""
    methods: frozenset[str] = frozenset()
    text: str = ""

    @property
    def by_key(self) -> bool:
        """Was a mechanical key used?"""
        return any(KEY.search(method) for method in self.methods)


def by_outlet(outlets: Sequence[OutletContext], events: pl.DataFrame) -> dict[int, tuple[Access, ...]]:
    """Records by outlet id in order of time: those of its doors, and of the device on its own point."""
    of_point: dict[int, list[Access]] = {}
    for row in events.sort("time").select("point", "kind", "code", "time", "text").iter_rows(named=True):
        of_point.setdefault(row["point"], []).extend(_records(row))
    return {
        outlet.outlet: tuple(
            sorted(
                (item for point in (*outlet.door_points, outlet.point) for item in of_point.get(point, ())),
                key=lambda item: item.time,
            )
        )
        for outlet in outlets
        if outlet.door_points
    }


def _records(row: Mapping[str, Any]) -> Iterator[Access]:
    time, text = row["time"], row["text"] or ""
    if row["kind"] == "door":
        content = fields(text)
        if "record" not in content or "state" in content or _SAYS.search(str(content["record"])):
            yield _door(time, content)
    elif row["code"] == LOG_CODE and ALARM.search(text):
        yield Access(time, "alarm", text=text)
    elif row["code"] == DEVICE_CODE and text.strip().isdigit():
        yield Access(time, "fault" if int(text) == 2 else "normal")


def _door(time: datetime, content: Mapping[str, Any]) -> Access:
    said = " ".join(str(content.get(name) or "") for name in ("record", "type", "state"))
    kind: Kind = "alarm" if ALARM.search(said) else "open" if opens(content) else "close"
    return Access(
        time,
        kind,
        str(content.get("id") or content.get("door") or ""),
        str(content.get("person") or content.get("user") or ""),
        frozenset(re.findall(r"\w+", str(content.get("method") or ""))),
        str(content.get("record") or ""),
    )
