"""The table of standards: what it holds, what of it can be applied, and what cannot and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from yuanjian.platform.registry import standards
from yuanjian.wire import hj212


def row(pollutant: str, standard: str, **more: str) -> standards.Row:
    """The one row with these properties."""
    (found,) = (
        item
        for item in standards.rows(standard)
        if item.pollutant == pollutant and all(getattr(item, name) == said for name, said in more.items())
    )
    return found


def test_every_row_is_there_and_counted() -> None:
    counted = Counter(item.refusal for item in standards.table().values())
    assert sum(counted.values()) == 1131
    assert counted[None] == 756
    assert set(counted) - {None} <= set(standards.REASONS)
    assert Counter(item.certainty for item in standards.table().values()) == {"A": 769, "B": 44, "C": 318}


def test_what_can_be_applied_is_a_factor_with_bounds_in_its_unit() -> None:
    for item in standards.table().values():
        if item.refusal is None:
            factor = hj212.factor(item.factor or "")
            assert factor is not None
            assert factor.medium == item.medium
            low, high = item.bound(item.low), item.bound(item.high)
            assert high is not None
            assert (low or 0.0) < high
            assert item.averaging in {"hour", "day", "instant"}
            assert len(item.basis) <= 200


def test_bounds_are_in_the_unit_of_the_readings() -> None:
    chrome = row("六价铬", "GB 8978-1996")
    assert (chrome.unit, chrome.factor_unit, chrome.high, chrome.bound(chrome.high)) == (
        "mg/L",
        "μg/L",
        "0.5",
        500.0,
    )
    acid = row("pH", "GB 8978-1996")
    assert (acid.factor, acid.bound(acid.low), acid.bound(acid.high)) == ("w01001", 6.0, 9.0)
    assert acid.bound("") is None


def test_a_row_of_an_incinerator() -> None:
    dust = row("颗粒物", "GB 18485-2014（含2019年修改单）", averaging="hour")
    assert (dust.factor, dust.high, dust.o2, dust.certainty) == ("a34013", "30", "11", "C")
    assert dust.basis == "GB 18485-2014（含2019年修改单） 表4"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"scope": "boundary"}, "place"),
        ({"status": "policy"}, "policy"),
        ({"kind": "varies"}, "varies"),
        ({"kind": "min"}, "kind"),
        ({"pollutant": "二噁英类"}, "factor"),
        ({"unit": "kg/h"}, "unit"),
        ({"averaging": ""}, "averaging"),
        ({"o2": "16 / 18"}, "oxygen"),
        ({"o2": "3.5"}, None),
    ],
)
def test_why_a_row_is_not_applied(change: dict[str, str], reason: str | None) -> None:
    good = row("SO2", "GB 13271-2014", condition="表1 在用 燃煤")
    assert good.refusal is None
    assert replace(good, **change).refusal == reason  # type: ignore[arg-type]


def test_a_limit_with_a_second_value_is_left_to_the_permit() -> None:
    ammonia = [item for item in standards.rows("GB 18918-2002") if item.limit == "5 (8 at ≤12°C)"]
    assert [item.refusal for item in ammonia] == ["varies"]


def test_standards_are_found_by_name_industry_and_medium() -> None:
    boilers = dict(standards.listed("锅炉"))
    assert set(boilers) == {"GB 13271-2014", "DB44/765-2019"}
    assert set(dict(standards.listed("gb 13271"))) == {"GB 13271-2014"}
    assert set(dict(standards.listed("BOILERS", "water"))) == set()
    assert all(item.medium == "water" for _, found in standards.listed(medium="water") for item in found)
    assert len(standards.listed()) == 72
