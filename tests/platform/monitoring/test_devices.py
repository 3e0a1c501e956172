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


def post(client_of: Any, user: Any, mn: str, cn: str, status: int = 200, **params: Any) -> Any:
    answer = client_of(user).post(
        f"/api/devices/{mn}/commands", {"cn": cn, "params": params}, content_type="application/json"
    )
    assert answer.status_code == status, answer.content
    return answer.json()


def test_everything_wrong_with_a_device_is_told(world: Any, client_of: Any) -> None:
    mn = world.own.logger.mn
    make.link(mn)
    assert get(client_of, world.admin, mn)["problems"] == []
    make.execute(
        "UPDATE intake.link SET clock_skew_s = -400, faults = 3, crc_faults = 3, seal = 'hj212.seal.clear',"
        " clear = 9, rivals = 2, rival_peer = '10.0.0.9:1', rival_at = now(), tolerated = 1 WHERE mn = %s",
        mn,
    )
    make.execute(
        "INSERT INTO intake.device (mn, standard, key_current, key_made_at, allow_clear) "
        "VALUES (%s, '2025', %s, %s, false)",
        mn,
        KEY,
        datetime.now(UTC) - timedelta(days=91),
    )
    body = get(client_of, world.users["officer"], mn)
    assert [problem["code"] for problem in body["problems"]] == [
        "clock", "crc", "version", "clear", "duplicate", "tolerated", "key",
    ]  # fmt: skip
    assert (body["crc_rate"], body["clear"], body["rival"]["peer"]) == (0.3, 9, "10.0.0.9:1")
    assert body["settings"]["has_key"] is True
    assert KEY.decode() not in str(body)
    assert KEY.hex() not in str(body)
    make.execute("UPDATE intake.device SET allow_clear = true WHERE mn = %s", mn)
    assert "clear" not in {problem["code"] for problem in get(client_of, world.admin, mn)["problems"]}


def test_a_command_is_queued_recorded_and_shown(world: Any, client_of: Any) -> None:
    mn = world.own.logger.mn
    row = post(
        client_of, world.users["analyst"], mn, "2061", BeginTime="20260501000000", EndTime="20260501230000"
    )
    assert (row["state"], row["requested_by"], row["automatic"]) == ("queued", "analyst", False)
    assert row["params"] == {"BeginTime": "20260501000000", "EndTime": "20260501230000"}
    assert post(client_of, world.users["integrator"], mn, "1012")["params"] == {}
    assert [row["cn"] for row in get(client_of, world.admin, mn)["commands"]] == ["1012", "2061"]
    assert [line["action"] for line in timeline(world.own.logger)][-2:] == ["devices.commanded"] * 2


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
