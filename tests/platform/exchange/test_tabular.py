"""CSV files in and out."""

from __future__ import annotations

import pytest

from yuanjian.platform.common.errors import BadRequest, TooLarge
from yuanjian.platform.exchange import tabular


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_what_spreadsheets_save_is_read(encoding: str) -> None:
    content = "因子编码, 类型\r\na21026,零点校准\r\n\r\n, \r\n".encode(encoding)
    assert tabular.read(content) == [{"因子编码": "a21026", "类型": "零点校准"}]


def test_cells_without_a_header_are_not_lost() -> None:
    assert tabular.read(b"a,,c\n1,2,3,4\n5\n") == [
        {"a": "1", "第2列": "2", "c": "3", "第4列": "4"},
        {"a": "5"},
    ]


@pytest.mark.parametrize(
    "content", [b"", b"\n1,2\n", b"a,a\n1,2\n", b'a\n"x', b"a\x00b\n1", b"\xff\xfe\x00\x81"]
)
def test_what_is_no_table_is_refused(content: bytes) -> None:
    with pytest.raises(BadRequest, match="records"):
        tabular.read(content)


def test_there_is_a_limit() -> None:
    with pytest.raises(TooLarge):
        tabular.read(b"a\n" + b"1\n" * (tabular.MOST_ROWS + 1))


def test_a_file_written_is_a_file_read_and_holds_no_formula() -> None:
    body = tabular.write(["a", "b"], [{"a": "=1+1", "b": -2.5}, {"a": None, "b": "文,字"}])
    assert body.startswith(b"\xef\xbb\xbf")
    assert tabular.read(body) == [{"a": "'=1+1", "b": "-2.5"}, {"a": "", "b": "文,字"}]
