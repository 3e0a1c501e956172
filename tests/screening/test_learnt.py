"""Models that learn: artefacts, trees, training, and what the engine does without an artefact."""

from __future__ import annotations

import io
import json
import runpy
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from province import START, province
from sklearn.ensemble import GradientBoostingRegressor, IsolationForest

from yuanjian.errors import OwnFault, UserFault
from yuanjian.screening import cases, catalogue, engine, training
from yuanjian.screening.learnt import days, norms
from yuanjian.screening.learnt.artefact import NEEDED, UNTRAINED, Artefact, Shelf, load
from yuanjian.screening.learnt.trees import Trees
from yuanjian.screening.methods.learnt_isolation import isolation
from yuanjian.screening.thresholds import CataloguePolicy
from yuanjian.screening.training import __main__ as examples
from yuanjian.screening.training.forests import as_arrays
from yuanjian.screening.training.isolation import forest

MODELS = catalogue.load()
LEARNT = [model for model in MODELS if training.trainable(model)]
every = pytest.mark.parametrize("model", LEARNT, ids=lambda model: model.code)


def artefact(model: str = "M731", **facts: object) -> Artefact:
    told = dict.fromkeys(NEEDED) | {
        "model": model, "model_version": MODELS[model].version, "industry": "", "outlets": [1, 3],
        "end": "2026-01-01",
    }  # fmt: skip
    return Artefact({"a": np.arange(3.0), "b": np.ones((2, 2), np.int32)}, told | facts)


def stored(**arrays: object) -> io.BytesIO:
    file = io.BytesIO()
    np.savez(file, **arrays)  # type: ignore[arg-type]
    file.seek(0)
    return file


def test_an_artefact_comes_back_as_it_was(tmp_path: Path) -> None:
    one = artefact()
    one.save(tmp_path / "deep" / "one.npz")
    with (tmp_path / "deep" / "one.npz").open("rb") as file:
        again = load(file)
    assert again.hash == one.hash
    assert again.facts == one.facts
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["one.npz"]


@pytest.mark.parametrize(
    "other",
    [
        artefact(seed=2),
        replace(artefact(), arrays={"a": np.arange(3.0)}),
        replace(artefact(), arrays={"a": np.arange(3.0), "b": np.ones((2, 2), np.int64)}),
        replace(artefact(), arrays={"a": np.arange(3.0), "b": np.ones((4, 1), np.int32)}),
        replace(artefact(), arrays={"a": np.arange(3.0) + 1e-9, "b": np.ones((2, 2), np.int32)}),
    ],
)
def test_any_change_changes_the_hash(other: Artefact) -> None:
    assert other.hash != artefact().hash
    assert other.words[0] == other.hash[:12]


class Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("run",)


