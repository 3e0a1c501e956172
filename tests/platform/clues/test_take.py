"""Findings into tables, findings into clues."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event
from typing import Any

import pytest
from django.db import connection
from stories import DAY, HOUR, T0, Town, a_clue, a_notice, activities, an_order, finish, found, get, take

from yuanjian.clock import utcnow
from yuanjian.platform.clues import grading, life, screening_run, services
from yuanjian.platform.clues.catalogue import catalogue
from yuanjian.platform.clues.models import Clue, Finding, Model, ModelRun
from yuanjian.platform.common import sql
from yuanjian.platform.common.models import Activity
from yuanjian.platform.orders import services as orders
from yuanjian.platform.portal import services as portal

NOW = T0 + 2 * DAY


def snapshot() -> list[Any]:
    return [
        list(Finding.objects.order_by("id").values()),
        list(Clue.objects.order_by("id").values()),
        list(Activity.objects.order_by("id").values()),
    ]


def test_a_finding_raises_a_clue(town: Town) -> None:
    result = take(found(town.outlet, level=2), now=NOW)
    clue = Clue.objects.get()
    assert (result.findings_new, result.clues_new, result.clues_changed) == (1, 1, 0)
    assert clue.number == "XS20261112-0001"
    assert (clue.level, clue.state, clue.category) == (2, "open", "exceedance")
    assert (clue.first_at, clue.last_at) == (T0, T0 + 3 * HOUR)
    assert clue.title == f"DA001 锅炉排口：{catalogue()['M101'].title}（二氧化硫）"
    assert (clue.enterprise, clue.region_code) == (town.plant, "640105")
    assert activities(clue) == ["clues.raised"]


def test_the_same_report_twice_changes_nothing(town: Town) -> None:
    findings = [found(town.outlet, level=2), found(town.outlet, "M205", 1, open=True)]
    take(*findings, now=NOW)
    before = snapshot()
    result = take(*findings, now=NOW + HOUR)
    assert snapshot() == before
    assert (result.findings_new, result.findings_extended, result.clues_new, result.clues_changed) == (
        0,
        0,
        0,
        0,
    )


def test_an_open_finding_is_extended_not_repeated(town: Town) -> None:
    take(found(town.outlet, level=3, open=True), now=NOW)
    later = found(town.outlet, level=2, hours=9)
    result = take(later, now=NOW + HOUR)
    finding, clue = Finding.objects.get(), Clue.objects.get()
    assert (finding.end, finding.level, finding.open) == (T0 + 9 * HOUR, 2, False)
    assert (clue.last_at, clue.level, clue.ongoing) == (T0 + 9 * HOUR, 2, False)
    assert (result.findings_new, result.findings_extended, result.clues_changed) == (0, 1, 1)
    assert activities(clue) == ["clues.raised", "clues.level_raised"]


def test_a_shorter_window_adds_and_never_takes_away(town: Town) -> None:
    take(found(town.outlet, level=2, hours=6, open=True), now=NOW)
    claim = Finding.objects.get().claim
    start = T0 + 4 * HOUR
    take(found(town.outlet, level=3, start=start, hours=6, open=True), now=NOW + HOUR)
    finding = Finding.objects.get()
    assert (finding.start, finding.end, finding.level, finding.claim) == (T0, T0 + 10 * HOUR, 2, claim)
    take(found(town.outlet, level=1, start=start, hours=8), now=NOW + 2 * HOUR)
    finding.refresh_from_db()
    assert (finding.start, finding.end, finding.level) == (T0, T0 + 12 * HOUR, 1)
    assert finding.episodes == [
        [T0.isoformat(), (T0 + 6 * HOUR).isoformat()],
        [start.isoformat(), (T0 + 12 * HOUR).isoformat()],
    ]
    before = snapshot()
    take(found(town.outlet, level=3, start=start, hours=2), now=NOW + 3 * HOUR)
    assert snapshot() == before


@pytest.mark.parametrize(("gap", "clues"), [(23, 1), (24, 1), (25, 2)])
def test_findings_within_a_day_are_one_clue(town: Town, gap: int, clues: int) -> None:
    first = found(town.outlet, hours=3)
    take(first, found(town.outlet, factor="a21002", start=first.end + gap * HOUR), now=NOW)
    assert Clue.objects.count() == clues


def test_a_later_run_joins_a_finding_to_the_clue(town: Town) -> None:
    take(found(town.outlet, level=3), now=NOW)
    take(found(town.outlet, level=3), found(town.outlet, factor="a21002", level=3), now=NOW)
    clue = Clue.objects.get()
    assert clue.findings.count() == 2
    assert clue.title.endswith("等2项")
    assert activities(clue) == ["clues.raised", "clues.finding_added"]


def test_a_statistical_sign_is_a_work_order_only_beside_another_model(town: Town) -> None:
    take(found(town.outlet, "M215", level=1), now=NOW)
    clue = Clue.objects.get()
    assert clue.level == 2
    assert counts_as(clue) == [("M215", 1, 2)]
    take(found(town.outlet, "M217", level=1, hours=9), now=NOW + HOUR)
    clue.refresh_from_db()
    assert clue.level == 1
    assert counts_as(clue) == [("M215", 1, 1), ("M217", 1, 1)]
    assert activities(clue) == ["clues.raised", "clues.finding_added", "clues.level_raised"]


def test_what_was_withdrawn_supports_nothing(town: Town) -> None:
    alone, beside = found(town.outlet, "M215", level=2), found(town.outlet, "M217", level=1)
    take(alone, now=NOW)
    clue = Clue.objects.get()
    take(now=NOW + HOUR, models=["M215"])
    take(beside, now=NOW + 2 * HOUR)
    clue.refresh_from_db()
    assert (clue.level, counts_as(clue)) == (2, [("M217", 1, 2)])
    take(now=NOW + 3 * HOUR, models=["M215", "M217"])
    clue.refresh_from_db()
    assert (clue.level, clue.ongoing, counts_as(clue)) == (2, False, [])
    shown = get(town.analyst, f"/clues/{clue.pk}")["findings"]
    assert [(row["level"], row["counts_as"]) for row in shown] == [(1, 1), (2, 2)]
    take(alone, beside, now=NOW + 4 * HOUR)
    clue.refresh_from_db()
    assert clue.level == 1


def counts_as(clue: Clue) -> list[tuple[str, int, int]]:
    counts = grading.levels(list(clue.findings.all()))
    return sorted((row.model_id, row.level, counts[row.pk]) for row in clue.findings.filter(pk__in=counts))


def test_another_outlet_is_another_clue(town: Town) -> None:
    take(found(town.outlet), found(town.other_outlet), now=NOW)
    assert Clue.objects.count() == 2


@pytest.mark.parametrize(
    ("models", "clues"),
    [
        (("M101", "M301"), 1),  # both tell about the discharge
        (("M101", "M117"), 2),  # missing data is another story
        (("M101", "M205"), 2),  # falsification stays apart from what is announced
        (("M205", "M216"), 1),
    ],
)
def test_what_belongs_together(town: Town, models: tuple[str, str], clues: int) -> None:
    take(*(found(town.outlet, model) for model in models), now=NOW)
    assert Clue.objects.count() == clues


def test_a_covert_clue_holds_nothing_but_covert_findings(town: Town) -> None:
    take(*(found(town.outlet, model.code) for model in catalogue()), now=NOW)
    for clue in Clue.objects.all():
        told = {catalogue()[code].notify_enterprise for code in services.models_of(clue)}
        falsified = {catalogue()[code].class_ == "data-falsification" for code in services.models_of(clue)}
        assert told == {not clue.covert}
        assert not (clue.covert is False and True in falsified)


def test_a_trial_model_raises_nothing(town: Town) -> None:
    life.promote(town.chief, "M101", "trial", reason="试运行")
    take(found(town.outlet, level=1), now=NOW)
    assert Finding.objects.get().trial
    assert Finding.objects.get().clue is None
    assert not Clue.objects.exists()


def closed_clue(town: Town) -> Clue:
    order = an_order(town, "closed", level=1)
    assert order.clue is not None
    return order.clue


def again(clue: Clue, town: Town, **fields: Any) -> screening_run.Screened:
    """The same run of episodes, seen to go on an hour beyond the end of the clue."""
    finding = clue.findings.get()
    clue.refresh_from_db()
    assert clue.finished_at is not None
    hours = (clue.finished_at - finding.start) / HOUR + 1
    wanted = {"start": finding.start, "hours": hours, "level": finding.level} | fields
    return take(found(town.outlet, finding.model_id, **wanted), now=utcnow() + DAY)


def test_what_goes_on_after_the_end_is_a_new_clue(town: Town) -> None:
    clue = closed_clue(town)
    again(clue, town)
    assert Clue.objects.count() == 2
    new = Clue.objects.latest("id")
    assert (new.first_at, new.state) == (clue.finished_at, "open")
    before = snapshot()
    again(clue, town)
    assert snapshot() == before


def test_what_ended_before_the_end_is_not(town: Town) -> None:
    clue = closed_clue(town)
    finding = clue.findings.get()
    take(found(town.outlet, start=finding.start, hours=4, level=1), now=utcnow() + DAY)
    assert Clue.objects.count() == 1
    assert Finding.objects.count() == 1


def test_a_clue_judged_not_valid_comes_back_only_if_worse(town: Town) -> None:
    clue = a_clue(town, level=3)
    services.decide(town.analyst, clue.pk, "invalid", reason="device")
    again(clue, town)
    assert Clue.objects.count() == 1
    again(clue, town, level=2)
    assert Clue.objects.count() == 2


def test_a_noticed_clue_still_takes_findings(town: Town) -> None:
    notice = a_notice(town)
    clue = notice.clue
    take(found(town.outlet, factor="a21002", level=1, start=clue.first_at), now=clue.last_at)
    clue.refresh_from_db()
    assert (clue.level, clue.state) == (1, "noticed")
    assert Clue.objects.count() == 1


def test_a_finding_nobody_sees_any_more_has_ended(town: Town) -> None:
    take(found(town.outlet, open=True), now=NOW)
    take(found(town.other_outlet, start=T0 + 20 * DAY), now=T0 + 21 * DAY, start=T0 + 19 * DAY)
    finding = Finding.objects.get(outlet=town.outlet)
    assert not finding.open
    assert finding.clue is not None
    assert not finding.clue.ongoing


def test_a_short_run_leaves_open_what_a_longer_one_may_go_on_with(town: Town) -> None:
    exceeding = found(town.outlet, "M103", open=True)
    take(exceeding, now=NOW)
    for days, is_open in ((20, True), (40, False)):
        take(found(town.other_outlet, "M103", start=T0 + days * DAY), now=NOW, start=T0 + days * DAY - HOUR)
        assert Finding.objects.get(key=exceeding.key).open is is_open


def test_what_is_not_found_again_is_withdrawn_and_stays_for_the_analyst(town: Town) -> None:
    gone, other = found(town.outlet), found(town.other_outlet)
    before = found(town.outlet, "M101", start=T0 - 2 * DAY)
    take(gone, other, before, now=NOW)
    for _ in range(2):  # said once
        take(other, now=NOW + HOUR, start=T0 - DAY)
    rows = {row.key: row for row in Finding.objects.all()}
    assert [rows[item.key].withdrawn_at for item in (gone, other, before)] == [NOW + HOUR, None, None]
    clue = rows[gone.key].clue
    assert clue is not None
    assert (clue.state, activities(clue).count("clues.withdrawn")) == ("open", 1)
    shown = get(town.analyst, f"/clues/{clue.pk}")
    assert "模型复算后不再成立" in shown["timeline"][-1]["text"]
    assert any(finding["withdrawn_at"] for finding in shown["findings"])
    take(gone, other, now=NOW + 2 * HOUR)
    assert Finding.objects.get(key=gone.key).withdrawn_at is None


def test_what_a_later_run_found_is_not_withdrawn_by_one_that_began_earlier(town: Town) -> None:
    take(found(town.outlet), now=NOW + HOUR)
    take(now=NOW, models=["M101"])  # read what there was an hour before, and took longer
    assert Finding.objects.get().withdrawn_at is None
    take(now=NOW + 2 * HOUR, models=["M101"])
    assert Finding.objects.get().withdrawn_at == NOW + 2 * HOUR


def test_a_run_and_a_merge_do_not_wait_for_each_other(
    transactional_db: None, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run goes on with the second clue and withdraws the first, which is merged into the second."""
    second = found(town.outlet)
    take(found(town.outlet, start=T0 - 20 * DAY), now=T0 - 19 * DAY)
    take(second, now=NOW, start=T0 - DAY)
    one, two = Clue.objects.order_by("pk")
    settle, running = screening_run._Intake.settle, Event()

    def pausing(self: Any) -> None:
        running.set()
        while not (merged.done() or sql.one("SELECT 1 AS waits FROM pg_locks WHERE NOT granted")):
            pass  # until the merge has come as far as it can
        settle(self)

    def merge() -> None:
        running.wait(60)
        try:
            services.decide(town.analyst, one.pk, "merge", into=two.pk)
        finally:
            connection.close()

    monkeypatch.setattr(screening_run._Intake, "settle", pausing)
    with ThreadPoolExecutor(1) as pool:
        merged = pool.submit(merge)
        take(replace(second, end=second.end + HOUR), now=NOW + HOUR)
        merged.result()
    one.refresh_from_db()
    assert (one.state, one.merged_into) == ("merged", two)


