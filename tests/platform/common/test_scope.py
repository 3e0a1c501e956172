"""Row scope: prefixes, users, and that the SQL form says what the ORM form says."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection

from yuanjian.platform.common.scope import scope_sql, significant_prefix, within
from yuanjian.platform.registry.models import Enterprise


@pytest.mark.parametrize(
    ("code", "prefix"),
    [("640000", "64"), ("640100", "6401"), ("640105", "640105"), ("000000", ""), ("429004", "429004")],
)
def test_significant_prefix(code: str, prefix: str) -> None:
    assert significant_prefix(code) == prefix


@pytest.mark.parametrize(
    ("region", "scope", "inside"),
    [
        ("640105", "640100", True),
        ("640105", "640000", True),
        ("640105", "640105", True),
        ("640105", "000000", True),
        ("640105", "640200", False),
        ("640100", "640105", False),
        ("640105", "", False),
    ],
)
def test_within(region: str, scope: str, inside: bool) -> None:
    assert within(region, scope) is inside


def _by_sql(user: Any) -> set[int]:
    condition, params = scope_sql(user, "region_code", "id")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM registry_enterprise WHERE {condition}", params)
        return {row[0] for row in cursor.fetchall()}


def _by_orm(user: Any) -> set[int]:
    return set(Enterprise.objects.visible_to(user).values_list("pk", flat=True))


def test_everybody_sees_his_rows_and_both_forms_agree(world: Any) -> None:
    own, other = world.own.enterprise.pk, world.other.enterprise.pk
    nobody = world.users["author"]
    nobody.is_active = False
    homeless = world.users["officer"]
    homeless.region_code = ""
    expected = [
        (world.admin, {own, other}),
        (world.province, {own, other}),
        (world.users["analyst"], {own}),
        (world.foreign["analyst"], {other}),
        (world.own.user, {own}),
        (AnonymousUser(), set()),
        (nobody, set()),
        (homeless, set()),
    ]
    for user, ids in expected:
        assert _by_orm(user) == ids, user
        assert _by_sql(user) == ids, user


def test_an_enterprise_user_without_enterprise_sees_nothing(world: Any) -> None:
    lost = world.own.user
    lost.enterprise_id = None
    assert _by_orm(lost) == _by_sql(lost) == set()
