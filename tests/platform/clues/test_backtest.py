"""Back-tests, previews of thresholds, and how good a model is in use."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from stories import DAY, HOUR, T0, Town, exceed, found, get, send, take
from world import NOW

from yuanjian.clock import beijing_day, utcnow
from yuanjian.errors import OwnFault
from yuanjian.platform.clues import adjusting, backtest, evaluation, jobs, services
from yuanjian.platform.clues.backtest import Question
from yuanjian.platform.clues.models import Backtest, Clue, Finding
from yuanjian.platform.common.errors import Forbidden, Invalid, NotFound

START, END = NOW - 5 * DAY, NOW
PROPOSAL: dict[str, Any] = {"scope": "region", "value": "640105", "levels": {"2": None}}


def asked(town: Town, **given: Any) -> Question:
    return Question(**{"code": "M101", "start": START, "end": END, "region": "640100"} | given)


def test_a_backtest_tells_what_would_have_been(town: Town) -> None:
    exceed(town)
    answer = backtest.run(asked(town))
    assert (answer["levels"], answer["hits_total"], answer["outlets"]) == ({"1": 0, "2": 1, "3": 0}, 1, 2)
    [hit] = answer["hits"]
    assert (hit["outlet_id"], hit["factor_name"], hit["level"]) == (town.outlet.pk, "二氧化硫", 2)
    assert answer["overlap"] == {"both": 0, "only_stored": 0, "only_new": 1}
    assert (answer["work_orders"], "proposed" in answer) == (0, False)
    assert Finding.objects.count() == Clue.objects.count() == 0


def test_as_if_level_one_were_on(town: Town) -> None:
    exceed(town)
    answer = backtest.run(asked(town, level1=True))
    assert (answer["levels"]["1"], answer["work_orders"]) == (1, 1)


def test_it_is_compared_with_what_is_stored_and_said(town: Town) -> None:
    exceed(town)
    services.screen(START, END, END)
    take(found(town.outlet, start=END - 60 * HOUR, factor="a21002"))
    clue = Clue.objects.get(findings__factor="a21026", findings__model_id="M101")
    services.give_verdicts(town.analyst, clue.pk, [{"model_code": "M101", "right": "yes"}])
    answer = backtest.run(asked(town))
    assert answer["stored"] == {"1": 0, "2": 2, "3": 0}
    assert answer["overlap"] == {"both": 1, "only_stored": 1, "only_new": 0}
    assert answer["verdicts"] == {"right": 1, "wrong": 0, "unsure": 0}


def test_a_preview_shows_now_and_then(town: Town) -> None:
    exceed(town)
    answer = backtest.run(asked(town, proposal=PROPOSAL))
    assert answer["outlets"] == 2
    assert (answer["levels"]["2"], answer["proposed"]["levels"]) == (1, {"1": 0, "2": 0, "3": 1})
    elsewhere = backtest.run(asked(town, region="640000", proposal=PROPOSAL | {"value": "640200"}))
    assert (elsewhere["hits_total"], elsewhere["proposed"]["hits_total"]) == (0, 0)


def test_what_is_suppressed_is_counted(town: Town) -> None:
    exceed(town)
    now = END + HOUR
    adjusting.suppress(town.author, town.plant, start=START, end=now, reason="改造")
    answer = backtest.run(asked(town))
    assert (answer["hits_total"], answer["suppressed"]) == (0, 1)


def test_a_model_that_compares_peers_sees_all_but_tells_of_the_region_only(town: Town) -> None:
    exceed(town)
    here, there = (backtest.run(asked(town, code="M117", region=code)) for code in ("640100", "640200"))
    assert (here["outlets"], there["outlets"]) == (2, 2)
    assert there["hits_total"] == 0


def test_work_orders_are_clues_of_level_one(town: Town) -> None:
    def at(hours: int, level: int = 1, outlet: Any = town.outlet) -> Any:
        return found(outlet, level=level, start=T0 + hours * HOUR)

    assert backtest._orders([at(0), at(20), at(80, 2), at(90), at(0, outlet=town.other_outlet)]) == 3


def test_the_worker_carries_it_out(town: Town, django_capture_on_commit_callbacks: Any) -> None:
    exceed(town)
    body = {"start": START.isoformat(), "end": END.isoformat(), "proposal": PROPOSAL}
    with django_capture_on_commit_callbacks(execute=True):
        row = send(town.author, "/models/M101/backtests", body)
    assert (row["state"], row["preview"], row["region"]) == ("queued", True, "640100")
    jobs.backtest_model(row["id"])
    done = get(town.analyst, f"/backtests/{row['id']}")
    assert (done["state"], done["error"]) == ("done", None)
    assert done["result"]["levels"]["2"] == 1
    assert [item["id"] for item in get(town.analyst, "/models/M101/backtests")["items"]] == [row["id"]]


def test_what_goes_wrong_is_told(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    row = backtest.ask(town.author, asked(town))

    def broken(*_: Any, **__: Any) -> Any:
        raise OwnFault("lake.gone", "数据湖不可用", "the lake is gone")

    monkeypatch.setattr(backtest, "run", broken)
    backtest.carry_out(row.pk)
    answer = get(town.author, f"/backtests/{row.pk}")
    assert (answer["state"], answer["result"], answer["error"]["code"]) == ("failed", None, "lake.gone")


def test_what_may_be_asked(town: Town) -> None:
    with pytest.raises(NotFound):
        backtest.ask(town.author, asked(town, code="M999"))
    with pytest.raises(NotFound):
        backtest.ask(town.author, asked(town, region="640200"))
    for end in (START, START + timedelta(days=400)):
        with pytest.raises(Invalid):
            backtest.ask(town.author, asked(town, end=end))
    with pytest.raises(Forbidden):
        backtest.ask(town.author, asked(town, proposal=PROPOSAL | {"value": "640200"}))
    assert backtest.ask(town.admin, asked(town, region="")).region_code == "000000"
    row = send(town.author, "/models/M101/backtests", {})
    asked_for = Backtest.objects.get(pk=row["id"])
    assert asked_for.end - asked_for.start == timedelta(days=30)


def test_how_good_a_model_is(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    now = utcnow()
    monkeypatch.setattr("yuanjian.platform.clues.evaluation.utcnow", lambda: now)
    assert evaluation.evaluation(town.analyst, "M101")["delay"] == {
        "findings": 0, "median_h": None, "p90_h": None,
    }  # fmt: skip
    for days, right in ((1, "yes"), (3, "no"), (40, "unsure")):
        start = now - days * DAY - 4 * HOUR
        take(found(town.outlet, start=start), now=start + 4 * HOUR)
        clue = Clue.objects.latest("id")
        services.give_verdicts(town.analyst, clue.pk, [{"model_code": "M101", "right": right}])
    take(found(town.other_outlet, start=now - DAY), now=now)
    body = get(town.analyst, "/models/M101/evaluation")
    assert (body["precision"]["value"], body["false_alarm_rate"]) == (0.5, 0.5)
    assert body["delay"] == {"findings": 3, "median_h": 4.0, "p90_h": 4.0}
    assert (len(body["months"]), body["months"][-1]["month"]) == (12, f"{beijing_day(now):%Y-%m}")
    assert sum(month["right"] + month["wrong"] + month["unsure"] for month in body["months"]) == 3
    assert sum(month["findings"]["2"] for month in body["months"]) == 3


def test_one_finding_has_a_delay_too(town: Town) -> None:
    now = utcnow()
    take(found(town.outlet, start=now - 2 * HOUR), now=now)
    take(found(town.outlet, model="M205", start=now - 30 * DAY), now=now)
    assert evaluation.evaluation(town.analyst, "M101")["delay"]["median_h"] == 2.0
    assert evaluation.evaluation(town.analyst, "M205")["delay"]["findings"] == 0
