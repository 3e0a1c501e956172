"""Maintenance orders of an honest outlet: for its services and calibrations, and for patrols nobody marks."""

from __future__ import annotations

import zlib
from dataclasses import replace

import numpy as np

from yuanjian.simulator.patterns import layers
from yuanjian.simulator.patterns.desk import DAY, WEEK, Desk

PATROL = "巡检丙"
FORGOTTEN = 0.03
"""Share of the patrols nobody writes an order for."""
AFTERWARDS = 0.15
"""Share of the orders that are issued when the work is done, up to two days later."""
LATE = (0.0, 68.0)


def write_order(desk: Desk, kind: str, first: float, last: float, people: str) -> None:
    """An order by the half hour, that contains the work but for a quarter of an hour."""
    after = desk.rng.uniform() < AFTERWARDS
    issued = last + desk.rng.uniform(0.5, 48.0) if after else first - desk.rng.uniform(0.5, 30.0)
    start, end = np.round(2.0 * first) / 2.0, np.round(2.0 * last) / 2.0
    desk.put(
        "maintenance_order", float(start), float(max(end, start + 0.5)), late=LATE, kind=kind, people=people,
        company="某运维公司", issued_at=float(issued),
    )  # fmt: skip


def maintenance(desk: Desk) -> None:
    """An order for everything that is marked as maintenance or calibration."""
    own = _own(desk, 1)
    for mark in desk.plant.marks:
        if mark.kind in {"maintenance", "calibration"}:
            write_order(own, mark.kind, mark.first, mark.last, "运维甲")


def patrols(desk: Desk) -> None:
    """Every second Friday somebody looks in, touches nothing and marks nothing."""
    own = _own(desk, 2)
    busy = desk.plant.marked("stopped", "starting", "stopping", "maintenance", "calibration", "fault")
    for friday in range(4 * DAY, desk.plant.hours - DAY, 2 * WEEK):
        at, stay = friday + own.rng.uniform(9.0, 16.0), own.rng.uniform(0.3, 0.8)
        if busy[int(at)]:
            continue
        layers.opening(desk.plant, at, PATROL)
        layers.closing(desk.plant, at + stay)
        if own.rng.uniform() >= FORGOTTEN:
            write_order(own, "patrol", at, at + stay, PATROL)


def _own(desk: Desk, which: int) -> Desk:
    """The same desk with luck of its own: what else is written there does not depend on it."""
    seed = zlib.crc32(f"{desk.plant.enterprise} {desk.plant.name}".encode())
    return replace(desk, rng=np.random.default_rng([2026, which, seed]))
