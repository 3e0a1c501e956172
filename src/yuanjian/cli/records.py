"""`yuanjian records kinds|import|list`: records of people and other systems, from the command line."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from yuanjian import config
from yuanjian.clock import to_beijing
from yuanjian.errors import UserFault

if TYPE_CHECKING:
    from yuanjian.screening.records import Kind

# Heavy imports are inside the functions: every command reads this module for its arguments.
SHOWN = 20  # refused rows told at the terminal; all of them are kept and in the web client


def arguments(command: argparse.ArgumentParser) -> None:
    """The words after `yuanjian records`."""
    verbs = command.add_subparsers(required=True, metavar="VERB", dest="verb")
    verbs.add_parser("kinds", help="the kinds, or the columns of one").add_argument("kind", nargs="?")
    taken = verbs.add_parser("import", help="deliver a CSV file; 1 if rows were refused")
    taken.add_argument("kind")
    taken.add_argument("file", help="UTF-8 or GB 18030; the first line names the columns")
    taken.add_argument("--by", required=True, help="the account in whose name it is delivered")
    taken.add_argument("--source", default="command", help="which system the rows come from")
    listing = verbs.add_parser("list", help="records of a kind, newest first")
    listing.add_argument("kind")
    listing.add_argument("--from", dest="start", help="Beijing day or time")
    listing.add_argument("--to", dest="end", help="likewise, not included")
    listing.add_argument("--limit", type=int, default=50)
    listing.add_argument("--json", action="store_true")


def run(settings: config.Settings, given: argparse.Namespace) -> int:
    """One verb; 1 if rows were refused."""
    if given.verb == "kinds":
        return kinds(given.kind)
    from yuanjian.cli.models import platform

    with platform(settings):
        if given.verb == "import":
            return import_(given.kind, Path(given.file), by=given.by, source=given.source)
        return list_(given)


def kinds(kind: str | None) -> int:
    """The kinds, or the columns of one."""
    rows = _all_kinds(_known()) if kind is None else _columns(_known(kind)[kind])
    _print(*rows)
    return 0


def _all_kinds(known: Mapping[str, Kind]) -> list[tuple[str, ...]]:
    told = [(code, kind.zh, kind.en, "✓" if kind.by_enterprise else "") for code, kind in known.items()]
    return [("kind", "类别", "", "by enterprise"), *told]


def _columns(kind: Kind) -> list[tuple[str, ...]]:
    told = [
        (code, one.zh, " ".join(one.choices) or one.type, one.unit, "✓" if one.required else "")
        for code, one in kind.columns.items()
    ]
    return [("column", "列", "type", "unit", "needed"), *told]


def _print(header: tuple[str, ...], *rows: tuple[str, ...]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(*header, box=None, header_style="bold")
    for row in rows:
        table.add_row(*row)
    Console().print(table)


def import_(kind: str, path: Path, *, by: str, source: str) -> int:
    """Deliver a CSV file in the name of an account; tells what was refused."""
    from yuanjian.platform.exchange import selectors, services, tabular

    _known(kind)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserFault("cli.no_such_file", f"无法读取 {path}", f"{path} cannot be read") from error
    batch = services.deliver(
        kind, tabular.read(content), _user(by), source,
        file_name=path.name, sha256=sha256(content).hexdigest(),
    )  # fmt: skip
    told = selectors.batch_detail(batch, SHOWN)
    print(
        f"{told['title']} · {told['title_en']}: {batch.rows} 行 · rows, "
        f"接收 {batch.accepted} accepted, 重复 {batch.known} known, 退回 {batch.refused} refused"
    )
    for row in told["refused_rows"]:
        print(f"  {row['number']:>6} {row['column']}: {row['message']} · {row['message_en']}")
    return 1 if batch.refused else 0


def list_(given: argparse.Namespace) -> int:
    """Current records of a kind, newest first."""
    from yuanjian.cli import borrow
    from yuanjian.platform.exchange import selectors
    from yuanjian.platform.exchange.models import Record

    _known(given.kind)
    rows = selectors.newest_of(Record.objects.filter(kind=given.kind))
    if given.start:
        rows = rows.filter(end__gte=borrow.instant(given.start))
    if given.end:
        rows = rows.filter(start__lt=borrow.instant(given.end))
    found = selectors.record_rows(rows.order_by("-start", "-id")[: given.limit])
    if given.json:
        print(json.dumps(found, ensure_ascii=False, default=lambda at: to_beijing(at).isoformat(), indent=1))
    else:
        _table(found)
    return 0


def _table(found: list[dict[str, Any]]) -> None:
    rows = []
    for row in found:
        said = " ".join(f"{name}={value}" for name, value in row["data"].items())
        outlet = row["outlet"]["code"] if row["outlet"] else ""
        start = f"{to_beijing(row['start']):%Y-%m-%d %H:%M}"
        rows.append((start, row["enterprise"]["name"], outlet, said, row["source"]))
    _print(("start", "enterprise", "outlet", "data", "source"), *rows)


def _known(kind: str | None = None) -> Mapping[str, Kind]:
    """All kinds; raises `UserFault` if the one asked for is none of them."""
    from yuanjian.screening.records import KINDS

    if kind is not None and kind not in KINDS:
        raise UserFault("cli.no_such_kind", f"没有记录类别 {kind}", f"there is no kind of record {kind}")
    return KINDS


def _user(name: str) -> Any:
    from yuanjian.platform.accounts.models import User

    user = User.objects.filter(username=name, is_active=True).first()
    if user is None:
        raise UserFault("cli.no_such_user", f"没有账号 {name}", f"there is no account {name}")
    return user
