"""Models built without code: draft, preview, review by a second person, trial, life."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pgtrigger
import pytest
import yaml
from builder_forms import a_form
from django.db import ProgrammingError, transaction
from procrastinate.contrib.django.models import ProcrastinateJob
from stories import DAY, HOUR, Town, activities, exceed, get, make_user, send
from world import NOW

from yuanjian.cli import own_models
from yuanjian.errors import UserFault
from yuanjian.platform.clues import adjusting, builder, jobs, life, screening_run, services
from yuanjian.platform.clues.catalogue import built_in, catalogue, entry, forget
from yuanjian.platform.clues.models import Backtest, Clue, Finding, Model, ModelRun, OwnModel
from yuanjian.platform.common.errors import Forbidden, Invalid, NotFound, Refused
from yuanjian.screening import catalogue as files


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    """What a test built here is forgotten with its database."""
    forget()
    yield
    forget()


@pytest.fixture
def second(town: Town) -> Any:
    """Another author of the same city."""
    return make_user("author", "640100")


def built(town: Town, **changes: Any) -> OwnModel:
    """A draft of the town's author: SO2 above 60 mg/m³."""
    return builder.begin(town.author, a_form(**changes))


def tried(town: Town, row: OwnModel, user: Any = None) -> Backtest:
    """A preview the worker has computed."""
    asked = builder.preview(user or town.author, row.pk)
    jobs.backtest_model(asked.pk)
    asked.refresh_from_db()
    return asked


def approved(town: Town, second: Any, **changes: Any) -> OwnModel:
    row = built(town, **changes)
    tried(town, row)
    builder.send(town.author, row.pk)
    return builder.decide(second, row.pk, approve=True, reason="同意试运行")


def unmet(raised: pytest.ExceptionInfo[Refused]) -> list[str]:
    return list(raised.value.details["codes"])  # type: ignore[call-overload]


def test_a_draft_is_saved_even_if_incomplete(town: Town) -> None:
    row = built(town, title="", levels={})
    assert (row.code, row.version, row.state, row.content, row.hash) == ("U001", 1, "draft", None, "")
    row = builder.change(town.author, row.pk, a_form())
    assert row.content is not None
    model = files.read("U001", row.content, files.bases())
    assert (model.hash, model.title) == (row.hash, "夜间二氧化硫偏高")
    assert activities(row) == ["builder.begun", "builder.saved"]
    assert built(town).code == "U002"


def test_a_draft_does_not_run_and_is_in_no_catalogue(town: Town) -> None:
    exceed(town)
    row = built(town)
    asked = tried(town, row)
    assert asked.result["levels"] == {"1": 0, "2": 1, "3": 0}
    assert (asked.result["hash"], Model.objects.get(pk="U001").status) == (row.hash, "draft")
    assert entry("U001") is None
    services.screen(NOW - 5 * DAY, NOW, NOW)
    assert not ModelRun.objects.filter(model_id="U001").exists()
    with pytest.raises(NotFound):
        life.promote(town.author, "U001", "trial", reason="绕过审核")
    services.sync_catalogue()
    assert Model.objects.get(pk="U001").status == "draft"
    get(town.author, "/models/U001", 404)


def test_review_needs_a_preview_of_this_very_content(town: Town) -> None:
    row = built(town, title="")
    with pytest.raises(Refused) as raised:
        builder.preview(town.author, row.pk)
    assert unmet(raised) == ["builder.complete"]
    row = builder.change(town.author, row.pk, a_form())
    tried(town, row)
    row = builder.change(town.author, row.pk, a_form(clear_after=5))
    with pytest.raises(Refused) as raised:
        builder.send(town.author, row.pk)
    assert unmet(raised) == ["builder.previewed"]
    seen = tried(town, row)
    assert builder.previewed(row) == seen
    assert builder.send(town.author, row.pk).state == "review"
    with pytest.raises(Refused):
        builder.change(town.author, row.pk, a_form())
    assert builder.take_back(town.author, row.pk).state == "draft"


