"""`yuanjian devices`: single loggers, for whoever stands at the machine. Keys come in, never out."""

from __future__ import annotations

import argparse
import getpass
import json
import os
import sys
from dataclasses import replace
from typing import Any

from rich.console import Console
from rich.table import Column, Table

from yuanjian import config
from yuanjian.cli import borrow
from yuanjian.cli.integrators import KEY
from yuanjian.clock import to_beijing

SHOWN = ("mn", "state", "problems", "standard", "last_valid_at", "frames", "faults", "enterprise")


def run(settings: config.Settings, arguments: argparse.Namespace) -> int:
    """Do what the verb says."""
    key = _key() if arguments.verb == "key" and not arguments.remove else None
    with borrow.installation(settings):
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yuanjian.platform.settings")
        import django

        django.setup()
        if arguments.verb == "list":
            _list(arguments)
        elif arguments.verb == "show":
            _show(arguments.mn)
        else:
            _change(arguments, key)
    return 0


def _list(arguments: argparse.Namespace) -> None:
    from yuanjian.platform.monitoring import links

    window = slice(0, 100_000)
    found = links.page(
        _operator(), state=arguments.state, q=arguments.q, window=window, problem=arguments.problem
    )
    if arguments.json:
        print(json.dumps(found, ensure_ascii=False, indent=1, default=str))
        return
    whole = {"mn", "problems"}  # never cut, however narrow the terminal
    table = Table(*(Column(name, no_wrap=name in whole) for name in SHOWN), box=None, header_style="bold")
    for row in found["items"]:
        table.add_row(*(_cell(row[name]) for name in SHOWN))
    Console().print(table)
    print("  ".join(f"{links.STATES[state]} {state} {n}" for state, n in found["summary"].items()))


def _show(mn: str) -> None:
    from yuanjian.platform.monitoring import devices

    found = devices.detail(_operator(), mn)
    shown = (
        "link",
        "standard",
        "claimed",
        "identity",
        "settings",
        "connected",
        "crc_rate",
        "rival",
        "similar",
    )
    print(json.dumps({name: found[name] for name in shown}, ensure_ascii=False, indent=1, default=str))


def _change(arguments: argparse.Namespace, key: str | None) -> None:
    from yuanjian.platform.monitoring import device_settings as stored

    if arguments.verb == "set":
        given = {
            name: getattr(arguments, name) for name in stored.NAMES if getattr(arguments, name) is not None
        }
        stored.save(
            None, arguments.mn, replace(stored.current(arguments.mn), **_plain(given)), arguments.reason
        )
    elif arguments.verb == "activate":
        mn = None if arguments.off else arguments.mn
        stored.activate(None, arguments.hardware, mn, arguments.reason)
    elif key is None:
        stored.remove_key(None, arguments.mn, arguments.reason)
    else:
        stored.set_key(None, arguments.mn, key, arguments.reason)
    print("已保存，网关立即生效 · saved, the gateway uses it at once")


def _plain(given: dict[str, Any]) -> dict[str, Any]:
    """Words of the command line as settings: none lifts a setting."""
    values = {name: None if value == "none" else value for name, value in given.items()}
    if "allow_clear" in values:
        values["allow_clear"] = values["allow_clear"] == "yes"
    if "tolerate" in values:
        values["tolerate"] = tuple(sorted(f"hj212.crc_{word}" for word in given["tolerate"]))
    return values


def _key() -> str:
    """From the environment, the terminal or standard input; never from the command line, which others see."""
    if found := os.environ.get(KEY):
        return found
    return getpass.getpass("key: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")


def _operator() -> Any:
    """Who stands at the machine sees everything."""
    from yuanjian.platform.accounts.models import User

    return User(username="operator", role="admin")


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(item["code"] for item in value)
    if isinstance(value, dict):
        return str(value["name"])
    if hasattr(value, "astimezone"):
        return f"{to_beijing(value):%m-%d %H:%M:%S}"
    return "" if value is None else str(value)
