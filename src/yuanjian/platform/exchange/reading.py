"""What a cell of a delivery says: text of a CSV file or a JSON value, by the type of its column.

Each function raises `ValueError` with no message of its own; `checking` words the refusal.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from yuanjian.clock import from_beijing, utcnow
from yuanjian.platform.registry.selectors import factor_name
from yuanjian.screening.records import Column
from yuanjian.wire import hj212

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=3660)
LONGEST_TEXT = 2000
_YES = frozenset({"是", "合格", "true", "yes", "y", "1", "1.0"})
_NO = frozenset({"否", "不合格", "false", "no", "n", "0", "0.0"})
# As spreadsheets write it: 2026/11/1 8:00, 2026-11-01, 2026年11月1日 08:00:00.
_WALL = re.compile(
    r"(\d{4})[-/年.](\d{1,2})[-/月.](\d{1,2})日?(?:[ T]+(\d{1,2})[:：](\d{1,2})(?:[:：](\d{1,2}))?)?"
)


def text(value: Any, _: Column) -> str:
    """Text without surrounding blanks."""
    found = str(value).strip()
    if len(found) > LONGEST_TEXT or "\x00" in found:
        raise ValueError
    return found


def number(value: Any, _: Column) -> float:
    """A finite number; thousands may be parted by commas."""
    if isinstance(value, bool):
        raise ValueError
    found = float(value.replace(",", "").replace("，", "") if isinstance(value, str) else value)
    if not math.isfinite(found):
        raise ValueError
    return found


def flag(value: Any, _: Column) -> bool:
    """Yes or no, in either language."""
    word = str(value).strip().lower()
    if word in _YES | _NO:
        return word in _YES
    raise ValueError


def choice(value: Any, column: Column) -> str:
    """The code of a choice, from the code or its words."""
    word = str(value).strip()
    for code, words in column.choices.items():
        if word in {code, *words}:
            return code
    raise ValueError


def instant(value: Any, _: Column | None = None) -> datetime:
    """A plausible instant: ISO 8601 with a zone, or Beijing wall time as people and spreadsheets write it."""
    given = str(value).strip()
    found = _WALL.fullmatch(given)
    if found:
        parts = [int(part) for part in found.groups() if part]
        moment = from_beijing(datetime(*parts))  # type: ignore[arg-type]  # noqa: DTZ001 — made aware here
    else:
        moment = datetime.fromisoformat(given)
        moment = from_beijing(moment) if moment.tzinfo is None else moment.astimezone(UTC)
    if not EARLIEST <= moment <= utcnow() + AHEAD:
        raise ValueError
    return moment


def factor(value: Any, _: Column) -> str:
    """The code of a factor, from its code or its Chinese name."""
    word = str(value).strip()
    code = _codes_by_name().get(word, word)
    if hj212.factor(code) is None and factor_name(code) == code:
        raise ValueError(word)
    return code


@cache
def _codes_by_name() -> dict[str, str]:
    return {known.name_zh: code for code, known in hj212.FACTORS.items()}


READ: Mapping[str, Callable[[Any, Column], Any]] = {
    "text": text,
    "number": number,
    "flag": flag,
    "choice": choice,
    "time": instant,
}