def test_what_was_closed_or_not_looked_at_is_not_withdrawn(town: Town) -> None:
    take(found(town.outlet, "M205"), found(town.outlet), now=NOW)
    services.decide(town.analyst, Finding.objects.get(model_id="M101").clue_id, "invalid", reason="device")
    take(found(town.other_outlet, "M101"), now=NOW + HOUR)
    assert not Finding.objects.filter(withdrawn_at__isnull=False).exists()


def test_a_run_is_noted_with_each_model(town: Town) -> None:
    take(found(town.outlet), now=NOW)
    model, run = Model.objects.get(code="M101"), ModelRun.objects.get()
    assert (model.last_run_at, model.last_count, model.coverage, model.runtime_ms) == (NOW, 1, 1.0, 10)
    assert (model.version, model.status) == (catalogue()["M101"].version, catalogue()["M101"].status)
    assert (run.at, run.findings, run.model_id) == (NOW, 1, "M101")
    take(found(town.outlet), now=NOW + 8 * DAY)
    assert list(ModelRun.objects.values_list("at", flat=True)) == [NOW + 8 * DAY]


def test_numbers_of_a_day_are_counted_up(town: Town) -> None:
    take(found(town.outlet), found(town.other_outlet), now=NOW)
    take(found(town.outlet, start=T0 + 10 * DAY), now=NOW + 10 * DAY)
    numbers = Clue.objects.order_by("number").values_list("number", flat=True)
    assert list(numbers) == ["XS20261112-0001", "XS20261112-0002", "XS20261122-0001"]


