"""The engine's ports over the database, and a run from the lake to the clue pool."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from procrastinate.contrib.django import app
from stories import DAY, HOUR, Town, a_clue, exceed
from world import NOW, execute, frame

from yuanjian.clock import BEIJING, beijing_day
from yuanjian.platform.clues import adjusting, jobs, life, services
from yuanjian.platform.clues.catalogue import catalogue
from yuanjian.platform.clues.models import Clue, Finding, Model, ModelRun
from yuanjian.platform.clues.screening_ports import People, Register
from yuanjian.platform.common.errors import Invalid, NotFound
from yuanjian.platform.common.models import Activity
from yuanjian.platform.monitoring.models import Mark
from yuanjian.screening.ports import OutletContext

START, END = NOW - 5 * DAY, NOW
LEVELS: dict[str, Any] = {"3": [{"ratio": 1.1}]}


def context(town: Town) -> OutletContext:
    return next(outlet for outlet in Register().outlets() if outlet.outlet == town.outlet.pk)


def test_the_register_offers_outlets_and_marks(town: Town) -> None:
    own = context(town)
    assert (own.medium, own.region, own.point) == ("gas", "640105", town.world.own.points["gas"].pk)
    times = {"start": NOW - HOUR, "end": NOW}
    about = {"point": town.world.own.points["gas"], "author": town.analyst, "region_code": "640105"}
    for state in ("pending", "accepted", "returned"):
        Mark.objects.create(kind="calibration", state=state, **about, **times)
    marks = Register().marks([own.point], NOW - DAY, NOW)
    assert [mark.kind for mark in marks] == ["calibration", "calibration"]


def test_the_catalogue_decides_where_nobody_did(town: Town) -> None:
    levels = People(START, END).levels("M101", context(town), date(2026, 11, 1))
    assert levels.source == "default"
    assert set(levels.values) == {2, 3}  # level 1 needs a named person


def test_level_one_is_switched_on_by_a_named_person(town: Town) -> None:
    services.switch_level1(town.chief, "M101", on=True, reason="省厅确认")
    levels = People(START, END).levels("M101", context(town), date(2026, 11, 1))
    assert 1 in levels.values
    assert (levels.author, levels.reason) == (town.chief.name, "省厅确认")
    services.switch_level1(town.chief, "M101", on=False, reason="停用")
    assert 1 not in People(START, END).levels("M101", context(town), date(2026, 11, 1)).values
    assert list(Activity.objects.filter(object_id="M101").values_list("action", flat=True)) == [
        "models.level1_on",
        "models.level1_off",
    ]


def test_enterprise_before_region_before_industry(town: Town) -> None:
    scopes = [("industry", "C44"), ("region", "640100"), ("enterprise", str(town.plant.pk))]
    for scope, value in scopes:
        adjusting.set_threshold(
            town.admin,
            "M101",
            scope=scope,
            value=value,
            levels=LEVELS,
            valid_from=date(2026, 1, 1),
            reason=scope,
        )
        levels = People(START, END).levels("M101", context(town), date(2026, 11, 1))
        assert (levels.source, levels.reason, levels.author) == (scope, scope, town.admin.name)
        assert levels.values[3] == ({"ratio": 1.1},)
        assert levels.values[2] == catalogue()["M101"].levels["gas"][2]


def test_a_threshold_counts_on_its_days_and_may_switch_off(town: Town) -> None:
    adjusting.set_threshold(
        town.admin,
        "M101",
        scope="region",
        value="640000",
        levels={"2": None},
        valid_from=date(2026, 11, 2),
        valid_to=date(2026, 11, 3),
        reason="启动期",
    )
    people, outlet = People(START, END), context(town)
    on = [2 in people.levels("M101", outlet, date(2026, 11, day)).values for day in (1, 2, 3, 4)]
    assert on == [True, False, False, True]


def test_suppression(town: Town) -> None:
    about = {"start": NOW - DAY, "end": NOW}
    adjusting.suppress(town.author, town.plant, outlet=town.outlet, code="M101", reason="改造", **about)
    people, outlet = People(START, END), context(town)
    quiet = people.suppressed("M101", outlet, NOW - HOUR)
    assert quiet is not None
    assert (quiet.reason, quiet.author, quiet.until) == ("改造", town.author.name, NOW)
    assert people.suppressed("M101", outlet, NOW) is None
    assert people.suppressed("M205", outlet, NOW - HOUR) is None
    adjusting.suppress(town.author, town.plant, reason="停产", **about)
    assert People(START, END).suppressed("M205", outlet, NOW - HOUR) is not None


@pytest.mark.parametrize("reason", ["", "  "])
def test_people_give_reasons(town: Town, reason: str) -> None:
    with pytest.raises(Invalid):
        services.switch_level1(town.chief, "M101", on=True, reason=reason)
    with pytest.raises(Invalid):
        adjusting.suppress(town.author, town.plant, start=START, end=END, reason=reason)
    with pytest.raises(NotFound):
        services.switch_level1(town.chief, "M999", on=True, reason="x")


def test_from_the_lake_to_the_pool_twice(town: Town) -> None:
    exceed(town)
    first = services.screen(START, END, END)
    clue = Clue.objects.filter(findings__model_id="M101").distinct().get()
    finding = clue.findings.get(model_id="M101")
    assert (finding.start, finding.end) == (END - 20 * HOUR, END - 12 * HOUR)
    assert finding.level == 2
    assert first.findings_new == Finding.objects.count()
    assert clue.evidence.count() >= 2
    before = [list(model.objects.order_by("pk").values()) for model in (Finding, Clue, Activity)]
    again = services.screen(START, END, END)
    assert [list(model.objects.order_by("pk").values()) for model in (Finding, Clue, Activity)] == before
    assert (again.findings_new, again.findings_extended, again.clues_changed, again.frozen) == (0, 0, 0, 0)


def test_a_confirmed_model_reaches_level_one(town: Town) -> None:
    services.switch_level1(town.chief, "M101", on=True, reason="确认")
    exceed(town)
    services.screen(START, END, END)
    assert Finding.objects.get(model_id="M101").level == 1


def test_the_job_screens_what_is_new(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    exceed(town)
    monkeypatch.setattr("yuanjian.platform.clues.screening_run.utcnow", lambda: END)
    jobs.screen(0)
    assert Finding.objects.filter(model_id="M101").count() == 1
    run = ModelRun.objects.filter(model_id="M101").get()
    assert (run.start, run.end) == (END - timedelta(hours=48), END)
    assert {run.model.pk for run in ModelRun.objects.all()} == lane("minute")


def lane(*names: str) -> set[str]:
    return {model.code for model in catalogue().live() if model.run in names}


def test_the_slower_lanes_run_when_they_are_due(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime(2026, 11, 20, 17, 40, tzinfo=UTC)  # 01:40 in Beijing
    for at, ran in (
        (now, lane("hour", "day")),  # never ran
        (now + timedelta(minutes=5), set()),
        (now + timedelta(minutes=25), lane("hour")),  # five past the full hour
        (now + 24 * HOUR - timedelta(minutes=11), lane("hour")),
        (now + 24 * HOUR - timedelta(minutes=10), lane("day")),  # half past one
    ):
        before = ModelRun.objects.count()
        monkeypatch.setattr("yuanjian.platform.clues.screening_run.utcnow", lambda at=at: at)
        jobs.screen_due(0)
        runs = ModelRun.objects.order_by("id")[before:]
        assert {run.model_id for run in runs} == ran, at


def test_a_lane_without_models_never_runs(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("yuanjian.platform.clues.life.running", lambda lanes=(): [])
    assert services.screen_due(NOW) == []


def test_what_ingest_has_yet_to_read_is_not_missing(town: Town) -> None:
    """Fourteen hours lie in the journal and not in the lake: that is our delay, not the outlet's."""
    exceed(town)
    execute("INSERT INTO intake.progress (shard, seq) VALUES (0, 1)")
    for seq, hours in ((1, 2), (2, 0), (3, -14)):
        frame(seq, b"##", at=END - hours * HOUR)
    services.screen_recent(END + 14 * HOUR)
    silent = Finding.objects.filter(start__gte=END).values_list("model_id", "start", "end")
    assert list(silent) == []
    assert set(ModelRun.objects.values_list("at", "end")) == {(END + 14 * HOUR, END)}
    execute("UPDATE intake.progress SET seq = 3")
    services.screen_recent(END + 14 * HOUR)
    assert list(silent.all()) == [("M117", END, END + 12 * HOUR)]  # two hours of grace


