"""Signing in and out: CSRF, throttling, what the browser is told."""

from __future__ import annotations

import json
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import world as make
from django.test import Client, RequestFactory

from yuanjian.platform.accounts import services, throttle
from yuanjian.platform.accounts.models import User
from yuanjian.platform.accounts.permissions import PERMISSIONS, can, permissions_of
from yuanjian.platform.common.errors import Invalid
from yuanjian.platform.common.models import Activity

JSON = "application/json"


def sign_in(client: Client, username: str, password: str = make.PASSWORD) -> Any:
    return client.post("/api/session", {"username": username, "password": password}, content_type=JSON)


def test_nobody_is_signed_in_at_first(client: Client, db: None) -> None:
    response = client.get("/api/session")
    body = response.json()
    assert body["user"] is None
    assert body["push_url"] == "http://127.0.0.1:8081/events"
    assert body["max_upload_mb"] == 20
    assert (body["demo"], body["accounts"]) == (False, [])
    assert "csrftoken" in response.cookies


def test_sign_in_tells_who_one_is(world: Any, client: Client) -> None:
    body = sign_in(client, "analyst").json()["user"]
    assert body["role_text"] == "值守分析员"
    assert body["region_name"] == "宁夏回族自治区/银川市"
    assert "clues.decide" in body["permissions"]
    assert client.get("/api/session").json()["user"]["username"] == "analyst"
    cookie = client.cookies["sessionid"]
    assert cookie["httponly"] is True
    assert cookie["samesite"] == "Lax"


def test_an_enterprise_user_has_an_enterprise(world: Any, client: Client) -> None:
    body = sign_in(client, world.own.user.username).json()["user"]
    assert body["enterprise_name"] == "甲测试厂（虚拟）"
    assert body["enterprise_id"] == world.own.enterprise.pk


@pytest.mark.parametrize(("username", "password"), [("analyst", "wrong"), ("nobody", make.PASSWORD)])
def test_wrong_name_and_wrong_password_look_alike(
    world: Any, client: Client, username: str, password: str
) -> None:
    response = sign_in(client, username, password)
    assert (response.status_code, response.json()["code"]) == (401, "session.wrong")


def test_an_inactive_user_cannot_sign_in(world: Any, client: Client) -> None:
    User.objects.filter(username="analyst").update(is_active=False)
    assert sign_in(client, "analyst").status_code == 401


def test_five_wrong_passwords_lock_the_name_for_this_address(world: Any, client: Client) -> None:
    answers = [sign_in(client, "analyst", "wrong").status_code for _ in range(5)]
    assert answers == [401, 401, 401, 401, 429]
    locked = sign_in(client, "analyst")
    assert (locked.status_code, locked.json()["code"]) == (429, "session.locked")
    assert locked.json()["details"] == {"minutes": 15}
    assert sign_in(client, "officer").status_code == 200


def test_sign_out_ends_the_session(world: Any, client: Client) -> None:
    sign_in(client, "analyst")
    assert client.delete("/api/session").json()["user"] is None
    assert client.get("/api/enterprises").status_code == 401
    assert [row.action for row in Activity.objects.order_by("id")][-2:] == [
        "accounts.signed_in",
        "accounts.signed_out",
    ]
    assert client.delete("/api/session").status_code == 200


def test_sign_in_changes_the_session_key(world: Any, client: Client) -> None:
    sign_in(client, "analyst")
    first = client.cookies["sessionid"].value
    client.delete("/api/session")
    sign_in(client, "analyst")
    assert client.cookies["sessionid"].value != first


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("post", "/api/session", {"username": "analyst", "password": make.PASSWORD}),
        ("delete", "/api/session", {}),
        ("post", "/api/marks", {"point_id": 1, "kind": "fault", "start": "2026-01-01", "end": "2026-01-02"}),
    ],
)
def test_unsafe_calls_need_the_csrf_token(
    world: Any, client_of: Any, method: str, path: str, body: Any
) -> None:
    client = client_of(world.admin, enforce_csrf_checks=True)
    refused = getattr(client, method)(path, body, content_type=JSON)
    assert (refused.status_code, refused.json()["code"]) == (403, "auth.csrf")
    token = client.get("/api/session").cookies["csrftoken"].value
    allowed = getattr(client, method)(path, body, content_type=JSON, headers={"x-csrftoken": token})
    assert allowed.status_code != 403


def test_a_foreign_origin_is_refused(world: Any, client_of: Any) -> None:
    client = client_of(world.admin, enforce_csrf_checks=True)
    token = client.get("/api/session").cookies["csrftoken"].value
    headers = {"x-csrftoken": token, "origin": "https://elsewhere.example"}
    assert client.delete("/api/session", headers=headers).status_code == 403


