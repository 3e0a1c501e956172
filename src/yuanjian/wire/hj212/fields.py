"""The single fields of CP and their types (HJ 212-2017 section 6.3), read from ``tables/fields.csv``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal

from .faults import Fault, LocalError, PeerError
from .message import Standard
from .stamp import read_time
from .table import rows

Value = str | int | Decimal | datetime | time
"""What a field holds: text, a whole or decimal number, Beijing wall time, or a time of day."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of CP in some versions. ``format`` as in the table; ``choices`` are the only values if
    any."""

    name: str
    standards: frozenset[Standard]
    format: str
    low: int | None
    high: int | None
    choices: frozenset[int]
    name_zh: str
    name_en: str

    def read(self, text: str) -> Value:
        """The value a peer sent. Raises PeerError(FIELD)."""
        value = _READ[self.format[0]](self, text)
        if value is None or not self._allows(value):
            raise PeerError(Fault.FIELD, f"{self.name}={text[:40]}")
        return value

    def write(self, value: Value) -> str:
        """The text to send for a value. Raises LocalError when the field does not allow it."""
        text = self._written(value)
        try:
            self.read(text)
        except PeerError:
            zh, en = f"{self.name_zh} {self.name} 不能为 {text}", f"{self.name} cannot be {text}"
            raise LocalError("hj212.field", zh, en, field=self.name) from None
        if any(mark in text for mark in (";", ",", "&&")):
            zh, en = f"{self.name} 含有分隔符", f"{self.name} contains a separator"
            raise LocalError("hj212.field", zh, en, field=self.name)
        return text

    def _written(self, value: Value) -> str:
        if isinstance(value, datetime):
            text = f"{value:%Y%m%d%H%M%S}"
            return f"{text}{value.microsecond // 1000:03d}" if self.format == "T17" else text
        if isinstance(value, time):
            return f"{value:%H%M%S}"[: int(self.format[1])]
        return str(value)

    def _allows(self, value: Value) -> bool:
        if not isinstance(value, int | Decimal):
            return True
        above = self.low is None or value >= self.low
        below = self.high is None or value <= self.high
        return above and below and (not self.choices or value in self.choices)


def _read_stamp(field: Field, text: str) -> Value | None:
    """Either width is read whatever the field says: devices mix them."""
    try:
        return read_time(text)
    except PeerError:
        return None


def _read_clock(field: Field, text: str) -> Value | None:
    if len(text) != int(field.format[1]) or not _digits(text):
        return None
    hour, minute, second = int(text[:2]), int(text[2:4]), int(text[4:] or 0)
    return time(hour, minute, second) if hour < 24 and minute < 60 and second < 60 else None


def _read_number(field: Field, text: str) -> Value | None:
    whole, decimals = _widths(field.format)
    before, point, after = text.removeprefix("-").partition(".")
    if not _digits(before) or len(before) > whole or (point and not _digits(after)):
        return None
    if not decimals:
        return int(text) if not point else None
    return Decimal(text) if len(after) <= decimals else None


def _read_text(field: Field, text: str) -> Value | None:
    limit = field.format[1:].removesuffix("=")
    exact = field.format.endswith("=")
    fits = not limit or len(text) == int(limit) or (len(text) < int(limit) and not exact)
    return text if fits and text else None


_READ: dict[str, Callable[[Field, str], Value | None]] = {
    "T": _read_stamp,
    "H": _read_clock,
    "N": _read_number,
    "C": _read_text,
    "V": _read_text,
}


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _widths(number: str) -> tuple[int, int]:
    whole, _, decimals = number[1:].partition(".")
    return int(whole), int(decimals or 0)


def _bound(text: str) -> int | None:
    return int(text) if text else None


_FIELDS = [
    Field(
        row["name"],
        frozenset(Standard(version) for version in row["standards"].split()),
        row["format"],
        _bound(row["low"]),
        _bound(row["high"]),
        frozenset(int(choice) for choice in row["choices"].split()),
        row["name_zh"],
        row["name_en"],
    )
    for row in rows("fields.csv")
]
_BY_NAME = {(field.name.upper(), standard): field for field in _FIELDS for standard in field.standards}


def field_of(name: str, standard: Standard) -> Field | None:
    """The field of a name, letter case ignored (the standard itself prints ``Ctime`` and ``CTime``)."""
    return _BY_NAME.get((name.upper(), standard))
