"""Values of one thing told twice: manual and automatic results, analyser and platform."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
LAST = 5
"""Pairs looked at together."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A manual and an automatic value with the difference allowed between them."""

    manual: float
    automatic: float
    allowed: float

    @property
    def excess(self) -> float:
        """Difference over the allowed one."""
        return abs(self.automatic - self.manual) / self.allowed

    @property
    def lower(self) -> bool:
        """Is the automatic value lower by more than chance (half of what is allowed)?"""
        return self.manual - self.automatic > 0.5 * self.allowed


def series_of(pairs: Sequence[Pair]) -> dict[str, float]:
    """What the last pairs say together, the newest last: measures of at most `LAST` of them.

    ``excess`` and ``share`` (relative difference) of the newest; ``outside`` pairs beyond what is allowed,
    ``run`` of them in a row up to the newest, ``low_run`` of them with the automatic value lower, ``lower``
    pairs in a row with the automatic value lower by more than chance.
    """
    last = pairs[-LAST:]
    newest = last[-1]
    outside = [pair.excess >= 1.0 for pair in last]
    low = [out and pair.automatic < pair.manual for out, pair in zip(outside, last, strict=True)]
    return {
        "excess": newest.excess,
        "share": abs(newest.automatic - newest.manual) / newest.manual if newest.manual > 0 else 0.0,
        "outside": float(sum(outside)),
        "run": _run(outside),
        "low_run": _run(low),
        "lower": _run([pair.lower for pair in last]),
    }


def _run(flags: Sequence[bool]) -> float:
    """How many of the last are true in a row."""
    count = 0
    for flag in reversed(flags):
        if not flag:
            break
        count += 1
    return float(count)


def differences(own: Floats, platform: Floats, floor: float, step: float = 0.0) -> dict[str, float]:
    """How the platform's values differ from those an analyser stored.

    ``beyond1``, ``beyond2`` share of rows that differ by more than 1 % and 2 %; ``lowered`` share of rows
    that are over 1 % lower on the platform; ``deficit`` by how much the platform is lower on the average.
    Relative to the analyser's value, to ``floor`` where that is smaller. Within ``step``, the resolution of
    the platform's values, nothing is lower or differs.
    """
    difference = (platform - own) / np.maximum(np.abs(own), floor)
    apart = np.abs(platform - own) > step
    return {
        "beyond1": float((apart & (np.abs(difference) > 0.01)).mean()),
        "beyond2": float((apart & (np.abs(difference) > 0.02)).mean()),
        "lowered": float((apart & (difference < -0.01)).mean()),
        "deficit": max(float(-difference.mean()), 0.0),
    }
