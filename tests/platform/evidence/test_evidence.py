"""Evidence: what is taken, under which name and hash, and who may have it back."""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import world as make
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given
from hypothesis import strategies as st

from yuanjian.platform.common.errors import NotFound
from yuanjian.platform.evidence import filetypes
from yuanjian.platform.evidence.models import Item
from yuanjian.platform.evidence.selectors import attachable, file_rows
from yuanjian.platform.evidence.services import attach, freeze, safe_name
from yuanjian.platform.evidence.vault import Incoming, intact, open_kept
from yuanjian.platform.monitoring.services import make_mark

PNG = b"\x89PNG\r\n\x1a\n" + bytes(32)
JPEG = b"\xff\xd8\xff\xe0" + bytes(32)


def office(*names: str) -> bytes:
    with zipfile.ZipFile(buffer := io.BytesIO(), "w") as archive:
        for name in ("[Content_Types].xml", *names):
            archive.writestr(name, "<x/>")
    return buffer.getvalue()


TAKEN = [
    (JPEG, "image/jpeg"),
    (PNG, "image/png"),
    (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "image/webp"),
    (b"\x00\x00\x00\x18ftypmp42" + bytes(16), "video/mp4"),
    (b"%PDF-1.7\n", "application/pdf"),
    (office("word/document.xml"), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    (office("xl/workbook.xml"), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("整改说明\r\n".encode(), "text/plain; charset=utf-8"),
    ("整改说明".encode("gb18030"), "text/plain; charset=gb18030"),
]
REFUSED = [
    b"MZ\x90\x00",
    b"\x7fELF",
    b"GIF89a\x01\x00",
    b"PK\x03\x04 broken",
    office("other.xml"),
    office("word/document.xml", "word/vbaProject.bin"),
    b"\x00\x01\x02",
    b"\xff\xfe\xff",
]


@pytest.mark.parametrize(("content", "media"), TAKEN)
def test_types_are_told_from_the_bytes(content: bytes, media: str) -> None:
    found = filetypes.detect(io.BytesIO(content))
    assert found is not None
    assert found.media == media
    assert filetypes.of_media(media) is found


@pytest.mark.parametrize("content", REFUSED)
def test_everything_else_is_refused(content: bytes) -> None:
    assert filetypes.detect(io.BytesIO(content)) is None


def upload(client: Any, content: bytes, name: str = "a.png", **about: Any) -> Any:
    return client.post("/api/files", {"file": SimpleUploadedFile(name, content), **about})


def test_an_upload_is_kept_under_its_hash(world: Any, client_of: Any, installation: Any) -> None:
    client = client_of(world.own.user)
    about = {"kind": "photo", "captured_at": "2026-11-21T10:00:00+08:00", "lon": 106.2, "lat": 38.5}
    body = upload(client, PNG, "现场.png", **about).json()
    digest = hashlib.sha256(PNG).hexdigest()
    assert (body["sha256"], body["size"], body["content_type"]) == (digest, 40, "image/png")
    assert (body["name"], body["captured_at"]) == ("现场.png", "2026-11-21T10:00:00+08:00")
    assert body["author"] == str(world.own.user)
    kept = installation.files / digest[:2] / digest
    assert kept.read_bytes() == PNG
    assert kept.stat().st_mode & 0o222 == 0
    assert list((installation.files / "incoming").iterdir()) == []
    item = Item.objects.get()
    assert (item.region_code, item.enterprise, str(item)) == ("640105", world.own.enterprise, "现场.png")
    assert intact(item.path, item.sha256)


def test_what_was_uploaded_comes_back(world: Any, client_of: Any) -> None:
    client = client_of(world.users["officer"])
    pk = upload(client, PNG).json()["id"]
    response = client.get(f"/api/files/{pk}")
    assert b"".join(response.streaming_content) == PNG
    headers = response.headers
    assert headers["Content-Disposition"].startswith("inline")
    assert headers["Content-Type"] == "image/png"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert headers["X-Content-SHA256"] == hashlib.sha256(PNG).hexdigest()


def test_what_a_browser_might_run_is_downloaded(world: Any, client_of: Any) -> None:
    client = client_of(world.users["officer"])
    body = upload(client, b"<script>alert(1)</script>", "page.html").json()
    assert (body["name"], body["content_type"]) == ("page.html.txt", "text/plain; charset=utf-8")
    response = client.get(f"/api/files/{body['id']}")
    assert response.headers["Content-Disposition"] == 'attachment; filename="page.html.txt"'
    response.close()


def test_equal_bytes_are_kept_once_and_told_twice(world: Any, client_of: Any, installation: Any) -> None:
    first = upload(client_of(world.own.user), PNG).json()
    second = upload(client_of(world.other.user), PNG).json()
    assert first["sha256"] == second["sha256"]
    assert len(list(installation.files.glob("??/*"))) == 1
    assert client_of(world.own.user).get(f"/api/files/{second['id']}").status_code == 404


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (b"", "file", 422, "evidence.empty"),
        (b"MZ\x90\x00", "file", 422, "evidence.type"),
        (b"%PDF-1.7", "photo", 422, "evidence.not_a_photo"),
        (b"%PDF-1.7", "frozen_input", 422, "api.invalid"),
    ],
)
def test_a_wrong_upload_is_refused(
    world: Any, client_of: Any, installation: Any, content: bytes, kind: str, status: int, code: str
) -> None:
    response = upload(client_of(world.own.user), content, kind=kind)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert Item.objects.count() == 0
    assert list(installation.files.glob("*/*")) == []


