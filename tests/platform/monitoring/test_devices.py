"""Single loggers: what is shown, what may be sent, by whom."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import world as make
from harness import DetailEndpoint, ListEndpoint

from yuanjian.platform.common import sql
from yuanjian.platform.common.activity import timeline

KEY = b"0123456789abcdef"


def command(mn: str, state: str = "queued", **columns: Any) -> None:
    names = "".join(f", {name}" for name in columns)
    marks = ", %s" * len(columns)
    make.execute(
        f"INSERT INTO intake.command (mn, cn, requested_by, state{names}) "
        f"VALUES (%s, '1061', 'test', %s{marks})",
        mn,
        state,
        *columns.values(),
    )


class TestDevice(DetailEndpoint):
    path = "/api/devices/{mn}"
    enterprise = "closed"

    def prepare(self, world: Any) -> None:
        make.link(world.own.logger.mn)
        command(world.own.logger.mn)

    def url(self, world: Any, plant: Any) -> str:
        return f"/api/devices/{plant.logger.mn}"


class TestCommands(ListEndpoint):
    path = "/api/devices/{mn}/commands"
    enterprise = "closed"

    def prepare(self, world: Any) -> None:
        for plant in (world.own, world.other):
            command(plant.logger.mn)

    def url(self, world: Any, plant: Any) -> str:
        return f"/api/devices/{plant.logger.mn}/commands"

    def ids(self, body: Any) -> set[Any]:
        return {row["mn"] for row in body.get("items", [])}

    def own(self, world: Any) -> set[Any]:
        return {world.own.logger.mn}

    def other(self, world: Any) -> set[Any]:
        return {world.other.logger.mn}

    def test_wrong_region_sees_nothing_of_it(self, world: Any, client_of: Any) -> None:
        self.get(client_of, world.foreign[self.role], self.url(world, world.own), 404)


def get(client_of: Any, user: Any, mn: str) -> Any:
    return client_of(user).get(f"/api/devices/{mn}").json()


def post(
    client_of: Any, user: Any, mn: str, cn: str, status: int = 200, reason: str = "测试", **params: Any
) -> Any:
    body = {"cn": cn, "params": params, "reason": reason}
    answer = client_of(user).post(f"/api/devices/{mn}/commands", body, content_type="application/json")
    assert answer.status_code == status, answer.content
    return answer.json()


def told(body: Any) -> list[str]:
    return [problem["code"] for problem in body["link"]["problems"]]


def break_everything(mn: str) -> None:
    make.execute(
        "UPDATE intake.link SET clock_skew_s = -400, faults = 3, crc_faults = 3, seal = 'hj212.seal.clear',"
        " clear = 9, rivals = 2, rival_peer = '10.0.0.9:1', rival_at = now(), tolerated = 1, skipped = 2,"
        " skip_fault = 'hj212.time', skipped_at = now() WHERE mn = %s",
        mn,
    )
    make.execute(
        "INSERT INTO intake.device (mn, standard, key_current, key_made_at, allow_clear) "
        "VALUES (%s, '2025', %s, %s, false)",
        mn,
        KEY,
        datetime.now(UTC) - timedelta(days=91),
    )


def test_everything_wrong_with_a_device_is_told(world: Any, client_of: Any) -> None:
    mn = world.own.logger.mn
    make.link(mn)
    assert told(get(client_of, world.admin, mn)) == []
    break_everything(mn)
    body = get(client_of, world.users["officer"], mn)
    assert told(body) == ["clock", "version", "crc", "unreadable", "duplicate", "clear", "key", "tolerated"]
    texts = {problem["code"]: problem["text"] for problem in body["link"]["problems"]}
    assert (texts["clock"], texts["crc"]) == ("时钟偏差 -400 秒", "CRC 错误率 30.0%")
    assert texts["version"] == "登记为 2025 版，实际按 2017 版发送"
    assert "10.0.0.9:1" in texts["duplicate"]
    assert (body["crc_rate"], body["clear"], body["rival"]["peer"]) == (0.3, 9, "10.0.0.9:1")
    assert (body["settings"]["has_key"], body["settings"]["key_age_days"]) == (True, 91)
    assert KEY.decode() not in str(body)
    assert KEY.hex() not in str(body)
    make.execute("UPDATE intake.device SET allow_clear = true WHERE mn = %s", mn)
    assert "clear" not in told(get(client_of, world.admin, mn))
    make.execute("UPDATE intake.device SET allow_clear = false, key_current = NULL WHERE mn = %s", mn)
    assert "no_key" in told(get(client_of, world.admin, mn))


def test_frames_in_clear_over_the_internet_and_from_a_wrong_address_are_told(
    world: Any, client_of: Any
) -> None:
    mn = world.own.logger.mn
    make.link(mn)
    make.execute("UPDATE intake.link SET seal = 'hj212.seal.clear', clear = 3 WHERE mn = %s", mn)
    assert told(get(client_of, world.admin, mn)) == []  # a private line, where it is only advice
    make.execute(
        "UPDATE intake.link SET exposed = 3, exposed_at = now(), strangers = 1, stranger_at = now(),"
        " stranger_peer = '10.9.9.9:1' WHERE mn = %s",
        mn,
    )
    body = get(client_of, world.admin, mn)
    assert told(body) == ["stranger", "clear"]
    assert "10.9.9.9:1" in body["link"]["problems"][0]["text"]
    make.execute("UPDATE intake.link SET seal = 'hj212.seal.current' WHERE mn = %s", mn)
    assert told(get(client_of, world.admin, mn)) == ["stranger"]


def test_an_mn_of_the_wrong_form_is_told(world: Any, client_of: Any) -> None:
    for mn, wrong in (("88888880000001", True), ("A" * 24, False), ("12345-" * 4, True)):
        make.link(mn)
        assert (told(get(client_of, world.admin, mn)) == ["mn"]) is wrong
        make.execute("UPDATE intake.link SET standard = '2005' WHERE mn = %s", mn)
        assert (told(get(client_of, world.admin, mn)) == ["mn"]) is (mn != "88888880000001")


def test_loggers_are_found_and_counted_by_what_is_wrong(world: Any, client_of: Any) -> None:
    for plant in (world.own, world.other):
        make.link(plant.logger.mn)
    break_everything(world.own.logger.mn)
    client = client_of(world.admin)
    body = client.get("/api/links").json()
    assert {row["code"]: row["n"] for row in body["problems"]} == dict.fromkeys(
        ("clock", "version", "crc", "unreadable", "duplicate", "clear", "key", "tolerated"), 1
    )
    only = client.get("/api/links?problem=crc").json()
    assert ([row["mn"] for row in only["items"]], only["total"]) == ([world.own.logger.mn], 1)
    assert only["summary"]["online"] == 1
    assert client.get("/api/links?problem=crc&state=offline").json()["items"] == []
    assert client.get("/api/links?problem=tired").status_code == 422


def test_who_a_logger_is(world: Any, client_of: Any) -> None:
    make.latest(world.own.points["gas"].pk, "a21026", 1.0)
    identity = get(client_of, world.admin, world.own.logger.mn)["identity"]
    assert (identity["region_name"], identity["standard"]) == ("西夏区", "2017")
    gas = next(point for point in identity["points"] if point["kind"] == "gas")
    assert (gas["outlet"], [factor["name"] for factor in gas["factors"]]) == ("DA001 锅炉排口", ["二氧化硫"])


def test_an_unregistered_logger_is_compared_with_the_silent_ones(world: Any, client_of: Any) -> None:
    typo = world.own.logger.mn[:-1] + "9"
    make.link(typo)
    make.link(world.other.logger.mn, valid_ago=timedelta(hours=2), connected=False)
    body = get(client_of, world.admin, typo)
    assert [(row["mn"], row["by"]) for row in body["similar"]] == [
        (world.own.logger.mn, "number"),
        (world.other.logger.mn, "number"),
    ]
    assert (body["identity"], body["timeline"]) == (None, [])
    make.link("B" * 24)
    by_address = get(client_of, world.admin, "B" * 24)["similar"]
    assert [(row["mn"], row["by"]) for row in by_address] == [(world.other.logger.mn, "address")]


class TestFrames(ListEndpoint):
    path = "/api/devices/{mn}/frames"
    enterprise = "closed"

    def prepare(self, world: Any) -> None:
        for seq, plant in enumerate((world.own, world.other)):
            make.link(plant.logger.mn)
            make.frame(seq, b"x", mn=plant.logger.mn)

    def url(self, world: Any, plant: Any) -> str:
        return f"/api/devices/{plant.logger.mn}/frames"

    def ids(self, body: Any) -> set[Any]:
        return {row["seq"] for row in body.get("items", [])}

    def own(self, world: Any) -> set[Any]:
        return {0}

    def other(self, world: Any) -> set[Any]:
        return {1}

    def test_wrong_region_sees_nothing_of_it(self, world: Any, client_of: Any) -> None:
        self.get(client_of, world.foreign[self.role], self.url(world, world.own), 404)


def test_the_last_frames_of_a_logger(world: Any, client_of: Any) -> None:
    mn = world.own.logger.mn
    make.link(mn)
    for seq in range(1, 6):
        make.frame(seq, b"##" + bytes([48 + seq]), mn=mn, fault="hj212.length" if seq == 5 else None)
    make.execute("UPDATE intake.frame SET cn = '2051', st = '31' WHERE seq < 4")
    make.execute("UPDATE intake.frame SET cn = '1063' WHERE seq = 4")
    make.execute("UPDATE intake.frame SET received_at = now() - interval '1 hour' WHERE seq = 2")
    make.execute("UPDATE intake.frame SET received_at = now() - interval '3 days' WHERE seq = 1")
    rows = client_of(world.admin).get(f"/api/devices/{mn}/frames").json()["items"]
    assert [row["seq"] for row in rows] == [5, 4, 3, 2]
    assert (rows[0]["fault_text"], rows[0]["size"]) == ("数据段长度与实际不符", 3)
    assert (rows[3]["cn"], rows[3]["name"]) == ("2051", "上传污染物分钟数据")
    assert (rows[1]["cn"], rows[1]["name"]) == ("1063", "提取分钟数据间隔")
    few = client_of(world.admin).get(f"/api/devices/{mn}/frames?size=2").json()["items"]
    assert [row["seq"] for row in few] == [5, 4]
    never = client_of(world.admin).get(f"/api/devices/{world.other.logger.mn}/frames").json()
    assert never == {"items": [], "total": 0}


class TestGaps(DetailEndpoint):
    path = "/api/devices/{mn}/gaps"
    enterprise = "closed"

    def prepare(self, world: Any) -> None:
        make.link(world.own.logger.mn)

    def url(self, world: Any, plant: Any) -> str:
        return f"/api/devices/{plant.logger.mn}/gaps"


def test_gaps_and_what_was_asked_for(world: Any, client_of: Any) -> None:
    mn, point = world.own.logger.mn, world.own.points["gas"]
    start = make.NOW - timedelta(hours=47)
    values: list[float | None] = [1.0] * 47
    make.readings(point.pk, "a21026", values[:20], start=start)
    make.readings(point.pk, "a21002", values[:24], start=start + timedelta(hours=23))
    make.latest(point.pk, "a21026", 1.0, cadence="hour")
    wall = start + timedelta(hours=20 + 8)
    begin, end = (f"{wall + timedelta(hours=late):%Y%m%d%H%M%S}" for late in (0, 2))
    make.execute(
        "INSERT INTO intake.command (mn, cn, st, params, requested_by, state) "
        "VALUES (%s, '2061', '31', jsonb_build_object('BeginTime', %s::text, 'EndTime', %s::text), "
        "'auto:gap', 'done')",
        mn,
        begin,
        end,
    )
    body = client_of(world.admin).get(f"/api/devices/{mn}/gaps").json()
    [gap] = body["items"]
    assert (gap["missing"], gap["cadence"], gap["tries"], gap["state"]) == (3, "hour", 1, "done")
    assert datetime.fromisoformat(gap["start"]) == start + timedelta(hours=20)
    assert [row["cn"] for row in body["requests"]] == ["2061"]


def test_a_command_is_queued_recorded_and_shown(world: Any, client_of: Any) -> None:
    mn = world.own.logger.mn
    row = post(
        client_of, world.users["analyst"], mn, "2061", BeginTime="20260501000000", EndTime="20260501230000"
    )
    assert (row["state"], row["requested_by"], row["automatic"]) == ("queued", "analyst", False)
    assert row["params"] == {"BeginTime": "20260501000000", "EndTime": "20260501230000"}
    assert post(client_of, world.users["integrator"], mn, "1012", reason="时钟偏差")["params"] == {}
    first, second = get(client_of, world.admin, mn)["commands"]
    assert ((first["cn"], first["reason"]), second["cn"]) == (("1012", "时钟偏差"), "2061")
    lines = [line for line in timeline(world.own.logger) if line["action"] == "devices.commanded"]
    assert [line["text"] for line in lines] == [
        "向数采仪下发命令 2061 取污染物小时数据，理由：测试",
        "向数采仪下发命令 1012 设置现场机时间，理由：时钟偏差",
    ]


def test_a_command_that_changes_something_needs_a_reason(world: Any, client_of: Any) -> None:
    mn = world.own.logger.mn
    for cn in ("1012", "2012"):
        assert post(client_of, world.admin, mn, cn, 409, reason=" ")["code"] == "devices.reason"
    assert post(client_of, world.admin, mn, "1061", reason="")["reason"] is None
    dangers = {offer["cn"]: offer["danger"] for offer in get(client_of, world.admin, mn)["offers"]}
    assert dangers["2012"] == "设备将停止上报实时数据"
    assert dangers["2061"] is None


@pytest.mark.parametrize(
    ("standard", "key", "there"),
    [("2017", "2011h", False), ("2025", "2011h", True), ("2025", "3022", True), ("2005", "3020", False)],
)
def test_what_is_offered_depends_on_the_version(
    world: Any, client_of: Any, standard: str, key: str, there: bool
) -> None:
    make.execute("INSERT INTO intake.device (mn, standard) VALUES (%s, %s)", world.own.logger.mn, standard)
    body = get(client_of, world.admin, world.own.logger.mn)
    offers = {offer["key"]: offer for offer in body["offers"]}
    assert (key in offers) is there
    hours = offers["2061h"]
    assert (hours["group"], [field["kind"] for field in hours["fields"]]) == ("history", ["time", "time"])
    assert offers["1012"]["fields"][-1]["name"] != "SystemTime"
    if standard != "2005":
        [minutes] = offers["1064"]["fields"]
        assert (minutes["kind"], minutes["choices"][:3], minutes["label"]) == (
            "choice",
            [1, 2, 3],
            "分钟数据间隔（分钟）",
        )
        assert {"code": "i12001", "name": "工作状态", "name_en": "Working state"} in body["infos"]


def test_answers_are_told_in_words(world: Any, client_of: Any) -> None:
    mn = world.own.logger.mn
    command(mn, "done", qn_rtn=1, exe_rtn=100, tries=2)
    make.execute('UPDATE intake.command SET cn = \'2051\', params = \'{"BeginTime": "1", "EndTime": "2"}\'')
    make.execute('UPDATE intake.command SET result = \'{"values": {"MinInterval": "10", "Own": "1"}}\'')
    command(mn, "sent")
    make.execute("UPDATE intake.command SET cn = '2012' WHERE state = 'sent'")
    notice, history = client_of(world.admin).get(f"/api/devices/{mn}/commands").json()["items"]
    assert (history["name"], history["qn_text"], history["exe_text"]) == (
        "取污染物分钟数据",
        "准备执行请求",
        "没有数据",
    )
    assert (history["execution_s"], history["notice"], history["tries"]) == (60.0, False, 2)
    assert [field["name"] for field in history["fields"]] == ["开始时间", "结束时间", "分钟数据间隔（分钟）"]
    assert (notice["notice"], notice["qn_text"], notice["execution_s"]) == (True, None, None)


@pytest.mark.parametrize(
    ("cn", "params", "code"),
    [
        ("1072", {"NewPW": "1"}, "devices.command"),
        ("1062", {"RtdInterval": 5}, "hj212.field"),
        ("1062", {}, "hj212.field"),
        ("2061", {"BeginTime": "20260502000000", "EndTime": "20260501000000"}, "hj212.field"),
        ("3022", {"PolId": "w01018"}, "hj212.command"),
        ("1011", {"Nonsense": "1"}, "hj212.field"),
    ],
)
def test_what_cannot_be_sent_is_refused(
    world: Any, client_of: Any, cn: str, params: dict[str, Any], code: str
) -> None:
    body = post(client_of, world.admin, world.own.logger.mn, cn, 422, **params)
    assert body["code"] == code
    assert sql.rows("SELECT id FROM intake.command") == []


def test_a_key_cannot_be_sent_by_hand(world: Any, client_of: Any) -> None:
    make.execute("INSERT INTO intake.device (mn, standard) VALUES (%s, '2025')", world.own.logger.mn)
    post(client_of, world.admin, world.own.logger.mn, "1014", 422, NewSK="0" * 16)
    assert post(client_of, world.admin, world.own.logger.mn, "1014")["params"] == {}


def test_who_may_send(world: Any, client_of: Any) -> None:
    mn = world.own.logger.mn
    for role in ("officer", "dispatcher", "oversight", "author"):
        assert post(client_of, world.users[role], mn, "1011", 403)["code"] == "auth.forbidden"
    post(client_of, world.own.user, mn, "1011", 403)
    post(client_of, world.foreign["analyst"], mn, "1011", 404)
    post(client_of, world.admin, "NEVER", "1011", 404)
    post(client_of, world.admin, mn, "1011; DROP", 422)
    post(client_of, world.admin, mn, "1011", 422, PolId="a;CN=1072")


def test_too_many_waiting_are_refused(world: Any, client_of: Any) -> None:
    for _ in range(20):
        command(world.own.logger.mn)
    assert post(client_of, world.admin, world.own.logger.mn, "1061", 409)["code"] == "devices.busy"


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        ({"error": "refused", "qn_rtn": 3}, "PW 错误"),
        ({"error": "failed", "exe_rtn": 2, "qn_rtn": 1}, None),
        ({"error": "unanswered"}, "多次发送无应答，链路不可用"),
        ({"error": "gateway.restarted"}, "网关重启，结果未知"),
        ({"error": "something.new"}, "something.new"),
    ],
)
def test_why_a_command_failed(world: Any, client_of: Any, columns: dict[str, Any], text: str | None) -> None:
    command(world.own.logger.mn, "failed", **columns)
    [row] = client_of(world.admin).get(f"/api/devices/{world.own.logger.mn}/commands").json()["items"]
    assert row["state_text"] == "失败"
    assert row["error_text"]
    if text and "qn_rtn" not in columns:
        assert row["error_text"] == text
