"""The tree over archived frames, held against the recursive definition of RFC 6962."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from yuanjian.gateway import merkle

HASHES = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=70)


def by_definition(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word by word."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + by_definition(leaves[:split]) + by_definition(leaves[split:])).digest()


def test_known_roots_of_the_certificate_transparency_project() -> None:
    rows = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ]
    leaves = [sha256(b"\x00" + bytes.fromhex(row)).digest() for row in rows]
    assert merkle.root(leaves[:1]).hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert merkle.root(leaves[:3]).hex() == "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"
    assert merkle.root(leaves).hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    assert merkle.root([]) == merkle.EMPTY == sha256().digest()


@given(HASHES)
def test_the_root_is_that_of_the_definition(leaves: list[bytes]) -> None:
    assert merkle.root(leaves) == by_definition(leaves)


@given(HASHES, st.data())
def test_every_leaf_leads_to_the_root_and_no_other_hash_does(
    leaves: list[bytes], data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    path = merkle.path(leaves, index)
    root = merkle.root(leaves)
    assert merkle.climb(leaves[index], index, len(leaves), path) == root
    other = data.draw(st.binary(min_size=32, max_size=32))
    assume(other != leaves[index])
    assert merkle.climb(other, index, len(leaves), path) != root


@given(HASHES, st.data())
def test_a_change_a_loss_an_insertion_and_a_move_change_the_root(
    leaves: list[bytes], data: st.DataObject
) -> None:
    root, at = merkle.root(leaves), data.draw(st.integers(0, len(leaves) - 1))
    new = data.draw(st.binary(min_size=32, max_size=32))
    assert merkle.root([*leaves[:at], new, *leaves[at:]]) != root
    assert merkle.root([*leaves[:at], *leaves[at + 1 :]]) != root
    assert (merkle.root([*leaves[:at], new, *leaves[at + 1 :]]) == root) == (new == leaves[at])
    turned = leaves[::-1]
    assert (merkle.root(turned) == root) == (turned == leaves)


@given(HASHES, st.data())
def test_a_path_of_another_length_is_refused(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    path = merkle.path(leaves, index)
    with pytest.raises(ValueError, match="too long"):
        merkle.climb(leaves[index], index, len(leaves), [*path, bytes(32)])
    if path:
        with pytest.raises(ValueError, match="too short"):
            merkle.climb(leaves[index], index, len(leaves), path[:-1])
    for outside in (-1, len(leaves)):
        with pytest.raises(ValueError, match="no leaf"):
            merkle.climb(leaves[index], outside, len(leaves), path)


VALUES = st.none() | st.integers() | st.text() | st.binary()


@given(st.lists(VALUES, max_size=6), st.lists(VALUES, max_size=6))
def test_different_rows_have_different_bytes(left: list[object], right: list[object]) -> None:
    def printed(row: list[object]) -> list[object]:
        return [value if value is None or isinstance(value, bytes) else str(value).encode() for value in row]

    assert (merkle.encode(left) == merkle.encode(right)) == (printed(left) == printed(right))


def test_the_bytes_of_a_row_are_as_described() -> None:
    instant = datetime(2026, 11, 21, 0, 0, 0, 123456, tzinfo=UTC)
    encoded = merkle.encode([7, instant, None, "数", b"\x00\xff"])
    assert encoded == (
        b"\0\0\0\x017" + b"\0\0\0\x101795219200123456" + b"\xff\xff\xff\xff" + b"\0\0\0\x03\xe6\x95\xb0"
        b"\0\0\0\x02\x00\xff"
    )
    assert merkle.leaf([]) == sha256(b"\x00").digest()