@pytest.mark.parametrize("size", [1024 * 1024 + 1, 3 * 1024 * 1024])
def test_too_large_a_file_is_refused(world: Any, client_of: Any, settings: Any, size: int) -> None:
    settings.YUANJIAN = replace(settings.YUANJIAN, max_upload_mb=1)
    response = upload(client_of(world.own.user), PNG + bytes(size))
    assert (response.status_code, response.json()["code"]) == (413, "evidence.too_large")
    assert response.json()["details"] == {"limit_mb": 1}


def test_a_request_without_file_is_refused(world: Any, client_of: Any) -> None:
    assert client_of(world.own.user).post("/api/files", {}).status_code == 422
    assert upload(client_of(world.users["oversight"]), PNG).status_code == 403
    assert upload(client_of(None), PNG).status_code == 401


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd.png"),
        ("C:\\temp\\a.PNG", "a.PNG"),
        ("a\u202egnp.exe", "agnp.exe.png"),
        ("\x00\n", "file.png"),
        ("", "file.png"),
        ("甲" * 300 + ".png", "甲" * 156 + ".png"),
    ],
)
def test_names_are_made_harmless(name: str, shown: str) -> None:
    assert safe_name(name, filetypes.PNG) == shown


@given(st.text())
def test_no_name_leads_anywhere(name: str) -> None:
    shown = safe_name(name, filetypes.PDF)
    assert Path(shown).name == shown
    assert len(shown) <= 164
    assert shown.lower().endswith(".pdf")


@pytest.mark.parametrize("path", ["../secret", "/etc/passwd", "ab/" + "g" * 64, ""])
def test_the_vault_opens_its_own_files_only(installation: Any, path: str) -> None:
    installation.home.joinpath("secret").write_text("x")
    with pytest.raises(FileNotFoundError):
        open_kept(path)


def test_a_changed_file_is_noticed(installation: Any) -> None:
    with Incoming() as incoming:
        incoming.write([b"as it ", b"was"])
        kept = incoming.keep()
    assert intact(kept.path, kept.sha256)
    path = installation.files / kept.path
    path.chmod(0o600)
    path.write_bytes(b"as it never was")
    assert not intact(kept.path, kept.sha256)


def test_frozen_data_has_the_same_hash_in_any_order(world: Any) -> None:
    first = freeze({"a": 1, "b": [1.5, None]}, "M205 输入", region_code="640105")
    second = freeze({"b": [1.5, None], "a": 1}, "M205 输入", region_code="640105")
    assert first.sha256 == second.sha256
    assert (first.name, first.kind, first.enterprise_id) == ("M205 输入.json", "frozen_input", None)
    with open_kept(first.path) as file:
        assert file.read() == b'{"a":1,"b":[1.5,null]}'
    assert file_rows([first])[0]["author"] == "系统"


def test_an_enterprise_never_sees_frozen_input(world: Any, client_of: Any) -> None:
    item = freeze({"a": 1}, "输入", region_code="640105")
    assert client_of(world.own.user).get(f"/api/files/{item.pk}").status_code == 404
    response = client_of(world.users["analyst"]).get(f"/api/files/{item.pk}")
    assert response.headers["Content-Disposition"].startswith("attachment")
    response.close()


def test_what_belongs_to_others_or_to_a_case_is_not_moved(world: Any, client_of: Any) -> None:
    officer, colleague = world.users["officer"], world.users["analyst"]
    [item] = attachable(officer, [upload(client_of(officer), PNG).json()["id"]])
    with pytest.raises(NotFound):
        attach(colleague, attachable(colleague, [item.pk]), region_code="640106")
    attach(officer, [item], region_code="640105")
    mark = make_mark(
        officer, world.own.points["gas"], kind="fault", start=make.NOW - timedelta(hours=1), end=make.NOW,
        files=[item],
    )  # fmt: skip
    attach(officer, [item], region_code="640106", enterprise=world.other.enterprise)
    item.refresh_from_db()
    assert (item.region_code, item.enterprise, mark.files.get()) == ("640105", None, item)


def test_an_attached_file_is_seen_with_its_case(world: Any, client_of: Any) -> None:
    pk = upload(client_of(world.province), PNG).json()["id"]
    officer = world.users["officer"]
    with pytest.raises(NotFound):
        attachable(officer, [pk])
    attach(world.province, attachable(world.province, [pk]), region_code="640105")
    assert [item.pk for item in attachable(officer, [pk])] == [pk]
    assert [event.region_code for event in Item.objects.get().events.order_by("pgh_id")] == [
        "640000",
        "640105",
    ]
