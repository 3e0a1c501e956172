from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuanjian.wire.hj212 import items


@pytest.mark.parametrize(
    ("cp", "expected"),
    [
        ("", []),
        (" DataTime = 1 ;; a-Rtd=2,a-Flag=N,...,=5", [("DataTime", "1"), ("a-Rtd", "2"), ("a-Flag", "N")]),
        ("a=b=c", [("a", "b=c")]),
        ("i-Info=//清洗;管路,a=1//", [("i-Info", "清洗;管路,a=1")]),
        (
            "t=1;i-Info=//a;b//;j-Info=//c,d//,k=2",
            [("t", "1"), ("i-Info", "a;b"), ("j-Info", "c,d"), ("k", "2")],
        ),
        ("i-Info=//see http://x//;k=2", [("i-Info", "see http://x"), ("k", "2")]),
        ("i-Info=//see http://x//", [("i-Info", "see http://x")]),
        ("i-Info=//a// b", [("i-Info", "a")]),
        ("i-Info=//never closed;k=2", [("i-Info", "never closed;k=2")]),
        ("=//text//;k=2", [("k", "2")]),
        ("u-Info=http://x/y.jpg;k=2", [("u-Info", "http://x/y.jpg"), ("k", "2")]),
        ("i-Info=////;k=2", [("i-Info", ""), ("k", "2")]),
    ],
)
def test_items(cp: str, expected: list[tuple[str, str]]) -> None:
    assert items(cp) == expected


@given(st.text("ab=/;, -", max_size=60))
def test_any_text_gives_items(cp: str) -> None:
    for name, _ in items(cp):
        assert name
        assert name == name.strip()
