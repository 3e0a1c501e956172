"""Outlets with new values are screened at once, the others are left alone."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from stories import DAY, HOUR, Town, exceed, found, take
from world import NOW, latest

from yuanjian.platform.clues import fresh
from yuanjian.platform.clues.models import Clue, Finding, ModelRun

LATE = NOW - 11 * HOUR
"""An hour after the last bad one of `exceed`."""


def told(*points: int, kind: str = "latest") -> str:
    return json.dumps({"kind": kind, "points": points})


def test_only_points_with_new_hours_or_minutes_count(town: Town) -> None:
    own, other = town.world.own.points["gas"].pk, town.world.other.points["gas"].pk
    watch = fresh.Fresh()
    assert watch.outlets() == []
    latest(own, "a21026", 30.0)
    watch.tell(told(own))
    assert watch.outlets() == []  # real-time values only
    times: dict[str, Any] = {"cadence": "hour", "received_at": NOW}
    latest(own, "a21002", 30.0, **times)
    latest(other, "a21002", 30.0, **times)
    watch.tell(told(own))
    watch.tell(told(other, kind="link"))
    assert watch.outlets() == [town.outlet.pk]
    watch.tell(told(own))
    assert watch.outlets() == []
    latest(own, "a34013", 3.0, cadence="minute", received_at=NOW + timedelta(seconds=1))
    watch.tell(told(own, other))
    assert watch.outlets() == sorted([town.outlet.pk, town.other_outlet.pk])


def test_a_pass_raises_a_clue_and_leaves_other_outlets_alone(town: Town) -> None:
    exceed(town)
    elsewhere = found(town.other_outlet, "M101", level=2, start=LATE - HOUR, hours=1, open=True)
    take(elsewhere, now=LATE)
    (result,) = fresh.screen([town.outlet.pk], LATE)
    finding = Finding.objects.get(outlet=town.outlet)
    assert (finding.model_id, finding.start, finding.end) == ("M101", NOW - 20 * HOUR, NOW - 12 * HOUR)
    assert (result.findings_new, result.clues_new) == (1, 1)
    assert not ModelRun.objects.filter(at__gt=LATE - DAY, start__gt=LATE - DAY).exists()
    other = Finding.objects.get(outlet=town.other_outlet)
    assert (other.open, other.withdrawn_at) == (True, None)
    (again,) = fresh.screen([town.outlet.pk], LATE)
    assert (again.findings_new, again.clues_changed, Clue.objects.count()) == (0, 0, 2)


def test_many_outlets_are_screened_in_parts(town: Town, monkeypatch: Any) -> None:
    monkeypatch.setattr(fresh, "AT_ONCE", 1)
    assert len(fresh.screen([town.outlet.pk, town.other_outlet.pk], LATE)) == 2
    assert fresh.screen([], LATE) == []


def test_an_error_does_not_end_the_fast_lane(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    turns: list[fresh.Follower] = []

    class Stumbling(fresh.Follower):
        def _follow(self) -> None:
            turns.append(self)
            if len(turns) == 1:
                raise ValueError("a bad pass")
            self.stop()

    monkeypatch.setattr(fresh, "PAUSE_S", 0.01)
    follower = Stumbling("postgresql://nowhere")
    follower.start()
    follower.join(10)
    assert (follower.is_alive(), len(turns)) == (False, 2)
    assert [record.exc_info is not None for record in caplog.records] == [True]