def test_a_second_person_approves(town: Town, second: Any) -> None:
    row = built(town)
    row = builder.change(town.admin, row.pk, a_form())
    tried(town, row)
    builder.send(town.author, row.pk)
    for who in (town.author, town.admin):  # who began it, and who wrote it last
        with pytest.raises(Refused) as raised:
            builder.decide(who, row.pk, approve=True, reason="同意")
        assert unmet(raised) == ["builder.second_person"]
    with pytest.raises(Refused) as raised:
        builder.decide(second, row.pk, approve=True, reason=" ")
    assert unmet(raised) == ["builder.reason"]
    row = builder.decide(second, row.pk, approve=False, reason="阈值偏低")
    assert (row.state, row.decided_reason, entry("U001")) == ("draft", "阈值偏低", None)
    builder.send(town.author, row.pk)
    row = builder.decide(second, row.pk, approve=True, reason="同意试运行")
    model = Model.objects.get(pk="U001")
    assert (row.state, model.status, model.hash, model.decided_by) == ("approved", "trial", row.hash, second)
    assert catalogue()["U001"].hash == row.hash
    assert activities(row)[-4:] == ["builder.sent", "builder.returned", "builder.sent", "builder.approved"]
    assert activities(model) == ["models.backtested", "models.promoted"]
    with pytest.raises(Refused):
        builder.discard(town.author, row.pk)


def test_on_trial_then_live_it_is_screened_like_any_model(town: Town, second: Any) -> None:
    exceed(town)
    row = approved(town, second)
    services.screen(NOW - 5 * DAY, NOW, NOW)
    finding = Finding.objects.get(model_id="U001")
    assert (finding.model_version, finding.model_hash, finding.level) == (1, row.hash, 2)
    assert (finding.trial, finding.clue, finding.outlet) == (True, None, town.outlet)
    assert finding.claim.startswith(f"{NOW:%Y}"[:2])
    assert "二氧化硫实测值高于 60 mg/m³，最长连续 8 小时" in finding.claim
    life.promote(second, "U001", "live", reason="准确")
    services.screen(NOW - 5 * DAY, NOW, NOW)
    clue = Clue.objects.get(findings__model_id="U001")
    shown = get(town.analyst, f"/clues/{clue.pk}")
    mine = next(item for item in shown["findings"] if item["model"]["code"] == "U001")
    assert (mine["model"]["title"], mine["model"]["hash"]) == ("夜间二氧化硫偏高", row.hash)
    assert mine["next_level"]["text"].startswith("执法工单级未启用")
    assert mine["check_on_site"] == ["核对限值登记", "查看治理设施记录"]


def test_level_one_waits_for_a_named_person_in_each_version(town: Town, second: Any) -> None:
    exceed(town)
    levels = {"3": {"run": 1}, "2": {"run": 2}, "1": {"run": 4}}
    approved(town, second, levels=levels)
    services.screen(NOW - 5 * DAY, NOW, NOW)
    assert Finding.objects.get(model_id="U001").level == 2
    services.switch_level1(second, "U001", on=True, reason="数值经核实")
    services.screen(NOW - 5 * DAY, NOW, NOW)
    assert Finding.objects.get(model_id="U001").level == 1
    row = builder.renew(town.author, "U001")
    tried(town, row)
    builder.send(town.author, row.pk)
    builder.decide(second, row.pk, approve=True, reason="第二版")
    assert Model.objects.get(pk="U001").level1_by is None


def test_a_new_version_waits_beside_the_one_in_force(town: Town, second: Any) -> None:
    first = approved(town, second)
    life.promote(second, "U001", "live", reason="准确")
    row = builder.renew(town.author, "U001")
    assert (row.version, row.form) == (2, first.form)
    with pytest.raises(Refused):
        builder.renew(town.author, "U001")
    with pytest.raises(Refused):
        builder.change(town.author, row.pk, a_form("constant"))
    row = builder.change(town.author, row.pk, a_form(clear_after=6))
    assert (catalogue()["U001"].version, row.hash != first.hash) == (1, True)
    tried(town, row)
    builder.send(town.author, row.pk)
    builder.decide(second, row.pk, approve=True, reason="间隔放宽")
    model = Model.objects.get(pk="U001")
    assert (catalogue()["U001"].version, model.version, model.status) == (2, 2, "trial")
    first.refresh_from_db()
    assert (first.state, first.content["version"]) == ("approved", 1)  # type: ignore[index]


def test_a_retired_one_stays_readable_and_quiet(town: Town, second: Any) -> None:
    exceed(town)
    row = approved(town, second)
    services.screen(NOW - 5 * DAY, NOW, NOW)
    life.promote(second, "U001", "retired", reason="不再需要")
    services.sync_catalogue()
    services.screen(NOW - 5 * DAY, NOW, NOW)
    assert ModelRun.objects.filter(model_id="U001").count() == 1
    shown = get(town.author, "/models/U001")
    assert (shown["status"], shown["title"], shown["own"]) == ("retired", row.title, True)
    assert get(town.author, f"/own-models/{row.pk}")["reading"]["sentence"]


