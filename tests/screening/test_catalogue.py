"""Loading the catalogue and locking it."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from yuanjian.errors import OwnFault
from yuanjian.screening import catalogue
from yuanjian.screening.catalogue import Catalogue

SOURCE = Path(str(catalogue.folder()))


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A catalogue of one model that may be changed."""
    shutil.copy(SOURCE / "basis.yaml", tmp_path)
    shutil.copytree(SOURCE / "M301", tmp_path / "M301")
    monkeypatch.setattr(catalogue, "folder", lambda: tmp_path)
    return tmp_path


def _edit(root: Path, old: str, new: str) -> None:
    path = root / "M301" / "model.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_models_are_found_by_code(models: Catalogue) -> None:
    assert models["M103"].title_en == "Exceedance days in 30 days, four colours"
    assert len(models) == len(set(models.models)) >= 12
    with pytest.raises(OwnFault) as caught:
        models["M999"]
    assert caught.value.code == "catalogue.unknown"


def test_live_leaves_drafts_and_retired_out(models: Catalogue) -> None:
    changed = {
        "A": replace(models["M101"], status="draft"),
        "B": replace(models["M102"], status="trial"),
        "C": replace(models["M103"], status="retired"),
        "D": models["M117"],
    }
    assert [model.code for model in Catalogue(changed).live()] == ["M102", "M117"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("code: M301", "code: M302"),
        ("kernel: on_off_mismatch\n", ""),
        ("version: 2", "version: two"),
        ("code-evade", "code-nothing"),
        ("lookback: 39 d", "lookback: long"),
        ("run: hour", "run: always"),
    ],
)
def test_a_broken_model_is_named(copy: Path, old: str, new: str) -> None:
    _edit(copy, old, new)
    with pytest.raises(OwnFault) as caught:
        catalogue.load()
    assert caught.value.code in {"catalogue.broken", "catalogue.duration"}


@pytest.mark.parametrize(
    ("changes", "run"),
    [
        ({}, "hour"),
        ({"lookback: 39 d": "lookback: 14 d"}, "minute"),
        ({"cadence: power": "cadence: hour"}, "hour"),
        ({"cadence: power": "cadence: day"}, "day"),
    ],
)
def test_how_often_it_runs_follows_from_what_it_reads(copy: Path, changes: dict[str, str], run: str) -> None:
    for old, new in {"run: hour\n": "", **changes}.items():
        _edit(copy, old, new)
    assert catalogue.load()["M301"].run == run


def test_the_hash_follows_content_and_basis_not_comments(copy: Path) -> None:
    before = catalogue.load()["M301"].hash
    _edit(copy, "code: M301", "# a comment\ncode: M301")
    assert catalogue.load()["M301"].hash == before
    basis = copy / "basis.yaml"
    basis.write_text(
        basis.read_text(encoding="utf-8").replace("逃避监管排放污染物", "逃避监管"), encoding="utf-8"
    )
    assert catalogue.load()["M301"].hash != before


def test_the_lock_is_written_once_and_holds(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert catalogue.main(["check"]) == 1
    assert "M301: new, not locked yet" in capsys.readouterr().out
    assert catalogue.main(["lock"]) == 0
    assert json.loads((copy / "lock.json").read_text())["M301"]["version"] == 2
    assert catalogue.main(["check"]) == 0
    assert "1 models locked" in capsys.readouterr().out


def test_a_change_needs_a_new_version(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    catalogue.main(["lock"])
    _edit(copy, "minutes: 35", "minutes: 40")
    assert catalogue.main(["lock"]) == 1
    assert "but the version is the same" in capsys.readouterr().out
    _edit(copy, "version: 2", "version: 3")
    assert catalogue.main(["check"]) == 1
    assert "changed, not locked yet" in capsys.readouterr().out
    assert catalogue.main(["lock"]) == 0


def test_a_model_may_not_vanish(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    catalogue.main(["lock"])
    shutil.rmtree(copy / "M301")
    assert catalogue.main(["lock"]) == 1
    assert "never reused" in capsys.readouterr().out


@pytest.mark.parametrize(("params", "hours"), [({}, 0), ({"grace_hours": 2}, 2), ({"grace_days": 3}, 72)])
def test_how_long_a_model_waits(params: dict[str, int], hours: int) -> None:
    model = replace(next(iter(catalogue.load())), params=params)
    assert model.grace == timedelta(hours=hours)
