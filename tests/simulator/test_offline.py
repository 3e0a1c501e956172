"""The province without a database: what its loggers send arrives at the models, and the figures add up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from yuanjian.cli import main, scores
from yuanjian.screening import catalogue
from yuanjian.series import SeriesKey
from yuanjian.simulator import offline
from yuanjian.simulator.injection import KINDS
from yuanjian.simulator.score import FindingLike
from yuanjian.simulator.truth import Truth
from yuanjian.simulator.world import World


@pytest.fixture(scope="module")
def world() -> World:
    return World.build(seed=3, outlets=24, start=date(2026, 10, 1))


def test_every_hour_of_every_outlet_arrives(world: World) -> None:
    told: list[tuple[int, int]] = []
    start, end = world.midnight(), world.midnight(2)
    rows = offline.readings(world, start, end, lambda *said: told.append(said))
    register = offline.registry(world, start, end)
    assert told[-1] == (2, 2)
    for outlet in register.outlets():
        cube = rows.cube(
            [SeriesKey(outlet.point, factor) for factor in outlet.factors],
            cadence="hour",
            start=start,
            end=end,
        )
        assert (cube.flags[:, :-1] > 0).mean() > 0.8
        assert outlet.chain is not None
        meters = [SeriesKey(m.point, m.factor) for m in (*outlet.chain.production, *outlet.chain.treatment)]
        power = rows.cube(meters, cadence="minute", start=start, end=end, step=timedelta(minutes=10))
        assert (power.flags[:, :-1] > 0).mean() > 0.8
    assert {limit.averaging for outlet in register.outlets() for limit in outlet.limits} == {"hour", "day"}


def test_doors_and_marks_arrive(world: World) -> None:
    start, end = world.midnight(), world.midnight(20)
    register = offline.registry(world, start, end)
    points = [point for outlet in register.outlets() for point in outlet.door_points]
    assert register.marks([outlet.point for outlet in register.outlets()], start, end)
    rows = offline.readings(world, start, world.midnight(3))
    visits = rows.events(points, ["door"], start=utc(start), end=utc(end))
    assert visits.height > 0


def utc(instant: datetime) -> datetime:
    return instant.astimezone(UTC)


def finding(model: str, level: int, truth: Truth, later: float = 0.0) -> FindingLike:
    moved = timedelta(days=later)
    outlet = f"{truth.enterprise}/{truth.outlet}"
    return FindingLike(model, outlet, None, level, truth.start + moved, truth.end + moved)


def some_truths() -> Iterator[Truth]:
    start = World.build(seed=1, outlets=1).midnight()
    for kind in ("constant", "missing"):
        end = start + timedelta(hours=30)
        yield Truth(kind, "91A", "DA001", "MN1", "a21026", start, end, KINDS[kind].models, 1)


def test_the_figures_are_counted() -> None:
    constant, missing = some_truths()
    tally = scores.Tally()
    found = [
        finding("M205", 1, constant), finding("M205", 1, constant, 50), finding("M205", 3, constant),
        finding("M900", 2, missing), finding("M900", 1, missing, 50),
    ]  # fmt: skip
    scores.add(tally, found, [constant, missing], 365, {"M117", "M205"})
    models = [catalogue.load()[code] for code in ("M117", "M205")]
    report = scores.told(tally, models)
    assert report["pattern_recall"] == 0.5
    assert report["level1_false_per_20_outlet_years"] == 20.0
    assert report["patterns"] == {
        "constant": {"recall": 1.0, "precision": 0.5, "n": 1},
        "missing": {"recall": 0.0, "precision": None, "n": 1},
    }
    assert report["models"]["M205"]["levels"] == {"1": 2, "2": 0, "3": 1}
    assert report["models"]["M117"] == {
        "status": "live", "levels": {"1": 0, "2": 0, "3": 0}, "precision": None, "recall": 0.0, "n": 1,
    }  # fmt: skip
    # Nothing injected says what M900 finds: it is right where anything is wrong.
    assert tally.models["M900"]["right"] == 1
    page = scores.text(report, models, {"seeds": 1})
    assert "`yuanjian models score --seeds 1`" in page
    assert "| missing | 1 | 0.00 | – |" in page
    assert "| M117 | Missing data" in page


def test_the_command_writes_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(scores, "PAGE", tmp_path / "scores.md")
    monkeypatch.setattr(scores.run, "__kwdefaults__", {"page": tmp_path / "scores.md"})
    size = ["--seeds", "1", "--outlets", "5", "--days", "9", "--rate", "0.8", "--json"]
    assert main.main(["models", "score", *size]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["outlet_years"] == round(5 * 9 / 365, 2)
    assert sum(row["n"] for row in report["patterns"].values()) > 0
    assert (tmp_path / "scores.md").read_text(encoding="utf-8").startswith("# Scores")
