"""The inspection form."""

from __future__ import annotations

from typing import Any

import pytest
from stories import DAY, Town, activities, an_item, an_order, answers, finish, send, visit_of

from yuanjian.platform.common.errors import Invalid, NotFound
from yuanjian.platform.inspections import services as inspections
from yuanjian.platform.inspections.models import Inspection
from yuanjian.platform.inspections.selectors import visits_this_year
from yuanjian.platform.orders import services
from yuanjian.platform.orders.models import WorkOrder


@pytest.fixture
def order(town: Town) -> WorkOrder:
    return an_order(town, "on_site")


def test_the_form_may_be_saved_again_and_again(town: Town, order: WorkOrder) -> None:
    first, second = an_item(town.officer), an_item(town.officer)
    half = [{"n": 1, "result": "problem", "note": "旁路阀开启", "file_ids": [first.pk]}]
    services.save_inspection(town.officer, order.pk, answers=half, file_ids=[second.pk], lon=106.3, lat=38.6)
    visit = visit_of(order)
    assert (visit.answers, visit.lon) == (half, 106.3)
    assert set(visit.files.all()) == {first, second}
    services.save_inspection(town.officer, order.pk, answers=answers(order), summary="完成")
    visit.refresh_from_db()
    assert (len(visit.answers), visit.summary, visit.lon) == (len(order.instructions), "完成", 106.3)
    assert activities(visit) == ["inspections.begun", "inspections.saved", "inspections.saved"]


def test_files_are_moved_into_the_region_of_the_order(town: Town, order: WorkOrder) -> None:
    photo = an_item(town.officer)
    for _ in range(2):
        services.save_inspection(town.officer, order.pk, answers=[], file_ids=[photo.pk])
    photo.refresh_from_db()
    assert (photo.region_code, photo.enterprise_id) == ("640105", None)
    assert activities(photo) == ["evidence.attached"]


@pytest.mark.parametrize("numbers", [[99], [1, 1], [0]])
def test_answers_belong_to_instructions(town: Town, order: WorkOrder, numbers: list[int]) -> None:
    wrong = [{"n": n, "result": "ok", "note": "", "file_ids": []} for n in numbers]
    with pytest.raises(Invalid) as caught:
        services.save_inspection(town.officer, order.pk, answers=wrong)
    assert caught.value.code == "inspection.answers"


def test_an_unknown_file_is_refused(town: Town, order: WorkOrder) -> None:
    with pytest.raises(NotFound):
        services.save_inspection(town.officer, order.pk, answers=[], file_ids=[10**6])


def test_no_visit_no_form(town: Town) -> None:
    with pytest.raises(Invalid) as caught:
        inspections.save(an_order(town, "accepted"), town.officer, answers=[])
    assert caught.value.code == "inspection.none"


def test_visits_of_the_year_are_counted(
    town: Town, order: WorkOrder, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish(town, order)
    now = visit_of(order).started_at
    monkeypatch.setattr("yuanjian.platform.inspections.selectors.utcnow", lambda: now)
    Inspection.objects.create(
        order=order,
        enterprise=town.plant,
        region_code="640105",
        officer=town.officer,
        started_at=now - 366 * DAY,
        finished_at=now,
    )
    assert visits_this_year(town.plant) == 1
    assert visits_this_year(town.other_outlet.enterprise) == 0


def test_an_older_form_does_not_overwrite_a_newer_one(town: Town, order: WorkOrder) -> None:
    path, done = f"/orders/{order.pk}/inspection", answers(order)

    def put(status: int = 200, **form: Any) -> Any:
        return send(town.officer, path, {"answers": done, **form}, status, method="put")

    read = visit_of(order).revision
    first = put(summary="手机", revision=read)["inspection"]["revision"]
    assert (
        put(summary="手机", revision=read)["inspection"]["revision"] > first
    )  # the answer was lost, sent again
    refused = put(409, summary="平板", revision=read)
    assert (refused["code"], refused["details"]["revision"]) == ("inspection.stale", first + 1)
    assert visit_of(order).summary == "手机"
    put(summary="平板", revision=first + 1)
    put(answers=[], summary="清空")
    assert visit_of(order).answers == []


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"summary": "只有小结"},
        {"answers": [{"n": 1, "result": "perhaps"}]},
        {"lon": 181},
        {"answers": "all"},
        {"file_ids": ["x"]},
    ],
)
def test_a_wrong_form_is_told(town: Town, order: WorkOrder, form: dict[str, Any]) -> None:
    send(town.officer, f"/orders/{order.pk}/inspection", form, 422, method="put")
