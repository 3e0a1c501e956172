"""System checks, settings, the API description, migrations."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from yuanjian.platform import openapi
from yuanjian.platform.common import checks
from yuanjian.platform.common.middleware import content_security_policy
from yuanjian.platform.registry.models import Outlet
from yuanjian.platform.settings import _database

ROOT = Path(__file__).parents[3]


def ids(found: list[Any]) -> list[str]:
    return [message.id for message in found]


def test_a_demonstration_on_this_machine_is_fine() -> None:
    assert ids(checks.installation()) == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"ALLOWED_HOSTS": ["*"]}, ["yuanjian.W001"]),
        ({"SECRET_KEY": "short"}, ["yuanjian.E001"]),
    ],
)
def test_what_is_wrong_for_production_is_said(
    settings: Any, given: dict[str, Any], expected: list[str]
) -> None:
    for name, value in given.items():
        setattr(settings, name, value)
    assert ids(checks.installation()) == expected


@pytest.mark.parametrize(
    ("url", "expected"), [("http://a.example", ["yuanjian.W002"]), ("https://a.example", [])]
)
def test_passwords_should_not_travel_in_clear(settings: Any, url: str, expected: list[str]) -> None:
    settings.YUANJIAN = replace(settings.YUANJIAN, public_url=url)
    assert ids(checks.installation()) == expected


@pytest.mark.parametrize("path", ["enterprise__nothing", "nothing__id", "code__id"])
def test_a_scope_that_leads_nowhere_is_found(monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    assert ids(checks.scope()) == []
    monkeypatch.setattr(Outlet, "enterprise_path", path)
    assert ids(checks.scope()) == ["yuanjian.E002"]


def test_events_may_come_from_elsewhere() -> None:
    assert "connect-src 'self' https://push.example;" in content_security_policy(
        "https://push.example/events"
    )


def test_every_parameter_of_the_database_address_is_passed_on() -> None:
    found = _database("postgresql://me:secret@db.example:5433/yj?sslmode=require")
    assert (found["NAME"], found["USER"], found["PASSWORD"]) == ("yj", "me", "secret")
    assert (found["HOST"], found["PORT"], found["OPTIONS"]) == ("db.example", "5433", {"sslmode": "require"})
    assert found["CONN_MAX_AGE"] is None


def test_no_migration_is_missing(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("makemigrations", check=True, dry_run=True)
    assert "No changes" in capsys.readouterr().out


def test_the_description_of_the_api_is_up_to_date() -> None:
    written = (ROOT / "web" / "openapi.json").read_text(encoding="utf-8")
    assert written == openapi.text(), "run: python -m yuanjian.platform.openapi"


def test_the_description_can_be_written_elsewhere(tmp_path: Path) -> None:
    assert openapi.main([str(tmp_path / "api.json")]) == 0
    paths = json.loads((tmp_path / "api.json").read_text(encoding="utf-8"))["paths"]
    assert {"get", "post", "delete"} == set(paths["/api/session"])
