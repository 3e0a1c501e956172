"""Marks: making, reviewing, and which of them count."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import world as make

from yuanjian.clock import beijing_day
from yuanjian.platform.common import sql
from yuanjian.platform.common.activity import timeline
from yuanjian.platform.common.errors import Refused
from yuanjian.platform.evidence.services import freeze
from yuanjian.platform.monitoring import services
from yuanjian.platform.monitoring.models import Mark
from yuanjian.platform.monitoring.selectors import marks_in_force

JSON = "application/json"


def post(client: Any, point: Any, **given: Any) -> Any:
    body = {
        "point_id": point.pk,
        "kind": "calibration",
        "start": (make.NOW - timedelta(hours=2)).isoformat(),
        "end": make.NOW.isoformat(),
        **given,
    }
    return client.post("/api/marks", body, content_type=JSON)


def test_an_enterprise_marks_its_own_points(world: Any, client_of: Any) -> None:
    client, point = client_of(world.own.user), world.own.points["gas"]
    body = post(client, point, factor="a21026", note="季度校准").json()
    assert (body["kind_text"], body["factor"], body["state_text"]) == ("校准", "a21026", "待审核")
    mark = Mark.objects.get()
    assert mark.region_code == "640105"
    assert "标记 校准" in timeline(world.own.gas)[-1]["text"]
    assert [event.state for event in mark.events.all()] == ["pending"]
    [period] = marks_in_force([point.pk], make.NOW - timedelta(hours=1), make.NOW)
    assert (period.kind, period.factor) == ("calibration", "a21026")


def test_only_visible_points_and_files_can_be_named(world: Any, client_of: Any) -> None:
    client = client_of(world.own.user)
    assert post(client, world.other.points["gas"]).status_code == 404
    secret = freeze({"a": 1}, "输入", region_code="640105")
    assert post(client, world.own.points["gas"], file_ids=[secret.pk]).status_code == 404
    assert post(client_of(world.users["oversight"]), world.own.points["gas"]).status_code == 403


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"end": (make.NOW - timedelta(hours=3)).isoformat()}, "marks.period"),
        ({"end": (make.NOW + timedelta(days=32)).isoformat()}, "marks.period"),
        ({"start": (make.NOW - timedelta(days=400)).isoformat()}, "marks.period"),
        ({"factor": "zz999"}, "marks.factor"),
        ({"kind": "holiday"}, "api.invalid"),
    ],
)
def test_a_wrong_mark_is_refused(world: Any, client_of: Any, given: dict[str, Any], code: str) -> None:
    response = post(client_of(world.own.user), world.own.points["gas"], **given)
    assert (response.status_code, response.json()["code"]) == (422, code)


def review(client: Any, pk: int, **given: Any) -> Any:
    return client.post(f"/api/marks/{pk}/review", given, content_type=JSON)


def test_a_returned_mark_does_not_count(world: Any, client_of: Any) -> None:
    point = world.own.points["gas"]
    pk = post(client_of(world.own.user), point).json()["id"]
    analyst = client_of(world.users["analyst"])
    refused = review(analyst, pk, accept=False)
    assert (refused.status_code, refused.json()["code"]) == (409, "marks.reason")
    assert review(analyst, pk, accept=False, note="无校准记录").json()["state"] == "returned"
    assert marks_in_force([point.pk], make.NOW - timedelta(hours=1), make.NOW) == []
    again = review(analyst, pk, accept=True)
    assert again.json()["details"]["unmet"] == ["该标记已审核"]


def test_marks_are_found_by_state_kind_and_enterprise(world: Any, client_of: Any) -> None:
    mine, own = client_of(world.own.user), world.own.points["gas"]
    first, second = (post(mine, own, kind=kind).json()["id"] for kind in ("calibration", "fault"))
    analyst = client_of(world.users["analyst"])
    review(analyst, second, accept=True)

    def found(query: str) -> list[int]:
        return [row["id"] for row in analyst.get(f"/api/marks?{query}").json()["items"]]

    assert found("state=pending") == found("kind=calibration") == [first]
    assert found("state=accepted&kind=fault") == [second]
    assert sorted(found(f"q={world.own.enterprise.name}")) == [first, second]
    assert found("state=returned") == found("q=没有这家企业") == []


def test_an_accepted_mark_counts(world: Any, client_of: Any) -> None:
    pk = post(client_of(world.own.user), world.own.points["gas"]).json()["id"]
    assert review(client_of(world.users["analyst"]), pk, accept=True).json()["state_text"] == "已认可"
    assert review(client_of(world.own.user), pk, accept=True).status_code == 403
    assert review(client_of(world.foreign["analyst"]), pk, accept=True).status_code == 404
    assert len(marks_in_force([world.own.points["gas"].pk], make.NOW - timedelta(hours=1), make.NOW)) == 1


def test_of_two_reviews_at_the_same_time_one_counts(world: Any, client_of: Any) -> None:
    pk = post(client_of(world.own.user), world.own.points["gas"]).json()["id"]
    first, second = Mark.objects.get(pk=pk), Mark.objects.get(pk=pk)  # on two screens
    services.review_mark(world.users["analyst"], first, accept=True)
    with pytest.raises(Refused):
        services.review_mark(world.users["dispatcher"], second, accept=False, note="无校准记录")
    assert Mark.objects.get(pk=pk).state == "accepted"


def test_of_an_unreviewed_mark_three_days_count(
    world: Any, client_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("yuanjian.platform.monitoring.services.utcnow", lambda: make.NOW)
    point = world.own.points["gas"].pk
    start, end = make.NOW - timedelta(days=20), make.NOW + timedelta(days=20)
    times = {"start": start.isoformat(), "end": end.isoformat()}
    pk = post(client_of(world.own.user), world.own.points["gas"], **times).json()["id"]
    [period] = marks_in_force([point], start, end)
    assert (period.end - period.start, period.accepted) == (timedelta(days=3), False)
    assert marks_in_force([point], make.NOW - timedelta(days=1), make.NOW) == []
    assert screened_again() == []
    review(client_of(world.users["analyst"]), pk, accept=True)
    [period] = marks_in_force([point], make.NOW - timedelta(days=1), make.NOW)
    assert (period.start, period.end, period.accepted) == (start, end, True)
    days = [beijing_day(start) + timedelta(days=n) for n in range(40)]
    assert screened_again() == [day for day in days if day <= beijing_day(make.NOW)]


def screened_again() -> list[date]:
    return [row["day"] for row in sql.rows("SELECT day FROM intake.touched ORDER BY day")]


def test_marks_are_filtered_by_outlet(world: Any, client_of: Any) -> None:
    client = client_of(world.own.user)
    post(client, world.own.points["gas"])
    assert client.get(f"/api/marks?outlet={world.own.gas.pk}").json()["total"] == 1
    assert client.get(f"/api/marks?outlet={world.own.water.pk}").json()["total"] == 0


def test_what_is_announced_for_later_comes_after_what_has_begun(world: Any, client_of: Any) -> None:
    client, point = client_of(world.own.user), world.own.points["gas"]
    later = make.NOW + timedelta(days=2)
    for start in (later, make.NOW - timedelta(days=2), make.NOW - timedelta(days=1)):
        post(client, point, start=start.isoformat(), end=(start + timedelta(hours=1)).isoformat())
    starts = [row["start"] for row in client.get("/api/marks").json()["items"]]
    assert starts == [*sorted(starts[:2], reverse=True), max(starts)]
