"""Sentences of a finding, in Chinese and English, with numbers and Beijing times."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from yuanjian.clock import to_beijing
from yuanjian.screening.model import Model
from yuanjian.screening.task import Subject, Words
from yuanjian.wire.hj212.codes import factor as factor_of

_ONE_OF_MANY = re.compile(
    r"(?<![\d.,])1 ((?:[a-z]+ )?(?:check|day|drop|gap|hour|minute|month|night|opening|period|person|piece"
    r"|report|row|sign|visit|week))s\b"
)


def factor_words(code: str | None) -> tuple[Words, str]:
    """Name of a factor in both languages and its unit; the code itself if no table knows it."""
    known = factor_of(code) if code else None
    if known is None:
        return (code or "", code or ""), ""
    return (known.name_zh, known.name_en), known.unit


def period(start: datetime, end: datetime, *, english: bool = False) -> str:
    """``2026-11-03 02:00 至 08:00``; the second date is shown where it differs, midnight as 24:00."""
    first, last = to_beijing(start), to_beijing(end)
    day, clock = last.date(), f"{last:%H:%M}"
    if clock == "00:00" and end > start:
        day, clock = day - timedelta(days=1), "24:00"
    shown = clock if day == first.date() else f"{day} {clock}"
    return f"{first:%Y-%m-%d %H:%M}{' to ' if english else ' 至 '}{shown}"


def claim(
    model: Model,
    subject: Subject,
    span: tuple[datetime, datetime],
    measures: Mapping[str, float],
    words: Mapping[str, Words],
) -> Words:
    """The model's claim filled in: measures as people read them, names, unit and period."""
    names, unit = factor_words(subject.factor)
    filled = []
    for at, template in enumerate((model.claim, model.claim_en)):
        values = {
            name: f"{value * model.measures[name].scale:.{model.measures[name].decimals}f}"
            for name, value in measures.items()
        }
        values |= {name: both[at] for name, both in words.items()}
        values |= {"factor": names[at], "unit": unit, "outlet": subject.outlet.name}
        values["period"] = period(*span, english=at == 1)
        filled.append(" ".join(template.format_map(values).split()))
    return filled[0], _ONE_OF_MANY.sub(r"1 \1", filled[1])
