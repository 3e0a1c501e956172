"""`yuanjian models train|adopt|trained`: what models learn from the readings of this installation."""

from __future__ import annotations

import argparse
import json
from datetime import datetime, timedelta
from typing import Any

from yuanjian import config
from yuanjian.cli import borrow
from yuanjian.cli.models import person, platform
from yuanjian.cli.progress import Steps
from yuanjian.clock import beijing_day, utcnow
from yuanjian.errors import UserFault

USUAL = timedelta(days=180)
"""How far back a model learns if neither it (``learn_days``) nor anybody says otherwise."""


def run(settings: config.Settings, given: argparse.Namespace) -> int:
    """Train, adopt or list; prints JSON about the artefacts."""
    with platform(settings):
        rows = _rows(given)
    print(json.dumps(rows, ensure_ascii=False, indent=1))
    return 0


def _rows(given: argparse.Namespace) -> list[dict[str, Any]]:
    from yuanjian.platform.clues import artefacts
    from yuanjian.platform.clues.catalogue import catalogue

    name = ""
    if given.verb == "train":
        usual = timedelta(days=catalogue()[given.code].params.get("learn_days", USUAL.days))
        start, end = window(given.start, given.end, utcnow(), usual)
        with Steps().step(given.code, f"训练 {given.code} · training"):
            name = artefacts.train(given.code, start, end, industry=given.industry, seed=given.seed).hash
    if given.verb == "adopt":
        name = artefacts.adopt(person(given.by), given.code, given.artefact, reason=given.reason).hash
    rows = artefacts.rows(catalogue()[given.code]) or []
    return [row for row in rows if row["hash"].startswith(name)]


def window(start: str, end: str, now: datetime, usual: timedelta = USUAL) -> tuple[datetime, datetime]:
    """What to learn from, whole days by default; raises `UserFault` for an empty window."""
    last = borrow.instant(end or beijing_day(now).isoformat())
    first = borrow.instant(start) if start else last - usual
    if first >= last:
        raise UserFault("cli.empty_window", "起始时间须早于截止时间", "--from must be before --to")
    return first, last
