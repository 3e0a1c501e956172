"""CSV as people's spreadsheets read and write it: UTF-8 with a mark or GB 18030 in, UTF-8 with a mark out."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from yuanjian.platform.common.errors import BadRequest, TooLarge

MOST_ROWS = 20_000
_MARK = "\ufeff"


def read(content: bytes) -> list[dict[str, Any]]:
    """The rows of a CSV file by their headers, empty lines left out.

    Raises `BadRequest` for what is no CSV with a header, `TooLarge` for more than `MOST_ROWS`.
    """
    lines = csv.reader(io.StringIO(_decoded(content), newline=""), strict=True)
    try:
        header = [name.strip() for name in next(lines, [])]
        filled = (line for line in lines if any(cell.strip() for cell in line))
        rows = list(islice(filled, MOST_ROWS + 1))  # not the millions a file may hold
    except csv.Error as error:
        raise _unreadable(str(error)) from error
    if not any(header) or len(set(filter(None, header))) < len([name for name in header if name]):
        raise BadRequest(
            "records.header", "首行应为列名，且不得重复", "the first line must name the columns once"
        )
    few_enough(rows)
    return [_row(header, line) for line in rows]


def few_enough(rows: Sequence[Any]) -> None:
    """Raise `TooLarge` for more rows than one delivery may have."""
    if len(rows) > MOST_ROWS:
        zh, en = f"一次最多报送 {MOST_ROWS} 行", f"a delivery has {MOST_ROWS} rows at most"
        raise TooLarge("records.too_many", zh, en, most=MOST_ROWS)


def _row(header: Sequence[str], line: Sequence[str]) -> dict[str, Any]:
    """Cells beyond the header keep their place as a name, so that they are refused and not lost."""
    names = [*header, *(f"第{n}列" for n in range(len(header) + 1, len(line) + 1))]
    named = ((name or f"第{n}列", cell) for n, (name, cell) in enumerate(zip(names, line, strict=False), 1))
    return dict(named)


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise _unreadable("encoding")


def _unreadable(reason: str) -> BadRequest:
    zh = "文件无法读取，应为 CSV（UTF-8 或 GB18030）"
    return BadRequest("records.csv", zh, "the file is no CSV in UTF-8 or GB 18030", reason=reason)


def write(header: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Rows under a header as CSV; a cell that a spreadsheet would run as a formula becomes text."""
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\r\n")
    lines.writerow([_harmless(name) for name in header])
    lines.writerows([_harmless(row.get(name, "")) for name in header] for row in rows)
    return (_MARK + out.getvalue()).encode()


def _harmless(value: Any) -> str:
    text = "" if value is None else str(value)
    if not text.startswith(("=", "+", "-", "@", "\t", "\r")):
        return text
    try:
        float(text)
    except ValueError:
        return f"'{text}"
    return text
