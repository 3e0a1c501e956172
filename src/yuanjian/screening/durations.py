"""Durations as people write them in a model: ``30 d``, ``6 h``, ``15 min``."""

from __future__ import annotations

from datetime import timedelta

from yuanjian.errors import OwnFault

_UNITS = {"d": timedelta(days=1), "h": timedelta(hours=1), "min": timedelta(minutes=1)}


def parse(text: object) -> timedelta:
    """``"6 h"`` → six hours; raises `OwnFault` (``catalogue.duration``) for anything else."""
    number, _, unit = str(text).strip().partition(" ")
    if unit not in _UNITS or not number.isdecimal():
        raise OwnFault(
            "catalogue.duration",
            f"时长写法不正确：{text}（应如“6 h”“30 d”“15 min”）",
            f"not a duration: {text} (write '6 h', '30 d' or '15 min')",
        )
    return int(number) * _UNITS[unit]
