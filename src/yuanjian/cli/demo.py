"""`yuanjian demo`: a virtual province on this machine, live, with accounts to sign in."""

from __future__ import annotations

import json
import os
import shutil
import socket
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from yuanjian import config
from yuanjian.cli import postgres, up
from yuanjian.cli.progress import Steps
from yuanjian.cli.supervisor import Supervisor
from yuanjian.errors import OwnFault

# A folder of its own: deleting the demo must never touch an installation's data.
FOLDER = "demo"
SERVICES = ("gateway", "ingest", "worker", "web", "push", "simulator")
INTERRUPTED = 130  # what shells report of a program ended by Ctrl-C


def run(settings: config.Settings, *, outlets: int, days: int, seed: int) -> int:
    """Prepare the province on the first start, continue it on every later one; Ctrl-C stops it."""
    settings = replace(settings, demo=True, home=settings.home / FOLDER, database_url="", lake="")
    _need_free_ports(settings)
    marker = settings.home / "demo.json"
    up.interrupt_on_signals()
    try:
        if settings.home.exists() and not marker.exists():
            postgres.stop(settings.home / "postgres")  # of an earlier first start that was killed
            shutil.rmtree(settings.home)  # nothing in it is complete
        settings.home.mkdir(parents=True, exist_ok=True)
        os.environ |= {"YUANJIAN_HOME": str(settings.home), "YUANJIAN_DEMO": "1"}
        _serve(settings, marker, outlets, days, seed)
    except KeyboardInterrupt:
        print(
            "准备中已停止，再次运行将重新准备 · stopped while preparing; the next start begins anew",
            flush=True,
        )
        return INTERRUPTED
    print("已停止，再次运行将继续 · stopped; the next start continues here", flush=True)
    return 0


def _serve(settings: config.Settings, marker: Path, outlets: int, days: int, seed: int) -> None:
    steps = Steps()
    with ExitStack() as stack:
        with steps.step("database", "启动数据库 · starting the database"):
            settings = stack.enter_context(up.database(settings))
        with steps.step("migrate", "建立数据表 · preparing the schema"):
            up.migrate(settings)
        supervisor = stack.enter_context(Supervisor(settings.home / "log", up.environment(settings)))
        accounts = _prepared(settings, supervisor, steps, marker, outlets, days, seed)
        _print_accounts(accounts)
        up.watch(supervisor, settings, SERVICES)


def _prepared(
    settings: config.Settings,
    supervisor: Supervisor,
    steps: Steps,
    marker: Path,
    outlets: int,
    days: int,
    seed: int,
) -> Mapping[str, Any]:
    if not marker.exists():
        from yuanjian.cli import province

        made = province.prepare(settings, supervisor, steps, outlets=outlets, days=days, seed=seed)
        marker.write_text(json.dumps({"accounts": made.accounts["roles"]}, ensure_ascii=False, indent=1))
    accounts: Mapping[str, Any] = json.loads(marker.read_text())["accounts"]
    return accounts


def _print_accounts(accounts: Mapping[str, Any]) -> None:
    print("\n演示账号 · demo accounts")
    for role, account in accounts.items():
        print(f"  {account['name']:　<12}{account['username']:<14}{account['password']:<20}{role}")
    print(flush=True)


def _need_free_ports(settings: config.Settings) -> None:
    """Say which port is taken before anything is started."""
    for variable, port in (
        ("YUANJIAN_GATEWAY_PORT", settings.gateway_port),
        ("YUANJIAN_WEB_PORT", settings.web_port),
        ("YUANJIAN_PUSH_PORT", settings.push_port),
    ):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                raise OwnFault(
                    "cli.port_taken",
                    f"端口 {port} 已被占用，可用 {variable} 换一个",
                    f"port {port} is taken; choose another with {variable}",
                ) from error