@pytest.mark.parametrize(
    "file",
    [
        io.BytesIO(b""),
        io.BytesIO(b"not an archive"),
        io.BytesIO(b"PK\x03\x04 not an archive"),
        stored(a=np.arange(2)),
        stored(facts=np.frombuffer(b"{", np.uint8)),
        stored(facts=np.frombuffer(b"3", np.uint8)),
        stored(facts=np.frombuffer(json.dumps({"model": "M731"}).encode(), np.uint8)),
        stored(facts=np.array([Evil()], dtype=object)),
    ],
)
def test_what_is_no_artefact_is_refused_and_nothing_runs(
    file: io.BytesIO, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(OwnFault, match="no trained artefact"):
        load(file)
    assert capsys.readouterr().out == ""


def test_a_plain_array_is_no_artefact() -> None:
    file = io.BytesIO()
    np.save(file, np.arange(3))
    file.seek(0)
    with pytest.raises(OwnFault):
        load(file)


def test_the_shelf_takes_what_fits_best() -> None:
    outlet = replace(province(1)[1].outlets()[0], outlet=1, industry="C30")
    general, narrow, later = artefact(), artefact(industry="C3"), artefact(industry="C3", end="2026-02-01")
    model = MODELS["M731"]
    assert Shelf([general, later, narrow]).of(model, outlet) is later
    assert Shelf([general, artefact(industry="D")]).of(model, outlet) is general
    assert Shelf([general]).of(MODELS["M327"], outlet) is None
    assert Shelf([general]).of(replace(model, version=model.version + 1), outlet) is None
    assert Shelf([general]).of(model, replace(outlet, outlet=2)) is None
    assert UNTRAINED.of(model, outlet) is None


def test_an_isolation_forest_of_arrays_says_what_scikit_learn_says() -> None:
    rng = np.random.default_rng(7)
    seen, asked = rng.normal(size=(300, 6)), rng.normal(0.0, 2.0, (80, 6))
    groups = np.array([0, 0, 0, 0, 1, 1])
    ours = isolation(Artefact(forest(seen, groups, 30, 64, 3), {}), asked)
    for group in (0, 1):
        part, other = (np.where(groups == group, samples, 0.0) for samples in (seen, asked))
        theirs = IsolationForest(n_estimators=30, max_samples=64, random_state=3).fit(part)
        assert ours[:, group] == pytest.approx(-theirs.score_samples(other), abs=1e-9)


def test_boosted_trees_of_arrays_say_what_scikit_learn_says() -> None:
    rng = np.random.default_rng(8)
    seen = rng.normal(size=(400, 3))
    values = seen[:, 0] * 2 + rng.normal(size=400)
    theirs = GradientBoostingRegressor(loss="quantile", alpha=0.2, n_estimators=15, random_state=1)
    theirs.fit(seen, values)
    trees = as_arrays((own.tree_, 0.1 * own.tree_.value[:, 0, 0]) for own in theirs.estimators_[:, 0])
    base = float(np.ravel(theirs.init_.constant_)[0])
    again = Trees.of(trees.arrays())
    assert base + again.values(seen).sum(axis=1) == pytest.approx(theirs.predict(seen), abs=1e-9)
    assert again.some(slice(2, 5)).values(seen) == pytest.approx(again.values(seen)[:, 2:5])


def test_what_is_usual() -> None:
    samples = np.array([[1.0, np.nan, 5.0], [2.0, np.nan, 5.0], [4.0, np.nan, 5.0]])
    centre, spread = norms.usual(samples)
    assert centre.tolist() == [2.0, 0.0, 5.0]
    assert spread == pytest.approx([1.4826, 1.0, 0.005])
    z = norms.scaled(np.array([[2.0 + 1.4826, np.nan, 99.0]]), centre, spread)
    assert z.tolist() == [[pytest.approx(1.0), 0.0, norms.FARTHEST]]


def test_a_rank_is_never_quite_one() -> None:
    assert norms.rank(np.array([0.0, 2.0, 9.0]), [1.0, 2.0, 3.0]).tolist() == [0.0, 0.25, 0.75]


def test_there_are_sixty_numbers() -> None:
    assert len(days.FEATURES) == 60
    assert days.described(0, "gas") == ("氮氧化物均值", "mean of Nitrogen oxides")
    assert days.described(59, "water")[1] == "correlation with the load"


@every
def test_training_the_example_again_gives_the_artefact_of_the_cases(model: catalogue.Model) -> None:
    made = examples.from_example(model)
    with (catalogue.folder() / model.code / "trained.npz").open("rb") as file:
        kept = load(file)
    assert made.facts | {"libraries": 0} == kept.facts | {"libraries": 0}
    assert made.arrays.keys() == kept.arrays.keys()
    for name, array in kept.arrays.items():
        assert made.arrays[name] == pytest.approx(array, rel=1e-6, abs=1e-9)


def test_the_command_writes_the_artefact(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = artefact(metrics={"days": 3})
    monkeypatch.setattr(examples, "from_example", lambda model: one)
    monkeypatch.setattr(catalogue, "folder", lambda: tmp_path)
    monkeypatch.setattr(catalogue, "load", lambda: MODELS)
    assert examples.main(["M731"]) == 0
    assert one.hash[:12] in capsys.readouterr().out
    assert (tmp_path / "M731" / "trained.npz").is_file()


@every
def test_without_an_artefact_nothing_is_covered(model: catalogue.Model) -> None:
    case = next(case for case in cases.read(model.code) if case.kind == "positive")
    policy = CataloguePolicy({model.code: model}, {})
    for trained, share in ((UNTRAINED, 0.0), (case.trained, 1.0)):
        report = engine.run(
            [model], case.readings, case.registry, policy, start=case.start, end=case.end, now=case.end,
            trained=trained,
        )  # fmt: skip
        assert report.runs[0].covered == share
        assert bool(report.findings) == bool(share)


@every
def test_the_finding_names_the_artefact_and_its_hash_depends_on_it(model: catalogue.Model) -> None:
    case = next(case for case in cases.read(model.code) if case.kind == "positive")
    own = case.trained.of(model, case.registry.outlets()[0])
    assert own is not None
    [finding] = cases.findings(case, model)
    assert finding.measures["artefact"] == own.hash[:12]
    assert own.hash[:12] in finding.claim
    other = replace(own, facts={**own.facts, "seed": 99})
    [again] = cases.findings(replace(case, trained=Shelf([other])), model)
    assert (again.key, again.level) == (finding.key, finding.level)
    assert again.input_hash != finding.input_hash


@every
def test_too_little_is_refused(model: catalogue.Model) -> None:
    readings, registry, end = province(3)
    for industry in ("", "C99"):
        with pytest.raises(UserFault, match="too little"):
            training.train(model, readings, registry, start=START, end=end, industry=industry)


def test_other_models_are_not_trained() -> None:
    readings, registry, end = province(3)
    with pytest.raises(UserFault, match="not trained"):
        training.train(MODELS["M101"], readings, registry, start=START, end=end)


def test_a_factor_the_artefact_does_not_know_is_not_judged() -> None:
    case = next(case for case in cases.read("M327") if case.kind == "positive")
    own = case.trained.of(MODELS["M327"], case.registry.outlets()[0])
    assert own is not None
    other = replace(own, facts={**own.facts, "series": [[1, "a21002"]]})
    assert cases.findings(replace(case, trained=Shelf([other])), MODELS["M327"]) == ()


@every
def test_learnt_models_reach_level_one_only_beside_rules(model: catalogue.Model) -> None:
    assert model.second_model
    assert model.rules >= 1


def test_the_command_without_models_trains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["training"])
    monkeypatch.delitem(sys.modules, examples.__name__)
    with pytest.raises(SystemExit) as ended:
        runpy.run_module(training.__name__, run_name="__main__")
    assert ended.value.code == 0
