"""Compaction: the many small files of a partition become one sorted file, repeated rows go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Final

import polars as pl

from yuanjian.series.rows import Identity, without_repeats
from yuanjian.series.schema import ORDER
from yuanjian.series.table import DataFile, LakeTable

_ROWS_AT_ONCE: Final = 5_000_000
"""Rows sorted at a time: about two gigabytes."""


@dataclass(frozen=True)
class Compacted:
    """What a compaction did: partitions rewritten, their files before and after, rows dropped."""

    partitions: int = 0
    files_before: int = 0
    files_after: int = 0
    duplicates: int = 0

    def __add__(self, other: Compacted) -> Compacted:
        return Compacted(
            self.partitions + other.partitions,
            self.files_before + other.files_before,
            self.files_after + other.files_after,
            self.duplicates + other.duplicates,
        )


def compact(table: LakeTable, identity: Identity) -> Compacted:
    """Compact every partition that has more than one file; see `SeriesStore.compact`."""
    done = Compacted()
    table = table.reopened()
    turn = table.next_turn()
    for _, group in groupby(table.files(), key=lambda file: file.partition):
        files = list(group)
        for batch in _batches(files):
            rows = table.load(batch)
            kept = _tidy(rows, identity, whole=len(batch) == len(files))
            if not table.replace(batch, kept, turn=turn):
                return done
            turn += 1
            done += Compacted(1, len(batch), 1, rows.height - kept.height)
    return done


def _tidy(rows: pl.DataFrame, identity: Identity, *, whole: bool) -> pl.DataFrame:
    """Rows sorted for reading; repetitions can be told only if all rows of their key are here (`whole`)."""
    stored = [name for name in identity.key if name in rows.columns]
    sort = [name for name in stored if name != "time"] + ["time"]
    if whole:
        return without_repeats(rows, sort, identity.content)
    return rows.sort(*sort, *ORDER)


def _batches(files: list[DataFile]) -> Iterator[list[DataFile]]:
    """Runs of at least two files, in the order of time, that can be sorted at once."""
    batch: list[DataFile] = []
    for file in [*files, None]:
        full = file is None or sum(each.rows for each in batch) + file.rows > _ROWS_AT_ONCE
        if full:
            if len(batch) > 1:
                yield batch
            batch = []
        if file is not None:
            batch.append(file)
