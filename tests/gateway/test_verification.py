"""Whatever is done to an archive afterwards is found and named."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
import pytest
from journals import HOUR, fill, hours

from yuanjian.errors import UserFault
from yuanjian.gateway import archive, chain, inclusion, merkle, verification
from yuanjian.gateway.chain import GENESIS, Batch
from yuanjian.gateway.inclusion import BadProof
from yuanjian.gateway.verification import Problem, verify

LATER = HOUR + timedelta(days=1)


@pytest.fixture
def database(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    fill(database_url, hours(5, 10))
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def folder(database: psycopg.Connection[Any], tmp_path: Path) -> Path:
    """An archive of 5 batches of 10 rows."""
    list(archive.make(database, tmp_path, LATER))
    return tmp_path


def first(folder: Path, **options: Any) -> tuple[str, int | None, int | None]:
    problem = verify(folder, **options).problems[0]
    return (problem.code, problem.batch, problem.seq)


def rewrite(folder: Path, number: int, change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    path = folder / chain.read(folder)[number].file
    change(pl.read_parquet(path)).select(list(archive.TYPES)).write_parquet(path)


def rehash(rows: pl.DataFrame) -> pl.DataFrame:
    """The hashes made to fit, as somebody would who knows how."""
    return rows.with_columns(leaf=pl.Series(verification.hashed(rows), dtype=pl.Binary()))


def rechain(folder: Path, batches: list[Batch], *, heads: bool = True) -> None:
    (folder / chain.NAME).unlink()
    made: list[Batch] = []
    for batch in batches:
        span = (batch.first, batch.last, batch.start, batch.end)
        before = made[-1] if made else None
        fresh = Batch.after(before, batch.shard, span, bytes.fromhex(batch.root))
        made.append(fresh if heads else batch)
    chain.append(folder, made)


def forge(raw: bytes) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """Other bytes in the fourth row of a batch."""
    chosen = pl.int_range(pl.len()) == 3
    return lambda rows: rows.with_columns(raw=pl.when(chosen).then(pl.lit(raw)).otherwise("raw"))


def test_an_untouched_archive_holds(folder: Path, database: psycopg.Connection[Any]) -> None:
    copy = archive.stored(database)
    seen: list[tuple[int, int]] = []
    verdict = verify(
        folder, copy=copy, kept_head=copy[2].head, advance=lambda done, total: seen.append((done, total))
    )
    assert verdict == verification.Verdict(5, copy[-1].head, 5, 50, ())
    assert seen == [(n, 5) for n in range(1, 6)]


def test_no_archive_is_an_empty_one(tmp_path: Path) -> None:
    assert verify(tmp_path) == verification.Verdict(0, GENESIS, 0, 0, ())
    assert chain.last(tmp_path) is None


def test_a_changed_byte_names_its_row(folder: Path) -> None:
    rewrite(folder, 2, forge(b"##forged"))
    assert first(folder) == ("archive.row", 2, 24)


@pytest.mark.parametrize("column", verification.COLUMNS[2:])
def test_a_change_in_any_column_is_found(folder: Path, column: str) -> None:
    other = {"received_at": HOUR + timedelta(hours=2, seconds=59), "raw": b"x", "connection": 1, "flag": 1}
    chosen = pl.col("seq") == 25
    value = pl.lit(other.get(column, "other"), dtype=archive.TYPES[column])
    rewrite(
        folder, 2, lambda rows: rows.with_columns(pl.when(chosen).then(value).otherwise(column).alias(column))
    )
    assert first(folder) == ("archive.row", 2, 25)


def test_a_changed_row_with_a_changed_hash_is_found_and_named_by_the_journal(
    folder: Path, database: psycopg.Connection[Any]
) -> None:
    rewrite(folder, 1, lambda rows: rehash(forge(b"##forged")(rows)))
    assert first(folder) == ("archive.root", 1, None)
    assert first(folder, journal=database) == ("archive.row", 1, 14)
    database.execute("DELETE FROM intake.frame WHERE seq = 11")
    assert first(folder, journal=database) == ("archive.root", 1, None)


@pytest.mark.parametrize(
    ("change", "seq"),
    [
        (lambda rows: rows.filter(pl.col("seq") != 34), 34),
        (lambda rows: rows.head(9), 40),
        (lambda rows: rows.head(0), 31),
        (lambda rows: pl.concat([rows.head(5), rows.slice(4)]), 36),
        (lambda rows: pl.concat([rows, rows.tail(1).with_columns(seq=pl.col("seq") + 1)]), 41),
        (lambda rows: pl.concat([rows.slice(1, 1), rows.slice(0, 1), rows.slice(2)]), 31),
        (lambda rows: rows.with_columns(shard=pl.lit(1)), 31),
    ],
)
def test_a_row_dropped_inserted_or_moved_is_named(
    folder: Path, change: Callable[[pl.DataFrame], pl.DataFrame], seq: int
) -> None:
    rewrite(folder, 3, lambda rows: rehash(change(rows).cast(archive.TYPES)))  # type: ignore[arg-type]
    assert first(folder) == ("archive.row_order", 3, seq)


def test_a_file_taken_away_or_put_in_is_named(folder: Path) -> None:
    batches = chain.read(folder)
    (folder / batches[1].file).rename(folder / "2024/11/21/00000-000000000099.parquet")
    verdict = verify(folder)
    assert [problem.code for problem in verdict.problems] == ["archive.missing", "archive.stray"]
    assert verdict.problems[0] == Problem("archive.missing", 1, 0, 11, batches[1].file)


def test_no_damage_to_a_file_is_overlooked_or_stops_the_check(folder: Path) -> None:
    path = folder / chain.read(folder)[4].file
    whole, chance = path.read_bytes(), random.Random(212)
    batch = chain.read(folder)[4]
    before = verification.load(folder, batch)
    for _ in range(300):
        at = chance.randrange(len(whole))
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << chance.randrange(8)]) + whole[at + 1 :])
        if not verify(folder).problems:  # a byte without meaning, such as a statistic or the writer's name
            assert verification.load(folder, batch).equals(before)
    path.write_bytes(whole[: len(whole) // 2])
    assert first(folder) == ("archive.unreadable", 4, 41)


def test_swapped_batches_are_found(folder: Path) -> None:
    one, two, three, four, five = chain.read(folder)
    rechain(folder, [one, three, two, four, five], heads=False)
    assert {problem.code for problem in verify(folder).problems} == {
        "archive.order",
        "archive.link",
        "archive.gap",
    }
    rechain(folder, [one, three, two, four, five])
    assert first(folder) == ("archive.gap", 1, 21)


def test_a_batch_left_out_is_found_even_with_the_chain_made_anew(
    folder: Path, database: psycopg.Connection[Any]
) -> None:
    copy = archive.stored(database)
    rechain(folder, [copy[0], *copy[2:]])
    assert first(folder) == ("archive.gap", 1, 21)
    rechain(folder, copy[1:])
    assert first(folder) == ("archive.gap", 0, 11)


def test_a_chain_rewritten_whole_is_found_by_a_copy_or_a_head_kept_elsewhere(
    folder: Path, database: psycopg.Connection[Any]
) -> None:
    batches = chain.read(folder)
    rewrite(folder, 0, lambda rows: rehash(forge(b"##forged")(rows)))
    leaves = pl.read_parquet(folder / batches[0].file)["leaf"].to_list()
    rechain(folder, [replace(batches[0], root=merkle.root(leaves).hex()), *batches[1:]])
    assert verify(folder).problems == ()  # consistent in itself: nobody can tell without a second place
    assert first(folder, copy=archive.stored(database)) == ("archive.database", 0, 1)
    assert first(folder, kept_head=batches[0].head) == ("archive.kept_head", None, None)


def test_a_chain_cut_short_is_found_by_the_copy(folder: Path, database: psycopg.Connection[Any]) -> None:
    copy = archive.stored(database)
    rechain(folder, copy[:3])
    assert [problem.code for problem in verify(folder).problems] == ["archive.stray"] * 2
    for batch in copy[3:]:
        (folder / batch.file).unlink()
    assert verify(folder).problems == ()
    assert first(folder, copy=copy) == ("archive.cut", 3, 31)
    assert first(folder, kept_head=copy[3].head) == ("archive.kept_head", None, None)
    assert first(folder, copy=copy[:2]) == ("archive.unknown", 2, 21)


@pytest.mark.parametrize(
    "field", ["number", "shard", "first", "last", "start", "end", "root", "previous", "head"]
)
def test_every_field_of_the_chain_is_bound(folder: Path, field: str) -> None:
    lines = (folder / chain.NAME).read_text().splitlines()
    entry = json.loads(lines[2])
    value = entry[field]
    entry[field] = value + 1 if isinstance(value, int) else ("0" if value[0] != "0" else "1") + value[1:]
    lines[2] = json.dumps(entry)
    (folder / chain.NAME).write_text("\n".join(lines) + "\n")
    assert (verify(folder).problems[0].code)[:8] == "archive."
    assert first(folder)[1] in {2, entry["number"]}


@pytest.mark.parametrize(
    "line",
    ["", "{", "[]", '{"number":1}', "\x00", None, "root", "start"],
)
def test_a_line_that_cannot_be_read_is_named(folder: Path, line: str | None) -> None:
    lines = (folder / chain.NAME).read_text().splitlines()
    spoilt = {None: {"number": "1"}, "root": {"root": "zz"}, "start": {"start": 2**60}}
    lines[1] = json.dumps(json.loads(lines[1]) | spoilt[line]) if line in spoilt else str(line)
    (folder / chain.NAME).write_text("\n".join(lines) + "\n")
    assert first(folder) == ("archive.line", 1, None)


def test_only_the_rows_of_the_time_asked_for_are_read(folder: Path) -> None:
    rewrite(folder, 0, forge(b"##forged"))
    start = merkle.microseconds(HOUR + timedelta(hours=1))
    assert verify(folder, start=start).problems == ()
    part = verify(folder, start=start, end=start + 3_600_000_000)
    assert (part.length, part.batches, part.frames) == (5, 1, 10)
    assert first(folder, end=start) == ("archive.row", 0, 4)


# --- one frame ---


def test_a_frame_is_proved_without_the_archive(folder: Path) -> None:
    for seq in range(1, 51):
        proof = json.loads(json.dumps(inclusion.prove(folder, 0, seq)))
        assert inclusion.check(proof) == chain.read(folder)[(seq - 1) // 10]
        assert proof["frame"]["seq"] == seq


def test_a_frame_that_is_not_there_is_not_proved(folder: Path) -> None:
    for shard, seq in ((0, 51), (0, 0), (1, 1)):
        with pytest.raises(UserFault) as caught:
            inclusion.prove(folder, shard, seq)
        assert caught.value.code == "archive.not_archived"
    rewrite(folder, 0, forge(b"##forged"))
    with pytest.raises(BadProof):
        inclusion.prove(folder, 0, 4)


def spoil(proof: dict[str, Any], where: str) -> None:
    frame, batch = proof["frame"], proof["batch"]
    match where:
        case "raw":
            frame["raw"] = "eHh4"
        case "mn":
            frame["mn"] = None
        case "seq":
            frame["seq"] += 1
        case "shard":
            frame["shard"] = 1
        case "path":
            proof["path"][0] = "00" * 32
        case "short":
            proof["path"].pop()
        case "root" | "previous" | "head":
            batch[where] = "00" * 32
        case "last":
            batch["last"] += 1
        case "format":
            proof["format"] = "other"
        case "more":
            proof["note"] = "genuine"
        case "column":
            frame["note"] = "genuine"
        case "less":
            del frame["peer"]
        case "base64":
            frame["raw"] = "%"
        case "hex":
            proof["path"][0] = "xx"


@pytest.mark.parametrize(
    "where",
    [
        *("raw", "mn", "seq", "shard", "path", "short", "root", "previous", "head", "last"),
        *("format", "more", "column", "less", "base64", "hex"),
    ],
)
def test_a_proof_that_was_touched_does_not_hold(folder: Path, where: str) -> None:
    proof = inclusion.prove(folder, 0, 17)
    spoil(proof, where)
    with pytest.raises(BadProof):
        inclusion.check(proof)


@pytest.mark.parametrize("nonsense", [{}, {"batch": 1}, {"batch": {}, "frame": []}])
def test_nonsense_is_no_proof(nonsense: dict[str, Any]) -> None:
    with pytest.raises(BadProof):
        inclusion.check(nonsense)
