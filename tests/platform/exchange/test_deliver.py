"""Taking deliveries: what is kept, what is refused and why, corrections, who may tell what."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import Error, transaction
from world import NOW

from yuanjian.platform.common.errors import Forbidden, NotFound, TooLarge
from yuanjian.platform.exchange import selectors, services, tabular
from yuanjian.platform.exchange.models import Batch, Record, RefusedRow
from yuanjian.screening.records import KINDS

QC = {"outlet": "DA001", "start": "2026-11-01 08:00", "factor": "a21026", "kind": "zero"}


def deliver(world: Any, rows: list[dict[str, Any]], kind: str = "qc", actor: Any = "integrator") -> Batch:
    user = world.users.get(actor) if isinstance(actor, str) else actor
    return services.deliver(kind, rows, user, "test")


def qc(world: Any, **given: Any) -> dict[str, Any]:
    return {"enterprise": str(world.own.enterprise.pk), **QC, **given}


def test_a_row_becomes_a_record(world: Any) -> None:
    batch = deliver(world, [qc(world, error=1.5, passed=True, external_id="QC-1")])
    row = Record.objects.get()
    assert (batch.rows, batch.accepted, batch.known, batch.refused) == (1, 1, 0, 0)
    assert row.enterprise == world.own.enterprise
    assert row.outlet == world.own.gas
    assert row.region_code == "640105"
    assert row.start == row.end == datetime(2026, 11, 1, 0, tzinfo=UTC)
    assert row.data == {"factor": "a21026", "kind": "zero", "error": 1.5, "passed": True}
    assert (row.source, row.author, row.external_id) == ("test", world.users["integrator"], "QC-1")


def test_words_and_spreadsheet_ways_are_understood(world: Any) -> None:
    row = {
        "排污单位（统一社会信用代码）": str(world.own.enterprise.pk),
        "排放口编号": "DA001",
        "开始时间": "2026/11/1 8:00",
        "因子编码": "二氧化硫",
        "类型": "零点校准",
        "误差（%）": " 1,001.5 ",
        "合格": "否",
        "标准值": "",
    }
    assert deliver(world, [row]).accepted == 1
    found = Record.objects.get()
    assert found.start == datetime(2026, 11, 1, 0, tzinfo=UTC)
    assert found.data == {"factor": "a21026", "kind": "zero", "error": 1001.5, "passed": False}


@pytest.mark.parametrize(
    ("given", "code", "column"),
    [
        ({"enterprise": "999999"}, "record.enterprise", "enterprise"),
        ({"enterprise": ""}, "record.required", "enterprise"),
        ({"outlet": "DA009"}, "record.outlet", "outlet"),
        ({"outlet": None}, "record.required", "outlet"),
        ({"start": "yesterday"}, "record.time", "start"),
        ({"start": "1999-01-01"}, "record.time", "start"),
        ({"start": ""}, "record.required", "start"),
        ({"end": "2026-10-31"}, "record.order", "end"),
        ({"factor": "nonsense"}, "record.text", "factor"),
        ({"factor": ""}, "record.required", "factor"),
        ({"kind": "perfect"}, "record.choice", "kind"),
        ({"error": "much"}, "record.number", "error"),
        ({"error": "inf"}, "record.number", "error"),
        ({"error": True}, "record.number", "error"),
        ({"passed": "perhaps"}, "record.flag", "passed"),
        ({"error": [1]}, "record.number", "error"),
        ({"eror": 1}, "record.unknown_column", "eror"),
        ({"external_id": "x" * 61}, "record.external_id", "external_id"),
    ],
)
def test_what_is_no_record_is_kept_with_the_reason(
    world: Any, given: dict[str, Any], code: str, column: str
) -> None:
    wrong = qc(world, **given)
    batch = deliver(world, [qc(world), wrong])
    refused = RefusedRow.objects.get()
    assert (batch.rows, batch.accepted, batch.refused) == (2, 1, 1)
    assert (refused.number, refused.code, refused.column) == (2, code, column)
    assert refused.row == wrong
    assert refused.message
    assert refused.message_en
    assert Record.objects.count() == 1


def test_a_lasting_record_needs_its_end(world: Any) -> None:
    row = {"enterprise": str(world.own.enterprise.pk), "start": "2026-01-01", "factor": "a21026"}
    row |= {"kind": "year", "amount": "12"}
    assert deliver(world, [row], "permit_amount").refused == 1
    assert deliver(world, [row | {"end": "2027-01-01"}], "permit_amount").accepted == 1
    assert Record.objects.get().outlet is None


def test_the_same_again_is_known(world: Any) -> None:
    rows = [qc(world), qc(world, kind="span"), qc(world, external_id="A")]
    assert deliver(world, [*rows, rows[0]]).known == 1
    again = deliver(world, rows)
    assert (again.rows, again.accepted, again.known) == (3, 0, 3)
    assert Record.objects.count() == 3


def test_a_newer_row_corrects_and_the_older_stays(world: Any) -> None:
    deliver(world, [qc(world, external_id="A", error=1)])
    assert deliver(world, [qc(world, external_id="A", error=9)]).accepted == 1
    assert deliver(world, [qc(world, external_id="A", error=9)]).known == 1
    assert deliver(world, [qc(world, external_id="A", error=1)]).accepted == 1, (
        "a correction may be taken back"
    )
    kept = selectors.record_rows(Record.objects.order_by("id"))
    assert [(row["data"]["error"], row["superseded"]) for row in kept] == [(1, True), (9, True), (1, False)]
    assert [row.data["error"] for row in selectors.newest_of(Record.objects.all())] == [1]


def test_within_a_delivery_the_later_row_holds(world: Any) -> None:
    deliver(world, [qc(world, external_id="A", error=1), qc(world, external_id="A", error=2)])
    assert [row.data["error"] for row in selectors.newest_of(Record.objects.all())] == [2]


def test_numbers_of_two_enterprises_do_not_meet(world: Any) -> None:
    other = {**qc(world, external_id="A"), "enterprise": str(world.other.enterprise.pk)}
    assert deliver(world, [qc(world, external_id="A"), other], actor=world.admin).accepted == 2
    assert selectors.newest_of(Record.objects.all()).count() == 2


def test_records_and_refusals_can_not_be_changed(world: Any) -> None:
    deliver(world, [qc(world), {}])
    for rows in (Record.objects, RefusedRow.objects, Batch.objects):
        with pytest.raises(Error, match="Cannot"), transaction.atomic():
            rows.all().delete()
        with pytest.raises(Error, match="Cannot"), transaction.atomic():
            rows.update(id=1)


def test_a_region_delivers_for_its_own_enterprises_only(world: Any) -> None:
    assert deliver(world, [qc(world)], actor=world.foreign["integrator"]).refused == 1
    assert RefusedRow.objects.get().code == "record.enterprise"
    assert Batch.objects.get().region_code == "640200"


def test_an_enterprise_delivers_its_own(world: Any) -> None:
    user = world.own.user
    batch = deliver(world, [QC, {**QC, "enterprise": str(world.other.enterprise.pk)}], actor=user)
    assert (batch.accepted, batch.refused) == (1, 1)
    assert (batch.enterprise, batch.region_code) == (world.own.enterprise, "640105")
    with pytest.raises(NotFound):
        deliver(world, [], "visit", actor=user)


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("manual_result", {"factor": "a21026", "value": 3, "purpose": "监督监测"}),
        ("parameter", {"factor": "a21026", "name": "range", "origin": "permit", "value": 100}),
    ],
)
def test_an_enterprise_does_not_speak_for_the_authorities(
    world: Any, kind: str, given: dict[str, Any]
) -> None:
    row = {"outlet": "DA001", "start": "2026-11-01", **given}
    assert deliver(world, [row], kind, actor=world.own.user).refused == 1
    assert RefusedRow.objects.get().code == "record.reserved"
    row["enterprise"] = str(world.own.enterprise.pk)
    assert deliver(world, [row], kind).accepted == 1


def test_an_enterprise_does_not_correct_the_authorities(world: Any) -> None:
    deliver(world, [qc(world, external_id="A", error=9)])
    assert deliver(world, [{**QC, "external_id": "A", "error": 1}], actor=world.own.user).refused == 1
    assert RefusedRow.objects.get().code == "record.not_yours"
    assert deliver(world, [{**QC, "external_id": "A", "error": 9}], actor=world.own.user).known == 1
    deliver(world, [{**QC, "external_id": "B", "error": 1}], actor=world.own.user)
    assert deliver(world, [qc(world, external_id="B", error=2)]).accepted == 1, "the other way round it may"


@pytest.mark.parametrize("role", ["dispatcher", "officer", "oversight", "author"])
def test_who_may_not_deliver(world: Any, role: str) -> None:
    with pytest.raises(Forbidden):
        deliver(world, [qc(world)], actor=role)


def test_there_is_a_limit(world: Any) -> None:
    with pytest.raises(TooLarge):
        deliver(world, [QC] * (tabular.MOST_ROWS + 1))


def test_every_kind_takes_a_row_made_of_its_own_columns(world: Any) -> None:
    examples = {"text": "文字", "number": 1.5, "flag": True, "time": "2026-11-02 09:00"}
    for kind, about in KINDS.items():
        row: dict[str, Any] = {"enterprise": str(world.own.enterprise.pk), "start": "2026-11-01"}
        row |= {"end": "2026-11-03", "outlet": "DA001"}
        for name, column in about.columns.items():
            value = next(iter(column.choices)) if column.choices else examples[column.type]
            row[name] = "a21026" if name == "factor" else value
        batch = deliver(world, [row], kind)
        assert batch.accepted == 1, list(RefusedRow.objects.values("code", "column", "message"))
        start = datetime(2026, 10, 1, tzinfo=UTC)
        frame = selectors.records(kind, [world.own.enterprise.pk], start, NOW + timedelta(days=30))
        told = frame.to_dicts()[-1]
        assert (told["enterprise"], told["outlet"]) == (world.own.enterprise.pk, world.own.gas.pk)
        assert all(told[name] is not None for name in about.columns)


def test_times_with_a_zone(world: Any) -> None:
    deliver(world, [qc(world, start="2026-11-01T00:00:00+00:00"), qc(world, start="2026年11月1日 08:00:30")])
    assert [row.start for row in Record.objects.order_by("id")] == [
        datetime(2026, 11, 1, tzinfo=UTC),
        datetime(2026, 11, 1, 0, 0, 30, tzinfo=UTC),
    ]
