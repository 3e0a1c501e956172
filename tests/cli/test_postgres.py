"""The embedded server's life: start, stop, crash, recovery — with the real binaries."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from yuanjian.cli import postgres
from yuanjian.errors import OwnFault


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "database"
    postgres.stop(tmp_path / "database")


def postmaster(folder: Path) -> int:
    return int((folder / "data" / "postmaster.pid").read_text().split()[0])


def test_start_is_idempotent_and_data_outlives_a_stop(folder: Path) -> None:
    url = postgres.start(folder)
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT '中文' AS word")
    first = postmaster(folder)
    assert postgres.start(folder) == url == postgres.url(folder)
    assert postmaster(folder) == first
    assert postgres.running(folder)
    postgres.stop(folder)
    assert not postgres.running(folder)
    postgres.stop(folder)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url, connect_timeout=1)
    postgres.start(folder)
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT word FROM kept").fetchone() == ("中文",)


def test_settings_are_safe(folder: Path) -> None:
    with psycopg.connect(postgres.start(folder)) as connection:
        for name, value in (("fsync", "on"), ("synchronous_commit", "on"), ("TimeZone", "UTC")):
            assert connection.execute("SELECT current_setting(%s)", (name,)).fetchone() == (value,)
        shape = connection.execute(
            "SELECT pg_encoding_to_char(encoding), datcollate FROM pg_database WHERE datname = 'yuanjian'"
        ).fetchone()
    assert shape == ("UTF8", "C.UTF-8")
    assert (folder / "password").stat().st_mode & 0o077 == 0
    assert folder.stat().st_mode & 0o077 == 0


def test_every_committed_row_survives_kill_9(folder: Path) -> None:
    url = postgres.start(folder)
    committed = 0
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept (n int)")
    for _ in range(3):
        with psycopg.connect(url) as connection:
            connection.execute("INSERT INTO kept SELECT generate_series(1, 20000)")
            connection.commit()
            committed += 20_000
            os.kill(postmaster(folder), signal.SIGKILL)
        assert postgres.start(folder) == url
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT count(*) FROM kept").fetchone() == (committed,)


def test_a_killed_server_that_is_still_seen_is_not_taken_for_one_that_starts(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, seen = postgres.start(folder), postgres._processes
    old = postmaster(folder)
    os.kill(old, signal.SIGKILL)
    gone = time.monotonic() + 0.5
    late = lambda data: seen(data) | ({old} if time.monotonic() < gone else set())  # noqa: E731
    monkeypatch.setattr(postgres, "_processes", late)
    assert postgres.start(folder) == url
    assert postmaster(folder) != old
    psycopg.connect(url).close()


def test_a_start_cut_short_is_finished_by_the_next(folder: Path) -> None:
    url = postgres.start(folder)
    with psycopg.connect(postgres._maintenance_url(folder), autocommit=True) as connection:
        connection.execute("DROP DATABASE yuanjian")  # killed before it came so far
    psycopg.connect(postgres.start(folder)).close()
    assert postgres.url(folder) == url


def test_a_pid_file_naming_a_stranger_does_not_block_the_start(folder: Path) -> None:
    postgres.start(folder)
    lines = (folder / "data" / "postmaster.pid").read_text().split("\n")
    postgres.stop(folder)
    (folder / "data" / "postmaster.pid").write_text("\n".join([str(os.getpid()), *lines[1:]]))
    psycopg.connect(postgres.start(folder)).close()


def test_an_interrupted_creation_is_begun_anew(folder: Path) -> None:
    (folder / "data.new").mkdir(parents=True)
    (folder / "data.new" / "PG_VERSION").write_text("half")
    psycopg.connect(postgres.start(folder)).close()


def test_tcp_needs_the_password(folder: Path, free_port: int) -> None:
    url = postgres.start(folder, free_port)
    with psycopg.connect(url) as connection:
        assert connection.info.host == "127.0.0.1"
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"postgresql://yuanjian@127.0.0.1:{free_port}/yuanjian")


def test_a_port_given_later_takes_effect_after_a_stop(folder: Path, free_port: int) -> None:
    postgres.start(folder)
    postgres.stop(folder)
    psycopg.connect(postgres.start(folder, free_port)).close()
    postgres.stop(folder)


def test_a_long_path_still_gets_a_socket(tmp_path: Path) -> None:
    folder = tmp_path / ("长" * 20) / ("d" * 80)
    try:
        psycopg.connect(postgres.start(folder)).close()
    finally:
        postgres.stop(folder)


def test_many_starters_make_one_server(folder: Path) -> None:
    threads = [threading.Thread(target=postgres.start, args=(folder,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    psycopg.connect(postgres.start(folder)).close()
    assert (folder / "server.log").read_text().count("starting PostgreSQL") <= 1


def test_a_server_that_cannot_start_says_why(folder: Path) -> None:
    postgres.start(folder)
    postgres.stop(folder)
    with (folder / "data" / "postgresql.conf").open("a") as file:
        file.write("no_such_setting = 1\n")
    with pytest.raises(OwnFault, match="no_such_setting") as caught:
        postgres.start(folder)
    assert caught.value.code == "postgres.failed"


def test_stopping_what_never_was_is_nothing(tmp_path: Path) -> None:
    postgres.stop(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_fresh_databases_are_apart(database_url: str, module_database_url: str) -> None:
    assert database_url != module_database_url
    with psycopg.connect(database_url) as connection:
        connection.execute("CREATE TABLE only_here ()")
    with psycopg.connect(module_database_url) as connection:
        assert connection.execute("SELECT to_regclass('only_here')").fetchone() == (None,)
