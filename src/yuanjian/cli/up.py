"""`yuanjian up`: the database unless one is given, then every process, watched."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import fields, replace
from typing import Any

from yuanjian import config
from yuanjian.cli import postgres
from yuanjian.cli.supervisor import Supervisor

ORDER = ("gateway", "ingest", "forwarder", "worker", "web", "push")


def run(settings: config.Settings, extra: Sequence[str] = ()) -> int:
    """Start everything, print the address, watch until Ctrl-C or SIGTERM."""
    interrupt_on_signals()
    with suppress(KeyboardInterrupt), database(settings) as settings:  # told to stop before it watches
        migrate(settings)
        with Supervisor(settings.home / "log", environment(settings)) as supervisor:
            watch(supervisor, settings, (*ORDER, *extra))
    print("已停止 · stopped", flush=True)
    return 0


def watch(supervisor: Supervisor, settings: config.Settings, names: Sequence[str]) -> None:
    """Start the processes named and keep them and the database running until a signal."""
    stop_on_signals(supervisor)
    if not supervisor.stopping:
        supervisor.start_all([name for name in names if name not in supervisor.children])
        print(f"远鉴已就绪 · ready: {settings.web_url}", flush=True)
        print("Ctrl-C 停止 · Ctrl-C stops everything", flush=True)
    supervisor.watch(tick=lambda: keep_database(settings))


def stop_on_signals(supervisor: Supervisor) -> None:
    """Ctrl-C and SIGTERM end the watch; installed before any process is started."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, supervisor.ask_stop)
        signal.signal(signal.SIGTERM, supervisor.ask_stop)


def interrupt_on_signals() -> None:
    """Ctrl-C and SIGTERM raise `KeyboardInterrupt`; only the first one, so that stopping is not cut short."""
    if threading.current_thread() is threading.main_thread():
        sys.unraisablehook = _interrupt_again
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM):
            signal.signal(name, _interrupt)


def _interrupt(*_: object) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def _interrupt_again(lost: Any) -> None:
    """Python drops what is raised in a destructor or a weak reference's callback: raise it a moment later."""
    if lost.exc_type is KeyboardInterrupt:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
    else:
        sys.__unraisablehook__(lost)


@contextmanager
def database(settings: config.Settings) -> Iterator[config.Settings]:
    """The settings with a running database; the embedded one is stopped at the end."""
    if settings.database_url:
        os.environ["DATABASE_URL"] = settings.database_url
        yield settings
        return
    folder = settings.home / "postgres"
    try:
        url = postgres.start(folder)
        os.environ["DATABASE_URL"] = url
        yield replace(settings, database_url=url)
    finally:
        postgres.stop(folder)


def keep_database(settings: config.Settings) -> None:
    """Start the embedded database again if it was killed."""
    folder = settings.home / "postgres"
    if folder.exists() and not postgres.running(folder):
        postgres.start(folder)


def environment(settings: config.Settings) -> dict[str, str]:
    """The environment of the child processes: ours, with every setting made explicit."""
    values = {}
    for item in fields(settings):
        value = getattr(settings, item.name)
        values[item.metadata["variable"]] = str(int(value)) if isinstance(value, bool) else str(value)
    return {**os.environ, **values}


def migrate(settings: config.Settings) -> int:
    """Bring the schema, the code tables and the model catalogue to this version."""
    from yuanjian.platform import migrate as platform_migrate

    return platform_migrate.main(settings)
