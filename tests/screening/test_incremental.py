"""A run over the last hours gives what a run over everything gives."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from province import START, province

from yuanjian.screening import cases, catalogue, engine
from yuanjian.screening.findings import RunReport
from yuanjian.screening.thresholds import CataloguePolicy, Confirmation

MODELS = catalogue.load()
POLICY = CataloguePolicy(MODELS.models, {model.code: Confirmation("测试", "测试") for model in MODELS})


def _run(seed: int, back: timedelta | None, batch: int | None = None, workers: int = 1) -> RunReport:
    readings, registry, end = province(seed)
    start = START if back is None else end - back
    return engine.run(
        MODELS, readings, registry, POLICY, start=start, end=end, now=end, batch=batch, workers=workers
    )


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**31), hours=st.integers(1, 15 * 24))
def test_the_last_hours_give_what_everything_gives(seed: int, hours: int) -> None:
    back = timedelta(hours=hours)
    whole = _run(seed, None)
    edge = START + timedelta(days=16) - back
    assert _run(seed, back).findings == [finding for finding in whole.findings if finding.end > edge]


def test_the_same_run_twice_is_the_same() -> None:
    assert _run(5, None).findings == _run(5, None).findings


@pytest.mark.parametrize(("batch", "workers"), [(1, 1), (2, 1), (2, 3), (100, 3)])
def test_outlets_in_batches_give_what_all_at_once_gives(batch: int, workers: int) -> None:
    whole, parts = _run(5, None), _run(5, None, batch, workers)
    assert parts.findings == whole.findings
    assert [replace(run, seconds=0.0) for run in parts.runs] == [
        replace(run, seconds=0.0) for run in whole.runs
    ]


@pytest.mark.parametrize("code", [model.code for model in MODELS if model.compares_peers])
def test_models_that_compare_peers_see_all_outlets(code: str) -> None:
    found = 0
    for case in cases.read(code):
        told = [
            engine.run(
                [MODELS[code]], case.readings, case.registry, POLICY, start=case.start, end=case.end,
                now=case.end, batch=batch, workers=workers,
            ).findings
            for batch, workers in ((None, 1), (1, 1), (2, 2))
        ]  # fmt: skip
        assert told[1] == told[0] == told[2]
        found += len(told[0])
    assert found


def _close(patch: pytest.MonkeyPatch, outlets: int) -> None:
    patch.setattr(engine, "CLOSE", outlets)


@pytest.mark.parametrize(("batch", "workers"), [(None, 1), (2, 2)])
def test_outlets_looked_at_a_few_at_a_time_give_the_same(
    batch: int | None, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = _run(5, None)
    _close(monkeypatch, 1)
    assert _run(5, None, batch, workers).findings == whole.findings


def test_methods_that_gather_see_all_outlets_whatever_a_model_says_it_needs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = replace(MODELS["M117"], inputs={**MODELS["M117"].inputs, "needs": []})
    readings, registry, end = province(5)
    registry = replace(
        registry, contexts=tuple(replace(one, enterprise=one.outlet) for one in registry.contexts)
    )

    def found(batch: int | None) -> RunReport:
        return engine.run([model], readings, registry, POLICY, start=START, end=end, now=end, batch=batch)

    whole = found(None)
    _close(monkeypatch, 1)
    assert found(2).findings == whole.findings != []


def test_progress_counts_models_and_outlets_looked_at_together(monkeypatch: pytest.MonkeyPatch) -> None:
    readings, registry, end = province(5)
    _close(monkeypatch, 1)
    told: list[tuple[str, int, int]] = []
    engine.run(
        [MODELS["M101"], MODELS["M205"]], readings, registry, POLICY, start=START, end=end, now=end,
        progress=lambda *said: told.append(said),
    )  # fmt: skip
    together = len({outlet.enterprise for outlet in registry.outlets()})
    assert [done for _, done, _ in told] == list(range(1, 2 * together + 1))
    assert {of for _, _, of in told} == {2 * together}


def test_many_models_speak_in_the_test_province() -> None:
    """The property above says little if nothing is ever found."""
    found = {finding.model for seed in range(6) for finding in _run(seed, None).findings}
    assert found >= {"M101", "M102", "M103", "M117", "M205", "M215", "M216", "M301", "M312", "M415"}


@pytest.mark.parametrize("seed", [11, 12])
def test_findings_are_whole(seed: int) -> None:
    for finding in _run(seed, None).findings:
        assert finding.start < finding.end
        assert finding.episodes[0][0] == finding.start
        assert max(end for _, end in finding.episodes) == finding.end
        assert finding.crossed["level"] == finding.level
        assert (finding.next_level is None) == (finding.level == 1)
        assert finding.basis
        assert "{" not in finding.claim + finding.claim_en
        assert {item["code"] for item in finding.exclusions} == set(MODELS[finding.model].excludes)
        assert finding.as_dict()["key"] == finding.key
