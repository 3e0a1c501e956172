"""The envelope of errors, JSON of instants, pages, health, security headers, the web client."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import Http404
from django.test import Client, RequestFactory
from ninja import NinjaAPI
from ninja.errors import HttpError
from world import execute, frame

from yuanjian.clock import utcnow
from yuanjian.errors import OwnFault, UserFault
from yuanjian.platform import client as web_client
from yuanjian.platform.common import handlers, health
from yuanjian.platform.common.api import OrjsonRenderer, PageIn, dumps, paged
from yuanjian.platform.common.errors import Refused
from yuanjian.platform.common.handlers import translate
from yuanjian.platform.registry.models import Region


def test_instants_are_shown_on_a_beijing_clock() -> None:
    assert dumps({"at": datetime(2026, 11, 20, 16, tzinfo=UTC)}) == b'{"at":"2026-11-21T00:00:00+08:00"}'


def test_json_takes_what_views_return() -> None:
    assert (
        dumps({"nan": float("nan"), "set": {2, 1}, "path": Path("a")})
        == b'{"nan":null,"set":[1,2],"path":"a"}'
    )
    assert dumps(PageIn(page=2, size=5)) == b'{"page":2,"size":5}'


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Http404(), 404, "api.not_found"),
        (PermissionDenied(), 403, "auth.forbidden"),
        (RequestDataTooBig(), 413, "api.too_large"),
        (HttpError(400, "what"), 400, "api.bad_request"),
    ],
)
def test_errors_of_the_framework_become_ours(error: Exception, status: int, code: str) -> None:
    found = translate(error)
    assert (found.status, found.code) == (status, code)


class _Faulty:
    """An API whose endpoints fail in the ways there are."""

    def __init__(self) -> None:
        api = NinjaAPI(renderer=OrjsonRenderer(), urls_namespace="faulty")
        handlers.install(api)
        self._api = api

    def answer(self, error: Exception) -> tuple[int, dict[str, Any]]:
        response = self._api.on_exception(RequestFactory().get("/api/x"), error)
        return response.status_code, json.loads(response.content)


def test_a_refusal_lists_what_is_missing() -> None:
    status, body = _Faulty().answer(Refused("orders.refused", "不能", "cannot", ["缺现场照片"], ["no photo"]))
    assert status == 409
    assert body == {
        "code": "orders.refused",
        "message": "不能",
        "message_en": "cannot",
        "details": {"unmet": ["缺现场照片"], "unmet_en": ["no photo"]},
    }


def test_any_other_fault_of_the_user_is_400() -> None:
    assert _Faulty().answer(UserFault("x.y", "甲", "a"))[0] == 400


@pytest.mark.parametrize(
    "error", [RuntimeError("secret detail"), OwnFault("lake.gone", "湖没了", "lake gone")]
)
def test_a_bug_is_logged_and_not_told(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        status, body = _Faulty().answer(error)
    assert (status, body["code"]) == (500, "api.internal")
    assert "secret" not in json.dumps(body)
    assert type(error).__name__ in caplog.text


def test_wrong_values_name_their_place(world: Any, client_of: Any) -> None:
    response = client_of(world.admin).get("/api/enterprises?page=0&size=x")
    assert response.status_code == 422
    places = [error["place"] for error in response.json()["details"]["errors"]]
    assert places == ["query.page", "query.size"]


@pytest.mark.parametrize(("body", "code"), [(b"{", "api.bad_request"), (b'{"mn": "a\\u0000b"}', "api.nul")])
def test_a_body_that_cannot_be_read(world: Any, client_of: Any, body: bytes, code: str) -> None:
    response = client_of(world.admin).post("/api/loggers", body, content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (400, code)


def test_a_nul_in_the_address_is_refused(world: Any, client_of: Any) -> None:
    response = client_of(world.admin).get("/api/enterprises?q=%00")
    assert (response.status_code, response.json()["code"]) == (400, "api.nul")


def test_an_unknown_address_of_the_api_is_404(client: Client) -> None:
    response = client.get("/api/nowhere")
    assert (response.status_code, response.json()["code"]) == (404, "api.not_found")


def test_the_description_of_the_api_is_open_to_integrators(client: Client) -> None:
    assert client.get("/api/openapi.json").json()["info"]["title"] == "远鉴 Yuanjian"


def test_the_admin_site_is_found_without_its_slash(client: Client) -> None:
    assert client.get("/admin").headers["Location"] == "/admin/"


def test_pages_count_only_when_needed(world: Any, django_assert_num_queries: Any) -> None:
    rows = Region.objects.filter(code__startswith="6401").order_by("code")
    with django_assert_num_queries(1):
        assert paged(rows, PageIn(page=1, size=20))[1] == 7
    with django_assert_num_queries(2):
        found, total = paged(rows, PageIn(page=2, size=5))
    assert ([row.code for row in found], total) == (["640122", "640181"], 7)


def test_health(client: Client, db: None) -> None:
    body = client.get("/api/health").json()
    assert body == {"ok": True, "db": True, "lake": True, "behind_s": 0, "version": "0.1.0"}


def test_health_says_how_long_frames_wait(client: Client, db: None) -> None:
    execute("INSERT INTO intake.progress (shard, seq) VALUES (0, 1)")
    for seq, hours in ((1, 9), (2, 3), (3, 2)):
        frame(seq, b"##", at=utcnow() - timedelta(hours=hours))
    assert client.get("/api/health").json()["behind_s"] == pytest.approx(3 * 3600, abs=60)
    execute("UPDATE intake.progress SET seq = 3")
    assert client.get("/api/health").json()["behind_s"] == 0


def test_health_without_tables_says_so_too(client: Client, db: None) -> None:
    execute("ALTER TABLE intake.progress RENAME TO gone")
    assert health.behind_s() is None


def test_health_says_what_is_ill(client: Client, db: None, settings: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    settings.YUANJIAN = replace(settings.YUANJIAN, lake=str(tmp_path / "file" / "lake"))
    response = client.get("/api/health")
    assert response.status_code == 503
    assert response.json()["lake"] is False


def test_every_answer_carries_the_security_headers(client: Client, db: None) -> None:
    headers = client.get("/api/health").headers
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "connect-src 'self' http://127.0.0.1:8081" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "app"
    (root / "assets").mkdir(parents=True)
    (root / "index.html").write_text("<!doctype html><title>远鉴</title>", encoding="utf-8")
    (root / "assets" / "index-3f2a.js").write_text("export {}")
    (root / "icon.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (tmp_path / "secret").write_text("key")
    (root / "link").symlink_to(tmp_path / "secret")
    monkeypatch.setattr(web_client, "ROOT", root)
    return root


def test_hashed_assets_are_kept_for_ever(client: Client, built: Path) -> None:
    response = client.get("/assets/index-3f2a.js")
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"


@pytest.mark.parametrize("path", ["/", "/clues/17", "/index.html"])
def test_pages_of_the_client_are_its_index(client: Client, built: Path, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 200
    assert "远鉴" in response.content.decode()
    assert response.headers["Cache-Control"] == "no-cache"
    again = client.get(path, headers={"if-none-match": response.headers["ETag"]})
    assert again.status_code == 304


def test_binary_files_are_streamed(client: Client, built: Path) -> None:
    response = client.get("/icon.png")
    assert b"".join(response.streaming_content).startswith(b"\x89PNG")
    assert response.headers["Content-Type"] == "image/png"


@pytest.mark.parametrize(
    "path",
    ["/assets/missing.js", "/missing.css", "/link", "/../secret", "/%2e%2e/secret", "/static/../settings.py"],
)
def test_nothing_outside_the_client_is_served(client: Client, built: Path, path: str) -> None:
    response = client.get(path)
    content = b"".join(response.streaming_content) if response.streaming else response.content
    assert b"key" not in content
    assert b"SECRET" not in content


def test_a_client_that_is_not_built_says_so(client: Client, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(web_client, "ROOT", tmp_path / "nothing")
    response = client.get("/")
    assert response.status_code == 503
    assert "run.py up" in response.content.decode()


def test_static_files_of_the_admin_site(client: Client) -> None:
    response = client.get("/static/admin/css/base.css")
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/css; charset=utf-8"
    assert client.get("/static/admin/nothing.css").status_code == 404


def test_only_reading_is_possible(client: Client, built: Path) -> None:
    assert client.post("/").status_code == 405


def test_text_is_compressed_and_pictures_are_not(client: Client, built: Path, db: None) -> None:
    (built / "index.html").write_text("远" * 500, encoding="utf-8")
    (built / "icon.png").write_bytes(b"\x89PNG\r\n\x1a\n" * 100)
    asked = {"accept-encoding": "gzip"}
    assert client.get("/", headers=asked).headers["Content-Encoding"] == "gzip"
    picture = client.get("/icon.png", headers=asked)
    assert "Content-Encoding" not in picture.headers
    picture.close()


@pytest.mark.parametrize(
    ("method", "path"),
    [("delete", "/api/clues"), ("get", "/api/session/password"), ("patch", "/api/session")],
)
def test_a_method_an_address_does_not_have(world: Any, client_of: Any, method: str, path: str) -> None:
    response = getattr(client_of(world.admin), method)(path)
    assert (response.status_code, response.json()["code"]) == (405, "api.method")
    assert response.headers["Allow"]


def test_a_nul_in_a_cookie_is_refused(client: Client, db: None) -> None:
    client.cookies["sessionid"] = "\0aaaaaaaaaa"  # sent quoted, as "\000aaaaaaaaaa"
    response = client.get("/api/clues")
    assert (response.status_code, response.json()["code"]) == (400, "api.nul")


@pytest.mark.parametrize("path", ["latest?outlet=", "latest?enterprise=", "marks?outlet="])
def test_an_id_beyond_the_database_is_no_bug(world: Any, client_of: Any, path: str) -> None:
    response = client_of(world.admin).get(f"/api/{path}{2**63}")
    assert response.status_code in {200, 422}
    assert response.json().get("items", []) == []


BAD_TIMES = ["0001-01-01T00:00:00", "9999-12-31T23:59:59", "1969-12-31T23:59:59Z", "2999-01-01", "1e300"]


@pytest.mark.parametrize("time", BAD_TIMES)
def test_times_no_calendar_can_show_are_refused(world: Any, client_of: Any, time: str) -> None:
    client = client_of(world.own.user)
    path = f"/api/outlets/{world.own.gas.pk}/curve?start={time}&end={time}"
    mark = {"point_id": world.own.points["gas"].pk, "kind": "fault", "start": time, "end": time}
    upload = {"file": SimpleUploadedFile("a.txt", b"a"), "captured_at": time}
    answers = [
        client.get(path),
        client.post("/api/marks", mark, content_type="application/json"),
        client.post("/api/files", upload),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(422, "api.invalid")] * 3


def test_a_time_without_zone_is_beijing_time(world: Any, client_of: Any) -> None:
    client = client_of(world.own.user)
    path = f"/api/outlets/{world.own.gas.pk}/curve?start=2026-11-20&end=2026-11-20T16:00:00Z"
    body = client.get(path).json()
    assert (body["start"], body["end"]) == ("2026-11-20T00:00:00+08:00", "2026-11-21T00:00:00+08:00")
    upload = {"file": SimpleUploadedFile("a.txt", b"a"), "captured_at": "2026-11-20T08:00:00"}
    assert client.post("/api/files", upload).json()["captured_at"] == "2026-11-20T08:00:00+08:00"


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="file"; filename="'
         + b"n" * 5000 + b'"\r\n\r\nx\r\n--b--\r\n'),
        ("multipart/form-data; boundary=b", b"--b\r\n" * 3),
    ],
)  # fmt: skip
def test_a_form_that_cannot_be_read_is_no_bug(
    world: Any, client_of: Any, content_type: str, body: bytes
) -> None:
    response = client_of(world.own.user).post("/api/files", body, content_type=content_type)
    assert response.status_code in {400, 422}
    assert response.json()["code"] in {"api.bad_request", "api.invalid"}
