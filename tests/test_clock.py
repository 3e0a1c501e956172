"""Beijing wall time and UTC instants."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuanjian.clock import BEIJING, beijing_day, from_beijing, to_beijing, utcnow

WALLS = st.datetimes(datetime(1992, 1, 1), datetime(2100, 1, 1))  # noqa: DTZ001 - naive on purpose


def test_beijing_is_eight_hours_ahead() -> None:
    wall = datetime(2026, 11, 21, 8)  # noqa: DTZ001 - a device's stamp has no zone
    assert from_beijing(wall) == datetime(2026, 11, 21, 0, tzinfo=UTC)


def test_the_day_turns_at_beijing_midnight() -> None:
    assert beijing_day(datetime(2026, 11, 20, 15, 59, tzinfo=UTC)) == date(2026, 11, 20)
    assert beijing_day(datetime(2026, 11, 20, 16, 0, tzinfo=UTC)) == date(2026, 11, 21)


@given(WALLS)
def test_there_and_back(wall: datetime) -> None:
    assert to_beijing(from_beijing(wall)).replace(tzinfo=None) == wall
    assert from_beijing(wall) - wall.replace(tzinfo=UTC) == timedelta(hours=-8)


def test_the_wrong_kind_of_time_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        from_beijing(datetime(2026, 1, 1, tzinfo=BEIJING))
    with pytest.raises(ValueError, match="aware"):
        to_beijing(datetime(2026, 1, 1))  # noqa: DTZ001 - the mistake under test
    assert utcnow().tzinfo is UTC
