"""Tests every GET endpoint inherits: who may ask, what he sees, how many queries it takes, and its shape.

An endpoint's class names its address and says which objects of the world appear in an answer::

    class TestEnterprises(ListEndpoint):
        path = "/api/enterprises"
        def ids(self, body): return {row["id"] for row in body["items"]}
        def own(self, world): return {world.own.enterprise.pk}
        def other(self, world): return {world.other.enterprise.pk}

`test_every_endpoint.py` fails for a GET endpoint that has no such class.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any, ClassVar

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from ninja.operation import Operation

COUNTS = Path(__file__).parent / "query_counts.json"
# One object more may not cost one query more. A count may only change together with this file.


def operations() -> dict[str, Operation]:
    """Every GET operation by its address, placeholders without their converters."""
    from yuanjian.platform.api import api

    return {
        "/api" + re.sub(r"{[^}:]+:", "{", path): operation
        for router in api._get_bound_routers()
        for path, view in router.path_operations.items()
        for operation in view.operations
        if "GET" in operation.methods
    }


class Endpoint:
    """What is true of every endpoint that shows rows of somebody's scope."""

    path: ClassVar[str]
    role: ClassVar[str] = "analyst"
    # What an enterprise user may: see his "own" rows, or is the whole endpoint "closed" to him (403)?
    enterprise: ClassVar[str] = "own"

    def prepare(self, world: Any) -> None:
        """Put into the world what the answer is about."""

    def url(self, world: Any, plant: Any) -> str:
        """The address that asks for the rows of a plant."""
        return self.path

    @pytest.fixture(autouse=True)
    def _prepared(self, world: Any) -> None:
        self.prepare(world)

    def get(self, client_of: Any, user: Any, url: str, status: int = 200) -> Any:
        """The body of the answer, whose status must be as expected."""
        response = client_of(user).get(url)
        body = b"".join(response.streaming_content) if response.streaming else response.content
        assert response.status_code == status, (url, response.status_code, body[:500])
        is_json = "json" in response.headers["Content-Type"]
        return json.loads(body) if is_json and body else body

    def test_nobody_gets_401(self, world: Any, client_of: Any) -> None:
        body = self.get(client_of, None, self.url(world, world.own), 401)
        assert body["code"] == "auth.required"

    def test_inactive_user_gets_401(self, world: Any, client_of: Any) -> None:
        client = client_of(world.users[self.role])
        world.users[self.role].is_active = False
        world.users[self.role].save()
        assert client.get(self.url(world, world.own)).status_code == 401

    def test_answer_has_the_documented_shape(self, world: Any, client_of: Any) -> None:
        url = self.url(world, world.own)
        body = self.get(client_of, world.users[self.role], url)
        model = operations()[self.path].response_models.get(200)
        if isinstance(body, (dict, list)):
            model.model_validate({"response": body}, strict=False)  # type: ignore[union-attr]

    def test_enterprise_user_where_closed(self, world: Any, client_of: Any) -> None:
        if self.enterprise == "closed":
            body = self.get(client_of, world.own.user, self.url(world, world.own), 403)
            assert body["code"] == "auth.forbidden"


class ListEndpoint(Endpoint):
    """A list: rows of the scope are in it, others are not."""

    def ids(self, body: Any) -> set[Any]:
        """What identifies the rows of an answer."""
        raise NotImplementedError

    def own(self, world: Any) -> set[Any]:
        """The rows of the enterprise `own`."""
        raise NotImplementedError

    def other(self, world: Any) -> set[Any]:
        """The rows of the enterprise `other`."""
        raise NotImplementedError

    def _seen(self, client_of: Any, user: Any, url: str) -> set[Any]:
        return self.ids(self.get(client_of, user, url))

    def test_right_region_sees_its_rows_only(self, world: Any, client_of: Any) -> None:
        seen = self._seen(client_of, world.users[self.role], self.url(world, world.own))
        assert self.own(world) <= seen
        assert not seen & self.other(world)

    def test_wrong_region_sees_nothing_of_it(self, world: Any, client_of: Any) -> None:
        seen = self._seen(client_of, world.foreign[self.role], self.url(world, world.own))
        assert not seen & self.own(world)

    def test_admin_sees_all(self, world: Any, client_of: Any) -> None:
        assert self.own(world) <= self._seen(client_of, world.admin, self.url(world, world.own))

    def test_enterprise_sees_its_own_only(self, world: Any, client_of: Any) -> None:
        if self.enterprise == "own":
            url = self.url(world, world.own)
            assert self.own(world) <= self._seen(client_of, world.own.user, url)
            assert not self._seen(client_of, world.other.user, url) & self.own(world)

    def test_number_of_queries_is_as_written(self, world: Any, client_of: Any) -> None:
        client, url = client_of(world.users[self.role]), self.url(world, world.own)
        client.get(url)  # what is read once per process is read
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200
        agrees(self.path, len(queries), [query["sql"] for query in queries])


class DetailEndpoint(Endpoint):
    """One object: 200 in scope, 404 out of it — as if it did not exist."""

    def test_right_region_gets_it(self, world: Any, client_of: Any) -> None:
        self.get(client_of, world.users[self.role], self.url(world, world.own))

    def test_wrong_region_gets_404(self, world: Any, client_of: Any) -> None:
        body = self.get(client_of, world.foreign[self.role], self.url(world, world.own), 404)
        assert body["code"].endswith("not_found")

    def test_enterprise_gets_its_own_only(self, world: Any, client_of: Any) -> None:
        if self.enterprise == "own":
            url = self.url(world, world.own)
            self.get(client_of, world.own.user, url)
            self.get(client_of, world.other.user, url, 404)


class SharedEndpoint(Endpoint):
    """The same for everybody who is signed in (code tables, boundaries, model catalogue)."""

    def test_every_regulator_gets_it(self, world: Any, client_of: Any) -> None:
        url = self.url(world, world.own)
        for user in (world.users[self.role], world.foreign[self.role], world.admin):
            self.get(client_of, user, url)


def agrees(path: str, count: int, statements: list[str]) -> None:
    """Compare with `query_counts.json`; YUANJIAN_WRITE_COUNTS=1 writes the new number (look at the diff)."""
    expected = json.loads(COUNTS.read_text())
    if os.environ.get("YUANJIAN_WRITE_COUNTS"):
        expected[path] = count
        COUNTS.write_text(json.dumps(expected, indent=1, sort_keys=True) + "\n")
    listing = "\n".join(re.sub(r"\s+", " ", statement)[:160] for statement in statements)
    assert count == expected.get(path), f"{path}: {count} queries, written: {expected.get(path)}\n{listing}"


assert settings.configured
