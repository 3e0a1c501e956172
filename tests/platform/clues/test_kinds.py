"""What is probably behind a clue: said after a run, shown beside the clue, decides nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from stories import DAY, HOUR, T0, Town, found, get, make_user, readings, take

from yuanjian.platform.clues import artefacts, kinds, life
from yuanjian.platform.clues.catalogue import catalogue
from yuanjian.platform.clues.models import Clue, Opinion
from yuanjian.platform.monitoring.store import store
from yuanjian.screening.learnt.artefact import Artefact
from yuanjian.screening.learnt.kinds import KINDS, NUMBERS

NOW = T0 + 2 * DAY


@pytest.fixture
def suspect(town: Town) -> Clue:
    """A clue of falsified data, with the hours before it in the store."""
    readings(
        town.world.own.points["gas"].pk, "a21026", [30.0 + n % 5 for n in range(60)], start=T0 - 48 * HOUR
    )
    take(found(town.outlet, "M205", 2), now=NOW)
    return Clue.objects.get()


def likely(town: Town, clue: Clue) -> Any:
    return get(town.analyst, f"/clues/{clue.pk}")["likely"]


def test_nothing_is_said_before_it_was_asked(town: Town, suspect: Clue) -> None:
    assert likely(town, suspect) is None


def test_a_clue_is_judged_once_and_again_when_it_changes(town: Town, suspect: Clue) -> None:
    level = suspect.level
    assert kinds.judge_due(store()) == 1
    assert kinds.judge_due(store()) == 0
    said = likely(town, suspect)
    assert sum(one["p"] for one in said["chances"]) == pytest.approx(1.0, abs=0.001)
    assert said["p"] == max(one["p"] for one in said["chances"])
    assert said["text"] == KINDS[said["kind"]][0]
    assert said["strength"] in {"可能", "很可能", "极可能", "难以判断"}
    assert said["because"]
    take(found(town.outlet, "M415", 2, start=T0 + HOUR), now=NOW + 2 * HOUR)
    assert kinds.judge_due(store()) == 1
    suspect.refresh_from_db()
    assert (suspect.level, Opinion.objects.count()) == (level, 1)


def test_clues_that_go_on_do_not_keep_the_others_waiting(
    town: Town, suspect: Clue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kinds, "AT_MOST", 1)
    kinds.judge_due(store())
    new = found(town.other_outlet, "M205", 2)
    goes_on = found(town.outlet, "M205", 2, hours=9)
    take(new, goes_on, now=NOW + HOUR)
    kinds.judge_due(store())
    assert set(Opinion.objects.values_list("clue__outlet_id", flat=True)) == {
        town.outlet.pk, town.other_outlet.pk,
    }  # fmt: skip


def test_exceedance_is_not_judged(town: Town) -> None:
    take(found(town.outlet, "M101", 2), now=NOW)
    assert kinds.judge_due(store()) == 0


def test_a_clue_whose_findings_are_withdrawn_keeps_its_silence(town: Town, suspect: Clue) -> None:
    suspect.findings.update(withdrawn_at=NOW)
    assert kinds.judge_due(store()) == 0  # nothing is left to look at: it must not take another's place
    assert likely(town, suspect) is None


def test_a_retired_model_says_nothing(town: Town, suspect: Clue) -> None:
    author = make_user("author", "640000")
    life.promote(author, kinds.CODE, "retired", reason="not useful here")
    assert kinds.judge_due(store()) == 0


def test_what_a_person_adopted_is_used(town: Town, suspect: Clue) -> None:
    count = len(NUMBERS)
    model = catalogue()[kinds.CODE]
    weights = np.zeros((3, count))
    weights[2, list(NUMBERS).index("load")] = 9.0
    own = Artefact(
        {
            "weights": weights, "bias": np.array([0.0, 0.0, 5.0]), "beta": np.array(1.0),
            "usual": np.zeros(count),
        },
        {
            "model": model.code, "model_version": model.version, "industry": "", "start": "", "end": "",
            "outlets": [], "seed": 1, "libraries": {}, "metrics": {}, "features": list(NUMBERS),
        },
    )  # fmt: skip
    own.save(artefacts.folder(kinds.CODE) / f"{own.hash}.npz")
    assert kinds.in_force().hash != own.hash
    author = make_user("author", "640000")
    artefacts.adopt(author, kinds.CODE, own.hash[:8], reason="fits our cases")
    kinds.judge_due(store())
    said = likely(town, suspect)
    assert (said["kind"], said["strength"], said["artefact"]) == ("upkeep", "很可能", own.hash)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (
            {"feature": "maintained", "value": 1.0, "more": True},
            ("前后一天内的维护标记", "maintenance marked within a day"),
        ),
        (
            {"feature": "maintained", "value": 0.0, "more": False},
            ("前后一天内无维护标记", "no maintenance marked within a day"),
        ),
        ({"feature": "load", "value": 0.2, "more": False}, ("生产负荷低", "low load of production")),
        ({"feature": "M205", "value": 1.0, "more": True}, ("恒值", "Constant value")),
        ({"feature": "M000", "value": 1.0, "more": True}, ("M000", "M000")),
    ],
)
def test_reasons_have_words(reason: dict[str, Any], words: tuple[str, str]) -> None:
    assert (kinds._words(reason, english=False), kinds._words(reason, english=True)) == words


def test_what_is_absent_or_small_has_words_of_its_own() -> None:
    assert set(kinds.ABSENT) | set(kinds.LITTLE) <= set(NUMBERS)


@pytest.mark.django_db
def test_the_strength_follows_the_models_own_thresholds() -> None:
    assert [kinds._strength(*both) for both in ((0.9, 0.9), (0.9, 0.05), (0.6, 0.2), (0.4, 0.4))] == [
        1,
        2,
        3,
        4,
    ]


def test_its_page_shows_no_training_on_readings(town: Town) -> None:
    assert get(town.analyst, f"/models/{kinds.CODE}")["trained"] is None