def test_a_window_of_which_nothing_is_known_is_left_alone(town: Town) -> None:
    exceed(town)
    services.screen(START, END, END)
    before = list(Finding.objects.order_by("pk").values())
    execute("INSERT INTO intake.progress (shard, seq) VALUES (0, 0)")
    frame(1, b"##", at=START)
    result = services.screen(START, END, END)
    assert (result.report.runs, list(Finding.objects.order_by("pk").values())) == ([], before)


def test_after_a_pause_the_job_goes_back_to_where_it_was(town: Town) -> None:
    exceed(town)
    services.screen(END - 10 * DAY, END - 5 * DAY, END - 5 * DAY)
    services.screen_recent(END)
    starts = ModelRun.objects.filter(model_id="M101").order_by("start").values_list("start", flat=True)
    waits = max(model.grace for model in life.running())
    assert list(starts) == [END - 10 * DAY, END - 5 * DAY - waits - DAY]


def test_days_a_model_waits_for_are_screened_when_it_judges(town: Town) -> None:
    """M123 judges a day three days after it: the run of each night has to reach back to it."""
    now = END.replace(hour=17, minute=30)  # 01:30 in Beijing
    for nights in (1, 0):
        services.screen_recent(now - nights * DAY, ["day"])
    judged = now - 3 * DAY - timedelta(hours=1, minutes=30)  # the end of the last day M123 speaks of
    assert ModelRun.objects.filter(model_id="M123").latest("at").start < judged


