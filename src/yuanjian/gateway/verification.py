"""Proves that no archived frame was changed, removed or inserted — or names the first that was.

The chain is always checked from its beginning; the rows of batches that touch the interval asked for. What
the chain cannot know of itself (that its end was cut off, that it was rewritten whole) is told by the copy in
the database and by a head that was kept elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq

from yuanjian.errors import OwnFault

from . import chain, merkle
from .archive import SELECT, TYPES, leaves
from .chain import GENESIS, Batch, BrokenLine

COLUMNS = [name for name in TYPES if name != "leaf"]
Advance = Callable[[int, int], None]

TEXTS = {
    "archive.line": ("存证链中该行无法读取", "a line of the chain cannot be read"),
    "archive.order": ("批次序号不连续：有批次被删除、插入或调换", "batches removed, inserted or moved"),
    "archive.link": ("批次与前一批次的链值不符", "the batch does not continue the chain before it"),
    "archive.head": ("批次的链值与其内容不符", "the head does not fit the batch"),
    "archive.gap": ("批次之间的报文序号不连续", "journal numbers between batches are not consecutive"),
    "archive.database": ("批次与数据库中的副本不一致", "the batch differs from the database's copy"),
    "archive.cut": ("存证链缺少数据库中已有的批次", "the chain lacks a batch the database has"),
    "archive.unknown": ("存证链中有数据库没有的批次", "the chain has a batch the database has not"),
    "archive.kept_head": ("另存的链值不在存证链中", "the head kept elsewhere is not in the chain"),
    "archive.missing": ("批次文件不存在", "the batch's file is missing"),
    "archive.unreadable": ("批次文件损坏，无法读取", "the batch's file cannot be read"),
    "archive.stray": ("存在不属于任何批次的文件", "a file that belongs to no batch"),
    "archive.row_order": ("报文缺失、多出或次序改变", "a row is missing, added or moved"),
    "archive.row": ("报文内容被改动", "a row was changed"),
    "archive.root": ("报文与批次的根哈希不符", "the rows do not give the batch's root"),
}
"""What each finding says, in Chinese and English."""


class Unreadable(OwnFault):
    """A batch file that is damaged."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            "archive.unreadable", f"批次文件 {path} 损坏，无法读取", f"{path} cannot be read: {reason}"
        )


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong; ``seq`` names the first bad row of a batch where that can be told."""

    code: str
    batch: int | None = None
    shard: int | None = None
    seq: int | None = None
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """``frames`` of ``batches`` were read and checked; ``head`` stands for the whole chain of ``length``."""

    length: int
    head: str
    batches: int
    frames: int
    problems: tuple[Problem, ...]


def verify(
    folder: Path,
    *,
    start: int = 0,
    end: int = 2**62,
    copy: Sequence[Batch] | None = None,
    kept_head: str | None = None,
    journal: psycopg.Connection[Any] | None = None,
    advance: Advance = lambda done, total: None,
) -> Verdict:
    """Check the chain, and the rows received in [start, end) microseconds since 1970.

    ``copy`` is the chain as the database has it; ``journal`` a database that may still hold the rows, used to
    name the changed row when its hash in the file was changed too.
    """
    try:
        batches = chain.read(folder)
    except BrokenLine as error:
        return Verdict(0, GENESIS, 0, 0, (Problem("archive.line", error.number),))
    problems = [*_chain(batches), *_against(batches, copy), *_kept(batches, kept_head)]
    wanted = [batch for batch in batches if batch.end >= start and batch.start < end]
    for done, batch in enumerate(wanted):
        problems += _rows(folder, batch, journal)
        advance(done + 1, len(wanted))
    problems += _strays(folder, batches)
    head = batches[-1].head if batches else GENESIS
    return Verdict(len(batches), head, len(wanted), sum(batch.size for batch in wanted), tuple(problems))


def load(folder: Path, batch: Batch) -> pl.DataFrame:
    """The rows of a batch, with their hashes; raises `Unreadable` for a file that is damaged or not there.

    Read by Arrow: on a damaged file it raises an error where Polars may abort.
    """
    path = folder / batch.file
    try:
        table = pq.read_table(path)
        table.validate(full=True)
        frame = pl.from_arrow(table)
        assert isinstance(frame, pl.DataFrame)
        return frame.select(list(TYPES)).cast(TYPES)  # type: ignore[arg-type]
    except (OSError, ValueError, pa.ArrowException, pl.exceptions.PolarsError) as error:
        raise Unreadable(path, str(error)) from error


def sound(folder: Path, batch: Batch) -> pl.DataFrame:
    """The rows of a batch that give its root; raises `Unreadable` if they do not."""
    rows = load(folder, batch)
    if merkle.root(hashed(rows)).hex() != batch.root:
        raise Unreadable(folder / batch.file, "not what was archived")
    return rows


def hashed(rows: pl.DataFrame) -> list[bytes]:
    """The hashes of a batch's rows, computed anew; instants stay numbers, as a damaged one may be no date."""
    columns = rows.select(COLUMNS).with_columns(pl.col("received_at").cast(pl.Int64))
    return leaves(columns.rows())


