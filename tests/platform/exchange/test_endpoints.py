"""Scope, shape and query counts of the endpoints of records; delivering over HTTP."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, ClassVar

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from harness import DetailEndpoint, ListEndpoint, SharedEndpoint

from yuanjian.platform.exchange import services, tabular

JSON = "application/json"
QC = {"outlet": "DA001", "start": "2026-11-01 08:00", "factor": "a21026", "kind": "zero"}


def delivered(world: Any, actor: str = "analyst") -> None:
    """A delivery for each plant by the people of its city, one row of it wrong."""
    for word, plant, users in (("own", world.own, world.users), ("other", world.other, world.foreign)):
        row = {**QC, "enterprise": str(plant.enterprise.pk)}
        user = plant.user if actor == "enterprise" else users[actor]
        world.extra[word] = services.deliver("qc", [row, {**row, "factor": "=x"}], user, "test")


class TestRecords(ListEndpoint):
    path = "/api/records"

    def prepare(self, world: Any) -> None:
        delivered(world)

    def ids(self, body: Any) -> set[Any]:
        return {row["id"] for row in body["items"]}

    def own(self, world: Any) -> set[Any]:
        return {world.extra["own"].records.get().pk}

    def other(self, world: Any) -> set[Any]:
        return {world.extra["other"].records.get().pk}

    def test_filters(self, world: Any, client_of: Any) -> None:
        client = client_of(world.users["analyst"])

        def count(query: str) -> int:
            body = client.get(f"/api/records?{query}").json()
            assert body["total"] == len(body["items"])
            return int(body["total"])

        outlet = world.own.gas.pk
        assert count("kind=qc") == count(f"outlet={outlet}") == count("from=2026-11-01T08:00:00") == 1
        assert count(f"enterprise={world.own.enterprise.pk}&to=2026-11-01T08:00:01") == 1
        assert count("kind=visit") == count("to=2026-11-01T08:00:00") == count("from=2026-11-02") == 0
        assert count(f"enterprise={world.other.enterprise.pk}") == count(f"outlet={outlet + 999}") == 0

    def test_what_was_corrected_is_shown_on_request(self, world: Any, client_of: Any) -> None:
        row = {**QC, "enterprise": str(world.own.enterprise.pk), "external_id": "N1"}
        for error in (1, 2):
            services.deliver("qc", [{**row, "error": error}], world.users["analyst"], "test")
        client = client_of(world.users["analyst"])
        told = [row["data"].get("error") for row in client.get("/api/records").json()["items"]]
        assert sorted(map(str, told)) == ["2.0", "None"]
        assert client.get("/api/records?history=true").json()["total"] == 3

    def test_an_enterprise_does_not_see_what_is_about_it_but_not_its_affair(
        self, world: Any, client_of: Any
    ) -> None:
        row = {"enterprise": str(world.own.enterprise.pk), "start": "2026-11-01", "end": "2026-11-02"}
        services.deliver("visit", [row], world.users["analyst"], "test")
        assert client_of(world.users["analyst"]).get("/api/records?kind=visit").json()["total"] == 1
        assert client_of(world.own.user).get("/api/records?kind=visit").json()["total"] == 0


class TestKinds(SharedEndpoint):
    path = "/api/record-kinds"
    enterprise: ClassVar[str] = "shared"

    def prepare(self, world: Any) -> None:
        delivered(world)

    def test_columns_and_counts(self, world: Any, client_of: Any) -> None:
        rows = {row["kind"]: row for row in client_of(world.users["analyst"]).get(self.path).json()}
        assert rows["qc"]["count"] == 1
        assert rows["visit"]["count"] == 0
        columns = {column["name"]: column for column in rows["qc"]["columns"]}
        assert list(columns)[:6] == ["enterprise", "outlet", "start", "end", "external_id", "factor"]
        assert columns["kind"]["choices"][0] == {
            "code": "zero", "title": "零点校准", "title_en": "zero calibration",
        }  # fmt: skip
        assert columns["factor"]["type"] == "factor"
        assert not columns["start"]["own"]

    def test_an_enterprise_is_offered_its_own_kinds(self, world: Any, client_of: Any) -> None:
        kinds = {row["kind"] for row in client_of(world.own.user).get(self.path).json()}
        assert {"qc", "fuel"} <= kinds
        assert not kinds & {"visit", "order", "face_check", "permit_amount"}


class TestTemplate(SharedEndpoint):
    path = "/api/record-kinds/{kind}/template.csv"
    enterprise: ClassVar[str] = "shared"

    def url(self, world: Any, plant: Any) -> str:
        return "/api/record-kinds/qc/template.csv"

    def test_a_filled_template_is_accepted(self, world: Any, client_of: Any) -> None:
        client = client_of(world.users["analyst"])
        header = client.get(self.url(world, world.own)).content.decode()
        row = f"{world.own.enterprise.pk},DA001,2026-11-01 08:00,,Z1,a21026,零点校准,0,0.1,0.1,是,12\r\n"
        file = SimpleUploadedFile("质控.csv", (header + row).encode())
        body = client.post("/api/records/qc/file", {"file": file}).json()
        assert (body["accepted"], body["refused_rows"], body["file_name"]) == (1, [], "质控.csv")

    def test_no_such_kind(self, world: Any, client_of: Any) -> None:
        assert client_of(world.users["analyst"]).get("/api/record-kinds/x/template.csv").status_code == 404
        assert client_of(world.own.user).get("/api/record-kinds/visit/template.csv").status_code == 404


class TestBatches(ListEndpoint):
    path = "/api/record-batches"

    def prepare(self, world: Any) -> None:
        delivered(world, "enterprise")

    def ids(self, body: Any) -> set[Any]:
        return {row["id"] for row in body["items"]}

    def own(self, world: Any) -> set[Any]:
        return {world.extra["own"].pk}

    def other(self, world: Any) -> set[Any]:
        return {world.extra["other"].pk}

    def test_of_a_kind(self, world: Any, client_of: Any) -> None:
        client = client_of(world.users["analyst"])
        assert client.get("/api/record-batches?kind=qc").json()["total"] == 1
        assert client.get("/api/record-batches?kind=fuel").json()["total"] == 0


class TestBatch(DetailEndpoint):
    path = "/api/record-batches/{id}"

    def prepare(self, world: Any) -> None:
        delivered(world, "enterprise")

    def url(self, world: Any, plant: Any) -> str:
        return f"/api/record-batches/{world.extra['own'].pk}"

    def test_nothing_is_lost(self, world: Any, client_of: Any) -> None:
        body = client_of(world.users["analyst"]).get(self.url(world, world.own)).json()
        assert (body["rows"], body["accepted"], body["known"], body["refused"]) == (2, 1, 0, 1)
        (refused,) = body["refused_rows"]
        assert (refused["number"], refused["code"], refused["column"]) == (2, "record.text", "factor")
        assert refused["row"]["factor"] == "=x"


class TestRefused(DetailEndpoint):
    path = "/api/record-batches/{id}/refused.csv"

    def prepare(self, world: Any) -> None:
        delivered(world, "enterprise")

    def url(self, world: Any, plant: Any) -> str:
        return f"/api/record-batches/{world.extra['own'].pk}/refused.csv"

    def test_corrected_it_can_be_delivered_again(self, world: Any, client_of: Any) -> None:
        client = client_of(world.own.user)
        body = client.get(self.url(world, world.own)).content
        (row,) = tabular.read(body)
        assert (row["行号"], row["factor"]) == ("2", "'=x")
        assert "因子" in row["退回原因"]
        file = SimpleUploadedFile("again.csv", body.replace(b"'=x", b"a21002"))
        assert client.post("/api/records/qc/file", {"file": file}).json()["accepted"] == 1


def test_rows_as_json(world: Any, client_of: Any) -> None:
    client = client_of(world.users["integrator"])
    rows = [{**QC, "enterprise": str(world.own.enterprise.pk), "error": -1.5}, {"factor": "a21026"}]
    body = client.post("/api/records/qc", {"rows": rows, "source": "lims"}, JSON).json()
    assert (body["accepted"], body["refused"], body["source"]) == (1, 1, "lims")
    assert len(body["sha256"]) == 64
    (row,) = client.get("/api/records").json()["items"]
    assert (row["source"], row["author"], row["data"]["error"]) == ("lims", "测试integrator", -1.5)


@pytest.mark.parametrize("path", ["/api/records/qc", "/api/records/qc/file"])
def test_who_may_deliver(world: Any, client_of: Any, path: str) -> None:
    for user, status in ((None, 401), (world.users["officer"], 403), (world.users["oversight"], 403)):
        assert client_of(user).post(path, {"rows": [QC]}, JSON).status_code == status
    client = client_of(world.own.user)
    assert client.post(path.replace("qc", "visit"), {"rows": [QC]}, JSON).status_code in {404, 400, 422}


def test_a_wrong_file_is_told(world: Any, client_of: Any) -> None:
    file = SimpleUploadedFile("x.csv", b"a,a\n1,2")
    answer = client_of(world.own.user).post("/api/records/qc/file", {"file": file})
    assert (answer.status_code, answer.json()["code"]) == (400, "records.header")
    none = client_of(world.own.user).post("/api/records/qc", {"rows": []}, JSON)
    assert none.status_code == 422


def test_a_delivery_asks_the_register_once(world: Any) -> None:
    rows = [{**QC, "enterprise": str(world.own.enterprise.pk), "error": n} for n in range(50)]
    with CaptureQueriesContext(connection) as few:
        services.deliver("qc", rows[:1], world.users["analyst"], "test")
    with CaptureQueriesContext(connection) as many:
        services.deliver("qc", rows[1:], world.users["analyst"], "test")
    assert len(many) == len(few)


def test_the_example_of_the_page_for_integrators_is_accepted(world: Any, client_of: Any) -> None:
    page = (Path(__file__).parents[3] / "docs" / "integrator.md").read_text(encoding="utf-8")
    example = json.loads(re.findall(r"```json\n(.*?)```", page, re.DOTALL)[0])
    enterprise = world.own.enterprise
    enterprise.credit_code = example["rows"][0]["enterprise"]
    enterprise.save()
    body = client_of(world.users["integrator"]).post("/api/records/qc", example, JSON).json()
    assert (body["accepted"], body["refused_rows"]) == (1, [])
