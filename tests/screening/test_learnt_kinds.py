"""M734: numbers about a clue, what it probably is, and how reliable that is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from yuanjian.screening import cases, catalogue
from yuanjian.screening.learnt import circumstances, kinds
from yuanjian.screening.learnt.artefact import Artefact, load
from yuanjian.screening.training import kinds as training
from yuanjian.screening.training.kinds import Example
from yuanjian.series import MarkPeriod

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MODEL = catalogue.load()["M734"]


@dataclass(frozen=True)
class Said:
    model: str
    level: int
    start: datetime
    end: datetime
    factor: str | None = None


def case_of(code: str, kind: str = "positive") -> cases.Case:
    return next(case for case in cases.read(code) if case.kind == kind)


def described(case: cases.Case, first: int, last: int, *said: Said) -> dict[str, float]:
    start, end = case.start + first * HOUR, case.start + last * HOUR
    [outlet, *_] = case.registry.outlets()
    return circumstances.describe(outlet, case.readings, case.registry, said, start, end)


def test_quiet_hours_tell_nothing() -> None:
    case = case_of("M327", "near_miss")
    numbers = described(case, 48, 72)
    assert set(numbers) == set(kinds.NUMBERS)
    for name in (
        "missing",
        "all_missing",
        "flagged",
        "frozen",
        "maintained",
        "opened",
        "visits",
        "stopped",
        "models",
    ):
        assert numbers[name] == 0.0, name
    assert numbers["length"] == pytest.approx(np.log10(24))
    assert 0.3 < numbers["load"] <= 1.0


def test_what_stands_still_and_what_is_lower_is_seen() -> None:
    case = case_of("M205")
    finding = cases.findings(case, catalogue.load()["M205"])[0]
    hours = [round((at - case.start) / HOUR) for at in (finding.start, finding.end)]
    numbers = described(case, *hours, Said("M205", finding.level, finding.start, finding.end, finding.factor))
    assert numbers["frozen"] > 0
    assert numbers["M205"] == pytest.approx((4 - finding.level) / 3)
    assert numbers["breadth"] > 0
    assert numbers["models"] == 0.1


def test_models_far_away_are_not_heard() -> None:
    case = case_of("M327", "near_miss")
    far = Said("M205", 1, case.start - 9 * DAY, case.start - 8 * DAY)
    mild = Said("M117", 3, case.start + 50 * HOUR, case.start + 51 * HOUR)
    worse = replace(mild, level=2)
    numbers = described(case, 48, 72, far, worse, mild)
    assert "M205" not in numbers
    assert numbers["M117"] == pytest.approx(2 / 3)


def test_gaps_marks_and_falls() -> None:
    case = case_of("M327", "near_miss")
    [outlet] = case.registry.outlets()
    at = case.start + 48 * HOUR
    marks = (
        MarkPeriod(outlet.point, None, "maintenance", at - 20 * HOUR, at - 18 * HOUR),
        MarkPeriod(outlet.point, None, "stopped", at, at + 6 * HOUR),
        MarkPeriod(outlet.point, None, "stopped", at - 9 * HOUR, at - 8 * HOUR),
        MarkPeriod(outlet.point, None, "fault", at + 90 * HOUR, at + 91 * HOUR),
    )
    marked = replace(case, registry=replace(case.registry, periods=marks))
    numbers = described(marked, 48, 72)
    assert numbers["maintained"] == 1.0
    assert numbers["reported"] == 0.0
    assert numbers["stopped"] == pytest.approx(0.25)
    later = described(case, 24 * 40, 24 * 41)
    assert (later["missing"], later["all_missing"], later["load"]) == (1.0, 1.0, 0.5)


def test_the_limit_and_the_door_before_count() -> None:
    case = case_of("M415")
    [opening] = case.readings.event_rows["time"].to_list()[:1]
    first = round((opening - case.start) / HOUR)
    numbers = described(case, first + 1, first + 12)
    assert numbers["opened"] == 1.0
    assert numbers["near"] > 0
    assert described(case, first, first + 6)["visits"] > 0


def test_an_outlet_without_factors_is_described() -> None:
    case = case_of("M327", "near_miss")
    [outlet] = case.registry.outlets()
    bare = replace(outlet, factors=(), chain=None)
    numbers = circumstances.describe(
        bare, case.readings, case.registry, (), case.start + DAY, case.start + DAY
    )
    assert (numbers["missing"], numbers["all_missing"], numbers["load"]) == (0.0, 0.0, 0.5)


def examples(seed: int = 1, count: int = 240) -> list[Example]:
    rng = np.random.default_rng(seed)
    made = []
    for at in range(count):
        kind = list(kinds.KINDS)[at % 3]
        numbers = {
            "flagged": float(rng.uniform(0.3, 1.0) if kind == "fault" else rng.uniform(0.0, 0.4)),
            "maintained": float(rng.random() < (0.8 if kind == "upkeep" else 0.2)),
            "M205": 1.0 if kind == "cheat" and rng.random() < 0.7 else 0.0,
        }
        made.append(Example(f"{kind} {at // 3 % 4}", kind, numbers | ({"M999": 1.0} if at == 0 else {})))
    return made


def test_it_learns_what_tells_the_kinds_apart() -> None:
    artefact = training.learn(MODEL, examples(), 1)
    assert artefact.facts["features"] == [*kinds.NUMBERS, "M205"]
    for numbers, kind in (
        ({"flagged": 0.9}, "fault"),
        ({"maintained": 1.0}, "upkeep"),
        ({"M205": 1.0}, "cheat"),
    ):
        opinion = kinds.judge(artefact, numbers)
        assert opinion.kind == kind
        assert sum(opinion.chances.values()) == pytest.approx(1.0)
        assert {reason.feature: reason.more for reason in opinion.because}[next(iter(numbers))]
        assert all(reason.weight >= kinds.TELLING for reason in opinion.because)
    told = training.reliability(
        kinds.chances(artefact, (table := training.table(examples(2), artefact.facts["features"])).samples),
        table,
    )
    assert told["accuracy"] > 0.75
    assert told["brier"] < 0.4
    assert [row["n"] for row in told["of_kind"].values()] == [80, 80, 80]
    for row in told["calibration"]:
        assert abs(row["said"] - row["right"]) < 0.25 or row["n"] < 20


def test_without_a_temperature_it_is_scikit_learns_answer() -> None:
    told = training.table(examples(), ["flagged", "maintained", "M205"])
    theirs = LogisticRegression(C=1.0, max_iter=2000).fit(
        told.samples, told.kinds, sample_weight=told.weights
    )
    ours = Artefact({"weights": theirs.coef_, "bias": theirs.intercept_, "beta": np.array(1.0)}, {})
    assert kinds.chances(ours, told.samples) == pytest.approx(theirs.predict_proba(told.samples))


def test_noise_is_told_with_no_certainty() -> None:
    rng = np.random.default_rng(3)
    noise = [replace(e, numbers={name: float(rng.random()) for name in e.numbers}) for e in examples()]
    opinion = kinds.judge(training.learn(MODEL, noise, 1), noise[5].numbers)
    assert max(opinion.chances.values()) < 0.5


def test_a_kind_nobody_showed_is_left_out_of_the_table() -> None:
    artefact = training.learn(MODEL, examples(), 1)
    some = [example for example in examples(2) if example.kind != "upkeep"]
    table = training.table(some, artefact.facts["features"])
    assert set(training.reliability(kinds.chances(artefact, table.samples), table)["of_kind"]) == {
        "cheat",
        "fault",
    }


def test_the_artefact_of_the_catalogue_fits_the_model() -> None:
    with (catalogue.folder() / "M734" / "trained.npz").open("rb") as file:
        artefact = load(file)
    assert (artefact.facts["model"], artefact.facts["model_version"]) == ("M734", MODEL.version)
    assert set(kinds.NUMBERS) <= set(artefact.facts["features"])
    visited = kinds.judge(artefact, {"opened": 1.0, "visits": 1.0, "calibrated": 1.0, "M414": 1.0})
    assert visited.kind == "upkeep"