def test_the_password_can_be_changed(world: Any, client: Client) -> None:
    sign_in(client, "analyst")
    new = {"old": make.PASSWORD, "new": "another-long-one-9"}
    assert (
        client.post("/api/session/password", new, content_type=JSON).json()["user"]["username"] == "analyst"
    )
    assert sign_in(Client(), "analyst").status_code == 401
    assert sign_in(Client(), "analyst", "another-long-one-9").status_code == 200


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("wrong", "another-long-one-9", "accounts.old_password"),
        (make.PASSWORD, "12345", "accounts.weak_password"),
    ],
)
def test_a_change_of_password_is_refused(world: Any, client: Client, old: str, new: str, code: str) -> None:
    sign_in(client, "analyst")
    response = client.post("/api/session/password", {"old": old, "new": new}, content_type=JSON)
    assert (response.status_code, response.json()["code"]) == (422, code)


@pytest.mark.parametrize("password", ["short1", "1234567890123", "password123", "analyst-2026"])
def test_weak_passwords_are_refused(db: None, password: str) -> None:
    with pytest.raises(Invalid, match=r"accounts\.weak_password"):
        services.create_user(username="analyst-2026", password=password, name="甲", role="analyst")


def test_demo_accounts_are_shown_in_a_demonstration_only(client: Client, db: None, settings: Any) -> None:
    row = {"username": "analyst", "password": "made-up", "role": "analyst", "name": "值守"}
    services.publish_demo_accounts([row])
    path: Path = settings.YUANJIAN.home / "demo-accounts.json"
    assert json.loads(path.read_text()) == [row]
    assert path.stat().st_mode & 0o077 == 0
    assert client.get("/api/session").json()["accounts"] == []
    settings.YUANJIAN = replace(settings.YUANJIAN, demo=True)
    assert client.get("/api/session").json()["accounts"] == [row]


def test_permissions_by_role(world: Any) -> None:
    analyst, plant = world.users["analyst"], world.own.user
    assert can(analyst, "clues.decide")
    assert not can(plant, "clues.view")
    assert not can(world.users["officer"], "clues.decide")
    assert PERMISSIONS["analyst"] < permissions_of(world.admin)
    assert "notices.answer" not in permissions_of(world.admin)
    with pytest.raises(KeyError):
        can(analyst, "clues.misspelt")


def test_the_admin_site_is_for_administrators(world: Any, client_of: Any) -> None:
    assert client_of(world.admin).get("/admin/").status_code == 200
    assert client_of(world.admin).get("/admin/accounts/user/").status_code == 200
    assert client_of(world.users["dispatcher"]).get("/admin/").status_code == 302
    assert client_of(None).get("/admin/").status_code == 302


@pytest.mark.parametrize(
    "table", ["enterprise", "outlet", "datalogger", "monitoringpoint", "facility", "limit"]
)
def test_the_register_can_be_looked_at_in_the_admin_site(world: Any, client_of: Any, table: str) -> None:
    client = client_of(world.admin)
    assert client.get(f"/admin/registry/{table}/").status_code == 200
    assert client.get(f"/admin/registry/{table}/add/").status_code == (
        403 if table == "monitoringpoint" else 200
    )


def test_the_flags_of_the_admin_site_follow_the_role(db: None) -> None:
    root = User.objects.create_superuser("root", password=make.PASSWORD, name="根")
    assert (root.role, root.is_staff, root.is_superuser) == ("admin", True, True)
    root.role = "analyst"
    root.save()
    assert (root.is_staff, root.is_superuser) == (False, False)
    assert str(root) == "根"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"role": "boss"}, "accounts.role"),
        ({"region_code": "banana"}, "accounts.region"),
        ({"role": "enterprise"}, "accounts.enterprise"),
        ({"username": "taken"}, "accounts.taken"),
    ],
)
def test_an_account_that_does_not_fit_is_refused_in_words(
    db: None, changed: dict[str, Any], code: str
) -> None:
    right = {"username": "taken", "password": "Ruoshui-3000", "name": "甲", "role": "analyst"}
    services.create_user(**right, region_code="640000")
    with pytest.raises(Invalid, match=code.replace(".", r"\.")):
        services.create_user(**{**right, "username": "free", "region_code": "640000", **changed})


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),  # no proxy of ours: it says what it likes
        ("10.0.0.2", "", "10.0.0.2"),
        ("10.0.0.2", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.2", "192.0.2.7, 198.51.100.1, 10.0.0.3", "198.51.100.1"),
        ("10.0.0.2", "192.0.2.7, unknown", "10.0.0.2"),
        ("", "198.51.100.1", ""),
    ],
)
def test_the_address_behind_trusted_proxies(settings: Any, peer: str, forwarded: str, address: str) -> None:
    settings.TRUSTED_PROXIES = (ip_network("10.0.0.0/8"),)
    request = RequestFactory().get("/", REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=forwarded)
    assert throttle.address(request) == address


def test_behind_a_proxy_one_address_does_not_lock_out_another(
    world: Any, client: Client, settings: Any
) -> None:
    settings.TRUSTED_PROXIES = (ip_network("127.0.0.1"),)

    def attempt(address: str, password: str) -> int:
        body = {"username": "analyst", "password": password}
        answer = client.post("/api/session", body, content_type=JSON, HTTP_X_FORWARDED_FOR=address)
        return int(answer.status_code)

    assert [attempt("198.51.100.1", "wrong") for _ in range(6)][-1] == 429
    assert attempt("198.51.100.2", make.PASSWORD) == 200