def test_the_whole_story(town: Town) -> None:
    """From a finding to a closed order with a verdict, and into the precision of the model."""
    take(found(town.outlet, level=1), now=NOW)
    clue = Clue.objects.get()
    services.decide(town.analyst, clue.pk, "claim")
    services.decide(town.analyst, clue.pk, "order", assignee_id=town.officer.pk)
    order = clue.orders.get()
    orders.accept(town.officer, order.pk)
    orders.start(town.officer, order.pk, lon=106.2, lat=38.5)
    finish(town, order, next="rectify", requirement="修复脱硫设施")
    rectification = order.rectifications.get()
    orders.report(town.enterprise, rectification.pk, text="已修复")
    orders.review(town.dispatcher, rectification.pk, accept=True)
    orders.close(town.dispatcher, order.pk)
    clue.refresh_from_db()
    order.refresh_from_db()
    assert (clue.state, order.state) == ("closed", "closed")
    assert clue.verdicts.get().right == "yes"
    assert activities(clue) == ["clues.raised", "clues.claimed", "clues.ordered", "clues.order_closed"]
    assert activities(order) == [
        "orders.dispatched",
        "orders.accepted",
        "orders.started",
        "orders.finished",
        "orders.rectify",
        "orders.rectified",
        "orders.closed",
    ]
    assert activities(rectification) == [
        "rectifications.asked",
        "rectifications.reported",
        "rectifications.accepted",
    ]


def test_the_short_story(town: Town) -> None:
    """From a finding to an accepted answer."""
    take(found(town.outlet, level=3), now=NOW)
    clue = Clue.objects.get()
    services.decide(town.analyst, clue.pk, "remind")
    notice = clue.notices.get()
    portal.read(town.enterprise, notice.pk)
    portal.answer(town.enterprise, notice.pk, kind="answer", text="已检修")
    portal.review(town.analyst, notice.pk, accept=True)
    clue.refresh_from_db()
    notice.refresh_from_db()
    assert (clue.state, notice.state) == ("closed", "accepted")
    assert activities(notice) == ["notices.sent", "notices.read", "notices.answered", "notices.accepted"]
    assert activities(clue) == ["clues.raised", "clues.reminded", "clues.answer_accepted"]
