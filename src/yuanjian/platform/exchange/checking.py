"""Is a row of a delivery a record? Every rule has a stable code; the first one broken is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from hashlib import sha256
from typing import Any

from yuanjian.errors import UserFault
from yuanjian.platform.common.api import dumps
from yuanjian.platform.exchange import reading
from yuanjian.platform.exchange.access import RESERVED, is_enterprise
from yuanjian.platform.registry import selectors as registry
from yuanjian.screening.records import KINDS, Column

Row = Mapping[str, Any]
LONGEST_ID = 60
BASE_COLUMNS: dict[str, Column] = {
    "enterprise": Column("排污单位（统一社会信用代码）", "enterprise (credit code)", required=True),
    "outlet": Column("排放口编号", "outlet"),
    "start": Column("开始时间", "start", "time", required=True),
    "end": Column("结束时间", "end", "time"),
    "external_id": Column("外部编号", "external number"),
}
"""Columns every kind has before its own."""
_ALSO = {"排污单位": "enterprise", "统一社会信用代码": "enterprise", "排放口": "outlet", "时间": "start"}

NUMBER, REASON = "行号", "退回原因"
"""Columns a file of refused rows has in addition; they are passed over when it is delivered again."""


class Refusal(UserFault):
    """A row cannot be taken: stable code, the column that is wrong, what to do about it."""

    def __init__(self, code: str, column: str, zh: str, en: str) -> None:
        super().__init__(f"record.{code}", zh, en)
        self.column = column


@dataclass(frozen=True, slots=True)
class Checked:
    """A row that is a record: ids of the register, instants, values by column as JSON has them."""

    enterprise: int
    outlet: int | None
    region: str
    start: datetime
    end: datetime
    external_id: str
    data: dict[str, Any]


def columns(kind: str) -> dict[str, Column]:
    """All columns of a kind in order, those of the base first."""
    base = dict(BASE_COLUMNS)
    if KINDS[kind].lasting:
        base["end"] = Column("结束时间", "end", "time", required=True)
    return base | dict(KINDS[kind].columns)


def heading(column: Column) -> str:
    """The Chinese header of a column, with its unit."""
    return f"{column.zh}（{column.unit}）" if column.unit else column.zh


@cache
def headers(kind: str) -> dict[str, str]:
    """Every header a column may have: its code, its words with or without the unit."""
    known = {**_ALSO}
    for name, column in columns(kind).items():
        known |= dict.fromkeys((name, column.zh, column.en, heading(column)), name)
    return known


class Checker:
    """Checks the rows of one delivery; the register is asked once for all of them."""

    def __init__(self, kind: str, user: Any, rows: Sequence[Row]) -> None:
        self.kind, self.about, self.user = kind, KINDS[kind], user
        self._columns, self._names = columns(kind), headers(kind)
        self.firms = registry.enterprises_named(user, [*self._told(rows, "enterprise"), self._own_key()])
        self.outlets = registry.outlets_by_code({pk for pk, _ in self.firms.values()})

    def _own_key(self) -> str:
        return str(self.user.enterprise_id) if is_enterprise(self.user) else ""

    def _told(self, rows: Iterable[Row], wanted: str) -> Iterator[str]:
        for row in rows:
            for name, value in row.items():
                if self._names.get(str(name).strip()) == wanted:
                    yield str(value).strip()

    def check(self, row: Row) -> Checked:
        """The record a row tells; raises `Refusal`."""
        cells = self._cells(row)
        firm, region = self._enterprise(cells)
        outlet = self._outlet(cells, firm)
        start, end = self._times(cells)
        data = {name: _plain(self._value(name, cells)) for name in self.about.columns if name in cells}
        self._complete(data)
        content = [firm, outlet, start.isoformat(), end.isoformat(), data]
        given = str(cells.get("external_id", "")).strip()
        if len(given) > LONGEST_ID:
            zh, en = f"外部编号最长 {LONGEST_ID} 个字符", f"at most {LONGEST_ID} characters"
            raise Refusal("external_id", "external_id", zh, en)
        return Checked(firm, outlet, region, start, end, given or f"#{digest(content)[:40]}", data)

    def _cells(self, row: Row) -> dict[str, Any]:
        """The cells that say something, by the name of their column."""
        cells = {}
        for header, value in row.items():
            name = self._names.get(str(header).strip())
            if value is None or not str(value).strip() or header in {NUMBER, REASON}:
                continue
            if name is None:
                zh, en = f"没有“{header}”这一列", f"there is no column {header}"
                raise Refusal("unknown_column", str(header)[:64], zh, en)
            if isinstance(value, (dict, list)):
                raise _unreadable(name, self._columns[name], value)
            cells[name] = value
        return cells

    def _enterprise(self, cells: dict[str, Any]) -> tuple[int, str]:
        own = self._own_key()
        key = str(cells.get("enterprise", own)).strip()
        found = self.firms.get(key)
        if found is None:
            zh, en = f"排污单位 {key} 不存在或不在管辖范围", f"no enterprise {key} in your scope"
            raise Refusal("enterprise", "enterprise", zh, en) if key else _missing("enterprise", BASE_COLUMNS)
        return found

    def _outlet(self, cells: dict[str, Any], firm: int) -> int | None:
        code = str(cells.get("outlet", "")).strip()
        if not code:
            if self.about.of_outlet:
                raise _missing("outlet", BASE_COLUMNS)
            return None
        if (firm, code) not in self.outlets:
            zh, en = f"该单位没有排放口 {code}", f"the enterprise has no outlet {code}"
            raise Refusal("outlet", "outlet", zh, en)
        return self.outlets[firm, code]

    def _times(self, cells: dict[str, Any]) -> tuple[datetime, datetime]:
        for name in ("start", "end"):
            if name not in cells and self._columns[name].required:
                raise _missing(name, self._columns)
        start = self._value("start", cells)
        end = self._value("end", cells) if "end" in cells else start
        if end < start:
            raise Refusal("order", "end", "结束时间早于开始时间", "it ends before it starts")
        return start, end

    def _value(self, name: str, cells: dict[str, Any]) -> Any:
        column = self._columns[name]
        read = reading.factor if name == "factor" else reading.READ[column.type]
        try:
            value = read(cells[name], column)
        except (ValueError, TypeError, OverflowError) as error:
            raise _unreadable(name, column, cells[name]) from error
        if is_enterprise(self.user) and value in RESERVED.get((self.kind, name), ()):
            word = column.choices[value]
            zh, en = f"“{word[0]}”只能由主管部门报送", f"only authorities deliver “{word[1]}”"
            raise Refusal("reserved", name, zh, en)
        return value

    def _complete(self, data: dict[str, Any]) -> None:
        for name, column in self.about.columns.items():
            if column.required and name not in data:
                raise _missing(name, self._columns)


def _plain(value: Any) -> Any:
    """Instants as text, as the database keeps them."""
    return value.isoformat() if isinstance(value, datetime) else value


def _missing(name: str, known: Mapping[str, Column]) -> Refusal:
    column = known[name]
    return Refusal("required", name, f"缺少{column.zh}", f"{column.en} is missing")


_EXPECTED = {
    "text": ("应为文字", "should be text"),
    "number": ("应为数字", "should be a number"),
    "flag": ("应为“是”或“否”", "should be yes or no"),
    "time": (
        "应为北京时间，如 2026-11-21 08:00，或带时区的 ISO 8601 时间",
        "should be a Beijing time such as 2026-11-21 08:00, or ISO 8601 with a zone",
    ),
}


def _unreadable(name: str, column: Column, value: Any) -> Refusal:
    zh, en = _EXPECTED.get(column.type, ("", ""))
    if column.type == "choice":
        zh = f"应为其中之一：{'、'.join(words[0] for words in column.choices.values())}"
        en = f"should be one of {', '.join(column.choices)}"
    elif name == "factor":
        zh, en = "不是已知的因子编码或名称", "is no known factor"
    shown = str(value).strip()[:60]
    return Refusal(column.type, name, f"{column.zh}“{shown}”{zh}", f"{column.en} “{shown}” {en}")


def digest(content: Any) -> str:
    """SHA-256 of something as canonical JSON."""
    return sha256(dumps(content)).hexdigest()
