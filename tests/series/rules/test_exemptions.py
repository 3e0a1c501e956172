"""Exempt hours at start, stop and fault: the table, and the ledger by hand and for any marks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuanjian.series.cube import Grid
from yuanjian.series.marks import MarkKind
from yuanjian.series.rules import exemptions
from yuanjian.series.rules.exemptions import Window, ledger, windows
from yuanjian.series.rules.periods import YEARS

NEW_YEAR = datetime(2026, 12, 31, 16, tzinfo=UTC)  # 2027-01-01 in Beijing
HOUR = timedelta(hours=1)


def window(event: int | None = None, cap: int | None = None, side: exemptions.Side = "first") -> Window:
    return Window("x", MarkKind.STARTING, frozenset(), event, side, cap, YEARS, "D", "test")


def marks(text: str) -> np.ndarray:
    """``#`` is an hour marked as start-up."""
    return np.array([[MarkKind.STARTING if sign == "#" else 0 for sign in text]], np.uint16)


def grid(size: int, start: datetime = NEW_YEAR) -> Grid:
    return Grid(start, HOUR, size)


def shown(exempt: np.ndarray) -> str:
    return "".join("#" if cell else "." for cell in exempt[0])


def test_the_table_is_read() -> None:
    rows = windows()
    msw, repair = (row for row in rows if row.industry == "msw_incineration")
    assert msw.marks == MarkKind.STARTING | MarkKind.STOPPING | MarkKind.FAULT
    assert (msw.period_hours, msw.months, msw.event_hours, msw.factors) == (60, (1,), None, frozenset())
    assert (repair.period_hours, repair.months) == (30, (1, 4, 7, 10))
    kiln = next(row for row in rows if row.industry == "cement_kiln" and row.side == "last")
    assert (kiln.factors, kiln.event_hours, kiln.period_hours) == ({"a21002", "a21001"}, 8, None)
    assert {row.certainty for row in rows} <= {"A", "B", "C", "C-"}
    assert all(row.source for row in rows)


@pytest.mark.parametrize(
    ("text", "rule", "exempt"),
    [
        ("..####..", window(), "..####.."),
        ("..####.#", window(event=2), "..##...#"),
        ("..####.#", window(event=2, side="last"), "....##.#"),
        ("##..####", window(cap=4), "##..##.."),
        ("####.###", window(event=2, cap=3), "##...#.."),
    ],
)
def test_windows_by_hand(text: str, rule: Window, exempt: str) -> None:
    assert shown(ledger(marks(text), rule, grid(len(text))).exempt) == exempt


def test_a_new_year_gives_new_hours() -> None:
    found = ledger(marks("###" + "##"), window(cap=2), grid(5, NEW_YEAR - 3 * HOUR))
    assert shown(found.exempt) == "##.##"
    assert found.used[0].tolist() == [1, 2, 3, 1, 2]
    assert found.left[0].tolist() == [1, 0, 0, 1, 0]
    assert set(ledger(marks("##"), window(), grid(2)).left[0]) == {-1}


@given(st.text("#.", min_size=1, max_size=80), st.integers(0, 12), st.integers(0, 30), st.booleans())
def test_the_ledger_is_never_negative_and_never_gives_more_than_the_cap(
    text: str, event: int, cap: int, last: bool
) -> None:
    rule = window(event, cap, "last" if last else "first")
    found = ledger(marks(text), rule, grid(len(text)))
    assert (found.left >= 0).all()
    assert found.exempt.sum() <= cap
    assert not (found.exempt & (marks(text) == 0)).any()
    assert (found.left == np.maximum(cap - found.used, 0)).all()
    more = ledger(marks(text), window(event, cap + 1, rule.side), grid(len(text)))
    assert (more.exempt | ~found.exempt).all()
