"""`yuanjian archive` and `yuanjian evidence`: make the archive, check it, prove single frames."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from yuanjian import config
from yuanjian.cli import borrow
from yuanjian.cli.progress import Advance, Steps
from yuanjian.errors import UserFault
from yuanjian.gateway import archive as archiving
from yuanjian.gateway import inclusion, merkle, schema, verification
from yuanjian.gateway.verification import TEXTS, Problem, Verdict


def archive(settings: config.Settings) -> int:
    """Archive what is due and print the head of the chain: keep it elsewhere."""
    frames = 0
    with borrow.database(settings) as connection:
        for batch in archiving.make(connection, settings.archive_folder):
            frames += batch.size
            print(f"{batch.file}  {batch.size}", flush=True)
        newest = archiving.newest(connection)
    print(f"已存证 {frames} 条报文 · frames archived: {frames}")
    print(f"链值 · head: {newest.head if newest else '-'}")
    return 0


def verify(
    settings: config.Settings,
    *,
    start: str | None,
    end: str | None,
    head: str | None,
    folder: str | None,
    as_json: bool,
) -> int:
    """Check the archive; 1 if anything is wrong with it."""
    span: dict[str, Any] = {
        name: merkle.microseconds(borrow.instant(text))
        for name, text in (("start", start), ("end", end))
        if text
    }
    with Steps(quiet=as_json).step("verify", "核对存证 · checking") as advance:
        verdict = _verdict(settings, folder, advance, kept_head=head, **span)
    if as_json:
        print(json.dumps(asdict(verdict), ensure_ascii=False, indent=1))
    else:
        _print(verdict)
    return 1 if verdict.problems else 0


def proof(settings: config.Settings, shard: int, seq: int) -> int:
    """Print the proof of one frame."""
    print(json.dumps(inclusion.prove(settings.archive_folder, shard, seq), ensure_ascii=False, indent=1))
    return 0


def check(file: str) -> int:
    """Check a proof and print what it proves; the error says why it does not hold."""
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
        document = json.loads(text)
    except (OSError, ValueError) as error:
        raise UserFault("cli.bad_file", f"文件 {file} 无法读取", f"{file} cannot be read: {error}") from error
    batch = inclusion.check(document)
    frame = document["frame"]
    received = datetime.fromtimestamp(frame["received_at"] / 1e6, UTC).isoformat(timespec="milliseconds")
    print(f"证明成立 · the proof holds: {frame['shard']}/{frame['seq']}, received {received}")
    print(f"链值 · head of batch {batch.number}: {batch.head}")
    return 0


def _verdict(settings: config.Settings, folder: str | None, advance: Advance, **options: Any) -> Verdict:
    if folder is not None:
        return verification.verify(Path(folder), advance=advance, **options)
    with borrow.database(settings) as connection, _still(connection):
        copy = archiving.stored(connection)
        return verification.verify(
            settings.archive_folder, copy=copy, journal=connection, advance=advance, **options
        )


@contextmanager
def _still(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Nobody adds to the archive while it is read."""
    connection.execute("SELECT pg_advisory_lock(%s, 0)", (schema.ARCHIVE_LOCK,))
    yield
    connection.execute("SELECT pg_advisory_unlock(%s, 0)", (schema.ARCHIVE_LOCK,))


def _print(verdict: Verdict) -> None:
    for problem in verdict.problems:
        print(_line(problem))
    bad = len(verdict.problems)
    print(
        f"链上批次 {verdict.length}，核对批次 {verdict.batches}，报文 {verdict.frames}，问题 {bad}", end=" · "
    )
    print(f"batches {verdict.length}, checked {verdict.batches}, frames {verdict.frames}, problems {bad}")
    print(f"链值 · head: {verdict.head}")


def _line(problem: Problem) -> str:
    zh, en = TEXTS[problem.code]
    where = f"批次 {problem.batch}" if problem.batch is not None else ""
    row = f" 报文 {problem.shard}/{problem.seq}" if problem.seq is not None else ""
    return f"✗ {where}{row} {problem.file or ''} {zh} · {en} [{problem.code}]"
