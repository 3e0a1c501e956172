"""`yuanjian models backtest|promote`: models over the readings of this installation, and their life in it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from yuanjian import config
from yuanjian.cli import borrow, postgres, province
from yuanjian.cli.progress import Steps
from yuanjian.errors import UserFault

SHOWN = 20  # hits in the table; all of them are in the JSON


@contextmanager
def platform(settings: config.Settings) -> Iterator[None]:
    """Django over the database of this installation, whether it runs or not."""
    with borrow.database(settings):
        os.environ["DATABASE_URL"] = settings.database_url or postgres.url(settings.home / "postgres")
        province.setup_django()
        yield


def backtest(
    settings: config.Settings, codes: Sequence[str], *, start: str, end: str, region: str, level1: bool,
    as_json: bool,
) -> int:  # fmt: skip
    """What the models would have found in a window; changes nothing."""
    window = borrow.instant(start), borrow.instant(end)
    if window[0] >= window[1]:
        raise UserFault("cli.empty_window", "起始时间须早于截止时间", "--from must be before --to")
    steps = Steps(quiet=as_json)
    with platform(settings):
        answers = [_answer(code, window, region, level1, steps) for code in codes]
    if as_json:
        print(json.dumps(answers, ensure_ascii=False, indent=1))
    else:
        for answer in answers:
            _show(answer)
    return 0


def _answer(
    code: str, window: tuple[datetime, datetime], region: str, level1: bool, steps: Steps
) -> dict[str, Any]:
    from yuanjian.platform.clues import backtest as backtesting

    question = backtesting.Question(code, *window, region=region, level1=level1)
    with steps.step(code, f"回测 {code} · back-testing") as advance:
        return backtesting.run(question, progress=lambda _, done, total: advance(done, total))


def _show(answer: dict[str, Any]) -> None:
    console = Console()
    levels, overlap = answer["levels"], answer["overlap"]
    console.print(f"[bold]{answer['code']} v{answer['version']}[/bold]  {answer['start']} – {answer['end']}")
    console.print(
        f"排放口 · outlets {answer['outlets']}, 覆盖 · covered {answer['covered']:.0%}, {answer['seconds']} s"
    )
    console.print("级 · level " + ", ".join(f"{level}: {count}" for level, count in levels.items()))
    console.print(f"应派工单 · work orders it would have made: {answer['work_orders']}")
    console.print(
        f"与已存发现 · against stored findings: 一致 · both {overlap['both']}, "
        f"仅已存 · only stored {overlap['only_stored']}, 仅本次 · only now {overlap['only_new']}"
    )
    said = answer["verdicts"]
    console.print(f"结论 · verdicts: 属实 {said['right']}, 不属实 {said['wrong']}, 不确定 {said['unsure']}")
    table = Table("level", "outlet", "factor", "start", "end", "claim", box=None, header_style="bold")
    for hit in answer["hits"][:SHOWN]:
        names = f"{hit['enterprise']} {hit['outlet']}"
        times = (hit["start"][:16], hit["end"][:16])
        table.add_row(str(hit["level"]), names, hit["factor_name"] or "", *times, hit["claim"])
    console.print(table)


def promote(settings: config.Settings, code: str, status: str, *, by: str, reason: str) -> int:
    """Put a model into another state of its life, in the name of a user of this installation."""
    with platform(settings):
        from yuanjian.platform.clues import life

        model = life.promote(person(by), code, status, reason=reason)
    print(f"{model.code} → {model.status} ({by})")
    return 0


def person(name: str) -> Any:
    """The account of that name, inside `platform`; raises `UserFault`."""
    from yuanjian.platform.accounts.models import User

    user = User.objects.filter(username=name, is_active=True).first()
    if user is None:
        raise UserFault("cli.no_such_user", f"没有账号 {name}", f"there is no account {name}")
    return user
