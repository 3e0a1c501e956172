"""For people who connect devices and platforms: a logger to play with, a platform put to the test."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta

from yuanjian import config
from yuanjian.errors import UserFault
from yuanjian.gateway import conform as checks
from yuanjian.gateway import conform_listen
from yuanjian.gateway.conform_host import Host
from yuanjian.wire.hj212 import Standard

KEY = "YUANJIAN_DEVICE_KEY"
"""The environment, not the command line: other users of the machine can read that."""


def simulate(settings: config.Settings, arguments: argparse.Namespace) -> int:
    """Play one logger until Ctrl-C."""
    from yuanjian.simulator import device
    from yuanjian.simulator.site import Site

    host, port = settings.gateway_host, settings.gateway_port
    if arguments.to:
        host, port = address(arguments.to)
    site = Site(
        arguments.mn,
        Standard(arguments.standard),
        st=arguments.st,
        pw=arguments.pw,
        key=_key() if arguments.encrypt else None,
        offset=timedelta(seconds=arguments.skew),
    )
    return device.main(host, port, site, speed=arguments.speed)


def conform(arguments: argparse.Namespace) -> int:
    """Run the checks and print a line each, or JSON; 0 if everything the standard demands passed."""
    if bool(arguments.address) == bool(arguments.listen):
        zh, en = "请给出 HOST:PORT 或 --listen PORT 之一", "give either HOST:PORT or --listen PORT"
        raise UserFault("cli.conform", zh, en)
    found = []
    for outcome in _of_logger(arguments) if arguments.listen else _of_platform(arguments):
        found.append(outcome)
        if not arguments.json:
            print(_line(outcome), flush=True)
    passed = sum(outcome.passed is True for outcome in found)
    good = passed > 0 and not any(outcome.must and outcome.passed is False for outcome in found)
    if arguments.json:
        report = {"conforms": good, "passed": passed, "checks": [asdict(outcome) for outcome in found]}
        print(json.dumps(report, ensure_ascii=False, indent=1))
    else:
        print(f"{passed}/{len(found)} · {'符合 conforms' if good else '不符合 does not conform'}")
    return 0 if good else 1


def _of_platform(arguments: argparse.Namespace) -> Iterator[checks.Outcome]:
    return checks.run(
        address(arguments.address),
        mn=arguments.mn,
        pw=arguments.pw,
        st=arguments.st,
        timeout=arguments.timeout,
        only=tuple(arguments.only),
    )


def _of_logger(arguments: argparse.Namespace) -> Iterator[checks.Outcome]:
    """The logger says itself who it is; a key makes it one of 2025."""
    standard = "2025" if arguments.encrypt else arguments.standard
    host = Host(
        arguments.listen,
        standard=Standard(standard) if standard else None,
        key=_key() if arguments.encrypt else None,
        may_rekey=arguments.rekey,
        timeout=arguments.timeout,
        wait=arguments.wait,
    )
    try:
        if not arguments.json:
            print(f"ready conform :{host.port}", flush=True)
        yield from conform_listen.run(host, tuple(arguments.only))
    finally:
        host.close()


def address(text: str) -> tuple[str, int]:
    """HOST:PORT; raises `UserFault` for anything else."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise UserFault("cli.address", f"地址有误：{text}", f"{text} is no HOST:PORT", text=text)
    return host.strip("[]"), int(port)


def _line(outcome: checks.Outcome) -> str:
    failed = "✗" if outcome.must else "·"
    sign = {True: "✓", None: "–", False: failed}[outcome.passed]
    clause = f" [{outcome.clause}]" if outcome.clause else ""
    detail = f"\n    {outcome.detail}" if outcome.detail else ""
    return f"{sign} {outcome.name:<12} {outcome.zh} · {outcome.en}{clause} ({outcome.seconds:.2f} s){detail}"


def _key() -> bytes:
    """16 characters, or 32 hex digits."""
    text = os.environ.get(KEY, "")
    try:
        key = bytes.fromhex(text) if len(text) == 32 else text.encode()
    except ValueError:
        key = b""
    if len(key) != 16:
        zh, en = f"{KEY} 必须为 16 个字符或 32 位十六进制", f"{KEY} must be 16 characters or 32 hex digits"
        raise UserFault("cli.key", zh, en)
    return key
