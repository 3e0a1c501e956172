"""Limits: by permit, by standard, ended and confirmed, and what screening gets of them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from yuanjian.platform.common.activity import timeline
from yuanjian.platform.registry import limits, selectors, standards
from yuanjian.platform.registry.models import Limit
from yuanjian.platform.registry.selectors import outlet_contexts

JSON = "application/json"
BOILER = "GB 13271-2014"
PERMIT = {
    "factor": "a21002",
    "averaging": "hour",
    "high": 150.0,
    "o2_reference": 9.0,
    "basis": "排污许可证（虚拟）",
    "valid_from": "2026-01-01",
}


def ids(standard: str, condition: str) -> list[str]:
    return [row.row for row in standards.rows(standard) if row.condition == condition]


def apply(client: Any, outlet: int, rows: list[str], **more: str) -> Any:
    body = {"rows": rows, "valid_from": "2026-01-01", **more}
    return client.post(f"/api/outlets/{outlet}/limits/standard", body, JSON)


def context(outlet: int) -> Any:
    return next(item for item in outlet_contexts() if item.outlet == outlet)


def test_a_permit_limit_by_hand(world: Any, client_of: Any) -> None:
    client = client_of(world.users["analyst"])
    made = client.post(f"/api/outlets/{world.own.gas.pk}/limits", PERMIT, JSON).json()
    assert (made["origin"], made["unit"], made["certainty"]) == ("permit", "mg/m³", "A")
    assert (made["confirmed_by"], made["standard_row"]) == (None, "")
    dossier = client.get(f"/api/enterprises/{world.own.enterprise.pk}").json()
    assert made in dossier["outlets"][0]["limits"]
    assert timeline(world.own.gas)[-1]["action"] == "registry.limit_set"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"factor": "w01018"}, "registry.limit_factor"),
        ({"factor": "nothing"}, "registry.limit_factor"),
        ({"high": None}, "registry.limit_bound"),
        ({"low": 150.0}, "registry.limit_bounds"),
        ({"valid_to": "2025-12-31"}, "registry.limit_dates"),
        ({"averaging": "month"}, "api.invalid"),
        ({"high": -1}, "api.invalid"),
        ({"basis": ""}, "api.invalid"),
    ],
)
def test_a_wrong_permit_limit_is_refused(
    world: Any, client_of: Any, wrong: dict[str, Any], code: str
) -> None:
    client = client_of(world.users["integrator"])
    before = Limit.objects.count()
    answer = client.post(f"/api/outlets/{world.own.gas.pk}/limits", {**PERMIT, **wrong}, JSON)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert Limit.objects.count() == before


def test_a_standard_is_applied(world: Any, client_of: Any) -> None:
    client = client_of(world.users["analyst"])
    rows = ids(BOILER, "表1 在用 燃煤")
    body = apply(client, world.own.gas.pk, rows).json()
    assert body["refused"] == []
    assert len(body["made"]) == len(rows) == 5
    sulfur = next(row for row in body["made"] if row["high"] == 400 and row["factor"] == "a21026")
    assert (sulfur["origin"], sulfur["basis"]) == ("standard", f"{BOILER} 表1 在用 燃煤")
    assert (sulfur["averaging"], sulfur["o2_reference"], sulfur["certainty"]) == ("hour", 9.0, "A")
    assert timeline(world.own.gas)[-1]["text"] == f"测试analyst 套用 {BOILER}（5 项限值）"
    held = {limit.basis: limit.origin for limit in context(world.own.gas.pk).limits}
    assert held == {"排污许可证（虚拟）": "permit", f"{BOILER} 表1 在用 燃煤": "standard"}


def test_rows_that_cannot_be_judged_come_back_with_the_reason(world: Any, client_of: Any) -> None:
    client = client_of(world.users["integrator"])
    dioxins = next(row.row for row in standards.table().values() if row.refusal == "factor")
    old = next(
        row.row
        for row in standards.table().values()
        if row.status == "superseded" and row.refusal is None and row.medium == "gas"
    )
    water = next(row.row for row in standards.rows("GB 8978-1996") if row.refusal is None)
    good = ids(BOILER, "表2 新建 燃气")[0]
    body = apply(client, world.own.gas.pk, [good, dioxins, water, old, "EL9999", good]).json()
    assert [row["standard_row"] for row in body["made"]] == [good]
    reasons = {row["row"]: row["reason"] for row in body["refused"]}
    assert reasons == {dioxins: "factor", water: "medium", old: "dates", "EL9999": "unknown"}
    assert all(row["reason_text"] and row["reason_text_en"] for row in body["refused"])
    again = apply(client, world.own.gas.pk, [good, old], valid_to="2026-06-30").json()
    assert [row["standard_row"] for row in again["made"]] == [old]
    assert [row["reason"] for row in again["refused"]] == ["twice"]


def test_a_row_may_follow_itself(world: Any) -> None:
    row = ids(BOILER, "表2 新建 燃气")[:1]
    first = limits.apply_standard(
        None, world.own.gas, row, valid_from=date(2026, 1, 1), valid_to=date(2026, 3, 31)
    )
    later = limits.apply_standard(None, world.own.gas, row, valid_from=date(2026, 4, 1))
    earlier = limits.apply_standard(
        None, world.own.gas, row, valid_from=date(2025, 1, 1), valid_to=date(2025, 12, 31)
    )
    overlapping = limits.apply_standard(None, world.own.gas, row, valid_from=date(2026, 3, 1))
    assert [len(done.made) for done in (first, later, earlier, overlapping)] == [1, 1, 1, 0]


def test_nothing_made_nothing_told(world: Any) -> None:
    before = len(timeline(world.own.gas))
    done = limits.apply_standard(None, world.own.gas, ["EL9999"], valid_from=date(2026, 1, 1))
    assert (done.made, done.refused) == ([], [("EL9999", "unknown")])
    assert len(timeline(world.own.gas)) == before


def test_a_limit_ends(world: Any, client_of: Any) -> None:
    client = client_of(world.users["integrator"])
    limit = world.own.gas.limits.get()
    url = f"/api/limits/{limit.pk}"
    assert client.patch(url, {"valid_to": "2026-05-31"}, JSON).json()["valid_to"] == "2026-05-31"
    assert context(world.own.gas.pk).limits[0].valid_to == date(2026, 5, 31)
    wrong = client.patch(url, {"valid_to": "2000-01-01"}, JSON)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "registry.limit_dates")
    assert timeline(world.own.gas)[-1]["text"].endswith("的截止日期设为 2026-05-31")


def test_a_number_is_confirmed_by_a_second_person(world: Any, client_of: Any) -> None:
    applying, client = client_of(world.users["integrator"]), client_of(world.users["analyst"])
    rows = ids("GB 18485-2014（含2019年修改单）", "表4")[:1]
    (made,) = apply(applying, world.own.gas.pk, rows).json()["made"]
    assert (made["certainty"], made["confirmed_by"]) == ("C", None)
    assert (made["author_id"], made["author"]) == (world.users["integrator"].pk, "测试integrator")
    unsure = next(limit for limit in context(world.own.gas.pk).limits if limit.origin == "standard")
    assert unsure.unconfirmed
    url = f"/api/limits/{made['id']}/confirm"
    alone = applying.post(url, {"reason": "对照标准文本"}, JSON)
    assert (alone.status_code, alone.json()["code"]) == (409, "registry.limit_second_person")
    assert Limit.objects.get(pk=made["id"]).confirmed_by is None
    assert client.post(url, {"reason": "对照标准文本"}, JSON).json()["confirmed_by"] == "测试analyst"
    sure = next(limit for limit in context(world.own.gas.pk).limits if limit.origin == "standard")
    assert (sure.unconfirmed, sure.confirmed_by) == (False, "测试analyst")
    again = client.post(url, {"reason": "再次"}, JSON)
    assert (again.status_code, again.json()["code"]) == (409, "registry.limit_sure")
    permit = Limit.objects.get(outlet=world.own.gas, origin="permit")
    assert client.post(f"/api/limits/{permit.pk}/confirm", {"reason": "x"}, JSON).status_code == 409


CALLS = [
    ("post", "/api/outlets/{outlet}/limits", PERMIT),
    ("post", "/api/outlets/{outlet}/limits/standard", {"rows": ["EL0001"], "valid_from": "2026-01-01"}),
    ("patch", "/api/limits/{limit}", {"valid_to": "2026-05-31"}),
    ("post", "/api/limits/{limit}/confirm", {"reason": "x"}),
]


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
def test_who_may_change_limits(
    world: Any, client_of: Any, method: str, path: str, body: dict[str, Any]
) -> None:
    limit = world.own.gas.limits.get()
    url = path.format(outlet=world.own.gas.pk, limit=limit.pk)

    def status(user: Any) -> int:
        return int(getattr(client_of(user), method)(url, body, JSON).status_code)

    assert status(None) == 401
    assert status(world.own.user) == status(world.users["author"]) == status(world.users["officer"]) == 403
    assert status(world.foreign["analyst"]) == status(world.foreign["integrator"]) == 404
    assert Limit.objects.get(pk=limit.pk).valid_to is None


def test_a_limit_that_does_not_exist(world: Any, client_of: Any) -> None:
    answer = client_of(world.users["analyst"]).patch(
        "/api/limits/999999999", {"valid_to": "2026-05-31"}, JSON
    )
    assert answer.status_code == 404


def test_standards_are_listed_and_shown(world: Any, client_of: Any) -> None:
    client = client_of(world.users["integrator"])
    found = client.get("/api/standards", {"q": "锅炉", "medium": "gas"}).json()
    assert [row["name"] for row in found] == [BOILER, "DB44/765-2019"]
    assert all(0 < row["usable"] <= row["rows"] for row in found)
    shown = client.get("/api/standards/DB44/765-2019").json()
    assert shown["rows"] == len(shown["limits"])
    assert shown["region"] == "440000"
    refused = [row for row in client.get(f"/api/standards/{BOILER}").json()["limits"] if row["reason"]]
    assert all(row["high"] is None and row["reason_text"] for row in refused)
    assert client.get("/api/standards/GB 0-0").status_code == 404


def test_a_standard_waits_behind_the_permit(world: Any) -> None:
    made = limits.apply_standard(
        None, world.own.gas, ids(BOILER, "表2 新建 燃气"), valid_from=date(2026, 1, 1)
    ).made
    day = date(2026, 6, 1)
    shown = {(item.factor, item.origin) for item in selectors.binding(world.own.gas.limits.all(), day)}
    assert shown == {("a21026", "permit"), ("a21002", "standard"), ("a34013", "standard")}
    assert {limit.factor for limit in made} == {"a21026", "a21002", "a34013"}
    limits.end_limit(None, world.own.gas.limits.get(origin="permit"), valid_to=date(2026, 5, 31))
    after = selectors.binding(world.own.gas.limits.all(), day)
    assert {(item.factor, item.origin) for item in after} == {(limit.factor, "standard") for limit in made}
    assert selectors.binding(world.own.gas.limits.all(), date(2020, 1, 1)) == []
