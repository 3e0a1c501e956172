"""The chain of archived batches: one JSON line each, every line bound to all lines before it.

head = SHA-256(0x02 ‖ previous head (32 bytes, zeros at first) ‖ Merkle root (32 bytes) ‖ label), where label
is ASCII ``number:shard:first:last:start:end`` with ``start`` and ``end`` in microseconds since 1970. Whoever
keeps one head elsewhere can prove that nothing before it was changed, removed, inserted or moved.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from yuanjian.clock import beijing_day
from yuanjian.errors import PeerFault

from . import merkle

GENESIS = bytes(32).hex()
NAME = "chain.jsonl"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LONGEST = 1024
"""Bytes no line of the chain reaches: six numbers and three hashes."""
_LATEST = 2**57  # microseconds: the year 6537, which a date can still hold


class BrokenLine(PeerFault):
    """A line of the chain that cannot be read."""

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(
            "archive.line",
            f"存证链第 {number + 1} 行无法读取",
            f"line {number + 1} of the chain cannot be read: {reason}",
        )
        self.number = number


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows ``first`` … ``last`` of a shard, received from ``start`` to ``end`` (microseconds since 1970, both
    included). ``root``, ``previous`` and ``head`` are hexadecimal; ``previous`` is the head before."""

    number: int
    shard: int
    first: int
    last: int
    start: int
    end: int
    root: str
    previous: str
    head: str

    @classmethod
    def after(cls, previous: Batch | None, shard: int, span: tuple[int, int, int, int], root: bytes) -> Batch:
        """The batch that follows; ``span`` is first, last, start, end."""
        number = previous.number + 1 if previous else 0
        before = previous.head if previous else GENESIS
        made = cls(number, shard, *span, root.hex(), before, "")
        return cls(number, shard, *span, root.hex(), before, made.expected_head())

    @property
    def size(self) -> int:
        """Rows in the batch."""
        return self.last - self.first + 1

    @property
    def file(self) -> str:
        """Where its rows are, below the archive's folder; follows from the other fields."""
        day = beijing_day(_EPOCH + timedelta(microseconds=self.start))
        return f"{day:%Y/%m/%d}/{self.shard:05d}-{self.first:012d}.parquet"

    def expected_head(self) -> str:
        """What ``head`` must be."""
        label = f"{self.number}:{self.shard}:{self.first}:{self.last}:{self.start}:{self.end}"
        return merkle.link(bytes.fromhex(self.previous), bytes.fromhex(self.root), label).hex()

    def line(self) -> str:
        """The batch as a line of the chain."""
        return json.dumps(asdict(self), separators=(",", ":")) + "\n"


def parse(number: int, text: str) -> Batch:
    """One line of the chain; raises `BrokenLine`."""
    try:
        batch = Batch(**json.loads(text))
    except (ValueError, TypeError) as error:
        raise BrokenLine(number, str(error)) from error
    numbers = (batch.number, batch.shard, batch.first, batch.last, batch.start, batch.end)
    hashes = (batch.root, batch.previous, batch.head)
    whole = all(type(value) is int and 0 <= value < _LATEST for value in numbers)
    if not whole or not all(map(_is_hash, hashes)):
        raise BrokenLine(number, "a field has the wrong form")
    return batch


def read(folder: Path) -> list[Batch]:
    """All batches of an archive; none if it does not exist. Raises `BrokenLine`."""
    path = folder / NAME
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []
    return [parse(number, line) for number, line in enumerate(lines)]


def last(folder: Path) -> Batch | None:
    """The newest batch, without reading the others; what a crash left of a line is not one."""
    path = folder / NAME
    if not path.exists():
        return None
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - 2 * LONGEST, 0))
        lines = file.read().split(b"\n")[:-1]
    return parse(-1, lines[-1].decode("utf-8", "replace")) if lines else None


def append(folder: Path, batches: list[Batch]) -> None:
    """Add lines and wait until they are on the disk; a line cut short by a crash is replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / NAME).open("a+b") as file:
        size = file.tell()
        file.seek(max(size - LONGEST, 0))
        file.truncate(size - len(file.read().rpartition(b"\n")[2]))
        file.write("".join(batch.line() for batch in batches).encode())
        file.flush()
        os.fsync(file.fileno())


def _is_hash(value: object) -> bool:
    if not isinstance(value, str) or len(value) != 64:
        return False
    return not value.strip("0123456789abcdef")