def test_it_is_about_its_region_and_of_its_region(town: Town, second: Any) -> None:
    exceed(town)
    with pytest.raises(Forbidden):
        built(town, region="640200")
    with pytest.raises(Invalid):
        built(town, region="")
    approved(town, second, region="640106")
    services.screen(NOW - 5 * DAY, NOW, NOW)
    assert not Finding.objects.filter(model_id="U001").exists()
    listed = {who: _codes(getattr(town, who)) for who in ("author", "province", "admin", "stranger_author")}
    assert [who for who, codes in listed.items() if "U001" in codes] == ["author", "province", "admin"]
    stranger = town.stranger_author
    get(stranger, "/models/U001", 404)
    for act in (
        lambda: life.promote(stranger, "U001", "live", reason="x"),
        lambda: services.switch_level1(stranger, "U001", on=True, reason="x"),
        lambda: builder.renew(stranger, "U001"),
    ):
        with pytest.raises(NotFound):
            act()
    life.promote(town.admin, "U001", "live", reason="x")


def _codes(user: Any) -> set[str]:
    return {item["code"] for item in get(user, "/models")["items"]}


def test_a_county_hears_of_a_model_of_its_city_but_does_not_change_it(town: Town, second: Any) -> None:
    approved(town, second)
    county = make_user("author", "640105")
    assert get(county, "/models/U001")["where"] == "银川市"
    with pytest.raises(NotFound):
        life.promote(county, "U001", "live", reason="x")


def test_thresholds_and_suppressions_hold_for_it_too(town: Town, second: Any) -> None:
    exceed(town)
    approved(town, second)
    given = {"scope": "region", "value": "640105", "reason": "先看", "valid_from": NOW.date() - 9 * DAY}
    adjusting.set_threshold(town.author, "U001", levels={"2": None}, **given)
    services.screen(NOW - 5 * DAY, NOW, NOW)
    assert Finding.objects.get(model_id="U001").level == 3


def test_the_worker_runs_it_as_soon_as_it_is_approved(
    town: Town, second: Any, django_capture_on_commit_callbacks: Any
) -> None:
    exceed(town)
    services.screen(NOW - DAY, NOW, NOW)
    due = screening_run.screen_due
    assert [lane for run in due(NOW) for lane in _ran(run)] == []
    with django_capture_on_commit_callbacks(execute=True):
        approved(town, second)
    assert ProcrastinateJob.objects.filter(task_name="clues.screen_due").count() == 1
    assert "U001" in {code for run in due(NOW) for code in _ran(run)}
    with django_capture_on_commit_callbacks(execute=True):
        approved(town, second, title="再一个")  # a job that waits is enough
    assert ProcrastinateJob.objects.filter(task_name="clues.screen_due").count() == 1


def _ran(screened: Any) -> list[str]:
    return [run.code for run in screened.report.runs]


def test_titles_of_the_catalogue_are_taken(town: Town) -> None:
    title = built_in()["M101"].title
    assert [problem.text for problem in builder.check(a_form(title=title))] == ["已有同名模型"]


def test_what_was_discarded_gives_its_code_away_never_again(town: Town) -> None:
    row = built(town)
    tried(town, row)
    assert builder.discard(town.author, row.pk).state == "discarded"
    services.sync_catalogue()
    assert Model.objects.get(pk="U001").status == "retired"
    with pytest.raises(NotFound):
        builder.renew(town.author, "U001")
    assert built(town).code == "U002"


def test_the_whole_way_over_http(town: Town, second: Any) -> None:
    exceed(town)
    offered = get(town.author, "/model-builder")
    assert offered["region"] == "640100"
    assert {block["data"] for block in offered["blocks"]} == {"hour", "day", "power"}
    form = a_form().model_dump()
    assert send(town.author, "/model-builder/read", {"block": "zero"})["problems"]
    read = send(town.author, "/model-builder/read", form)
    assert (read["problems"], yaml.safe_load(read["yaml"])["kernel"]) == ([], "compare_run")
    row = send(town.author, "/own-models", form)
    where = f"/own-models/{row['id']}"
    row = send(town.author, where, form | {"clear_after": 4}, method="put")
    states = {item["action"]: item["allowed"] for item in row["actions"]}
    assert (states["send"], states["preview"], row["previewed"]) == (False, True, None)
    asked = send(town.author, f"{where}/preview", {})
    jobs.backtest_model(asked["id"])
    assert get(town.author, f"/backtests/{asked['id']}")["result"]["hits_total"] == 1
    assert get(town.author, where)["previewed"] == asked["id"]
    assert send(town.author, f"{where}/send", {})["state"] == "review"
    assert send(town.author, f"{where}/take-back", {})["state"] == "draft"
    send(town.author, f"{where}/send", {})
    send(town.author, f"{where}/review", {"approve": True, "reason": "x"}, 409)
    row = send(second, f"{where}/review", {"approve": True, "reason": "同意"})
    assert (row["state"], row["in_force"], row["status"]) == ("approved", True, "trial")
    renewed = send(town.author, "/models/U001/renew", {})
    assert (renewed["version"], [item["version"] for item in renewed["versions"]]) == (2, [2, 1])
    assert send(town.author, f"/own-models/{renewed['id']}/discard", {})["state"] == "discarded"
    listed = get(town.author, "/own-models?state=approved&code=U001")
    assert (listed["total"], listed["counts"]["approved"], listed["counts"]["discarded"]) == (1, 1, 1)


