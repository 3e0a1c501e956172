"""The doctor's judgement: which numbers do not add up. The run itself is in tests/e2e."""

from __future__ import annotations

from typing import Any

import pytest

from yuanjian.cli.doctor import _problems

FRAMES = {f"frames_{key}": 30_000 for key in ("sent", "acknowledged", "journaled", "ingested")}
GOOD = FRAMES | {
    "readings": 90_000,
    "readings_appended": 90_000,
    "clues": {"1": 2, "2": 3, "3": 4},
    "closed": {"1": "closed", "2": "closed", "3": "closed"},
    "recall": 0.95,
    "precision": 0.85,
}


def test_numbers_that_add_up_are_no_problem() -> None:
    assert list(_problems(GOOD)) == []


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"frames_acknowledged": 29_999}, "frames differ"),
        ({"frames_ingested": 29_999}, "frames differ"),
        (dict.fromkeys(FRAMES, 19_999), "fewer than 20000"),
        ({"readings": 89_999}, "ingest appended 90000"),
        ({"readings": 0, "readings_appended": 0}, "holds 0 readings"),
        ({"clues": {"1": 2, "2": 3, "3": 0}}, "no clue of level 3"),
        ({"closed": {"1": "closed", "2": "noticed", "3": "closed"}}, "level 2 did not reach its end"),
        ({"recall": 0.89}, "recall"),
        ({"precision": 0.79}, "precision"),
    ],
)
def test_each_number_that_does_not_is_told_alone(changed: dict[str, Any], problem: str) -> None:
    [told] = _problems(GOOD | changed)
    assert problem in told