def test_what_comes_in_late_is_screened_by_every_lane_once(town: Town) -> None:
    now = END + 4 * DAY
    services.screen_recent(now)
    exceed(town)
    late = beijing_day(END - 20 * HOUR)
    for day in (late, late - 40 * DAY):
        execute("INSERT INTO intake.touched VALUES (%s, %s)", day, now + HOUR)
    for hours, lane_ in ((2, "minute"), (3, "minute"), (4, "hour"), (5, "hour")):
        services.screen_recent(now + hours * HOUR, [lane_])
        assert Finding.objects.filter(model_id="M101").count() == 1
    deep, recent = datetime.combine(late, time(), BEIJING), now - 46 * HOUR
    by_lane = [ModelRun.objects.filter(model_id__in=lane(name), at__gt=now) for name in ("minute", "hour")]
    starts = [sorted(set(runs.values_list("start", flat=True))) for runs in by_lane]
    assert starts == [[deep, recent], [deep, recent + 2 * HOUR]]


@pytest.mark.parametrize(("seconds", "reached"), [(30, True), (90, False)])
def test_a_day_noted_while_a_run_began_is_not_lost(town: Town, seconds: int, reached: bool) -> None:
    """Ingest notes the day, then commits: the run that began in between has not seen it."""
    now = END + 4 * DAY
    services.screen_recent(now, ["minute"])
    late = beijing_day(END - 20 * HOUR)
    execute("INSERT INTO intake.touched VALUES (%s, %s)", late, now - timedelta(seconds=seconds))
    services.screen_recent(now + HOUR, ["minute"])
    starts = set(ModelRun.objects.filter(at=now + HOUR).values_list("start", flat=True))
    assert (starts == {datetime.combine(late, time(), BEIJING)}) is reached


def test_progress_is_told(town: Town) -> None:
    seen: list[Any] = []
    services.screen(START, END, END, progress=lambda *said: seen.append(said))
    assert len(seen) == len(life.running())


@pytest.mark.parametrize(
    ("seconds", "line"),
    [(10, "* * * * * */10"), (60, "*/1 * * * *"), (600, "*/10 * * * *"), (7200, "0 * * * *")],
)
def test_the_job_runs_about_so_often(seconds: int, line: str) -> None:
    assert jobs.cron(seconds) == line


def test_the_job_may_be_left_to_somebody_else() -> None:
    def task() -> None:
        """Nothing."""

    names = {name for _, name in app.periodic_registry.periodic_tasks}
    assert jobs.periodically(0, "never")(task) is task
    assert "never" not in names
    assert {"screen", "screen_due"} <= names


def test_the_catalogue_is_synchronised(town: Town) -> None:
    assert set(Model.objects.values_list("pk", flat=True)) == set(catalogue().models)
    assert services.sync_catalogue() == 0
    Model.objects.filter(pk="M101").update(version=0)
    Model.objects.create(code="M000", version=1, hash="x", status="live")
    assert services.sync_catalogue() == 2
    assert Model.objects.get(pk="M101").version == catalogue()["M101"].version
    assert Model.objects.get(pk="M000").status == "retired"
    assert services.sync_catalogue() == 0


def test_numbers_count_by_beijing_day(town: Town) -> None:
    clue = a_clue(town)
    assert clue.number[2:10] == f"{beijing_day(clue.created_at):%Y%m%d}"