def test_who_may_not(town: Town) -> None:
    row = built(town)
    form = a_form().model_dump()
    for who in ("analyst", "officer", "enterprise"):
        user = getattr(town, who)
        send(user, "/own-models", form, 403)
        send(user, f"/own-models/{row.pk}", form, 403, method="put")
        for act in ("preview", "send", "take-back", "discard"):
            send(user, f"/own-models/{row.pk}/{act}", {}, 403)
        send(user, f"/own-models/{row.pk}/review", {"approve": True, "reason": "x"}, 403)
    for act in ("preview", "send", "take-back", "discard"):
        send(town.stranger_author, f"/own-models/{row.pk}/{act}", {}, 404)
    row.refresh_from_db()
    assert row.state == "draft"


def test_export_makes_a_folder_the_catalogue_reads(town: Town, second: Any, tmp_path: Any) -> None:
    exceed(town)
    row = approved(town, second)
    services.screen(NOW - 5 * DAY, NOW, NOW)
    made = own_models.write("U001", tmp_path / "out")
    (tmp_path / "out" / "basis.yaml").write_bytes((files.folder() / "basis.yaml").read_bytes())
    model = files.load(tmp_path / "out")["U001"]
    assert (made, model.hash, model.version) == (tmp_path / "out" / "U001", row.hash, 1)
    notes = (made / "notes.md").read_text(encoding="utf-8")
    assert "同意试运行" in notes
    assert "看园区锅炉夜间排放" in notes
    renamed = own_models.write("U001", tmp_path / "new", code="M950")
    raw = yaml.safe_load((renamed / "model.yaml").read_text(encoding="utf-8"))
    assert (renamed.name, raw["code"], raw["version"], raw["status"]) == ("M950", "M950", 1, "draft")
    for code, version in (("U009", None), ("U001", 7)):
        with pytest.raises(UserFault):
            own_models.write(code, tmp_path / "none", version=version)
    with pytest.raises(UserFault):
        own_models.write("U001", tmp_path / "out")


def test_a_method_that_came_to_need_more_gets_it_from_the_catalogue(town: Town, second: Any) -> None:
    row = approved(town, second, **a_form("drop").model_dump(exclude={"title"}))
    assert row.content is not None
    del row.content["params"]["onset_hours"]
    with pgtrigger.ignore("clues.OwnModel:approved_stays"):
        row.save()
    forget()
    assert catalogue()["U001"].params == built_in()["M215"].params
    assert catalogue()["U001"].hash == row.hash


def test_what_was_approved_cannot_be_changed_in_the_database(town: Town, second: Any) -> None:
    row = approved(town, second)
    with pytest.raises(ProgrammingError, match="Cannot update or delete"), transaction.atomic():
        OwnModel.objects.filter(pk=row.pk).update(hash="x")


def test_one_the_program_no_longer_understands_does_not_stop_the_others(
    town: Town, second: Any, caplog: pytest.LogCaptureFixture
) -> None:
    row = approved(town, second)
    approved(town, second, title="另一个")
    with pgtrigger.ignore("clues.OwnModel:approved_stays"):
        OwnModel.objects.filter(pk=row.pk).update(content={**(row.content or {}), "basis": ["gone"]})
    forget()
    assert (entry("U001"), entry("U002") is not None) == (None, True)
    assert "U001 v1 left out" in caplog.text


def test_hours_between_two_runs_are_one(town: Town, second: Any) -> None:
    """The window of a run does not change what a model built here finds."""
    exceed(town)
    approved(town, second)
    services.screen(NOW - 5 * DAY, NOW - 15 * HOUR, NOW - 15 * HOUR)
    services.screen(NOW - 20 * HOUR, NOW, NOW)
    assert Finding.objects.filter(model_id="U001").count() == 1
