"""What may be set for a logger, by whom, and what is kept of it."""

from __future__ import annotations

from typing import Any

import pytest
import world as make
from harness import ListEndpoint, SharedEndpoint

from yuanjian.platform.common import sql
from yuanjian.platform.common.activity import timeline

KEY = "0123456789abcdef"
SETTINGS = {
    "standard": "2025",
    "profile": "hebei",
    "tolerate": ["hj212.crc_swapped"],
    "allow_clear": False,
    "over_time": 30,
    "re_count": 5,
    "reason": "更换数采仪",
}


class TestActivations(ListEndpoint):
    path = "/api/activations"
    role = "integrator"
    enterprise = "closed"

    def prepare(self, world: Any) -> None:
        for plant in (world.own, world.other):
            asked(f"HW-{plant.logger.mn}", plant.logger.mn)

    def ids(self, body: Any) -> set[Any]:
        return {row["mn"] for row in body["items"]}

    def own(self, world: Any) -> set[Any]:
        return {world.own.logger.mn}

    def other(self, world: Any) -> set[Any]:
        return {world.other.logger.mn}


class TestProfiles(SharedEndpoint):
    path = "/api/profiles"
    enterprise = "closed"


def asked(hardware: str, mn: str | None = None) -> None:
    make.execute(
        "INSERT INTO intake.activation (hardware, infos, peer, mn) "
        "VALUES (%s, jsonb_build_object('i23006-Info', 'CPU'), '10.0.0.1:1', %s)",
        hardware,
        mn,
    )


def put(client_of: Any, user: Any, mn: str, status: int = 200, **changed: Any) -> Any:
    answer = client_of(user).put(
        f"/api/devices/{mn}/settings", SETTINGS | changed, content_type="application/json"
    )
    assert answer.status_code == status, answer.content
    return answer.json()


def post(client_of: Any, user: Any, path: str, body: Any, status: int = 200) -> Any:
    answer = client_of(user).post(path, body, content_type="application/json")
    assert answer.status_code == status, answer.content
    return answer.json()


def said(world: Any) -> list[str]:
    return [line["text"] for line in timeline(world.own.logger)]


def test_settings_are_saved_with_who_and_why(world: Any, client_of: Any) -> None:
    mn = world.own.logger.mn
    settings = put(client_of, world.users["integrator"], mn)["settings"]
    assert {name: settings[name] for name in SETTINGS if name != "reason"} == {
        name: value for name, value in SETTINGS.items() if name != "reason"
    }
    [line] = [line for line in timeline(world.own.logger) if line["action"] == "devices.set"]
    assert line["actor"] == "测试integrator"
    assert line["text"] == (
        "修改设置：版本 — → 2025；编码表 — → hebei；CRC 放行 — → hj212.crc_swapped；"
        "允许明文 ✓ → ✗；超时秒数 10 → 30；重发次数 3 → 5，理由：更换数采仪"
    )
    put(client_of, world.admin, mn)
    assert len(said(world)) == 2  # nothing was changed the second time: nothing to tell
    put(client_of, world.admin, mn, profile=None, reason="恢复")
    assert said(world)[-1] == "修改设置：编码表 hebei → —，理由：恢复"


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"profile": "atlantis"}, 422, "devices.profile"),
        ({"profile": "national-2017"}, 422, "devices.profile"),
        ({"standard": "2030"}, 422, "api.invalid"),
        ({"tolerate": ["hj212.garbage"]}, 422, "api.invalid"),
        ({"over_time": 0}, 422, "api.invalid"),
        ({"reason": "  "}, 422, "api.invalid"),
    ],
)
def test_what_cannot_be_set(
    world: Any, client_of: Any, changed: dict[str, Any], status: int, code: str
) -> None:
    assert put(client_of, world.admin, world.own.logger.mn, status, **changed)["code"] == code
    assert sql.rows("SELECT mn FROM intake.device") == []


def test_who_may_set(world: Any, client_of: Any) -> None:
    mn = world.own.logger.mn
    key = {"key": KEY, "reason": "x"}
    for role in ("analyst", "dispatcher", "officer", "oversight", "author"):
        put(client_of, world.users[role], mn, 403)
        post(client_of, world.users[role], f"/api/devices/{mn}/key", key, 403)
        post(client_of, world.users[role], "/api/activations/HW", {"mn": mn, "reason": "x"}, 403)
    put(client_of, world.own.user, mn, 403)
    put(client_of, world.foreign["integrator"], mn, 404)
    post(client_of, world.foreign["integrator"], f"/api/devices/{mn}/key", key, 404)
    make.link("STRAY0000000000000000001")
    put(client_of, world.admin, "STRAY0000000000000000001", 404)
    assert sql.rows("SELECT mn FROM intake.device") == []


