"""Precision and recall on cases small enough to count by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from yuanjian.simulator.injection import KINDS
from yuanjian.simulator.score import EXPLAINS, FindingLike, score
from yuanjian.simulator.truth import Truth

T0 = datetime(2026, 10, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)


def truth(kind: str, level: int, start: float, hours: float, outlet: str = "DA001") -> Truth:
    begin = T0 + start * HOUR
    return Truth(kind, "91A", outlet, "MN1", "a21026", begin, begin + hours * HOUR, KINDS[kind].models, level)


def finding(model: str, level: int, start: float, hours: float, outlet: str = "91A/DA001") -> FindingLike:
    begin = T0 + start * HOUR
    return FindingLike(model, outlet, "a21026", level, begin, begin + hours * HOUR)


def test_one_of_two_found_and_one_of_three_wrong() -> None:
    truths = [truth("hourly_exceedance", 2, 0, 3), truth("constant", 1, 100, 30)]
    findings = [
        finding("M101", 2, 0, 3),
        finding("M101", 1, 1, 1),
        finding("M216", 2, 50, 4),
    ]
    result = score(findings, truths)
    assert (result.recall.good, result.recall.total) == (1, 2)
    assert (result.precision.good, result.precision.total) == (2, 3)
    assert result.precision.value == pytest.approx(2 / 3)
    assert result.missed == (truths[1],)
    assert result.false == (findings[2],)


def test_reminders_count_for_nothing() -> None:
    result = score(
        [finding("M101", 3, 0, 1), finding("M117", 3, 500, 1)], [truth("hourly_exceedance", 3, 0, 1)]
    )
    assert result.precision.value is None
    assert result.recall.value is None


def test_a_warning_about_a_level_three_truth_is_right() -> None:
    result = score([finding("M101", 2, 0, 1)], [truth("hourly_exceedance", 3, 0, 1)])
    assert result.precision.value == 1.0
    assert result.recall.total == 0


def test_a_consequence_is_right_but_does_not_find() -> None:
    """A treatment that stands makes the stack exceed: M101 is right to say so, but M301 was asked."""
    result = score([finding("M101", 1, 0, 6)], [truth("treatment_off", 1, 0, 6)])
    assert result.precision.value == 1.0
    assert result.recall.value == 0.0


def test_another_outlet_or_model_does_not_count() -> None:
    findings = [
        finding("M101", 1, 0, 3, "91A/DA002"),
        finding("M117", 1, 0, 3),
        finding("M101", 1, 0, 3, "91B/DA001"),
    ]
    result = score(findings, [truth("hourly_exceedance", 1, 0, 3)])
    assert (result.precision.good, result.recall.good) == (0, 0)
    assert result.false == tuple(findings)


@pytest.mark.parametrize(
    ("kind", "model", "late", "found"),
    [
        ("hourly_exceedance", "M101", 1.9, True),
        ("hourly_exceedance", "M101", 2.0, False),
        ("daily_exceedance", "M102", 23.9, True),
        ("daily_exceedance", "M102", 24.0, False),
        ("many_days", "M103", 24 * 31 - 0.1, True),
        ("many_days", "M103", 24 * 31, False),
        ("near_limit", "M217", 24 * 8 - 0.1, True),
        ("drop", "M215", 7.9, True),
        ("drop", "M215", 8.0, False),
    ],
)
def test_tolerance_and_aftermath(kind: str, model: str, late: float, found: bool) -> None:
    result = score([finding(model, 2, 10 + late, 5)], [truth(kind, 2, 0, 10)])
    assert result.recall.value == float(found)
    assert result.precision.value == float(found)


def test_tolerance_before() -> None:
    truths = [truth("missing", 1, 10, 10)]
    assert score([finding("M117", 1, 0, 8.1)], truths).recall.value == 1.0
    assert score([finding("M117", 1, 0, 8)], truths).recall.value == 0.0


def test_per_kind() -> None:
    truths = [
        truth("zero", 2, 0, 5),
        truth("zero", 1, 100, 20),
        truth("missing", 2, 200, 6),
        truth("missing", 3, 300, 2),
    ]
    findings = [
        finding("M216", 2, 0, 5),
        finding("M216", 1, 60, 5),
        finding("M205", 2, 1, 4),
        finding("M117", 2, 200, 6),
        finding("M117", 2, 300, 4),
    ]
    result = score(findings, truths)
    zero_precision, zero_recall = result.by_kind["zero"]
    assert (zero_precision.good, zero_precision.total) == (1, 2)
    assert (zero_recall.good, zero_recall.total) == (1, 2)
    missing_precision, missing_recall = result.by_kind["missing"]
    assert (missing_precision.good, missing_precision.total) == (2, 2)
    assert (missing_recall.good, missing_recall.total) == (1, 1)
    assert (result.precision.good, result.precision.total) == (4, 5)
    assert result.as_dict()["recall"] == {"value": 2 / 3, "good": 2, "total": 3}
    by_kind = result.as_dict()["by_kind"]
    assert isinstance(by_kind, dict)
    assert by_kind["zero"]["recall"]["value"] == 0.5


def test_findings_may_be_mappings_with_text_times() -> None:
    record = finding("M101", 2, 0, 3)._asdict()
    record |= {"start": record["start"].isoformat(), "end": record["end"].isoformat(), "claim": "x"}
    assert score([record], [truth("hourly_exceedance", 2, 0, 3)]).recall.value == 1.0


def test_nothing_is_judged_when_there_is_nothing() -> None:
    result = score([], [])
    assert result.precision.value is None
    assert result.recall.value is None
    assert result.by_kind == {}


def test_every_kind_explains_at_least_what_it_is_expected_to() -> None:
    assert set(EXPLAINS) == set(KINDS) | {"parameter_changed"}
    for name, kind in KINDS.items():
        assert set(kind.models) <= EXPLAINS[name]
