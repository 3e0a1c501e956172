"""The real processes against a real database: migrate, web, worker, push."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

SEED = """
    import os
    os.environ["DJANGO_SETTINGS_MODULE"] = "yuanjian.platform.settings"
    import django
    django.setup()
    from importlib import import_module
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from yuanjian.platform.accounts.services import create_user
    from yuanjian.platform.registry import services as registry

    def session(user):
        store = import_module(settings.SESSION_ENGINE).SessionStore()
        store[SESSION_KEY] = str(user.pk)
        store[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        store[HASH_SESSION_KEY] = user.get_session_auth_hash()
        store.create()
        return store.session_key

    plant = registry.register_enterprise(None, name="甲厂（虚拟）", region_code="640105")
    outlet = registry.register_outlet(None, plant, code="DA001", name="排口", medium="gas")
    point = registry.PointSpec(outlet, "31", "gas")
    logger = registry.register_logger(None, mn="TEST00000000000000000001", enterprise=plant, points=[point])
    made = {"password": "only-for-tests-7"}
    users = {
        "here": create_user(username="here", name="本地", role="analyst", region_code="640100", **made),
        "there": create_user(username="there", name="外地", role="analyst", region_code="640200", **made),
        "plant": create_user(username="plant", name="企业", role="enterprise", enterprise=plant, **made),
    }
    import json
    keys = {name: session(user) for name, user in users.items()}
    ids = {"point": logger.points.get().pk, "outlet": outlet.pk, "enterprise": plant.pk}
    print(json.dumps({**ids, "keys": keys}))
"""


@dataclass
class Installation:
    """A migrated and seeded database, and the environment its processes run in."""

    environment: dict[str, str]
    url: str
    seed: dict[str, Any]

    @property
    def web_port(self) -> int:
        return int(self.environment["YUANJIAN_WEB_PORT"])

    @property
    def push_port(self) -> int:
        return int(self.environment["YUANJIAN_PUSH_PORT"])

    def python(self, code: str) -> str:
        """Run code in an installation's environment; what it printed."""
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", textwrap.dedent(code)],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextlib.contextmanager
    def process(self, name: str) -> Iterator[None]:
        """Run a process until it is ready, and stop it as the supervisor does: SIGTERM, exit 0."""
        code = f"import sys; from yuanjian import config; from yuanjian.platform import {name}; "
        code += f"sys.exit({name}.main(config.load()))"
        child = subprocess.Popen(
            [sys.executable, "-c", code],
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert child.stdout is not None
        try:
            for line in child.stdout:
                if line.startswith(f"ready {name}"):
                    break
            else:
                pytest.fail(f"{name} ended with {child.wait()} before it was ready")
            yield
            child.send_signal(signal.SIGTERM)
            assert child.wait(timeout=15) == 0
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            child.stdout.close()


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


@pytest.fixture(scope="module")
def installed(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    home = tmp_path_factory.mktemp("home")
    environment = {
        **os.environ,
        "DATABASE_URL": module_database_url,
        "YUANJIAN_HOME": str(home),
        "YUANJIAN_WEB_PORT": free_port(),
        "YUANJIAN_PUSH_PORT": free_port(),
        "YUANJIAN_WEB_WORKERS": "1",
        "PYTHONPATH": str(Path(__file__).parents[2] / "src"),
        "PYTHONUNBUFFERED": "1",
    }
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    found = Installation(environment, module_database_url, {})
    migrate = (
        "from yuanjian import config; from yuanjian.platform import migrate; migrate.main(config.load())"
    )
    assert "ready migrate" in found.python(migrate)
    assert "ready migrate" in found.python(migrate)  # a second time nothing is left to do
    found.seed = json.loads(found.python(SEED))
    return found


def test_the_queue_and_the_intake_have_their_tables(installed: Installation) -> None:
    with psycopg.connect(installed.url) as connection:
        for table in ("procrastinate_jobs", "intake.frame", "common_activity", "django_session"):
            row = connection.execute("SELECT to_regclass(%s)", [table]).fetchone()
            assert row is not None
            assert row[0] is not None, table


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: Any
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def ask(port: int, path: str, **headers: str) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    with contextlib.closing(connection):
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())


def test_web_serves_the_api_and_leaves_on_sigterm(installed: Installation) -> None:
    with installed.process("web"):
        health = ask(installed.web_port, "/api/health").json()
        assert (health["ok"], health["db"], health["lake"]) == (True, True, True)
        cookie = f"sessionid={installed.seed['keys']['here']}"
        listed = ask(installed.web_port, "/api/enterprises", cookie=cookie).json()
        assert [row["name"] for row in listed["items"]] == ["甲厂（虚拟）"]
        assert ask(installed.web_port, "/api/enterprises").status == 401


def test_worker_runs_a_job_and_leaves_on_sigterm(installed: Installation) -> None:
    defer = """
        import os
        os.environ["DJANGO_SETTINGS_MODULE"] = "yuanjian.platform.settings"
        import django
        django.setup()
        from yuanjian.platform.common.jobs import housekeeping
        print(housekeeping.defer(timestamp=0))
    """
    job = int(installed.python(defer))
    with psycopg.connect(installed.url, autocommit=True) as connection:
        connection.execute("INSERT INTO django_session VALUES ('old', '', now() - interval '1 day')")
        connection.execute("LISTEN test")
        with installed.process("worker"):
            state = _settled(connection, job)
        assert state == "succeeded"
        left = connection.execute("SELECT count(*) FROM django_session WHERE session_key = 'old'").fetchone()
    assert left == (0,)


EXCEED = """
    import os
    os.environ["DJANGO_SETTINGS_MODULE"] = "yuanjian.platform.settings"
    import django
    django.setup()
    from datetime import date, timedelta
    import polars as pl
    from yuanjian.clock import utcnow
    from yuanjian.platform.monitoring.store import store
    from yuanjian.platform.registry.models import Limit, MonitoringPoint

    point = MonitoringPoint.objects.get(kind="gas")
    Limit.objects.create(
        outlet=point.outlet, factor="a21026", averaging="hour", high=50.0, unit="mg/m3", basis="许可证",
        valid_from=date(2020, 1, 1),
    )
    hour = utcnow().replace(minute=0, second=0, microsecond=0)
    times = [hour - timedelta(hours=back) for back in range(30, 0, -1)]
    frame = pl.DataFrame({"time": times}, schema={"time": pl.Datetime("us", "UTC")}).with_columns(
        value=pl.Series([30.0 + n % 5 for n in range(26)] + [180.0] * 4), point=pl.lit(point.pk),
        factor=pl.lit("a21026"), cadence=pl.lit("hour"), flag=pl.lit("N"), decimals=pl.lit(1),
        source=pl.lit("live"), received=pl.col("time"), shard=pl.lit(0), seq=pl.lit(1),
    )
    store().append(frame, None, app="test", version=1)
    print(point.pk)
"""
TOLD = """
INSERT INTO intake.latest (point_id, factor, cadence, time, value, flag, received_at)
VALUES (%(point)s, 'a21026', 'hour', now(), 180, 'N', now())
ON CONFLICT (point_id, factor, cadence) DO UPDATE SET received_at = now()
"""


def test_worker_turns_new_values_into_a_clue_at_once(installed: Installation) -> None:
    calm = Installation(installed.environment | {"YUANJIAN_SCREEN_EVERY": "0"}, installed.url, {})
    point = int(calm.python(EXCEED))
    with psycopg.connect(installed.url, autocommit=True) as connection, calm.process("worker"):
        connection.execute("LISTEN yuanjian")
        kinds, news = list[str](), json.dumps({"kind": "latest", "points": [point]})
        while "clue" not in kinds:  # said again until the worker listens
            connection.execute(TOLD, {"point": point})
            connection.execute("SELECT pg_notify('yuanjian', %s)", [news])
            said = [json.loads(each.payload) for each in connection.notifies(timeout=0.5)]
            kinds += [each["kind"] for each in said]
        found = connection.execute("SELECT model_id, level FROM clues_finding").fetchall()
        connection.execute("DELETE FROM intake.latest")
    assert found == [("M101", 2)]


def _settled(connection: psycopg.Connection[Any], job: int) -> str:
    while True:
        row = connection.execute("SELECT status FROM procrastinate_jobs WHERE id = %s", [job]).fetchone()
        assert row is not None
        if row[0] not in {"todo", "doing"}:
            return str(row[0])
        next(connection.notifies(timeout=0.1), None)


class Stream:
    """One browser's connection to /events."""

    def __init__(self, installed: Installation, who: str) -> None:
        cookie = f"other=1; sessionid={installed.seed['keys'][who]}"
        origin = f"http://127.0.0.1:{installed.web_port}"
        self._connection = http.client.HTTPConnection("127.0.0.1", installed.push_port, timeout=20)
        self._connection.request("GET", "/events", headers={"cookie": cookie, "origin": origin})
        self.response = self._connection.getresponse()
        assert self.response.status == 200
        assert self._block() == "retry: 3000\n"

    def close(self) -> None:
        self.response.close()
        self._connection.close()

    def _block(self) -> str:
        lines = []
        while (line := self.response.readline().decode()) not in {"\n", ""}:
            lines.append(line)
        return "".join(lines)

    def event(self) -> tuple[str, Any]:
        """The next event; heartbeats are passed over."""
        while not (block := self._block()).startswith("event: "):
            assert block.startswith(":"), block
        name, data = block.splitlines()
        return name.removeprefix("event: "), json.loads(data.removeprefix("data: "))


def test_push_tells_everybody_what_concerns_him(installed: Installation) -> None:
    seed = installed.seed
    with contextlib.ExitStack() as stack:
        stack.enter_context(installed.process("push"))
        connection = stack.enter_context(psycopg.connect(installed.url, autocommit=True))
        here, there, plant = (
            stack.enter_context(contextlib.closing(Stream(installed, who)))
            for who in ("here", "there", "plant")
        )
        connection.execute(
            "INSERT INTO intake.latest "
            "VALUES (%(point)s, 'a21026', 'realtime', '2026-11-21T02:00:00Z', 35.5, 40, 'N', now()), "
            "(%(point)s, 'a21026', 'hour', '2026-11-21T01:00:00Z', 30, 35, 'N', now())",
            {"point": seed["point"]},
        )
        connection.execute("UPDATE intake.link SET connected = true WHERE mn = 'TEST00000000000000000001'")
        messages: list[dict[str, Any]] = [
            {"kind": "latest", "points": [seed["point"], 99999]},
            {"kind": "link", "mn": "TEST00000000000000000001"},
            {"kind": "clue", "id": 7, "level": 1, "state": "open", "region": "640105", "enterprise": None},
            {
                "kind": "notice",
                "id": 8,
                "state": "sent",
                "region": "640105",
                "enterprise": seed["enterprise"],
            },
            {"kind": "order", "id": 9, "state": "dispatched", "region": "640205", "enterprise": None},
        ]
        for message in ["not json", "[1]", *map(json.dumps, messages)]:
            connection.execute("SELECT pg_notify('yuanjian', %s)", [message])
        item = {
            "point_id": seed["point"],
            "outlet_id": seed["outlet"],
            "factor": "a21026",
            "cadence": "realtime",
            "time": "2026-11-21T10:00:00+08:00",
            "value": 35.5,
            "reference": 40.0,
            "flag": "N",
        }
        latest, link = (
            ("latest", {"items": [item]}),
            ("link", {"mn": "TEST00000000000000000001", "state": "online"}),
        )
        clue, notice = (
            ("clue", {"id": 7, "level": 1, "state": "open"}),
            ("notice", {"id": 8, "state": "sent"}),
        )
        assert [here.event() for _ in range(4)] == [latest, link, clue, notice]
        assert [plant.event() for _ in range(3)] == [latest, link, notice]
        assert there.event() == ("order", {"id": 9, "state": "dispatched"})


def test_push_needs_a_session_and_answers_the_web_origin_only(installed: Installation) -> None:
    with installed.process("push"):
        port, own = installed.push_port, f"http://localhost:{installed.web_port}"
        assert ask(port, "/events").status == 401
        assert ask(port, "/events", cookie="sessionid=made-up").status == 401
        assert ask(port, "/events", cookie='=;"').status == 401
        assert ask(port, "/else").status == 404
        allowed = ask(port, "/events", origin=own)
        assert allowed.headers["access-control-allow-origin"] == own
        assert allowed.headers["access-control-allow-credentials"] == "true"
        foreign = ask(port, "/events", origin="https://elsewhere.example")
        assert "access-control-allow-origin" not in foreign.headers


def test_push_finds_a_lost_database_again_and_says_that_something_was_missed(installed: Installation) -> None:
    with installed.process("push"), psycopg.connect(installed.url, autocommit=True) as connection:
        before = Stream(installed, "here")
        killed = connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'yuanjian-push'"
        ).fetchall()
        assert len(killed) >= 2  # one listens, one asks; those of an earlier push may still be leaving
        assert b"event" not in before.response.read()  # ended once push listens again
        before.close()
        after = Stream(installed, "here")
        clue = {"kind": "clue", "id": 1, "level": 2, "state": "open", "region": "640105", "enterprise": None}
        connection.execute("SELECT pg_notify('yuanjian', %s)", [json.dumps(clue)])
        assert after.event() == ("clue", {"id": 1, "level": 2, "state": "open"})
    assert b"event" not in after.response.read()  # told to stop, push ends its streams first
    after.close()