def test_a_key_is_taken_into_use_and_never_told(world: Any, client_of: Any) -> None:
    mn, path = world.own.logger.mn, f"/api/devices/{world.own.logger.mn}/key"
    make.link(mn)
    told = [post(client_of, world.admin, path, {"key": key, "reason": "首次"}) for key in (KEY, KEY[::-1])]
    told.append(post(client_of, world.admin, path, {"key": "00" * 16, "reason": "换"}))
    assert (told[0]["settings"]["has_previous_key"], told[1]["settings"]["has_previous_key"]) == (False, True)
    assert told[2]["settings"]["key_age_days"] == 0
    [row] = sql.rows("SELECT key_current, key_previous FROM intake.device")
    assert (bytes(row["key_current"]), bytes(row["key_previous"])) == (bytes(16), KEY[::-1].encode())
    everything = str(told) + str(timeline(world.own.logger))
    assert KEY not in everything
    assert KEY.encode().hex() not in everything
    assert said(world)[1:] == ["设置数采仪密钥，理由：首次"] * 2 + ["设置数采仪密钥，理由：换"]


def test_a_key_is_removed_and_old_frames_stay_readable(world: Any, client_of: Any) -> None:
    path = f"/api/devices/{world.own.logger.mn}/key"
    assert post(client_of, world.admin, path, {"key": None, "reason": "x"}, 409)["code"] == "devices.no_key"
    post(client_of, world.admin, path, {"key": KEY, "reason": "x"})
    body = post(client_of, world.admin, path, {"key": None, "reason": "停用加密"})
    assert body["settings"]["has_key"] is False
    [kept] = sql.rows("SELECT key FROM intake.device_key")
    assert bytes(kept["key"]) == KEY.encode()


@pytest.mark.parametrize("key", ["", "short", "x" * 32, "密" * 16])
def test_what_is_no_key(world: Any, client_of: Any, key: str) -> None:
    path = f"/api/devices/{world.own.logger.mn}/key"
    body = post(client_of, world.admin, path, {"key": key, "reason": "x"}, 422)
    assert body["code"] == "devices.key"
    assert not key or key not in str(body)


def test_an_mn_is_assigned_by_hardware_number_and_withdrawn(world: Any, client_of: Any) -> None:
    mn, user = world.own.logger.mn, world.users["integrator"]
    asked("HW-1")
    asked("HW-2")
    [first, second] = client_of(user).get("/api/activations").json()["items"]
    assert {first["hardware"], second["hardware"]} == {"HW-1", "HW-2"}
    assert first["infos"] == {"i23006-Info": "CPU"}
    body = post(client_of, user, "/api/activations/HW-1", {"mn": mn, "reason": "新装"})
    assert {row["hardware"]: row["mn"] for row in body["items"]} == {"HW-1": mn, "HW-2": None}
    taken = post(client_of, user, "/api/activations/HW-2", {"mn": mn, "reason": "x"}, 409)
    assert taken["code"] == "devices.mn_taken"
    post(client_of, user, "/api/activations/HW-2", {"mn": world.other.logger.mn, "reason": "x"}, 404)
    post(client_of, user, "/api/activations/HW-3", {"mn": mn, "reason": "x"}, 404)
    assert client_of(world.foreign["integrator"]).get("/api/activations").json()["total"] == 1
    post(client_of, user, "/api/activations/HW-1", {"mn": None, "reason": "拆除"})
    post(client_of, user, "/api/activations/HW-1", {"mn": None, "reason": "再次"})
    assert said(world)[1:] == [
        "为硬件 HW-1 分配 MN，理由：新装",
        "收回硬件 HW-1 的 MN，理由：拆除",
    ]


def test_profiles_tell_what_they_redefine(world: Any, client_of: Any) -> None:
    rows = {row["name"]: row for row in client_of(world.admin).get("/api/profiles").json()["items"]}
    assert set(rows) == {"hebei", "shandong", "yuanjian-demo"}
    assert rows["hebei"]["collisions"] >= 7
