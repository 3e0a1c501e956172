"""`yuanjian doctor`: is this installation sound? With `--end-to-end` the whole job on an empty folder."""

from __future__ import annotations

import json
import os
import secrets
import socket
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from yuanjian import config
from yuanjian.cli import up
from yuanjian.cli.api_client import ApiClient
from yuanjian.cli.carry_through import carry_through
from yuanjian.cli.progress import Steps
from yuanjian.cli.supervisor import Supervisor
from yuanjian.screening import catalogue
from yuanjian.simulator.score import Rate, score

LEAST_FRAMES = 20_000
LEAST_RECALL = 0.9
LEAST_PRECISION = 0.8
DAYS = 30
SERVICES = ("gateway", "ingest", "worker", "web", "push")


def check(settings: config.Settings, *, as_json: bool) -> int:
    """Ask the running installation whether it is healthy; 1 if it is not."""
    try:
        health = ApiClient(settings.web_url).get("/api/health")
    except (OSError, ValueError) as error:
        health = {"ok": False, "reason": str(error)}
    print(json.dumps(health, ensure_ascii=False, indent=None if as_json else 1))
    return 0 if health.get("ok") else 1


def end_to_end(*, outlets: int, seed: int, as_json: bool) -> int:
    """Run everything on an empty folder and free ports; prints the numbers, 1 if any does not add up."""
    steps = Steps(quiet=as_json and not sys.stderr.isatty())
    # Standard output is for the result alone: what the parts say goes to standard error.
    with redirect_stdout(sys.stderr), tempfile.TemporaryDirectory(prefix="yuanjian-") as folder:
        result = _trial(Path(folder), steps, outlets, seed)
    problems = list(_problems(result))
    result |= {"seconds": steps.seconds, "ok": not problems}
    if problems:
        result["problems"] = problems
    print(json.dumps(result, ensure_ascii=False, indent=None if as_json else 1), flush=True)
    for problem in problems:
        print(f"✗ {problem}", file=sys.stderr)
    return 1 if problems else 0


@contextmanager
def trial(folder: Path, steps: Steps, outlets: int, seed: int, days: int = DAYS) -> Iterator[Any]:
    """A running installation with a prepared province on free ports: yields (settings, province)."""
    from yuanjian.cli import province

    os.environ |= {"YUANJIAN_HOME": str(folder), "YUANJIAN_DEMO": "1"}
    with ExitStack() as stack:
        with steps.step("database", "启动数据库 · starting the database"):
            settings = stack.enter_context(up.database(_settings(folder)))
        with steps.step("migrate", "建立数据表 · preparing the schema"):
            up.migrate(settings)
        supervisor = stack.enter_context(Supervisor(folder / "log", up.environment(settings)))
        with steps.step("start", "启动各进程 · starting the processes"):
            supervisor.start_all(SERVICES)
        yield settings, province.prepare(settings, supervisor, steps, outlets=outlets, days=days, seed=seed)
        with steps.step("stop", "停止 · stopping"):
            supervisor.stop()


def _trial(folder: Path, steps: Steps, outlets: int, seed: int) -> dict[str, Any]:
    with trial(folder, steps, outlets, seed) as (settings, province):
        counts = province.counts
        with steps.step("carry_through", "各级线索办结 · carrying clues through"):
            reached = carry_through(settings.web_url, province.accounts)
        clues = _clues(settings, province.accounts)
        # On trial a model raises nothing, so nothing is asked of it.
        live = {model.code for model in catalogue.load() if model.status == "live"}
        figures = score(counts.findings, province.truths, live)
    return {
        "frames_sent": counts.sent,
        "frames_acknowledged": counts.acknowledged,
        "frames_journaled": counts.journaled,
        "frames_ingested": counts.ingested,
        "readings": counts.readings,
        "readings_appended": counts.appended,
        "findings": len(counts.findings),
        "clues": clues,
        "closed": reached,
        "recall": _share(figures.recall),
        "precision": _share(figures.precision),
    }


def _share(rate: Rate) -> float:
    """A share for people; nothing to judge counts as nothing achieved."""
    return round(rate.value or 0.0, 4)


def _clues(settings: config.Settings, accounts: Any) -> dict[str, int]:
    """Clues by level, as the duty analyst sees them."""
    client = ApiClient(settings.web_url)
    client.sign_in(accounts["roles"]["analyst"]["username"], accounts["roles"]["analyst"]["password"])
    levels: Counter[str] = Counter()
    for level in ("1", "2", "3"):
        levels[level] = client.get(f"/api/clues?level={level}&size=1")["total"]
    return dict(levels)


def _problems(result: dict[str, Any]) -> Iterator[str]:
    """Every number that does not add up, in words."""
    frames = {key: result[f"frames_{key}"] for key in ("sent", "acknowledged", "journaled", "ingested")}
    if len(set(frames.values())) != 1:
        yield f"报文数不一致 · frames differ: {frames}"
    if frames["sent"] < LEAST_FRAMES:
        yield f"报文不足 · fewer than {LEAST_FRAMES} frames: {frames['sent']}"
    if not 0 < result["readings"] == result["readings_appended"]:
        told = result["readings_appended"]
        yield f"数据湖条数与入湖不符 · the lake holds {result['readings']} readings, ingest appended {told}"
    for level in ("1", "2", "3"):
        if not result["clues"].get(level):
            yield f"没有 {level} 级线索 · no clue of level {level}"
        elif result["closed"].get(level) != "closed":
            yield f"{level} 级线索未办结 · a clue of level {level} did not reach its end: {result['closed']}"
    if result["recall"] < LEAST_RECALL:
        yield f"检出率不足 · recall {result['recall']} < {LEAST_RECALL}"
    if result["precision"] < LEAST_PRECISION:
        yield f"准确率不足 · precision {result['precision']} < {LEAST_PRECISION}"


def _settings(folder: Path) -> config.Settings:
    web, push = free_port(), free_port()
    return replace(
        config.load({"YUANJIAN_HOME": str(folder)}),
        gateway_port=0,
        web_port=web,
        push_port=push,
        web_workers=1,
        demo=True,
        screen_every=0,  # the trial screens by itself, once
    )


def free_port() -> int:
    """A TCP port nobody listens on at the moment.

    Below those Linux gives to whoever does not care (32768 to 60999): seconds pass before a service
    binds it, and nobody else must be given it meanwhile.
    """
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
