"""The Merkle tree over archived frames, as RFC 6962 section 2.1 defines it (SHA-256).

* leaf = SHA-256(0x00 ‖ row), node = SHA-256(0x01 ‖ left ‖ right): no row can pass for a node.
* A tree of n leaves splits at the largest power of two below n; a single leaf is its own root.
* link = SHA-256(0x02 ‖ …) chains the roots, see `chain`.

A row is its columns in the order of `intake.frame`, each as a 4-byte big-endian length and that many bytes;
null is the length FFFFFFFF without bytes. Integers are decimal ASCII, text is UTF-8, an instant is the
decimal number of microseconds since 1970-01-01T00:00:00Z, ``raw`` is as received. Standard library only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256

EMPTY = sha256(b"").digest()
"""Root of a tree without leaves."""

_NULL = b"\xff\xff\xff\xff"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def microseconds(instant: datetime) -> int:
    """Microseconds since 1970, UTC."""
    return (instant - _EPOCH) // _MICROSECOND


def encode(row: Iterable[object]) -> bytes:
    """The bytes of a row, from which nothing else can be read; values: None, int, str, bytes, datetime."""
    parts = []
    for value in row:
        if value is None:
            parts.append(_NULL)
            continue
        if isinstance(value, datetime):
            value = microseconds(value)
        data = value if isinstance(value, bytes) else str(value).encode()
        parts += (len(data).to_bytes(4, "big"), data)
    return b"".join(parts)


def leaf(row: Iterable[object]) -> bytes:
    """The hash of a row."""
    return sha256(b"\x00" + encode(row)).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The hash that stands for all leaves and their order."""
    level = list(leaves)
    while len(level) > 1:
        level = _above(level)
    return level[0] if level else EMPTY


def path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The neighbours from a leaf up to the root: all that is needed to compute the root from that leaf."""
    found, level = [], list(leaves)
    while len(level) > 1:
        if index ^ 1 < len(level):
            found.append(level[index ^ 1])
        level, index = _above(level), index >> 1
    return found


def climb(start: bytes, index: int, size: int, neighbours: Sequence[bytes]) -> bytes:
    """The root of a tree of ``size`` leaves, from one leaf and its path; `ValueError` if they do not fit."""
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    found, rest = start, list(neighbours)
    while size > 1:
        if index ^ 1 < size:
            if not rest:
                raise ValueError("the path is too short")
            other = rest.pop(0)
            found = _node(other, found) if index & 1 else _node(found, other)
        index, size = index >> 1, (size + 1) >> 1
    if rest:
        raise ValueError("the path is too long")
    return found


def link(previous: bytes, batch_root: bytes, label: str) -> bytes:
    """The head of the chain after one more batch."""
    return sha256(b"\x02" + previous + batch_root + label.encode()).digest()


def _above(level: Sequence[bytes]) -> list[bytes]:
    """The next level: pairs joined, a last one alone moves up. The same tree as by splitting from above."""
    pairs = zip(level[::2], level[1::2], strict=False)
    return [_node(left, right) for left, right in pairs] + list(level[len(level) & ~1 :])


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()
