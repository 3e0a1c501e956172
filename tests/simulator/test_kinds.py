"""What happens without anybody cheating, and the examples M734 learns from."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from yuanjian.cli import kinds as command
from yuanjian.screening import catalogue
from yuanjian.screening.learnt.artefact import load
from yuanjian.screening.learnt.kinds import KINDS
from yuanjian.screening.training import kinds as training
from yuanjian.screening.training.kinds import Example
from yuanjian.simulator.patterns import kinds, library
from yuanjian.simulator.patterns.draws import draw
from yuanjian.simulator.patterns.library import Pattern
from yuanjian.simulator.patterns.plants import Plant

MODELS = [catalogue.load()[code] for code in ("M117", "M205", "M414")]


def state(plant: Plant) -> tuple[object, ...]:
    series = [(own.values, own.flags) for own in plant.series.values()]
    return (
        len(plant.marks),
        len(plant.events),
        [np.nan_to_num(part).tobytes() for both in series for part in both],
    )


@pytest.mark.parametrize("accident", library.accidents().values(), ids=lambda pattern: pattern.name)
def test_an_accident_changes_the_outlet_and_is_no_cheating(accident: Pattern) -> None:
    one = draw(accident, 3, 0)
    assert accident.cause in {"fault", "upkeep"}
    assert state(one.plants[0]) != state(one.twins[0])
    before = slice(0, one.first - 24)
    for code, own in one.plants[0].series.items():
        assert np.array_equal(own.values[before], one.twins[0].series[code].values[before], equal_nan=True)


def test_causes_are_kinds_or_none() -> None:
    causes = {pattern.cause for pattern in library.patterns().values()}
    assert causes <= {*KINDS, "none"}
    assert set(KINDS) <= causes


def test_examples_are_what_models_say_and_what_was_done(monkeypatch: pytest.MonkeyPatch) -> None:
    known, mishaps = library.patterns(), library.accidents()
    monkeypatch.setattr(
        kinds.library, "patterns", lambda: {n: known[n] for n in ("gap", "treatment_off", "constant")}
    )
    monkeypatch.setattr(kinds.library, "accidents", lambda: {"long_service": mishaps["long_service"]})
    told: list[tuple[int, int]] = []
    made = list(kinds.examples(MODELS, 3, 1, lambda done, total: told.append((done, total))))
    assert told == [(5, 5)]
    assert {example.name for example in made} >= {"gap", "constant"}
    gap = next(example for example in made if example.name == "gap")
    assert (gap.kind, gap.numbers["M117"] > 0, gap.numbers["missing"] > 0.5) == ("fault", True, True)


def test_the_command_learns_and_writes_the_page(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(1)

    def drawn(models: object, seed: int, count: int, told: object) -> list[Example]:
        return [
            Example(
                f"{kind} {at % 4}", kind, {"flagged": float(rng.random() + (kind == "fault")), "M205": 1.0}
            )
            for at in range(20 * count)
            for kind in KINDS
        ]

    monkeypatch.setattr(command.kinds, "examples", drawn)
    monkeypatch.setattr(command.catalogue, "folder", lambda: tmp_path)
    models = catalogue.load(Path(str(catalogue.__file__)).parents[1] / "catalogue")
    monkeypatch.setattr(command.catalogue, "load", lambda: models)
    assert command.run(seed=1, held_out=2, number=2, as_json=True, page=tmp_path / "kinds.md") == 0
    said = json.loads(capsys.readouterr().out)
    assert said["same_patterns"]["of_kind"]["fault"]["right"] > 0.6
    with (tmp_path / "M734" / "trained.npz").open("rb") as file:
        artefact = load(file)
    assert artefact.hash == said["artefact"]
    page = (tmp_path / "kinds.md").read_text(encoding="utf-8")
    assert artefact.hash[:12] in page
    assert "M205" in page


def test_it_hears_no_exceedance_and_nothing_that_learns() -> None:
    codes = {model.code for model in command.heard()}
    assert "M205" in codes
    assert not codes & {"M101", "M301", "M731", "M734"}


def test_too_few_names_cannot_be_learned() -> None:
    few = [Example(kind, kind, {"flagged": 1.0}) for kind in KINDS for _ in range(9)]
    with pytest.raises(ValueError, match="n_splits"):
        training.learn(catalogue.load()["M734"], few, 1)
