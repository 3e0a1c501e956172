"""Records and process parameters: as models see them, and as cases write them down."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from yuanjian.screening import cases, records, subjects
from yuanjian.screening.frames import FixedRegistry
from yuanjian.screening.ports import Chain, OutletContext, PowerMeter, Signal
from yuanjian.screening.scene import Scene
from yuanjian.screening.signals import MACHINES, ROLES

HOUR = timedelta(hours=1)
START = datetime(2026, 10, 31, 16, tzinfo=UTC)
OUTLET = OutletContext(
    outlet=1,
    enterprise=7,
    region="640105",
    industry="441",
    medium="gas",
    code="DA001",
    name="1号排放口",
    point=1,
    factors=("a21026",),
    signals=(Signal("furnace_temperature", 60, "t1", design=850.0), Signal("furnace_temperature", 60, "t2")),
    records=frozenset({"qc"}),
)


def qc(number: int, enterprise: int, outlet: int | None, hours: float) -> dict[str, object]:
    return {
        "id": number,
        "enterprise": enterprise,
        "outlet": outlet,
        "start": START + hours * HOUR,
        "factor": "a21026",
        "kind": "span",
    }


def scene(*outlets: OutletContext, **told: pl.DataFrame) -> Scene:
    end = START + 24 * HOUR
    case = cases.read("M101")[0]
    return Scene(outlets, case.readings, FixedRegistry(outlets, (), told), START, end, end, START)


def test_a_frame_has_all_columns_and_its_rows_in_order() -> None:
    rows = records.frame("qc", [qc(2, 7, 1, 5), qc(1, 7, None, 3)])
    assert rows.schema == records.schema("qc")
    assert rows["id"].to_list() == [1, 2]
    assert rows["end"].to_list() == rows["start"].to_list() == rows["received"].to_list()
    assert rows["measured"].null_count() == 2


def test_every_kind_and_role_has_words_in_both_languages() -> None:
    for kind in records.KINDS.values():
        assert kind.zh
        assert kind.en
        assert all(column.zh and column.en for column in kind.columns.values())
        assert all(column.choices for column in kind.columns.values() if column.type == "choice")
    assert all(role.zh and role.en for role in ROLES.values())
    assert all(zh and en for zh, en in MACHINES.values())
    assert not any(set(kind.columns) & set(records.BASE) for kind in records.KINDS.values())


def test_an_outlet_sees_its_own_records_and_those_of_the_enterprise() -> None:
    other = replace(OUTLET, outlet=2, point=2)
    rows = [
        qc(1, 7, 1, 1),
        qc(2, 7, 2, 2),
        qc(3, 7, None, 3),
        qc(4, 8, 1, 4),
        qc(5, 7, 1, 30),  # after the end
    ]
    seen = scene(OUTLET, other, qc=records.frame("qc", rows))
    assert seen.records("qc", OUTLET)["id"].to_list() == [1, 3]
    assert seen.records("qc", other)["id"].to_list() == [2, 3]
    silent = replace(OUTLET, enterprise=9, outlet=3, point=3)
    assert seen.records("qc", silent).is_empty()
    assert scene(silent).records("visit", silent).is_empty()
    assert scene(OUTLET).records("qc", OUTLET).is_empty()


def meter(name: str, machine: str) -> PowerMeter:
    return PowerMeter(1, name, "treatment", 9, "d20701", None, machine=machine)


@pytest.mark.parametrize(
    ("subject", "more", "needs", "names"),
    [
        ("signal", {"signals": ["furnace_temperature"]}, ["signal:furnace_temperature"], ["炉膛温度"] * 2),
        ("signal", {"signals": ["furnace_temperature"]}, ["signal:slurry_ph"], []),
        ("outlet", {}, ["record:qc"], [""]),
        ("outlet", {}, ["record:visit"], []),
        ("machine", {"machines": ["fan"]}, ["machine:fan"], ["引风机"]),
        ("outlet", {}, ["machine:blower"], []),
        ("outlet", {}, ["total"], []),
    ],
)
def test_needs_with_a_name(subject: str, more: dict[str, object], needs: list[str], names: list[str]) -> None:
    outlet = replace(OUTLET, chain=Chain((), (meter("引风机", "fan"), meter("水泵", ""))))
    model = replace(
        cases.catalogue.load()["M101"],
        inputs={"subject": subject, "needs": needs, "factors": "*", "cadence": "hour", **more},
    )
    assert [item.name for item in subjects.of_model(model, scene(outlet))] == names
    assert set(needs) <= subjects.NEEDS


def test_a_plant_without_meters_has_no_machines() -> None:
    model = replace(
        cases.catalogue.load()["M101"],
        inputs={"subject": "machine", "machines": ["fan"], "needs": [], "factors": "*", "cadence": "hour"},
    )
    assert subjects.of_model(model, scene(OUTLET)) == ()


def test_a_case_writes_signals_machines_and_records_down(tmp_path: Path) -> None:
    folder = tmp_path / "M999" / "cases" / "all"
    folder.mkdir(parents=True)
    (folder / "case.yaml").write_text(
        """
kind: positive
title: 全部
medium: gas
chain: {production: {kiln: 200}, treatment: {fan: 30}, total: {main: null}}
machines: {fan: fan}
not_in_permit: [kiln]
signals: {furnace_temperature: [t1, t2], slurry_ph: ph, inlet: a21026@in}
design: {t1: 850}
records:
  qc:
    - {start: '2026-11-01 01:00', factor: a21026, kind: span, error: 1.5}
  visit:
    - {start: '2026-11-01 02:00', end: '2026-11-01 03:00'}
expect: []
""",
        encoding="utf-8",
    )
    (folder / "hours.csv").write_text(
        "time,a21026,a21026@in,t1,ph,fan\n2026-11-01 00:00,12,300,861,5.5,20\n", encoding="utf-8"
    )
    case = cases.read("M999", tmp_path)[0]
    (outlet,) = case.registry.outlets()
    assert outlet.factors == ("a21026",)
    assert [(s.role, s.factor, s.design) for s in outlet.signals] == [
        ("furnace_temperature", "t1", 850),
        ("furnace_temperature", "t2", None),
        ("slurry_ph", "ph", None),
        ("inlet", "a21026", None),
    ]
    assert outlet.chain is not None
    assert [(m.name, m.kind, m.machine, m.in_permit) for m in outlet.chain.meters] == [
        ("kiln", "production", "", False),
        ("fan", "treatment", "fan", True),
        ("main", "total", "", True),
    ]
    assert outlet.records == {"qc", "visit"}
    seen = Scene((outlet,), case.readings, case.registry, START, case.end, case.end, START)
    assert seen.hours.values[seen.hours.row((60, "t1")), 0] == 861
    assert seen.hours.values[seen.hours.row((60, "a21026")), 0] == 300
    assert seen.hours.values[seen.hours.row((1, "a21026")), 0] == 12
    assert case.registry.records("qc", [1], START, case.end)["outlet"].to_list() == []
    later = START + 24 * HOUR
    assert case.registry.records("qc", [1], START, later)["error"].to_list() == [1.5]
    assert case.registry.records("visit", [1], START, later)["outlet"].to_list() == [None]