def _chain(batches: Sequence[Batch]) -> Iterator[Problem]:
    """Is every batch bound to the one before it, and does every shard go on where it ended?"""
    head = GENESIS
    ends: dict[int, int] = {}
    for number, batch in enumerate(batches):
        where = (batch.number, batch.shard, batch.first)
        if batch.number != number:
            yield Problem("archive.order", *where)
        if batch.previous != head:
            yield Problem("archive.link", *where)
        if batch.head != batch.expected_head():
            yield Problem("archive.head", *where)
        if batch.first != ends.get(batch.shard, 0) + 1:
            yield Problem("archive.gap", *where)
        head, ends[batch.shard] = batch.head, batch.last


def _against(batches: Sequence[Batch], copy: Sequence[Batch] | None) -> Iterator[Problem]:
    for ours, theirs in zip_longest(batches, copy if copy is not None else batches):
        if ours is None:
            yield Problem("archive.cut", theirs.number, theirs.shard, theirs.first)
        elif theirs is None:
            yield Problem("archive.unknown", ours.number, ours.shard, ours.first)
        elif ours != theirs:
            yield Problem("archive.database", ours.number, ours.shard, ours.first)


def _kept(batches: Sequence[Batch], kept_head: str | None) -> Iterator[Problem]:
    if kept_head is not None and kept_head not in {GENESIS, *(batch.head for batch in batches)}:
        yield Problem("archive.kept_head")


def _strays(folder: Path, batches: Sequence[Batch]) -> Iterator[Problem]:
    known = {batch.file for batch in batches}
    found = (path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*.parquet")))
    yield from (Problem("archive.stray", file=name) for name in found if name not in known)


def _rows(folder: Path, batch: Batch, journal: psycopg.Connection[Any] | None) -> Iterator[Problem]:
    """The first thing wrong with the rows of a batch."""
    where = (batch.number, batch.shard)
    if not (folder / batch.file).exists():
        yield Problem("archive.missing", *where, batch.first, batch.file)
        return
    try:
        rows = load(folder, batch)
    except Unreadable:
        yield Problem("archive.unreadable", *where, batch.first, batch.file)
        return
    if (at := _misplaced(rows, batch)) is not None:
        yield Problem("archive.row_order", *where, at, batch.file)
        return
    found = hashed(rows)
    told = rows["leaf"].to_list()
    changed = _first_difference(found, told)
    if changed is None and merkle.root(found).hex() != batch.root:
        changed = _by_journal(found, batch, journal)
        code = "archive.root" if changed is None else "archive.row"
        yield Problem(code, *where, None if changed is None else batch.first + changed, batch.file)
    elif changed is not None:
        yield Problem("archive.row", *where, batch.first + changed, batch.file)


def _misplaced(rows: pl.DataFrame, batch: Batch) -> int | None:
    """The first journal number that is not where it must be."""
    wanted = range(batch.first, batch.last + 1)
    for seq, expected in zip_longest(rows["seq"].to_list(), wanted):
        if seq != expected:
            return int(seq if expected is None else expected)
    other = rows.filter(pl.col("shard") != batch.shard)["seq"]
    return None if other.is_empty() else int(other[0])


def _by_journal(found: list[bytes], batch: Batch, journal: psycopg.Connection[Any] | None) -> int | None:
    """Which row differs from the journal's, if the journal has it still."""
    if journal is None:
        return None
    rows = journal.execute(SELECT, (batch.shard, batch.first, batch.size)).fetchall()
    whole = len(rows) == batch.size and rows[-1][1] == batch.last
    return _first_difference(found, leaves(rows)) if whole else None


def _first_difference(found: Sequence[object], told: Sequence[object]) -> int | None:
    pairs = enumerate(zip_longest(found, told))
    return next((at for at, (ours, theirs) in pairs if ours != theirs), None)
