"""What models have learned here: kept, adopted by a person, used by the screening, shown on the page."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from stories import Town, activities, get, send
from world import NOW

from yuanjian.cli import main
from yuanjian.cli.training import USUAL, window
from yuanjian.clock import from_beijing
from yuanjian.errors import UserFault
from yuanjian.platform.clues import artefacts
from yuanjian.platform.clues.catalogue import catalogue
from yuanjian.platform.clues.models import Model
from yuanjian.platform.clues.screening_ports import Register
from yuanjian.platform.common.errors import Forbidden, Invalid, NotFound, Refused
from yuanjian.screening.learnt.artefact import Artefact

CODE = "M731"


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> Path:
    settings.YUANJIAN = replace(settings.YUANJIAN, home=tmp_path)
    return tmp_path


def keep(**facts: Any) -> Artefact:
    outlets = [outlet.outlet for outlet in Register().outlets()]
    made = Artefact(
        {"kept": np.arange(4.0)},
        {
            "model": CODE, "model_version": catalogue()[CODE].version, "industry": "", "outlets": outlets,
            "start": "2026-05-01T00:00:00+00:00", "end": "2026-10-01T00:00:00+00:00", "seed": 1,
            "libraries": {"numpy": "2"}, "metrics": {"days_learned": 900}, **facts,
        },
    )  # fmt: skip
    made.save(artefacts.folder(CODE) / f"{made.hash}.npz")
    return made


def in_force() -> Artefact | None:
    return artefacts.InForce().of(catalogue()[CODE], Register().outlets()[0])


def test_nothing_is_in_force_before_a_person_adopts_it(town: Town) -> None:
    made = keep()
    assert in_force() is None
    artefacts.adopt(town.chief, CODE, made.hash[:10], reason="指标合格")
    found = in_force()
    assert found is not None
    assert found.hash == made.hash
    assert activities(Model.objects.get(pk=CODE)) == ["models.adopted"]


def test_a_newer_one_takes_over_and_other_industries_stay(town: Town) -> None:
    industry = Register().outlets()[0].industry
    general, own, newer = keep(), keep(industry=industry), keep(industry=industry, seed=2)
    for made in (general, own, newer):
        artefacts.adopt(town.chief, CODE, made.hash, reason="复训")
    found = in_force()
    assert found is not None
    assert found.hash == newer.hash
    assert set(artefacts.adopted(CODE)) == {"", industry}
    states = {row["hash"]: row["state"] for row in artefacts.rows(catalogue()[CODE]) or []}
    assert states == {general.hash: "in_force", newer.hash: "in_force", own.hash: "draft"}


def test_adopting_needs_a_role_a_reason_and_one_artefact(town: Town) -> None:
    made = keep()
    old = keep(model_version=0)
    for user, code, name, reason, error in (
        (town.analyst, CODE, made.hash, "x", Forbidden),
        (town.author, CODE, made.hash, "x", Forbidden),  # of a city
        (town.chief, CODE, made.hash, " ", Invalid),
        (town.chief, CODE, "", "x", NotFound),
        (town.chief, CODE, "zz", "x", NotFound),
        (town.chief, "M999", made.hash, "x", NotFound),
        (town.chief, CODE, old.hash, "x", Refused),
    ):
        with pytest.raises(error):
            artefacts.adopt(user, code, name, reason=reason)
    assert artefacts.adopted(CODE) == {}


def test_a_broken_or_missing_file_is_as_not_trained(town: Town) -> None:
    made, other = keep(), keep(seed=5)
    path = artefacts.folder(CODE) / f"{made.hash}.npz"
    artefacts.adopt(town.chief, CODE, made.hash, reason="x")
    path.write_bytes((artefacts.folder(CODE) / f"{other.hash}.npz").read_bytes())
    assert in_force() is None
    path.write_bytes(b"rubbish")
    assert in_force() is None
    assert [own.hash for own in artefacts.kept(CODE)] == [other.hash]
    path.unlink()
    assert in_force() is None


def test_the_page_of_a_model_shows_what_it_has_learned(town: Town) -> None:
    made = keep()
    artefacts.adopt(town.chief, CODE, made.hash, reason="指标合格")
    keep(model_version=0)
    first, second = get(town.author, f"/models/{CODE}")["trained"]
    assert (first["hash"], first["state_text"], first["reason"]) == (made.hash, "使用中", "指标合格")
    assert (first["metrics"], first["outlets"]) == ({"days_learned": 900}, len(Register().outlets()))
    assert second["state"] == "outdated"
    assert get(town.author, "/models/M101")["trained"] is None


def test_adopting_on_the_page(town: Town) -> None:
    made = keep()
    path, body = f"/models/{CODE}/adopt", {"artefact": made.hash, "reason": "指标合格"}
    send(town.analyst, path, body, 403)
    assert send(town.chief, path, body)["trained"][0]["state"] == "in_force"
    send(town.chief, path, body | {"artefact": "0" * 64}, 404)


def test_too_little_to_learn_from_is_told(town: Town) -> None:
    with pytest.raises(UserFault, match="too little"):
        artefacts.train(CODE, NOW - timedelta(days=5), NOW)
    assert list(artefacts.kept(CODE)) == []


def test_training_keeps_a_draft(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    made = keep()
    path = artefacts.folder(CODE) / f"{made.hash}.npz"
    path.unlink()
    monkeypatch.setattr("yuanjian.screening.training.train", lambda *_, **__: made)
    assert artefacts.train(CODE, NOW - timedelta(days=5), NOW) is made
    assert path.is_file()
    assert in_force() is None


def test_the_commands(
    town: Town, postgres_server: str, monkeypatch: pytest.MonkeyPatch, home: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("DATABASE_URL", postgres_server)
    monkeypatch.setenv("YUANJIAN_HOME", str(home))
    made = keep()
    adopt = ["models", "adopt", CODE, made.hash[:8], "--by", town.chief.username, "--reason", "合格"]
    assert main.main(adopt) == 0
    assert main.main(["models", "trained", CODE]) == 0
    told = capsys.readouterr().out
    assert [row["state"] for row in json.loads(told[told.rindex("[\n") :])] == ["in_force"]
    assert main.main(["models", "train", CODE, "--from", "2026-10-01", "--to", "2026-10-03"]) == 1
    assert "too little" in capsys.readouterr().err


def test_the_usual_window_is_whole_days() -> None:
    now = from_beijing(NOW.replace(tzinfo=None, hour=15))
    start, end = window("", "", now)
    assert end - start == USUAL
    assert now - end == timedelta(hours=15, minutes=NOW.minute, seconds=NOW.second)
    with pytest.raises(UserFault, match="--from must be before --to"):
        window("2026-11-02", "2026-11-01", now)
