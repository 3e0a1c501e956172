"""Link states, faults, raw frames, latest values."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import world as make

from yuanjian.platform.monitoring import journal, latest, links
from yuanjian.platform.registry import codes
from yuanjian.platform.registry.services import set_limit
from yuanjian.wire import hj212
from yuanjian.wire.hj212.codes import shipped_codes

STRAY = "STRAY0000000000000000001"


def states(body: Any) -> dict[str, str]:
    return {row["mn"]: row["state"] for row in body["items"]}


@pytest.mark.parametrize(
    ("valid_ago", "connected", "state"),
    [
        (timedelta(minutes=4), False, "online"),
        (timedelta(minutes=6), True, "silent"),
        (timedelta(minutes=6), False, "offline"),
        (None, True, "silent"),
    ],
)
def test_state_of_a_link(world: Any, valid_ago: timedelta | None, connected: bool, state: str) -> None:
    make.link(world.own.logger.mn, valid_ago=valid_ago, connected=connected)
    assert links.rows_of(world.own.enterprise)[0]["state"] == state


def test_links_are_filtered_and_counted(world: Any, client_of: Any) -> None:
    make.link(world.own.logger.mn)
    make.link(STRAY)
    client = client_of(world.admin)
    body = client.get("/api/links").json()
    assert states(body) == {
        STRAY: "unregistered",
        world.own.logger.mn: "online",
        world.other.logger.mn: "never",
    }
    assert body["summary"] == {"online": 1, "silent": 0, "offline": 0, "never": 1, "unregistered": 1}
    assert states(client.get("/api/links?state=never").json()) == {world.other.logger.mn: "never"}
    assert client.get("/api/links?state=never").json()["total"] == 1
    assert states(client.get("/api/links?q=甲测试").json()) == {world.own.logger.mn: "online"}
    assert client.get("/api/links?q=%25").json()["items"] == []
    assert client.get("/api/links?state=asleep").status_code == 422
    assert len(client.get("/api/links?size=1&page=2").json()["items"]) == 1


def test_unregistered_links_are_for_those_who_may_adopt(world: Any, client_of: Any) -> None:
    make.link(STRAY)
    make.frame(1, b"garbage", fault="hj212.garbage")
    for role, seen in (("analyst", True), ("integrator", True), ("officer", False)):
        client = client_of(world.users[role])
        assert (STRAY in states(client.get("/api/links").json())) is seen
        assert (client.get("/api/faults").json()["total"] == 1) is seen
        assert client.get("/api/frames/0/1").status_code == (200 if seen else 404)
    row = client_of(world.users["analyst"]).get("/api/links?state=unregistered").json()["items"][0]
    assert (row["known"], row["enterprise"]) == (False, None)


def test_faults_are_counted_by_kind(world: Any, client_of: Any) -> None:
    make.frame(1, b"##\x00\xff", fault="hj212.garbage")
    make.frame(2, b"##0100", mn=world.own.logger.mn, fault="hj212.length")
    make.frame(3, b"##0100", mn=world.own.logger.mn, fault="hj212.length")
    client = client_of(world.admin)
    body = client.get("/api/faults").json()
    assert {code: row["n"] for code, row in body["counts"].items()} == {"hj212.garbage": 1, "hj212.length": 2}
    assert body["counts"]["hj212.length"]["text"] == "数据段长度与实际不符"
    assert [row["seq"] for row in body["items"]] == [3, 2, 1]
    assert body["items"][2]["raw"] == "##\\x00ÿ"
    assert (body["items"][2]["size"], body["items"][2]["fault_text"]) == (4, "不是 HJ 212 数据包")
    one = client.get(f"/api/faults?fault=hj212.length&mn={world.own.logger.mn}&size=1").json()
    assert (one["total"], len(one["items"])) == (2, 1)
    assert client.get("/api/faults?days=0").status_code == 422


def test_an_unknown_fault_shows_its_code() -> None:
    assert journal.fault_text("gateway.flood")["text"] == "持续发送无效数据，已断开连接"
    assert journal.fault_text("hj212.later") == {"text": "hj212.later", "text_en": "hj212.later"}


def _frame(mn: str) -> bytes:
    at = datetime.fromisoformat("2026-11-21T10:00")
    factors = [("a21026", {"Rtd": "35.2", "Flag": "N"}), ("zz999", {"Rtd": "1"})]
    [raw] = hj212.build_upload(
        standard=hj212.Standard.V2017,
        st="31",
        cn="2011",
        pw="123456",
        mn=mn,
        qn="20261121100000000",
        data_time=at,
        factors=factors,
    )
    return raw


def test_a_raw_frame_is_shown_with_its_meaning_and_without_the_password(world: Any, client_of: Any) -> None:
    make.frame(1, _frame(world.own.logger.mn), mn=world.own.logger.mn)
    body = client_of(world.users["analyst"]).get("/api/frames/0/1").json()
    assert "PW=******" in body["raw"]
    assert "123456" not in body["raw"]
    parsed = body["parsed"]
    assert (parsed["cn"], parsed["standard"]) == ("2011", "2017")
    assert parsed["upload"]["data_time"] == "2026-11-21T10:00:00"
    first, second = parsed["upload"]["factors"]
    assert (first["name"], first["fields"]) == ("二氧化硫", {"rtd": "35.2", "flag": "N"})
    assert (second["name"], second["code"]) == ("zz999", "zz999")


def test_a_frame_that_is_no_upload_or_cannot_be_read(world: Any, client_of: Any) -> None:
    mn = world.own.logger.mn
    beat = hj212.Message(
        qn="20261121100000000",
        st="31",
        cn="9015",
        pw="123456",
        mn=mn,
        flag=5,
        pnum=None,
        pno=None,
        rf=False,
        cp="",
        extra=(),
    )
    make.frame(1, hj212.build_frame(hj212.build_segment(beat)), mn=mn)
    make.frame(2, b"##0004abcd0000\r\n", mn=mn)
    make.frame(3, _frame(mn), mn=mn, fault="hj212.crc")
    client = client_of(world.admin)
    assert client.get("/api/frames/0/1").json()["parsed"]["upload"] is None
    assert client.get("/api/frames/0/2").json()["parsed"] is None
    assert client.get("/api/frames/0/3").json()["parsed"] is None
    assert client.get("/api/frames/0/4").status_code == 404
    assert client.get("/api/frames/99999/1").status_code == 422


def _sealed(mn: str, key: bytes) -> bytes:
    [raw] = hj212.build_upload(
        standard=hj212.Standard.V2025,
        st="31",
        cn="2061",
        pw="123456",
        mn=mn,
        qn="20261121100000000",
        data_time=datetime.fromisoformat("2026-11-21T10:00"),
        factors=[("a21026", {"avg": "35.2", "flag": "N"})],
        key=key,
    )
    return raw


def test_an_encrypted_frame_is_shown_as_it_came_and_opened(world: Any, client_of: Any) -> None:
    mn, key = world.own.logger.mn, b"0123456789abcdef"
    make.frame(1, _sealed(mn, key), mn=mn)
    make.frame(2, _sealed(mn, b"another key 0000"), mn=mn, fault="hj212.sealed")
    make.execute("INSERT INTO intake.device (mn, key_current) VALUES (%s, %s)", mn, key)
    make.execute("UPDATE intake.device SET key_current = NULL")  # every key a device ever had is tried
    client = client_of(world.users["analyst"])
    body = client.get("/api/frames/0/1").json()
    assert body["sealed"] is True
    assert "a21026" not in body["raw"]
    assert "a21026-Avg=35.2" in body["opened"]
    assert "PW=******" in body["opened"]
    assert body["parsed"]["upload"]["factors"][0]["fields"] == {"avg": "35.2", "flag": "N"}
    assert key.decode() not in str(body)
    other = client.get("/api/frames/0/2").json()
    assert (other["sealed"], other["opened"], other["parsed"]) == (True, None, None)


def test_codes_are_called_as_the_profile_of_the_device_calls_them(
    world: Any, client_of: Any, installation: Any
) -> None:
    folder = installation.home / "profiles"
    folder.mkdir()
    (folder / "profiles.csv").write_text("name,layers,name_zh,name_en,note\nnorth,,北省,North,\n")
    (folder / "north.factors.csv").write_text(
        "code,old_code,standard,medium,name_zh,name_en,unit,amount_unit,format,note,means\n"
        "a21026,,local,gas,本省另有含义,Something else,kW,,N5.2,,\n"
    )
    (folder / "north.infos.csv").write_text(
        "code,profile,kind,name_zh,name_en,unit,format,values,role\n"
        "i9001,x,logger,状态,State,,N1,0 好;1 坏,\n"
    )
    mn = world.own.logger.mn
    make.frame(1, _frame(mn), mn=mn)
    [info] = hj212.build_upload(
        standard=hj212.Standard.V2017,
        st="31",
        cn="3020",
        pw="123456",
        mn=mn,
        qn="20261121100000000",
        data_time=datetime.fromisoformat("2026-11-21T10:00"),
        factors=[],
        infos=[("i9001", "1"), ("i12001", "1"), ("i77", "x")],
    )
    make.frame(2, info, mn=mn)
    make.execute("INSERT INTO intake.device (mn, profile) VALUES (%s, 'north')", mn)
    client = client_of(world.admin)
    first, unknown = client.get("/api/frames/0/1").json()["parsed"]["upload"]["factors"]
    assert (first["name"], first["unit"], unknown["name"]) == ("本省另有含义", "kW", "zz999")
    infos = client.get("/api/frames/0/2").json()["parsed"]["upload"]["infos"]
    assert [(row["name"], row["meaning"]) for row in infos] == [
        ("状态", "坏"),
        ("工作状态", "维护"),
        ("i77", None),
    ]
    make.latest(world.own.points["gas"].pk, "a21026@north", 3.0)
    make.latest(world.own.points["gas"].pk, "a21026@gone", 3.0)
    names = {row["factor"]: row["factor_name"] for row in latest.rows(world.admin)}
    assert names == {"a21026@north": "本省另有含义", "a21026@gone": "a21026@gone"}


@pytest.mark.parametrize(
    ("value", "reference", "given", "state", "ratio"),
    [
        (40.0, 44.0, {}, "normal", 0.88),
        (40.0, 45.0, {}, "near", 0.9),
        (40.0, 51.0, {}, "over", 1.02),
        (60.0, None, {}, "none", None),
        (40.0, 51.0, {"flag": "D"}, "invalid", 1.02),
        (40.0, 51.0, {"received_at": datetime.now(UTC) - timedelta(hours=3)}, "stale", 1.02),
    ],
)
def test_a_latest_value_is_judged_at_reference_oxygen(
    world: Any, value: float, reference: float | None, given: Any, state: str, ratio: float | None
) -> None:
    make.latest(world.own.points["gas"].pk, "a21026", value, reference=reference, **given)
    [row] = latest.rows(world.admin, outlet=world.own.gas.pk)
    assert (row["state"], row["ratio"], row["limit"]) == (state, ratio, 50.0)
    assert (row["factor_name"], row["unit"]) == ("二氧化硫", "mg/m³")


@pytest.mark.parametrize(("ph", "state"), [(7.0, "normal"), (5.9, "over"), (9.1, "over")])
def test_ph_has_two_bounds_and_no_ratio(world: Any, ph: float, state: str) -> None:
    make.latest(world.own.points["water"].pk, "w01001", ph)
    [row] = latest.rows(world.admin, enterprise=world.own.enterprise.pk)
    assert (row["state"], row["ratio"], row["limit_low"]) == (state, None, 6.0)


def test_an_unknown_factor_without_limit_is_shown(world: Any) -> None:
    make.latest(world.own.points["gas"].pk, "zz999", 1.0)
    [row] = latest.rows(world.admin)
    assert (row["state"], row["factor_name"], row["unit"], row["limit"]) == ("none", "zz999", "", None)


def test_the_newest_cadence_and_the_limit_in_force_count(world: Any) -> None:
    point = world.own.points["gas"].pk
    make.latest(point, "a21026", 1.0, cadence="hour", time=make.NOW - timedelta(hours=1))
    make.latest(point, "a21026", 2.0, cadence="minute", time=make.NOW)
    make.latest(point, "a21026", 3.0, cadence="day", time=make.NOW + timedelta(hours=1))
    for high, first, last in ((35.0, date(2025, 1, 1), None), (99.0, date(2024, 1, 1), date(2024, 12, 31))):
        set_limit(
            None,
            world.own.gas,
            factor="a21026",
            averaging="hour",
            high=high,
            basis="x",
            valid_from=first,
            valid_to=last,
        )
    [row] = latest.rows(world.admin)
    assert (row["value"], row["limit"]) == (2.0, 35.0)


def test_electricity_and_doors_are_no_latest_values(world: Any) -> None:
    make.latest(world.own.points["electricity"].pk, "d20701", 60.0)
    assert latest.rows(world.admin) == []


def test_acknowledged_frames_nobody_could_read_are_shown(world: Any, client_of: Any) -> None:
    for plant in (world.own, world.other):
        make.link(plant.logger.mn)
    make.execute("UPDATE intake.link SET skipped = 3, skip_fault = 'hj212.time', skipped_at = now()")
    client = client_of(world.users["analyst"])
    [row] = client.get("/api/links").json()["items"]
    time = hj212.Fault("hj212.time")
    assert (row["skipped"], row["skip_fault_text"], row["skip_fault_text_en"]) == (3, time.zh, time.en)
    [skip] = client.get("/api/faults").json()["skips"]
    assert (skip["mn"], skip["n"], skip["text"]) == (world.own.logger.mn, 3, time.zh)
    assert client.get(f"/api/faults?mn={STRAY}").json()["skips"] == []
    make.execute("UPDATE intake.link SET skipped_at = now() - interval '400 days'")
    assert client.get("/api/faults").json()["skips"] == []


def test_every_value_of_a_shipped_code_has_chinese_words() -> None:
    shipped = [code for _, code in shipped_codes() if isinstance(code, hj212.InfoCode)]
    listed = {value.strip() for code in shipped for value in code.values.split(";")}
    texts = {
        text for number, gap, text in (each.partition(" ") for each in listed) if gap and number.isdigit()
    }
    assert texts
    assert {text for text in texts if text not in codes._STATES} == set()
